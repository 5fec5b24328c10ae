#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# tests/run itself: no program may fail without being counted.
set -u
. "${0%/*}/tap.sh"

BUILD=$work/build
export BUILD

# judge NAME "N passed, N failed, N skipped" STATUS: of the program on stdin.
judge()
{
	{
		echo "#!/bin/sh"
		cat
	} >"$work/program"
	chmod +x "$work/program"
	try "$TOP/tests/run" "$work/program"
	ok "$1: counts" [ "$(tail -n 1 "$work/out")" = "$2" ]
	ok "$1: status" [ "$status" -eq "$3" ]
}

judge "good" "1 passed, 0 failed, 1 skipped" 0 <<'T'
echo "ok 1 a"; echo "ok 2 b # SKIP c"; echo 1..2
T
judge "bad" "1 passed, 1 failed, 0 skipped" 1 <<'T'
echo 1..2; echo "ok 1 a"; echo "not ok 2 b"; exit 1
T
judge "no plan" "1 passed, 1 failed, 0 skipped" 1 <<'T'
echo "ok 1 a"
T
judge "fewer than planned" "1 passed, 1 failed, 0 skipped" 1 <<'T'
echo 1..2; echo "ok 1 a"
T
judge "dies" "1 passed, 1 failed, 0 skipped" 1 <<'T'
echo 1..1; echo "ok 1 a"; kill -SEGV $$
T
judge "nothing" "0 passed, 1 failed, 0 skipped" 1 <<'T'
echo 1..0
T
judge "skipped whole" "0 passed, 0 failed, 1 skipped" 0 <<'T'
echo "1..0 # SKIP no root"
T
judge "all skipped, as kselftest ends" "0 passed, 0 failed, 1 skipped" 0 <<'T'
echo 1..1; echo "ok 1 a # SKIP b"; exit 4
T
TEST_TIMEOUT=1
export TEST_TIMEOUT
judge "hangs" "1 passed, 1 failed, 0 skipped" 1 <<'T'
echo 1..1; echo "ok 1 a"; sleep 60
T

# All: those that may run beside others are counted, too, and printed last.
mkdir -p "$work/all/tests"
cp "$TOP/tests/run" "$work/all/tests/"
for name in first last; do
	printf '#!/bin/sh\n%s\necho "ok 1 %s"; echo 1..1\n' "# $name" "$name" >"$work/all/tests/$name.t"
done
printf '#!/bin/sh\n# Beside others.\necho "not ok 1 beside"; echo 1..1; exit 1\n' \
	>"$work/all/tests/a.t"
chmod +x "$work/all/tests"/*.t
try "$work/all/tests/run"
ok "beside others: counts" [ "$(tail -n 1 "$work/out")" = "2 passed, 1 failed, 0 skipped" ]
ok "beside others: status" [ "$status" -eq 1 ]
ok "beside others: printed last" [ "$(grep -n '^not ok 1 beside' "$work/out" | cut -d: -f1)" -gt \
	"$(grep -n '^ok 1 last' "$work/out" | cut -d: -f1)" ]

try "$TOP/tests/run" no-such-test
ok "a name that is no test" [ "$status" -eq 1 ]

finish
