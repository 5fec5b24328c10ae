# SPDX-License-Identifier: GPL-2.0
"""Kernels that are to be run: which there are, and how to get them."""
import dataclasses
import os
import pathlib
import platform
import re

from children import Trouble, run
from guest import TOP

UNAME = {"amd64": "x86_64", "arm64": "aarch64", "ppc64el": "ppc64le"}
# Debian's architectures, and pages that are not of 4k; vm/common.sh has what they are.
MACHINES = ("amd64", "arm64", "arm64-16k", "ppc64el", "ppc64el-64k", "s390x")
# The first series that has mTHP collapse.
FEATURE = (7, 2)


def here():
    """Debian's name of this machine's architecture."""
    uname = platform.machine()
    return next((arch for arch, name in UNAME.items() if name == uname), uname)


@dataclasses.dataclass(frozen=True)
class Kernel:
    """One of Debian's, by its version, or an image of somebody's own."""
    machine: str    # of MACHINES
    wanted: str     # 7.2.13, or a path

    @property
    def arch(self):
        return self.machine.partition("-")[0]

    @property
    def environment(self):
        """What the scripts of vm/ take."""
        return {"ARCH": self.arch, "PAGE": self.machine.partition("-")[2], "KERNEL": self.wanted}

    @property
    def is_own(self):
        return "/" in self.wanted

    @property
    def version(self):
        return pathlib.Path(self.wanted).name if self.is_own else self.wanted

    @property
    def name(self):
        return f"{self.version} {self.machine}"

    @property
    def file_name(self):
        return re.sub(r"[^A-Za-z0-9._-]", "-", f"{self.machine}-{self.wanted.strip('/')}")

    @property
    def machine_of_logs(self):
        return UNAME.get(self.arch, self.arch) + self.machine[len(self.arch):]

    @property
    def series(self):
        return tuple(map(int, self.wanted.split(".")[:2]))

    @property
    def has_feature(self):
        return self.series >= FEATURE

    @property
    def again(self):
        """As it is written behind make run."""
        return " ".join(f"{name}={value}" for name, value in self.environment.items()
                        if value and value != here())

    def fetch(self):
        """Path of its image."""
        said = run([TOP / "vm/kernel.sh", self.wanted], env=dict(os.environ, **self.environment),
                   stderr=None)
        return pathlib.Path(said.strip())


def versions_of(machine):
    """What Debian has, oldest first."""
    return run([TOP / "vm/kernel.sh", "--list"], stderr=None,
               env=dict(os.environ, **Kernel(machine, "latest").environment)).split()


def is_release(version):
    """A release candidate is known by its series alone."""
    return version.count(".") == 2


def select(machine, series):
    """
    Kernels of a machine; Trouble when Debian has none of the words.
    @series: words: all, latest, a series (7.2: all of it) or a version (7.2.11)
    """
    if machine not in MACHINES:
        raise Trouble(f"{machine} is no machine: there are {' '.join(MACHINES)}")
    versions = versions_of(machine)
    selected = set()
    for word in series:
        matching = {version for version in versions
                    if word == "all" or version == word or version.startswith(f"{word}.")}
        if word == "latest":
            matching = set(list(filter(is_release, versions))[-1:])
        if not matching:
            raise Trouble(f"Debian has no kernel {word} for {machine}; it has "
                          f"{' '.join(versions) or 'none'}")
        selected |= matching
    return [Kernel(machine, version) for version in versions if version in selected]


def is_log(path):
    """Of a guest or a program. An image may well have such words in it."""
    begin = path.read_bytes()[:65536]
    return b"\0" not in begin and (b"TAP version " in begin or b"@vm@ " in begin)


def named(side, wanted):
    """
    A kernel that a variable names: an image, latest, a series or a version, for the machine that
    ARCH and PAGE say.
    @side: the variable
    """
    path = pathlib.Path(wanted)
    page = (os.environ.get("PAGE") or "4k").lower()
    machine = (os.environ.get("ARCH") or here()) + (f"-{page}" if page != "4k" else "")
    if path.is_file():
        return Kernel(machine, str(path.absolute()))
    if "/" in wanted or not re.fullmatch(r"latest|[0-9.]+", wanted):
        raise Trouble(f"{side}={wanted}: no such file")
    return select(machine, [wanted])[-1]
