#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The summary of a run, and what it takes the output for.
set -u
. "${0%/*}/tap.sh"

# A console log around the KTAP on stdin.
summary()
{
	{
		echo "[    0.1] some boot message"
		echo "@vm@ begin 7.2.0 x86_64"
		cat
		echo "@vm@ exit 0"
		echo "[    0.1] ok 1 in a kernel log is no test"
		echo "@vm@ end"
		echo "@vm@ seconds boot 2.5 run 30.1"
	} >"$work/console"
	try awk -f "$TOP/vm/summary.awk" -v replay="make run" -v console=C -v ktap=K "$work/console"
	cp "$work/out" "$work/err"
}

summary <<'T'
TAP version 13
1..4
ok 1 a
ok 2 b # SKIP no swap
ok 3 c # SKIP no swap
ok 4 d # XFAIL known
# figures: 41 ranges a second
T
ok "passed" [ "$status" -eq 0 ]
ok "counts" said "1 passed, 0 failed, 2 skipped, 1 xfailed$"
ok "skips are folded" said "2 x no swap"
ok "figures are copied" said "41 ranges"
ok "kernel" said "7.2.0"
ok "times" said "boot 2.5 s, suite 30.1 s"

summary <<'T'
TAP version 13
1..2
ok 1 a # SKIP none
ok 2 b # SKIP none
T
ok "all skipped is no pass" [ "$status" -eq 4 ]

summary <<'T'
TAP version 13
1..2
ok 1 a
T
ok "a test that did not report is a failure" [ "$status" -eq 1 ]
ok "and is counted" said "1 of 2 did not report"

summary <<'T'
TAP version 13
1..0
T
ok "no test at all is a failure" [ "$status" -eq 1 ]

{
	echo TAP version 13
	echo 1..120
	i=0
	while [ $i -lt 60 ]; do
		i=$((i + 1))
		echo "not ok $i fixture.test_$i # assertion"
		echo "ok $i other.test_$i # SKIP reason $i"
		echo "# figures: number $i"
	done
} | summary
ok "failed" [ "$status" -eq 1 ]
ok "no more than a screen" [ "$(wc -l <"$work/err")" -le 24 ]
ok "the first failure can be replayed" said "make run TESTS=fixture.test_1$"
ok "what is left out is counted" said "and 55 more"

summary <<'T'
TAP version 13
1..2
# replay:   ./mthp_explore 'p*16 .~; sizes 2; collapse'
not ok 1 one_size
ok 2 kernel_log
T
ok "a case of the explorer can be replayed" \
	said "make run ARGS=\"'p\*16 .~; sizes 2; collapse'\"$"

summary <<'T'
TAP version 13
1..1
# the same again: ./mthp_explore --time 5 --seed 7
not ok 1 some_sizes
T
ok "a run of the explorer can be repeated" \
	said "^Replay:  make run ARGS=\"--time 5 --seed 7\"$"

summary <<'T'
ORD-1	order.exact	one order
T
ok "a listing is judged by its status alone" [ "$status" -eq 0 ]

finish
