#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What `make install` lays out is a kselftest tree that needs nothing but itself: it works
# from any folder, and after it was moved.
set -u
. "${0%/*}/tap.sh"
. "${0%/*}/native.sh"

try timeout 300 make --no-print-directory -C "$TOP" install INSTALL_PATH="$work/first"
ok "make install: passes" [ "$status" -eq 0 ]
try make --no-print-directory -C "$TOP" install INSTALL_PATH=
ok "make install without a path: refuses" [ "$status" -ne 0 ]
ok "make install without a path: says what to give" said "INSTALL_PATH="

for file in run_kselftest.sh mthp/mthp_khugepaged mthp/mthp_explore mthp/mthp_races \
	mthp/mthp_bench mthp/run_vmtests.sh; do
	ok "$file: there, and executable" [ -x "$work/first/$file" ]
done
for file in kselftest-list.txt mthp/config mthp/settings kselftest/runner.sh; do
	ok "$file: there" [ -f "$work/first/$file" ]
done

# In a kernel tree the list has a line for each program, collection and name.
ok "the list names the program" grep -qx "mthp:mthp_khugepaged" "$work/first/kselftest-list.txt"
ok "the list names no measurement" [ "$(grep -c bench "$work/first/kselftest-list.txt")" -eq 0 ]
ok "the list names nothing else" [ "$(grep -cv '^mthp:mthp_' "$work/first/kselftest-list.txt")" -eq 0 ]

mkdir "$work/a folder"
mv "$work/first" "$work/moved"
cd "$work/a folder" || exit 1
run "$work/moved/run_kselftest.sh" -l
ok "run_kselftest.sh -l: lists the program" grep -qx "mthp:mthp_khugepaged" "$work/out"
run "$work/moved/run_kselftest.sh" -t mthp:nope
ok "an unknown test: refused" [ "$status" -eq 1 ]

# The runner opens its stdout anew and appends: into a file the two would overwrite each
# other, so there is a pipe between, as in the hands of a CI.
# shellcheck disable=SC2016 # the shell inside expands it
piped()
{
	run bash -c 'set -o pipefail; "$0" "$@" | cat' "$@"
}

# What the runner passes on to a program is in the environment, by the program's name.
with_args()
{
	piped env KSELFTEST_MTHP_KHUGEPAGED_ARGS="$1" KSELFTEST_MTHP_EXPLORE_ARGS="--time 1" \
		"$work/moved/run_kselftest.sh" -c mthp
}

with_args "--test $quick"
ok "a test that passes: passes" [ "$status" -eq 0 ]
ok "a test that passes: says so" grep -q "^ok 1 selftests: mthp: mthp_khugepaged$" "$work/out"
ok "a test that passes: ran" grep -q "^# ok 1 collapse\.$quick" "$work/out"
ok "the explorer: ran, with its corpus" grep -q "^# ok 1 corpus" "$work/out"
ok "the explorer: passes" grep -q "^ok 2 selftests: mthp: mthp_explore$" "$work/out"
ok "the time limit is that of the suite" \
	grep -q "^# timeout set to $(sed -n 's/^timeout=//p' "$work/moved/mthp/settings")$" "$work/out"
# Else nobody would learn from the output that it was the time.
own=$("$program" --help | sed -n 's/.*--timeout.*(default \([0-9]*\)).*/\1/p')
ok "the program gives up before its runner does" \
	[ "$own" -lt "$(sed -n 's/^timeout=//p' "$work/moved/mthp/settings")" ]

with_args "--test collapse.nope"
ok "a test that does not exist: fails" [ "$status" -eq 1 ]
ok "a test that does not exist: says so" grep -q "^not ok 1 selftests: mthp: mthp_khugepaged # exit=1$" "$work/out"

sed 's/^\(MemAvailable:\).*/\1 1024 kB/' /proc/meminfo >"$work/meminfo"
# shellcheck disable=SC2016 # the shell inside expands it
piped env KSELFTEST_MTHP_KHUGEPAGED_ARGS="--test $quick" unshare -m --propagation private \
	sh -ec 'mount --bind "$1" /proc/meminfo; exec "$0" -c mthp' \
	"$work/moved/run_kselftest.sh" "$work/meminfo"
ok "a test that is skipped: says so" \
	grep -q "^ok 1 selftests: mthp: mthp_khugepaged # SKIP$" "$work/out"
ok "an explorer without memory: says so" \
	grep -q "^ok 2 selftests: mthp: mthp_explore # SKIP$" "$work/out"

run "$work/moved/mthp/run_vmtests.sh" -t madvise
ok "run_vmtests.sh, from elsewhere: passes" [ "$status" -eq 0 ]

# The time limit is the supervisor's sign to clean up, if the runner is the one to give it.
piped env KSELFTEST_MTHP_KHUGEPAGED_ARGS=-d "$work/moved/run_kselftest.sh" -c mthp -o 0.1
ok "the runner's time limit: fails" [ "$status" -eq 1 ]
ok "the runner's time limit: no process is left" no_process_left
ok "the settings are those from before" settings_are "$work/machine"

finish
