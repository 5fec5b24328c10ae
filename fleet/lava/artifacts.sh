#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Lay out what a job fetches: artifacts.sh KERNEL INSTALLED DIR
#   vmlinuz modules.tar   the kernel (as KERNEL= of make run), and the modules it needs
#   mthp.tar.gz           the tarball of INSTALLED, a folder that `make install` filled
#   ramdisk.cpio.gz       see rootfs.sh
set -eu
. "${0%/*}/../../vm/common.sh"

[ $# -eq 3 ] || die "usage: artifacts.sh KERNEL INSTALLED DIR"
installed=$2 dir=$3
[ -x "$installed/run_kselftest.sh" ] ||
	die "$installed/run_kselftest.sh is not there: make install INSTALL_PATH=$installed"
kernel=$("$TOP/vm/kernel.sh" "$1")
ramdisk=$("$TOP/fleet/lava/rootfs.sh")

mkdir -p "$dir" || die "cannot write to $dir: give a folder that you own"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

cp "$kernel" "$dir/vmlinuz"
cp "$ramdisk" "$dir/ramdisk.cpio.gz"
chmod 644 "$dir/vmlinuz" "$dir/ramdisk.cpio.gz"
# A kernel of one's own has what is needed built in.
case $kernel in
"$CACHE"/*) cp "${kernel%/*}"/modules/*.ko "$tmp" 2>/dev/null || : ;;
esac
tar -C "$tmp" --owner=0 --group=0 -cf "$dir/modules.tar" .
tar -C "$installed" --owner=0 --group=0 -czf "$dir/mthp.tar.gz" .
