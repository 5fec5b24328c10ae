#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# make overlay: in a kernel tree the suite is one of the selftests, built, installed and
# listed as they are; it is brought up to date, taken out again, and there is a patch that
# does the same. Beside others.
set -u
. "${0%/*}/tap.sh"

ksrc=$("$TOP/vm/headers.sh" 2>"$work/err") || {
	sed 's/^/# /' "$work/err"
	echo "Bail out! no kernel headers"
	exit 1
}
# What make itself has in the environment is for another build.
unset KSRC PATCH TARGETS MAKEFLAGS MAKELEVEL MFLAGS KBUILD_OUTPUT O OUTPUT

# A tree with what its selftests are built with, in the git that patches are made for.
selftests=tools/testing/selftests
tree=$work/linux
mkdir "$tree"
cp -R "$ksrc/scripts" "$ksrc/tools" "$tree/"
list=$tree/$selftests/Makefile
folder=$tree/$selftests/mthp
cp "$list" "$work/list"
cp -R "$tree" "$work/patched"

overlay()
{
	try env KSRC="$tree" "$TOP/vm/overlay.sh" "$@"
}

# The suite's files, as git has them, or would take them.
files()
{
	if git -C "$TOP" rev-parse --git-dir >/dev/null 2>&1; then
		git -C "$TOP/$selftests/mm" ls-files --cached --others --exclude-standard
	else
		(cd "$TOP/$selftests/mm" && find . -type f ! -name '*.o' | sed 's|^\./||')
	fi | grep -vxFf "$TOP/$selftests/mm/.gitignore" | LC_ALL=C sort
}

# is_whole FOLDER: all files of the suite, as they are, and no other.
is_whole()
{
	(cd "$1" && find . -type f | sed 's|^\./||' | LC_ALL=C sort) >"$work/there"
	files >"$work/files"
	cmp "$work/files" "$work/there" || return 1
	while read -r file; do
		cmp "$TOP/$selftests/mm/$file" "$1/$file" || return 1
	done <"$work/files"
}

# What is where, and since when.
state()
{
	(cd "$tree" && find . -printf '%p %m %s %T@\n' | LC_ALL=C sort)
}

listed_once_in_its_place()
{
	[ "$(grep -c mthp "$1")" -eq 1 ] &&
		grep -B 1 -A 1 '^TARGETS += mthp$' "$1" >"$work/around" &&
		[ "$(grep -c '^TARGETS += ' "$work/around")" -eq 3 ] &&
		LC_ALL=C sort -c "$work/around" &&
		grep -v mthp "$1" | cmp -s - "$work/list"
}

try make --no-print-directory -C "$TOP" overlay KSRC="$tree"
ok "make overlay: passes" [ "$status" -eq 0 ]
ok "make overlay: says how to build" said "make -C $tree/$selftests TARGETS=mthp"
ok "make overlay: the whole suite" is_whole "$folder"
ok "make overlay: run_vmtests.sh is executable" [ -x "$folder/run_vmtests.sh" ]
ok "make overlay: one of the TARGETS, in its place" listed_once_in_its_place "$list"
(cd "$work" && diff -qr --no-dereference patched linux) >"$work/changed"
ok "make overlay: nothing else changed" [ "$(wc -l <"$work/changed")" -eq 2 ]

# The tree's own way, with its objects elsewhere; not optimised, for that takes longest.
try timeout 300 make -s -j "$(nproc)" -C "$tree/$selftests" TARGETS=mthp O="$work/objects" \
	EXTRA_CFLAGS=-O0 KSFT_INSTALL_PATH="$work/installed" install
ok "in the tree: builds and installs" [ "$status" -eq 0 ]
ok "in the tree: no warning" [ ! -s "$work/err" ]
ok "in the tree: with O=, nothing is built there" is_whole "$folder"
for file in mthp_khugepaged mthp_explore mthp_races mthp_bench run_vmtests.sh; do
	ok "in the tree: installs $file" [ -x "$work/installed/mthp/$file" ]
done
for file in config settings corpus/creep.case; do
	ok "in the tree: installs $file" [ -f "$work/installed/mthp/$file" ]
done
try "$work/installed/run_kselftest.sh" -l
ok "run_kselftest.sh -l: lists the programs" \
	printed "$(printf 'mthp:%s\n' mthp_khugepaged mthp_explore mthp_races)"
try "$work/installed/mthp/run_vmtests.sh" -l
ok "run_vmtests.sh -l: each category has its program" \
	grep -q "^order  *mthp_khugepaged --test order$" "$work/out"

# What was built there stays, and is not built anew; what the suite no longer has goes.
for file in mthp_khugepaged suite.o; do
	: >"$folder/$file"
done
chmod -x "$folder/run_vmtests.sh"
: >"$folder/test_of_old.h"
: >"$folder/corpus/old.case"
echo "/* changed */" >>"$folder/suite.c"
touch -d "1 hour ago" "$folder/rows.c"
touch "$work/before"
touch -r "$work/before" "$folder/suite.c"
overlay add
ok "again: passes" [ "$status" -eq 0 ]
for file in test_of_old.h corpus/old.case; do
	ok "again: $file is gone" [ ! -e "$folder/$file" ]
done
ok "again: what was built is there" [ -e "$folder/mthp_khugepaged" -a -e "$folder/suite.o" ]
ok "again: what differed is the suite's" \
	cmp -s "$folder/suite.c" "$TOP/$selftests/mm/suite.c"
ok "again: run_vmtests.sh is executable" [ -x "$folder/run_vmtests.sh" ]
ok "again: what did not is as old as before" [ "$folder/rows.c" -ot "$work/before" ]
ok "again: one of the TARGETS, once" listed_once_in_its_place "$list"

# A patch is for a tree without it, wherever it is made.
state >"$work/before"
try make --no-print-directory -C "$TOP" overlay KSRC="$tree" PATCH="$work/mthp.patch"
ok "a patch: passes" [ "$status" -eq 0 ]
state >"$work/after"
ok "a patch: the tree is left alone" cmp "$work/before" "$work/after"
ok "a patch: touches nothing but the list and the folder" [ -z "$(
	sed -n 's/^diff --git //p' "$work/mthp.patch" |
		grep -v "^a/$selftests/mthp/.* b/$selftests/mthp/" | grep -v "^a/$selftests/Makefile "
)" ]
try git -C "$work/patched" apply "$work/mthp.patch"
ok "a patch: git applies it" [ "$status" -eq 0 ]
ok "a patch: the whole suite" is_whole "$work/patched/$selftests/mthp"
ok "a patch: run_vmtests.sh is executable" [ -x "$work/patched/$selftests/mthp/run_vmtests.sh" ]
ok "a patch: one of the TARGETS, in its place" \
	listed_once_in_its_place "$work/patched/$selftests/Makefile"

try make --no-print-directory -C "$TOP" overlay-remove KSRC="$tree"
ok "make overlay-remove: passes" [ "$status" -eq 0 ]
ok "make overlay-remove: no folder" [ ! -e "$folder" ]
ok "make overlay-remove: the list is as it was" cmp -s "$list" "$work/list"
overlay remove
ok "make overlay-remove: again, passes" [ "$status" -eq 0 ]

# Broken off. The list must never name what is not there: then no selftest can be built.
mkdir "$work/bin"
# broken COMMAND OPTION ACTION: it fails, having done only a part.
broken()
{
	printf '#!/bin/sh\n"%s" %s "$@"\nexit 11\n' "$(command -v "$1")" "$2" >"$work/bin/$1"
	chmod +x "$work/bin/$1"
	try env PATH="$work/bin:$PATH" KSRC="$tree" "$TOP/vm/overlay.sh" "$3"
	rm "$work/bin/$1"
}
broken rsync "--exclude=[a-z]*" add
ok "rsync failed: so does add" [ "$status" -ne 0 -a -e "$folder/.gitignore" ]
ok "rsync failed: the list is as it was" cmp -s "$list" "$work/list"
overlay add
ok "rsync failed: add goes on from there" is_whole "$folder"
ok "rsync failed: one of the TARGETS then" listed_once_in_its_place "$list"
broken rm --version remove
ok "rm failed: so does remove" [ "$status" -ne 0 -a -e "$folder" ]
ok "rm failed: the list is as it was" cmp -s "$list" "$work/list"
overlay remove
ok "rm failed: remove goes on from there" [ ! -e "$folder" ]

# Refused, with the tree as it is.
try make --no-print-directory -C "$TOP" overlay
ok "no KSRC: fails" [ "$status" -ne 0 ]
ok "no KSRC: says what to give" said "with KSRC="
try env KSRC= "$TOP/vm/overlay.sh" add
ok "no KSRC: exit 1" failed_with 1 "with KSRC="
try env KSRC="$work/nowhere" "$TOP/vm/overlay.sh" add
ok "no folder: exit 1" failed_with 1 "no such folder"
try env KSRC="$work/tmp" "$TOP/vm/overlay.sh" add
ok "no kernel tree: exit 1" failed_with 1 "no Linux source tree"
try env KSRC="$tree" "$TOP/vm/overlay.sh" patch "$work/nowhere/file"
ok "a patch that cannot be written: exit 1" failed_with 1 "cannot write $work/nowhere/file"
try "$TOP/vm/overlay.sh" fold
ok "an unknown action: exit 1" failed_with 1 "usage:"

mkdir "$folder"
: >"$folder/other.c"
overlay add
ok "something else by that name: exit 1" failed_with 1 "is something else"
overlay remove
ok "something else by that name: is not removed" [ "$status" -eq 1 -a -e "$folder/other.c" ]
rm -r "$folder"

sed -i '/^TARGETS += [n-z]/d' "$list"
overlay add
ok "a list without a place: exit 1" failed_with 1 "no list of TARGETS"
rm -f "$list"
overlay add
ok "only headers: exit 1" failed_with 1 "no whole Linux source tree"
cp "$work/list" "$list"

# Root may write to all that is not mounted read-only.
if [ "$(id -u)" -eq 0 ]; then
	# shellcheck disable=SC2016 # the shell inside expands it
	try env KSRC="$tree" unshare -m --propagation private sh -ec '
		mount --bind "$KSRC" "$KSRC"
		mount -o remount,ro,bind "$KSRC"
		exec "$0" add' "$TOP/vm/overlay.sh"
else
	chmod -w "$list"
	overlay add
	chmod +w "$list"
fi
ok "a tree that cannot be written to: exit 1" failed_with 1 "cannot be written to"

sed -i 's/FIXTURE_TEARDOWN_PARENT/FIXTURE_TEARDOWN_ELSEWHERE/g' \
	"$tree/$selftests/kselftest_harness.h"
overlay add
ok "an old tree: exit 1" failed_with 1 "older than 7.2"
ok "refused: the list is as it was" cmp -s "$list" "$work/list"
ok "refused: no folder" [ ! -e "$folder" ]

finish
