# SPDX-License-Identifier: GPL-2.0
"""
The kernel tree's own test of khugepaged on the same kernels, to compare with: PEER=khugepaged.
It is built from the tree that the kernels come from, outside of this repository.
"""
import re

from bug import RIGHT
from children import Trouble, run
from guest import TOP, run_guest
from guests import HANG_TIMEOUT, TESTS, TIMEOUT, verdict_of

NAME = "khugepaged"
# As its users call it: each order with what it has for mTHP, and all of anonymous memory.
CALLS = ("-c 2 mthp_khugepaged:anon", "-c 4 mthp_khugepaged:anon", "-c 8 mthp_khugepaged:anon",
         "all:anon")

RUNS_ON_RIGHT = 3

# Swap is what some of its tests want, and do not make. On a slow machine khugepaged, which it
# lets run freely, may be quicker than a test expects: "Bail out!", and what follows is not run.
SCRIPT = """#!/bin/sh
echo 256M >/sys/block/zram0/disksize
mkswap /dev/zram0 >/dev/null
swapon /dev/zram0
cd /peer
call()
{
	for attempt in 1 2 3; do
		echo "@peer@ $*"
		./khugepaged "$@" | tee /tmp/said
		grep -q '^Bail out!' /tmp/said || break
	done
}
"""


def build(tree, folder):
    """Build it, static, and pack a guest with it. Return: the initramfs."""
    guest, headers = folder / "guest", folder / "headers"
    program = guest / "khugepaged"
    if not program.exists():
        guest.mkdir(parents=True, exist_ok=True)
        run(["make", "-s", "-C", tree, f"O={headers}", "headers"])
        # By the tree's own Makefile, which knows what it consists of.
        run(["make", "-s", "-C", tree / "tools/testing/selftests/mm", f"OUTPUT={guest}",
             f"O={headers}", f"KHDR_INCLUDES=-isystem {headers}/usr/include",
             "USERCFLAGS=-static", program])
    script = guest / "run"
    script.write_text(SCRIPT + "".join(f"call {call}\n" for call in CALLS))
    script.chmod(0o755)
    initramfs = folder / "initramfs"
    run([TOP / "vm/initramfs.sh", initramfs, f"{guest}:/peer"])
    return initramfs


def failures_of_call(call, lines):
    """What one call failed. A test that did not come to its end failed too."""
    failed, running, ended = [], "it", False
    for line in lines:
        test = re.match(r"# Run test: (.*)", line)
        if test:
            running = test[1]
        if line.startswith(("not ok", "Bail out!")):
            failed.append(f"{call}: {running}")
        ended |= line.startswith("# Totals:")
    if not ended:
        failed.append(f"{call}: {running} did not end")
    return list(dict.fromkeys(failed))


def failures(text):
    """What failed, from the output of all calls; of one that was made again, the last counts."""
    calls = {}
    for part in text.split("@peer@ ")[1:]:
        call, *lines = part.splitlines()
        calls[call] = failures_of_call(call, lines)
    return [failed for of_call in calls.values() for failed in of_call]


class Peer:
    """The test, and what it fails on the right kernel."""

    def __init__(self, images):
        with images.tree_to_ourselves():
            self.initramfs = build(images.tree, images.dir / "peer")
        images.build(None)
        # Some of its tests fail there now and then: they say nothing.
        self.known = {failed for _ in range(RUNS_ON_RIGHT)
                      for failed in self.failed(RIGHT, images.path(None))}

    def failed(self, name, image):
        """What failed, the kernel's complaints included."""
        guest = run_guest([TOP / "vm/run.sh", image, self.initramfs, "/peer/run"],
                          f"bug-{name}-peer", TIMEOUT=TIMEOUT[TESTS], HANG_TIMEOUT=HANG_TIMEOUT)
        verdict, text = verdict_of(guest.text("console")), guest.text("ktap")
        if "@peer@ " not in text:
            raise Trouble(f"{NAME} never began: {verdict}")
        return failures(text) + ([verdict] if verdict else [])

    def noticed(self, bug, image):
        return [failed for failed in self.failed(bug.name, image) if failed not in self.known]
