#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What tests make of the machine - swap, cgroups, a trace instance, merged pages - is there
# when they ask for it, and gone when the run is over, whatever ended it. What was there
# before is used, or left alone. The moments of the kills are random: TIMES=20 for more.
set -u
. "${0%/*}/tap.sh"
. "${0%/*}/native.sh"

TIMES=${TIMES:-6}

tool=$work/tool
cp "${BUILD:-$TOP/build}/tests/tools/resources_tool" "$tool" || {
	echo "Bail out! no resources_tool: run make unit-tests"
	exit 1
}
boot_id=$(cat /proc/sys/kernel/random/boot_id)
control=/sys/class/zram-control

# things: what could be left: swap, devices and trace instances.
things()
{
	sed 's/[[:space:]].*//' /proc/swaps
	for device in /sys/block/zram* /sys/block/loop*; do
		[ ! -d "$device" ] || echo "$device $(cat "$device/size")"
	done
	[ ! -d "$work/tracing/instances" ] || ls "$work/tracing/instances"
}

# Loop devices that the kernel added as spare ones stay, and are none of ours.
all_gone()
{
	[ ! -e "$resources" ] || {
		sed 's/^/# recorded: /' "$resources"
		return 1
	}
	within 10 nothing_new || {
		things | diff "$work/things" - | sed 's/^/# things: /'
		return 1
	}
}

nothing_new()
{
	things >"$work/things-now"
	! grep -v '/loop[0-9]* 0$' "$work/things-now" | grep -vxF -f "$work/things" | grep -q . &&
		! grep -vxF -f "$work/things-now" "$work/things" | grep -q .
}

left_as_before()
{
	all_gone && settings_are "$work/machine" && no_process_left
}

# A line of the tool.
line()
{
	grep -qx -e "$1" "$work/out"
}

holds()
{
	grep -qx "hold: yes" "$work/run-out"
}

swap_on()
{
	grep -q "^[^[:space:]]*/$1[0-9]*[[:space:]]" /proc/swaps
}

# hold ACTION...: a run that did this and waits. Another may have come before it.
hold()
{
	for attempt in 1 2 3 4 5; do
		start "${inside:-env}" "$tool" "$@" hold
		within 30 holds_or_ended
		holds && return
		grep -q "another run is alive" "$work/run-err" || break
	done
	echo "# does not hold, in $attempt runs"
	return 1
}

holds_or_ended()
{
	holds || zombie "$supervisor"
}

# without FILE...: a script that runs the rest without these, or with nothing in them.
without()
{
	mkdir -p "$work/empty"
	{
		echo "#!/bin/sh -e"
		for hidden in "$@"; do
			if [ -d "$hidden" ]; then
				echo "mount --bind '$work/empty' '$hidden'"
			else
				echo "mount --bind /dev/null '$hidden'"
			fi
		done
		# shellcheck disable=SC2016
		echo 'exec "$@"'
	} >"$work/inside"
	chmod +x "$work/inside"
	printf '#!/bin/sh\nexec unshare -m --propagation private "%s" "$@"\n' "$work/inside" \
		>"$work/without"
	chmod +x "$work/without"
	inside=$work/without
}

# add_zram SIZE: a device of the test's own, with its number as $zram; in bytes, or 0.
add_zram()
{
	zram=$(cat $control/hot_add)
	[ "$1" -eq 0 ] || echo "$1" >"/sys/block/zram$zram/disksize"
}

drop_zram()
{
	[ -z "$zram" ] || [ ! -d "/sys/block/zram$zram" ] || {
		swapoff "/dev/zram$zram"
		echo "$zram" >$control/hot_remove
	} 2>/dev/null
	zram=
}

drop_loop()
{
	[ -z "$loop" ] || {
		swapoff "$loop"
		losetup -d "$loop"
	} 2>/dev/null
	loop=
}

zram=
loop=

end_resources()
{
	[ ! -e "$work/swap" ] || swapoff "$work/swap" 2>/dev/null
	drop_zram
	drop_loop
	[ ! -e "$work/record-is-ours" ] || rm -f "$resources"
	for pid in $(marked); do
		kill -9 "$pid"
	done 2>/dev/null
	nothing_marked || sleep 1
	release_now
	umount "$work/tracing" 2>/dev/null
	# The last: it removes the folder.
	end_native
}
trap end_resources EXIT

things >"$work/things"
free=$(sed -n 's/^SwapFree: *\([0-9]*\) kB/\1/p' /proc/meminfo)
inside=

run "$program" --probe
ok "--probe: makes nothing" left_as_before

# Swap.

if [ "$free" -ge 65536 ]; then
	skip "swap is made" "there is swap on this machine"
elif [ ! -w $control/hot_remove ]; then
	skip "swap is made on zram" "zram is not loaded"
else
	run "$tool" swap out swap
	ok "zram: passes" [ "$status" -eq 0 ]
	ok "zram: is swapped to, and back" line "out: yes"
	ok "zram: asked for twice" [ "$(grep -c '^swap: yes$' "$work/out")" -eq 2 ]
	ok "zram: no message" [ ! -s "$work/err" ]
	ok "zram: all is gone" left_as_before

	hold swap
	ok "zram: is on" swap_on zram
	ok "zram: is one that was not there before" \
		sh -c "! grep -qF \"\$(sed -n 's|^/dev/\(zram[0-9]*\).*|/\1 |p' /proc/swaps)\" '$work/things'"
	try timeout 60 "$program" --restore
	ok "zram: --restore beside the run leaves it" swap_on zram
	kill -TERM "$supervisor"
	ok "zram: SIGTERM ends the run" ended
	ok "zram: SIGTERM, all is gone" left_as_before

	run "$tool" swap die
	ok "zram: kill -9 of the test fails the run" [ "$status" -eq 1 ]
	ok "zram: kill -9 of the test, all is gone" left_as_before

	hold swap
	harness=$(child_of "$supervisor")
	kill -9 "$harness"
	ok "zram: kill -9 of the harness ends the run" ended
	ok "zram: kill -9 of the harness, all is gone" left_as_before

	for how in --restore "the next run"; do
		hold swap
		kill -9 "$supervisor"
		ok "zram: kill -9 of the supervisor, $how: ends" ended
		no_process_left
		ok "zram: kill -9 of the supervisor, $how: is still on" swap_on zram
		if [ "$how" = --restore ]; then
			run "$program" --restore
		else
			run "$program" --test "$quick"
		fi
		ok "zram: kill -9 of the supervisor, $how: passes" [ "$status" -eq 0 ]
		ok "zram: kill -9 of the supervisor, $how: says what was done" \
			said "^removed zram-swap /dev/zram[0-9]*$"
		ok "zram: kill -9 of the supervisor, $how: all is gone" left_as_before
	done
fi

if [ "$free" -ge 65536 ] || [ ! -e /sys/class/misc/loop-control ]; then
	skip "swap is made on a loop device" "there is swap, or no loop driver"
else
	without $control
	run "$inside" "$tool" swap out
	ok "loop: passes" [ "$status" -eq 0 ]
	ok "loop: is made where there is no zram" line "swap: yes"
	ok "loop: is swapped to, and back" line "out: yes"
	ok "loop: no message" [ ! -s "$work/err" ]
	ok "loop: all is gone" left_as_before
	hold swap
	ok "loop: is on" swap_on loop
	kill -9 "$supervisor"
	ok "loop: kill -9 of the supervisor ends the run" ended
	no_process_left
	ok "loop: kill -9 of the supervisor, is still on" swap_on loop
	run "$program" --restore
	ok "loop: --restore says what was done" said "^removed loop-swap /dev/loop[0-9]*$"
	ok "loop: --restore, all is gone" left_as_before

	# Another process adds a device too, so that the number is not the one that was
	# recorded: this device is the one to be removed then, and here it is there already.
	[ ! -w $control/hot_remove ] || {
		add_zram 0
		echo "$zram" >"$work/number"
		printf '#!/bin/sh -e\nmount --bind "%s" %s\nexec "$@"\n' "$work/number" \
			$control/hot_add >"$work/inside"
		run "$inside" "$tool" swap
		ok "zram gives another number: a loop device it is" line "swap: yes"
		ok "zram gives another number: that one is removed" \
			[ ! -d "/sys/block/zram$zram" ]
		drop_zram
		ok "zram gives another number: all is gone" left_as_before
	}

	without $control /sys/class/misc
	run "$inside" "$tool" swap
	ok "no driver: a reason" line "swap: no swap, and neither .*"
	ok "no driver: no message" [ ! -s "$work/err" ]
	ok "no driver: all is as before" left_as_before
	run "$inside" "$program" --probe
	ok "no driver: --probe says so" grep -q "^swap: no swap, and neither" "$work/out"

	# The folders for the file may be memory, or full. The tool lies in one of them.
	for options in rw size=1M,ro; do
		# shellcheck disable=SC2016
		printf '#!/bin/sh -e\nmount --bind "%s" %s\nexec 9<"$1"\nshift\n' "$work/empty" \
			$control >"$work/inside"
		for folder in /var/tmp /tmp; do
			echo "mount -t tmpfs -o $options none $folder"
		done >>"$work/inside"
		# shellcheck disable=SC2016
		echo 'exec /proc/self/fd/9 "$@"' >>"$work/inside"
		run "$inside" "$tool" swap out
		if [ $options = rw ]; then
			ok "a file in memory: is swapped to, and back" line "out: yes"
		else
			ok "no place for a file: a reason" line "swap: no swap, and it cannot be made"
		fi
		ok "a file on tmpfs, $options: no message" [ ! -s "$work/err" ]
		ok "a file on tmpfs, $options: all is gone" left_as_before
	done
	inside=
fi

# Swap that is there.

if dd if=/dev/zero of="$work/swap" bs=1M count=80 2>/dev/null && chmod 600 "$work/swap" &&
	mkswap "$work/swap" >"$work/mkswap" 2>&1 && swapon "$work/swap" 2>"$work/mkswap"; then
	things >"$work/things"
	run "$tool" swap
	ok "swap is there: it is used" line "swap: yes"
	ok "swap is there: no other is made" [ ! -s "$work/err" ]
	ok "swap is there: it stays" left_as_before
	hold swap
	ok "swap is there: nothing is recorded" [ ! -e "$resources" ]
	ok "swap is there: no other is on" sh -c "! grep -q '^/dev/[zl]' /proc/swaps"
	kill -TERM "$supervisor"
	ended
	run "$program" --probe
	ok "swap is there: --probe says so" line "swap: yes"
	swapoff "$work/swap"
else
	skip "swap that is there" "a file here cannot be swapped to"
fi
rm -f "$work/swap"

things >"$work/things"
if [ "$free" -lt 65536 ] && [ -w $control/hot_remove ] &&
	dd if=/dev/zero of="$work/swap" bs=1M count=10 2>/dev/null && chmod 600 "$work/swap" &&
	mkswap "$work/swap" >"$work/mkswap" 2>&1 && swapon "$work/swap" 2>"$work/mkswap"; then
	things >"$work/things"
	hold swap
	ok "too little swap: more is made" swap_on zram
	kill -TERM "$supervisor"
	ended
	ok "too little swap: it stays, and it alone" left_as_before
	swapoff "$work/swap"
else
	skip "too little swap" "a file here cannot be swapped to, or zram is not loaded"
fi
rm -f "$work/swap"
things >"$work/things"

# A record, as a run leaves it that was killed at some step of its work.

record()
{
	: >"$work/record-is-ours"
	{
		echo "mthp_khugepaged resources 1 $boot_id"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >"$resources"
}

recorded_is_gone()
{
	[ ! -e "$resources" ] && rm "$work/record-is-ours"
}

: >"$work/record-is-ours"
: >"$resources"
run "$program" --restore
ok "killed before the first line: passes" [ "$status" -eq 0 ]
ok "killed before the first line: nothing to restore" said "nothing to restore"
ok "killed before the first line: the record is gone" recorded_is_gone
record
run "$program" --restore
ok "killed before the first thing: passes" [ "$status" -eq 0 ]
ok "killed before the first thing: the record is gone" recorded_is_gone
record "zram-swap /dev/zram9999" "loop-swap /dev/loop9999"
run "$program" --restore
ok "killed before it was made: passes" [ "$status" -eq 0 ]
ok "killed before it was made: the record is gone" recorded_is_gone

if [ -w $control/hot_remove ]; then
	page=$(getconf PAGESIZE)
	for size in 0 $(((256 << 20) + page)); do
		add_zram "$size"
		record "zram-swap /dev/zram$zram"
		run "$program" --restore
		ok "killed with zram of size $size: removed" said "removed zram-swap /dev/zram$zram"
		ok "killed with zram of size $size: all is gone" left_as_before
		recorded_is_gone
		drop_zram
	done

	# Somebody's, under the number that a record has.
	add_zram $((64 << 20))
	record "zram-swap /dev/zram$zram"
	run "$program" --restore
	ok "somebody's zram: passes" [ "$status" -eq 0 ]
	ok "somebody's zram: is left" [ "$(cat "/sys/block/zram$zram/disksize")" = $((64 << 20)) ]
	mkswap -L mthp_khugepaged "/dev/zram$zram" >"$work/mkswap" 2>&1
	swapon "/dev/zram$zram"
	record "zram-swap /dev/zram$zram"
	run "$program" --restore
	ok "somebody's zram with swap: passes" [ "$status" -eq 0 ]
	ok "somebody's zram with swap: is left on" swap_on zram
	drop_zram
	add_zram $(((256 << 20) + page))
	mkswap -L data "/dev/zram$zram" >"$work/mkswap" 2>&1
	swapon "/dev/zram$zram"
	record "zram-swap /dev/zram$zram"
	run "$program" --restore
	ok "somebody's zram with swap of our size: passes" [ "$status" -eq 0 ]
	ok "somebody's zram with swap of our size: is left on" swap_on zram
	drop_zram
else
	skip "a killed run with zram" "zram is not loaded"
fi

if [ -e /sys/class/misc/loop-control ] && truncate -s 80M "$work/image" &&
	mkswap -L data "$work/image" >"$work/mkswap" 2>&1 &&
	loop=$(losetup -f --show "$work/image") && swapon "$loop" 2>"$work/mkswap"; then
	record "loop-swap $loop"
	run "$program" --restore
	ok "somebody's loop device with swap: passes" [ "$status" -eq 0 ]
	ok "somebody's loop device with swap: is left on" swap_on loop
else
	skip "somebody's loop device with swap" "none can be made"
fi
drop_loop
rm -f "$work/image"
things >"$work/things"

# Folders that have our name, but are none of the kernel's.

mkdir -p "$work/cgroup/mthp_khugepaged" "$work/instances/mthp_khugepaged"
echo memory >"$work/cgroup/cgroup.subtree_control"
record "memory-controller $work/cgroup" "cgroup $work/cgroup/mthp_khugepaged" \
	"trace-instance $work/instances/mthp_khugepaged"
run "$program" --restore
ok "folders of our name: fails, they are not what they should be" \
	failed_with 1 "^cannot remove trace-instance $work/instances/mthp_khugepaged: No such"
ok "folders of our name: the cgroup is left" [ -d "$work/cgroup/mthp_khugepaged" ]
ok "folders of our name: the instance is left" [ -d "$work/instances/mthp_khugepaged" ]
ok "folders of our name: the record is left" [ -s "$resources" ]
rm -f "$resources"
ok "folders of our name: no controller is switched off" \
	[ "$(cat "$work/cgroup/cgroup.subtree_control")" = memory ]

# A record that no run wrote. Nothing is done, and no run starts.

# refused WHAT: the record that lies there.
refused()
{
	: >"$work/record-is-ours"
	cp "$resources" "$work/damaged"
	run "$program" --restore
	ok "damaged, $1: --restore says so" failed_with 1 "^$resources: not written by this"
	run "$program" --test "$quick"
	ok "damaged, $1: no run starts" failed_with 1 "^$resources: not written by this"
	ok "damaged, $1: it stays as it is" cmp "$resources" "$work/damaged"
	rm -f "$resources" "$work/record-is-ours"
}

for damage in "/dev/zram0" "zram-swap" "zram-swap " "zram-swap /dev/zram" "zram-swap /dev/zram00" \
	"zram-swap /dev/zram1 " "zram-swap /dev/zram1x" "zram-swap /dev/../dev/zram0" \
	"zram-swap /dev/loop0" "zram-swap /dev/zram99999999" "loop-swap /dev/sda" \
	"loop-swap /dev/loop-control" "swap /dev/sda2" "cgroup /sys/fs/cgroup/system.slice" \
	"cgroup mthp_khugepaged" "cgroup /sys/fs/../mthp_khugepaged" "trace-instance /etc" \
	"memory-controller sys" ""; do
	record "zram-swap /dev/zram9998" "$damage"
	refused "'$damage'"
done
printf '\n' >"$resources"
refused "an empty line"
head -c 4096 /dev/urandom >"$resources"
refused "random"
record
sed -i 1d "$resources"
echo "zram-swap /dev/zram0" >>"$resources"
refused "no header"
for number in 1 2 3 4; do
	echo "loop-swap /dev/loop999$number"
	echo "loop-swap /dev/loop998$number"
	echo "loop-swap /dev/loop997$number"
	echo "loop-swap /dev/loop996$number"
	echo "loop-swap /dev/loop995$number"
done >"$work/lines"
record "$(cat "$work/lines")"
refused "too many lines"

# Half a line is what a kill in the middle of it leaves, and a record of another boot is
# of nothing that is still there.
record
printf 'zram-swap /dev/zr' >>"$resources"
run "$program" --restore
ok "half a line: passes" [ "$status" -eq 0 ]
ok "half a line: the record is gone" recorded_is_gone
echo "mthp_khugepaged resources 1 01234567-89ab-cdef-0123-456789abcdef
zram-swap /dev/zram0
nonsense" >"$resources"
: >"$work/record-is-ours"
run "$program" --restore
ok "of another boot: passes" [ "$status" -eq 0 ]
ok "of another boot: the record is gone" recorded_is_gone
ok "after all these records: all is as before" left_as_before

# A trace instance.

tracing=$(sed -n 's/^[^ ]* \([^ ]*\) tracefs .*/\1/p' /proc/mounts | head -n 1)
if [ -z "$tracing" ]; then
	run "$tool" trace
	ok "no tracefs: a reason" line "trace: no tracefs is mounted"
	mkdir "$work/tracing"
	mount -t tracefs none "$work/tracing" 2>/dev/null && tracing=$work/tracing
fi
if [ -z "$tracing" ]; then
	skip "a trace instance" "tracefs cannot be mounted"
else
	instance=$tracing/instances/mthp_khugepaged
	things >"$work/things"
	run "$tool" trace trace
	ok "trace: passes" [ "$status" -eq 0 ]
	ok "trace: an instance, twice" [ "$(grep -cx "trace: $instance" "$work/out")" -eq 2 ]
	ok "trace: all is gone" left_as_before
	ok "trace: the instance is gone" [ ! -e "$instance" ]
	hold trace
	ok "trace: is there" [ -d "$instance/events" ]
	ok "trace: its buffer is small" [ "$(cut -d ' ' -f 1 "$instance/buffer_size_kb")" -lt 1200 ]
	kill -9 "$supervisor"
	ended
	no_process_left
	ok "trace: kill -9 of the supervisor, is still there" [ -d "$instance" ]
	run "$program" --restore
	ok "trace: --restore says what was done" said "^removed trace-instance $instance$"
	ok "trace: --restore, all is gone" left_as_before
	mkdir "$instance"
	run "$tool" trace
	ok "trace: somebody's of the same name, a reason" line "trace: .* cannot be made"
	ok "trace: somebody's of the same name, is left" [ -d "$instance" ]
	rmdir "$instance"
fi

# Kills at any moment.

number=0
while [ $number -lt "$TIMES" ] && [ "$free" -lt 65536 ]; do
	number=$((number + 1))
	start "$tool" swap memcg trace swap
	sleep "0.0$(printf '%02d' $((number * 97 / TIMES % 100)))"
	kill -9 "$supervisor" 2>/dev/null
	ended
	no_process_left
	run "$program" --restore
	ok "kill -9 of the supervisor while it is made, $number: --restore passes" \
		[ "$status" -eq 0 ]
	ok "kill -9 of the supervisor while it is made, $number: all is gone" left_as_before
done

# At some system call of some process of the run, each as likely as any.

one_of()
{
	random=$(od -An -N4 -tu4 /dev/urandom)
	awk -v random="$random" '$4 ~ /^[0-9]+$/ && $NF !~ /^(total|execve)$/ {
		for (i = 1; i <= $4; i++)
			call[n++] = $NF " " i
	}
	END { print call[random % n] }' "$work/calls"
}

if [ "$free" -ge 65536 ]; then
	skip "a kill at a system call" "there is swap on this machine"
elif ! command -v strace >/dev/null || ! strace -f -o /dev/null true 2>/dev/null; then
	skip "a kill at a system call" "strace is not installed"
else
	next=zram0
	while [ -d "/sys/block/$next" ]; do
		next=zram$((${next#zram} + 1))
	done
	# Between one step and the next, of those that a release must know.
	for at in "$resources write 1" "$resources write 2" "$resources ftruncate 1" \
		"$control/hot_add openat 1" "$control/hot_add read 1" "$control/hot_add read 2" \
		"/sys/block/$next/disksize openat 1" "/sys/block/$next/disksize write 1" \
		"/dev/$next openat 1" "/dev/$next pwrite64 1" "/dev/$next swapon 1" \
		"/dev/$next swapoff 1" "$resources unlink 1" \
		"$tracing/instances/mthp_khugepaged mkdir 1" \
		"$tracing/instances/mthp_khugepaged rmdir 1"; do
		# shellcheck disable=SC2086
		set -- $at
		run strace -f -qq -o "$work/calls-done" -P "$1" \
			-e inject="$2:signal=KILL:when=$3" "$tool" swap trace memcg
		no_process_left
		run "$program" --restore
		ok "kill -9 at ${at#"$work"}: --restore passes" [ "$status" -eq 0 ]
		ok "kill -9 at ${at#"$work"}: all is gone" left_as_before
	done
	run strace -f -c -o "$work/calls" "$tool" swap trace memcg
	number=0
	while [ $number -lt $((TIMES * 4)) ]; do
		number=$((number + 1))
		at=$(one_of)
		call=${at% *}
		run strace -f -qq -o "$work/calls-done" -e trace="$call" \
			-e inject="$call:signal=KILL:when=${at#* }" "$tool" swap trace memcg
		no_process_left
		run "$program" --restore
		ok "kill -9 at $at: --restore passes" [ "$status" -eq 0 ]
		ok "kill -9 at $at: all is gone" left_as_before
	done
fi

# KSM. It merges what is advised of any process, so it must be quick to come to the test's.
# It is stopped then, as the suite does: at work it would forget what a killed process had.

merged_nothing()
{
	[ "$(cat "$ksm/run" "$ksm/pages_shared" | tr '\n' ' ')" = "0 0 " ]
}

if [ ! -w "$ksm/run" ] || ! merged_nothing; then
	skip "KSM" "it is not there, or in use"
else
	things >"$work/things"
	set -- ksm write "$ksm/max_page_sharing" 77 write "$ksm/pages_to_scan" 100000 \
		write "$ksm/sleep_millisecs" 1 write "$ksm/run" 1 merge write "$ksm/run" 0
	run "$tool" "$@" die
	ok "KSM: merges" line "merge: yes"
	ok "KSM: kill -9 of the test, all is as before" left_as_before
	ok "KSM: kill -9 of the test, nothing is merged" merged_nothing
	hold "$@"
	kill -9 "$supervisor"
	ended
	no_process_left
	ok "KSM: kill -9 of the supervisor, something is merged" \
		[ "$(cat "$ksm/pages_shared")" -ne 0 ]
	run "$program" --restore
	ok "KSM: kill -9 of the supervisor, --restore passes" [ "$status" -eq 0 ]
	ok "KSM: kill -9 of the supervisor, all is as before" left_as_before
	ok "KSM: kill -9 of the supervisor, nothing is merged" merged_nothing
fi
if [ ! -w "$ksm/advisor_mode" ]; then
	skip "KSM's advisor" "this kernel has none"
else
	run "$tool" write "$ksm/pages_to_scan" 55 write "$ksm/advisor_mode" scan-time
	ok "KSM's advisor switched on: was" line "write: yes"
	ok "KSM's advisor switched on: as before" left_as_before
	echo scan-time >"$ksm/advisor_mode"
	run "$tool" write "$ksm/advisor_mode" none write "$ksm/pages_to_scan" 55
	ok "KSM's advisor switched off: passes" [ "$status" -eq 0 ]
	ok "KSM's advisor switched off: no message" [ ! -s "$work/err" ]
	ok "KSM's advisor switched off: is on again" grep -q '\[scan-time\]' "$ksm/advisor_mode"
	# Its number becomes another, and cannot be written.
	least=$(cat "$ksm/advisor_min_pages_to_scan")
	run "$tool" write "$ksm/advisor_min_pages_to_scan" $((least + 1)) \
		write "$ksm/advisor_mode" none write "$ksm/advisor_mode" scan-time
	ok "KSM's advisor is on: its number is not restored" [ "$status" -eq 0 ]
	ok "KSM's advisor is on: no message" [ ! -s "$work/err" ]
	echo "$least" >"$ksm/advisor_min_pages_to_scan"
	echo none >"$ksm/advisor_mode"
	write_back "$work/machine" 2>/dev/null
fi

# Knobs that are not essential.

for place in "$ksm" /sys/devices/system/node; do
	if [ -d "$place" ]; then
		without "$place"
		run "$inside" "$program" --test "$quick"
		ok "no $place: passes" [ "$status" -eq 0 ]
		ok "no $place: no message" [ ! -s "$work/err" ]
		printf '#!/bin/sh -e\nmount --bind %s %s\nmount -o remount,bind,ro %s\nexec "$@"\n' \
			"$place" "$place" "$place" >"$work/inside"
		run "$inside" "$program" --test "$quick"
		ok "$place read-only: passes" [ "$status" -eq 0 ]
	fi
done
inside=
node=/sys/devices/system/node/node0/hugepages/$hugetlb/nr_hugepages
if [ -w "$node" ]; then
	run "$tool" write "$node" $(($(cat "$node") + 2)) die
	ok "hugetlb pages of a node: taken" line "write: yes"
	ok "hugetlb pages of a node: as before" left_as_before
else
	skip "hugetlb pages of a node" "this machine has none of the PMD size"
fi

# In a guest: the root of cgroup v2 with the memory controller off, and DAMON on.

kernel=$("$TOP/vm/kernel.sh" "${KERNEL:-latest}" 2>"$work/err") || {
	skip "cgroups, in a guest" "no kernel"
	finish
	exit
}
cat >"$work/script" <<'SCRIPT'
root=/sys/fs/cgroup
see()
{
	echo "$1: controllers '$(cat $root/cgroup.subtree_control)' folders '$(ls -d $root/mthp* 2>/dev/null)' $(ls /run/*.resources 2>/dev/null)"
}
see before
/tool memcg enter memcg enter trace
see after
/tool memcg enter die
see "test killed"
/tool memcg enter memcg enter hold &
pid=$!
until [ -e $root/mthp_khugepaged/1/cgroup.procs ] && grep -q . $root/mthp_khugepaged/1/cgroup.procs; do
	usleep 50000
done
see alive
kill -9 $pid
wait $pid
see "supervisor killed"
/suite/mthp_khugepaged --restore 2>&1
see restored
mkdir -p $root/mthp_khugepaged/0/below
sleep 1000 &
echo $! >$root/mthp_khugepaged/0/below/cgroup.procs
printf 'mthp_khugepaged resources 1 %s\ncgroup %s\n' "$(cat /proc/sys/kernel/random/boot_id)" \
	$root/mthp_khugepaged >/run/mthp_khugepaged.resources
/suite/mthp_khugepaged --restore
see inhabited
mkdir $root/mthp_khugepaged
/tool memcg
see "somebody's"
rmdir $root/mthp_khugepaged
echo +memory >$root/cgroup.subtree_control
/tool memcg enter
see "was on"
umount $root
/tool memcg
/tool swap
/suite/mthp_khugepaged --probe | grep "^swap\|^memcg\|^tracefs"
umount /sys/kernel/tracing
umount /sys/kernel/debug
/tool trace
damon()
{
	echo "$1: DAMON $(cat /sys/module/damon_stat/parameters/enabled)"
}
# until_damon STATE PID: while that process lives.
until_damon()
{
	until damon now | grep -q "$1$" || ! kill -0 $2; do
		usleep 10000
	done
}
damon before
/suite/mthp_khugepaged --test collapse.largest_size_wins >/dev/null 2>&1 &
pid=$!
until_damon N $pid
damon meanwhile
wait $pid
echo "largest_size_wins: $?"
damon after
/suite/mthp_khugepaged --test collapse.largest_size_wins >/dev/null 2>&1 &
pid=$!
until_damon N $pid
kill -9 $pid
wait $pid
damon killed
/suite/mthp_khugepaged --restore >/dev/null
damon restored
mount -t debugfs none /sys/kernel/debug
/tool trace
SCRIPT
"$TOP/vm/initramfs.sh" "$work/guest" "$suite:/suite" "$tool:/tool" "$work/script:/script"
BUILD=$work/build
export BUILD
try "$TOP/vm/run.sh" "$kernel" "$work/guest" sh /script
folder=/sys/fs/cgroup/mthp_khugepaged
ok "guest: passes" [ "$status" -eq 0 ]
ok "guest: off before" line "before: controllers '' folders '' "
ok "guest: a cgroup for each call" line "memcg: $folder/1"
ok "guest: entered" line "# 0::/mthp_khugepaged/1"
ok "guest: a trace instance" line "trace: /sys/kernel/tracing/instances/mthp_khugepaged"
ok "guest: all is gone" line "after: controllers '' folders '' "
ok "guest: kill -9 of the test, all is gone" line "test killed: controllers '' folders '' "
ok "guest: on while it is used" line "alive: controllers 'memory' folders '$folder' $resources"
ok "guest: kill -9 of the supervisor, is still there" \
	line "supervisor killed: controllers 'memory' folders '$folder' $resources"
ok "guest: --restore says what was done" line "removed cgroup $folder"
ok "guest: --restore says what was switched off" line "removed memory-controller /sys/fs/cgroup"
ok "guest: --restore, all is gone" line "restored: controllers '' folders '' "
ok "guest: a process is still there: all is gone" \
	line "inhabited: controllers '' folders '' "
ok "guest: somebody's of the same name, a reason" line "memcg: a cgroup .* cannot be made"
ok "guest: somebody's of the same name, is left" \
	line "somebody's: controllers '' folders '$folder' "
ok "guest: a controller that was on stays on" line "was on: controllers 'memory' folders '' "
ok "guest: no cgroup v2, a reason" line "memcg: no cgroup v2 with the memory controller"
ok "guest: no cgroup v2, --probe says so" [ "$(grep -c '^memcg: no cgroup v2' "$work/out")" -eq 2 ]
ok "guest: no tracefs, a reason" line "trace: no tracefs is mounted"
if grep -q "^before: DAMON Y" "$work/out"; then
	ok "guest: DAMON is off meanwhile" line "meanwhile: DAMON N"
	ok "guest: with DAMON off, the test passes" line "largest_size_wins: 0"
	ok "guest: DAMON is on again" line "after: DAMON Y"
	ok "guest: kill -9 of the supervisor, DAMON is still off" line "killed: DAMON N"
	ok "guest: --restore, DAMON is on again" line "restored: DAMON Y"
else
	skip "guest: DAMON" "this kernel has none that is on"
fi
ok "guest: what tracefs is below debugfs" \
	line "trace: /sys/kernel/debug/tracing/instances/mthp_khugepaged\|trace: no tracefs .*"

finish
