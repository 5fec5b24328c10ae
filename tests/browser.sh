# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Sourced after tap.sh by the *.t that open a page in headless Chromium. Without one, the test
# ends here.

if ! /usr/bin/python3 -c 'import selenium' 2>/dev/null || ! command -v chromium >/dev/null ||
	! command -v chromedriver >/dev/null; then
	echo "1..0 # SKIP no chromium, chromium-driver or python3-selenium"
	exit 0
fi

# shellcheck disable=SC2034
views="wide narrow wide-dark narrow-dark"

needs_nothing_else()
{
	! grep -qE '(src|href)="?[^#"]|url\([^#]|@import' "$1"
}

# look SCRIPT PAGE: what SCRIPT, which has browser.py, sees of it.
look()
{
	try env PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$TOP/tests" timeout 120 /usr/bin/python3 \
		"$1" "$2" "${SCREENSHOTS:-$work}" "$(command -v chromedriver)"
}

# seen LINE
seen()
{
	ok "$1" grep -qxF "$1" "$work/out"
}

# seen_in VIEW: what holds for every page.
seen_in()
{
	dark=False
	case $1 in *dark) dark=True ;; esac
	seen "$1: overflowing []"
	seen "$1: overflowing after a click []"
	seen "$1: readable True"
	seen "$1: dark $dark"
}
