# SPDX-License-Identifier: EUPL-1.2
"""What fonts may lack: emoji become their names where there is no font for them, endless words may break.

The fonts that come with the typesetter have Latin, Greek, Cyrillic, Hebrew, Arabic and mathematics. What
the server has installed is used beside them.
"""

import re
import unicodedata

_EMOJI = re.compile(
    "[\U0001f000-\U0001faff\u2600-\u2609\u260c-\u260f\u2613-\u26ff\u2705\u2728\u274c\u274e\u2753-\u2755"
    "\u2757\u2764\u2795-\u2797\u27b0\u27bf\u2b00-\u2bff\u231a\u231b\u23e9-\u23fa]"
)
_JOINERS = re.compile("[\ufe0e\ufe0f\u200d\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_COVERED = re.compile(
    "[\x00-\u058f\u0590-\u05ff\u0600-\u06ff\u0750-\u077f\u1e00-\u27bf\u2900-\u2bff\u2c60-\u2c7f"
    "\ufb00-\ufdff\ufe70-\ufeff\ufffd]*"
)
_ENDLESS = re.compile(r"[^\s\u200b]{48}(?=[^\s])")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u2028\u2029]")


def named(text: str) -> str:
    """Emoji by their names."""
    return _EMOJI.sub(_name, _JOINERS.sub("", text)) if not text.isascii() else text


def _name(found: re.Match[str]) -> str:
    return f"[{unicodedata.name(found[0], 'emoji').lower()}]"


def covered(text: str) -> bool:
    """Whether the fonts that come along have every character."""
    return _COVERED.fullmatch(text) is not None


def breakable(text: str) -> str:
    """Places to break within words that no line can hold."""
    return _ENDLESS.sub(lambda found: found[0] + "\u200b", text)


def printable(text: str) -> str:
    """Without controls, which no document may hold."""
    return _CONTROL.sub("\ufffd", text.replace("\t", "    "))


def right_to_left(text: str) -> bool:
    """Whether the first letter that has a direction runs from right to left."""
    for letter in text[:200]:
        kind = unicodedata.bidirectional(letter)
        if kind in {"R", "AL"}:
            return True
        if kind == "L":
            return False
    return False
