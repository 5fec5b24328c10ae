#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What is made of the bench's figures: tables, ratios and when they are no verdict, saved runs,
# runs in turn, and what is told of what was not measured. Instead of QEMU a script plays the
# guest. Beside others.
set -u
. "${0%/*}/tap.sh"

BUILD=${BUILD:-$TOP/build}
export BUILD
suite=$BUILD/suite

# record MEASURE CASE VALUES [LEFT]: a line as mthp_bench writes it, of the kernel $release.
release=7.3.4 gcc=14 clock=instructions
record()
{
	printf '%s' "{\"kernel\":\"$release\",\"version\":\"Linux version $release (x@y)" \
		" (x86_64-linux-gnu-gcc-$gcc (Debian $gcc.2.0-19) $gcc.2.0, GNU ld) #1\"," \
		"\"machine\":\"x86_64\",\"page_kb\":4,\"pmd_order\":9,\"clock\":\"$clock\"," \
		"\"measure\":\"$1\",\"case\":\"$2\",\"ranges\":16,\"left\":\"${4:-p*512}\",\"left_hash\":\"${4:-p*512}\"," \
		"\"values\":{$3},\"latencies\":{\"read beside\":[[128,7],[4096,1]]}}"
	echo
}

# figures SCAN PAGE [LEFT]: what a range's scan takes with all sizes on, and a page of order 4.
figures()
{
	record scan full.all_sizes.settled "\"instructions/range\":[$1],\"PTEs/range\":[512],\"allocations/range\":[0]" "${3:-}"
	record scan full.pmd_size.settled '"instructions/range":[500,501,499],"PTEs/range":[512]'
	record collapse order_4.base_pages "\"instructions/page\":[$2],\"allocations/folio\":[1]" 'p4*32'
	record collapse order_9.base_pages '"instructions/page":[100],"allocations/folio":[1]' H
	record process order_9 '"instructions/read alone":[10],"instructions/read beside":[11],"waits/range read":[0.7],"instructions waited/range read":[70000],"instructions longest read":[90000]'
	record gain order_9.full '"instructions/chase before":[4],"instructions/chase after":[4],"% more memory":[0]'
	record growth_scan sparse.all_sizes.settled '"instructions/range":[40]'
}

# saved FILE RUN...: runs, each "SCAN PAGE [LEFT]", as an earlier bench wrote them.
saved()
{
	file=$1
	shift
	for run in "$@"; do
		# shellcheck disable=SC2086 # two or three words
		figures $run
		echo
	done | /usr/bin/python3 -c '
import json, sys
runs = [list(map(json.loads, run.splitlines())) for run in sys.stdin.read().strip().split("\n\n")]
json.dump({"made": {}, "runs": runs}, open(sys.argv[1], "w"))' "$work/$file"
}

mkdir "$work/build"
BUILD=$work/build
cp -a "$suite" "$BUILD"
bench()
{
	try "$TOP/bench/run.py" "$@"
}

both()
{
	bench vm "$work/$1" "$work/$2"
}

# cell LINE COLUMN: of a table of ratios, the ratio.
cell()
{
	grep -E "^$1  " "$work/out" | head -n 1 | sed -E 's/ +\(/(/g; s/^[^0-9-]*[0-9]*  +//' |
		awk -v column="$2" '{ print $column }'
}

saved a.json "1000 2000" "1010 2000" "990 2000"
saved same.json "1000 2000" "1010 2000" "990 2000"
both a.json same.json
ok "itself: passes" [ "$status" -eq 0 ]
ok "itself: nothing differs" grep -q ', from 1.000 to 1.000, of 3 pairs of runs; \* 0 are off' "$work/out"
ok "itself: no mark" sh -c "! grep -q ')[*#]' '$work/out'"
ok "what the counts are worth" grep -q '^Counts of instructions of an emulated CPU, not times' "$work/out"

saved slow.json "1200 2000" "1210 2000" "1190 2000"
both a.json slow.json
ok "slower in each pair: the ratio, its spread, a mark" [ "$(cell 'full, settled' 1)" = \
	'1.200(1.198-1.202)*' ]
ok "slower: counted, and no more than there are" grep -q \
	'^15 ratios, .*\* 1 are off by more than 5 %' "$work/out"
ok "chance makes no ratio" sh -c "! grep -q 'B/A.*wait\|longest read' '$work/out'"
ok "chance is told, with its spread" grep -qE \
	'^9, read +0.7 \(0.7-0.7\) +0.7 \(0.7-0.7\) +70000 \(70000-70000\)' "$work/out"
ok "slower: among the largest, with A and B" grep -qE \
	'^scan full.all_sizes.settled +16 +instructions/range +1000 +1200 +1.200 ' "$work/out"
ok "all is in the Markdown, and chance too" grep -q '| 9, read | .*70000' "$BUILD/bench/bench.md"
ok "a page is written" grep -q '<svg' "$BUILD/bench/bench.html"

saved once.json "1200 2000" "1000 2000" "1200 2000"
both a.json once.json
ok "slower in two of three pairs: told, no mark" [ "$(cell 'full, settled' 1)" = \
	'1.200(0.990-1.212)' ]
figures 1000 2000 | grep -v collapse >"$work/lacks"
figures 1000 2000 >"$work/has"
/usr/bin/python3 -c '
import json, sys
runs = [list(map(json.loads, open(name))) for name in sys.argv[2:]]
json.dump({"made": {}, "runs": runs}, open(sys.argv[1], "w"))' "$work/hole.json" "$work/lacks" "$work/has" "$work/has"
saved order.json "1000 4000" "1000 2000" "1000 2000"
both hole.json order.json
ok "a run that lacks a figure: the others stay in their pairs" [ "$(cell 'order 4' 1)" = \
	'1.000(1.000-1.000)' ]
saved one.json "1200 2000"
saved one-a.json "1000 2000"
both one-a.json one.json
ok "one pair: no verdict" grep -q 'of 1 pair of runs; one says nothing of chance' "$work/out"
ok "one pair: no mark" sh -c "! grep -q ')[*]' '$work/out'"

saved other.json "1000 2000 p8" "1000 2000 p8" "1000 2000 p8"
both a.json other.json
ok "another table is left: marked" [ "$(cell 'full, settled' 1)" = '1.000(0.990-1.010)#' ]
ok "another table is left: told" grep -q '^# 1 figure of which A and B leave other tables' "$work/out"
ok "another table is left: which" grep -q '| p\*512 | p8 |$' "$BUILD/bench/bench.md"

gcc=16
saved gcc.json "1000 2000"
gcc=14
both one-a.json gcc.json
ok "another compiler: told" grep -q '^other compilers built them' "$work/out"
ok "another compiler: which" grep -q 'built by gcc-16; 1 run$' "$work/out"
clock=emulated
saved emulated.json "1000 2000"
clock=instructions
both one-a.json emulated.json
ok "another clock: told" grep -q '^their clocks differ' "$work/out"
figures 1000 2000 | grep -v process >"$work/lines.json"
both one-a.json lines.json
ok "lines of --json are figures, too" [ "$status" -eq 0 ]
ok "what only one has" grep -qx 'only A has process order_9 16' "$work/out"

# Bad input.
echo '{"runs": [[{"kernel": 1}]]}' >"$work/bad.json"
for what in bad.json no-such.json; do
	both a.json $what
	ok "$what: refused" failed_with 1 "^bench: B=.*$what: no"
	ok "$what: nothing else" one_line
done
bench vm "$work/a.json" ""
ok "one kernel of two: refused" failed_with 1 "with A= and B=; B is missing"
bench vm "$work/a.json"
ok "one operand: refused" failed_with 1 "two kernels can be compared"
bench native "$work/a.json" "$work/a.json"
ok "two kernels on this machine: refused" failed_with 1 "in guests"
bench elsewhere
ok "nowhere: refused" [ "$status" -ne 0 ]
for setting in RUNS=0 RUNS=x JOBS=0 KERNEL=no/such KERNEL=9.9 ICOUNT=maybe; do
	try env "$setting" "$TOP/bench/run.py" vm
	ok "$setting: refused" failed_with 1 "^bench: .*${setting#*=}"
	ok "$setting: no trace of Python" sh -c "! grep -q Traceback '$work/err'"
done
try env TESTS=nobody "$TOP/bench/run.py" vm
ok "a test that nobody has: refused at once" failed_with 1 "is called nobody"
try env ARGS="--rate none" "$TOP/bench/run.py" vm
ok "an option with a wrong value: refused at once" failed_with 1 "--rate none: not a number"
try env ARGS=--help "$TOP/bench/run.py" vm
ok "ARGS=--help: the usage, and no guest" grep -q '^Usage: .*mthp_bench' "$work/out"
bench vm bug:nobody "$work/a.json"
ok "a bug that nobody has: refused" failed_with 1 "nobody"

# Guests. The script writes what the guest would have, and remembers which kernel it was.
cat >"$work/qemu" <<'EOF2'
#!/bin/sh
echo "$*" >>"$PLAY/called"
while [ "$1" != -kernel ]; do
	shift
done
. "$PLAY/guest"
EOF2
chmod +x "$work/qemu"
PLAY=$work/play QEMU=$work/qemu TURNS=$work/turns
export PLAY QEMU TURNS
mkdir "$PLAY"
image=$("$TOP/vm/kernel.sh" 7.3)
cp "$image" "$work/bzImage-a"
cp "$image" "$work/bzImage-b"

# guest PROGRAM-OUTPUT: a guest that prints it, and ends with 0.
guest()
{
	{
		echo 'cat <<"END"'
		echo "@vm@ begin $release x86_64"
		printf '%s\n' "$1"
		echo "# figures: kernel $release x86_64, page size 4 kB, PMD order 9, generation mainline"
		echo "@vm@ exit ${2:-0}"
		echo END
		echo 'echo "@vm@ end"'
	} >"$PLAY/guest"
	: >"$PLAY/called"
}

good=$(printf 'TAP version 13\n1..2\n%s\nok 1 scan.full.all_sizes\n%s\n' \
	"$(figures 1000 2000 | sed 's/^/# /')" \
	'ok 2 each_order.order_2.dtlb_is_counted # SKIP no counter of dTLB misses')
guest "$good"
in_turn()
{
	try env JOBS=1 "$@" "$TOP/bench/run.py" vm "$work/bzImage-a" "$work/bzImage-b"
}
in_turn
ok "in turn: passes" [ "$status" -eq 0 ]
ok "in turn: A B A B A B" [ "$(grep -o 'bzImage-[ab]' "$PLAY/called" | tr -d '\n')" = \
	bzImage-abzImage-bbzImage-abzImage-bbzImage-abzImage-b ]
ok "in turn: instructions are counted" [ "$(grep -c 'icount' "$PLAY/called")" -eq 6 ]
ok "in turn: one node" sh -c "! grep -q 'numa node' '$PLAY/called'"
ok "in turn: a line for each" [ "$(grep -cE '^[1-6]/6 [AB], run [123] of 3: 7 figures' "$work/err")" -eq 6 ]
ok "in turn: what was skipped, and why" grep -qx 'skipped, 1 test: no counter of dTLB misses' "$work/out"
ok "in turn: kept" [ -s "$BUILD/bench/bench-A.json" -a -s "$BUILD/bench/bench-B.json" ]
cp "$BUILD/bench/bench-A.json" "$work/kept.json"
both kept.json kept.json
ok "what was kept can be an operand" grep -q 'of 3 pairs of runs' "$work/out"
guest "$good"
in_turn RUNS=1 ICOUNT=n
ok "ICOUNT=n: nothing is counted" sh -c "! grep -q icount '$PLAY/called'"
try env KERNEL="$work/bzImage-a" "$TOP/bench/run.py" vm
ok "one kernel: one run" [ "$(grep -c bzImage-a "$PLAY/called")" -eq 2 ]
ok "one kernel: its tables" grep -qx 'Collapse' "$work/out"
ok "one kernel: what the PMD order takes is 1" grep -qE '^9, base pages +100 +1.00 ' "$work/out"

guest "$(printf 'TAP version 13\n1..1\n# nothing was collapsed to order 4: p*512\nnot ok 1 each_order.order_4.holes\n%s' \
	"$(figures 1 1 | sed 's/^/# /')")" 1
in_turn RUNS=1
ok "a measurement failed: exit 1" [ "$status" -eq 1 ]
ok "a measurement failed: which, and where" said '^bench: A-1: each_order.order_4.holes failed: see .*ktap-bench-A-1.log'
ok "a measurement failed: the others are shown" grep -q '^B/A: Scans' "$work/out"
echo 'echo "Kernel panic - not syncing"' >"$PLAY/guest"
in_turn RUNS=1
ok "no guest came to its end: exit 1" [ "$status" -eq 1 ]
ok "no guest came to its end: told" said '^bench: A-1: the guest'
ok "no guest came to its end: no trace of Python" sh -c "! grep -q Traceback '$work/err'"

finish
