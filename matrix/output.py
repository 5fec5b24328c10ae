# SPDX-License-Identifier: GPL-2.0
"""Everything that is written and printed of a set of kernels."""
from circumstances import circumstances
from data import as_json, as_ktap
from guest import write_whole
from page import page
from rows import Rows
from table import rows_of
from text import markdown, plain


def write(columns, folder, name, title):
    """
    Print the tables, and write them into a folder: NAME.html, .json, .ktap and .md.
    @columns: [Column]
    """
    table = rows_of(columns, Rows())
    made = circumstances()
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / f"{name}.html", page(table, columns, title, made))
    write_whole(folder / f"{name}.json", as_json(table, columns, made))
    write_whole(folder / f"{name}.ktap", "".join(f"{line}\n" for line in as_ktap(columns)))
    write_whole(folder / f"{name}.md", markdown(table, columns))
    print(plain(table, columns))
    print(f"{folder / name}.html .json .ktap .md")
