#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The explorer on this machine's kernel: its options, its mistakes, a case that fails, and
# the settings afterwards.
set -u
. "${0%/*}/tap.sh"
. "${0%/*}/native.sh"

explore=$suite/mthp_explore
mkdir "$work/failures" "$work/empty" "$work/corpus"

# explore ARGUMENT...: with no corpus but what a test names, and a place for failures.
explore()
{
	run "$explore" --corpus "$work/empty" --failures "$work/failures" "$@"
}

refused()
{
	failed_with 1 "$1" && ! grep -q '^ok\|^1\.\.' "$work/out"
}

# The character below which the message points with ^.
points_at()
{
	[ "$(awk '{ at = index($0, "^"); if (at) print substr(line, at, 1); line = $0 }' \
		"$work/err")" = "$1" ]
}

snapshot "$work/before"

# Help and lists.

for option in -h --help; do
	run "$explore" "$option"
	ok "$option: exits 0" [ "$status" -eq 0 ]
	ok "$option: nothing on stderr" [ ! -s "$work/err" ]
done
for option in seed tables time orders max-ptes-none states steps memory corpus failures \
	model timeout categories test restore; do
	ok "--help names --$option" grep -q -e "--$option" "$work/out"
done
run "$explore" --categories
ok "--categories" printed explore
run "$explore" --restore
ok "--restore: nothing to do" [ "$status" -eq 0 ]

# Mistakes.

explore --seed x
ok "a seed that is no number" refused "seed x: not a number"
explore --tables 0
ok "no table" refused "tables 0: not a number from 1"
explore --time 1s
ok "a time with a unit" refused "time 1s: not a number"
explore --orders 2,x
ok "an order that is none" refused "order is missing"
ok "an order that is none: where" points_at x
explore --orders 99
ok "an order above the PMD order" refused "above the PMD order"
explore --orders 1
ok "order 1" refused "no anonymous folios"
explore --states present,foo,zero
ok "an unknown state" refused "no such state"
ok "an unknown state: where" points_at f
explore --steps 0
ok "no step" refused "steps 0: not a number from 1"
explore --max-ptes-none 99999
ok "a limit beyond the range" refused "max-ptes-none 99999: not a number"
explore --memory 0
ok "no memory" refused "memory 0: not a number"
explore --model foo
ok "an unknown model" refused "no such model: foo"
explore --test order
ok "a category of another program" refused "there is only explore"
explore --nope
ok "an unknown option" refused "nope"
explore 'p*16'
ok "a table that is too short" refused "fewer PTEs than the range has"
explore 'A: .~; touch 0'
ok "a step that would wait for ever" refused "the VMA does not let"
explore 'p? .~'
ok "a state that is only to be seen" refused .
explore 'p*16 .~; colapse'
ok "an unknown step" refused "no such step"
ok "an unknown step: where" points_at c
explore '.~' '.~'
ok "two cases" refused "There is one CASE"

if ! explore --time 1 || grep -q '^1\.\.0 # SKIP' "$work/out"; then
	skip "runs" "$(sed -n 's/^1\.\.0 # SKIP //p' "$work/out")"
	finish
	exit
fi

# One case.

explore 'p~; sizes M; collapse; punch 0; collapse'
ok "a case: passes" [ "$status" -eq 0 ]
ok "a case: before" grep -q '^# before:   p\*' "$work/out"
ok "a case: expected" grep -q '^# expected: H$' "$work/out"
ok "a case: seen" grep -q '^# seen:     H$' "$work/out"
explore --orders M --max-ptes-none 0 '. p~'
ok "a table alone, settings from the options" \
	grep -q "^# replay: .*; none 0; collapse'$" "$work/out"
ok "a table alone: passes" [ "$status" -eq 0 ]

# Runs.

explore --seed 7 --time 2
ok "two seconds: pass" [ "$status" -eq 0 ]
ok "two seconds: the seed" grep -q '^# seed 7;' "$work/out"
ok "two seconds: figures" grep -q '^# figures: [1-9][0-9]* tables' "$work/out"
ok "two seconds: coverage" grep -q '^# collapsed ' "$work/out"
ok "two seconds: the kernel log was looked at" grep -q '^ok .* kernel_log' "$work/out"
explore --tables 50 --steps 1 --orders M --max-ptes-none max --states present,zero --memory 64
ok "some tables: pass" [ "$status" -eq 0 ]
ok "some tables: no state that was not named" \
	grep -q '^# veto: pinned  *0$' "$work/out"
explore --tables 1 --memory 1
ok "too little memory: skipped" [ "$status" -eq 4 ]

# The corpus.

cp "$TOP"/tools/testing/selftests/mm/corpus/*.case "$work/corpus/"
for file in "$work"/corpus/*.case; do
	ok "${file##*/}: says what it is about" [ "$(grep -vc '^# SPDX' "$file")" -gt 1 ]
done
run "$explore" --tables 1 --corpus "$work/corpus" --failures "$work/failures"
ok "corpus: passes" grep -q '^ok 1 .*corpus' "$work/out"
printf '%s\n' "# what fits no machine" "p*99999 .~; collapse" >"$work/corpus/odd.case"
run "$explore" --tables 1 --corpus "$work/corpus" --failures "$work/failures"
ok "corpus: a number that fits no machine is a failure" grep -q '^not ok 1 .*corpus' "$work/out"
printf '%s\n' "# another machine's" "H; punch 3000; collapse" >"$work/corpus/odd.case"
run "$explore" --tables 1 --corpus "$work/corpus" --failures "$work/failures"
ok "corpus: a case that does not fit is told" grep -q 'odd.case does not fit' "$work/out"

# A wrong model is a failure, made small and written down. Which pages are lazily freed
# means nothing to a khugepaged that knows the PMD size only.

wrong=none
"$program" --probe | grep -q '^generation.*none' && wrong=mainline
explore --model $wrong 'p~ l; sizes M; collapse'
ok "the wrong model: fails" [ "$status" -eq 1 ]
ok "the wrong model: says what is wrong" grep -q '^# wrong: ' "$work/out"
limit=200
explore --model $wrong --orders M --states lazyfree --time 10 --seed 1
ok "a run with the wrong model: fails" [ "$status" -eq 1 ]
ok "a run with the wrong model: a test says so" grep -q '^not ok' "$work/out"
replay=$(sed -n "s/^# replay:   .\/mthp_explore --model $wrong '\(.*\)'$/\1/p" "$work/out")
ok "a run with the wrong model: a small case" [ -n "$replay" ]
set -- "$work"/failures/*.case
ok "a run with the wrong model: written down" [ "$(grep -v '^#' "$1")" = "$replay" ]
ok "a run with the wrong model: with its seed and kernel" \
	grep -q "^# seed 1, batch 0, model $wrong, on $(uname -r)" "$1"
explore --model $wrong "$replay"
ok "the small case fails again" [ "$status" -eq 1 ]
explore "$replay"
ok "the small case passes with the right model" [ "$status" -eq 0 ]

# However it ends, the settings are as they were.

run timeout -s TERM 2 "$explore" --time 60 --failures "$work/failures"
ok "ended by a signal: says so by its status" [ "$status" -ne 0 ]
ok "the settings are as they were" settings_are "$work/before"
finish
