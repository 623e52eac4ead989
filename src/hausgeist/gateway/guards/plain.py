# SPDX-License-Identifier: EUPL-1.2
"""A text as a rule reads it: without invisible characters and disguised letters, and the way back.

Source of the disguises: Unicode's format characters (category Cf) and compatibility forms (NFKC, UAX 15).
"""

import re
import unicodedata
from dataclasses import dataclass

# no format characters and no compatibility forms in it: read as it stands
_ORDINARY = re.compile(
    r"[\t\n\r -~\u00a1-\u00a7\u00a9\u00ab\u00ac\u00ae\u00b0-\u0130\u2013-\u201e\u2022\u2026\u20ac]*"
)

_LOOKALIKE = str.maketrans("авеорсухіѕјԁ", "abeopcyxisjd")


@dataclass(frozen=True, slots=True)
class Plain:
    """``text`` to be read; ``origins[i]`` is where its character ``i`` stands in the original."""

    text: str
    origins: tuple[int, ...] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """A span of ``text`` in the original."""
        if self.origins is None or start >= end:
            return start, end
        return self.origins[start], self.origins[end - 1] + 1


def plain(text: str) -> Plain:
    """The text to be read; nearly always the text itself."""
    if _ORDINARY.fullmatch(text):
        return Plain(text)
    letters: list[str] = []
    origins: list[int] = []
    for place, letter in enumerate(text):
        if unicodedata.category(letter) == "Cf":
            continue
        for one in unicodedata.normalize("NFKC", letter).translate(_LOOKALIKE):
            letters.append(one)
            origins.append(place)
    return Plain("".join(letters), tuple(origins))
