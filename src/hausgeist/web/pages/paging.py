# SPDX-License-Identifier: EUPL-1.2
"""Long lists in pages: which page a visit asks for, and the addresses of those beside it."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from hausgeist.errors import N_
from hausgeist.locale import translator
from hausgeist.web.contexts.admin import Pager
from hausgeist.web.visit import Visit

COUNT: Final = 50
"""Rows of a page."""
PAGE_MOST: Final = 100_000


def wanted_page(visit: Visit) -> int:
    """The page a visit asks for, from 1; what is no number asks for the first."""
    word = visit.query_params.get("page", "1")
    return min(int(word), PAGE_MOST) if word.isascii() and word.isdigit() and int(word) > 0 else 1


def pager(
    path: str,
    chosen: Mapping[str, str],
    *,
    number: int,
    total: int,
    shown: int,
    language: str,
) -> Pager:
    """The pager of a page: ``shown`` rows of ``total`` are on page ``number``."""
    first = (number - 1) * COUNT
    kept = {name: value for name, value in chosen.items() if value}

    def address(page: int) -> str:
        return f"{path}?{urlencode({**kept, 'page': page})}"

    words = translator(language)(N_("{first} to {last} of {total}"))
    return Pager(
        words=words.format(first=first + 1, last=first + shown, total=total) if shown else "",
        before=address(number - 1) if number > 1 else "",
        after=address(number + 1) if first + shown < total else "",
    )
