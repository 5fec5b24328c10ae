#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Every option of mthp_khugepaged does what --help says, and a mistake on the command
# line never ends in a run that passes.
set -u
. "${0%/*}/tap.sh"
. "${0%/*}/native.sh"

# Names of the tests that reported, one a line.
reported()
{
	sed -n 's/^\(not \)\{0,1\}ok [0-9]* \([^ ]*\).*/\2/p' "$work/out"
}

ran_only()
{
	reported >"$work/ran"
	[ -s "$work/ran" ] && ! grep -qvx "$1" "$work/ran"
}

ran_none_of()
{
	reported >"$work/ran"
	[ -s "$work/ran" ] && ! grep -qx "$1" "$work/ran"
}

# The plan, what reported, and a status that fits.
sound()
{
	reported >"$work/ran"
	grep -qx "1\.\.$(wc -l <"$work/ran")" "$work/out" || return 1
	skips=$(grep -c '^ok .*# SKIP' "$work/out")
	if [ "$skips" -eq "$(wc -l <"$work/ran")" ]; then
		[ "$status" -eq 4 ]
	else
		[ "$status" -eq 0 ]
	fi
}

# A message, status 1, and nothing on stdout that a parser could take for tests.
refused()
{
	failed_with 1 "$1" && ! grep -q '^ok\|^1\.\.' "$work/out"
}

select_with()
{
	pattern=$1
	shift
	run "$program" "$@"
	ok "$*: runs these" ran_only "$pattern"
	ok "$*: plan and status" sound
}

# Lists.

for option in -h --help; do
	run "$program" "$option"
	ok "$option: exits 0" [ "$status" -eq 0 ]
	ok "$option: nothing on stderr" [ ! -s "$work/err" ]
done
cp "$work/out" "$work/help"
for option in --test --rows --categories --probe --restore --model --timeout -h -l -d \
	-t -T -f -F -v -V -r; do
	ok "--help: names $option" grep -q -e "$option\>" "$work/help"
done

# A long option that is accepted but not in --help would go untested here.
long=$(grep -o -e '--[a-z]*' "$work/help" | sort -u | tr '\n' ' ')
ok "this test knows every long option of --help" [ "$long" = \
	"--categories --help --model --probe --restore --rows --test --timeout " ]

run "$program" -l
ok "-l: exits 0" [ "$status" -eq 0 ]
# The harness lists on stderr. Fixture, variant and test stand in columns; the first two
# are blank when they repeat, and there may be more variants than tests.
awk '/^#/ || /^---/ { next } { print $NF }' "$work/out" "$work/err" | sort -u >"$work/listed"
ok "-l: lists tests" grep -qx "$quick" "$work/listed"

run "$program" --rows
cp "$work/out" "$work/rows"
ok "--rows: exits 0" [ "$status" -eq 0 ]
ok "--rows: three columns" [ -z "$(awk -F '\t' 'NF != 3 || !$1 || !$2 || !$3' "$work/rows")" ]
ok "--rows: ids" [ -z "$(cut -f 1 "$work/rows" | grep -Evx '[A-Z]{3}-[0-9]+')" ]
ok "--rows: no line twice" [ -z "$(sort "$work/rows" | uniq -d)" ]

run "$program"
reported | sed 's/.*\.//' | sort -u >"$work/tests"
cut -f 2 "$work/rows" | sort -u >"$work/of_rows"
ok "no option: plan and status" sound
ok "--rows: every test is in it, and no other" cmp "$work/tests" "$work/of_rows"
ok "-l: every test is in it" [ -z "$(comm -23 "$work/tests" "$work/listed")" ]
reported >"$work/all"

run "$program" --categories
cp "$work/out" "$work/categories"
ok "--categories: exits 0" [ "$status" -eq 0 ]
ok "--categories: one word a line" [ -z "$(grep -Evx '[a-z]+' "$work/categories")" ]

run "$program" --probe
ok "--probe: exits 0" [ "$status" -eq 0 ]
for line in "page size" "PMD order" sizes generation kdamond swap KSM userfaultfd memcg NUMA tracefs; do
	ok "--probe: $line" grep -q "^${line}[^:]*: ." "$work/out"
done
generation=$(sed -n 's/^generation: //p' "$work/out")
pmd=order_$(sed -n 's/^PMD order: \([0-9]*\) .*/\1/p' "$work/out")

run "$program" --restore
ok "--restore: with nothing to restore, says so" said "nothing to restore"
ok "--restore: with nothing to restore, exits 0" [ "$status" -eq 0 ]

# --test, by each kind of name.

select_with "collapse\.$quick" --test "$quick"
select_with "collapse\.$quick" --test "collapse.$quick"
select_with "each_order\.$pmd\.full_range" --test "each_order.$pmd.full_range"
select_with "collapse\.\($quick\|pmd_limit_alone\)" --test "$quick" --test pmd_limit_alone
ok "--test: any number of them" [ "$(reported | wc -l)" -eq 2 ]

cut -f 1 "$work/rows" | sort -u >"$work/ids"
while read -r row; do
	run "$program" --test "$row"
	ok "--test $row: plan and status" sound
	awk -F '\t' -v row="$row" '$1 == row { print $2 }' "$work/rows" | sort -u >"$work/wanted"
	reported | sed 's/.*\.//' | sort -u >"$work/got"
	ok "--test $row: exactly the tests of the row" cmp "$work/wanted" "$work/got"
done <"$work/ids"

: >"$work/union"
while read -r category; do
	run "$program" --test "$category"
	ok "--test $category: plan and status" sound
	reported >>"$work/union"
done <"$work/categories"
sort -u "$work/union" >"$work/got"
sort -u "$work/all" >"$work/wanted"
ok "all categories together are all tests" cmp "$work/wanted" "$work/got"

# The harness's filters.

select_with "collapse\.$quick" -t "$quick"
select_with "collapse\..*" -f collapse
select_with ".*\.$pmd\..*" -v "$pmd"
select_with "each_order\.$pmd\.full_range" -r "each_order.$pmd.full_range"
run "$program" -T "$quick"
ok "-T: plan and status" sound
ok "-T: all but this" [ "$(reported | wc -l)" -eq $(($(wc -l <"$work/all") - 1)) ]
ok "-T: not this" ran_none_of "collapse\.$quick"
run "$program" -F each_order
ok "-F: not this fixture" ran_none_of "each_order\..*"
run "$program" -V "$pmd"
ok "-V: not this variant" ran_none_of ".*\.$pmd\..*"
select_with "collapse\.$quick" -d -t "$quick"

# Skipped whole is no pass.

if [ "$generation" = none ]; then
	run "$program" --test ORD-4
	ok "all skipped: exits 4" [ "$status" -eq 4 ]
	ok "all skipped: says so" grep -q '^ok 1 .*# SKIP ..*' "$work/out"
else
	skip "all skipped: exits 4" "this kernel skips no whole row"
fi
if [ "$pmd" != order_13 ]; then
	run "$program" --test each_order.order_13.full_range
	ok "an order that the machine lacks: exits 4" [ "$status" -eq 4 ]
else
	skip "an order that the machine lacks: exits 4" "this machine has all orders"
fi

# --model and --timeout.

for model in auto "$generation"; do
	select_with "collapse\.$quick" --model "$model" --test "$quick"
	ok "--model $model: the figures say which" grep -q "generation $generation$" "$work/out"
done
for model in none mainline v10; do
	run "$program" --model "$model" --probe
	ok "--model $model: is taken" grep -qx "generation: $model" "$work/out"
done
select_with "collapse\.$quick" --timeout 60 --test "$quick"

# Mistakes.

mistake()
{
	pattern=$1
	shift
	run "$program" "$@"
	ok "$*: refused" refused "$pattern"
}

mistake "unrecognized option '--nope'" --nope
mistake "invalid option -- 'x'" -x
mistake "'stray'" stray
mistake "'stray'" --test "$quick" stray
mistake "requires an argument" --test
mistake "requires an argument" -t
mistake "called nope" --test nope
mistake "no test, row or category is called" --test ""
mistake "no test" --test "$quick" --test nope
mistake "ORD-99" --test ORD-99
mistake "no test checks race" --test race
mistake "no test matches" --test collapse.nope
mistake "no test matches" -t nope
mistake "no test matches" -f nope
mistake "no test matches" -v nope
mistake "no test matches" -r collapse.nope
mistake "no test matches" -F collapse -F each_order -F unlisted
mistake "no such model: best" --model best
mistake "no such model" --model ""
for seconds in 0 -1 soon 1x 86401 99999999999999999999 ""; do
	mistake "number of seconds" --timeout "$seconds"
done
set --
while [ $# -lt 1200 ]; do
	set -- "$@" -t "$quick"
done
run "$program" "$@"
ok "more filters than there is room for: refused" refused "too many tests"

ok "the settings are those from before" settings_are "$work/machine"

finish
