#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Print the first and the last of the seeds that a job takes: seeds.sh INDEX JOBS FIRST LAST
# Job INDEX of JOBS, counted from 1; together they take all of FIRST to LAST, each seed once,
# and no job more than one seed more than another.
set -eu

die()
{
	echo "seeds.sh: $*" >&2
	exit 1
}

[ $# -eq 4 ] || die "usage: seeds.sh INDEX JOBS FIRST LAST, such as seeds.sh 3 100 1 14400"
for number in "$@"; do
	# Nine digits, so that no product overflows.
	case $number in
	'' | *[!0-9]* | ??????????*) die "'$number': give a number of at most nine digits" ;;
	0?*) die "'$number': give it without leading zeros" ;;
	esac
done
index=$1 jobs=$2 first=$3 last=$4
[ "$jobs" -ge 1 ] || die "no jobs: give at least 1"
if [ "$index" -lt 1 ] || [ "$index" -gt "$jobs" ]; then
	die "job $index of $jobs: jobs are counted from 1 to $jobs"
fi
[ "$first" -le "$last" ] || die "seeds $first to $last: the first is above the last"
seeds=$((last - first + 1))
[ "$seeds" -ge "$jobs" ] || die "$seeds seeds for $jobs jobs: a job would have none, give more seeds"

echo "$((first + (index - 1) * seeds / jobs)) $((first + index * seeds / jobs - 1))"
