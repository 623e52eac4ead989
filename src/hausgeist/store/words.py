# SPDX-License-Identifier: EUPL-1.2
"""Text in, stems out: what the search's index holds, and what a query asks of it.

A stem is of ``[a-z0-9]``, so that no database's own idea of a word gets in between: case, accents and
umlauts are folded (ä, ae and a meet in one stem), other scripts are spelled in hexadecimal. A text is
stemmed in German or English, whichever it is; a query asks for both. Knows no SQL and no owner.
"""

import re
import threading
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal, TypeAlias

Language: TypeAlias = Literal["german", "english"]

TEXT_MOST: Final = 200_000
"""Characters of one message that are searched; a database's index has its limits, too."""
TERMS_MOST: Final = 12
"""Words and phrases of one query; what follows is ignored."""
PREFIX_LEAST: Final = 2
"""Characters from which on the last word of a query stands for all words that begin so."""
INSIDE_LEAST: Final = 4
"""Characters of a stem from which on it is looked for inside longer words, too."""

_STEM_MOST = 40
_WORD = re.compile(r"[^\W_]+(?:[\u0300-\u036f\u00ad]+[^\W_]*)*")
_CHUNK = re.compile(r'(-?)"([^"]*)("?)|(-?)([^\s"]+)')
_PLAIN = re.compile(r"[^a-z0-9]+")
_SIGNS = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "œ": "oe", "ø": "oe", "ł": "l"}
_BETWEEN = re.compile("(?<=[aeiouy])u(?=[aeiouy])")
_SPELLED = re.compile("ae|oe|(?<!q)ue")
_ENDINGS = tuple(
    "ung ungen heit heiten keit keiten lich liche isch ische ig end ern em er en es".split()
)
_GERMAN = frozenset(
    "der die das und ist ich nicht ein eine zu den mit von auf für wie was wir sie es dem im bei "
    "auch sind werden oder bitte wird kann des einen haben".split()
)
_ENGLISH = frozenset(
    "the and is are of to that this with for on you it not be how what we have can please or from "
    "will your an by as at which".split()
)
_own = threading.local()  # a stemmer serves one thread


@dataclass(frozen=True, slots=True)
class Form:
    """Stems that follow each other. ``prefix``: the last one may go on."""

    stems: tuple[str, ...]
    prefix: bool = False


Term: TypeAlias = tuple[Form, ...]
"""Forms of which any will do."""


@dataclass(frozen=True, slots=True)
class Query:
    """What must be there, all of it, and what must not."""

    wanted: tuple[Term, ...]
    unwanted: tuple[Term, ...] = ()

    def inside(self) -> tuple[tuple[str, ...], ...]:
        """The stems of each word, to be looked for inside longer words: ``beitrag`` in compounds.

        Empty where that would not be what was asked: with phrases, words left out, or short stems.
        """
        if self.unwanted:
            return ()
        found = []
        for term in self.wanted:
            stems = {form.stems[0] for form in term if len(form.stems) == 1}
            long = tuple(sorted(one for one in stems if len(one) >= INSIDE_LEAST))
            if not long:
                return ()
            found.append(long)
        return tuple(found)

    def marker(self, *, inside: bool = False) -> Callable[[str], bool]:
        """Tells of a text's word whether it is one of those wanted, alone or within a phrase.

        ``inside``: or whether it has one of them in it.
        """
        if inside:
            within = [one for stems in self.inside() for one in stems]
            return lambda word: any(
                part in one for one in _both(folded(word)) if one for part in within
            )
        whole: set[str] = set()
        begun: set[str] = set()
        for form in (form for term in self.wanted for form in term):
            whole.update(form.stems[:-1])
            (begun if form.prefix else whole).add(form.stems[-1])
        beginnings = tuple(begun)

        def marks(word: str) -> bool:
            stems = _both(folded(word))
            return any(one in whole or one.startswith(beginnings) for one in stems if one)

        return marks


def words_of(text: str) -> str:
    """The stems of a text, in its order, a space between two."""
    found = [folded(word) for word in _WORD.findall(text[:TEXT_MOST])]
    language = _language(found)
    return " ".join(filter(None, (stem(word, language) for word in found)))


def words_in(text: str) -> Iterator[re.Match[str]]:
    """The words of a text, with their places."""
    return _WORD.finditer(text)


def parse(text: str) -> Query | None:
    """A query as a person types it; None when there is nothing to look for.

    ``"…"`` are words in this order, ``-`` leaves out, and the last word may be unfinished.
    """
    wanted: list[Term] = []
    unwanted: list[Term] = []
    chunks = list(_CHUNK.finditer(text))
    for chunk in chunks:
        quoted = chunk[2] is not None
        words = [folded(word) for word in _WORD.findall(chunk[2] if quoted else chunk[5])]
        words = [word for word in words if word]
        if not words:
            continue
        open_end = chunk is chunks[-1] and not chunk[3] and not text[-1:].isspace()
        if chunk[1] or chunk[4]:
            unwanted.append(_term(words, goes_on=False))
        else:
            wanted.append(_term(words, goes_on=open_end))
    if not wanted:
        return None
    return Query(tuple(wanted[:TERMS_MOST]), tuple(unwanted[:TERMS_MOST]))


@lru_cache(maxsize=50_000)
def folded(word: str) -> str:
    """A word in small ASCII letters and digits: umlauts spelled out, accents gone."""
    small = unicodedata.normalize("NFKC", word).casefold().replace("\u00ad", "")
    if small.isascii():
        return _PLAIN.sub("", small)[:_STEM_MOST]
    letters = []
    for letter in small:
        if letter in _SIGNS:
            letters.append(_SIGNS[letter])
            continue
        for part in unicodedata.normalize("NFKD", letter):
            if part.isascii():
                letters.append(part)
            elif not unicodedata.combining(part):
                letters.append(f"u{ord(part):04x}")
    return _PLAIN.sub("", "".join(letters))[:_STEM_MOST]


@lru_cache(maxsize=50_000)
def stem(word: str, language: Language) -> str:
    """The stem of a folded word."""
    found: str = _stemmer(language).stemWord(word)
    return _PLAIN.sub("", found)


def _stemmer(language: Language) -> Any:
    known: dict[str, Any] = _own.__dict__
    if language not in known:
        import Stemmer  # noqa: PLC0415  nothing of it is needed before the first message or query

        known[language] = Stemmer.Stemmer(language)
    return known[language]


def _language(found: Sequence[str]) -> Language:
    first = found[:400]
    english = sum(word in _ENGLISH for word in first)
    return "english" if english > sum(word in _GERMAN for word in first) else "german"


def _both(word: str) -> tuple[str, str]:
    return stem(word, "german"), stem(word, "english")


def _term(words: Sequence[str], *, goes_on: bool) -> Term:
    """A word or a phrase; its last word may go on, and may then end in any way that words end."""
    german = tuple(stem(word, "german") for word in words)
    english = tuple(stem(word, "english") for word in words)
    forms = [Form(german), Form(english)]
    last = words[-1]
    if goes_on and len(last) >= PREFIX_LEAST:
        start = _begun(last)
        forms += [Form((*before[:-1], start), prefix=True) for before in (german, english)]
        endings = {stem(whole, "german") for whole in _completed(last)}
        forms += [Form((*german[:-1], end)) for end in sorted(endings) if not end.startswith(start)]
    open_ones = [form.stems for form in forms if form.prefix]
    return tuple(
        dict.fromkeys(
            form
            for form in forms
            if all(form.stems) and (form.prefix or not _within(form.stems, open_ones))
        )
    )


def _within(stems: tuple[str, ...], open_ones: Sequence[tuple[str, ...]]) -> bool:
    """Whether a form that goes on finds these stems anyway."""
    return any(stems[:-1] == one[:-1] and stems[-1].startswith(one[-1]) for one in open_ones)


def _begun(word: str) -> str:
    """The beginning of a word as the German stemmer writes it, without an ending taken off."""
    guarded = _BETWEEN.sub("U", word)
    return _SPELLED.sub(lambda match: match[0][0], guarded).lower()


def _completed(word: str) -> Iterator[str]:
    """``verwaltu`` may become ``verwaltung``, whose stem is shorter than what is typed already."""
    for ending in _ENDINGS:
        for length in range(1, len(ending)):
            if word.endswith(ending[:length]) and len(word) - length > PREFIX_LEAST:
                yield word + ending[length:]
