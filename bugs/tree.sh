#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Print a folder with linux/, a kernel tree that is configured and built: a copy of KSRC, or
# of Debian's newest linux-source of the series that the patches were written for. It is made
# once for each source and configuration.
set -eu
. "${0%/*}/../vm/common.sh"

series=7.3

case $HOST_ARCH,$DEB_ARCH in
amd64,amd64) ;;
*) die "wrong kernels are built for x86-64, on x86-64" ;;
esac

# Its version, and what is in it: a tree that somebody works on keeps its version.
name_of()
{
	[ -f "$1/mm/khugepaged.c" ] || die "KSRC=$1 is no Linux source tree"
	version=$(make -s -C "$1" kernelversion)
	hash=$(cd "$1" && find . -path ./.git -prune -o -type f \( -name '*.[chS]' -o -name 'K*' \
		-o -name 'Makefile*' -o -name '*.lds' -o -name '*.tbl' \) ! -name '*.mod.c' -print0 |
		sort -z | xargs -0 sha256sum | sha256sum | cut -c1-12)
	echo "$version-$hash"
}

if [ -n "${KSRC:-}" ]; then
	name=$(name_of "$KSRC")
else
	newest=$("$TOP/vm/linux-source.sh" newest $series)
	package=${newest% *} version=${newest#* }
	name=$version
fi
config=$(cat "$TOP/tools/testing/selftests/mm/config" "$TOP/bugs/kernel.config")
dir=$CACHE/bugs/$name-$(echo "$config" | sha256sum | cut -c1-12)
# Another run may build it meanwhile.
[ -f "$dir/built" ] || lock bugs
if [ -f "$dir/built" ]; then
	echo "$dir"
	exit
fi

note "a kernel tree of $name: this takes long, once"
rm -rf "$dir"
mkdir -p "$dir"
if [ -n "${KSRC:-}" ]; then
	rsync -a --exclude .git "$KSRC/" "$dir/linux"
	make -s -C "$dir/linux" mrproper
else
	"$TOP/vm/linux-source.sh" unpack "$package" "$version" "$dir/linux" ||
		die "could not unpack $package $version"
fi

cd "$dir/linux"
make -s tinyconfig
echo "$config" >>.config
make -s olddefconfig 2>"$dir/config.log" || die "no configuration: see $dir/config.log"
# An option whose dependencies are missing vanishes without a word.
echo "$config" | grep '^CONFIG_\|^# CONFIG_' | while read -r option; do
	grep -qxF "$option" .config || note "this kernel does not take $option"
done
make -s -j"$(nproc)" bzImage >"$dir/build.log" 2>&1 ||
	die "the kernel does not build: $(grep -m 1 'error' "$dir/build.log"), see $dir/build.log"
: >"$dir/built"
echo "$dir"
