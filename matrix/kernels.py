# SPDX-License-Identifier: GPL-2.0
"""Kernels that are to be run: which there are, and how to get them."""
import dataclasses
import os
import pathlib
import re

from children import Trouble, run
from column import UNAME
from guest import TOP

# The first series that has mTHP collapse.
FEATURE = (7, 2)


@dataclasses.dataclass(frozen=True)
class Kernel:
    """One of Debian's, by its version, or an image of somebody's own."""
    machine: str    # amd64, arm64, arm64-16k: Debian's architecture, and pages that are not of 4k
    wanted: str     # 7.2.13, or a path

    @property
    def environment(self):
        """What the scripts of vm/ take."""
        arch, _, page = self.machine.partition("-")
        return {"ARCH": arch, "PAGE": page, "KERNEL": self.wanted}

    @property
    def is_own(self):
        return "/" in self.wanted

    @property
    def name(self):
        return f"{pathlib.Path(self.wanted).name if self.is_own else self.wanted} {self.machine}"

    @property
    def file_name(self):
        return re.sub(r"[^A-Za-z0-9._-]", "-", f"{self.machine}-{self.wanted.strip('/')}")

    @property
    def machine_of_logs(self):
        arch, dash, page = self.machine.partition("-")
        return UNAME.get(arch, arch) + dash + page

    @property
    def has_feature(self):
        """By its version; None of somebody's own, of which it is not known."""
        if self.is_own:
            return None
        return tuple(map(int, self.wanted.split(".")[:2])) >= FEATURE

    def fetch(self):
        """Path of its image."""
        said = run([TOP / "vm/kernel.sh", self.wanted], env=dict(os.environ, **self.environment),
                   stderr=None)
        return pathlib.Path(said.strip())


def versions_of(machine):
    """What Debian has, oldest first."""
    return run([TOP / "vm/kernel.sh", "--list"], stderr=None,
               env=dict(os.environ, **Kernel(machine, "latest").environment)).split()


def select(machine, series):
    """
    Kernels of a machine.
    @series: words: all, latest, a series (7.2: all of it) or a version (7.2.11)
    """
    versions = versions_of(machine)
    selected = []
    for word in series:
        matching = [version for version in versions
                    if word == "all" or version == word or version.startswith(f"{word}.")]
        if word == "latest":
            matching = versions[-1:]
        if not matching:
            raise Trouble(f"SERIES={word}: Debian has no such kernel for {machine}; it has "
                          f"{' '.join(versions) or 'none'}")
        selected += matching
    return [Kernel(machine, version) for version in versions if version in selected]
