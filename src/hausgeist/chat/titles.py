# SPDX-License-Identifier: EUPL-1.2
"""The first title of a conversation: the first words of its first question."""

import re

MOST = 60
"""Characters of a title that is made here."""

_SPACE = re.compile(r"\s+")
_MARKS = re.compile(r"^(?:[#>*\-+\s]|\d+[.)]\s|`+)+")
_STRESS = re.compile(r"\*\*|__|`")
_ODD = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
"""Controls, and marks that would change how the words around them are read."""


def title_of(text: str) -> str:
    """The first words of a text, without its Markdown; never empty, unless the text is."""
    head = _SPACE.sub(" ", text[: 10 * MOST]).strip()
    words = tidy(_STRESS.sub("", _MARKS.sub("", head))) or tidy(head)
    if len(words) <= MOST:
        return words
    cut = words[:MOST].rsplit(" ", 1)[0] if " " in words[:MOST] else words[:MOST]
    return cut.rstrip(" ,;:.-") + " …"


def tidy(text: str) -> str:
    """A title on one line, without what nobody sees."""
    return _SPACE.sub(" ", _ODD.sub("", _SPACE.sub(" ", text))).strip()
