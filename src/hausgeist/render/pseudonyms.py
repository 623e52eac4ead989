# SPDX-License-Identifier: EUPL-1.2
"""Pseudonyms that nobody could put back: they come in with a model's words, and go out as a small sign.

Whoever resolves them has been here already. What is left was made up by the model, or stands in the
address of a link, where real words would tell them to whoever is behind it.
"""

import re
from html import escape
from urllib.parse import unquote

from hausgeist.errors import N_
from hausgeist.locale import translator

_WRITTEN = re.compile(r"\[\[[A-Z]{2,16}(?:_[A-Z]{2,16}){0,2}_\d{1,6}\]\]")
_WORDS = N_("cannot be assigned")
_IN_LINK = N_("stays in a link")


def found_in(address: str) -> str:
    """The first pseudonym in the address of a link; empty if there is none."""
    match = _WRITTEN.search(unquote(address))
    return match[0] if match else ""


def signed(text: str, language: str, *, in_link: bool = False) -> str:
    """A text as HTML, with a sign for each pseudonym that says why it is still there."""
    html = escape(text)
    if "[[" not in html:
        return html
    words = escape(translator(language)(_IN_LINK if in_link else _WORDS))
    return _WRITTEN.sub(
        lambda match: f'<span class="pseudonym" title="{words}">{match[0]}</span>', html
    )
