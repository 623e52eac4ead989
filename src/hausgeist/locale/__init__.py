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


def counter(language: str) -> Callable[..., str]:
    """A function from a text for one and a text for many to the one that fits a count, filled in.

    The count is a number, or one as people read it; it stands in both texts as ``{count}``.
    """
    plural = translations(language).ngettext

    def counted(one: str, many: str, count: int | str, **values: object) -> str:
        return plural(one, many, 1 if str(count) == "1" else 2).format(count=count, **values)

    return counted


def pick(accept_language: str, default: str = "de") -> str:
    """The first language of an Accept-Language header that we speak, else the default."""
    for entry in accept_language.split(","):
        tag = entry.split(";")[0].strip().lower()[:2]
        if tag in LANGUAGES:
            return tag
    return default
