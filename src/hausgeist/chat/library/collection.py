# SPDX-License-Identifier: EUPL-1.2
"""The starter collection: assistants and prompts for a town hall, in plain files of this package."""

from importlib.resources import files

from hausgeist.chat.library.bodies import Body
from hausgeist.chat.library.plain import read

LANGUAGES = ("de", "en")


def collection(language: str) -> tuple[Body, ...]:
    """The collection in a language; in English where there is none in it."""
    folder = files("hausgeist.chat.library") / "recipes"
    folder /= language if language in LANGUAGES else "en"
    recipes = sorted(
        (one for one in folder.iterdir() if one.name.endswith(".md")), key=lambda one: one.name
    )
    return tuple(read(one.read_bytes()) for one in recipes)
