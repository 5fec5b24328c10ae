#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The wrong kernels of bugs/: their heads and patches; not what the suite says of them, which
# takes long: make bugs. Beside others.
set -u
. "${0%/*}/tap.sh"

bugs=$TOP/bugs
try "$bugs/run.py" --list
ok "--list" [ "$status" -eq 0 ]
ok "there are 40 at least" [ "$(wc -l <"$work/out")" -ge 40 ]
# Of a rule with a group of its own: REG-6 userfaultfd, REG-7 guard regions, REG-8 mlock,
# REG-11 soft-dirty, and so on.
for group in ORD- OCC- VET-2 VET-3 VET-4 VET-5 REG-1 REG-3 REG-4 REG-5 REG-7 REG-8 REG-9 REG-11 \
	SHR- VMA- MAD-1 MAD-2 DAT-1 DAT-2 DAT-3 DAT-4 CRP- FAL-1 FAL-2 RAC-; do
	ok "$group: two at least" [ "$(grep -cE " ${group}[0-9 ]" "$work/out")" -ge 2 ]
done
ok "three equivalent ones at most" \
	[ "$(grep -l '^// Equivalent:' "$bugs"/*.cocci | wc -l)" -le 3 ]
mkdir "$work/bugs" "$work/vm"
cp "$TOP"/vm/*.py "$work/vm"
cp "$bugs"/*.py "$bugs/first-node.cocci" "$bugs/mlock-lost.cocci" "$work/bugs"
echo "// Bug: its head ends here" >"$work/bugs/half.cocci"
try "$work/bugs/run.py" --list
ok "--list, a head is broken: is told" \
	failed_with 1 "^bugs: $work/bugs/half.cocci: no line '// Places:'"
ok "--list, a head is broken: no other is" one_line
ok "--list, a head is broken: the others are listed" [ "$(wc -l <"$work/out")" -eq 2 ]
try "$bugs/run.py" no-such-bug
ok "a name that nobody has" failed_with 1 "no bug is called no-such-bug"
try env BUGS_JOBS=many "$bugs/run.py"
ok "a number of guests that is none" failed_with 1 "BUGS_JOBS=many: not a number"
try env PEER=other "$bugs/run.py"
ok "a peer that nobody has" failed_with 1 "PEER=other: there is only khugepaged"

for program in mthp_khugepaged mthp_races; do
	"$BUILD/suite/$program" --rows
done | cut -f 1 | sort -u >"$work/rows"
sed -n 's,^// Rows: ,,p' "$bugs"/*.cocci "$bugs"/generations/*.cocci | tr ' ' '\n' |
	grep -vx none | sort -u | comm -23 - "$work/rows" >"$work/out"
ok "every row that a bug names has a test" [ ! -s "$work/out" ]

# Whether the patches fit, and whether it is told when one does not.
cat >"$work/fits.py" <<'EOF'
import concurrent.futures
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path[:0] = [sys.argv[1], sys.argv[1] + "/../vm"]
from bug import V10, Bug, apply_patch, read_bugs
from children import Trouble


def trouble_of(bug):
    try:
        apply_patch(bug, pathlib.Path(sys.argv[2]))
    except Trouble as trouble:
        return f"{trouble}\n"
    return ""


bugs = [*read_bugs([]), Bug.read(V10)]
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    print("".join(pool.map(trouble_of, bugs)), end="")
bugs[0].head["Places"] = "7"
bugs[1].text = "@@\n@@\n- no_such_function();\n"
print(trouble_of(bugs[0]), trouble_of(bugs[1]), file=sys.stderr)
EOF
try python3 "$work/fits.py" "$bugs" "$("$TOP/vm/headers.sh")"
ok "every patch fits Debian's newest source" [ "$status" -eq 0 -a ! -s "$work/out" ]
ok "one that fits too little is told" said "changes . places of mm/.*, and its head says 7"
ok "one that fits nowhere is told" said "matches nothing in mm/"

# Heads with a mistake.
cat >"$work/heads.py" <<'EOF'
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path[:0] = [sys.argv[1], sys.argv[1] + "/../vm"]
from bug import Bug, read_bugs
from children import Trouble
from rows import Rows
from run import refuse_unknown_rows

HEAD = "// Bug: b\n// Seen: s\n// Rows: ORD-1\n// Source: mm/khugepaged.c\n// Places: 1\n"
path = pathlib.Path(sys.argv[2])
for mistake in (("Seen", "Sene"), ("// Seen: s\n", ""), ("Places: 1", "Places: 0"),
                ("mm/", "../mm/"), ("ORD-1", "ORD-1, ORD-2"), ("b", "b")):
    path.write_text(HEAD.replace(*mistake))
    try:
        refuse_unknown_rows([Bug.read(path)], Rows())
        print("right")
    except Trouble as trouble:
        print(str(trouble).replace(str(path.parent), ""))
print(len(read_bugs(["first-node.cocci"])))
EOF
try python3 "$work/heads.py" "$bugs" "$work/my.cocci"
while read -r expected; do
	ok "a head: $expected" grep -qxF "$expected" "$work/out"
done <<'EOF'
/my.cocci: a line '// Sene:', which has no meaning
/my.cocci: no line '// Seen:'
/my.cocci: Places: not a number from 1 on: 0
/my.cocci: Source: not files of a kernel tree: ../mm/khugepaged.c
my: Rows: there is no row ORD-1,
right
1
EOF

# What is made of a guest's output.
cat >"$work/outcomes.py" <<'EOF'
import sys

sys.dont_write_bytecode = True
sys.path[:0] = [sys.argv[1], sys.argv[1] + "/../vm"]
import peer
from children import Trouble
from guests import outcome_of

BEGIN = "TAP version 13\n1..2\n#  RUN           a.one ...\n"
PASSED = BEGIN + "ok 1 a.one\n"
FAILED = BEGIN + "# why\nnot ok 1 a.one\n"


def tell(name, ktap, verdict="", status=1):
    console = f"@vm@ verdict {verdict}\n" if verdict else ""
    try:
        outcome = outcome_of("suite", ktap, console, status)
        print(f"{name}: noticed {outcome.noticed} passed {outcome.passed} why {outcome.why!r}")
    except Trouble as trouble:
        print(f"{name}: trouble {trouble}")


tell("passed", PASSED, status=0)
tell("failed", FAILED)
tell("panic", BEGIN, "the guest's kernel panicked")
tell("panic between tests", PASSED, "the guest's kernel panicked")
tell("skipped before", BEGIN + "ok 1 a.one # SKIP why\n", "the guest's kernel panicked")
tell("complaint after a failure", FAILED, "the guest's kernel log complains (status 1)")
tell("QEMU died", BEGIN, "qemu-system-x86_64 failed (status 137)")
tell("too slow", BEGIN, "the guest took longer than TIMEOUT=900 s")
tell("never began", "", "the guest's kernel panicked")
tell("bail out", BEGIN + "Bail out! no swap\n")
tell("of luck", "TAP version 13\nnot ok 7 every_rule_reached\n")
tell("status alone", PASSED)
CALL = "@peer@ -c 2\n# Run test: a\n"
ENDED = "# Totals: 1\n"
print(peer.failures(CALL + "not ok 1 a\n" + ENDED + "@peer@ all\n# Run test: b\n"))
print(peer.failures(CALL + "Bail out! why\n" + ENDED))
print(peer.failures(CALL + "Bail out! why\n" + ENDED + CALL + ENDED))
EOF
try python3 "$work/outcomes.py" "$bugs"
while read -r expected; do
	ok "a guest: ${expected%%:*}" grep -qxF "$expected" "$work/out"
done <<'EOF'
passed: noticed [] passed 1 why ''
failed: noticed ['a.one'] passed 0 why 'why'
panic: noticed ['a.one'] passed 0 why "the guest's kernel panicked"
panic between tests: noticed ['suite'] passed 1 why "the guest's kernel panicked"
skipped before: noticed ['suite'] passed 0 why "the guest's kernel panicked"
complaint after a failure: noticed ['a.one'] passed 0 why "the guest's kernel log complains (status 1)"
QEMU died: trouble qemu-system-x86_64 failed (status 137)
too slow: trouble the guest took longer than TIMEOUT=900 s
never began: trouble suite never began: the guest's kernel panicked
bail out: trouble suite: Bail out! no swap
of luck: noticed [] passed 0 why ''
status alone: trouble suite ended with status 1, and no test failed
['-c 2: a', 'all: b did not end']
['-c 2: a']
[]
EOF
finish
