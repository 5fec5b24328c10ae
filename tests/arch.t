#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# ARCH= and PAGE=: what is no such thing is told before anything is fetched; images, programs
# and machines of each architecture; and a guest of another, where this machine can build for it
# and emulate it.
# Beside others.
set -u
. "${0%/*}/tap.sh"

BUILD=$work/build
export BUILD
unset ARCH PAGE FLAVOUR KERNEL MEM CPUS QEMU CROSS_COMPILE
# What make itself has in the environment is for another build.
unset MAKEFLAGS MAKELEVEL MAKEOVERRIDES
vm=$TOP/vm
# make_run VARIABLE=VALUE...: with nothing in the cache.
make_run()
{
	try env CACHE="$work/cache" "$vm/make-run" "$@"
}

# refused NAME MESSAGE: in one line, beside make's own; and nothing was begun.
refused()
{
	ok "$1: refused" failed_with 1 "$2"
	ok "$1: one line" [ "$(grep -vc '^make' "$work/err")" -eq 1 ]
	ok "$1: nothing is fetched or built" [ ! -e "$work/cache" -a ! -e "$BUILD" ]
}

make_run ARCH=foo
refused "ARCH=foo" "ARCH=foo is not known: amd64, arm64, ppc64el or s390x"
make_run ARCH=amd64 PAGE=8k
refused "PAGE=8k" "PAGE=8k is not known"
make_run ARCH=amd64 PAGE=16k
refused "PAGE=16k for amd64" "PAGE=16k is for ARCH=arm64"
make_run ARCH=arm64 PAGE=64k
refused "PAGE=64k for arm64" "PAGE=64k is not known: 4k or 16k"
make_run ARCH=s390x PAGE=64k
refused "PAGE=64k for s390x" "PAGE=64k is for ARCH=ppc64el"
make_run ARCH=ppc64el PAGE=16k
refused "PAGE=16k for ppc64el" "PAGE=16k is not known: 4k or 64k"

case $(uname -m) in
aarch64) own="arm64 aarch64" other=amd64 gnu=x86_64-linux-gnu page=4k ;;
*) own="amd64 x86_64 x86" other=arm64 gnu=aarch64-linux-gnu page=16k ;;
esac
for goal in check run-native; do
	try env GOAL=$goal ARCH=$other CACHE="$work/cache" "$vm/make-run"
	refused "make $goal for another architecture" "ARCH=$other is for guests"
done

for name in $own; do
	try env ARCH="$name" "$vm/cross.sh"
	ok "ARCH=$name is this machine" printed "OUT=$BUILD ARCH="
done

# What an image, and a program, is recognised by.
# at FILE OFFSET BYTES
at()
{
	printf '%b' "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

# elf FILE MACHINE HIGHEST: begins at an address with this highest byte.
elf()
{
	at "$1" 0 '\0177ELF'
	at "$1" 18 "$2"
	at "$1" 31 "$3"
}

mkdir "$work/images"
at "$work/images/amd64" 514 HdrS
at "$work/images/arm64" 56 ARMd
elf "$work/images/ppc64el" '\025\0' '\0300'
at "$work/images/s390x" 65544 S390EP
for arch in amd64 arm64 ppc64el s390x; do
	try env ARCH=$arch "$vm/kernel.sh" "$work/images/$arch"
	ok "an image for $arch" printed "$work/images/$arch"
	case $arch in amd64) guest=s390x ;; *) guest=amd64 ;; esac
	try env ARCH=$guest "$vm/kernel.sh" "$work/images/$arch"
	ok "an image for $arch, and a guest of $guest: refused" failed_with 1 "give ARCH=$arch"
done
elf "$work/images/program" '\025\0' '\0'
try env ARCH=ppc64el "$vm/kernel.sh" "$work/images/program"
ok "a program of ppc64el is no kernel" failed_with 1 "is an ELF file"

mkdir -p "$BUILD/suite" "$BUILD/$other/suite"
while read -r arch machine; do
	# Seen from a guest of another.
	guest='' folder=$BUILD
	case " $own " in *" $arch "*) guest=$other folder=$BUILD/$other ;; esac
	elf "$folder/suite/mthp_khugepaged" "$machine" '\0'
	chmod +x "$folder/suite/mthp_khugepaged"
	try env ARCH=$guest CACHE="$work/cache" "$vm/suite.sh" vm
	ok "a program of $arch is told" failed_with 1 "the suite was built for $arch, the guest is"
done <<-'MACHINES'
	amd64 \076\0
	arm64 \0267\0
	ppc64el \025\0
	s390x \0\026
MACHINES
rm -r "$BUILD"

# A QEMU that says how it was called.
printf '#!/bin/sh\necho "$@" >&2\nexit 1\n' >"$work/qemu"
chmod +x "$work/qemu"
: >"$work/initramfs"
for arch in ppc64el s390x; do
	try env QEMU="$work/qemu" ARCH=$arch "$vm/run.sh" "$work/images/$arch" "$work/initramfs" true
	sed -n 's/^  | //p' "$work/err" >"$work/$arch"
done
ok "ppc64el: its machine" grep -q -e '-machine pseries .*console=hvc0 ' "$work/ppc64el"
ok "ppc64el: nodes of whole blocks" \
	[ "$(grep -o 'size=[0-9]*M' "$work/ppc64el" | tr '\n' ,)" = size=1024M,size=1024M,size=256M, ]
ok "s390x: its machine" grep -q -e '-machine s390-ccw-virtio .*console=ttysclp0 ' "$work/s390x"
ok "s390x: no nodes" grep -q -v -e '-numa' "$work/s390x"
rm -r "$BUILD"

# The same sources for both, in the same folder.
if command -v "qemu-system-${gnu%%-*}" >/dev/null && command -v "$gnu-gcc" >/dev/null; then
	try timeout 300 "$vm/make-run" GOAL=build
	try timeout 280 "$vm/make-run" ARCH=$other PAGE=$page TESTS=collapse.largest_size_wins
	ok "a guest of $other: a test passes" [ "$status" -eq 0 ]
	ok "a guest of $other: it is one" grep -q "^# figures: kernel .* ${gnu%%-*}, page size ${page%k} kB" "$work/out"
	ok "a guest of $other: no library is missing" [ -z "$(grep 'is missing' "$work/out" "$work/err")" ]
	cp "$BUILD/suite/mthp_khugepaged" "$BUILD/$other/suite/"
	try env ARCH=$other "$vm/suite.sh" vm
	ok "a suite for the wrong machine: refused" failed_with 1 "the guest is $other: make clean"
	try "$BUILD/suite/mthp_khugepaged" --rows
	ok "what was built for this machine still runs on it" [ "$status" -eq 0 ]
else
	skip "a guest of $other" "no QEMU or no compiler for $other"
fi

finish
