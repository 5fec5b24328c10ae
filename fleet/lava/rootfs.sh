#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Print the path of a ramdisk for LAVA, made once: Debian with what Linaro's kselftest.sh
# calls (perl, python3-tap, split, ...) and our init. It has no kernel and no modules.
set -eu
. "${0%/*}/../../vm/common.sh"

ramdisk=$CACHE/fleet/$DEB_ARCH/ramdisk.cpio.gz
packages=base-files,base-passwd,bash,coreutils,dash,debianutils,diffutils,findutils,gawk,grep,gzip
packages=$packages,hostname,kmod,libc-bin,login,mount,perl-base,procps,python3-minimal
packages=$packages,python3-tap,sed,tar,usr-is-merged,util-linux,wget,xz-utils

# Of these packages and this init, not of older ones.
made_of()
{
	echo "$packages"
	cat "$TOP/fleet/lava/init"
}
cached()
{
	[ -f "$ramdisk" ] && made_of | cmp -s - "$ramdisk.of"
}

[ "$DEB_ARCH" = amd64 ] || die "a ramdisk for $DEB_ARCH: there is one for amd64 only"
if cached; then
	echo "$ramdisk"
	exit
fi
[ "$(id -u)" -eq 0 ] || die "needs root to make a ramdisk of Debian's packages"
command -v mmdebstrap >/dev/null || die "no mmdebstrap: run vm/deps.sh fleet"
lock "fleet-$DEB_ARCH"
if cached; then
	echo "$ramdisk"
	exit
fi

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

note "making a ramdisk of Debian's packages"
"$TOP/vm/apt.sh" refresh
state=$CACHE/apt/$DEB_ARCH
awk -v RS= '/Suites: bookworm(\n|$)/' "$state/debian.sources" >"$tmp/sources"
grep '^Acquire::' "$state/apt.conf" >"$tmp/apt.conf" || :
TMPDIR=$tmp mmdebstrap --quiet --variant=custom --mode=root --include="$packages" \
	--aptopt="$tmp/apt.conf" --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
	--dpkgopt='path-exclude=/usr/share/doc/*' \
	--dpkgopt='path-exclude=/usr/share/locale/*' \
	--dpkgopt='path-exclude=/usr/share/man/*' \
	bookworm "$tmp/root.tar" "$tmp/sources" >"$tmp/log" 2>&1 || {
	grep -i 'error\|^E:\|fail' "$tmp/log" | cut -c 1-200 | tail -n 15 >&2
	die "mmdebstrap failed: the lines above say why"
}

mkdir "$tmp/root"
tar -C "$tmp/root" -xf "$tmp/root.tar"
# The kernel unpacks it into memory, and that is for the suite.
rm -rf "$tmp/root.tar" "$tmp"/root/var/cache/apt/* "$tmp"/root/var/lib/apt/lists/* \
	"$tmp"/root/dev/*
mkdir -p "$tmp/root/modules" "$tmp/root/opt"
install -m 755 "$TOP/fleet/lava/init" "$tmp/root/init"
# LAVA waits for this prompt; bash -i would take Debian's, which may change.
echo "PS1='root@mthp:# '" >"$tmp/root/root/.bashrc"

mkdir -p "${ramdisk%/*}"
(cd "$tmp/root" && find . | cpio --quiet -o -H newc -R 0:0) | gzip -6 >"$ramdisk.new"
mv "$ramdisk.new" "$ramdisk"
made_of >"$ramdisk.of"
echo "$ramdisk"
