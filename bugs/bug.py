# SPDX-License-Identifier: GPL-2.0
"""A bug: a semantic patch (Coccinelle) with a head that says what it breaks; see README.md."""
import dataclasses
import pathlib
import re
import subprocess
import tempfile

from children import Trouble, run

BUGS = pathlib.Path(__file__).resolve().parent
RIGHT = "right"
# Another set of rules, which the suite has a model of, and no bug.
V10 = BUGS / "generations/v10.cocci"

NEEDED = {"Bug", "Seen", "Rows", "Source", "Places"}
ALLOWED = NEEDED | {"Explorer", "Equivalent"}


@dataclasses.dataclass
class Bug:
    """A semantic patch with a head of "// Key: value" lines, as it was when it was read."""
    name: str
    head: dict
    text: str

    @classmethod
    def read(cls, path):
        head, key = {}, None
        try:
            text = path.read_text()
        except (OSError, ValueError) as error:
            raise Trouble(f"{path}: {error}") from None
        for line in text.splitlines():
            if not line.startswith("//"):
                break
            begin = re.match(r"// ([A-Z]\w+): (.*)", line)
            if begin:
                key = begin[1]
                head[key] = begin[2]
            elif key and line.startswith("//   "):
                head[key] += " " + line[5:]
        missing, unknown = NEEDED - head.keys(), head.keys() - ALLOWED
        if unknown:
            raise Trouble(f"{path}: a line '// {sorted(unknown)[0]}:', which has no meaning")
        if missing:
            raise Trouble(f"{path}: no line '// {sorted(missing)[0]}:'")
        if not re.fullmatch("[1-9][0-9]*", head["Places"]):
            raise Trouble(f"{path}: Places: not a number from 1 on: {head['Places']}")
        if re.search(r"(^|\s)/|\.\.", head["Source"]):
            raise Trouble(f"{path}: Source: not files of a kernel tree: {head['Source']}")
        return cls(path.stem, head, text)

    @property
    def rows(self):
        return [] if self.nothing_may_pass else self.head["Rows"].split()

    @property
    def nothing_may_pass(self):
        return self.head["Rows"] == "none"

    @property
    def races(self):
        return [row for row in self.rows if row.startswith("RAC-")]

    @property
    def sources(self):
        return self.head["Source"].split()

    @property
    def patch(self):
        """All that makes a difference to the kernel."""
        lines = [line for line in self.text.splitlines() if not line.startswith("//")]
        return "\n".join(self.sources + lines)

    @property
    def explorer_is_blind(self):
        return "Explorer" in self.head

    @property
    def is_equivalent(self):
        return "Equivalent" in self.head


def find_bugs(names):
    """The files of bugs of these names, which may be those of files; all if there are none."""
    names = [pathlib.Path(name).name.removesuffix(".cocci") for name in names]
    bugs = {path.stem: path for path in sorted(BUGS.glob("*.cocci"))}
    for name in names:
        if name not in (*bugs, RIGHT, V10.stem):
            raise Trouble(f"no bug is called {name}: see make bugs-list")
    return [path for name, path in bugs.items() if not names or name in names]


def read_bugs(names):
    """What find_bugs() finds; none of them may be broken."""
    return [Bug.read(path) for path in find_bugs(names)]


def apply_patch(bug, tree):
    """
    The changed sources of a bug, as {path in the tree: text}. A patch that changes more or less
    than it was written for makes another kernel than it says: Trouble.
    """
    changed, places = {}, 0
    with tempfile.TemporaryDirectory() as folder:
        patch = pathlib.Path(folder) / f"{bug.name}.cocci"
        patch.write_text(bug.text)
        for source in bug.sources:
            copy = pathlib.Path(folder) / pathlib.Path(source).name
            copy.write_text((tree / source).read_text())
            run(["spatch", "--very-quiet", "--in-place", "--sp-file", patch, copy])
            diff = subprocess.run(["diff", "-U0", tree / source, copy], text=True,
                                  stdout=subprocess.PIPE, check=False).stdout
            places += sum(line.startswith("@@") for line in diff.splitlines())
            changed[source] = copy.read_text()
    where = " ".join(bug.sources)
    if not places:
        raise Trouble(f"the patch matches nothing in {where}")
    if places != int(bug.head["Places"]):
        raise Trouble(f"the patch changes {places} places of {where}, and its head says "
                      f"{bug.head['Places']}")
    return changed
