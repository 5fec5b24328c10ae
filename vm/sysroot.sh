#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Print the folder with what a guest of another architecture needs of Debian's packages:
# busybox to run, liburing and libcap to link with (include, lib). Fetched once.
set -eu
. "${0%/*}/common.sh"

dir=$CACHE/sysroot/$DEB_ARCH
[ ! -d "$dir" ] || {
	echo "$dir"
	exit
}
lock "sysroot-$DEB_ARCH"

# The oldest there is: a static library wants a libc that is not older than its own.
oldest()
{
	best=
	while read -r _ version; do
		[ -n "$best" ] && dpkg --compare-versions "$version" ge "$best" || best=$version
	done
	echo "$best"
}

fetch()
{
	rm -rf "${tmp:?}"/*
	for package in busybox-static liburing-dev libcap-dev; do
		version=$("$TOP/vm/apt.sh" list "^$package\$" | oldest)
		note "fetching $package of $DEB_ARCH"
		(cd "$tmp" && "$TOP/vm/apt.sh" download "$package=$version") || return 1
		dpkg-deb -x "$tmp"/*.deb "$tmp/packages" || return 1
		rm -f "$tmp"/*.deb
	done
	mkdir "$tmp/root"
	find "$tmp/packages" -path '*bin/busybox' -exec mv {} "$tmp/root/" \;
	mv "$tmp"/packages/usr/include "$tmp/root/include"
	mv "$tmp"/packages/usr/lib/*-linux-gnu* "$tmp/root/lib"
}

# Whoever held the lock may have done it.
if [ ! -d "$dir" ]; then
	mkdir -p "$CACHE/sysroot"
	# What a killed run left; none but us is here now.
	rm -rf "$CACHE/sysroot/tmp.$DEB_ARCH".*
	tmp=$(mktemp -d "$CACHE/sysroot/tmp.$DEB_ARCH.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 1' HUP INT TERM
	# The archive may have moved on since the lists were fetched.
	fetch || {
		"$TOP/vm/apt.sh" refresh --force
		fetch || die "could not fetch Debian's packages of $DEB_ARCH"
	}
	mv -T "$tmp/root" "$dir"
fi
echo "$dir"
