#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The suite as a part of the kernel tree KSRC: a folder of its own among the selftests, and
# its line in their list.
#   overlay.sh add           there, or brought up to date there
#   overlay.sh remove        no longer there
#   overlay.sh patch FILE    as a patch for that tree, which is left alone
set -eu
. "${0%/*}/common.sh"

name=mthp
selftests=tools/testing/selftests
line="TARGETS += $name"

# A tree may have tests of its own by that name. What rsync copies first is .gitignore.
must_be_ours()
{
	[ ! -e "$1/$name" ] || grep -qsx mthp_khugepaged "$1/$name/.gitignore" ||
		die "$1/$name is something else: move it away"
}

# add SELFTESTS: without what was built here, and leaving what was built there; a file that
# did not change keeps its time. The list must not name what is not there, even for a moment:
# then none of the selftests can be built.
add()
{
	next=
	if ! grep -qxF "$line" "$1/Makefile"; then
		# The list is sorted but for its end.
		next=$(LC_ALL=C awk -v name=$name '
			$1 == "TARGETS" && $2 == "+=" && $3 > name { print NR; exit }' "$1/Makefile")
		[ -n "$next" ] || die "$1/Makefile has no list of TARGETS that $name would fit into"
	fi
	rsync -rEcC --delete --filter=':- .gitignore' "$TOP/$selftests/mm/" "$1/$name/"
	[ -z "$next" ] || sed -i "${next}i $line" "$1/Makefile"
}

remove()
{
	sed -i "/^$line\$/d" "$1/Makefile"
	rm -rf "${1:?}/$name"
}

# write_patch SELFTESTS FILE: what add does to a tree that has nothing but the list.
write_patch()
{
	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 1' HUP INT TERM
	mkdir -p "$tmp/a/$selftests"
	grep -vxF "$line" "$1/Makefile" >"$tmp/a/$selftests/Makefile"
	cp -R "$tmp/a" "$tmp/b"
	add "$tmp/b/$selftests"
	# It ends with 1 where there is a difference, and calls a new file b/ on both sides.
	status=0
	(cd "$tmp" && git diff --no-index --no-prefix --no-color --no-ext-diff a b) \
		>"$tmp/patch" || status=$?
	[ $status -eq 1 ] || die "git diff failed with $status"
	sed -i 's|^diff --git b/|diff --git a/|' "$tmp/patch"
	cat "$tmp/patch" 2>/dev/null >"$2" || die "cannot write $2"
}

action=${1:-}
case $action,$# in
add,1 | remove,1 | patch,2) ;;
*) die "usage: overlay.sh add | remove | patch FILE" ;;
esac

command -v rsync >/dev/null || die "rsync is not there: install it, the selftests need it as well"
[ -n "${KSRC:-}" ] || die "say which kernel tree, with KSRC="
tree=$("$TOP/vm/headers.sh")
dir=$tree/$selftests
[ -f "$dir/Makefile" ] || die "KSRC=$KSRC is no whole Linux source tree: no $selftests/Makefile"

if [ "$action" = patch ]; then
	write_patch "$dir" "$2"
	note "$2: apply it with git apply, or patch -p1"
	exit
fi

must_be_ours "$dir"
for path in "$dir" "$dir/Makefile"; do
	[ -w "$path" ] || die "$path cannot be written to: copy the tree, or give PATCH=file.patch"
done
"$action" "$dir"
case $action in
add) note "build it with: make -C $dir TARGETS=$name" ;;
remove) note "$name is gone from $dir" ;;
esac
