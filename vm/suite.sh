#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Run the suite that was built and say what happened: suite.sh vm | native
# From the environment: PROGRAM of the suite, KERNEL, TESTS, ARGS, and what run.sh takes.
# Exit status as in kselftest: 0 passed, 1 failed, 4 all skipped; also written to the
# file $STATUS.
set -eu
. "${0%/*}/common.sh"

where=${1:-vm}
suite=$OUT/suite
program=${PROGRAM:-mthp_khugepaged}
RUN_ID=${RUN_ID:-$(date +%Y%m%d-%H%M%S)-$$}
KERNEL=${KERNEL:-latest}
export RUN_ID

[ -x "$suite/$program" ] || die "$suite/$program is not there: run make build"

# What CC= or an exported CROSS_COMPILE made of it.
built_for()
{
	case $(od -An -tx1 -j18 -N2 "$1" | tr -d ' ') in
	3e00) echo amd64 ;;
	b700) echo arm64 ;;
	1500) echo ppc64el ;;
	0016) echo s390x ;;
	*) echo another machine ;;
	esac
}
[ "$where" = native ] || [ "$(built_for "$suite/$program")" = "$DEB_ARCH" ] ||
	die "the suite was built for $(built_for "$suite/$program"), the guest is $DEB_ARCH:" \
		"make clean, and look at CC and CROSS_COMPILE"

# ARGS is split as a shell would, quotes and all, but nothing in it is expanded:
# a PTE table may well hold a * or a ;
words=$(printf '%s\n' "${ARGS:-}" | xargs -r printf '%s\n' 2>/dev/null) || die "ARGS=$ARGS: a quote is missing"
set -f
set --
for test in ${TESTS:-}; do
	set -- "$@" --test "$test"
done
old_ifs=$IFS
IFS='
'
for word in $words; do
	set -- "$@" "$word"
done
IFS=$old_ifs
set +f

# A name that nobody has is told before a guest is booted for it.
for test in ${TESTS:-}; do
	! is_cross || break
	"$suite/$program" --test "$test" --categories >/dev/null || exit 1
done

# What a replay needs beside the test, as it was given. A case of the explorer is in ARGS.
settings=
target=run args=ARGS
case $program in
mthp_explore) target=explore args= ;;
mthp_races) target=races ;;
mthp_bench) target=bench ;;
esac
for name in ARCH PAGE $args MEM CPUS ACCEL APPEND; do
	eval "value=\${$name:-}"
	[ -z "$value" ] || settings="$settings $name='$value'"
done

status=0
case $where in
vm)
	replay="make $target${KERNEL:+ KERNEL=$KERNEL}$settings"
	image=$("$TOP/vm/kernel.sh" "$KERNEL")
	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 1' HUP INT TERM
	"$TOP/vm/initramfs.sh" "$tmp/initramfs" "$suite:/suite"
	# The guest's files go with it.
	[ "$program" != mthp_explore ] || set -- --failures - "$@"
	# In the background, so that a signal reaches the trap and not only run.sh.
	"$TOP/vm/run.sh" "$image" "$tmp/initramfs" "/suite/$program" "$@" &
	trap 'kill $! 2>/dev/null; wait; exit 1' HUP INT TERM
	wait $! || status=$?
	;;
native)
	replay="make $target-native$settings"
	# A case that failed is kept with the logs.
	[ "$program" != mthp_explore ] || set -- --failures "$BUILD/log" "$@"
	"$TOP/vm/native.sh" "$suite/$program" "$@" || status=$?
	;;
*)
	die "usage: suite.sh vm | native"
	;;
esac

# The output is judged too: a suite that ran nothing has not passed.
judged=0
[ ! -e "$BUILD/log/console-$RUN_ID.log" ] || awk -f "$TOP/vm/summary.awk" -v replay="$replay" -v console="$BUILD/log/console-$RUN_ID.log" \
	-v ktap="$BUILD/log/ktap-$RUN_ID.log" "$BUILD/log/console-$RUN_ID.log" >&2 || judged=$?
[ $status -ne 0 ] || status=$judged

# The case that a run of the explorer ends with, for the corpus or a mail.
log=$BUILD/log/ktap-$RUN_ID.log
if [ "$where" = vm ] && [ "$program" = mthp_explore ] && [ $status -eq 1 ] && [ -e "$log" ]; then
	found=$BUILD/log/mthp_explore-$RUN_ID.case
	sed -n "s/^# replay:.*mthp_explore.* '\(.*\)'\$/\1/p" "$log" >"$found"
	if [ -s "$found" ]; then
		note "the case is in $found"
	else
		rm -f "$found"
	fi
fi

case $status in
0) note "exit 0 (passed)" ;;
4) note "exit 4 (all skipped: nothing was tested)" ;;
1) note "exit 1 (failed)" ;;
*)
	note "exit 1 (failed: $program ended with status $status)"
	status=1
	;;
esac
[ -z "${STATUS:-}" ] || echo "$status" >"$STATUS"
exit "$status"
