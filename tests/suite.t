#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The suite in the VM: whole on the newest kernel that has the feature, the explorer and some
# races too; on one that has not, the mTHP rows skip for one reason and the PMD rows pass.
set -eu
. "${0%/*}/tap.sh"

BUILD=${BUILD:-$TOP/build}
export BUILD

# guest KERNEL PROGRAM: to its end; what try would keep is kept for outcome.
guest()
{
	status=0
	KERNEL=$1 PROGRAM=$2 RUN_ID=suite-$1-$2-$$ "$TOP/vm/suite.sh" vm >"$work/$1-$2.out" \
		2>"$work/$1-$2.err" </dev/null || status=$?
	echo "$status" >"$work/$1-$2.status"
}

# outcome KERNEL PROGRAM: of that guest, as if it had been tried now.
outcome()
{
	cp "$work/$1-$2.out" "$work/out"
	cp "$work/$1-$2.err" "$work/err"
	cp "$work/out" "$BUILD/log/suite-$1-$2.log"
	status=$(cat "$work/$1-$2.status")
}

# total WORD: what the suite's own line of totals says.
total()
{
	sed -n "s/^# Totals:.* $1:\([0-9]*\).*/\1/p" "$work/out"
}

reasons()
{
	sed -n 's/^ok .*# SKIP //p' "$work/out" | sort -u
}

guest latest mthp_khugepaged
outcome latest mthp_khugepaged
ok "newest kernel: passes" test "$status" -eq 0
ok "newest kernel: nothing failed" test "$(total fail)" -eq 0
ok "newest kernel: only orders beyond the PMD's are skipped" test "$(reasons)" = \
	"$(printf '%s\n' "a range is one region of the PMD order" \
		"this machine has no anonymous folios of this order")"
ok "newest kernel: the KTAP header comes first" test "$(head -n 1 "$work/out")" = "TAP version 13"
ok "newest kernel: the summary counts" grep -q '^Tests: ' "$work/err"
ok "newest kernel: figures are printed" grep -q '^# figures: .* ranges verified' "$work/out"
ok "newest kernel: the summary fits a screen" test "$(wc -l <"$work/err")" -le 24
passed=$(total pass)

# Side by side: they need less than a whole machine.
guest latest mthp_explore &
guest 7.1 mthp_khugepaged &
TESTS="RAC-1 RAC-3" guest latest mthp_races &
wait

outcome latest mthp_explore
ok "the explorer, newest kernel: passes" test "$status" -eq 0
ok "the explorer, newest kernel: reaches every rule" grep -q '^ok .* every_rule_reached$' "$work/out"
ok "the explorer, newest kernel: skips nothing" test "$(total skip)" -eq 0

outcome latest mthp_races
ok "some races, newest kernel: pass" test "$status" -eq 0
ok "some races, newest kernel: below the PMD order, too" grep -q \
	'^ok .* race.smallest_size.writes$' "$work/out"

outcome 7.1 mthp_khugepaged
ok "7.1: passes" test "$status" -eq 0
ok "7.1: PMD rows were run" test "$(total pass)" -gt 10
ok "7.1: mTHP rows were not" test "$(total pass)" -lt "$passed"
ok "7.1: for one reason" test "$(reasons | grep -c PMD.order.only)" -eq 1
finish
