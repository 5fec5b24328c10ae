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

sysroot=$("$TOP/vm/sysroot.sh")
echo "OUT=$OUT ARCH=$KERNEL_ARCH CROSS_COMPILE=${CROSS_COMPILE:-$GNU-} SYSROOT=$sysroot"
