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
for group in ORD OCC VET REG SHR VMA MAD DAT FAL RAC; do
	ok "$group: two at least" [ "$(grep -c " $group-" "$work/out")" -ge 2 ]
done
ok "three equivalent ones at most" \
	[ "$(grep -l '^// Equivalent:' "$bugs"/*.cocci | wc -l)" -le 3 ]
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
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import run


def trouble_of(bug):
    with tempfile.TemporaryDirectory() as to:
        try:
            run.apply_patch(bug, pathlib.Path(sys.argv[2]), to)
        except run.Trouble as trouble:
            return str(trouble)
    return ""


bugs = [*run.read_bugs([]), run.Bug.read(run.V10)]
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    print("".join(f"{trouble}\n" for trouble in pool.map(trouble_of, bugs) if trouble), end="")
bugs[0].head["Places"] = "7"
print(trouble_of(bugs[0]), file=sys.stderr)
EOF
try python3 "$work/fits.py" "$bugs" "$("$TOP/vm/headers.sh")"
ok "every patch fits Debian's newest source" [ "$status" -eq 0 -a ! -s "$work/out" ]
ok "one that does not is told" said "^.* changes . places of mm/.*, not 7: it does not fit"
finish
