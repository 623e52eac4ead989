# SPDX-License-Identifier: EUPL-1.2
"""An answer that broke off is gone on with: what was kept and what comes now are joined at the seam.

Pure. Models repeat the word, or the sentence, in which they were cut off; what is repeated is dropped.
"""

import re
from typing import Final

from hausgeist.core.messages import Message, Text

HELD_BACK: Final = 120
"""Characters of the new text that are looked at before any of it is shown."""
LEAST: Final = 12
"""Characters that must be the same to count as repeated, within words."""

REQUEST = {
    "de": "Deine Antwort brach oben ab. Schreibe genau dort weiter, wo sie abbricht. Wiederhole nichts "
    "und leite nichts ein.",
    "en": "Your answer broke off above. Go on exactly where it breaks off. Repeat nothing and "
    "introduce nothing.",
}

_LAST_WORD = re.compile(r"\w+\Z")


def continued(messages: tuple[Message, ...], kept: str, language: str) -> tuple[Message, ...]:
    """A call's messages, and after them the answer so far with the request to go on."""
    request = REQUEST.get(language, REQUEST["en"])
    return (
        *messages,
        Message("assistant", (Text(kept),)),
        Message("user", (Text(request),)),
    )


def seam(kept: str, new: str) -> str:
    """What of ``new`` is to follow ``kept``: without what it repeats, with a space if one is missing.

    ``new`` is at least ``HELD_BACK`` characters, or all there is.
    """
    stripped = new.lstrip()
    for size in range(min(len(kept), len(stripped), HELD_BACK), LEAST - 1, -1):
        if kept.endswith(stripped[:size]):
            return stripped[size:]
    begun = _LAST_WORD.search(kept[-HELD_BACK:])
    if begun and len(begun[0]) > 1 and stripped.startswith(begun[0]):
        return stripped[len(begun[0]) :]
    if kept and new and not kept[-1].isspace() and new[0].isalnum():
        return " " + new
    return new
