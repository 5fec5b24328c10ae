#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Runs the programs of the suite, whole or by category, as one KTAP stream.
# The lines of a program stand behind "# ", as in the kernel's run_vmtests.sh.

ksft_pass=0
ksft_fail=1
ksft_skip=4

# Each category and the program that has it.
categories="
sanity		mthp_khugepaged
order		mthp_khugepaged
occupancy	mthp_khugepaged
veto		mthp_khugepaged
region		mthp_khugepaged
sharing		mthp_khugepaged
vma		mthp_khugepaged
madvise		mthp_khugepaged
inplace		mthp_khugepaged
memory		mthp_khugepaged
creep		mthp_khugepaged
failure		mthp_khugepaged
suspect		mthp_khugepaged
race		mthp_races
explore		mthp_explore
"

CDPATH='' cd -- "$(dirname "$0")" || exit $ksft_fail

list_categories()
{
	echo "$categories" | sed -n 's/^\([a-z]\{1,\}\).*/\1/p'
}

program_of()
{
	echo "$categories" | sed -n "s/^$1[[:space:]]*//p"
}

# What a category runs: "program --test category", or nothing if nobody has tests for it.
command_of()
{
	program=$(program_of "$1")
	[ -x "./$program" ] && "./$program" --categories | grep -Fqx "$1" &&
		echo "$program --test $1"
}

usage()
{
	cat <<EOF
Usage: run_vmtests.sh [-h] [-l] [-t CATEGORY[,CATEGORY]...]
Runs the mTHP khugepaged suite on this kernel; needs root.

  -t CATEGORY   only these categories, separated by commas; may be repeated
  -l            list the categories, and what each runs
  -h            this text

Categories: $(list_categories | tr '\n' ' ')
Exit code: 0 passed, 1 failed, 4 nothing but skipped.
EOF
}

set -f	# a category that somebody made up is no pattern
selected=
only=
list=
while getopts hlt: option; do
	case $option in
	h)	usage; exit 0 ;;
	l)	list=yes ;;
	t)	selected="$selected $(echo "$OPTARG" | tr , ' ')"
		only=yes ;;
	*)	usage >&2; exit $ksft_fail ;;
	esac
done
shift $((OPTIND - 1))
if [ $# -gt 0 ]; then
	echo "run_vmtests.sh: what is '$1'? Categories are named with -t" >&2
	exit $ksft_fail
fi

# The one that has most of the categories; without it there is nothing to run.
if [ ! -x ./mthp_khugepaged ]; then
	echo "run_vmtests.sh: mthp_khugepaged is not built in $PWD: make -C there, KSRC=..." >&2
	exit $ksft_fail
fi

if [ "$list" ]; then
	for category in $(list_categories); do
		printf '%-12s%s\n' "$category" "$(command_of "$category")"
	done
	exit 0
fi

[ "$only" ] || selected=$(list_categories)
if [ "$(echo "$selected" | wc -w)" -eq 0 ]; then
	echo "run_vmtests.sh: no category behind -t. There are:" \
		"$(list_categories | tr '\n' ' ')" >&2
	exit $ksft_fail
fi
for category in $selected; do
	if ! list_categories | grep -Fqx "$category"; then
		echo "run_vmtests.sh: no such category: $category. There are:" \
			"$(list_categories | tr '\n' ' ')" >&2
		exit $ksft_fail
	fi
done

# One run of a program for all of its categories.
programs=
skipped=
for category in $selected; do
	program=$(program_of "$category")
	if [ -z "$(command_of "$category")" ]; then
		skipped="$skipped $category"
		continue
	fi
	case " $programs " in
	*" $program "*) ;;
	*) programs="$programs $program" ;;
	esac
	eval "options_$program=\"\$options_$program --test $category\""
done

prefix()
{
	while IFS= read -r line || [ "$line" ]; do
		printf '# %s\n' "$line"
	done
}

# Runs a program, its output behind "# " on descriptor 4, and prints its exit code.
run_prefixed()
{
	{ { "$@" 2>&1 3>&- 4>&-; echo $? >&3; } | prefix >&4; } 3>&1
}

exec 4>&1
options=
number=0
failed=0
passed=0

result()
{
	number=$((number + 1))
	echo "$1 $number $2"
}

echo "TAP version 13"
echo "1..$(echo "$programs" "$skipped" | wc -w)"
for program in $programs; do
	eval "options=\$options_$program"
	echo "# ./$program$options"
	# shellcheck disable=SC2086 # the options are words
	code=$(run_prefixed "./$program" $options)
	case $code in
	"$ksft_pass")	passed=$((passed + 1)); result ok "$program" ;;
	"$ksft_skip")	result ok "$program # SKIP" ;;
	*)		failed=$((failed + 1)); result "not ok" "$program # exit=$code" ;;
	esac
done
for category in $skipped; do
	result ok "$category # SKIP no test of this category here"
done

[ $failed -eq 0 ] || exit $ksft_fail
[ $passed -gt 0 ] || exit $ksft_skip
exit $ksft_pass
