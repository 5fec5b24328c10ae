#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# ARCH= and PAGE=: what is no such thing is told before anything is fetched; and a guest
# of another architecture, where this machine can build for it and emulate it.
# Beside others.
set -u
. "${0%/*}/tap.sh"

BUILD=$work/build
export BUILD
unset ARCH PAGE FLAVOUR KERNEL MEM CROSS_COMPILE
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
refused "ARCH=foo" "ARCH=foo is not known: amd64 or arm64"
make_run ARCH=amd64 PAGE=8k
refused "PAGE=8k" "PAGE=8k is not known"
make_run ARCH=amd64 PAGE=16k
refused "PAGE=16k for amd64" "PAGE=16k is for ARCH=arm64"
make_run ARCH=arm64 PAGE=64k
refused "PAGE=64k for arm64" "PAGE=64k is not known: 4k or 16k"

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
