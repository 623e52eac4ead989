# SPDX-License-Identifier: EUPL-1.2
"""A person's name as it stands in a text, taken apart: titles outside, first names, surname, an ending.

Grammar decides the cut: "Frau [[NACHNAME_1]]" and "[[VORNAME_1]]" alone must read well again, so titles,
salutations and particles stay in the text, and so does the s of a genitive wherever the rest is known.
"""

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Final

from hausgeist.gateway.privacy.names.tokens import folded
from hausgeist.gateway.privacy.names.words import PARTICLES

_FEMALE = frozenset({"frau", "fr.", "mrs", "mrs.", "ms", "ms.", "miss"})
_MALE = frozenset({"herr", "herrn", "hr.", "hrn.", "mr", "mr."})
_TITLE = (
    r"(?:Prof|Professor|Professorin|Dr|Dipl|Ing|Mag|med|jur|phil|rer|nat|dent|vet|h|c|pol|oec|theol)"
    r"\b[.-]?"
)
_SALUTATION = r"(?:Frau|Fr\.|Herrn?|Hrn?\.|Familie|Fam\.|Eheleuten?|Mrs?\b\.?|Ms\b\.?|Miss)"
_AHEAD = re.compile(
    rf"(?:(?<!\w)(?P<salutation>{_SALUTATION})\s{{1,3}})?(?P<title>(?:{_TITLE}\s{{0,2}}){{0,6}})\Z"
)
_FRONT = re.compile(
    rf"(?:(?P<salutation>{_SALUTATION})\s{{1,3}})?(?:(?:Prof|Professor|Professorin|Dr|Dipl|Mag|med|jur"
    rf"|phil|rer|nat|dent)\b[.-]?\s{{0,2}}|Ing\.\s{{0,2}}|h\.\s?c\.\s{{0,2}})*"
)
_POLITE = frozenset(
    "Frau Fr Herr Herrn Hr Hrn Familie Fam Eheleute Eheleuten Mr Mrs Ms Miss Prof Professor Professorin Dr"
    " Dipl Ing Mag med jur phil rer nat dent vet h c pol oec theol".split()
)
_LETTERS_BEHIND = re.compile(r"(?<![^\W\d_])[^\W\d_]+\Z")
_LONGEST_TITLE: Final = 14
_LOOK_BACK: Final = 60
_ENDINGS = ("'s", "\u2019s", "scher", "schen", "sche", "ens", "s", "'", "\u2019")
_WORD = re.compile(r"\S+")
_INITIALS = re.compile(r"(?:[^\W\d_]\.[\s-]?)+\Z")


@dataclass(frozen=True, slots=True)
class Name:
    """Pieces that, joined, are the text: before, first, gap, last, after; ``swapped``: the surname first.

    ``sex`` is what the salutation says: f, m, or nothing.
    """

    before: str
    first: str
    gap: str
    last: str
    after: str
    swapped: bool = False
    sex: str = ""

    @property
    def bare(self) -> bool:
        """One word of which nobody knows which part it is."""
        return not self.first and not self.last


def taken_apart(
    text: str, start: int, end: int, lasts: Container[str] = (), firsts: Container[str] = ()
) -> tuple[Name, str]:
    """The name at a place of a text; and, where nothing tells the part it is, that one word.

    ``lasts`` and ``firsts`` hold folded words that are known as surnames and as first names: Peters is
    the genitive of Peter only where Peter is somebody's surname, too.
    """
    ahead = _ahead(text[max(0, start - _LOOK_BACK) : start])
    value = text[start:end]
    polite = _FRONT.match(value)
    before = polite[0] if polite is not None and polite.end() < len(value) else ""
    value = value[len(before) :]
    salutation = (
        (polite and before and polite["salutation"]) or (ahead and ahead["salutation"]) or ""
    )
    titled = bool(salutation or before.strip() or (ahead and ahead["title"].strip()))
    known = (lasts,) if titled or len(value.split()) > 1 else (lasts, firsts)
    stem, after = _without_ending(value, known)
    sex = _sex(salutation)
    if "," in stem:
        last, _, first = stem.partition(",")
        front, last = _particles(last)
        gap = "," + first[: len(first) - len(first.lstrip())]
        if last.strip() and first.strip():
            return Name(before + front, first.lstrip(), gap, last, after, swapped=True, sex=sex), ""
    front, rest = _particles(stem)
    words = [match.span() for match in _WORD.finditer(rest)]
    if len(words) < 2:
        if titled or front:
            return Name(before + front, "", "", rest, after, sex=sex), ""
        return Name(before, "", "", "", after, sex=sex), rest
    at = len(words) - 1
    while at > 1 and folded(rest[slice(*words[at - 1])]) in PARTICLES:
        at -= 1
    first = rest[words[0][0] : words[at - 1][1]]
    gap = rest[words[at - 1][1] : words[-1][0]]  # with the particles
    return Name(before + front, first, gap, rest[words[-1][0] :], after, sex=sex), ""


def _ahead(text: str) -> re.Match[str] | None:
    """Salutation and titles at the end of a text; looked for only behind a word that is one."""
    at = len(text.rstrip(" \t\n.-"))
    word = _LETTERS_BEHIND.search(text, max(0, at - _LONGEST_TITLE), at)
    return _AHEAD.search(text) if word is not None and word[0] in _POLITE else None


def _particles(text: str) -> tuple[str, str]:
    """Particles at the front of a name, with what follows them, and the name without them."""
    at = 0
    for match in _WORD.finditer(text):
        at = match.start()
        if folded(match[0]) not in PARTICLES:
            break
    return text[:at], text[at:]


def is_initials(first: str) -> bool:
    """Whether a first name is only its initials, as in "E. Mustermann"."""
    return _INITIALS.match(first) is not None


def genitive(value: str) -> str:
    """The genitive of a German name: Müller becomes Müllers; Hans, Fuchs and Strauß take an apostrophe."""
    return value + ("\u2019" if value[-1:].lower() in "sßxz" or value.endswith("ce") else "s")


def _without_ending(value: str, known: Sequence[Container[str]]) -> tuple[str, str]:
    """The name without the ending of a genitive or an adjective, and that ending."""
    word = value.rsplit(maxsplit=1)[-1] if value.split() else value
    if any(folded(word) in words for words in known):
        return value, ""
    for ending in _ENDINGS:
        stem = word[: -len(ending)]
        if not word.lower().endswith(ending) or len(stem) < 2:
            continue
        if any(folded(stem) in words for words in known):
            return value[: -len(ending)], value[-len(ending) :]
    if word[-1:] in {"'", "\u2019"} and len(word) > 2:
        return value[:-1], value[-1:]
    return value, ""


def _sex(salutation: str) -> str:
    word = salutation.lower()
    return "f" if word in _FEMALE else "m" if word in _MALE else ""
