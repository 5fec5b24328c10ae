#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Check for what is needed, and install what is missing: deps.sh SET...
#   build  compile the suite      vm    boot a kernel
#   check  the tests of the suite bugs  build wrong kernels
#   matrix run it on many kernels  fleet  a job of LAVA on this machine
# Nothing missing: no call of apt at all. Not allowed to install: say what to install.
set -eu
. "${0%/*}/common.sh"

missing=

# need PACKAGE COMMAND...: the package is missing unless the command succeeds.
need()
{
	package=$1
	shift
	"$@" >/dev/null 2>&1 || missing="$missing $package"
}

# Some live where only root looks.
cmd()
{
	command -v "$1" || [ -x "/usr/sbin/$1" ] || [ -x "/sbin/$1" ]
}

# A header lies in /usr/include, or below it in the folder of the architecture.
header()
{
	for file in /usr/include/"$1" /usr/include/*-linux-gnu*/"$1"; do
		[ -f "$file" ] && return 0
	done
	return 1
}

# The guest has no libraries: a busybox that needs some will not do.
static_busybox()
{
	busybox=$(command -v busybox) &&
		! LC_ALL=C ldd "$busybox" 2>/dev/null | grep -q '=>\|ld-linux'
}

compiler()
{
	if [ -n "${LLVM:-}" ]; then
		need clang cmd clang
		need lld cmd ld.lld
	elif [ "${CC:-gcc}" = gcc ] && ! is_cross; then
		need gcc cmd gcc
	fi
}

# clang needs of it the start-up files and libgcc.
cross_compiler()
{
	[ -z "${CROSS_COMPILE:-}" ] || return 0
	# A package's name has no underscore.
	need "gcc-$(echo "$GNU" | tr _ -)" cmd "$GNU-gcc"
	need "libc6-dev-$DEB_ARCH-cross" [ -f "/usr/$GNU/lib/libc.a" ]
}

# The libraries of another architecture are fetched, not installed: see sysroot.sh.
set_build()
{
	compiler
	need make cmd make
	if is_cross; then
		cross_compiler
	else
		need libc6-dev header stdio.h
		need liburing-dev header liburing.h
		need libcap-dev header sys/capability.h
	fi
	need xz-utils cmd xz
	need rsync cmd rsync
	need util-linux cmd flock
}

set_vm()
{
	is_guest
	case $DEB_ARCH in
	amd64) package=qemu-system-x86 ;;
	arm64) package=qemu-system-arm ;;
	ppc64el) package=qemu-system-ppc ;;
	s390x) package=qemu-system-s390x ;;
	esac
	need "$package" cmd "qemu-system-$QEMU_ARCH"
	is_cross || need busybox-static static_busybox
	need cpio cmd cpio
	need xz-utils cmd xz
	need util-linux cmd flock
}

# Debian's own python3, which a python3 of the user's may hide.
python3_tap()
{
	/usr/bin/python3 -c 'import tap'
}

python3_selenium()
{
	/usr/bin/python3 -c 'import selenium'
}

python3_yaml()
{
	/usr/bin/python3 -c 'import yaml'
}

set_check()
{
	need coccinelle cmd spatch
	need perl cmd prove
	need python3 cmd python3
	need python3-selenium python3_selenium
	need python3-tap python3_tap
	need python3-yaml python3_yaml
	need chromium cmd chromium
	need chromium-driver cmd chromedriver
	need libcap2-bin cmd capsh
	need util-linux cmd setpriv
	need procps cmd pgrep
}

set_bugs()
{
	need bc cmd bc
	need bison cmd bison
	need coccinelle cmd spatch
	need flex cmd flex
	need gcc cmd gcc
	need libelf-dev header libelf.h
	need make cmd make
	need python3 cmd python3
	need rsync cmd rsync
	need xz-utils cmd xz
}

set_matrix()
{
	need python3 cmd python3
}

set_fleet()
{
	need cpio cmd cpio
	need git cmd git
	need mmdebstrap cmd mmdebstrap
	need python3-yaml python3_yaml
	need qemu-system-x86 cmd qemu-system-x86_64
}

for set in "$@"; do
	case $set in
	build | vm | check | bugs | matrix | fleet) "set_$set" ;;
	*) die "no set '$set': build, vm, check, bugs, matrix or fleet" ;;
	esac
done

[ -n "$missing" ] || exit 0
# shellcheck disable=SC2086
missing=$(printf '%s\n' $missing | sort -u | tr '\n' ' ')
missing=${missing% }

ask="as root: apt-get install --no-install-recommends $missing"

command -v apt-get >/dev/null ||
	die "missing: $missing (Debian's names), and there is no apt-get here: install them by hand"
if [ "$(id -u)" -eq 0 ]; then
	as_root='env'
elif ! command -v sudo >/dev/null; then
	die "missing: $missing. Install them, $ask"
elif sudo -n true 2>/dev/null || [ -t 0 ]; then
	as_root="sudo env"
else
	die "missing: $missing, and sudo wants a password. Install them, $ask"
fi

apt()
{
	# No stdin: a package that asks would wait for ever.
	$as_root DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 \
		-o Dpkg::Use-Pty=0 "$@" </dev/null >>"$log" 2>&1
}

# A sudo that asks for a password asks now, while it still has the terminal.
[ "$as_root" = env ] || sudo true

note "installing $missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Lists that are missing or old make the first try fail.
# shellcheck disable=SC2086
apt install -y --no-install-recommends $missing || {
	apt update || note "apt-get update failed, trying with the lists that are there"
	apt install -y --no-install-recommends $missing
} || {
	grep '^E:' "$log" | tail -n 5 >&2
	die "apt-get could not install. Install them, $ask"
}
