#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# lava-run of Debian's lava-dispatcher, with its arguments: as it is installed, or else
# unpacked into the cache, where it changes nothing on this machine. Root's, as lava-run is.
# No arguments: only see to it that it is there.
set -eu
. "${0%/*}/../../vm/common.sh"

run()
{
	[ $# -gt 0 ] || exit 0
	exec "$@"
}

if command -v lava-run >/dev/null; then
	[ $# -eq 0 ] || set -- lava-run "$@"
	run "$@"
fi

root=$CACHE/fleet/dispatcher
if [ ! -d "$root" ]; then
	command -v apt-get >/dev/null || die "no lava-run here and no apt-get: install lava-dispatcher"
	lock dispatcher
fi
if [ ! -d "$root" ]; then
	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 1' HUP INT TERM
	note "fetching lava-dispatcher and what it needs"
	# What an installation would add (and not what it would upgrade: programs that lava-run
	# calls would get it too), but for services, kernels and their tools.
	packages=$(apt-get -s install --no-install-recommends \
		lava-dispatcher 2>"$tmp/err" | sed -n 's/^Inst \([^ ]*\) (.*/\1/p' |
		grep -v '^linux-\|^systemd\|systemd$\|^udev$\|bpfcc$\|-perl$')
	echo "$packages" | grep -qx lava-dispatcher || {
		tail -n 3 "$tmp/err" >&2
		die "this machine's apt has no lava-dispatcher: apt-get update as root, on Debian 12"
	}
	mkdir "$tmp/debs" "$tmp/root"
	# shellcheck disable=SC2086
	(cd "$tmp/debs" && apt-get -qq -o APT::Sandbox::User=root download $packages) >&2 ||
		die "could not fetch lava-dispatcher: apt-get update as root"
	for package in "$tmp"/debs/*.deb; do
		dpkg-deb -x "$package" "$tmp/root"
	done
	mkdir -p "${root%/*}"
	mv -T "$tmp/root" "$root"
	rm -rf "$tmp"
fi

libraries=
for folder in "$root"/usr/lib/*-linux-gnu "$root"/lib/*-linux-gnu; do
	[ ! -d "$folder" ] || libraries=$libraries:$folder
done
[ $# -eq 0 ] || set -- env PYTHONPATH="$root/usr/lib/python3/dist-packages" \
	LD_LIBRARY_PATH="${libraries#:}" /usr/bin/python3 "$root/usr/bin/lava-run" "$@"
run "$@"
