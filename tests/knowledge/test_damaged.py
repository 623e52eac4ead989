# SPDX-License-Identifier: EUPL-1.2
"""Files that were damaged somewhere: many ways to break them, and each has an answer in words."""

import random
import warnings

import made
import pytest

from hausgeist.errors import HausgeistError
from hausgeist.knowledge.parsers.reading import read_content

SOUND = {
    "docx": made.docx,
    "xlsx": made.xlsx,
    "pptx": made.pptx,
    "odt": made.odt,
    "pdf": lambda: made.pdf([made.SENTENCE] * 3),
    "eml": lambda: made.mail(("brief.pdf", made.pdf(["x"]))),
    "jpg": made.picture,
    "png": lambda: made.picture("PNG"),
    "gif": lambda: made.picture("GIF"),
    "webp": lambda: made.picture("WEBP"),
    "html": lambda: b"<html><table><tr><td>x</td></tr></table><ul><li>y</html>",
    "rtf": lambda: rb"{\rtf1\ansi{\fonttbl{\f0 A;}} Gr\u252?\'fc x\par}",
}


def damaged(content, dice):
    """A content that ends early, or has other bytes in a few places."""
    if dice.random() < 0.3:
        return content[: dice.randrange(1, len(content))]
    changed = bytearray(content)
    for _ in range(dice.choice((1, 3, 20))):
        changed[dice.randrange(len(changed))] = dice.randrange(256)
    return bytes(changed)


def damaged_part(package, dice):
    """An office file in which one part is damaged or missing, and the container is whole."""
    parts = made.parts(package)
    name = dice.choice(list(parts))
    if dice.random() < 0.15 or len(parts[name]) < 2:
        del parts[name]
    else:
        parts[name] = damaged(parts[name], dice)
    return made.zipped(parts)


@pytest.mark.parametrize("kind", SOUND)
def test_a_damaged_file_is_read_or_refused_in_words(kind):
    """Nothing but our own errors comes out of a parser, whatever is broken."""
    dice = random.Random(f"damage {kind}")
    content = SOUND[kind]()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # libraries warn of what we make on purpose
        for number in range(80):
            packed = kind in {"docx", "xlsx", "pptx", "odt"} and number % 4
            broken = damaged_part(content, dice) if packed else damaged(content, dice)
            try:
                found = read_content(broken)
            except HausgeistError:
                continue
            assert found.text or found.picture
