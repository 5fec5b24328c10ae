#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Print a job for LAVA: job.sh [OPTION]... URL
set -eu
. "${0%/*}/../../vm/common.sh"

usage()
{
	cat <<-EOF
		Usage: job.sh [OPTION]... URL
		Prints a job for a QEMU device of LAVA. URL is where it finds what artifacts.sh
		laid out: http://server/folder, or file:///folder for lava-run.

		  -n NAME           name of the job (default mthp)
		  -d TYPE           device type of the lab (default qemu)
		  -t NAME           only this program, as mthp:mthp_khugepaged
		  -e 'A="B" ...'    variables for the programs, such as
		                    KSELFTEST_MTHP_RACES_ARGS="--time 2"
		  -s FIRST-LAST     explore with these seeds, and nothing else,
		  -j INDEX/JOBS     of which this job takes its share (default 1/1),
		  -T SECONDS        each for so long (default 600, at most 900)
		  -m MINUTES        that the tests may take (default 60, or what the seeds need)
		  -g URL            Linaro's test-definitions, a git repository
		  -h                this text
	EOF
}

name=mthp type=qemu only='' variables='' seeds='' share='' time='' minutes='' repository=''
while getopts n:d:t:e:s:j:T:m:g:h option; do
	case $option in
	n) name=$OPTARG ;;
	d) type=$OPTARG ;;
	t) only=$OPTARG ;;
	e) variables=$OPTARG ;;
	s) seeds=$OPTARG ;;
	j) share=$OPTARG ;;
	T) time=$OPTARG ;;
	m) minutes=$OPTARG ;;
	g) repository=$OPTARG ;;
	h) usage && exit ;;
	*) die "see job.sh -h" ;;
	esac
done
shift $((OPTIND - 1))
[ $# -eq 1 ] || die "give one URL, and options before it: see job.sh -h"
url=${1%/}

# Both YAML and the shell of the device put them between single quotes.
for value in "$url" "$name" "$type" "$only" "$variables" "$repository"; do
	case $value in
	*"'"* | *"
"*) die "$value: it cannot have a single quote or a line end in it" ;;
	esac
done
case $url in
http://?* | https://?* | file:///?*) ;;
*) die "$url: give http://..., https://... or file:///..." ;;
esac
case $type in '' | *[!A-Za-z0-9._-]*) die "'$type' is no device type: see the lab's list" ;; esac
case $only in
'' | mthp:mthp_khugepaged | mthp:mthp_explore | mthp:mthp_races) ;;
*) die "$only: give mthp:mthp_khugepaged, mthp:mthp_explore or mthp:mthp_races" ;;
esac
[ "$DEB_ARCH" = amd64 ] || die "a job for $DEB_ARCH: there is a ramdisk for amd64 only"

# number VALUE FROM TO WHAT
number()
{
	case $1 in
	'' | *[!0-9]* | 0?* | ??????????*) die "$4 '$1': give a number from $2 to $3" ;;
	esac
	if [ "$1" -lt "$2" ] || [ "$1" -gt "$3" ]; then
		die "$4 $1: give a number from $2 to $3"
	fi
}
# run_kselftest.sh ends a program after the time in settings, and seeds have a boot of their own.
[ -z "$time" ] || number "$time" 1 900 "seconds for a seed:"
most=100000
[ -z "$minutes" ] || number "$minutes" 1 $most "minutes:"

[ -n "$seeds" ] || [ -z "$share$time" ] || die "-j and -T are about seeds: give -s too"
share=${share:-1/1} time=${time:-600}
first='' last=''
if [ -n "$seeds" ]; then
	[ -z "$only$variables" ] || die "-s is for the explorer alone: leave out -t and -e"
	case $seeds in ?*-?*) ;; *) die "seeds '$seeds': give FIRST-LAST, as 1-14400" ;; esac
	case $share in ?*/?*) ;; *) die "share '$share': give INDEX/JOBS, as 3/100" ;; esac
	range=$("$TOP/fleet/seeds.sh" "${share%%/*}" "${share#*/}" "${seeds%%-*}" "${seeds#*-}")
	first=${range% *} last=${range#* }
	if [ -z "$minutes" ]; then
		# A batch is finished, and the results are read: a minute more for each.
		minutes=$(((last - first + 1) * (time + 60) / 60 + 10))
		[ "$minutes" -le $most ] ||
			die "seeds $first to $last: $minutes minutes, more than $most: split them with -j"
	fi
fi
minutes=${minutes:-60}

# As run.sh has it: without these two, TCG copies and clears as a whole.
cpu=max
[ "${ACCEL:-tcg}" != tcg ] || cpu=max,-erms,-fsrm
mem=3072
options=$("$TOP/vm/nodes.sh" "${CPUS:-2}" "${mem}M" 48 | awk '
	{ printf "%s'\''%s'\''", (NR > 1 ? ", " : ""), $0 }')

# The definition without its comments, in the depth where the job has it, with the values.
definition()
{
	repository=${repository:-https://github.com/Linaro/test-definitions.git} \
	only=$only variables=$variables first=$first last=$last time=$time awk '
		/^ *#/ { next }
		/^params:/ { in_params = 1 }
		/^install:/ { in_params = 0 }
		in_params && /^  TST_CASENAME:/ { value("only") }
		in_params && /^  ENV:/ { value("variables") }
		in_params && /^  FIRST_SEED:/ { value("first") }
		in_params && /^  LAST_SEED:/ { value("last") }
		in_params && /^  SEED_TIME:/ { value("time") }
		/^    - https:/ { $0 = "    - '\''" ENVIRON["repository"] "'\''" }
		{ print ($0 == "" ? "" : "            " $0) }
		function value(of) { sub(/:.*/, ""); $0 = $0 ": '\''" ENVIRON[of] "'\''" }
	' "$TOP/fleet/lava/mthp.yaml"
}

DEFINITION=$(definition) NAME=$name DEVICE_TYPE=$type URL=$url CPU=$cpu OPTIONS=$options \
	MEMORY=$((mem + 48)) TEST_MINUTES=$minutes JOB_MINUTES=$((minutes + 40)) awk '
	# No gsub(): what stands in the value is nothing special.
	{
		line = $0
		while (match(line, /@[A-Z_]+@/)) {
			key = substr(line, RSTART + 1, RLENGTH - 2)
			printf "%s%s", substr(line, 1, RSTART - 1), ENVIRON[key]
			line = substr(line, RSTART + RLENGTH)
		}
		print line
	}' "$TOP/fleet/lava/job.yaml.in"
