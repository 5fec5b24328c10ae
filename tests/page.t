#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The page of `make report`, opened in headless Chromium: wide, narrow and in the dark. Nothing
# overflows, a failure opens, its maps show what was expected and seen. Beside others.
set -u
. "${0%/*}/tap.sh"

BUILD=${BUILD:-$TOP/build}
export BUILD

if ! /usr/bin/python3 -c 'import selenium' 2>/dev/null || ! command -v chromium >/dev/null ||
	! command -v chromedriver >/dev/null; then
	echo "1..0 # SKIP no chromium, chromium-driver or python3-selenium"
	exit 0
fi

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
ok "it needs nothing from elsewhere" sh -c "! grep -qE '(src|href)=\"?[^#\"]' '$work/report.html'"

cat >"$work/look.py" <<'EOF'
import sys

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

options = webdriver.ChromeOptions()
for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
    options.add_argument(argument)
browser = webdriver.Chrome(service=Service(sys.argv[3]), options=options)

# What sticks out of the page, or out of what does not scroll.
OVERFLOWING = """
return [...document.querySelectorAll("body *")].filter(one => {
    const scrolls = one.closest(".wide, figure");
    return !scrolls && !(one instanceof SVGElement) &&
        (one.getBoundingClientRect().right > innerWidth + 1 || one.scrollWidth > one.clientWidth + 1
         && getComputedStyle(one).display != "inline" && one.clientWidth);
}).map(one => one.tagName + " " + one.textContent.slice(0, 30))"""
# How much lighter the one is than the other, as WCAG counts it.
CONTRAST = """
const light = text => {
    const parts = text.match(/[0-9.]+/g).slice(0, 3).map(part => part / 255)
        .map(part => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
};
const back = one => {
    const colour = getComputedStyle(one).backgroundColor;
    return colour == "rgba(0, 0, 0, 0)" ? back(one.parentElement) : colour;
};
const ratio = (one, other) => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
const texts = [...document.querySelectorAll("p, td span, th, dd, pre, summary, figcaption")]
    .map(one => ratio(light(getComputedStyle(one).color), light(back(one))));
const letters = [...document.querySelectorAll("svg text:not(.folded)")].filter(one => one.textContent)
    .filter(one => one.previousElementSibling.matches("rect:not(.differs)"))
    .map(one => ratio(light(getComputedStyle(one).fill),
                      light(getComputedStyle(one.previousElementSibling).fill)));
if (!texts.length || !letters.length)
    return 0;
return Math.min(...texts, ...letters)"""

SHOWN = "return arguments[0].map(one => one.checkVisibility())"
IS_DARK = "return matchMedia('(prefers-color-scheme: dark)').matches"


def look(name, width, scheme):
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
        "features": [{"name": "prefers-color-scheme", "value": scheme}]})
    browser.get(f"file://{sys.argv[1]}")
    print(f"{name}: overflowing {browser.execute_script(OVERFLOWING)}")
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
    print(f"{name}: overflowing after a click {browser.execute_script(OVERFLOWING)}")
    print(f"{name}: readable {browser.execute_script(CONTRAST) >= 4.5}")
    print(f"{name}: dark {browser.execute_script(IS_DARK)}")
    browser.save_screenshot(f"{sys.argv[2]}/{name}.png")


try:
    look("wide", 1280, "light")
    look("narrow", 400, "light")
    look("wide-dark", 1280, "dark")
    look("narrow-dark", 400, "dark")
    link = browser.find_element(By.CSS_SELECTOR, "td a")
    browser.execute_script("arguments[0].click()", link)
    target = browser.execute_script("return document.querySelector(':target').tagName")
    print("a FAIL leads to", target)
    print("text of others is text:", not browser.find_elements(By.CSS_SELECTOR, "dd b"))
    print("errors:", [one["message"] for one in browser.get_log("browser")])
finally:
    browser.quit()
EOF
try timeout 120 /usr/bin/python3 "$work/look.py" "$work/report.html" "${SCREENSHOTS:-$work}" \
	"$(command -v chromedriver)"
for view in wide narrow wide-dark narrow-dark; do
	beside=True dark=False
	case $view in narrow*) beside=False ;; esac
	case $view in *dark) dark=True ;; esac
	while read -r expected; do
		ok "$view: $expected" grep -qxF "$view: $expected" "$work/out"
	done <<-EOF
		overflowing []
		maps shown [False, False]
		after a click [True, True]
		beside each other $beside
		maps inside the page True
		overflowing after a click []
		readable True
		dark $dark
	EOF
done
for expected in "a FAIL leads to SECTION" "text of others is text: True" "errors: []"; do
	ok "$expected" grep -qxF "$expected" "$work/out"
done

finish
