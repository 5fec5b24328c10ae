#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The suite in the VM: whole on the newest kernel that has the feature, the explorer too; on
# one that has not, the mTHP rows skip for one reason and the PMD rows pass.
set -eu
. "${0%/*}/tap.sh"

BUILD=${BUILD:-$TOP/build}
export BUILD

# run_on KERNEL [PROGRAM]
run_on()
{
	KERNEL=$1 PROGRAM=${2:-mthp_khugepaged}
	export KERNEL PROGRAM
	RUN_ID=suite-$1-$$
	export RUN_ID
	try "$TOP/vm/suite.sh" vm
	cp "$work/out" "$BUILD/log/suite-$1.log"
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

run_on latest
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

run_on latest mthp_explore
ok "the explorer, newest kernel: passes" test "$status" -eq 0
ok "the explorer, newest kernel: reaches every rule" grep -q '^ok .* every_rule_reached$' "$work/out"
ok "the explorer, newest kernel: skips nothing" test "$(total skip)" -eq 0

run_on 7.1
ok "7.1: passes" test "$status" -eq 0
ok "7.1: PMD rows were run" test "$(total pass)" -gt 10
ok "7.1: mTHP rows were not" test "$(total pass)" -lt "$passed"
ok "7.1: for one reason" test "$(reasons | grep -c PMD.order.only)" -eq 1
finish
