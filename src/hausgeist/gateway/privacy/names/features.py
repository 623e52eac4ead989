# SPDX-License-Identifier: EUPL-1.2
"""What the model sees of a word: its form, its endings, what the list of names says. Words in, strings out.

Everything depends on the word alone, so that it is worked out once for each different word of a text.
``Seen.sort`` puts a word into one of some forty sorts; combinations of neighbours are made of these.
"""

from dataclasses import dataclass
from itertools import groupby

from hausgeist.gateway.privacy.names import words as known
from hausgeist.gateway.privacy.names.gazetteer import FREQUENT, RARE, SURNAME, Gazetteer
from hausgeist.gateway.privacy.names.tokens import NEWLINE, folded

_LONGEST_TAIL, _SHORTEST_TAIL = 11, 4  # letters of a compound's last word
_SIGNS = frozenset(',.:;-\u2013()|<>"„“/&+*•·!?§')


@dataclass(frozen=True, slots=True)
class Seen:
    """A word as the model sees it: its sort, its folded form, and what is told of it in its own place."""

    sort: str
    plain: str
    inner: tuple[str, ...]
    outer: tuple[str, ...]
    """What is told of it to its neighbours."""


def seen(word: str, names: Gazetteer) -> Seen:
    """Look at one word."""
    if word == NEWLINE:
        return Seen("n", "\\n", ("w=\\n",), ("w=\\n",))
    plain = folded(word)
    sort = _sort(word, plain, names)
    if sort in {"mail", "link"} or len(word) > 40:
        return Seen(sort, sort, (f"s={sort}",), (f"s={sort}",))
    if not word[0].isalpha():
        told = (f"s={sort}", f"h={_shape(word)[:12]}")
        return Seen(sort, sort, (*told, f"w={plain[:12]}"), (*told, f"w={plain[:12]}"))
    inner = [f"w={plain}", f"s={sort}", f"h={_shape(word)[:12]}", f"l={min(len(plain), 12)}"]
    inner += [f"{size}>{plain[-size:]}" for size in (1, 2, 3, 4, 5) if len(plain) > size]
    inner += [f"{size}<{plain[:size]}" for size in (2, 3, 4) if len(plain) > size]
    parts = plain.split("-")
    if len(parts) > 1:
        inner += [f"p={_letter(names.flags(part))}" for part in (parts[0], parts[-1])]
        inner.append(f"e={parts[-1]}")
    if plain[-1] == "s" and len(plain) > 3:
        inner.append(f"t={_letter(names.flags(plain[:-1]))}")
    if plain in known.ORDINARY:
        inner.append("ordinary")
    if sort == "C" and _has_common_tail(plain, names):
        inner.append("tail")
    outer = (f"w={plain}", f"s={sort}", f"3>{plain[-3:]}")
    return Seen(sort, plain, tuple(inner), outer)


def _sort(word: str, plain: str, names: Gazetteer) -> str:
    """A word's sort; capital letters of it stand for words that could be names."""
    first = word[0]
    if "@" in word and len(word) > 1:
        return "mail"
    if not first.isalpha():
        return _sort_of_sign(word)
    if ("." in word[1:-1] and word.startswith("www")) or "://" in word:
        return "link"
    if plain in known.SALUTATIONS:
        return "salute"
    if plain in known.TITLES:
        return "title"
    if plain in known.PARTICLES:
        return "particle"
    if first.islower():
        return "article" if plain in known.ARTICLES else "low"
    if len(word) == 2 and word[1] == ".":
        return "initial"
    flags = names.flags(plain)
    if not flags and "-" in plain:
        parts = plain.split("-")
        flags = names.flags(parts[0]) & names.flags(parts[-1])
    loud = "!" if len(word) > 1 and word.isupper() else ""
    town = "t" if plain in known.TOWNS else ""
    sort = "N" if not flags and names.is_common(plain) else _letter(flags)
    return f"{loud}{sort}{town}"


def _has_common_tail(plain: str, names: Gazetteer) -> bool:
    """Whether a word ends as a compound would: Krokodilstränen, Wasseruhren."""
    first = max(2, len(plain) - _LONGEST_TAIL)
    return any(names.is_common(plain[at:]) for at in range(first, len(plain) - _SHORTEST_TAIL + 1))


def _sort_of_sign(word: str) -> str:
    if word[0].isdigit():
        if len(word) == 5 and word.isdigit():
            return "code"
        if word.count(".") == 2:
            return "date"
        return "year" if len(word) == 4 and word.isdigit() else "number"
    return word if word in _SIGNS else "sign"


def _letter(flags: int) -> str:
    """F and f: a frequent or rare first name; S: a surname; B and b: both; C: none of them."""
    surname = flags & SURNAME
    if flags & FREQUENT:
        return "B" if surname else "F"
    if flags & RARE:
        return "b" if surname else "f"
    return "S" if surname else "C"


def _shape(word: str) -> str:
    """Runs of capitals, small letters, digits and other signs: ``Xx-Xx``."""
    signs = (
        "X" if sign.isupper() else "x" if sign.isalpha() else "d" if sign.isdigit() else sign
        for sign in word[:40]
    )
    return "".join(sign for sign, _ in groupby(signs))


def pairs(before: Seen, here: Seen, after: Seen) -> tuple[str, str]:
    """What a word and the sort of its neighbour tell together."""
    return f"<{before.plain}|{here.sort}", f">{here.sort}|{after.plain}"


def sorts(row: tuple[str, str, str, str, str]) -> tuple[str, ...]:
    """What five sorts in a row tell of the word in their middle."""
    two, one, here, next_, last = row
    return (
        f"1{one}|{here}",
        f"2{here}|{next_}",
        f"3{one}|{here}|{next_}",
        f"4{two}|{one}|{here}",
        f"5{here}|{next_}|{last}",
        f"6{two}|{one}|{here}|{next_}|{last}",
    )
