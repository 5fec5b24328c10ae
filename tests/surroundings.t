#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A machine that is not as the suite needs it: the run names the cause, in bounded time,
# with a skip or a failure. It never passes, and the machine's settings are as before.
# What is missing or wrong is so in a mount namespace of its own, for this run alone.
# shellcheck disable=SC2016 # the scripts in quotes expand $0 and $1 themselves
set -u
. "${0%/*}/tap.sh"
. "${0%/*}/native.sh"

limit=60

# The last lines of each case: ends as wanted, says why, leaves the settings alone.
judge()
{
	what=$1
	code=$2
	cause=$3
	ok "$what: exits $code" [ "$status" -eq "$code" ]
	ok "$what: names the cause" grep -qE -e "$cause" "$work/out" "$work/err"
	ok "$what: the settings are those from before" settings_are "$work/machine"
	ok "$what: no process is left" no_process_left
}

# A kselftest runner must see a skip in the output too.
judge_skip()
{
	judge "$1" 4 "$2"
	ok "$1: a plan of nothing" grep -qE "^1\.\.0 # SKIP .*($2)" "$work/out"
}

# elsewhere SCRIPT [ARGUMENT]...: the script with the mounts, then a quick test of the
# suite. $0 is a folder for it to use.
elsewhere()
{
	script=$1
	shift
	rm -rf "${work:?}/mnt"
	mkdir "$work/mnt"
	run unshare -m --propagation private sh -ec "$script
		shift; exec \"\$@\"" "$work/mnt" "${1:-}" "$program" --test "${test:-$quick}"
}

# over FILE CONTENT: a file that holds this lies over the other.
over()
{
	elsewhere "echo '$2' >\"\$0/file\"; mount --bind \"\$0/file\" \"\$1\"" "$1"
}

if ! unshare -m --propagation private true; then
	echo "1..0 # SKIP no mount namespace may be made here"
	exit 0
fi

# Who runs it.

chmod 755 "$work"
cp "$program" "$work/copy"
run setpriv --reuid 65534 --regid 65534 --clear-groups "$work/copy"
judge_skip "no root" "needs root"

run setpriv --bounding-set -sys_admin --inh-caps -sys_admin "$program"
judge_skip "no CAP_SYS_ADMIN" "CAP_SYS_ADMIN"

# Root who may not override file permissions can still do all there is to do.
run setpriv --bounding-set -dac_override,-dac_read_search \
	--inh-caps -dac_override,-dac_read_search "$program" --test "$quick"
ok "no CAP_DAC_OVERRIDE: passes" [ "$status" -eq 0 ]

# What the kernel lacks.

elsewhere 'mount --bind "$0" "$1"' "$thp"
judge_skip "THP not built" "no transparent huge pages"

elsewhere 'mount --bind "$0" "$1"' "$thp/khugepaged"
judge_skip "no khugepaged in sysfs" "no khugepaged"

elsewhere 'mkdir "$0/proc"; mount --rbind /proc "$0/proc"; mount -t tmpfs none /proc
	for file in "$0/proc"/*; do
		[ "${file##*/}" = kpageflags ] || ln -s "$file" /proc/
	done'
judge_skip "kpageflags missing" "kpageflags"

elsewhere 'mount --bind /dev/null /proc/kpageflags'
judge_skip "kpageflags empty" "kpageflags"

elsewhere 'mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"' "$thp"
judge_skip "sysfs read-only" "cannot be written"

elsewhere 'mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"' /proc/sys
judge_skip "/proc/sys read-only" "cannot be written"

elsewhere 'mount -t tmpfs -o ro none /run'
judge "/run read-only" 1 "/run/mthp_khugepaged.lock: Read-only"

# Knobs with values that nobody expects. They must not be overwritten either.

for value in many "" -1 "12 monkeys" "[]" "[" 99999999999999999999999999999999999999999; do
	over "$thp/khugepaged/max_ptes_none" "$value"
	judge "max_ptes_none '$value'" 1 "max_ptes_none: holds neither"
	ok "max_ptes_none '$value': is not overwritten" [ "$(cat "$work/mnt/file")" = "$value" ]
done
over "$thp/khugepaged/max_ptes_none" '1\0many'
judge "max_ptes_none with a NUL byte" 1 "max_ptes_none: holds neither"
over "$thp/enabled" "always madvise never"
judge "enabled without brackets" 1 "transparent_hugepage/enabled: holds neither"
# A choice is replaced by another, but the file that lies here shows the word as it is.
over "$thp/enabled" "always [sometimes] never"
judge "enabled with a choice that is none" 1 "transparent_hugepage/enabled "
# The new value is written over the beginning of the old one, so it is not taken as it is.
over "$thp/khugepaged/max_ptes_swap" 1234567
judge "a knob that takes another value than it is given" 1 "max_ptes_swap"

# khugepaged that does nothing.

over "$thp/khugepaged/full_scans" 5
judge "khugepaged dead" 1 "khugepaged is dead"
ok "khugepaged dead: no test has a verdict" sh -c "! grep -q '^ok' '$work/out'"
over "$thp/khugepaged/full_scans" many
judge "full_scans is no number" 1 "full_scans|khugepaged"

# Memory.

sed 's/^\(MemAvailable:\).*/\1 1024 kB/' /proc/meminfo >"$work/meminfo"
elsewhere 'mount --bind "$1" /proc/meminfo' "$work/meminfo"
judge "too little memory" 4 "not enough memory"
ok "too little memory: says how much there is" grep -q "MemAvailable is 1024 kB" "$work/out"

# Little memory makes smaller batches: more of them, each with a canary of its own.
ranges()
{
	sed -n 's/^# figures: \([0-9]*\) ranges verified.*/\1/p' "$work/out"
}

test=vma_must_span_the_range
run "$program" --test "$test"
plenty=$(ranges)
kb=$(($(cat "$thp/hpage_pmd_size") / 1024))
sed "s/^\(MemAvailable:\).*/\1 $((kb * 8)) kB/" /proc/meminfo >"$work/meminfo"
elsewhere 'mount --bind "$1" /proc/meminfo' "$work/meminfo"
ok "little memory: passes" [ "$status" -eq 0 ]
ok "little memory: in more batches" [ "$(ranges)" -gt "$plenty" ]
unset test

# flipped KNOB PAUSE OPTION...: a run, while another process changes a knob again and
# again. It ends by itself when the machine's settings are forgotten.
flipped()
{
	flips=$thp/khugepaged/$1
	pause=$2
	shift 2
	rm -f "$work/stop"
	while [ -e "$work/machine" ] && [ ! -e "$work/stop" ]; do
		echo 33 >"$flips"
		sleep "$pause"
		echo 44 >"$flips"
		sleep "$pause"
	done 2>/dev/null &
	flipper=$!
	run "$program" "$@"
	: >"$work/stop"
	wait $flipper
	sed -n "s|^$flips ||p" "$work/machine" >"$flips"
}

flipped max_ptes_none 0 -f each_order -f collapse
judge "another process changes a knob all the time" 1 "max_ptes_none.*another process"

# One that does not matter for these tests: only who looks at it afterwards can tell.
flipped alloc_sleep_millisecs 0.01 -f each_order -f collapse
judge "another process changes a knob now and then" 1 \
	"alloc_sleep_millisecs.*another process changed it"

# No kernel log: the rest can be tested, and --probe tells.

no_kmsg='mount -t tmpfs none "$0"
	for file in null zero urandom full; do
		cp -a "/dev/$file" "$0/"
	done
	mount --bind "$0" /dev'
elsewhere "$no_kmsg"
ok "no /dev/kmsg: passes" [ "$status" -eq 0 ]
run unshare -m --propagation private sh -ec "$no_kmsg; exec \"\$1\" --probe" "$work/mnt" "$program"
ok "no /dev/kmsg: --probe says so" grep -qx "kernel log: no" "$work/out"
ok "no /dev/kmsg: the settings are those from before" settings_are "$work/machine"

# --probe answers wherever it is asked.
for place in "$thp" "$thp/khugepaged"; do
	run unshare -m --propagation private sh -ec 'mount --bind "$0" "$1"; exec "$2" --probe' \
		"$work/mnt" "$place" "$program"
	ok "--probe without ${place##*/}: exits 0" [ "$status" -eq 0 ]
	ok "--probe without ${place##*/}: says something" [ -s "$work/out" ]
done
run setpriv --reuid 65534 --regid 65534 --clear-groups "$work/copy" --probe
ok "--probe without root: exits 0" [ "$status" -eq 0 ]
ok "--probe without root: says so" grep -q "^privileges: .*root" "$work/out"

finish
