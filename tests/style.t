#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The source: checkpatch and shellcheck are content, both compilers are silent, and a build
# without a library, or with headers that are too old, says so. Beside others.
set -u
. "${0%/*}/tap.sh"

mm=$TOP/tools/testing/selftests/mm
jobs=$(nproc)

ksrc=$("$TOP/vm/headers.sh" 2>"$work/err") || {
	sed 's/^/# /' "$work/err"
	echo "Bail out! no kernel headers"
	exit 1
}

# What checkpatch takes for mistakes and is none here:
# EMBEDDED_FUNCTION_NAME: "broken" and "scan" are words of a message.
# VOLATILE: memory is touched so that the kernel maps it; no other thread is meant.
# PREFER_DEFINED_ATTRIBUTE_MACRO: the macros are those of the kernel.
# BRACES: ASSERT and EXPECT are two statements each.
# ENOSYS: in userspace, the errno for what the kernel or the build lacks.
# MACRO_WITH_FLOW_CONTROL, MACRO_ARG_REUSE: macros around the harness's SKIP and ASSERT,
# which end the test.
# PREFER_KERNEL_TYPES: there are none outside of the kernel. It knows that of tools/ alone.
ignored=EMBEDDED_FUNCTION_NAME,VOLATILE,PREFER_DEFINED_ATTRIBUTE_MACRO,BRACES,ENOSYS
ignored=$ignored,MACRO_WITH_FLOW_CONTROL,MACRO_ARG_REUSE,PREFER_KERNEL_TYPES

# Sources as git would take them; a build folder, or what an editor left, is none.
sources()
{
	if git -C "$TOP" rev-parse --git-dir >/dev/null 2>&1; then
		git -C "$TOP" ls-files --cached --others --exclude-standard
	else
		(cd "$TOP" && find . -type f ! -path './build/*' ! -path './.git/*' | sed 's|^\./||')
	fi | while read -r file; do
		[ ! -f "$TOP/$file" ] || echo "$file"
	done
}
sources >"$work/sources"
grep '\.[ch]$' "$work/sources" >"$work/c"

# checkpatch exempts what lies in tools/ from some rules, by the path as it is given; and
# it leaves a cache in the folder where it runs.
mkdir "$work/check"
ln -s "$TOP"/* "$work/check/"
cd "$work/check" || exit 1
checkpatch=$ksrc/scripts/checkpatch.pl
if [ -f "$checkpatch" ] && command -v perl >/dev/null; then
	mkdir "$work/said"
	# shellcheck disable=SC2016
	xargs -d '\n' -P "$jobs" -I FILE sh -c 'perl "$@" -f FILE >"$0/$(echo FILE | tr / _)" 2>&1' \
		"$work/said" "$checkpatch" --strict --no-tree --root="$ksrc" --no-summary --terse \
		--show-types --ignore "$ignored" <"$work/c"
	while read -r file; do
		try cat "$work/said/$(echo "$file" | tr / _)"
		ok "checkpatch: $file" [ "$status" -eq 0 -a ! -s "$work/out" ]
	done <"$work/c"
else
	skip "checkpatch" "no checkpatch.pl or no perl"
fi

cd "$TOP" || exit 1
if command -v shellcheck >/dev/null; then
	# Those that are sourced name their shell; the others begin with it.
	xargs -d '\n' grep -lE '^#!/bin/(ba)?sh|^# shellcheck shell=' <"$work/sources" >"$work/shell"
	while read -r file; do
		try shellcheck -x "$file"
		ok "shellcheck: $file" [ "$status" -eq 0 ]
	done <"$work/shell"
else
	skip "shellcheck" "shellcheck is not installed"
fi

# In the first lines; a text of a licence is one, and a program's input has no comments.
while read -r file; do
	case $file in
	COPYING | LICENSES/* | */settings | README* | *.md | *.json | *.txt) continue ;;
	esac
	head -n 3 "$file" | grep -q 'SPDX-License-Identifier: GPL-2\.0' || echo "$file"
done <"$work/sources" >"$work/out"
: >"$work/err"
ok "every file has an SPDX line" [ ! -s "$work/out" ]

# Page size, PMD size and their quotient are what the machine says. Comments may name them.
while read -r file; do
	case $file in
	tools/testing/selftests/mm/*)
		sed 's|/\*.*\*/||; s|^ *\*.*||' "$file" |
			grep -nwE '(512|511|513|4096|4095|0x1000|2097152|0x200000)(U|L|UL|ULL)?' |
			sed "s|^|$file:|"
		;;
	esac
done <"$work/c" >"$work/out"
ok "no size of one machine in the code" [ ! -s "$work/out" ]

LC_ALL=C xargs -d '\n' grep -nP '[^\t\x20-\x7e]' <"$work/sources" >"$work/out"
ok "plain ASCII" [ ! -s "$work/out" ]

# Builds. A kernel tree with nothing but what the suite's build may use.
tree=$work/tree
mkdir -p "$tree/tools/testing/selftests"
for part in scripts include; do
	[ ! -d "$ksrc/tools/$part" ] || ln -s "$ksrc/tools/$part" "$tree/tools/$part"
done
cp -R "$ksrc"/tools/testing/selftests/kselftest* "$ksrc"/tools/testing/selftests/lib.mk \
	"$tree/tools/testing/selftests/"

# builds NAME VARIABLE=...: without a word from the compiler.
builds()
{
	build_name=$1
	shift
	rm -rf "$work/build"
	mkdir "$work/build"
	# What make itself has in the environment is for another build.
	try env -u MAKEFLAGS -u MAKELEVEL timeout 300 make -s -j "$jobs" -C "$mm" \
		KSRC="$tree" OUTPUT="$work/build" EXTRA_CFLAGS=-Werror "$@"
	ok "$build_name: builds" [ "$status" -eq 0 ]
	ok "$build_name: no warning" [ ! -s "$work/err" ]
	ok "$build_name: there is a program" [ -x "$work/build/mthp_khugepaged" ]
}

for cc in gcc clang; do
	if command -v $cc >/dev/null; then
		builds $cc CC=$cc
		ok "$cc: with -Wall -Wextra" grep -q '^CFLAGS.*-Wall -Wextra' "$mm/Makefile"
	else
		skip "$cc: builds" "$cc is not installed"
	fi
done

builds "no libraries" WITHOUT_LIBCAP=1 WITHOUT_LIBURING=1
ok "no libcap: the build says so" grep -q "libcap is missing" "$work/out"
ok "no liburing: the build says so" grep -q "liburing is missing" "$work/out"
cp "$work/build/mthp_khugepaged" "$work/bare"
try "$work/bare" --probe
if grep -q '^kernel:' "$work/out"; then
	ok "no libcap: --probe says so" grep -q "^libcap: no" "$work/out"
	ok "no liburing: --probe says so" grep -q "^io_uring: no, built without" "$work/out"
else
	skip "no libraries: --probe says so" "this kernel has no transparent huge pages"
fi
# It cannot ask for the capability, but sees that it is not there.
if [ "$(id -u)" -eq 0 ]; then
	try timeout 60 setpriv --bounding-set -sys_admin --inh-caps -sys_admin "$work/bare"
	ok "no libcap, no CAP_SYS_ADMIN: skips" [ "$status" -eq 4 ]
	ok "no libcap, no CAP_SYS_ADMIN: says why" \
		grep -q "^1\.\.0 # SKIP .*page frame numbers\|^1\.\.0 # SKIP no trans" "$work/out"
else
	skip "no libcap, no CAP_SYS_ADMIN: skips" "needs root"
fi

# Where lib.mk is next door, as in a kernel tree, KSRC is not asked for.
cp -R "$mm" "$tree/tools/testing/selftests/mm"
find "$tree/tools/testing/selftests/mm" -name '*.o' -delete
try env -u KSRC -u MAKEFLAGS -u MAKELEVEL timeout 300 make -s -j "$jobs" \
	-C "$tree/tools/testing/selftests/mm"
ok "in a kernel tree: builds" [ "$status" -eq 0 ]
ok "in a kernel tree: there is a program" [ -x "$tree/tools/testing/selftests/mm/mthp_khugepaged" ]

# Headers that are too old, or not there.
sed -i 's/FIXTURE_TEARDOWN_PARENT/FIXTURE_TEARDOWN_ELSEWHERE/g' \
	"$tree/tools/testing/selftests/kselftest_harness.h"
try env -u MAKEFLAGS -u MAKELEVEL make -s -C "$mm" KSRC="$tree" OUTPUT="$work/build-old"
ok "an old harness: the build fails" [ "$status" -ne 0 ]
ok "an old harness: says what is needed" said "kselftest_harness.h is too old: use the headers of Linux 7.2"
KSRC=$tree
export KSRC
try "$TOP/vm/headers.sh"
ok "an old harness: the front door refuses" failed_with 1 "older than 7.2"
unset KSRC
try env -u KSRC -u MAKEFLAGS -u MAKELEVEL make -s -C "$mm" OUTPUT="$work/build-none"
ok "no KSRC: the build fails" [ "$status" -ne 0 ]
ok "no KSRC: says what to set" said "set KSRC= to a kernel source tree"

finish
