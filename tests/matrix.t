#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Many kernels: what is made of logs, the tables in all their forms, what a guest that does not
# come to its end becomes, stopping and going on. Instead of QEMU a script plays the guest.
# Beside others.
set -u
. "${0%/*}/tap.sh"

BUILD=${BUILD:-$TOP/build}
export BUILD
run="$TOP/matrix/run.py"

# Logs as a program of the suite writes them.

# figures RELEASE MACHINE KB ORDER GENERATION
figures()
{
	echo "# figures: kernel $1 $2, page size $3 kB, PMD order $4, generation $5"
}

passing()
{
	cat <<-EOF
		TAP version 13
		1..4
		# Starting 4 tests from 1 test cases.
		#  RUN           each_order.order_2.full_range ...
		#            OK  each_order.order_2.full_range
		ok 1 each_order.order_2.full_range
		#  RUN           each_order.order_10.full_range ...
		#      SKIP      this machine has no anonymous folios of this order
		ok 2 each_order.order_10.full_range # SKIP this machine has no anonymous folios of this order
		#  RUN           collapse.split_pmd_folio ...
		# madvise: ${1:-copied}
		#            OK  collapse.split_pmd_folio
		ok 3 collapse.split_pmd_folio
		ok 4 collapse.same_advice_again # XFAIL a known defect
	EOF
	figures "${2:-7.3.4+deb13-cloud-amd64}" "${3:-x86_64}" "${4:-4}" "${5:-9}" mainline
}

failing()
{
	cat <<-EOF
		TAP version 13
		1..2
		#  RUN           collapse.hole_spoils_one_region ...
		# case 1 of 1
		# set up:   p*16 .~
		# settings: sizes 4=madvise
		# expected: p4 .~
		# seen:     p*16 .~
		#     0 expected 4---------------................................................
		#       seen     pppppppppppppppp................................................
		#                ^^^^^^^^^^^^^^^^
		#    64 both     ................................................................
		#                ... 6 more such lines
		# replay:   ./mthp_khugepaged --test collapse.hole_spoils_one_region
		not ok 1 collapse.hole_spoils_one_region
		ok 2 collapse.split_pmd_folio
	EOF
	figures 7.2.13 x86_64 4 9 mainline
}

# From its first lines on, what it was at when it ended is not known.
broken()
{
	echo "@vm@ begin 7.1.13 x86_64"
	passing | sed '/ok 2/,$d'
	echo "[   12.345678] Kernel panic - not syncing: Oops"
	echo "@vm@ verdict the guest's kernel panicked"
}

# As run_kselftest.sh prints it.
nested()
{
	echo "TAP version 13"
	echo "1..1"
	passing copied 6.12.107 aarch64 16 11 | sed 's/^/# /; s/generation mainline/generation none/'
	echo "ok 1 selftests: mthp: mthp_khugepaged"
}

report()
{
	try "$run" report -o "$work/report" "$@"
}

in_json()
{
	python3 -c "import json, sys
kernels = {kernel['name']: kernel for kernel in json.load(open(sys.argv[1]))['kernels']}
sys.exit(not ($1))" "${2:-$work/report/report.json}"
}

passing >"$work/passing.log"
failing >"$work/failing.log"
broken >"$work/broken.log"
nested >"$work/nested.log"

report "$work/passing.log" "$work/failing.log" "$work/broken.log" "$work/nested.log"
ok "logs: read, not all is well" [ "$status" -eq 1 -a ! -s "$work/err" ]
ok "logs: each kernel has its line" [ "$(sed '/^$/,$d' "$work/out" | \
	grep -cE '^(7\.3\.4 x|7\.2\.13 x|7\.1\.13 x|6\.12\.107 a)')" -eq 4 ]
ok "passing: counted" grep -qE '^7\.3\.4 x86_64 .* 1 +2 +0 +1 +1$' "$work/out"
ok "failing: counted" grep -qE '^7\.2\.13 x86_64 .* 1 +1 +0 +0$' "$work/out"
ok "failing: named" grep -qx '7.2.13 x86_64: collapse.hole_spoils_one_region failed: see failing' "$work/out"
ok "failing: its row too" grep -qE '^OCC-1 .*FAIL' "$work/out"
ok "broken off: says why" grep -q "^7.1.13 x86_64 .*did not finish: the guest's kernel panicked" \
	"$work/out"
ok "broken off: the last lines" grep -q '^  | \[   12.345678\] Kernel panic' "$work/out"
ok "broken off: what was running" \
	grep -qx '7.1.13 x86_64: each_order.order_10.full_range was running: see broken' "$work/out"
ok "broken off: rows of which nothing is known" grep -qE '^INP-1 .*lost' "$work/out"
ok "within another output: the same" grep -qE '^6\.12\.107 aarch64-16k +16k +11 +1 +2 +0 +1 +1$' \
	"$work/out"
ok "skips: the reason, how often, where" \
	grep -qx 'a: this machine has no anonymous folios of this order (1 test; 7.3.4 x86_64; 6.12.107 aarch64-16k)' "$work/out"
ok "text: plain ASCII" sh -c "! LC_ALL=C grep -q '[^ -~]' '$work/out'"
ok "text: the tables are at most 100 columns wide" sh -c "! grep -v ': ' '$work/out' | grep -qE '.{101}'"
ok "JSON: verdicts" in_json \
	"kernels['7.2.13 x86_64']['counts']['fail'] == 1 and kernels['7.1.13 x86_64']['troubles']"
ok "JSON: when, where, and of what suite" sh -c \
	"grep -q '\"suite\": \"[0-9a-f]' '$work/report/report.json' && grep -q '\"host\"' '$work/report/report.json'"
ok "JSON: what a test said" in_json \
	"'set up:   p*16 .~' in kernels['7.2.13 x86_64']['tests'][0]['said']"
ok "Markdown: as many cells in each line of a table" sh -c \
	"[ \$(grep '^|' '$work/report/report.md' | head -n 6 | tr -dc '|\n' | sort -u | wc -l) -eq 1 ]"

# The KTAP of all kernels, by those who read KTAP: 2 + 2 + 1 + 2 passed, the broken kernel and
# its running test failed, ...
ktap=$work/report/report.ktap
try prove -e cat "$ktap"
ok "KTAP: prove counts" grep -q '^Files=1, Tests=16,' "$work/out"
ok "KTAP: prove: what failed" grep -q 'Failed: 3)' "$work/out"
ksrc=$("$TOP/vm/headers.sh" 2>"$work/err")
try timeout 60 python3 "$ksrc/tools/testing/kunit/kunit.py" parse "$ktap"
ok "KTAP: kunit.py counts" grep -q 'Ran 16 tests: passed: 11, failed: 3, skipped: 2' "$work/out"
cat >"$work/count.py" <<-'PYTHON'
	import sys
	from tap.parser import Parser
	lines = list(Parser().parse_file(sys.argv[1]))
	tests = [line for line in lines if line.category == "test"]
	print(len(tests), sum(not line.ok for line in tests), sum(bool(line.skip) for line in tests),
	      sum(line.category == "unknown" for line in lines))
PYTHON
try /usr/bin/python3 "$work/count.py" "$ktap"
ok "KTAP: python3-tap counts, and knows every line" \
	[ "$(tail -n 1 "$work/out")" = "16 3 2 1" ]

# What must not be taken for a kernel that passed.
not_believed()
{
	report "$work/wrong.log"
	ok "$1: exit 1" [ "$status" -eq 1 ]
	ok "$1: says why" grep -q "did not finish: $2" "$work/out"
}
guest()
{
	echo "@vm@ begin 7.3.4 x86_64"
	passing
	[ $# -eq 0 ] || printf '@vm@ exit %s\n@vm@ end\n' "$1"
}
guest 0 >"$work/right.log"
report "$work/right.log"
ok "a guest that passed: exit 0" [ "$status" -eq 0 ]
guest >"$work/wrong.log"
not_believed "a guest without an end" "the guest did not come to its end"
guest 139 >"$work/wrong.log"
not_believed "a program that died behind its last test" "the program ended with status 139"
guest 1 >"$work/wrong.log"
not_believed "a status that no test explains" "the program ended with status 1, and no test failed"
passing | sed 's/^ok 3/ok 2/' >"$work/wrong.log"
not_believed "a test twice, another not at all" "1 of 4 tests did not report"
passing | sed 's/^1\.\.4/1..3/' >"$work/wrong.log"
not_believed "more tests than planned" "tests reported more than once"
passing | sed '/^1\.\.4/d' >"$work/wrong.log"
not_believed "no plan" "there is no plan"
passing | sed 's/^ok 4/ok 4 a[   12.345678] BUG: here/' >"$work/wrong.log"
not_believed "the kernel in the middle of a line" "1 of 4 tests did not report"
{ passing; echo "TAP version 13"; } >"$work/wrong.log"
not_believed "a program that never began" "there is no plan"
nested | sed 's/^ok 1 self/not &/' >"$work/wrong.log"
not_believed "a program that failed with all tests passed" "selftests: mthp: mthp_khugepaged: not ok"
nested | sed 's/^1\.\.1$/1..2/' >"$work/wrong.log"
not_believed "a program of two is missing" "1 of 2 tests did not report"
{ failing; nested; } >"$work/wrong.log"
report "$work/wrong.log"
ok "a failure before another output is not lost" grep -q "hole_spoils_one_region failed" "$work/out"
printf 'TAP version 13\n1..0 # SKIP needs root\n' >"$work/wrong.log"
report "$work/wrong.log"
ok "nothing but a skip: exit 1" [ "$status" -eq 1 ]
ok "nothing but a skip: the reason" grep -q '^a: needs root' "$work/out"
passing | sed 's/^ok 3.*/& # SKIP \x1b[31m<b>|/' >"$work/wrong.log"
report "$work/wrong.log"
ok "a terminal's codes do not reach one" sh -c "! grep -q '[^ -~]' '$work/out'"
ok "Markdown: what others wrote is text" sh -c "! grep -q '<b>' '$work/report/report.md'"

# Two logs of one kernel are one; two kernels of one version are two.
passing >"$work/same.log"
passing copied 7.3.4-own >"$work/own.log"
report "$work/passing.log" "$work/same.log" "$work/own.log"
ok "one log twice counts once" grep -qE '^7\.3\.4\+.* 2 +0 +1 +1$' "$work/out"
ok "one kernel, two logs: one line" [ "$(grep -cE '^7\.3\.4.* x86_64 .*k ' "$work/out")" -eq 2 ]
ok "two kernels, one version: the release" grep -q '^7\.3\.4-own x86_64' "$work/out"

# Wrong words.
report "$work/none.log"
ok "no such log" failed_with 1 "none.log: No such file"
report
ok "no log" failed_with 1 'say which logs, with LOGS='
: >"$work/empty.log"
report "$work/empty.log"
ok "an empty log did not finish" grep -q '^empty .*did not finish: there is no result' "$work/out"

for wrong in JOBS=0 JOBS=many PROGRAMS=none SERIES=1.2 ARCH=vax ARCH=amd64-16k; do
	try env ARCH=amd64 SERIES=7.3 "$wrong" "$run" matrix
	ok "matrix, $wrong: refused, and told" failed_with 1 "^matrix: .*${wrong#*=}[ :]"
done

# Comparing.
compare()
{
	try "$run" compare "$@"
}

compare "$work/passing.log" "$work/same.log"
ok "compare, alike: passes" [ "$status" -eq 0 ]
ok "compare, alike: says so" grep -qx 'no difference' "$work/out"
passing "in place" >"$work/inplace.log"
compare "$work/passing.log" "$work/inplace.log"
ok "compare, in place: exit 1" [ "$status" -eq 1 ]
ok "compare, in place: row and test" grep -qx 'INP-1: collapse.split_pmd_folio' "$work/out"
ok "compare, in place: both sides" [ "$(grep -cxE '    (A: madvise: copied|B: madvise: in place)' \
	"$work/out")" -eq 2 ]
ok "compare, in place: nothing else" [ "$(grep -c '^[A-Z]*-[0-9]' "$work/out")" -eq 1 ]
compare "$work/passing.log" "$work/failing.log"
ok "compare, failing: its verdict" grep -qx '    B: fail' "$work/out"
ok "compare, failing: what one does not have" grep -qx '    A: did not report' "$work/out"
compare "$work/passing.log" "$work/broken.log"
ok "compare, broken off: says why" grep -qx "B: did not finish: the guest's kernel panicked" \
	"$work/out"
passing | sed 's/^1\.\.4/&\n# moved, order 2: nr_anon 1/' | sed 's/^#  RUN .*split_pmd.*/&\n# moved, order 2: nr_anon 5/' \
	>"$work/moved.log"
compare "$work/passing.log" "$work/moved.log"
ok "compare, counters: what moved" grep -qx '    B: moved, order 2: nr_anon 5' "$work/out"
failing | sed 's/seen     pppp/seen     2---/' >"$work/other-map.log"
compare "$work/failing.log" "$work/other-map.log"
ok "compare, two failures: what was seen" grep -q '^    B:  *seen  *2---' "$work/out"
compare "$work/passing.log" "$work/none.log"
ok "compare: no such log, before anything else" failed_with 1 "B=.*none.log: no such file"
ok "compare: no such log, nothing else" one_line
printf 'TAP version 13\n\0' >"$work/image"
compare "$work/passing.log" "$work/image"
ok "compare: an image with such words is no log" failed_with 1 "is no kernel image"
compare "" ""
ok "compare, nothing: says how" failed_with 1 "with A= and B="

# Guests. The script writes what the guest would have: by the version in the path of the kernel.
cat >"$work/qemu" <<'EOF'
#!/bin/sh
while [ "$1" != -kernel ]; do
	shift
done
echo "$$" >>"$PLAY/begun"
case $2 in
*/7.1.*) name=old ;;
*) name=new ;;
esac
. "$PLAY/$name"
EOF
chmod +x "$work/qemu"
PLAY=$work/play
QEMU=$work/qemu
export PLAY QEMU

# play NAME: how the guest of that name is to be, from stdin.
play()
{
	mkdir -p "$PLAY"
	cat >"$PLAY/$1"
}

play_right()
{
	{
		echo 'cat <<"END"'
		echo "@vm@ begin $2 x86_64"
		passing copied "$2" | sed "s/generation mainline/generation $3/"
		echo "@vm@ exit 0"
		echo END
		echo 'echo "@vm@ end"'
	} | play "$1"
}

matrix()
{
	try env ARCH=amd64 SERIES="7.1 7.3" JOBS=1 "$@" "$run" matrix
}

# In a folder of its own: there may be a matrix of somebody's.
mkdir "$work/build" "$work/other"
cp -a "$BUILD/mm" "$BUILD/suite" "$work/build"
cp -a "$BUILD/mm" "$BUILD/suite" "$work/other"
BUILD=$work/build
here=$BUILD/matrix
# Nor are its guests waited for.
TURNS=$work/turns
export TURNS
play_right old 7.1.13 none
play_right new 7.3.4 mainline
matrix
ok "matrix: passes" [ "$status" -eq 0 ]
ok "matrix: a line for each guest" [ "$(grep -cE '^[12]/2 7\.[13]\.[0-9]+ amd64, mthp_khugepaged: 2' \
	"$work/err")" -eq 2 ]
ok "matrix: the table" [ "$(grep -cE '^7\.[13]\.[0-9]+ x86_64 +4k +9 +1 +2 +0 +1 +1 ' "$work/out")" -eq 2 ]
ok "matrix: all forms" [ -s "$here/matrix.html" -a -s "$here/matrix.json" -a \
	-s "$here/matrix.ktap" -a -s "$here/matrix.md" ]
ok "matrix: the page tells how to see it again" grep -q "7.3.4" "$here/matrix.html"
: >"$PLAY/begun"
matrix
ok "matrix, once more: all anew" [ "$(wc -l <"$PLAY/begun")" -eq 2 ]
: >"$PLAY/begun"
rm "$here/ended"
matrix
ok "not ended, nothing left to do: nothing is run" [ ! -s "$PLAY/begun" ]
rm "$here/ended"
matrix TESTS=nobody
ok "a test that nobody has: refused, and told" failed_with 1 "is called nobody"
ok "a test that nobody has: no guest" [ ! -s "$PLAY/begun" ]
matrix TIMEOUT=abc
ok "a guest that was refused: told" \
	grep -q "^7\.3.*did not finish: a time limit of 'abc'" "$work/out"
rm "$here/ended"
: >"$PLAY/begun"
matrix APPEND=quiet
ok "other settings: nothing is kept" [ "$(wc -l <"$PLAY/begun")" -eq 2 ]

# What the tables must not pass over.
sed -i 's/SKIP .*/SKIP no swap/' "$PLAY/new"
matrix
ok "a skip that the machine does not explain: told" \
	grep -q '^7\.3.*its machine is no reason to skip for this: no swap' "$work/out"
ok "a skip that the machine does not explain: exit 1" [ "$status" -eq 1 ]

play_right old 7.1.13 mainline
play_right new 7.3.4 none
matrix
ok "rules that the version does not have: told" \
	grep -q '^7\.1.*did not finish: the rules of mainline were taken for those of Linux 7\.1' \
	"$work/out"
ok "a feature that was not recognised: told" \
	grep -q '^7\.3.*did not finish: the rules of none were taken for those of Linux 7\.3' "$work/out"
ok "a feature that was not recognised: exit 1" [ "$status" -eq 1 ]
play_right old 6.12.107 none
play_right new 7.3.4 mainline
matrix
ok "another kernel than was wanted: told" grep -q '^7\.1.*did not finish: the guest ran 6\.12\.107' \
	"$work/out"

play old <<'EOF'
echo "[    1.000000] no root"
EOF
play new <<'EOF'
echo "@vm@ begin 7.3.4 x86_64"
echo "TAP version 13"
echo "1..4"
echo "[    1.000000] Out of memory: Killed process 1"
echo "[    1.000000] Kernel panic - not syncing: Attempted to kill init!"
EOF
matrix
ok "never up: a line, not a missing one" \
	grep -q '^7\.1.*did not finish: the guest died before it reached userspace' "$work/out"
ok "never up: its last lines" grep -q '^  | \[    1.000000\] no root' "$work/out"
ok "panic: told" grep -q "^7\.3.*did not finish: the guest's kernel panicked" "$work/out"
ok "out of memory: to be read" grep -q '^  | .*Out of memory' "$work/out"
ok "did not finish: exit 1" [ "$status" -eq 1 ]
play_right old 7.1.13 none
play new <<'EOF'
echo "@vm@ begin 7.3.4 x86_64"
sleep 60 &
wait
EOF
matrix HANG_TIMEOUT=1
ok "hangs: told" grep -q '^7\.3.*did not finish: the guest hangs' "$work/out"
ok "hangs: the other kernel is there" grep -qE '^7\.1\.[0-9]+ x86_64 +4k +9 +1 +2 ' "$work/out"

# Stopped half-way.
mkfifo "$PLAY/fifo"
play new <<'EOF'
echo "@vm@ begin 7.3.4 x86_64"
read -r _ <"$PLAY/fifo" &
wait
EOF
: >"$PLAY/begun"
env ARCH=amd64 SERIES="7.1 7.3" JOBS=1 "$run" matrix >"$work/out" 2>"$work/err" </dev/null &
matrix=$!
two_begun()
{
	[ "$(wc -l <"$PLAY/begun")" -ge 2 ]
}
nobody_plays()
{
	while read -r pid; do
		! kill -0 "$pid" 2>/dev/null || return 1
	done <"$PLAY/begun"
}
within 60 two_begun
try "$run" matrix
ok "a second one in the same folder: refused" failed_with 1 "another run writes to .*give BUILD="
kill -TERM "$matrix"
wait "$matrix"
ok "stopped: says nothing of a guest that was" sh -c "! grep -q 'did not finish' '$work/err'"
ok "stopped: no table of before is left" [ ! -e "$here/matrix.html" ]
ok "stopped: no guest is left" within 10 nobody_plays
play_right new 7.3.4 mainline
: >"$PLAY/begun"
matrix
ok "stopped, and on: says so" said "^going on: 1 of 2 are known"
ok "stopped, and on: only the rest" [ "$(wc -l <"$PLAY/begun")" -eq 1 ]
ok "stopped, and on: the whole table" \
	[ "$(grep -cE '^7\.[13]\.[0-9]+ x86_64 +4k +9 +1 +2 +0 +1 +1 ' "$work/out")" -eq 2 ]

# Two at once, each with a folder of its own: the guest of the second waits for that of the first.
begin_matrix()
{
	env ARCH=amd64 SERIES=7.3 JOBS=1 FRESH=1 BUILD="$1" "$run" matrix >"$1.out" 2>"$1.err" \
		</dev/null &
}

one_begun()
{
	[ "$(wc -l <"$PLAY/begun")" -eq 1 ]
}

# waits PID: the process does, for a lock.
waits()
{
	grep -q -e "-> FLOCK .* $1 " /proc/locks
}

{
	# shellcheck disable=SC2016
	echo 'read -r _ <"$PLAY/fifo"'
	cat "$PLAY/new"
} >"$PLAY/held"
cp "$PLAY/held" "$PLAY/new"
: >"$PLAY/begun"
begin_matrix "$work/other"
first=$!
ok "two at once: the first begins" within 60 one_begun
begin_matrix "$work/build"
second=$!
ok "two at once: the second waits" within 60 waits $second
ok "two at once: without a guest" one_begun
echo go >"$PLAY/fifo"
within 60 two_begun
echo go >"$PLAY/fifo"
wait $first
ok "two at once: the first passes" [ $? -eq 0 ]
wait $second
ok "two at once: the second passes" [ $? -eq 0 ]

finish
