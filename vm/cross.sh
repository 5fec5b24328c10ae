#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Print make's variables for building what the guest runs: where to, with which compiler,
# and where its libraries are. ARCH is the kernel's name: lib.mk asks for it with LLVM.
set -eu
. "${0%/*}/common.sh"

if ! is_cross; then
	echo "OUT=$OUT ARCH="
	exit
fi

case $DEB_ARCH in
amd64) arch=x86_64 prefix=x86_64-linux-gnu- ;;
arm64) arch=arm64 prefix=aarch64-linux-gnu- ;;
esac
sysroot=$("$TOP/vm/sysroot.sh")
echo "OUT=$OUT ARCH=$arch CROSS_COMPILE=${CROSS_COMPILE:-$prefix} SYSROOT=$sysroot"
