#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Print the path of a kernel image: kernel.sh [PATH | SERIES | latest]
# or which versions there are, as SERIES that names one: kernel.sh --list
# A series (6.1, 7.2) is Debian's newest of it; latest is Debian's newest release
# that has mTHP collapse. Versions move, so they are looked up each time. Beside an
# image of Debian's lies a folder with the modules that the guest needs.
set -eu
. "${0%/*}/common.sh"

want=${1:-latest}

# zram is swap without a disk; in old kernels it compresses with a module of its own. loop is
# a disk that can be read past the page cache.
modules="zram lzo-rle loop"

# bytes FILE OFFSET LENGTH
bytes()
{
	od -An -c -j "$2" -N "$3" "$1" 2>/dev/null | tr -d ' '
}

check_image()
{
	[ -e "$1" ] || die "KERNEL=$1: no such file"
	[ -d "$1" ] && die "KERNEL=$1 is a folder: give the image, e.g. arch/x86/boot/bzImage"
	[ -r "$1" ] || die "KERNEL=$1 cannot be read"
	if [ "$(bytes "$1" 514 4)" = HdrS ]; then
		arch=amd64
	elif [ "$(bytes "$1" 56 4)" = ARMd ]; then
		arch=arm64
	elif [ "$(bytes "$1" 65544 6)" = S390EP ]; then
		arch=s390x
	elif [ "$(bytes "$1" 1 3)" = ELF ]; then
		# A kernel for ppc64el is an ELF file itself, and begins where no program does.
		[ "$(bytes "$1" 18 2),$(bytes "$1" 31 1)" = '025\0,300' ] ||
			die "KERNEL=$1 is an ELF file: give the bootable image, e.g. arch/x86/boot/bzImage"
		arch=ppc64el
	else
		die "KERNEL=$1 is no kernel image: give a bzImage (x86, s390), an Image (arm64)" \
			"or a vmlinux (powerpc)"
	fi
	[ "$arch" = "$DEB_ARCH" ] ||
		die "KERNEL=$1 is a kernel for $arch, the guest is $DEB_ARCH: give ARCH=$arch"
}

# "name version" of every package. Since 6.19 the image lies in linux-binary-VER, before
# that in linux-image-VER; some versions exist only as -unsigned. The modules lie in
# linux-modules-VER, or with the image.
packages()
{
	"$TOP/vm/apt.sh" list \
		"^linux-(binary|image|modules)(-unsigned)?-[0-9].*-$FLAVOUR(-unsigned)?\$"
}

# Newest version on stdin that the wish allows.
newest()
{
	best=
	while read -r version; do
		case $want in
		latest)
			case $version in *~rc*) continue ;; esac
			dpkg --compare-versions "$version" ge 7.2 || continue
			;;
		*)
			case $version in
			"$want" | "$want"[.~+-]*) ;;
			*) continue ;;
			esac
			;;
		esac
		[ -n "$best" ] && dpkg --compare-versions "$version" le "$best" || best=$version
	done
	echo "$best"
}

# Those of this list, not of an older one.
has_modules()
{
	[ -d "$dir/modules" ] && [ "$(cat "$dir/modules.list" 2>/dev/null)" = "$modules" ]
}

# The new modules, from a folder; the list comes last.
keep_modules()
{
	rm -rf "$dir/modules"
	mkdir -p "$dir"
	mv -T "$1" "$dir/modules"
	echo "$modules" >"$dir/modules.list"
}

cached()
{
	[ -f "$dir/vmlinuz" ] && has_modules
}

# An image is in /boot or beside the modules.
unpack()
{
	note "fetching $1"
	rm -rf "$tmp/root" "$tmp"/*.deb
	(cd "$tmp" && "$TOP/vm/apt.sh" download "$1=$version") || return 1
	mkdir "$tmp/root"
	# tar complains where a pattern matches nothing.
	dpkg-deb --fsys-tarfile "$tmp"/*.deb | tar -x -C "$tmp/root" --wildcards \
		'./boot/vmlinu*' './usr/lib/modules/*/vmlinu*' \
		'./lib/modules/*.ko*' './usr/lib/modules/*.ko*' 2>/dev/null || :
}

# The packages of that version, until image and modules are there; each of the two goes
# into the cache at one stroke. linux-modules comes first: where there is one, no more
# than one package with an image is needed.
fetch()
{
	for package in $(echo "$list" |
		awk -v v="$version" '$2 == v { print !/^linux-modules/, $1 }' | sort | cut -d' ' -f2); do
		! cached || return 0
		unpack "$package" || return 1
		image=$(find "$tmp/root" -type f -name 'vmlinu*' | head -n 1)
		if [ -n "$image" ] && [ ! -f "$dir/vmlinuz" ]; then
			(check_image "$image") || return 1
			mkdir -p "$dir"
			mv "$image" "$dir/vmlinuz"
		fi
		if ! has_modules && find "$tmp/root" -name '*.ko*' | grep -q .; then
			# shellcheck disable=SC2086
			"$TOP/vm/modules.sh" "$tmp/root" "$tmp/modules" $modules || return 1
			keep_modules "$tmp/modules"
		fi
	done
	[ -f "$dir/vmlinuz" ] || die "no package of kernel $version holds an image"
	has_modules || {
		# Debian keeps some images longer than their modules.
		note "Debian has no modules of kernel $version: no zram"
		mkdir "$tmp/modules"
		keep_modules "$tmp/modules"
	}
}

# The newest of each series, and every one from 7.2 on, where mTHP collapse began. Of a
# release candidate only where the release is not there yet.
list_versions()
{
	packages | awk '!/^linux-modules/ { print $2 }' | sed 's/-.*//' | sort -uV | awk -F'[.~]' '
		{
			series = $1 "." $2
			if (/~rc/) {
				candidate[series] = series
				next
			}
			delete candidate[series]
			if ($1 < 7 || ($1 == 7 && $2 < 2))
				newest[series] = $0
			else
				newest[$0] = $0
		}
		END {
			for (series in newest)
				print newest[series]
			for (series in candidate)
				print candidate[series]
		}' | sort -V
}

if [ "$want" = --list ]; then
	list_versions
	exit
fi

resolve()
{
	list=$(packages)
	version=$(echo "$list" | awk '!/^linux-modules/ { print $2 }' | sort -u | newest)
	[ -n "$version" ] || {
		series=$(echo "$list" | sed -n 's/^[^ ]* \([0-9]*\.[0-9]*\).*/\1/p' | sort -uV | tr '\n' ' ')
		die "Debian has no kernel $want ($FLAVOUR); it has ${series:-none}"
	}
	dir=$CACHE/kernels/$version-$FLAVOUR
}

if [ "$want" != latest ] && ! echo "$want" | grep -qxE '[0-9]+(\.[0-9]+)+'; then
	check_image "$want"
	echo "$want"
	exit
fi

resolve
cached || {
	lock kernels
	# What a killed run left; none but us is here now.
	rm -rf "$CACHE"/kernels/tmp.*
	mkdir -p "$CACHE/kernels"
	tmp=$(mktemp -d "$CACHE/kernels/tmp.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 1' HUP INT TERM
	# The archive may have moved on since the lists were fetched.
	fetch || {
		"$TOP/vm/apt.sh" refresh --force
		resolve
		fetch || [ -f "$dir/vmlinuz" ] || die "could not fetch kernel $version"
		cached || note "could not fetch the modules of kernel $version: no zram"
	}
}
echo "$dir/vmlinuz"
