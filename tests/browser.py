# SPDX-License-Identifier: GPL-2.0
"""A page in headless Chromium: wide, narrow and in the dark; and what must hold for each."""
import contextlib

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

ARGUMENTS = "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"
VIEWS = {"wide": (1280, "light"), "narrow": (400, "light"), "wide-dark": (1280, "dark"),
         "narrow-dark": (400, "dark")}

# What sticks out of the page, or out of what does not scroll.
OVERFLOWING = """
const scrolls = one => getComputedStyle(one).overflowX == "auto";
const inside = one => one && (scrolls(one) || inside(one.parentElement));
const cuts = one => one.clientWidth && one.scrollWidth > one.clientWidth + 1 && !scrolls(one) &&
                    getComputedStyle(one).display != "inline";
return [...document.querySelectorAll("body *")].filter(one =>
    !(one instanceof SVGElement) && !inside(one.parentElement) &&
    (one.getBoundingClientRect().right > innerWidth + 1 || cuts(one))
).map(one => one.tagName + " " + one.textContent.slice(0, 30))"""
# How much lighter the one is than the other, as WCAG counts it.
RATIO = """
const light = text => {
    const parts = text.match(/[0-9.]+/g).slice(0, 3).map(part => part / 255)
        .map(part => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
};
const back = one => {
    const colour = getComputedStyle(one).backgroundColor;
    return colour == "rgba(0, 0, 0, 0)" ? back(one.parentElement) : colour;
};
const ratio = (one, other) => {
    const [a, b] = [light(one), light(other)];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
};
"""
# Of texts, and of letters in pictures: against the square that they are in, or the page.
CONTRAST = RATIO + """
const behind = one => {
    while (one && !one.matches("rect:not(.differs)"))
        one = one.previousElementSibling;
    return one;
};
const texts = [...document.querySelectorAll("p, p span, td, td span, th, dd, pre, summary, " +
                                            "figcaption, h1, h2")]
    .map(one => ratio(getComputedStyle(one).color, back(one)));
const letters = [...document.querySelectorAll("svg text")].filter(one => one.textContent)
    .map(one => ratio(getComputedStyle(one).fill,
                      behind(one) ? getComputedStyle(behind(one)).fill : back(one)));
if (!texts.length || !letters.length)
    return 0;
return Math.min(...texts, ...letters)"""
IS_DARK = "return matchMedia('(prefers-color-scheme: dark)').matches"


@contextlib.contextmanager
def browser_of(driver):
    """@driver: path of chromedriver"""
    options = webdriver.ChromeOptions()
    for argument in ARGUMENTS:
        options.add_argument(argument)
    browser = webdriver.Chrome(service=Service(driver), options=options)
    try:
        yield browser
    finally:
        browser.quit()


def views(browser, page, screenshots):
    """
    The page opened in each view: (name, width). What holds for every page is said before and
    after what is done with it.
    """
    for name, (width, scheme) in VIEWS.items():
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]})
        browser.get(f"file://{page}")
        print(f"{name}: overflowing {browser.execute_script(OVERFLOWING)}")
        yield name, width
        print(f"{name}: overflowing after a click {browser.execute_script(OVERFLOWING)}")
        print(f"{name}: readable {browser.execute_script(CONTRAST) >= 4.5}")
        print(f"{name}: dark {browser.execute_script(IS_DARK)}")
        browser.save_screenshot(f"{screenshots}/{name}.png")
    print(f"errors: {[one['message'] for one in browser.get_log('browser')]}")
