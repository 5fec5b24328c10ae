#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The page of `make report`, opened in headless Chromium: wide, narrow and in the dark. Nothing
# overflows, a failure opens, its maps show what was expected and seen. Beside others.
set -u
. "${0%/*}/tap.sh"
. "${0%/*}/browser.sh"

BUILD=${BUILD:-$TOP/build}
export BUILD

# map LETTER: a range of 2048 PTEs, as in a guest with pages of 16k, that went wrong.
map()
{
	awk -v letter="$1" 'BEGIN {
		line = "a" sprintf("%63s", "")
		gsub(/ /, "-", line)
		wrong = sprintf("%64s", "")
		gsub(/ /, letter, wrong)
		for (nr = 0; nr < 2048; nr += 128) {
			printf "# %5d expected %s\n#       seen     %s\n", nr, line, wrong
			printf "# %5d both     %s\n", nr + 64, wrong
		}
	}'
}

{
	echo "TAP version 13"
	echo "1..3"
	echo "#  RUN           collapse.a_test_with_a_rather_long_name_that_has_to_fit_somewhere ..."
	echo "# set up:   p*2048"
	echo "# settings: sizes 2=madvise 3=madvise 4=madvise 5=madvise 6=madvise 7=madvise"
	map p
	echo "# replay:   ./mthp_khugepaged --test collapse.a_test_with_a_rather_long_name"
	echo "not ok 1 collapse.a_test_with_a_rather_long_name_that_has_to_fit_somewhere"
	map s
	echo "not ok 2 collapse.hole_spoils_one_region"
	echo "ok 3 collapse.split_pmd_folio # SKIP <b>no</b> & never"
	echo "# figures: kernel 7.2.13 x86_64, page size 4 kB, PMD order 9, generation mainline"
} >"$work/bad.log"
# Many columns: no two kernels agree.
for nr in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
	{
		echo "TAP version 13"
		echo "1..16"
		for test in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
			[ $test -eq $nr ] && result="not ok" || result=ok
			echo "$result $test collapse.test_$test"
		done
		echo "# figures: kernel 7.$nr.0 x86_64, page size 4 kB, PMD order 9, generation mainline"
	} >"$work/$nr.log"
done
try "$TOP/matrix/run.py" report -o "$work" "$work"/*.log
ok "the page is made" [ -s "$work/report.html" -a ! -s "$work/err" ]
ok "it needs nothing from elsewhere" needs_nothing_else "$work/report.html"

cat >"$work/look.py" <<'EOF'
import sys

from browser import browser_of, views
from selenium.webdriver.common.by import By

SHOWN = "return arguments[0].map(one => one.checkVisibility())"


def look(browser, name, width):
    first = browser.find_element(By.CSS_SELECTOR, "details:has(svg)")
    maps = first.find_elements(By.CSS_SELECTOR, "svg")
    print(f"{name}: maps shown {browser.execute_script(SHOWN, maps)}")
    first.find_element(By.CSS_SELECTOR, "summary").click()
    print(f"{name}: after a click {browser.execute_script(SHOWN, maps)}")
    beside = maps[0].location["y"] == maps[1].location["y"]
    print(f"{name}: beside each other {beside}")
    figures = first.find_elements(By.CSS_SELECTOR, "figure")
    inside = all(0 <= one.location["x"] and one.location["x"] + one.size["width"] <= width
                 for one in figures)
    print(f"{name}: maps inside the page {inside}")


with browser_of(sys.argv[3]) as browser:
    for view in views(browser, sys.argv[1], sys.argv[2]):
        look(browser, *view)
    link = browser.find_element(By.CSS_SELECTOR, "td a")
    browser.execute_script("arguments[0].click()", link)
    target = browser.execute_script("return document.querySelector(':target').tagName")
    print("a FAIL leads to", target)
    print("text of others is text:", not browser.find_elements(By.CSS_SELECTOR, "dd b"))
EOF
look "$work/look.py" "$work/report.html"
for view in $views; do
	beside=True
	case $view in narrow*) beside=False ;; esac
	seen_in "$view"
	seen "$view: maps shown [False, False]"
	seen "$view: after a click [True, True]"
	seen "$view: beside each other $beside"
	seen "$view: maps inside the page True"
done
seen "a FAIL leads to SECTION"
seen "text of others is text: True"
seen "errors: []"

finish
