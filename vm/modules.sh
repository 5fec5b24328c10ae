#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Pick modules out of an unpacked package: modules.sh TREE OUT NAME...
# They and what they depend on go to OUT, decompressed and numbered in the order in which
# insmod takes them. What is not there is built in, or this kernel does without.
set -eu
. "${0%/*}/common.sh"

tree=$1 out=$2
shift 2

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

mkdir -p "$out"
find "$tree" -type f \( -name '*.ko' -o -name '*.ko.xz' \) >"$tmp/files"
: >"$tmp/added"

# add NAME: what it depends on first. A subshell, for variables of its own. The packages
# have no modules.dep, but each module says by itself what it needs.
add()
(
	# lzo-rle is known as lzo_rle too.
	name=$(echo "$1" | sed 's/[-_]/[-_]/g')
	file=$(grep -E "/$name\.ko(\.xz)?\$" "$tmp/files" | head -n 1)
	[ -n "$file" ] || exit 0
	name=${file##*/}
	name=${name%%.ko*}
	grep -qxF "$name" "$tmp/added" && exit 0

	case $file in
	*.xz) xz -dc <"$file" >"$tmp/$name.ko" ;;
	*) cp "$file" "$tmp/$name.ko" ;;
	esac
	others=$(tr '\0' '\n' <"$tmp/$name.ko" | LC_ALL=C sed -n 's/^depends=//p' | tr , ' ')
	for other in $others; do
		add "$other"
	done

	echo "$name" >>"$tmp/added"
	number=$(wc -l <"$tmp/added")
	mv "$tmp/$name.ko" "$out/$(printf %02d "$number")-$name.ko"
)

for module in "$@"; do
	add "$module"
done
