# SPDX-License-Identifier: GPL-2.0
"""
The kernel tree's own test of khugepaged on the same kernels, to compare with: PEER=khugepaged.
It is built from the tree that the kernels come from, outside of this repository.
"""
import pathlib
import re
import subprocess

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


def build(tree, folder):
    """Build it, static, with a script that calls it. Return: the folder."""
    folder = pathlib.Path(folder)
    program = folder / "khugepaged"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        own = tree / "tools/testing/selftests/mm"
        subprocess.run(["make", "-s", "-C", tree, "headers"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        subprocess.run(["gcc", "-O2", "-static", "-D_GNU_SOURCE=", "-w",
                        f"-I{own.parent}", "-isystem", tree / "usr/include",
                        f"-I{tree}/tools/include/uapi", "-o", program,
                        own / "khugepaged.c", own / "vm_util.c", own / "thp_settings.c"],
                       check=True)
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
