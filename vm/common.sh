# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Sourced by the scripts in this folder: where things lie, and how to complain.

TOP=$(cd "$(dirname "$0")/.." && pwd)
BUILD=${BUILD:-$TOP/build}
CACHE=${CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/mthp_khugepaged}
# A script that goes elsewhere must still find them.
case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
case $CACHE in /*) ;; *) CACHE=$PWD/$CACHE ;; esac
export BUILD CACHE

# Debian's name of the guest's architecture, and the flavour of its kernels.
DEB_ARCH=${DEB_ARCH:-amd64}
FLAVOUR=${FLAVOUR:-cloud-$DEB_ARCH}

note()
{
	echo "${0##*/}: $*" >&2
}

die()
{
	note "$@"
	exit 1
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
