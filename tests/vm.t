#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The VM: what goes in, what comes out, and what is said when it goes wrong. The guests
# are busybox and a line of shell; the suite is not needed. Beside others.
set -u
. "${0%/*}/tap.sh"

BUILD=$work/build
export BUILD
vm=$TOP/vm
guest=$work/guest
kernel=$("$vm/kernel.sh" "${KERNEL:-latest}") || {
	echo "Bail out! no kernel"
	exit 1
}
"$vm/initramfs.sh" "$guest" || exit 1

run()
{
	try "$vm/run.sh" "$kernel" "$guest" "$@"
}

# Dead, even if nobody has buried it yet.
gone()
{
	[ -n "$1" ] && { [ ! -d "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status"; }
}

nothing_left()
{
	[ -z "$(ls "$TMPDIR")" ] && ! pgrep -f "qemu.*$work" >/dev/null
}

# Output and status.

run sh -c 'echo "$0"; printf "  two\nhalf"' "it's \$1 \"quoted\""
ok "status 0 comes through" [ "$status" -eq 0 ]
ok "output and arguments come through" printed "it's \$1 \"quoted\"
  two
half"
ok "nothing but output: no message" [ ! -s "$work/err" ]
ok "a run leaves nothing behind" nothing_left

run sh -c 'echo "not ok 1"; exit 1'
ok "status 1 comes through" [ "$status" -eq 1 ]

run sh -c 'echo "ok 1 # SKIP"; exit 4'
ok "status 4 comes through" [ "$status" -eq 4 ]
ok "the KTAP log holds the output alone" [ "$(cat "$BUILD/log/ktap-last.log")" = "ok 1 # SKIP" ]

# What the suite finds in a guest.

if [ -n "$(find "${kernel%/*}/modules" -name '*zram.ko' 2>/dev/null)" ]; then
	run sh -c 'n=$(cat /sys/class/zram-control/hot_add) && echo 16M >"/sys/block/zram$n/disksize" &&
		mkswap "/dev/zram$n" >/dev/null && swapon "/dev/zram$n"'
	ok "zram can be made swap" [ "$status" -eq 0 -a ! -s "$work/err" ]
	cp "$kernel" "$work/own"
	try "$vm/run.sh" "$work/own" "$guest" test ! -e /sys/class/zram-control
	ok "a kernel of one's own gets no modules" [ "$status" -eq 0 ]
else
	skip "zram can be made swap" "no zram module with this kernel"
fi
run test -e /sys/fs/cgroup/cgroup.controllers -a -d /sys/kernel/tracing/events/huge_memory
ok "cgroup and tracefs are mounted" [ "$status" -eq 0 ]

nodes="cd /sys/devices/system/node && cat node0/cpulist node1/cpulist node2/cpulist &&
	grep -h MemFree node0/meminfo node1/meminfo node2/meminfo"
cpus_are()
{
	[ "$(head -n 3 "$work/out" | tr '\n' ,)" = "$1" ]
}
free_is_sensible()
{
	awk '/MemFree/ && $2 < 2 { good += $4 > 800000 }
		/MemFree/ && $2 == 2 { good += $4 > 24000 && $4 < 40000 }
		END { exit good != 3 }' "$work/out"
}
run sh -c '[ -d /sys/devices/system/node ]'
if [ "$status" -eq 0 ]; then
	run sh -c "$nodes"
	ok "two nodes with a CPU each, and a small one without" cpus_are 0,1,,
	ok "the memory is on both, and some on the third" free_is_sensible
	CPUS=1 MEM=1000
	export CPUS MEM
	run sh -c "$nodes"
	ok "CPUS=1: three nodes" cpus_are 0,,,
	unset CPUS MEM
else
	skip "three nodes" "this kernel is without NUMA"
fi
CPUS=1,sockets=1 MEM=0.5G
export CPUS MEM
run sh -c nproc
ok "CPUS and MEM that are more than a number are QEMU's" [ "$status" -eq 0 ]
unset CPUS MEM

# A line must be there before the next is written.
rm -f "$work/out"
"$vm/run.sh" "$kernel" "$guest" sh -c 'echo first; sleep 30' >"$work/out" 2>"$work/err" &
pid=$!
waited=0
until [ -s "$work/out" ] || [ $waited -ge 25 ]; do
	sleep 1
	waited=$((waited + 1))
done
: >"$work/err"
ok "a line comes out at once" printed first

qemu=$(pgrep -P $pid qemu)
kill $pid
status=0
wait $pid 2>/dev/null || status=$?
ok "SIGTERM ends it with 143" [ "$status" -eq 143 ]
ok "SIGTERM leaves no QEMU" gone "$qemu"
ok "SIGTERM leaves no files" nothing_left

"$vm/run.sh" "$kernel" "$guest" sleep 30 >/dev/null 2>&1 &
pid=$!
sleep 2
qemu=$(pgrep -P $pid qemu)
kill -9 $pid
wait $pid 2>/dev/null
sleep 3
ok "SIGKILL leaves no QEMU" gone "$qemu"
ok "SIGKILL leaves no files" nothing_left

# Kernels that are none.

echo "not a kernel" >"$work/text"
: >"$work/empty"
for image in "$work/text" "$work/empty"; do
	try "$vm/run.sh" "$image" "$guest" true
	ok "KERNEL: ${image##*/} file" failed_with 1 "is no kernel image"
	ok "KERNEL: ${image##*/} file, one line" one_line
done
try "$vm/run.sh" "$work" "$guest" true
ok "KERNEL: a folder" failed_with 1 "is a folder"
try "$vm/run.sh" "$work/missing" "$guest" true
ok "KERNEL: missing" failed_with 1 "no such file"
try "$vm/run.sh" "$(command -v busybox)" "$guest" true
ok "KERNEL: an ELF file" failed_with 1 "is an ELF file"
try "$vm/kernel.sh" 2.4
ok "KERNEL: unknown series" failed_with 1 "no kernel 2.4 .* it has .*6.12 "

# QEMU that does not run.

QEMU=false
export QEMU
run true
ok "QEMU fails" failed_with 1 "false failed (status 1)"
QEMU=$work/no-such-qemu
run true
ok "QEMU is missing" failed_with 1 "is not there"
unset QEMU
MEM=lots
export MEM
run true
ok "MEM= is no size" failed_with 1 "failed (status 1)"
ok "QEMU's own message is shown" said "lots\|[Pp]arameter"
unset MEM
TIMEOUT=soon
export TIMEOUT
run true
ok "TIMEOUT= is no number" failed_with 1 "'soon'"
unset TIMEOUT

# Guests that go wrong.

BOOT_TIMEOUT=6
export BOOT_TIMEOUT
printf '#!/bin/busybox sh\nexec /bin/busybox sleep 1000\n' >"$work/init"
chmod +x "$work/init"
"$vm/initramfs.sh" "$work/stuck" "$work/init:/init"
try "$vm/run.sh" "$kernel" "$work/stuck" true
ok "never reaches userspace" failed_with 1 "did not reach userspace within 6 s"
unset BOOT_TIMEOUT

printf '#!/bin/busybox sh\nexit 0\n' >"$work/init"
"$vm/initramfs.sh" "$work/dies" "$work/init:/init"
try "$vm/run.sh" "$kernel" "$work/dies" true
ok "init dies" failed_with 1 "died before it reached userspace"
ok "init dies: the panic is shown" said "Attempted to kill init"

printf '#!/bin/busybox sh\n/bin/busybox mount -t devtmpfs d /dev
echo "<0>Oops: int3: 0000" >/dev/kmsg\nexit 0\n' >"$work/init"
"$vm/initramfs.sh" "$work/int3" "$work/init:/init"
try "$vm/run.sh" "$kernel" "$work/int3" true
ok "an Oops at boot under emulation: tried once more" said "trying once more"
ok "an Oops at boot under emulation: only once more" failed_with 1 "died before it reached userspace"

run sh -c 'echo before; sleep 1; echo c >/proc/sysrq-trigger; sleep 10'
ok "panics" failed_with 1 "kernel panicked"
ok "panics: the panic is shown" said "sysrq triggered crash"
ok "panics: the output before it is there" printed before

# Not reboot(8): stopping the other CPUs first can take its time.
run sh -c 'echo b >/proc/sysrq-trigger; sleep 10'
ok "reboots" failed_with 1 "died before the command ended"

HANG_TIMEOUT=3
export HANG_TIMEOUT
run sh -c 'echo before; sleep 1000'
ok "hangs" failed_with 1 "no line of output for 3 s"
ok "hangs: the last line is shown" said "| before"
unset HANG_TIMEOUT

TIMEOUT=8
export TIMEOUT
run sh -c 'while :; do echo tick; sleep 1; done'
ok "takes too long" failed_with 1 "longer than TIMEOUT=8"
unset TIMEOUT

run sh -c 'echo "<4>WARNING: CPU: 0 at mm/fake.c" >/dev/kmsg'
ok "the kernel log complains" failed_with 1 "kernel log complains"
ok "the complaint is shown" said "| .*mm/fake.c"
ok "after all that, nothing is left" nothing_left

finish
