# SPDX-License-Identifier: EUPL-1.2
"""The catalogue: texts that people read, in German and English.

The English text is the key. ``translator("de")`` gives a function from key to text; catalogues are
compiled from ``*/LC_MESSAGES/hausgeist.po`` when the package is built.
"""

import gettext
from collections.abc import Callable
from functools import cache
from pathlib import Path

LANGUAGES = ("de", "en")


@cache
def translations(language: str) -> gettext.NullTranslations:
    """The catalogue of a language; an unknown language reads English."""
    return gettext.translation(
        "hausgeist", localedir=Path(__file__).parent, languages=[language], fallback=True
    )


def translator(language: str) -> Callable[[str], str]:
    """A function that turns an English text into the language's."""
    return translations(language).gettext


def pick(accept_language: str, default: str = "de") -> str:
    """The first language of an Accept-Language header that we speak, else the default."""
    for entry in accept_language.split(","):
        tag = entry.split(";")[0].strip().lower()[:2]
        if tag in LANGUAGES:
            return tag
    return default
