# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Sourced by the *.t written in shell: TAP, and a command's output and status to judge.

# shellcheck disable=SC2034
TOP=$(cd "$(dirname "$0")/.." && pwd)
count=0
bad=0
work=$(mktemp -d)
# What a test leaves behind in its temporary folder must not go unseen.
TMPDIR=$work/tmp
export TMPDIR
mkdir "$TMPDIR"
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# try COMMAND...: output to $work/out, messages to $work/err, status to $status.
try()
{
	status=0
	"$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
}

# ok NAME CONDITION...: all of what try saw goes along with a failure.
ok()
{
	name=$1
	shift
	count=$((count + 1))
	if "$@"; then
		echo "ok $count - $name"
		return
	fi
	bad=$((bad + 1))
	echo "not ok $count - $name"
	echo "# failed: $*"
	echo "# status: ${status:-}"
	sed 's/^/# stdout: /' "$work/out"
	sed 's/^/# stderr: /' "$work/err"
}

skip()
{
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

# Conditions.
said()
{
	grep -q -e "$1" "$work/err"
}

printed()
{
	[ "$(cat "$work/out")" = "$1" ]
}

failed_with()
{
	[ "$status" -eq "$1" ] && said "$2"
}

one_line()
{
	[ "$(wc -l <"$work/err")" -eq 1 ]
}

# within SECONDS COMMAND...: until the command succeeds.
within()
{
	tries=$(($1 * 20))
	shift
	until "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.05
	done
}

finish()
{
	echo "1..$count"
	[ "$bad" -eq 0 ]
}
