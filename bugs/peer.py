# SPDX-License-Identifier: GPL-2.0
"""
The kernel tree's own test of khugepaged on the same kernels, to compare with: PEER=khugepaged.
It is built from the tree that the kernels come from, outside of this repository.
"""
import pathlib
import re

NAME = "khugepaged"
# As its users call it: each order with what it has for mTHP, and all of anonymous memory.
CALLS = ("-c 2 mthp_khugepaged:anon", "-c 4 mthp_khugepaged:anon", "-c 8 mthp_khugepaged:anon",
         "all:anon")

# Swap is what some of its tests want, and do not make.
SCRIPT = """#!/bin/sh
echo 256M >/sys/block/zram0/disksize
mkswap /dev/zram0 >/dev/null
swapon /dev/zram0
cd /peer
{calls}
"""


def build(tree, folder, run):
    """Build it, static, with a script that calls it; run() runs a command. Return: the folder."""
    folder = pathlib.Path(folder)
    program = folder / "khugepaged"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        headers = folder / "headers"
        run(["make", "-s", "-C", tree, f"O={headers}", "headers"])
        # By the tree's own Makefile, which knows what it consists of.
        run(["make", "-s", "-C", tree / "tools/testing/selftests/mm", f"OUTPUT={folder}",
             f"O={headers}", f"KHDR_INCLUDES=-isystem {headers}/usr/include",
             "USERCFLAGS=-static", program])
    script = folder / "run"
    calls = "\n".join(f'echo "@peer@ {call}"\n./khugepaged {call}' for call in CALLS)
    script.write_text(SCRIPT.format(calls=calls))
    script.chmod(0o755)
    return folder


def failures(text):
    """What failed, from its output: "call: test". One that did not come to its end failed too."""
    failed, call, running = [], "", ""
    for line in text.splitlines():
        if line.startswith("@peer@ "):
            if running:
                failed.append(f"{call}: {running} did not end")
            call, running = line[len("@peer@ "):], ""
        test = re.match(r"# Run test: (.*)", line)
        if test:
            running = test[1]
        if line.startswith("not ok"):
            failed.append(f"{call}: {running}")
        if line.startswith("# Totals:"):
            running = ""
    if running:
        failed.append(f"{call}: {running} did not end")
    return list(dict.fromkeys(failed))
