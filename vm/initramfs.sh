#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Pack a guest: initramfs.sh OUT [SOURCE:DESTINATION]...
# busybox, our init, and the given files and folders. Not compressed: it is small,
# an emulated CPU unpacks slowly, and the kernel then needs no decompressor.
set -eu
. "${0%/*}/common.sh"

out=$1
shift

if [ -n "${BUSYBOX:-}" ]; then
	busybox=$BUSYBOX
elif is_cross; then
	busybox=$("$TOP/vm/sysroot.sh")/busybox
else
	busybox=$(command -v busybox) || die "no busybox: run vm/deps.sh vm"
fi

tmp=$(mktemp -d)
trap 'rm -rf "$tmp" "$out.$$"' EXIT
trap 'exit 1' HUP INT TERM
root=$tmp/root

mkdir -p "$root/bin" "$root/dev" "$root/etc" "$root/proc" "$root/root" "$root/run" "$root/sbin" \
	"$root/sys" "$root/tmp" "$root/usr/bin" "$root/usr/sbin" "$root/var"
cp "$busybox" "$root/bin/busybox"
cp "$TOP/vm/init" "$root/init"
chmod 755 "$root/bin/busybox" "$root/init"

for pair in "$@"; do
	source=${pair%%:*} destination=$root/${pair#*:}
	[ -e "$source" ] || die "$source: no such file"
	mkdir -p "${destination%/*}"
	# -T: the contents of a folder, not the folder within the folder.
	cp -aLT "$source" "$destination"
done

mkdir -p "$(dirname "$out")"
(cd "$root" && find . | cpio --quiet -o -H newc -R 0:0) >"$out.$$"
# Another run may be reading the old one.
mv "$out.$$" "$out"
