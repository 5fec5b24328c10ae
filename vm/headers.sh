#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Print the kernel tree that kselftest.h, kselftest_harness.h and lib.mk come from:
# KSRC if given, else what is needed of Debian's newest linux-source, unpacked once.
# The version has nothing to do with the kernel under test.
set -eu
. "${0%/*}/common.sh"

# The harness of older trees lacks what the suite builds on.
usable()
{
	grep -qs FIXTURE_TEARDOWN_PARENT "$1/tools/testing/selftests/kselftest_harness.h" &&
		[ -f "$1/tools/testing/selftests/lib.mk" ]
}

if [ -n "${KSRC:-}" ]; then
	[ -d "$KSRC" ] || die "KSRC=$KSRC: no such folder"
	usable "$KSRC" || die "KSRC=$KSRC is no Linux source tree, or one older than 7.2"
	cd "$KSRC" && pwd
	exit
fi

# Any that was unpacked before will do, without asking the network; one of long ago may lack
# what the list below got since, of which this looks for the last.
cached()
{
	for tree in "$CACHE"/headers/linux-*; do
		usable "$tree" && [ -f "$tree/tools/testing/selftests/Makefile" ] &&
			echo "$tree" && return 0
	done
	return 1
}

cached && exit
lock headers
cached && exit

# Also the files that the kernels of bugs/ change, to see that the patches fit.
newest=$("$TOP/vm/linux-source.sh" newest)
package=${newest% *} version=${newest#* }

mkdir -p "$CACHE/headers"
# What a killed run left; none but us is here now.
rm -rf "$CACHE"/headers/tmp.*
tmp=$(mktemp -d "$CACHE/headers/tmp.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

note "fetching $package $version for the kselftest headers"
"$TOP/vm/linux-source.sh" unpack "$package" "$version" "$tmp/linux" \
	'*/scripts/checkpatch.pl' \
	'*/scripts/spelling.txt' \
	'*/scripts/const_structs.checkpatch' \
	'*/scripts/subarch.include' \
	'*/mm/huge_memory.c' \
	'*/mm/khugepaged.c' \
	'*/mm/memory.c' \
	'*/tools/include' \
	'*/tools/scripts' \
	'*/tools/testing/kunit' \
	'*/tools/testing/selftests/.gitignore' \
	'*/tools/testing/selftests/Makefile' \
	'*/tools/testing/selftests/kselftest' \
	'*/tools/testing/selftests/kselftest*.h' \
	'*/tools/testing/selftests/kselftest_*.sh' \
	'*/tools/testing/selftests/lib.mk' \
	'*/tools/testing/selftests/run_kselftest.sh'
usable "$tmp/linux" || die "$package $version holds no usable kselftest headers: give KSRC=path/to/linux"
rm -rf "$CACHE/headers/linux-$version"
mv -T "$tmp/linux" "$CACHE/headers/linux-$version"
echo "$CACHE/headers/linux-$version"
