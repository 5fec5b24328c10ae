#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# run_vmtests.sh: whatever subset is asked for, the output is KTAP and the exit code is
# that of the subset. Stand-ins for the programs pass, fail and skip at will.
set -u
. "${0%/*}/tap.sh"

script=$TOP/tools/testing/selftests/mm/run_vmtests.sh
cp "$script" "$work/run_vmtests.sh"
rv=$work/run_vmtests.sh

# stand_in PROGRAM CODE CATEGORY...: has these categories and exits with that code; what
# it was called with goes to PROGRAM.args.
stand_in()
{
	name=$1
	code=$2
	shift 2
	cat >"$work/$name" <<-STAND_IN
		#!/bin/sh
		if [ "\$*" = --categories ]; then
			printf '%s\n' $*
			exit
		fi
		echo "\$*" >>"\$0.args"
		echo TAP version 13
		echo 1..1
		echo "a message" >&2
		printf 'ok 1 half a line'
		exit $code
	STAND_IN
	chmod +x "$work/$name"
	rm -f "$work/$name.args"
}

# A version line, a plan, as many results as planned, numbered from 1; else comments.
is_ktap()
{
	awk '
		NR == 1 { if ($0 != "TAP version 13") exit bad = 1; next }
		NR == 2 { if ($0 !~ /^1\.\.[0-9]+$/) exit bad = 1; planned = substr($0, 4); next }
		/^# / || $0 == "#" { next }
		/^(not )?ok [0-9]+ / { ran++; if ($(/^not/ ? 3 : 2) != ran) exit bad = 1; next }
		{ exit bad = 1 }
		END { exit bad || planned < 1 || ran != planned }' "$work/out"
}

results()
{
	[ "$(grep '^ok\|^not ok' "$work/out")" = "$1" ]
}

called_with()
{
	[ "$(cat "$work/$1.args" 2>/dev/null)" = "$2" ]
}

refused()
{
	failed_with 1 "$1" && [ ! -s "$work/out" ]
}

stand_in mthp_khugepaged 0 order madvise

# Lists.

try "$rv" -h
ok "-h: exits 0" [ "$status" -eq 0 ]
ok "-h: says how to use it" grep -q -e "-t CATEGORY" "$work/out"
for category in order occupancy veto region sharing vma madvise memory creep failure race \
	explore; do
	ok "-h: names $category" grep -q "\<$category\>" "$work/out"
done

try "$rv" -l
ok "-l: exits 0" [ "$status" -eq 0 ]
ok "-l: what a category runs" grep -q "^order  *mthp_khugepaged --test order$" "$work/out"
ok "-l: a category without tests runs nothing" grep -q "^race  *$" "$work/out"
ok "-l: runs no test" [ ! -e "$work/mthp_khugepaged.args" ]

# Subsets.

try "$rv" -t order
ok "one category: passes" [ "$status" -eq 0 ]
ok "one category: KTAP" is_ktap
ok "one category: one result" results "ok 1 mthp_khugepaged"
ok "one category: only that" called_with mthp_khugepaged "--test order"
ok "the program's output is there, as comments" grep -qx "# ok 1 half a line" "$work/out"
ok "so are its messages" grep -qx "# a message" "$work/out"

stand_in mthp_khugepaged 0 order madvise
try "$rv" -t order,madvise
ok "several: passes" [ "$status" -eq 0 ]
ok "several: KTAP" is_ktap
ok "several of a program: one call" called_with mthp_khugepaged "--test order --test madvise"

stand_in mthp_khugepaged 0 order madvise
try "$rv" -t order -t madvise
ok "-t twice: the same" called_with mthp_khugepaged "--test order --test madvise"

stand_in mthp_khugepaged 0 order
try "$rv" -t order,race
ok "a category without tests among others: passes" [ "$status" -eq 0 ]
ok "a category without tests: KTAP" is_ktap
ok "a category without tests: skipped by name" grep -q "^ok 2 race # SKIP ..*" "$work/out"

try "$rv" -t race
ok "nothing but categories without tests: exits 4" [ "$status" -eq 4 ]
ok "nothing but categories without tests: KTAP" is_ktap

stand_in mthp_races 0 race
stand_in mthp_khugepaged 0 order
try "$rv"
ok "no option: passes" [ "$status" -eq 0 ]
ok "no option: KTAP" is_ktap
ok "no option: all programs" [ -e "$work/mthp_races.args" -a -e "$work/mthp_khugepaged.args" ]

cd /
try "$rv" -t order
ok "from another folder" [ "$status" -eq 0 ]

# Results.

stand_in mthp_races 1 race
try "$rv" -t order,race
ok "one fails: exits 1" [ "$status" -eq 1 ]
ok "one fails: KTAP" is_ktap
ok "one fails: the other passes" results "ok 1 mthp_khugepaged
not ok 2 mthp_races # exit=1"

stand_in mthp_races 4 race
try "$rv" -t order,race
ok "one skips: passes" [ "$status" -eq 0 ]
ok "one skips: KTAP" is_ktap
ok "one skips: says so" grep -q "^ok 2 mthp_races # SKIP" "$work/out"

stand_in mthp_khugepaged 4 order
try "$rv" -t order,race
ok "all skip: exits 4" [ "$status" -eq 4 ]
ok "all skip: KTAP" is_ktap

stand_in mthp_races 1 race
try "$rv" -t order,race
ok "one skips, one fails: exits 1" [ "$status" -eq 1 ]

# shellcheck disable=SC2016 # the stand-in kills itself
stand_in mthp_races '$(kill -9 $$)' race
try "$rv" -t race
ok "killed: exits 1" [ "$status" -eq 1 ]
ok "killed: KTAP" is_ktap
ok "killed: says by what" grep -q "^not ok 1 mthp_races # exit=137" "$work/out"

stand_in mthp_races 2 race
try "$rv" -t race
ok "any other code is a failure" [ "$status" -eq 1 ]

# Mistakes.

rm -f "$work"/*.args
try "$rv" -t nope
ok "unknown category" refused "no such category: nope"
try "$rv" -t order,nope
ok "unknown category among others" refused "no such category: nope"
for empty in "" "," " "; do
	try "$rv" -t "$empty"
	ok "-t '$empty': no category is not all of them" refused "no category"
done
for pattern in 'o.*r' '*' '?rder' '[a-z]*'; do
	try "$rv" -t "$pattern"
	ok "-t '$pattern': a pattern is no category" refused "no such category"
done
# shellcheck disable=SC2016 # it must not expand, here or there
try "$rv" -t '$(touch x)'
ok "a command is no category" refused "no such category"
try "$rv" -x
ok "unknown option" refused "Usage:"
try "$rv" -t
ok "-t without a category" refused "Usage:"
try "$rv" order
ok "a stray word" refused "'order'"
ok "none of these ran a test" [ ! -e "$work/mthp_khugepaged.args" ]

rm "$work/mthp_khugepaged" "$work/mthp_races"
try "$rv"
ok "no program at all: says what to build" refused "is not built"
try "$rv" -h
ok "no program at all: -h works" [ "$status" -eq 0 ]

finish
