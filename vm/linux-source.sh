#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Debian's packages with the kernel's source:
#   linux-source.sh newest [SERIES]    "package version" of the newest release from 7.2 on, or
#                                      of a series (7.3)
#   linux-source.sh unpack PACKAGE VERSION FOLDER [PATTERN]...
#                                      all of it, or what matches, into FOLDER, which is made;
#                                      the folder above it holds the package meanwhile
set -eu
. "${0%/*}/common.sh"

newest()
{
	list=$("$TOP/vm/apt.sh" list "^linux-source-${1:-[0-9.]+}\$")
	package='' version=''
	while read -r name candidate; do
		case $candidate in *~rc*) continue ;; esac
		dpkg --compare-versions "${candidate:-0}" ge 7.2 || continue
		[ -n "$version" ] && dpkg --compare-versions "$candidate" le "$version" && continue
		package=$name version=$candidate
	done <<-LIST
	$list
	LIST
	[ -n "$version" ] ||
		die "Debian has no linux-source ${1:-of 7.2 or later}: give KSRC=path/to/linux"
	echo "$package $version"
}

unpack()
{
	package=$1 version=$2 folder=$3 above=${3%/*}
	shift 3
	mkdir -p "$folder"
	(cd "$above" && "$TOP/vm/apt.sh" download "$package=$version") || die "could not fetch $package"
	# tar complains about a pattern that matches nothing; the caller judges what is there.
	dpkg-deb --fsys-tarfile "$above"/*.deb |
		tar -x -O --wildcards './usr/src/linux-source-*.tar.xz' | xz -dc -T0 |
		tar -x -C "$folder" --strip-components=1 --wildcards --no-wildcards-match-slash "$@" \
			2>/dev/null || [ $# -gt 0 ]
	rm -f "$above"/*.deb
}

action=${1:-}
case $action in
newest | unpack)
	shift
	"$action" "$@"
	;;
*)
	die "usage: linux-source.sh newest [SERIES] | unpack PACKAGE VERSION FOLDER [PATTERN]..."
	;;
esac
