# SPDX-License-Identifier: GPL-2.0
"""Kernel images, built once for each source, configuration and patch."""
import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import time

from bug import BUGS, RIGHT, apply_patch
from children import Trouble, run
from guest import write_whole


class Images:
    """A tree in the cache, and what was built of it."""

    def __init__(self):
        # What it says meanwhile is for whoever waits.
        self.dir = pathlib.Path(run([BUGS / "tree.sh"], stderr=None).strip())
        self.tree = self.dir / "linux"
        self.kept = self.dir / "images"
        self.kept.mkdir(exist_ok=True)

    @contextlib.contextmanager
    def tree_to_ourselves(self):
        with open(self.dir / "lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def pristine(self, source):
        """The source as it came; kept beside the tree, which holds that of the last build."""
        copy = self.dir / "pristine" / source
        if not copy.exists():
            if not (self.tree / source).is_file():
                raise Trouble(f"Source: there is no {source} in the tree")
            copy.parent.mkdir(parents=True, exist_ok=True)
            write_whole(copy, (self.tree / source).read_text())
        return copy

    def path(self, bug):
        """Where the image of a bug is, or will be. None: of the right kernel."""
        digest = hashlib.sha256(bug.patch.encode()).hexdigest()[:12] if bug else "pristine"
        return self.kept / f"{bug.name if bug else RIGHT}-{digest}"

    def build(self, bug):
        """Build it. Return: seconds that it took."""
        image, start = self.path(bug), time.monotonic()
        if image.exists():
            return 0
        with self.tree_to_ourselves():
            # Another run may have built it meanwhile.
            if not image.exists():
                self.build_alone(bug, image)
        return time.monotonic() - start

    def build_alone(self, bug, image):
        changed_file = self.dir / "changed"
        changed = {}
        if bug:
            for source in bug.sources:
                self.pristine(source)
            changed = apply_patch(bug, self.dir / "pristine")
        # What another bug changed, also in a run that was killed.
        before = changed_file.read_text().split() if changed_file.exists() else []
        write_whole(changed_file, " ".join({*before, *changed}))
        for source in before:
            if source not in changed:
                changed[source] = self.pristine(source).read_text()
        for source, text in changed.items():
            (self.tree / source).write_text(text)
        run(["make", "-s", f"-j{os.cpu_count()}", "bzImage"], cwd=self.tree)
        write_whole(changed_file, " ".join(bug.sources if bug else []))
        part = image.with_name(image.name + ".part")
        shutil.copy2(self.tree / "arch/x86/boot/bzImage", part)
        for old in self.kept.glob(f"{bug.name if bug else RIGHT}-" + "?" * 12):
            old.unlink()
        part.rename(image)
