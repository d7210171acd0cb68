"""What commands print: tables on a terminal, aligned text in a pipe, or JSON.

A merchant's response may hold anything, so what it says is never printed with its control characters: they could move
the cursor, rewrite what stands above, or break the alignment.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_STATES = {"ok": "green", "failed": "bold red", "note": "yellow"}


def printable(value: object) -> str:
    """A value as it may be printed: on one line, without control characters."""
    return _UNPRINTABLE.sub(
        "\N{REPLACEMENT CHARACTER}", str(value).replace("\t", " ").replace("\r\n", " ").replace("\n", " ")
    )


class Output:
    """Where a command's answers go.

    Args:
        as_json: Whether data was asked for instead of tables.
    """

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):  # what the terminal cannot show is escaped, rather than raised
                stream.reconfigure(errors="backslashreplace")

    def data(self, value: Any) -> None:
        """Prints JSON, in UTF-8 where the stream can and with escapes where it cannot."""
        plain = (sys.stdout.encoding or "").lower().replace("-", "") not in ("utf8", "utf8sig")
        print(json.dumps(value, indent=2, ensure_ascii=plain, default=str))

    def line(self, text: str = "") -> None:
        """Prints a line of ours."""
        print("\n".join(map(printable, text.split("\n"))))

    def raw(self, text: str) -> None:
        """Prints a text as it is, such as a mapping file."""
        sys.stdout.write(text if text.endswith("\n") else f"{text}\n")

    def complain(self, head: str, texts: Iterable[str]) -> None:
        """Tells on stderr what is wrong."""
        lines = [line for text in texts for line in text.split("\n")]
        sys.stdout.flush()
        if head:
            print(printable(head) if head.startswith("usage") else f"{printable(head)}:", file=sys.stderr)
        for line in lines:
            print(
                f"{'  ' if head else ''}{printable(line) if not line.startswith('  ') else '  ' + printable(line[2:])}",
                file=sys.stderr,
            )

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> None:
        """Prints rows under their columns; columns without any value are left out."""
        cells = [[printable("" if cell is None else cell) for cell in row] for row in rows]
        used = [index for index in range(len(columns)) if not cells or any(row[index] for row in cells)]
        names = [columns[index] for index in used]
        cells = [[row[index] for index in used] for row in cells]
        if sys.stdout.isatty():
            _rich_table(names, cells, title)
        else:
            _plain_table(sys.stdout, names, cells, title)


def _rich_table(columns: Sequence[str], rows: Sequence[Sequence[str]], title: str) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title or None, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        # Text, because a merchant's value could read as markup
        table.add_row(*(Text(cell, style=_STATES.get(cell, "")) for cell in row))
    Console(highlight=False).print(table)


def _plain_table(stream: TextIO, columns: Sequence[str], rows: Sequence[Sequence[str]], title: str) -> None:
    from rich.cells import cell_len  # East Asian characters are two columns wide

    if title:
        print(title, file=stream)
    every = [list(columns), *rows]
    widths = [max(cell_len(row[index]) for row in every) for index in range(len(columns))]
    for row in every:
        padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True))
        print("  ".join(padded).rstrip(), file=stream)
