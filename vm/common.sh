# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Sourced by the scripts in this folder: where things lie, what the guest is, and how to
# complain.

note()
{
	echo "${0##*/}: $*" >&2
}

die()
{
	note "$@"
	exit 1
}

# The script may lie one folder deeper than those here.
TOP=$(cd "$(dirname "$0")/.." && pwd)
[ -f "$TOP/vm/common.sh" ] || TOP=${TOP%/*}
BUILD=${BUILD:-$TOP/build}
CACHE=${CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/mthp_khugepaged}
# A script that goes elsewhere must still find them.
case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
case $CACHE in /*) ;; *) CACHE=$PWD/$CACHE ;; esac
export BUILD CACHE

# Debian's names of what a guest can be.
GUESTS="amd64, arm64, ppc64el or s390x"

# Debian's name of an architecture; ARCH= may also be the kernel's name, or uname's.
deb_arch()
{
	case $1 in
	amd64 | x86_64 | x86) echo amd64 ;;
	arm64 | aarch64) echo arm64 ;;
	ppc64el | ppc64le | powerpc) echo ppc64el ;;
	s390x | s390) echo s390x ;;
	*) return 1 ;;
	esac
}

# This machine, and the guest. What is built for another machine has a folder of its own.
HOST_ARCH=$(deb_arch "$(uname -m)") || HOST_ARCH=$(uname -m)
DEB_ARCH=$HOST_ARCH
[ -z "${ARCH:-}" ] || DEB_ARCH=$(deb_arch "$ARCH") ||
	die "ARCH=$ARCH is not known: $GUESTS"
# shellcheck disable=SC2034
OUT=$BUILD
# shellcheck disable=SC2034
[ "$DEB_ARCH" = "$HOST_ARCH" ] || OUT=$BUILD/$DEB_ARCH

# What the kernel's build, compilers and QEMU call it.
# shellcheck disable=SC2034
case $DEB_ARCH in
amd64) KERNEL_ARCH=x86_64 GNU=x86_64-linux-gnu QEMU_ARCH=x86_64 ;;
arm64) KERNEL_ARCH=arm64 GNU=aarch64-linux-gnu QEMU_ARCH=aarch64 ;;
ppc64el) KERNEL_ARCH=powerpc GNU=powerpc64le-linux-gnu QEMU_ARCH=ppc64 ;;
s390x) KERNEL_ARCH=s390 GNU=s390x-linux-gnu QEMU_ARCH=s390x ;;
*) QEMU_ARCH='' ;;
esac

# The size of the guest's pages says which of Debian's kernels it is.
case $DEB_ARCH,${PAGE:-4k} in
ppc64el,4[kK]) FLAVOUR=${FLAVOUR:-powerpc64le} ;;
s390x,4[kK]) FLAVOUR=${FLAVOUR:-s390x} ;;
*,4[kK]) FLAVOUR=${FLAVOUR:-cloud-$DEB_ARCH} ;;
arm64,16[kK]) FLAVOUR=${FLAVOUR:-arm64-16k} ;;
ppc64el,64[kK]) FLAVOUR=${FLAVOUR:-powerpc64le-64k} ;;
arm64,*) die "PAGE=$PAGE is not known: 4k or 16k" ;;
ppc64el,*) die "PAGE=$PAGE is not known: 4k or 64k" ;;
*,16[kK]) die "PAGE=$PAGE is for ARCH=arm64: $DEB_ARCH has pages of 4k" ;;
*,64[kK]) die "PAGE=$PAGE is for ARCH=ppc64el: $DEB_ARCH has pages of 4k" ;;
*) die "PAGE=$PAGE is not known: 4k, with ARCH=arm64 also 16k, with ARCH=ppc64el 64k" ;;
esac

# A machine may be like none of the guests.
is_guest()
{
	[ -n "$QEMU_ARCH" ] || die "no guest is like this machine, $DEB_ARCH: give ARCH= $GUESTS"
}

is_cross()
{
	[ "$DEB_ARCH" != "$HOST_ARCH" ]
}

# One fetcher of a kind at a time; the lock is released when the script ends.
lock()
{
	mkdir -p "$CACHE" || die "cannot write to $CACHE: set CACHE= to a folder that you own"
	exec 9>"$CACHE/$1.lock"
	flock -n 9 || {
		note "waiting for another run that fetches the same ($1)"
		flock 9
	}
}

# Seconds since boot with two decimals into $now, without a fork.
# shellcheck disable=SC2034
uptime()
{
	read -r now _ </proc/uptime
}
