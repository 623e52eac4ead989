# SPDX-License-Identifier: EUPL-1.2
"""What a student sees of a word: its letters, its form, what kind of sign it is. Words in, strings out.

Everything here depends on the word alone, so that it is worked out once for each different word. What
depends on the neighbours is in ``around``: strings of two or three words, or of their forms. What the words
around are about, near or far, is in ``topics``: whether a name is a stop or a town, it decides.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

EDGE = " "
"""Stands where the text, or a part of it that is labelled by itself, begins and ends."""

_LONGEST = 30
"""Letters of a word that are looked at; what is longer is rarely a word."""

_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("link", r"(?:https?://|www\.).*"),
        ("mail", r"[^@]+@.+\..+"),
        ("tag", r"#.*"),
        ("at", r"@.+"),
        ("iso", r"\d{4}-\d\d?-\d\d?"),
        ("time", r"(?:[01]?\d|2[0-4])[:.][0-5]\d(?::[0-5]\d)?"),
        ("date", r"[0-3]?\d\.[01]?\d(?:\.(?:\d{4}|\d\d))?"),
        ("money", r"\d{1,3}(?:\.\d{3})*,\d\d|\d+[,.]\d\d"),
        ("year", r"(?:1[89]|20)\d\d"),
        ("post", r"\d{5}"),
        ("number", r"\d+(?:[.,:]\d+)*"),
        ("code", r"[^\W\d_]{1,3}\d{1,5}"),
        ("unit", r"\d+[^\W\d_]{1,4}"),
        ("mixed", r"(?=.*\d)(?=.*[^\W\d_]).*"),
    )
)

_WORDS: dict[str, frozenset[str]] = {
    "month": frozenset(
        "januar jänner februar märz april mai juni juli august september oktober november dezember "
        "jan feb mär apr jun jul aug sep sept okt nov dez".split()
    ),
    "day": frozenset(
        "montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so "
        "heute gestern morgen übermorgen vorgestern".split()
    ),
    "money": frozenset("€ eur euro cent ct $ chf".split()),
    "measure": frozenset(
        "km m cm mm kg g mg l ml uhr h min minuten stunden tage prozent % °".split()
    ),
    "street": frozenset(
        "straße strasse str platz weg allee gasse ring ufer damm brücke tor".split()
    ),
    "count": frozenset(
        "ein eine einen zwei drei vier fünf sechs sieben acht neun zehn elf zwölf hundert".split()
    ),
}
_IN_LIST = {word: name for name, words in _WORDS.items() for word in words}

LISTENERS = "X#@"
"""The first signs of the forms of those whom topics are told: names, hashtags, people in networks."""
TOGETHER = 60
"""Words, at most, that hear each other's topics."""
_TELLING = 3
"""Letters that a word in small letters has at least, to be a topic."""
_CODE = re.compile(r"([^\W\d_]{1,4})\d")

_UNSEEN = re.compile("[\u00ad\u200b-\u200d\u2060\ufe00-\ufe0f]")
_PART = re.compile(r"[A-ZÄÖÜ]?[a-zäöüß]+|[A-ZÄÖÜ]+(?![a-zäöüß])|\d+")


@dataclass(frozen=True, slots=True)
class Look:
    """A word as it is seen. ``plain``: small letters, without the sign of a hashtag; ``form``: its shape.

    ``own`` is told of it in its own place, ``next_`` to the word beside it, ``far`` to the one after that;
    ``topic`` to all words around it that listen: names, hashtags, people in networks. ``hears`` says which
    of ``LISTENERS`` it is itself, -1: none.
    """

    plain: str
    form: str
    own: tuple[str, ...]
    next_: tuple[str, ...]
    far: tuple[str, ...]
    topic: str = ""
    hears: int = -1


def look(word: str) -> Look:
    """Look at one word."""
    if word == EDGE:
        return Look(EDGE, EDGE, ("edge",), ("edge",), ("edge",))
    if not word.isascii():
        word = unicodedata.normalize("NFC", _UNSEEN.sub("", word)) or word
    kind = next((name for name, pattern in _KINDS if pattern.fullmatch(word)), "")
    if kind in {"link", "mail"}:
        told = (f"k={kind}",)
        return Look(kind, kind, told, told, told)
    bare = word[1:] if kind in {"tag", "at"} else word
    bare = bare[:_LONGEST]
    plain = bare.lower()
    form = _form(word)
    digits = re.sub(r"\d", "0", plain)
    own = [f"w={plain}", f"f={form}", f"k={kind}", f"o={word[:_LONGEST]}", f"d={digits}"]
    own.append(f"l={min(len(plain), 12)}")
    listed = _IN_LIST.get(plain, "")
    if listed:
        own.append(f"i={listed}")
    if plain[:1].isalpha() or kind == "mixed":
        own += [f"{size}>{plain[-size:]}" for size in range(1, 6) if len(plain) > size]
        own += [f"{size}<{plain[:size]}" for size in range(1, 6) if len(plain) > size]
        edged = f"^{plain[:20]}$"
        own += sorted({f"c{edged[at : at + 4]}" for at in range(len(edged) - 3)})
        parts = _PART.findall(bare)
        if len(parts) > 1:
            own += [f"p={part.lower()}" for part in parts[:4]]
            own.append(f"e={parts[-1].lower()}")
    next_ = (f"w={plain}", f"f={form}", f"k={kind}{listed}", f"3>{plain[-3:]}", f"3<{plain[:3]}")
    far = (f"w={plain}", f"k={kind}{listed}", f"f={form[:4]}")
    hears = LISTENERS.find(form[:1])
    return Look(plain, form, tuple(own), next_, far, _topic(plain, form), hears)


def _topic(plain: str, form: str) -> str:
    """What a word says about what the text is about: itself, of a number what it is the number of.

    ``RB38`` speaks of trains and ``A8`` of roads: ``#rb`` and ``#a``. Signs, and short words that are no
    names, say nothing.
    """
    code = _CODE.match(plain)
    if code:
        return f"#{code[1]}"
    return plain if form[:1] == "X" or (plain[:1].isalpha() and len(plain) >= _TELLING) else ""


def topics(looks: Sequence[Look]) -> list[str]:
    """What some words are about, each topic once; ``#`` where none of them is a word with a number."""
    found = dict.fromkeys(one.topic for one in looks if one.topic)
    return list(found) if any(one[0] == "#" for one in found) else [*found, "#"]


def stretches(count: int) -> list[tuple[int, int]]:
    """Cut so many words in even parts whose topics are told together, as (first, after the last)."""
    parts = -(-count // TOGETHER)
    return [(count * at // parts, count * (at + 1) // parts) for at in range(parts)]


def _form(word: str) -> str:
    """Runs of capitals, small letters, digits and other signs: ``Xx-Xx``, ``dd.dd``."""
    signs = (
        "X" if sign.isupper() else "x" if sign.isalpha() else "d" if sign.isdigit() else sign
        for sign in word[:_LONGEST]
    )
    runs = [(sign, sum(1 for _ in run)) for sign, run in groupby(signs)]
    return "".join(sign * min(2, size) if sign in "dX" else sign for sign, size in runs)[:10]


def around(looks: Sequence[Look], at: int, listed: Sequence[str]) -> list[str]:
    """What a word and its neighbours tell together. ``looks`` has two edges at both ends, before ``at``.

    ``listed`` says of every place what the lists know of it, empty: nothing.
    """
    two, one, here, next_, last = looks[at - 2 : at + 3]
    a, b, c = one.plain, here.plain, next_.plain
    f, g, h = one.form, here.form, next_.form
    found = [
        f"A{a}|{b}",
        f"B{b}|{c}",
        f"C{a}|{g}",
        f"D{g}|{c}",
        f"E{f}|{g}|{h}",
        f"F{a}|{c}",
        f"G{two.plain}|{a}",
        f"H{c}|{last.plain}",
    ]
    before, own, after = listed[at - 1 : at + 2]
    if own or before or after:
        found += [f"L{own}", f"M{before}|{own}", f"N{own}|{after}", f"O{own}|{g}", f"P{own}|{a}"]
    return found
