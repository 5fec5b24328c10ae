# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154 # work and status are tap.sh's
# Sourced after tap.sh by the *.t that run the suite on this machine's kernel: the
# program that was built, the settings of this machine, and the promise to leave them.

# shellcheck disable=SC2034
suite=${BUILD:-$TOP/build}/suite
program=$suite/mthp_khugepaged
thp=/sys/kernel/mm/transparent_hugepage
ksm=/sys/kernel/mm/ksm
hugetlb=hugepages-$(($(cat "$thp/hpage_pmd_size" 2>/dev/null || echo 0) / 1024))kB
lock=/run/mthp_khugepaged.lock
saved=/run/mthp_khugepaged.saved
resources=/run/mthp_khugepaged.resources

# A test of the suite that any kernel passes quickly, and a mistake anywhere breaks.
# shellcheck disable=SC2034
quick=pmd_counters

# Every setting that the suite may change, directly or as a side effect.
knobs()
{
	for knob in "$thp"/enabled "$thp"/hugepages-*/enabled \
		"$thp"/hugepages-*/shmem_enabled "$thp"/khugepaged/defrag \
		"$thp"/khugepaged/max_* "$thp"/khugepaged/pages_to_scan \
		"$thp"/khugepaged/*_millisecs "$thp"/shrink_underused \
		/sys/devices/system/node/node*/hugepages/"$hugetlb"/nr_hugepages \
		"$ksm"/sleep_millisecs "$ksm"/use_zero_pages "$ksm"/smart_scan \
		"$ksm"/max_page_sharing "$ksm"/pages_to_scan "$ksm"/advisor_mode "$ksm"/run \
		/sys/module/damon_*/parameters/enabled /proc/sys/vm/min_free_kbytes; do
		[ ! -f "$knob" ] || echo "$knob"
	done
}

# snapshot FILE: path and value of each knob; of a choice, the word in brackets.
snapshot()
{
	knobs | while read -r knob; do
		sed "s|.*\[\(.*\)\].*|\1|; s|^|$knob |" "$knob"
	done >"$1"
}

# write_back FILE: what a snapshot holds. Sizes on before sizes off; and again at the end
# min_free_kbytes, which the kernel raises by itself when a size is switched on.
write_back()
{
	{
		grep -v ' never$' "$1"
		grep ' never$' "$1"
		grep min_free_kbytes "$1"
	} | while read -r knob value; do
		echo "$value" >"$knob"
	done
}

settings_are()
{
	snapshot "$work/now"
	cmp -s "$1" "$work/now" || {
		diff "$1" "$work/now" | sed 's/^/# settings: /'
		return 1
	}
}

# run COMMAND...: as try does, when no other run of the suite is alive.
run()
{
	flock -w 120 "$lock" true
	try timeout -k 30 "${limit:-120}" "$@"
}

# start COMMAND...: a run in the background, that a signal can end as if from a terminal:
# a shell has SIGINT ignored in what it puts there.
start()
{
	flock -w 120 "$lock" true
	# What the run before said must not be read before this one has begun.
	: >"$work/run-out"
	: >"$work/run-err"
	env --default-signal=INT,HUP,TERM,QUIT "$@" >"$work/run-out" \
		2>"$work/run-err" </dev/null &
	supervisor=$!
}

# ended: the run has, within a minute; its status.
ended()
{
	within 60 zombie "$supervisor" || return 1
	status=0
	wait "$supervisor" 2>/dev/null || status=$?
	cp "$work/run-out" "$work/out"
	cp "$work/run-err" "$work/err"
}

state_of()
{
	sed -n 's/^State:.\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null
}

zombie()
{
	case $(state_of "$1") in
	'' | Z) return 0 ;;
	esac
	return 1
}

# The first child of a process.
child_of()
{
	pgrep -P "$1" | head -n 1
}

has_child()
{
	[ -n "$(child_of "$1")" ]
}

# The moment is what is random here: a wait for nothing. A run takes half a second or more.
random_moment()
{
	random=$(od -An -N2 -tu2 /dev/urandom)
	sleep "0.$(printf '%03d' $((random % 500)))"
}

# Processes that carry the mark of this test in their environment, without zombies.
MTHP_TEST_MARK=$$-$(date +%s)
export MTHP_TEST_MARK

marked()
{
	for environ in /proc/[0-9]*/environ; do
		pid=${environ#/proc/}
		pid=${pid%/environ}
		grep -qsa "MTHP_TEST_MARK=$MTHP_TEST_MARK" "$environ" || continue
		case $(readlink "/proc/$pid/exe") in
		"$program"* | "$work"/*) echo "$pid" ;;
		esac
	done
}

nothing_marked()
{
	[ -z "$(marked)" ]
}

no_process_left()
{
	within 20 nothing_marked || {
		marked | sed 's/^/# left: process /'
		return 1
	}
}

# What a run of ours left, if it was killed. It may be on a mount that is to go.
release_now()
{
	if [ -e "$resources" ]; then
		flock -w 120 "$lock" true
		timeout 120 "$program" --restore >/dev/null 2>&1
	fi
}

end_native()
{
	for pid in $(marked); do
		kill -9 "$pid"
	done 2>/dev/null
	release_now
	if [ -s "$work/machine" ]; then
		# Under the lock: a run of somebody else would restore what it found, and
		# what a run of ours left to be restored is older than this.
		exec 8>>"$lock"
		flock -w 120 8
		settings_are "$work/machine" >/dev/null || write_back "$work/machine" 2>/dev/null
		rm -f "$saved"
	fi
	rm -rf "$work"
}

if [ "$(id -u)" -ne 0 ]; then
	echo "1..0 # SKIP needs root"
	exit 0
fi
if [ ! -x "$program" ]; then
	echo "Bail out! $program is not there: run make build"
	exit 1
fi
# What a killed run left are not the machine's settings.
if [ -e "$saved" ] || [ -e "$resources" ]; then
	run "$program" --restore
fi
flock -w 120 "$lock" true
snapshot "$work/machine"
trap end_native EXIT

run "$program" --test "$quick"
if [ "$status" -eq 4 ]; then
	grep '^1\.\.0 # SKIP' "$work/out" || echo "1..0 # SKIP the suite can test nothing here"
	exit 0
fi
if [ "$status" -ne 0 ] || ! settings_are "$work/machine"; then
	sed 's/^/# /' "$work/out" "$work/err"
	echo "Bail out! the suite fails on this machine, or leaves it changed"
	exit 1
fi
