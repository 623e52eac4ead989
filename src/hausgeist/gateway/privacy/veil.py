# SPDX-License-Identifier: EUPL-1.2
"""The map of one conversation, or of one call: what is hidden, and under which pseudonym.

A passage comes in with its kind; what stands for it goes out. The same entity always gets the same
pseudonym, two never share one, and a pseudonym that was given once is never given to another. Pure: storing
and encrypting are ``veils``'s.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from hausgeist.core.findings import Kind
from hausgeist.gateway.privacy import tokens
from hausgeist.gateway.privacy.names.tokens import folded
from hausgeist.gateway.privacy.persons import Name, is_initials, taken_apart

VERSION: Final = 1
"""Of the stored form."""

_PERSON: Final = Kind.PERSON.upper()
_BLANK = re.compile(r"\s+")
_SIGNS = re.compile(r"[\s./()\-‐‑–]+")  # noqa: RUF001  dashes as people type them
_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")
_ABROAD = re.compile(r"(?:\+|00)49(?:\(0\))?")
_AS_WRITTEN = frozenset({Kind.SECRET})
_WORDS = frozenset({Kind.ADDRESS, Kind.OWN, Kind.MARKED, Kind.EMAIL, Kind.FILE_NUMBER})


@dataclass(slots=True)
class Person:
    """Somebody, as far as the texts tell; the parts are folded. ``sex`` is f, m or not known."""

    number: int
    first: str = ""
    last: str = ""
    bare: str = ""
    sex: str = ""


@dataclass(slots=True)
class Veil:
    """Pseudonyms and what they stand for."""

    values: dict[str, str] = field(default_factory=dict)
    """What a key such as ``IBAN_1`` stands for."""
    keys: dict[str, str] = field(default_factory=dict)
    """Under which key an entity is known; see ``entity``."""
    persons: list[Person] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    literals: dict[str, str] = field(default_factory=dict)
    """Spellings that were seen, in lower case with single blanks, of what is no person; their kinds."""
    certain: set[str] = field(default_factory=set)
    """Entities that a check digit or an anchor word vouches for: no click takes them back."""
    corrections: dict[str, bool] = field(default_factory=dict)
    """What a person said of a spelling (lower case, single blanks): to be hidden, or not."""
    _lasts: dict[str, list[Person]] = field(default_factory=dict)
    _firsts: dict[str, list[Person]] = field(default_factory=dict)
    _bare: dict[str, list[Person]] = field(default_factory=dict)
    _seen: tuple[set[str], set[str]] = field(default_factory=lambda: (set(), set()))
    """Folded surnames and first names of the texts at hand, to tell a genitive by."""

    def people(self) -> list[str]:
        """Everybody, by all that is known of the name."""
        return [
            " ".join(
                self.values[key]
                for word in (tokens.INITIAL, tokens.FIRST, tokens.FIRSTS, tokens.LAST, _PERSON)
                if (key := f"{word}_{one.number}") in self.values
            )
            for one in self.persons
        ]

    def state(self) -> int:
        """A hash of everything that decides what is hidden how; of this process only."""
        return hash(
            (
                tuple(self.values.items()),
                tuple(self.keys),
                tuple(self.literals),
                tuple(self.corrections.items()),
                frozenset(self.certain),
            )
        )

    # -- learning ---------------------------------------------------------------------------------

    def correct(self, value: str, *, hide: bool) -> None:
        """Take note of what a person said."""
        plain = spelling(value)
        if not plain:
            return
        self.corrections[plain] = hide
        if hide:
            self.hidden(value.strip(), 0, len(value.strip()), Kind.MARKED)

    def may_stay(self, value: str, kind: Kind) -> bool:
        """Whether a person said that this is to be left as it is, and nothing certain speaks against it."""
        if not self.corrections or any(one in self.certain for one in _entities(value, kind)):
            return False
        plain = spelling(value)
        if self.corrections.get(plain) is False:
            return True
        if kind is not Kind.PERSON:
            return False
        words = {folded(word) for word in plain.split()}
        return any(
            not hide and words <= {folded(word) for word in kept.split()}
            for kept, hide in self.corrections.items()
        )

    # -- hiding -----------------------------------------------------------------------------------

    def hidden(self, text: str, start: int, end: int, kind: Kind, *, certain: bool = False) -> str:
        """What is to stand in the place of a passage; the pseudonym is made if there is none yet."""
        value = text[start:end]
        if certain:
            self.certain.update(_entities(value, kind))
        if kind is Kind.PERSON:
            return self._person(text, start, end)
        bare = value.strip()
        lead = value[: len(value) - len(value.lstrip())]
        self._literal(bare, kind)
        name = entity(bare, kind)
        key = self.keys.get(name) or self._new(kind.upper(), name, bare)
        return lead + tokens.written(key) + value[len(lead) + len(bare) :]

    def typed(self, text: str) -> str:
        """What is to stand in the place of a pseudonym that somebody has typed."""
        name = f"typed:{text}"
        return tokens.written(self.keys.get(name) or self._new(tokens.TYPED, name, text))

    def name(self, text: str) -> str:
        """What is to stand in the place of a tool's or a participant's name: letters, ``_`` and digits."""
        name = f"name:{text}"
        return self.keys.get(name) or self._new(tokens.NAME, name, text)

    def _literal(self, value: str, kind: Kind) -> None:
        plain = spelling(value)
        self.literals.setdefault(plain, kind.value)

    def _new(self, word: str, name: str, value: str, number: int | None = None) -> str:
        if number is None:
            number = self.numbers.get(word, 0) + 1
            self.numbers[word] = number
        key = f"{word}_{number}"
        self.keys[name] = key
        self.values[key] = value
        return key

    # -- persons ----------------------------------------------------------------------------------

    def know(self, text: str, start: int, end: int) -> None:
        """Somebody is named here: an s behind the same word elsewhere is a genitive's."""
        name, bare = taken_apart(text, start, end)
        lasts, firsts = self._seen
        lasts.add(folded(name.last))
        firsts.update((folded(name.first), folded(bare)))

    def _person(self, text: str, start: int, end: int) -> str:
        name, bare = taken_apart(text, start, end, self._Known(self, 0), self._Known(self, 1))
        if name.bare:
            return name.before + tokens.written(self._alone(bare)) + name.after
        person = self._who(name)
        last = tokens.written(self._part(person, tokens.LAST, name.last))
        if not name.first:
            return name.before + last + name.after
        first = tokens.written(self._part(person, _word_of_first(name.first), name.first))
        parts = (last, name.gap, first) if name.swapped else (first, name.gap, last)
        return "".join((name.before, *parts, name.after))

    def is_name(self, plain: str, part: int) -> bool:
        """Whether a folded word is a surname (0) or a first name (1) that is known; a genitive is none."""
        return plain in self._seen[part] and not (plain.endswith("s") and self._stem(plain[:-1]))

    def _stem(self, plain: str) -> bool:
        """Whether a word without its s is somebody's name, too."""
        return any(plain in words for words in (*self._seen, self._lasts, self._firsts, self._bare))

    def _alone(self, word: str) -> str:
        """The key of one word of which nobody knows which part it is."""
        plain = folded(word)
        name = f"alone:{plain}"
        key = self.keys.get(name)
        if key is not None:
            if _is_better(word, self.values[key]):
                self.values[key] = word
            return key
        by_last, by_first = self._lasts.get(plain, ()), self._firsts.get(plain, ())
        if len(by_last) == 1 and not by_first:
            key = self._part(by_last[0], tokens.LAST, word)
        elif len(by_first) == 1 and not by_last:
            key = self._part(by_first[0], tokens.FIRST, word)
        else:
            return self._new(_PERSON, name, word, self._somebody(bare=plain).number)
        self.keys[name] = key
        return key

    def _who(self, name: Name) -> Person:
        """The person that is meant; somebody new if it may be none, or more than one of those known."""
        last = folded(_BLANK.sub(" ", name.last))
        first = folded(_BLANK.sub(" ", name.first))
        alone = f"last:{last}:{name.sex}"
        if not first and alone in self.keys:
            return self.persons[int(self.keys[alone].rpartition("_")[2]) - 1]
        known = [*self._lasts.get(last, ()), *self._bare.get(last, ())]
        fits = [
            one
            for one in [*known, *(one for one in self._bare.get(first, ()) if first)]
            if not (one.sex and name.sex and one.sex != name.sex)
            and one.last in {"", last}
            and _agree(one.first, first)
        ]
        if first:
            fits = [one for one in fits if one.first == first] or fits[:1]
        elif name.sex:
            fits = [one for one in fits if one.sex == name.sex] or fits
        person = fits[0] if len(fits) == 1 else self._somebody()
        person.last = person.last or last
        person.sex = person.sex or name.sex
        if first and (not person.first or is_initials(person.first)):
            person.first = first
        self._index(person)
        if not first:
            self.keys[alone] = f"{tokens.LAST}_{person.number}"
        return person

    def _part(self, person: Person, word: str, value: str) -> str:
        """The key of a part of a name; its value becomes the better spelling of the two."""
        key = f"{word}_{person.number}"
        old = self.values.get(key)
        same = old is not None and folded(old) == folded(value)
        if old is None or (same and _is_better(value, old)):
            self.values[key] = value
        elif word in {tokens.FIRSTS, tokens.INITIAL} and not same:
            name = f"part:{word}:{folded(value)}"  # a further way to write somebody's first names
            return self.keys.get(name) or self._new(word, name, value, self._somebody().number)
        return key

    def _somebody(self, **what: str) -> Person:
        person = Person(len(self.persons) + 1, **what)
        self.persons.append(person)
        self._index(person)
        return person

    def _index(self, person: Person) -> None:
        for index, word in (
            (self._lasts, person.last),
            (self._firsts, person.first),
            (self._bare, person.bare),
        ):
            if word and person not in (found := index.setdefault(word, [])):
                found.append(person)

    class _Known:
        """The words that are a part of somebody's name."""

        __slots__ = ("_part", "_veil")

        def __init__(self, veil: "Veil", part: int) -> None:
            self._veil = veil
            self._part = part

        def __contains__(self, plain: object) -> bool:
            return self._veil.is_name(str(plain), self._part)

    # -- as bytes ---------------------------------------------------------------------------------

    def packed(self) -> bytes:
        """Everything, as bytes that ``unpacked`` reads."""
        return msgspec.json.encode(
            {
                "version": VERSION,
                "values": self.values,
                "keys": self.keys,
                "persons": self.persons,
                "numbers": self.numbers,
                "literals": self.literals,
                "certain": sorted(self.certain),
                "corrections": self.corrections,
            }
        )

    @classmethod
    def unpacked(cls, data: bytes) -> "Veil":
        """The veil that was packed.

        Raises:
            ValueError: these are no bytes of a veil, or those of a newer program's.
        """
        try:
            found: Mapping[str, Any] = msgspec.json.decode(data, type=dict[str, Any])
            if found["version"] != VERSION:
                raise ValueError(found["version"])
            veil = cls(
                values=found["values"],
                keys=found["keys"],
                persons=[Person(**one) for one in found["persons"]],
                numbers=found["numbers"],
                literals=found["literals"],
                certain=set(found["certain"]),
                corrections=found["corrections"],
            )
        except (msgspec.DecodeError, KeyError, TypeError) as error:
            raise ValueError("not a veil") from error
        for person in veil.persons:
            veil._index(person)
        return veil


def _entities(value: str, kind: Kind) -> list[str]:
    """A thing, or every word of a name: whoever is certain by one mention is so by each part."""
    if kind is not Kind.PERSON:
        return [entity(value, kind)]
    return [f"person:{folded(word)}" for word in value.split()]


def entity(value: str, kind: Kind) -> str:
    """What two spellings of one thing have in common: an IBAN is the same with and without blanks."""
    if kind in _AS_WRITTEN:
        return f"is:{value}"
    if kind in _WORDS:
        return f"is:{spelling(value)}"
    if kind is Kind.PHONE:
        return f"is:{_SIGNS.sub('', _ABROAD.sub('0', _BLANK.sub('', value)))}"
    if kind is Kind.BIRTH_DATE:
        value = _ZEROS.sub("", value)
        return f"date:{_BLANK.sub('', value).lower()}"
    return f"is:{_SIGNS.sub('', value).lower()}"


def spelling(value: str) -> str:
    """A passage in lower case, with single blanks."""
    return _BLANK.sub(" ", value).strip().lower()


def _is_better(value: str, old: str) -> bool:
    """Whether a spelling tells more than another of the same name: Müller rather than MÜLLER or müller."""
    return (old.isupper() or old.islower()) and not (value.isupper() or value.islower())


def _word_of_first(first: str) -> str:
    if is_initials(first):
        return tokens.INITIAL
    return tokens.FIRSTS if len(first.split()) > 1 else tokens.FIRST


def _agree(known: str, first: str) -> bool:
    """Whether two first names can be one person's: equal, an initial, or one with a second first name."""
    if not known or not first or known == first:
        return True
    one, other = known.split(maxsplit=1)[0], first.split(maxsplit=1)[0]
    if is_initials(known) or is_initials(first):
        return one[0] == other[0]
    return one == other
