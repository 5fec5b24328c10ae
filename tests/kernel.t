#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Images and modules out of Debian's packages, with an archive of our own.
set -u
. "${0%/*}/tap.sh"

CACHE=$work/cache
ARCH=amd64
export CACHE ARCH
unset FLAVOUR PAGE

# The scripts, and an apt.sh that knows what lies in a folder.
mkdir -p "$work/top" "$work/archive"
cp -R "$TOP/vm" "$work/top/vm"
cat >"$work/top/vm/apt.sh" <<-EOF
	#!/bin/sh
	echo "\$*" >>$work/asked
	case \$1 in
	list)
		cd $work/archive && find . -name '*.deb' |
			sed 's|^\./||; s|\.deb\$||' | grep -E "\${2%?}_" | tr _ ' '
		;;
	download)
		[ ! -e $work/offline ] && cp "$work/archive/\${2%%=*}_\${2#*=}.deb" .
		;;
	esac
EOF

# package NAME VERSION: of what the functions below have put into $work/tree.
package()
{
	mkdir -p "$work/tree/DEBIAN"
	printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: n\nDescription: n\n' \
		"$1" "$2" >"$work/tree/DEBIAN/control"
	dpkg-deb -Znone --build "$work/tree" "$work/archive/$1_$2.deb" >/dev/null
	rm -rf "$work/tree"
}

image()
{
	mkdir -p "$work/tree/boot"
	{
		head -c 514 /dev/zero
		echo HdrS
	} >"$work/tree/boot/vmlinuz-$1"
}

# module FOLDER/NAME DEPENDS: nothing but the strings that a module has.
module()
{
	mkdir -p "$work/tree/${1%/*}"
	printf 'license=GPL\0depends=%s\0name=%s\0' "$2" "${1##*/}" >"$work/tree/$1.ko"
}

kernel()
{
	: >"$work/asked"
	try "$work/top/vm/kernel.sh" "$1"
}

# cached VERSION MODULE...: the image, these modules and no others.
cached()
{
	folder=$CACHE/kernels/$1-cloud-amd64
	shift
	[ -f "$folder/vmlinuz" ] && printed "$folder/vmlinuz" &&
		[ "$(find "$folder/modules" -type f | sed 's|.*/||' | sort | tr '\n' ' ')" = "${*:+$* }" ]
}

downloads()
{
	[ "$(grep -c '^download' "$work/asked")" -eq "$1" ]
}

# As since 7.2: the modules in a package of their own, compressed.
image 9.9
package linux-binary-9.9-cloud-amd64 9.9-1
image 9.9
package linux-binary-unsigned-9.9-cloud-amd64 9.9-1
lib=usr/lib/modules/9.9-cloud-amd64/kernel
module $lib/drivers/block/zram/zram z_alloc,lz4hc_compress
module $lib/mm/z-alloc ""
module $lib/lib/lz4/lz4hc_compress common
module $lib/lib/common ""
module $lib/drivers/other ""
find "$work/tree" -name '*.ko' -exec xz {} +
package linux-modules-9.9-cloud-amd64 9.9-1

set -- 01-z-alloc.ko 02-common.ko 03-lz4hc_compress.ko 04-zram.ko
kernel 9.9
ok "modules apart: all that zram needs, in order" cached 9.9-1 "$@"
ok "modules apart: they are decompressed" \
	grep -q "name=zram" "$CACHE/kernels/9.9-1-cloud-amd64/modules/04-zram.ko"
ok "modules apart: no package too many" downloads 2
kernel 9.9
ok "in the cache: nothing is fetched" downloads 0

rm -rf "$CACHE/kernels/9.9-1-cloud-amd64/modules"
kernel 9.9
ok "an image without modules is completed" cached 9.9-1 "$@"
ok "an image without modules is not fetched again" downloads 1

rm -rf "$CACHE/kernels/9.9-1-cloud-amd64/modules"
: >"$work/offline"
kernel 9.9
ok "no network: the image alone will do" [ "$status" -eq 0 ]
ok "no network: says what is missing" said "could not fetch the modules"
rm "$work/offline"
kernel 9.9
ok "network again: completed" cached 9.9-1 "$@"
echo zram >"$CACHE/kernels/9.9-1-cloud-amd64/modules.list"
kernel 9.9
ok "modules of another list: fetched again" cached 9.9-1 "$@"
ok "modules of another list: the image is not" downloads 1

# As before 6.19: all in one, not compressed.
image 5.5
module lib/modules/5.5/kernel/zram zsmalloc
module lib/modules/5.5/kernel/zsmalloc ""
module lib/modules/5.5/kernel/crypto/lzo-rle ""
package linux-image-5.5-cloud-amd64 5.5-1
image 5.5
package linux-image-5.5-cloud-amd64-unsigned 5.5-1
kernel 5.5
ok "modules with the image" cached 5.5-1 01-zsmalloc.ko 02-zram.ko 03-lzo-rle.ko
ok "modules with the image: one package" downloads 1

# Those that lack something.
image 4.4
package linux-image-4.4-cloud-amd64 4.4-1
kernel 4.4
ok "no modules in the archive: the image alone" cached 4.4-1
ok "no modules in the archive: says so" said "no modules of kernel 4.4-1"
kernel 4.4
ok "no modules in the archive: says so once" [ ! -s "$work/err" ]

image 4.6
module lib/modules/4.6/kernel/other ""
package linux-image-4.6-cloud-amd64 4.6-1
kernel 4.6
ok "a kernel without zram: the image alone" cached 4.6-1

module usr/lib/modules/4.8/kernel/zram ""
package linux-modules-4.8-cloud-amd64 4.8-1
kernel 4.8
ok "modules without an image: no such kernel" failed_with 1 "no kernel 4.8 "

ok "nothing is left in the cache" [ -z "$(find "$CACHE/kernels" -name 'tmp.*')" ]
ok "nothing is left elsewhere" [ -z "$(ls "$TMPDIR")" ]

finish
