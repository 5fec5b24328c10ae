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

TOP=$(cd "$(dirname "$0")/.." && pwd)
BUILD=${BUILD:-$TOP/build}
CACHE=${CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/mthp_khugepaged}
# A script that goes elsewhere must still find them.
case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
case $CACHE in /*) ;; *) CACHE=$PWD/$CACHE ;; esac
export BUILD CACHE

# Debian's name of an architecture; ARCH= may also be the kernel's name, or uname's.
deb_arch()
{
	case $1 in
	amd64 | x86_64 | x86) echo amd64 ;;
	arm64 | aarch64) echo arm64 ;;
	*) return 1 ;;
	esac
}

# This machine, and the guest. What is built for another machine has a folder of its own.
HOST_ARCH=$(deb_arch "$(uname -m)") || HOST_ARCH=$(uname -m)
DEB_ARCH=$HOST_ARCH
[ -z "${ARCH:-}" ] || DEB_ARCH=$(deb_arch "$ARCH") ||
	die "ARCH=$ARCH is not known: amd64 or arm64"
# shellcheck disable=SC2034
OUT=$BUILD
# shellcheck disable=SC2034
[ "$DEB_ARCH" = "$HOST_ARCH" ] || OUT=$BUILD/$DEB_ARCH

# The size of the guest's pages says which of Debian's kernels it is.
case $DEB_ARCH,${PAGE:-4k} in
*,4[kK]) FLAVOUR=${FLAVOUR:-cloud-$DEB_ARCH} ;;
arm64,16[kK]) FLAVOUR=${FLAVOUR:-arm64-16k} ;;
arm64,*) die "PAGE=$PAGE is not known: 4k or 16k" ;;
*,16[kK]) die "PAGE=$PAGE is for ARCH=arm64: $DEB_ARCH has pages of 4k" ;;
*) die "PAGE=$PAGE is not known: 4k, or with ARCH=arm64 16k" ;;
esac

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
