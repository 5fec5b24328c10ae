# SPDX-License-Identifier: GPL-2.0
"""A map of PTEs as a picture: inline SVG, expected beside seen."""
import dataclasses
import html
import re

from table import spans

EXPECTED, SEEN = "expected", "seen"
LINE = re.compile(r" *(\d+)? +(both|expected|seen) +(\S+)$")
FOLDED = re.compile(r" *\.\.\. (\d+) more such lines?$")
KINDS = {".": "empty", "z": "zero", "K": "zero", "p": "page", "-": "folio", "H": "folio",
         "!": "wrong", "?": "wrong"}
SIDE = 9    # of a square, in units of the picture


@dataclasses.dataclass
class Line:
    """Up to 64 PTEs from an offset on, or a number of lines that are like the one before."""
    offset: int
    expected: str = ""
    seen: str = ""
    like_before: int = 0


def is_of_map(text):
    return bool(LINE.match(text) or FOLDED.match(text) or not text.strip("^ "))


def read_map(said):
    """The lines of a map, from those that pte_table_draw() printed."""
    lines = []
    for text in said:
        folded, part = FOLDED.match(text), LINE.match(text)
        if folded and lines:
            after = lines[-1].offset + len(lines[-1].expected)
            lines.append(Line(after, like_before=int(folded[1])))
        elif part and part[2] == SEEN and lines:
            lines[-1].seen = part[3]
        elif part and part[1]:
            lines.append(Line(int(part[1]), part[3], part[3] if part[2] == "both" else ""))
    return lines


def blocks(letters):
    """What stands as one: a folio with all its pages, or PTEs of a kind: [(begin, end, kind)]."""
    found = []
    for nr, letter in enumerate(letters):
        is_head = letter == "H" or letters[nr + 1:nr + 2] == "-" and letter != "-"
        kind = "folio" if is_head or letter.isdigit() else KINDS.get(letter, "other")
        goes_on = found and (letter == "-" or not is_head and found[-1][2] == kind)
        if goes_on and (letter == "-" or letter == letters[nr - 1]):
            found[-1][1] = nr + 1
        else:
            found.append([nr, nr + 1, kind])
    return found


def differing(line):
    """Where both sides differ: [[first, last]]."""
    return spans(nr for nr, (one, other) in enumerate(zip(line.expected, line.seen))
                 if one != other)


def shapes(line, which, top):
    """A line of the map: blocks, the borders of pages in them, letters, what differs."""
    letters = getattr(line, which)
    for begin, end, kind in blocks(letters):
        first, last = line.offset + begin, line.offset + end - 1
        where = f"{first} to {last}" if last > first else f"{first}"
        yield f'<rect class="{kind}" x="{begin * SIDE}" y="{top}" ' \
              f'width="{(end - begin) * SIDE}" height="{SIDE}">' \
              f"<title>PTE {where}: {html.escape(letters[begin])}</title></rect>"
        if kind != "folio" and end - begin > 1:
            borders = "".join(f"M{nr * SIDE} {top}v{SIDE}" for nr in range(begin + 1, end))
            yield f'<path d="{borders}"/>'
        if letters[begin] not in ".p-":
            # One letter for a folio, one for each other page.
            for nr in range(begin, begin + 1 if kind == "folio" else end):
                yield f'<text x="{nr * SIDE + SIDE / 2}" y="{top + SIDE - 2}">' \
                      f"{html.escape(letters[nr])}</text>"
    for first, last in differing(line):
        yield f'<rect class="differs" x="{first * SIDE}" y="{top}" ' \
              f'width="{(last - first + 1) * SIDE}" height="{SIDE}"/>'


def drawing(lines, which, label):
    """The map of one side."""
    width = max((len(line.expected) for line in lines), default=0) * SIDE
    parts, top = [], 0
    for line in lines:
        if line.like_before:
            parts.append(f'<text class="folded" x="{width / 2}" y="{top + SIDE - 2}">'
                         f"{line.like_before} more such lines</text>")
        else:
            parts += shapes(line, which, top)
        top += SIDE + 2
    return (f'<figure tabindex="0"><figcaption>{which}</figcaption>'
            f'<svg class="map" viewBox="0 0 {width} {top}" role="img" '
            f'aria-label="{html.escape(label)}, {which}">{"".join(parts)}</svg></figure>')


def picture(said, label):
    """
    Expected and seen beside each other.
    @said: the lines of one map
    @label: for those who cannot see it
    """
    lines = read_map(said)
    sides = "".join(drawing(lines, which, label) for which in (EXPECTED, SEEN))
    return f'<div class="maps">{sides}</div>'
