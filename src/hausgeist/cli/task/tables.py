# SPDX-License-Identifier: EUPL-1.2
"""Rows that people read at a terminal: plain values in, lines with their columns beneath each other out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

WIDE = 60
"""Characters of a cell; the last column of a row is never cut."""


def aligned(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], nothing: str = "") -> str:
    """A table of these columns with its heads; ``nothing`` where there are no rows."""
    if not rows:
        return nothing
    cells = [[_cell(row.get(name)) for name in columns] for row in rows]
    heads = [name.replace("_", " ") for name in columns]
    for row in cells:
        row[:-1] = [one if len(one) <= WIDE else one[: WIDE - 1] + "…" for one in row[:-1]]
    wide = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    return "\n".join(
        "  ".join(one.ljust(size) for one, size in zip(row, wide, strict=True)).rstrip()
        for row in [heads, *cells]
    )


def day(ms: int | None) -> str:
    """A day such as 2027-03-01, in UTC; empty of none."""
    return "" if not ms else datetime.fromtimestamp(ms / 1000, UTC).date().isoformat()


def percent(share: float | None) -> str:
    """A share, 0 to 1, in percent; empty of none."""
    return "" if share is None else f"{100 * share:.1f} %"


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return ", ".join(map(_cell, value))
    return " ".join(str(value).split())
