#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The races: their options and mistakes; on this machine's kernel, short ones that leave
# everything as it was, and the measurement.
set -u
. "${0%/*}/tap.sh"
. "${0%/*}/native.sh"

races=$suite/mthp_races

refused()
{
	failed_with 1 "$1" && ! grep -q '^ok\|^1\.\.' "$work/out"
}

snapshot "$work/before"

run "$races" --help
ok "--help: exits 0" [ "$status" -eq 0 ]
for option in time seed latency test rows categories timeout restore; do
	ok "--help names --$option" grep -q -e "--$option" "$work/out"
done
run "$races" --categories
ok "--categories" grep -qx race "$work/out"
run "$races" --rows
cut -f 1 "$work/out" | sort -u >"$work/rows"
for row in 1 2 3 4 5 6 7 8 9 10 11; do
	ok "RAC-$row has a race" grep -qx "RAC-$row" "$work/rows"
done

run "$races" --time x
ok "a time that is no number" refused "time x: not a number"
run "$races" --time 0
ok "no time" refused "time 0: not a number"
run "$races" --seed -1
ok "a seed that is no number" refused "seed -1: not a number"
run "$races" --test ORD-1
ok "a row of another program" refused "no test checks ORD-1"
run "$races" --latency "$work/none/latency.csv"
ok "a file that cannot be made" refused "none/latency.csv: No such file"

if ! run "$races" --time 0.001 --test race.pmd_size.writes && [ "$status" -eq 4 ]; then
	if grep -q '^1\.\.0 # SKIP' "$work/out"; then
		skip "runs" "$(sed -n 's/^1\.\.0 # SKIP //p' "$work/out")"
		finish
		exit
	fi
fi
ok "too short for a verdict: skipped, and says why" grep -q \
	'^ok 1 .*# SKIP the window was not hit often enough' "$work/out"
ok "tells its figures" grep -q '^# [0-9]* rounds, [0-9]* scans, .* hits [0-9]*: ' "$work/out"

columns=order,what,beside_khugepaged,below_ns,times
limit=400
run "$races"
ok "all races: nothing fails" [ "$status" -eq 0 ]
ok "all races: some pass" [ "$(grep -c '^ok .*[a-z]$' "$work/out")" -gt 20 ]
run "$races" --time 1 --test what_it_costs --latency "$work/latency.csv"
ok "what it costs: is told" grep -q '^# page fault .*beside khugepaged: .* p99 ' "$work/out"
ok "what it costs: as CSV" [ "$(awk -F , 'NF != 5' "$work/latency.csv" | wc -l)" -eq 0 ]
ok "what it costs: has a head" [ "$(sed -n 1p "$work/latency.csv")" = "$columns" ]
ok "what it costs: with and without" [ "$(sed 1d "$work/latency.csv" | cut -d , -f 3 | sort -u | wc -l)" -eq 2 ]
run "$races" --timeout 100 --time 1 --test what_it_costs --latency -
ok "what it costs: printed" grep -qx "# $columns" "$work/out"
ok "what it costs: lines are diagnostics" grep -q '^# order_[0-9]*,page fault,1,[0-9]*,[0-9]*$' "$work/out"

run env PROGRAM=mthp_races TESTS=each_order.order_13.what_it_costs "$TOP/vm/suite.sh" native
ok "by make, all skipped: its own status" [ "$status" -eq 4 ]

limit=30
run "$races" --timeout 2 --time 60
ok "--timeout has the last word, also before --time" grep -qx 'Bail out! not done after 2 seconds' "$work/out"
run timeout -s TERM 2 "$races" --time 60
ok "ended by a signal: says so by its status" [ "$status" -ne 0 ]
ok "no process is left" [ -z "$(pgrep -x mthp_races)" ]
ok "the settings are as they were" settings_are "$work/before"
finish
