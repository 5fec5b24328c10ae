#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Boot a kernel and run a command in it: run.sh KERNEL INITRAMFS COMMAND [ARGUMENT]...
# The command's output goes to stdout line by line, its exit status is ours. If the
# guest does not boot, panics, hangs, or its kernel log complains: one line that says
# so, the lines that show it, and 1.
set -eu
. "${0%/*}/common.sh"

[ $# -ge 3 ] || die "usage: run.sh KERNEL INITRAMFS COMMAND [ARGUMENT]..."
initramfs=$2
kernel=$("$TOP/vm/kernel.sh" "$1")
shift 2
[ -r "$initramfs" ] || die "$initramfs: no such file"

is_guest
# With pages of 16k a range is 32 MB, and has four times as many PTEs. The small node holds
# one, and no 64 MB that the kernel would set aside there for DMA.
small=48 unit=128
case ${PAGE:-4k} in
16[kK]) small=64 MEM=${MEM:-3G} HANG_TIMEOUT=${HANG_TIMEOUT:-360} TIMEOUT=${TIMEOUT:-3600} ;;
esac
MEM=${MEM:-2G}

# Seconds: to userspace, without a line of output, and for everything.
BOOT_TIMEOUT=${BOOT_TIMEOUT:-120}
HANG_TIMEOUT=${HANG_TIMEOUT:-180}
TIMEOUT=${TIMEOUT:-1800}
for limit in "$BOOT_TIMEOUT" "$HANG_TIMEOUT" "$TIMEOUT"; do
	case $limit in *[!0-9]*) die "a time limit of '$limit': give a number of seconds" ;; esac
done

case $DEB_ARCH in
amd64)
	tty=ttyS0 driver=SERIAL_8250_CONSOLE
	# TCG copies and clears byte by byte where the CPU promises that to be fast: a page
	# takes eight times as many steps. And cmpxchg16b, which SLUB is fond of, left RAX in
	# EFLAGS once (QEMU 7.2), which looks like a panic of the kernel.
	case ${ACCEL:-tcg} in
	tcg*) set_machine="-machine pc -cpu max,-erms,-fsrm,-cx16" ;;
	*) set_machine="-machine pc -cpu max" ;;
	esac
	;;
arm64)
	tty=ttyAMA0 driver=SERIAL_AMBA_PL011_CONSOLE
	set_machine="-machine virt -cpu max,pauth-impdef=on"
	;;
ppc64el)
	tty=hvc0 driver=HVC_CONSOLE
	set_machine="-machine pseries -cpu power10"
	# The machine has its memory in blocks of that size.
	small=256 unit=256
	;;
s390x)
	tty=ttysclp0 driver=SCLP_VT220_CONSOLE
	set_machine="-machine s390-ccw-virtio -cpu max"
	;;
esac
case ${NODES:-} in
'' | 1) ;;
*) die "NODES=$NODES: only 1, or none for several" ;;
esac
case $DEB_ARCH:${NODES:-} in
s390x:* | *:1) set_nodes="-smp ${CPUS:-2} -m $MEM" ;;
*) set_nodes=$("$TOP/vm/nodes.sh" "${CPUS:-2}" "$MEM" $small $unit) ;;
esac
qemu=${QEMU:-qemu-system-$QEMU_ARCH}
command -v "$qemu" >/dev/null || die "$qemu is not there: run vm/deps.sh vm"

# Logs of its own for each run, and a name for the last.
RUN_ID=${RUN_ID:-$(date +%Y%m%d-%H%M%S)-$$}
mkdir -p "$BUILD/log"
console=$BUILD/log/console-$RUN_ID.log
ktap=$BUILD/log/ktap-$RUN_ID.log
: >"$console"
: >"$ktap"
last()
{
	ln -sfn "${1##*/}" "$BUILD/log/$2.$$" && mv -fT "$BUILD/log/$2.$$" "$BUILD/log/$2"
}
last "$console" console-last.log
last "$ktap" ktap-last.log

tmp=$(mktemp -d)
pid=''
watcher=''
# shellcheck disable=SC2317
cleanup()
{
	[ -z "$watcher" ] || kill "$watcher" 2>/dev/null || :
	if [ -n "$pid" ]; then
		kill -9 "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	fi
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 141' PIPE
trap 'exit 143' TERM

# The command and the modules of Debian's kernel travel in a small archive of their own
# behind the big one.
quote()
{
	for word in "$@"; do
		printf " '%s'" "$(printf '%s' "$word" | sed "s/'/'\\\\''/g")"
	done
}
echo "exec$(quote "$@")" >"$tmp/command"
mkdir "$tmp/modules"
case $kernel in
"$CACHE"/*) cp "${kernel%/*}"/modules/*.ko "$tmp/modules/" 2>/dev/null || : ;;
esac
{
	cat "$initramfs"
	(cd "$tmp" && find command modules | cpio --quiet -o -H newc -R 0:0)
} >"$tmp/initrd"

# Counted: an instruction takes a nanosecond of the guest's time, and a pause none of ours.
set_clock=''
case ${ICOUNT:-n} in
n) ;;
y) set_clock="-icount shift=0,sleep=off" ;;
*) die "ICOUNT=$ICOUNT: y or n" ;;
esac

# No balancing between the nodes: it would move pages under a test. After an oops the guest
# could go on for long, without an end.
append="console=$tty quiet panic=-1 oops=panic log_buf_len=1M numa_balancing=disable ${APPEND:-}"

mkfifo "$tmp/console"
uptime
start=$now
# shellcheck disable=SC2086
"$qemu" -accel "${ACCEL:-tcg}" $set_clock $set_machine $set_nodes \
	-nodefaults -no-user-config -display none -serial stdio -no-reboot \
	-kernel "$kernel" -initrd "$tmp/initrd" \
	-append "$append" \
	</dev/null >"$tmp/console" 2>"$tmp/qemu.err" &
pid=$!

# Runs beside the reader, which sleeps in read: ends QEMU when a limit is passed,
# and when this script was killed by something that it could not catch.
watch()
{
	size=-1
	uptime
	changed=${now%.*}
	while sleep 1; do
		if ! kill -0 $$; then
			kill -9 "$pid"
			rm -rf "$tmp"
			exit
		fi
		uptime
		now=${now%.*}
		new=$(wc -c <"$console")
		[ "$new" -eq "$size" ] || changed=$now
		size=$new
		if [ ! -e "$tmp/begun" ] && [ $((now - ${start%.*})) -ge "$BOOT_TIMEOUT" ]; then
			echo "did not reach userspace within $BOOT_TIMEOUT s" >"$tmp/verdict"
		elif [ -e "$tmp/begun" ] && [ $((now - changed)) -ge "$HANG_TIMEOUT" ]; then
			echo "hangs: no line of output for $HANG_TIMEOUT s" >"$tmp/verdict"
		elif [ $((now - ${start%.*})) -ge "$TIMEOUT" ]; then
			echo "took longer than TIMEOUT=$TIMEOUT s" >"$tmp/verdict"
		else
			continue
		fi
		kill -9 "$pid"
		exit
	done
}
watch >/dev/null 2>&1 &
watcher=$!

# Lines go out as they come in; awk and the like would hold them back.
state=boot status='' begun=$start ended=$start
cr=$(printf '\r')
exec 3>>"$console" 4>>"$ktap"
while IFS= read -r line || [ -n "$line" ]; do
	line=${line%"$cr"}
	printf '%s\n' "$line" >&3
	case $state,$line in
	boot,*"@vm@ begin "*)
		state=run
		: >"$tmp/begun"
		uptime
		begun=$now
		continue
		;;
	run,*"@vm@ exit "*)
		state=log
		status=${line##*"@vm@ exit "}
		uptime
		ended=$now
		# What a command leaves behind without a line end.
		line=${line%%"@vm@ exit "*}
		[ -n "$line" ] || continue
		;;
	run,"["[\ 0-9]*.[0-9][0-9][0-9][0-9][0-9][0-9]"] "*)
		# The kernel speaks up in an emergency; that is not output.
		continue
		;;
	run,*)
		;;
	log,"@vm@ end")
		state=end
		break
		;;
	*)
		continue
		;;
	esac
	printf '%s\n' "$line" >&4
	# Nobody reads on: as if SIGPIPE had ended us.
	printf '%s\n' "$line" 2>/dev/null || exit 141
done <"$tmp/console"

if [ $state = end ]; then
	# Nothing of value is left in the guest.
	kill -9 "$pid" 2>/dev/null || :
fi
ended_with=0
wait "$pid" 2>/dev/null || ended_with=$?
pid=''
kill "$watcher" 2>/dev/null || :

seconds()
{
	echo "$1 $2" | awk '{ printf "%.1f", $2 - $1 }'
}
echo "@vm@ seconds boot $(seconds "$start" "$begun") run $(seconds "$begun" "$ended")" >&3

fail()
{
	echo "@vm@ verdict $1" >&3
	note "$1"
	if [ -n "${2:-}" ]; then
		echo "$2" | sed 's/^/  | /' >&2
	fi
	note "console: $console"
	exit 1
}

# Rarely, QEMU emulates a CPU wrongly while the kernel boots on two of them: an int3
# that was patched away, a NULL pointer with garbage in EFLAGS. Before the suite has
# begun that proves nothing: once more, and a kernel that is really broken dies again.
if [ $state = boot ] && [ -z "${SECOND_TRY:-}" ] && [ "${ACCEL:-tcg}" != kvm ] &&
	grep -q 'Oops: ' "$console"; then
	note "an Oops at boot under emulation: trying once more"
	mv "$console" "${console%.log}-oops.log"
	rm -rf "$tmp"
	export SECOND_TRY=y RUN_ID
	exec "$0" "$kernel" "$initramfs" "$@"
fi

if [ $state != end ]; then
	# From the panic on if there is one: its first lines say more than its last.
	tail=$(sed -n '/Kernel panic\|BUG:\|Oops:/,$p' "$console" | head -n 15)
	[ -n "$tail" ] || tail=$(grep -v '^@vm@ ' "$console" | tail -n 15)
	if [ -s "$tmp/verdict" ]; then
		said=$(cat "$tmp/verdict")
		if [ $state = boot ] && [ -z "$tail" ]; then
			fail "the guest $said, and wrote nothing: is $driver built in?"
		fi
		fail "the guest $said" "$tail"
	elif [ "$ended_with" -ne 0 ]; then
		fail "$qemu failed (status $ended_with)" "$(tail -n 5 "$tmp/qemu.err")"
	elif [ $state = boot ]; then
		fail "the guest died before it reached userspace" "$tail"
	elif grep -q 'Kernel panic' "$console"; then
		fail "the guest's kernel panicked" "$tail"
	fi
	fail "the guest died before the command ended" "$tail"
fi

complaints=$(awk -f "$TOP/vm/complaints.awk" "$console")
[ -z "$complaints" ] ||
	fail "the guest's kernel log complains (the command's exit status was $status)" \
		"$(echo "$complaints" | head -n 15)"
exit "$status"
