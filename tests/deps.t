#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Without root nothing is installed, and the user is told what to install.
set -u
. "${0%/*}/tap.sh"

# A PATH in which everything is there but cpio and sudo, and what is for another
# architecture; and apt-get gives itself away.
mkdir "$work/bin"
for program in /bin/* /sbin/* /usr/bin/* /usr/sbin/*; do
	ln -sf "$program" "$work/bin/${program##*/}"
done
rm -f "$work/bin/cpio" "$work/bin/sudo" "$work/bin/apt-get"
case $(uname -m) in
aarch64)
	other=amd64 qemu=qemu-system-x86 compiler=gcc-x86-64-linux-gnu
	rm -f "$work/bin/qemu-system-x86_64" "$work/bin/x86_64-linux-gnu-gcc"
	;;
*)
	other=arm64 qemu=qemu-system-arm compiler=gcc-aarch64-linux-gnu
	rm -f "$work/bin/qemu-system-aarch64" "$work/bin/aarch64-linux-gnu-gcc"
	;;
esac
unset ARCH PAGE CROSS_COMPILE LLVM CC
printf '#!/bin/sh\necho apt-get was called\n' >"$work/bin/apt-get"
chmod 755 "$work" "$work/bin" "$work/bin/apt-get"

as_nobody()
{
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
	else
		"$@"
	fi
}

try as_nobody test -r "$TOP/vm/deps.sh"
if [ "$status" -eq 0 ]; then
	try as_nobody env PATH="$work/bin" "$TOP/vm/deps.sh" vm
	ok "no root: says what to install" failed_with 1 "apt-get install .*cpio"
	ok "no root: one line" one_line
	ok "no root: apt-get is not called" [ ! -s "$work/out" ]
	try as_nobody env PATH="$work/bin" ARCH=$other "$TOP/vm/deps.sh" vm
	ok "another architecture: its QEMU, its own busybox" \
		failed_with 1 "apt-get install --no-install-recommends cpio $qemu\$"
	try as_nobody env PATH="$work/bin" ARCH=$other "$TOP/vm/deps.sh" build
	ok "another architecture: its compiler, its own libraries" \
		failed_with 1 "apt-get install .* $compiler"
	try as_nobody env PATH="$work/bin" ARCH=$other CROSS_COMPILE=own- "$TOP/vm/deps.sh" build
	ok "a compiler of one's own: nothing missing" [ "$status" -eq 0 -a ! -s "$work/err" ]
	rm "$work/bin/apt-get"
	try as_nobody env PATH="$work/bin" "$TOP/vm/deps.sh" vm
	ok "no apt: says so, and what is missing" failed_with 1 "cpio.* no apt-get"
	ln -sf "$(command -v cpio)" "$work/bin/cpio"
	try as_nobody env PATH="$work/bin" "$TOP/vm/deps.sh" vm
	ok "nothing missing: nothing said" [ "$status" -eq 0 -a ! -s "$work/err" ]
else
	skip "no root" "the repository cannot be read without root"
fi

try "$TOP/vm/deps.sh" everything
ok "unknown set" failed_with 1 "no set 'everything'"

finish
