#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What fleet/ gives to others: YAML that can be read, jobs with what was asked for in them,
# seeds that are split without a gap, and what is made of a job's log. Beside others.
set -u
. "${0%/*}/tap.sh"

fleet=$TOP/fleet
job=$fleet/lava/job.sh
log=$fleet/lava/log.py
unset ARCH PAGE ACCEL CPUS

# Seeds. split JOBS FIRST LAST: what the jobs take, one after another.
split()
{
	index=1
	while [ $index -le "$1" ]; do
		"$fleet/seeds.sh" $index "$@" || return 1
		index=$((index + 1))
	done
}

# gapless FIRST LAST: each begins behind the one before, and none is much larger.
gapless()
{
	awk -v first="$1" -v last="$2" '
		$1 != (NR == 1 ? first : end + 1) || $2 < $1 { bad = 1 }
		{
			end = $2
			n = $2 - $1 + 1
			if (NR == 1 || n < min) min = n
			if (NR == 1 || n > max) max = n
		}
		END { exit bad || end != last || max - min > 1 }' "$work/out"
}

for case in "1 1 1" "1 5 9" "7 1 20" "7 0 6" "100 1 14400" "13 999999000 999999999" \
	"97 0 999999998"; do
	# shellcheck disable=SC2086
	try split $case
	ok "seeds, $case: no gap, none twice, shares alike" \
		gapless "$(echo "$case" | cut -d' ' -f2)" "$(echo "$case" | cut -d' ' -f3)"
done

# refuses NAME MESSAGE COMMAND...
refuses()
{
	refused=$1 message=$2
	shift 2
	try "$@"
	ok "$refused: refused, and says why" failed_with 1 "$message"
	ok "$refused: no output" [ ! -s "$work/out" ]
}
refuses "seeds, job 0" "counted from 1 to 4" "$fleet/seeds.sh" 0 4 1 10
refuses "seeds, job 5 of 4" "counted from 1 to 4" "$fleet/seeds.sh" 5 4 1 10
refuses "seeds, backwards" "the first is above the last" "$fleet/seeds.sh" 1 1 10 1
refuses "seeds, fewer than jobs" "3 seeds for 4 jobs" "$fleet/seeds.sh" 1 4 1 3
refuses "seeds, no number" "'x': give a number" "$fleet/seeds.sh" x 4 1 10
refuses "seeds, a huge number" "at most nine digits" "$fleet/seeds.sh" 1 4 1 12345678901
refuses "seeds, octal" "without leading zeros" "$fleet/seeds.sh" 08 10 1 10
refuses "seeds, too few arguments" "usage" "$fleet/seeds.sh" 1 4

refuses "job, no URL" "give one URL" "$job"
refuses "job, no such option" "see job.sh -h" "$job" -x http://lab/mthp
refuses "job, a path for a URL" "give http" "$job" /srv/mthp
refuses "job, a quote in the name" "single quote" "$job" -n "it's" http://lab/mthp
refuses "job, no such program" "give mthp:mthp_khugepaged" "$job" -t mthp:nope http://lab/mthp
refuses "job, a share of nothing" "give -s too" "$job" -j 3/100 http://lab/mthp
refuses "job, seconds for no seed" "give -s too" "$job" -T 300 http://lab/mthp
refuses "job, seconds in octal" "from 1 to 900" "$job" -s 1-9 -T 010 http://lab/mthp
refuses "job, more seeds than it has time for" "split them with -j" \
	"$job" -s 1-999999999 http://lab/mthp
refuses "job, a share that is none" "give INDEX/JOBS" "$job" -s 1-9 -j 3 http://lab/mthp
refuses "job, seeds that are none" "give FIRST-LAST" "$job" -s 19 http://lab/mthp
refuses "job, a share too many" "counted from 1 to 3" "$job" -s 1-9 -j 4/3 http://lab/mthp
refuses "job, a seed longer than a program may run" "from 1 to 900" \
	"$job" -s 1-9 -T 901 http://lab/mthp
refuses "job, seeds for another program" "leave out -t and -e" \
	"$job" -s 1-9 -t mthp:mthp_races http://lab/mthp
refuses "job, another architecture" "for amd64 only" env ARCH=arm64 "$job" http://lab/mthp
refuses "files, nothing installed" "make install INSTALL_PATH=" \
	"$fleet/lava/artifacts.sh" latest "$work" "$work/files"

if ! /usr/bin/python3 -c 'import yaml' 2>/dev/null; then
	skip "YAML" "python3-yaml is not installed"
	finish
	exit
fi

# yaml FILE EXPRESSION: of the file as d; of a job also the definition in it, and its params.
yaml()
{
	/usr/bin/python3 - "$@" <<-'PYTHON'
		import sys, yaml
		d = yaml.safe_load(open(sys.argv[1]))
		if "actions" in d:
		    definition = d["actions"][2]["test"]["definitions"][0]["repository"]
		    params = definition["params"]
		print(eval(sys.argv[2]))
	PYTHON
}
# is FILE EXPRESSION VALUE
is()
{
	try yaml "$1" "$2"
	printed "$3"
}

for file in "$fleet"/*/*.yaml; do
	try yaml "$file" "type(d).__name__"
	ok "${file#"$TOP/"}: can be read" printed dict
done

"$job" http://lab/mthp >"$work/job.yaml" 2>"$work/err"
ok "job: the three steps of a job" \
	is "$work/job.yaml" "[*map(lambda a: [*a][0], d['actions'])]" "['deploy', 'boot', 'test']"
try grep -n '@[A-Z_]*@' "$work/job.yaml"
ok "job: nothing is left to fill in" [ "$status" -eq 1 ]
ok "job: is for the collection" is "$work/job.yaml" "params['TST_CMDFILES']" mthp
ok "job: no seeds, as a string" is "$work/job.yaml" "repr(params['FIRST_SEED'])" "''"
ok "job: fetches the kernel" is "$work/job.yaml" \
	"d['actions'][0]['deploy']['images']['kernel']['url']" http://lab/mthp/vmlinuz
ok "job: the tarball lands where the definition looks for it" is "$work/job.yaml" \
	"d['actions'][0]['deploy']['images']['ramdisk']['overlays']['suite']['path'] == \
	params['TARBALL']" True
ok "job: the definition is the one that is shipped" [ "$(yaml "$work/job.yaml" \
	"definition['run']")" = "$(yaml "$fleet/lava/mthp.yaml" "d['run']")" ]
yaml "$work/job.yaml" "'\n'.join(definition['run']['steps'])" >"$work/steps"
try sh -n "$work/steps"
ok "job: its steps are shell" [ "$status" -eq 0 ]

"$job" -n night -d lab-qemu -g /srv/definitions -s 1-14400 -j 3/100 -T 300 -m 77 \
	file:///srv/mthp/ >"$work/job.yaml" 2>"$work/err"
ok "job of a share: its seeds" is "$work/job.yaml" \
	"params['FIRST_SEED'] + ' ' + params['LAST_SEED']" "$("$fleet/seeds.sh" 3 100 1 14400)"
ok "job of a share: seconds for each" is "$work/job.yaml" "params['SEED_TIME']" 300
ok "job of a share: its name and device type" is "$work/job.yaml" \
	"d['job_name'] + ' ' + d['device_type']" "night lab-qemu"
ok "job of a share: the time of the tests" is "$work/job.yaml" \
	"d['actions'][2]['test']['timeout']['minutes']" 77
ok "job of a share: no time is longer than the job's" is "$work/job.yaml" \
	"max(t['minutes'] for a in d['actions'] for t in [[*a.values()][0]['timeout']]) \
	<= d['timeouts']['job']['minutes']" True
ok "job of a share: the test definitions of the lab" is "$work/job.yaml" \
	"definition['install']['git-repos']" "['/srv/definitions']"

"$job" -d on -t mthp:mthp_races -e 'A="--time 2" B="x & \ y"' http://lab \
	>"$work/job.yaml" 2>"$work/err"
ok "job of a program: its device type is a string" is "$work/job.yaml" "d['device_type']" on
ok "job of a program: which" is "$work/job.yaml" "params['TST_CASENAME']" mthp:mthp_races
ok "job of a program: its variables, as they were given" is "$work/job.yaml" "params['ENV']" \
	'A="--time 2" B="x & \ y"'

# KernelCI: what is scheduled is what there is.
ok "KernelCI: the job that is scheduled is defined" is "$fleet/kernelci/jobs.yaml" "[*d['jobs']]" \
	"$(yaml "$fleet/kernelci/scheduler.yaml" "[s['job'] for s in d['scheduler']]")"
ok "KernelCI: runs the collection" is "$fleet/kernelci/jobs.yaml" \
	"d['jobs']['kselftest-mthp']['params']['collections']" mthp
ok "KernelCI: of the tree that has the suite, and of no other" is "$fleet/kernelci/jobs.yaml" \
	"d['jobs']['kselftest-mthp']['rules']['tree']" "['mthp']"
ok "KernelCI: on QEMU, of LAVA" is "$fleet/kernelci/scheduler.yaml" \
	"str(d['scheduler'][0]['platforms']) + d['scheduler'][0]['runtime']['type']" "['qemu']lava"

# Logs, of lava-run and of a server.
cat >"$work/log.yaml" <<'EOF2'
{"dt": "1", "lvl": "info", "msg": "start"}
{"dt": "2", "lvl": "target", "msg": "# timeout set to 960"}
{"dt": "2", "lvl": "target", "msg": "# selftests: mthp: mthp_explore"}
{"dt": "3", "lvl": "target", "msg": "# TAP version 13"}
{"dt": "3", "lvl": "debug", "msg": "# not the device"}
{"dt": "3", "lvl": "target", "msg": "# 1..1\r"}
{"dt": "4", "lvl": "target", "msg": "# # drawn:    p4"}
{"dt": "4", "lvl": "target", "msg": "# ok 1 corpus"}
{"dt": "5", "lvl": "target", "msg": "ok 1 selftests: mthp: mthp_explore"}
{"dt": "6", "lvl": "results", "msg": {"case": "mthp_mthp_explore", "definition": "0_mthp", "set": "seed-1", "result": "pass"}}
{"dt": "6", "lvl": "results", "msg": {"case": "job", "definition": "lava", "result": "fail"}}
EOF2
sed 's/^/- /' "$work/log.yaml" >"$work/server.yaml"
for file in log server; do
	try /usr/bin/python3 "$log" results "$work/$file.yaml"
	ok "$file.yaml: the results, with their set" printed \
		"0_mthp/seed-1/mthp_mthp_explore pass
lava/job fail"
	try /usr/bin/python3 "$log" ktap "$work/$file.yaml" "$work/ktap"
	ok "$file.yaml: a file for a program" printed "$work/ktap/$file-mthp_explore-1.ktap"
	try cat "$work/ktap/$file-mthp_explore-1.ktap"
	ok "$file.yaml: as the program printed it" printed "TAP version 13
1..1
# drawn:    p4
ok 1 corpus"
done

# ended_with NAME OUTER INNER LAST: a program that printed INNER, of which run_kselftest.sh
# says OUTER; the last line of its file is LAST.
ended_with()
{
	sed -e "s|# ok 1 corpus|# $3|" -e "s|ok 1 selftests.*mthp_explore\"|$2\"|" \
		"$work/log.yaml" >"$work/ended.yaml"
	try /usr/bin/python3 "$log" ktap "$work/ended.yaml" "$work/ktap"
	try tail -n 1 "$work/ktap/ended-mthp_explore-1.ktap"
	ok "$1" printed "$4"
}
crashed="not ok 1 selftests: mthp: mthp_explore # exit=139"
ended_with "crashed after its last test: it bails out" "$crashed" "ok 1 corpus" \
	"Bail out! $crashed"
ended_with "a test failed: that is what it says" "$crashed" "not ok 1 corpus" "not ok 1 corpus"
ended_with "bailed out: says so once" "$crashed" "Bail out! no root" "Bail out! no root"
ended_with "all was skipped: no failure" "ok 1 selftests: mthp: mthp_explore # SKIP" \
	"ok 1 corpus # SKIP no swap" "ok 1 corpus # SKIP no swap"

# The line where the first of two programs ends is lost.
{
	sed '/ok 1 selftests/d' "$work/log.yaml"
	cat "$work/log.yaml"
} >"$work/lost.yaml"
try /usr/bin/python3 "$log" ktap "$work/lost.yaml" "$work/ktap"
ok "an end is lost: two programs are two files" printed "$work/ktap/lost-mthp_explore-1.ktap
$work/ktap/lost-mthp_explore-2.ktap"
try tail -n 1 "$work/ktap/lost-mthp_explore-1.ktap"
ok "an end is lost: its program bails out" printed \
	"Bail out! the log has lost where the program ended"
try cmp "$work/ktap/lost-mthp_explore-2.ktap" "$work/ktap/log-mthp_explore-1.ktap"
ok "an end is lost: the next program is whole" [ "$status" -eq 0 ]

head -n 6 "$work/log.yaml" >"$work/short.yaml"
try /usr/bin/python3 "$log" ktap "$work/short.yaml" "$work/ktap"
try tail -n 1 "$work/ktap/short-mthp_explore-1.ktap"
ok "a job that was broken off: its program bails out" printed \
	"Bail out! the job ended before the program did"
{
	cat "$work/short.yaml"
	echo '{"dt": "1", "lvl": "tar'
} >"$work/cut.yaml"
try /usr/bin/python3 "$log" results "$work/cut.yaml"
ok "a log that is cut off: says where" failed_with 1 "line 7: cut off"
try /usr/bin/python3 "$log" results "$0"
ok "no log: says so" failed_with 1 "is no log of a LAVA job"
try /usr/bin/python3 "$log" ktap "$work/nope" "$work"
ok "no file: says so" failed_with 1 "No such file"
head -n 1 "$work/log.yaml" >"$work/empty.yaml"
try /usr/bin/python3 "$log" ktap "$work/empty.yaml" "$work/ktap"
ok "nothing ran: says so" failed_with 1 "no program of the suite ran"

finish
