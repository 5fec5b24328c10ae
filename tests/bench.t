#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The bench: its options and mistakes; on this machine's kernel, a few measurements of the
# PMD size, that leave everything as it was however they end.
set -u
. "${0%/*}/tap.sh"
. "${0%/*}/native.sh"

# A copy of its own, so that no_process_left() knows what is ours.
bench=$work/mthp_bench
cp "$suite/mthp_bench" "$bench" || exit 1
limit=60
pmd=$("$program" --probe | sed -n 's/^PMD order: \([0-9]*\) .*/\1/p')
order=each_order.order_$pmd

refused()
{
	failed_with 1 "$1" && ! grep -q '^ok\|^1\.\.' "$work/out"
}

# figure PATTERN: a line for people.
figure()
{
	grep -Eq "^# $1" "$work/out"
}

passed()
{
	[ "$status" -eq 0 ] && grep -q "^ok 1 $1\$" "$work/out"
}

# is_json FILE: nothing but lines of it, each with what programs read.
is_json()
{
	python3 - "$1" <<-'P'
	import json, sys
	KEYS = {"kernel", "version", "machine", "page_kb", "pmd_order", "clock", "measure", "case",
	        "ranges", "values", "latencies"}
	def refuse(word):
	    raise ValueError(word)
	lines = open(sys.argv[1], encoding="ascii").read().splitlines()
	for line in lines:
	    figure = json.loads(line, parse_constant=refuse)
	    assert KEYS <= figure.keys() <= KEYS | {"left", "left_hash", "left_folios"}, line
	    assert figure["values"] and all(figure["values"].values()), line
	    for bins in figure["latencies"].values():
	        assert bins and all(times > 0 for below, times in bins), line
	assert lines
	P
}

# json EXPRESSION: true of each line of $work/json, "f".
json()
{
	python3 -c 'import json, sys
sys.exit(not all(eval(sys.argv[2], {"f": json.loads(line)}) for line in open(sys.argv[1])))' \
		"$work/json" "$1"
}

# The lines of JSON among the diagnostics, to $work/json.
printed_json()
{
	sed -n 's/^# {/{/p' "$work/out" >"$work/json"
}

measures_or_ended()
{
	grep -q 'RUN .*\.process' "$work/run-out" || zombie "$supervisor"
}

run "$bench" --help
ok "--help: exits 0" [ "$status" -eq 0 ]
for option in ranges rate clock json test timeout restore; do
	ok "--help names --$option" grep -q -e "--$option" "$work/out"
done
long=$(grep -o -e '^ *--[a-z]*' "$work/out" | tr -d ' ' | sort | tr '\n' ' ')
ok "this test knows every long option of its own" [ "$long" = \
	"--categories --clock --json --model --probe --ranges --rate --restore --rows --test --timeout " ]

for number in 0 -1 x 1x 65537 99999999999999999999 ""; do
	run "$bench" --ranges "$number"
	ok "--ranges '$number': refused" refused "^--ranges $number: not a number from 1 to 65536$"
done
for number in 0 -1 x 1000001; do
	run "$bench" --rate "$number"
	ok "--rate '$number': refused" refused "^--rate $number: not a number from 1 to 1000000$"
done
for name in "" Time hours; do
	run "$bench" --clock "$name"
	ok "--clock '$name': refused" refused \
		"^--clock $name: there are time, emulated and instructions$"
done
run "$bench" --json "$work/none/figures"
ok "--json to a folder that is not there: refused" refused "none/figures: No such file"
run "$bench" --json "$work"
ok "--json to a folder: refused" refused "Is a directory"
run "$bench" --ranges
ok "no number: refused" refused "requires an argument"
run "$bench" --test ORD-1
ok "a row of another program: refused" refused "no test checks ORD-1"

# Full ranges that nothing was collapsed of are what a scan takes longest for.
full=scan.one_hole.pmd_size
run "$bench" -r $full --ranges 32 --json "$work/json"
if [ "$status" -eq 4 ] && grep -q '^1\.\.0 # SKIP\|^ok 1 .*# SKIP .* khugepaged cannot be seen' "$work/out"; then
	skip "runs" "$(sed -n 's/.*# SKIP //p' "$work/out")"
	finish
	exit
fi
ok "a scan: passes" passed $full
ok "a scan: of base pages" figure 'scan one_hole.pmd_size.settled, 32 ranges: .* ns/range .*; left p'
ok "a scan: as JSON" is_json "$work/json"
ok "a scan: two figures" [ "$(wc -l <"$work/json")" -eq 2 ]
ok "a scan: of so many ranges, by a clock that is none given" json \
	'f["ranges"] == 32 and f["clock"] == "time" and f["measure"] == "scan"'
ok "a scan: each sample" json 'len(f["values"]["ns/range"]) == 15'
ok "a scan: on this machine" json "f['kernel'] == '$(uname -r)' and f['machine'] == '$(uname -m)' and \
	f['page_kb'] * 1024 == $(getconf PAGESIZE) and f['pmd_order'] == $pmd"
grep -q '"PTEs/range"' "$work/json" || ok "a scan: without trace events of the PTEs laid out" \
	json '[unit for unit in f["values"] if "PTE" in unit] == ["ns/PTE laid out"]'

cp "$work/json" "$work/before"
run "$bench" -r "$order.base_pages" --ranges 2 --json "$work/json"
ok "a collapse: passes" passed "$order.base_pages"
ok "a collapse: to the PMD" figure "collapse order_$pmd.base_pages, 2 ranges: .* ns/page .* MB/s .*; left H"
ok "--json: adds to a file" [ "$(wc -l <"$work/json")" -eq 3 ]
ok "--json: leaves what is there" [ "$(head -n 2 "$work/json")" = "$(cat "$work/before")" ]
ok "--json: all is JSON" is_json "$work/json"

run "$bench" -r "$order.base_pages" --ranges 2 --clock instructions --json -
printed_json
ok "--clock instructions: passes" passed "$order.base_pages"
ok "--clock instructions: units of it" figure 'collapse .* instructions/page'
ok "--clock instructions: no other" [ "$(grep -c ' ns/\|"ns/\|MB/s' "$work/out")" -eq 0 ]
ok "--json -: printed as diagnostics" is_json "$work/json"
ok "--clock instructions: in JSON" json 'f["clock"] == "instructions"'
run "$bench" -r "$order.base_pages" --ranges 2 --clock emulated --json -
printed_json
ok "--clock emulated: in JSON, of its nanoseconds" \
	json 'f["clock"] == "emulated" and "ns/page" in f["values"] and "MB/s" not in f["values"]'
run "$bench" -r "$order.base_pages" --ranges 2 --clock time
ok "--clock time: as without" figure 'collapse .* ns/page'
ok "no --json: no JSON" [ "$(grep -c '{' "$work/out")" -eq 0 ]

run "$bench" -r "$order.process" --ranges 4 --rate 1000 --json -
printed_json
ok "a process: passes" passed "$order.process"
ok "a process: beside collapses" figure "process order_$pmd, 4 ranges: .*/page fault beside.* folios/s"
ok "a process: as JSON, with its latencies" is_json "$work/json"
ok "a process: each act, alone and beside" json 'sorted(f["latencies"]) == sorted(
	what + with_ for what in ("turn", "page fault", "mmap+munmap", "read")
	for with_ in (" alone", " beside"))'
run "$bench" -r "$order.process" --ranges 4 --rate 4 --json -
printed_json
ok "--rate: is not exceeded" json 'f["values"]["folios/s"][0] < 6'

run "$bench" -r "$order.gain_alternating" --ranges 2 --json -
printed_json
ok "a gain: passes" passed "$order.gain_alternating"
ok "a gain: before and after" figure "gain .*chase before.*chase after.* 100 % more memory; left H"
ok "a gain: as JSON" is_json "$work/json"

# What cannot be measured has no figure.
run "$bench" -r scan.full.pmd_size --ranges 65536 --json -
ok "more ranges than memory: skipped" grep -q '^ok 1 .*# SKIP not enough memory for the ranges$' "$work/out"
ok "more ranges than memory: no figure" [ "$(grep -c '{\|ranges:' "$work/out")" -eq 0 ]
ok "more ranges than memory: all skipped" [ "$status" -eq 4 ]
if [ -c /dev/full ]; then
	run "$bench" -r "$order.base_pages" --ranges 2 --json /dev/full
	ok "a full disk: fails" [ "$status" -eq 1 ]
	ok "a full disk: says so" figure '--json: No space left on device$'
else
	skip "a full disk" "no /dev/full"
fi

if "$program" --probe | grep -q '^generation: none'; then
	run "$bench" -t one_size --json -
	ok "without the feature: skipped" [ "$status" -eq 4 ]
	ok "without the feature: for that" [ "$(sed -n 's/^ok .*# SKIP //p' "$work/out" | sort -u)" = \
		"khugepaged of this kernel collapses to the PMD order only" ]
	ok "without the feature: no figure" [ "$(grep -c '{' "$work/out")" -eq 0 ]
else
	skip "without the feature" "this kernel has it"
fi
run "$bench" -r each_order.order_13.base_pages
[ "$pmd" -eq 13 ] || ok "an order that the machine lacks: skipped" [ "$status" -eq 4 ]
ok "the settings are as they were" settings_are "$work/machine"

# However it ends.
run "$bench" --timeout 1 --rate 1 -r "$order.process"
ok "--timeout: has the last word" grep -qx 'Bail out! not done after 1 seconds' "$work/out"
ok "--timeout: the settings are as they were" settings_are "$work/machine"
# Another run may come before it.
for attempt in 1 2 3 4 5; do
	start "$bench" --rate 1 -v "order_$pmd" --json "$work/killed"
	within 30 measures_or_ended
	grep -q "another run is alive" "$work/run-err" || break
done
ok "to be killed: measures, in $attempt runs" grep -q 'RUN .*\.process' "$work/run-out"
kill -9 "$supervisor"
ok "killed: ends" ended
run "$bench" --restore
ok "--restore: puts it back" grep -q restored "$work/out" "$work/err"
ok "--restore: exits 0" [ "$status" -eq 0 ]
ok "--restore: the settings are as they were" settings_are "$work/machine"
ok "killed: what was written is whole" is_json "$work/killed"
ok "no process is left" no_process_left
finish
