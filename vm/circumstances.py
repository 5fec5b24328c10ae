# SPDX-License-Identifier: GPL-2.0
"""How a table or a page came to be."""
import os
import platform
import time

from children import Trouble, run
from guest import TOP


def circumstances():
    """When, where and with what suite the tables were made: who reads them later has to know."""
    try:
        suite = run(["git", "-C", TOP, "describe", "--always", "--dirty"]).strip()
    except (Trouble, OSError):
        suite = "unknown"
    return {"at": time.strftime("%Y-%m-%d %H:%M %Z"), "suite": suite,
            "host": f"{platform.release()} {platform.machine()}, {os.cpu_count()} CPUs"}
