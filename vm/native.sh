#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What run.sh does, on the kernel that is running: native.sh COMMAND [ARGUMENT]...
# Writes the same logs. Needs root, or sudo. --check: only whether ARCH= is this machine's.
set -eu
. "${0%/*}/common.sh"

! is_cross || die "ARCH=$ARCH is for guests, this machine is $HOST_ARCH: unset it"
[ "${1:-}" != --check ] || exit 0

if [ "$(id -u)" -eq 0 ]; then
	as_root=
elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || { [ -t 0 ] && sudo true; }; }; then
	as_root=sudo
else
	die "needs root: khugepaged's settings are root's. Run it as root, or with sudo"
fi

RUN_ID=${RUN_ID:-$(date +%Y%m%d-%H%M%S)-$$}
mkdir -p "$BUILD/log"
console=$BUILD/log/console-$RUN_ID.log
ktap=$BUILD/log/ktap-$RUN_ID.log
ln -sfn "${console##*/}" "$BUILD/log/console-last.log"
ln -sfn "${ktap##*/}" "$BUILD/log/ktap-last.log"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
# The suite gets the signal as well, and puts the settings back before it ends.
trap : HUP INT TERM

# Complaints before this line of the kernel log are not the suite's doing.
mark="@vm@ begin $RUN_ID"
echo "<6>$mark" 2>/dev/null | $as_root tee /dev/kmsg >/dev/null 2>&1 || :

echo "@vm@ begin $(uname -r) $(uname -m)" >"$console"
: >"$ktap"
uptime
start=$now
{
	code=0
	$as_root timeout --foreground -k 60 "${TIMEOUT:-1800}" "$@" </dev/null 2>&1 || code=$?
	echo "$code" >"$tmp/status"
} | while IFS= read -r line || [ -n "$line" ]; do
	printf '%s\n' "$line"
	printf '%s\n' "$line" >>"$ktap"
done
uptime
status=$(cat "$tmp/status" 2>/dev/null) || status=1

{
	cat "$ktap"
	echo "@vm@ exit $status"
	$as_root dmesg 2>/dev/null | sed -n "/$mark/,\$p"
	echo "@vm@ end"
	echo "$start $now" | awk '{ printf "@vm@ seconds boot 0.0 run %.1f\n", $2 - $1 }'
} >>"$console"

if [ "$status" -eq 124 ]; then
	echo "@vm@ verdict took longer than TIMEOUT=${TIMEOUT:-1800} s" >>"$console"
	die "took longer than TIMEOUT=${TIMEOUT:-1800} s"
fi
complaints=$(awk -f "$TOP/vm/complaints.awk" "$console")
if [ -n "$complaints" ]; then
	echo "@vm@ verdict the kernel log complains" >>"$console"
	note "the kernel log complains (the command's exit status was $status)"
	echo "$complaints" | head -n 15 | sed 's/^/  | /' >&2
	exit 1
fi
exit "$status"
