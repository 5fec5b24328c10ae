#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Whatever ends a run, and whenever: the settings are those from before, and nothing runs
# on. Each kind of end comes TIMES times, at random moments; the full measure is TIMES=20.
set -u
. "${0%/*}/tap.sh"
. "${0%/*}/native.sh"

TIMES=${TIMES:-6}

# Settings that are nobody's default: what comes back must be what was there.
odd()
{
	run "$program" --restore
	echo 77 >"$thp/khugepaged/max_ptes_none"
	echo 5 >"$thp/khugepaged/max_ptes_swap"
	echo 33 >"$thp/khugepaged/max_ptes_shared"
	echo 1234 >"$thp/khugepaged/pages_to_scan"
	echo 54321 >"$thp/khugepaged/scan_sleep_millisecs"
	echo 777 >"$thp/khugepaged/alloc_sleep_millisecs"
	echo always >"$thp/enabled"
	size=0
	for knob in "$thp"/hugepages-*/enabled; do
		[ -f "$knob" ] || continue
		size=$((size + 1))
		case $((size % 4)) in
		0) echo never ;;
		1) echo inherit ;;
		2) echo always ;;
		3) echo madvise ;;
		esac >"$knob"
	done
	echo 0 >"$thp/khugepaged/defrag"
	for pair in sleep_millisecs=33 use_zero_pages=1 smart_scan=0 max_page_sharing=99 \
		pages_to_scan=44; do
		[ ! -f "$ksm/${pair%=*}" ] || echo "${pair#*=}" >"$ksm/${pair%=*}"
	done
	for knob in /sys/devices/system/node/node*/hugepages/"$hugetlb"/nr_hugepages; do
		[ ! -f "$knob" ] || echo $(($(cat "$knob") + 1)) >"$knob"
	done
	echo 55555 >/proc/sys/vm/min_free_kbytes
	snapshot "$work/odd"
}

victim_of()
{
	case $1 in
	supervisor) echo "$supervisor" ;;
	harness) child_of "$supervisor" ;;
	test)
		harness=$(child_of "$supervisor")
		[ -z "$harness" ] || child_of "$harness"
		;;
	esac
}

# hit WHOM SIGNAL: start a run, and send a process of it a signal at a random moment. If
# there was no such process at that moment, once more. A process that is held before it is
# killed was not at its end already.
hit()
{
	for attempt in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		start "$program"
		random_moment
		victim=$(victim_of "$1")
		if [ -n "$victim" ] && kill -STOP "$victim" 2>/dev/null; then
			within 5 held "$victim"
			if [ "$(state_of "$victim")" = T ]; then
				hold_below "$victim"
				kill "-$2" "$victim"
				kill -CONT "$victim" 2>/dev/null
				return 0
			fi
		fi
		ended
	done
	echo "# no process of the $1 was hit in $attempt runs"
	return 1
}

# A run is over soon: what is not killed would be gone by itself and look as if. So nothing
# below the victim may go on.
hold_below()
{
	for below in $(pgrep -P "$1"); do
		kill -STOP "$below" 2>/dev/null
		hold_below "$below"
	done
}

held()
{
	case $(state_of "$1") in
	T | Z | '') return 0 ;;
	esac
	return 1
}

numbers()
{
	number=0
	while [ $number -lt "$TIMES" ]; do
		number=$((number + 1))
		echo $number
	done
}

settings_restored()
{
	settings_are "$work/odd" && [ ! -e "$saved" ]
}

odd
ok "odd settings can be set" sh -c "! cmp -s '$work/odd' '$work/machine'"

# Ends that are none of a signal.

run "$program" --test "$quick"
ok "a run that passes: the settings are back" settings_restored

# shellcheck disable=SC2016 # the shell inside expands it
run unshare -m --propagation private sh -c 'mount --bind /dev/null /proc/kpagecount
	exec "$0" --test SHR-5' "$program"
ok "a run that fails: fails" [ "$status" -eq 1 ]
ok "a run that fails: the settings are back" settings_restored

# What is saved is a word or a number for each knob, ready to be written.

start "$program"
within 20 has_child "$supervisor"
child=$(child_of "$supervisor")
kill -STOP "$supervisor"
cp "$saved" "$work/saved" 2>/dev/null
ok "saved: there while a run is alive" [ -s "$work/saved" ]
ok "saved: no list of choices" sh -c "! grep -q '[][]' '$work/saved'"
snapshot "$work/now"
sed 1d "$work/saved" | grep -v '^end$' | sort >"$work/saved-knobs"
sort "$work/odd" >"$work/odd-knobs"
ok "saved: every knob, with its value" cmp "$work/saved-knobs" "$work/odd-knobs"

# One run at a time.

try timeout 60 "$program" --test "$quick"
ok "a second run: refuses, naming the first" failed_with 1 "alive, process $supervisor\>"
ok "a second run: no test" sh -c "! grep -q '^ok\|^1\.\.' '$work/out'"
try timeout 60 "$program" --restore
ok "--restore beside a run: refuses" failed_with 1 "alive, process $supervisor\>"
kill -CONT "$supervisor"
ok "the first run ends" ended
ok "the first run: passes all the same" [ "$status" -eq 0 ]
ok "the first run: the settings are back" settings_restored

# Too long.

start "$program" --timeout 2
within 20 has_child "$supervisor"
child=$(child_of "$supervisor")
kill -STOP "$child"
ok "--timeout: the run ends" ended
ok "--timeout: fails" [ "$status" -eq 1 ]
ok "--timeout: says so" grep -q "not done after 2 seconds" "$work/out"
ok "--timeout: the settings are back" settings_restored
ok "--timeout: no process is left" no_process_left

# Signals.

for pair in HUP=129 INT=130 QUIT=131 TERM=143; do
	signal=${pair%=*}
	for number in $(numbers); do
		hit supervisor "$signal"
		ok "SIG$signal $number: ends" ended
		ok "SIG$signal $number: by the signal" [ "$status" -eq "${pair#*=}" ]
		ok "SIG$signal $number: the settings are back" settings_restored
		ok "SIG$signal $number: no process is left" no_process_left
	done
done

# Under nohup, a terminal that hangs up is no reason to end.

nohup "$program" --test "$quick" >"$work/run-out" 2>"$work/run-err" </dev/null &
supervisor=$!
within 20 has_child "$supervisor"
kill -HUP "$supervisor"
ok "nohup: the run ends" ended
ok "nohup: passes" [ "$status" -eq 0 ]
ok "nohup: the settings are back" settings_restored

# Ctrl-C on a pipeline: the reader of the output dies first.

for number in $(numbers); do
	mkfifo "$work/pipe"
	cat "$work/pipe" >/dev/null &
	reader=$!
	env --default-signal=INT "$program" >"$work/pipe" 2>"$work/run-err" </dev/null &
	supervisor=$!
	within 20 has_child "$supervisor"
	random_moment
	kill -9 "$reader"
	kill -INT "$supervisor" 2>/dev/null
	: >"$work/run-out"
	ok "pipeline $number: ends" ended
	ok "pipeline $number: the settings are back" settings_restored
	ok "pipeline $number: no process is left" no_process_left
	wait "$reader" 2>/dev/null
	rm "$work/pipe"
done

# Another child of the same process is none of the suite's.

sh -c 'sleep 60 & echo $! >"$0"; exec "$@"' "$work/stranger" "$program" --test "$quick" \
	>"$work/run-out" 2>"$work/run-err" </dev/null
ok "a child from before is left alone" kill "$(cat "$work/stranger")"

# SIGCHLD ignored by whoever started the run.

run sh -c 'trap "" CHLD; exec "$@"' sh "$program" --test "$quick"
ok "SIGCHLD ignored: passes" [ "$status" -eq 0 ]
ok "SIGCHLD ignored: the settings are back" settings_restored

# Killed below the supervisor.

for whom in test harness; do
	for number in $(numbers); do
		hit $whom KILL
		ok "kill -9 of the $whom $number: the run ends" ended
		ok "kill -9 of the $whom $number: fails" [ "$status" -eq 1 ]
		ok "kill -9 of the $whom $number: the settings are back" settings_restored
		ok "kill -9 of the $whom $number: no process is left" no_process_left
	done
done

# The supervisor killed: the rest dies with it, and the settings wait to be put back, by
# --restore or by the next run.

for number in $(numbers); do
	hit supervisor KILL
	ok "kill -9 of the supervisor $number: ends" ended
	ok "kill -9 of the supervisor $number: no process is left" no_process_left
	if [ $((number % 2)) -eq 1 ]; then
		how=--restore
		run "$program" --restore
	else
		how="the next run"
		run "$program" --test "$quick"
	fi
	ok "kill -9 of the supervisor $number: $how passes" [ "$status" -eq 0 ]
	ok "kill -9 of the supervisor $number: $how puts the settings back" settings_restored
done

# --restore says what it did, and does it once.

cp "$work/saved" "$saved"
echo 99 >"$thp/khugepaged/max_ptes_none"
run "$program" --restore
ok "--restore: passes" [ "$status" -eq 0 ]
ok "--restore: says what" said "restored .*max_ptes_none to 77"
ok "--restore: says no more" one_line
ok "--restore: the settings are back" settings_restored
run "$program" --restore
ok "--restore again: nothing to do" said "nothing to restore"
ok "--restore again: passes" [ "$status" -eq 0 ]

# A file that is not what a run wrote. Nothing of it is written to any knob.

# damaged WHAT: the file $work/damaged.
damaged()
{
	what=$1
	cp "$work/damaged" "$saved"
	run "$program" --restore
	ok "damaged, $what: --restore says so" failed_with 1 "$saved"
	ok "damaged, $what: --restore writes nothing" settings_are "$work/odd"
	run "$program" --test "$quick"
	ok "damaged, $what: no run starts" failed_with 1 "$saved"
	ok "damaged, $what: it stays as it is" cmp "$saved" "$work/damaged"
	rm -f "$saved"
	settings_are "$work/odd" >/dev/null || write_back "$work/odd"
}

# elsewhere PATH: a file that names a setting which the suite never changes. The value is
# the present one: if it is written after all, no harm is done.
elsewhere()
{
	sed "s|^end\$|$1 $(cat "$1")\nend|" "$work/other"
}

sed 's/^\(.*max_ptes_none\) .*/\1 99/' "$work/saved" >"$work/other"
head -n -1 "$work/other" >"$work/damaged"
damaged "no end"
head -n 1 "$work/other" >"$work/damaged"
damaged "a header alone"
sed 1d "$work/other" >"$work/damaged"
damaged "no header"
head -c 200 "$work/other" >"$work/damaged"
damaged "cut"
: >"$work/damaged"
damaged "empty"
head -c 4096 /dev/urandom >"$work/damaged"
damaged "random"
elsewhere /proc/sys/kernel/panic >"$work/damaged"
damaged "a path elsewhere"
elsewhere "$thp/../../../../proc/sys/vm/swappiness" >"$work/damaged"
damaged "a path with .."
elsewhere /proc/sys/vm/swappiness >"$work/damaged"
damaged "a setting that is not the suite's"
elsewhere "$thp/use_zero_page" >"$work/damaged"
damaged "a setting beside the suite's"
sed 's/^\(.*max_ptes_none\) .*/\1/' "$work/other" >"$work/damaged"
damaged "a knob without value"
{ cat "$work/other"; echo more; } >"$work/damaged"
damaged "more behind the end"

# Every other setting is restored when the kernel refuses one, and the file stays.
sed 's/^\(.*max_ptes_none\) .*/\1 many/' "$work/saved" >"$saved"
echo 7 >"$thp/khugepaged/max_ptes_swap"
run "$program" --restore
ok "a value that the kernel refuses: named" failed_with 1 "max_ptes_none to many: Invalid"
ok "a value that the kernel refuses: the others are back" settings_are "$work/odd"
ok "a value that the kernel refuses: the file stays" [ -s "$saved" ]
rm -f "$saved"

# After all that a run is as good as ever.
run "$program"
ok "a whole run: passes" [ "$status" -eq 0 ]
ok "a whole run: the settings are back" settings_restored

write_back "$work/machine"
ok "the machine has its settings again" settings_are "$work/machine"

finish
