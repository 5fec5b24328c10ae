#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Run a job start to end, with lava-run on a QEMU device on this machine, and check what it
# reports: check.sh INSTALLED [OPTION OF job.sh]...
# INSTALLED is a folder that `make install` filled. From the environment: KERNEL, ACCEL, CPUS,
# and TEST_DEFINITIONS, where Linaro's are cloned from.
set -eu
. "${0%/*}/../../vm/common.sh"

[ $# -ge 1 ] || die "usage: check.sh INSTALLED [OPTION OF job.sh]..."
installed=$1
shift
[ "$(id -u)" -eq 0 ] || die "needs root: lava-run does"
lava=$TOP/fleet/lava

id=$$
dir=$BUILD/fleet/job-$id
mkdir -p "$dir/files"
# Where lava-run keeps its files is not for us to say.
spool=/var/lib/lava/dispatcher/tmp
had=$spool
while [ ! -d "$had" ]; do had=${had%/*}; done

pid=
# shellcheck disable=SC2317
cleanup()
{
	if [ -n "$pid" ]; then
		kill "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	fi
	rm -rf "$dir/files" "${spool:?}/$id"
	folder=$spool
	while [ "$folder" != "$had" ] && rmdir "$folder" 2>/dev/null; do folder=${folder%/*}; done
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

"$lava/dispatcher.sh"
"$lava/artifacts.sh" "${KERNEL:-latest}" "$installed" "$dir/files"
"$lava/job.sh" ${TEST_DEFINITIONS:+-g "$TEST_DEFINITIONS"} "$@" "file://$dir/files" \
	>"$dir/job.yaml"

# What a server would put into the device.
CPU=$(sed -n "s/^  cpu: '\(.*\)'/\1/p" "$dir/job.yaml") \
OPTIONS=$(sed -n 's/^  extra_options: \[\(.*\)\]/\1/p' "$dir/job.yaml") \
ACCEL=${ACCEL:-tcg} awk '{
	if (match($0, /@[A-Z]+@/))
		$0 = substr($0, 1, RSTART - 1) ENVIRON[substr($0, RSTART + 1, RLENGTH - 2)] \
			substr($0, RSTART + RLENGTH)
	print
}' "$lava/device.yaml.in" >"$dir/device.yaml"

note "job $id: lava-run, its log is $dir/log.yaml"
uptime
start=$now
status=0
"$lava/dispatcher.sh" --job-id "$id" --output-dir "$dir/output" --device "$dir/device.yaml" \
	"$dir/job.yaml" >"$dir/stdout" 2>"$dir/log.yaml" </dev/null &
pid=$!
wait "$pid" || status=$?
pid=
uptime
seconds=$(echo "$start $now" | awk '{ printf "%.0f", $2 - $1 }')

why()
{
	/usr/bin/python3 "$lava/log.py" results "$dir/log.yaml" | grep ' fail$' >&2 || :
	tail -n 3 "$dir/log.yaml" | cut -c 1-300 >&2
}
[ "$status" -eq 0 ] || {
	why
	die "lava-run ended with status $status: see $dir/log.yaml"
}
/usr/bin/python3 "$lava/log.py" results "$dir/log.yaml" >"$dir/results"
grep -qx 'lava/job pass' "$dir/results" || {
	why
	die "the job did not pass: see $dir/log.yaml"
}
/usr/bin/python3 "$lava/log.py" ktap "$dir/log.yaml" "$dir/ktap" >"$dir/programs"

# Each test that a program printed was reported, and nothing else was.
printed=$(xargs -d '\n' grep -hE '^(not )?ok [0-9]+ ' <"$dir/programs" | wc -l)
programs=$(wc -l <"$dir/programs")
# Of a program itself, and of its tests.
reported=$(grep -cE '^[0-9]+_mthp/([^/]*/)?mthp_mthp_(khugepaged|explore|races)' "$dir/results") || :
failed=$(grep -E '^[0-9]+_mthp/' "$dir/results" | grep -vcE ' (pass|skip)$') || :
note "job $id: $seconds s, programs $programs, tests $printed, reported $reported, failed $failed"
[ "$printed" -gt 0 ] || die "the programs printed no test: see $dir/log.yaml"
[ "$reported" -eq $((printed + programs)) ] ||
	die "$printed tests of $programs programs were printed, $reported reported: see $dir/results"
[ "$failed" -eq 0 ] || {
	grep -E '^[0-9]+_mthp/' "$dir/results" | grep -vE ' (pass|skip)$' >&2
	die "$failed tests failed: see $dir/results"
}
note "passed: $dir/results"
