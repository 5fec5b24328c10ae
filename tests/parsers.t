#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What others make of the output: prove, the kernel's kunit.py and, where it is installed,
# python3-tap count the same passes, failures and skips as the output itself.
set -u
. "${0%/*}/tap.sh"
. "${0%/*}/native.sh"

ksrc=$("$TOP/vm/headers.sh" 2>"$work/err") || {
	sed 's/^/# /' "$work/err"
	echo "1..0 # SKIP no kernel tree with kunit.py"
	exit 0
}
kunit=$ksrc/tools/testing/kunit/kunit.py

# Number of lines at the left edge of the log.
count_lines()
{
	grep -cE "$1" "$work/log"
}

skip_line='^ok [0-9]+ .*# SKIP'

# counts: what the log says of itself.
counts()
{
	failed=$(count_lines '^not ok ')
	skipped=$(count_lines "$skip_line")
	passed=$(($(count_lines '^ok ') - skipped))
	planned=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$work/log")
}

kunit_counts()
{
	line=$(grep 'Testing complete\. Ran' "$work/out" | tail -n 1)
	for kind in passed failed skipped crashed errors; do
		number=$(echo "$line" | sed -n "s/.*$kind: \([0-9]*\).*/\1/p")
		printf '%s ' "${number:-0}"
	done
}

# accepted NAME COMMAND...: its stdout is the log.
accepted()
{
	case_name=$1
	shift
	run "$@"
	cp "$work/out" "$work/log"
	counts
	ok "$case_name: plain ASCII" sh -c "! LC_ALL=C grep -qP '[^\t\x20-\x7e]' '$work/log'"
	ok "$case_name: one plan, all of it ran" [ "$((passed + failed + skipped))" = "$planned" ]

	try prove -e cat "$work/log"
	ok "$case_name: prove: no parse error" sh -c "! grep -q 'Parse errors' '$work/out' '$work/err'"
	ok "$case_name: prove: number of tests" \
		grep -qE "^Files=1, Tests=$planned,|^Files=1, Tests=0,.*NOTESTS" "$work/out"
	if [ "$failed" -eq 0 ]; then
		ok "$case_name: prove: passes" [ "$status" -eq 0 ]
	else
		ok "$case_name: prove: fails" grep -q "Failed: $failed)" "$work/out"
	fi
	if [ "$skipped" -gt 0 ] && [ "$failed" -eq 0 ]; then
		try prove -v -e cat "$work/log"
		ok "$case_name: prove: skips" [ "$(grep -cE "$skip_line" "$work/out")" -eq "$skipped" ]
	fi

	if [ -f "$kunit" ]; then
		try timeout 60 python3 "$kunit" parse "$work/log"
		ok "$case_name: kunit.py: the same totals, no error" \
			[ "$(kunit_counts)" = "$passed $failed $skipped 0 0 " ]
	else
		skip "$case_name: kunit.py: the same totals" "no kunit.py in this kernel tree"
	fi

	if /usr/bin/python3 -c 'import tap.parser' 2>/dev/null; then
		cat >"$work/count.py" <<-'PYTHON'
			import sys
			from tap.parser import Parser
			passed = failed = skipped = unknown = 0
			for line in Parser().parse_file(sys.argv[1]):
			    if line.category == "unknown":
			        unknown += 1
			    if line.category == "test":
			        if not line.ok:
			            failed += 1
			        elif line.skip:
			            skipped += 1
			        else:
			            passed += 1
			print(passed, failed, skipped, unknown)
		PYTHON
		try /usr/bin/python3 "$work/count.py" "$work/log"
		# Before that line it may warn of modules that it does without.
		ok "$case_name: python3-tap: the same totals, no unknown line" \
			[ "$(tail -n 1 "$work/out")" = "$passed $failed $skipped 0" ]
	else
		skip "$case_name: python3-tap: the same totals" "python3-tap is not installed"
	fi
}

accepted "passing" "$program"
ok "passing: the program's own totals" \
	grep -q "^# Totals: pass:$passed fail:$failed xfail:0 xpass:0 skip:$skipped error:0$" "$work/log"
ok "passing: none failed, some passed" [ "$failed" -eq 0 -a "$passed" -gt 0 ]

# A kernel that counts no mappings: page after page seems to be somebody else's.
# shellcheck disable=SC2016 # the shell inside expands it
accepted "failing" unshare -m --propagation private sh -ec \
	'mount --bind /dev/null /proc/kpagecount; exec "$0"' "$program"
ok "failing: the program's own totals" \
	grep -q "^# Totals: pass:$passed fail:$failed xfail:0 xpass:0 skip:$skipped error:0$" "$work/log"
ok "failing: some failed, some passed" [ "$failed" -gt 0 -a "$passed" -gt 0 ]

# The rules of a generation that this kernel is not: tables differ, drawn as two maps.
case $("$program" --probe) in
*"generation: none"*) other=mainline ;;
*) other=v10 ;;
esac
accepted "failing with maps" "$program" --model "$other" --test pmd_limit_with_mthp --test "$quick"
ok "failing with maps: there are maps" grep -q "^#  *[0-9]* expected " "$work/log"
ok "failing with maps: one failed, one passed" [ "$passed" -eq 1 -a "$failed" -eq 1 ]
write_back "$work/machine"

sed 's/^\(MemAvailable:\).*/\1 1024 kB/' /proc/meminfo >"$work/meminfo"
# shellcheck disable=SC2016
accepted "all skipped" unshare -m --propagation private sh -ec \
	'mount --bind "$1" /proc/meminfo; exec "$0" --test "$2"' "$program" "$work/meminfo" "$quick"
ok "all skipped: none passed" [ "$passed" -eq 0 -a "$skipped" -gt 0 ]

accepted "run_vmtests.sh" "$suite/run_vmtests.sh"
accepted "run_vmtests.sh, one category" "$suite/run_vmtests.sh" -t madvise
accepted "run_vmtests.sh, nothing there" "$suite/run_vmtests.sh" -t race

# Skipped whole: a plan of nothing, with the reason.
chmod 755 "$work"
cp "$program" "$work/copy"
run setpriv --reuid 65534 --regid 65534 --clear-groups "$work/copy"
cp "$work/out" "$work/log"
try prove -e cat "$work/log"
ok "no root: prove: passes" [ "$status" -eq 0 ]
ok "no root: prove: shows the reason" grep -q "skipped: needs root" "$work/out"

# A run that is broken off must not look like one that ended.
# shellcheck disable=SC2016
run unshare -m --propagation private sh -ec \
	'echo many >"$1"; mount --bind "$1" "$2"; exec "$0"' "$program" "$work/garbage" \
	"$thp/khugepaged/max_ptes_none"
cp "$work/out" "$work/log"
try prove -e cat "$work/log"
ok "bail out: prove: fails" [ "$status" -ne 0 ]
ok "the settings are those from before" settings_are "$work/machine"

finish
