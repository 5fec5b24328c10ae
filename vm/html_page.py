# SPDX-License-Identifier: GPL-2.0
"""What every page has that is made here: a frame, its looks, tables. It needs nothing else."""
import html
import pathlib

STYLE = (pathlib.Path(__file__).parent / "page.css").read_text(encoding="ascii")


def escaped(text):
    return html.escape(str(text))


def table_of(lines, name):
    """A table in a box of its own, which scrolls where the window is narrower."""
    head, *body = lines
    cells = "".join(f"<th scope=col>{cell}</th>" for cell in head)
    rows = "".join(f"<tr><th scope=row>{first}</th>" +
                   "".join(f"<td>{cell}</td>" for cell in others) + "</tr>"
                   for first, *others in body)
    return f'<div class="wide" tabindex="0" role="region" aria-label="{name}"><table>' \
           f"<thead><tr>{cells}</tr></thead><tbody>{rows}</tbody></table></div>"


def made_how(made):
    """@made: {what: text}, of how a page came to be"""
    return f'<p class="made">{escaped("; ".join(map(" ".join, made.items())))}</p>'


def document(title, body, style):
    """
    The whole page, as text.
    @body: lines of HTML
    @style: the CSS that only this page needs
    """
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escaped(title)}</title>
<style>
{STYLE}{style}</style>
</head>
<body>
<main>
{chr(10).join(body)}
</main>
</body>
</html>
"""
