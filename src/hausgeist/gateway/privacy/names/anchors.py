# SPDX-License-Identifier: EUPL-1.2
"""Persons by the words beside them: salutations, labels of forms, closing lines. Tokens in, places out.

An anchor says that a name is here; how far it goes, the model and the list of names say. Titles and
salutations stay outside. Rules only add: what the model has found stays found.
"""

from collections.abc import Callable, Collection, Iterator, Sequence

from hausgeist.gateway.privacy.names import words as known
from hausgeist.gateway.privacy.names.gazetteer import FREQUENT, RARE, SURNAME, Gazetteer
from hausgeist.gateway.privacy.names.tokens import NEWLINE, Tokens, folded

_LONGEST = 6  # words of a name
_GOES_ON = 0.2  # how likely the next word is part of the name, so that it belongs to it
_HINT = 0.02  # what is enough behind a label or a role
_FAINT = 0.005  # what is enough where German has no room for another noun
_FIRST = FREQUENT | RARE
_LABEL_WORDS = 5  # words of a label before its colon
_LINES = 4  # lines behind a closing in which the name is looked for
_STARTS = frozenset({NEWLINE, "|", ";", "(", ")", ">", "<", '"', "*", "•", "-", ":", "."})
_LINE_ENDS = frozenset({NEWLINE, ",", "(", "|", "-", "\u2013", ".", "/", "<"})
_MAIDEN = frozenset("geb. geb geborene geborener geborenen nee".split())
_BEHIND = frozenset("geb. geb geboren * wohnhaft wohnt".split())
_NEVER = known.SALUTATIONS | known.TITLES | known.CLOSINGS | known.GREETINGS
_SEVERAL = frozenset("eheleute eheleuten familie familien fam. herren".split())
_CALLED = frozenset("heisst heisse heissen hiess hiessen heiss genannt named called".split())
_MINE = frozenset("mein my her his sein ihr dein your ihre deren dessen".split())
_SAID = frozenset("ist is bin heisse heiss heisst hier nochmal spricht schreibt namens".split())
_BEFORE_SMALL = _SAID | known.GREETINGS | known.CLOSINGS | known.ROLES
_PLAIN = 0.15  # how likely a listed first name in small letters must be one
_FIELD_ENDS = frozenset({NEWLINE, "|", ";", "<", ":", "(", "[", "=", ".", "?", "!"})
_ORGANISED = tuple(
    "amt verwaltung team abteilung schule gmbh stelle zentrum dienst behoerde buero"
    " praxis klinik verein verband"
    " kanzlei leitung sekretariat referat dezernat bereich service center gruppe kasse werke straße strasse"
    " personal ministerium gericht betrieb haus".split()
)
_HOUSES = tuple(
    "stift heim kita kindergarten krippe imbiss gasthaus gasthof hotel restaurant verwaltung schule gymnasium"
    " klinikum apotheke verlag ortsbeirat gruppe finanzamt amtsgericht betrieb kater katze".split()
)

Hit = tuple[int, int, str, bool]
"""First token of a name, the token behind it, the rule, and whether it is certain."""


Rule = Callable[["Anchors", int], Iterator[Hit]]


def _table(
    first: Sequence[tuple[frozenset[str], Rule]], also: Sequence[tuple[frozenset[str], Rule]]
) -> dict[str, tuple[Rule, ...]]:
    """The rules that a word calls for: one of the ``first``, and all of ``also``."""
    rules: dict[str, list[Rule]] = {}
    for words, rule in first:
        for word in words:
            rules.setdefault(word, [rule])
    for words, rule in also:
        for word in words:
            rules.setdefault(word, []).append(rule)
    return {word: tuple(several) for word, several in rules.items()}


def may_be_name(plain: str) -> bool:
    """Whether a folded word can be part of a name at all."""
    if plain in _NEVER:
        return False
    return plain in known.ORDINARY or (plain not in known.NO_NAMES and plain not in known.ROLES)


class Anchors:
    """One text, looked at by every rule. ``likely``: what the model says of every word."""

    def __init__(self, tokens: Tokens, likely: Sequence[float], names: Gazetteer) -> None:
        self._words = tokens.words
        self._likely = likely
        self._names = names
        self._cache: dict[str, tuple[str, int]] = {}
        self._seen = frozenset(self._words)
        self._plain = tokens.plain

    def persons(self) -> Iterator[Hit]:
        """First token, end, rule, and whether it is certain; they may overlap."""
        for place, plain in enumerate(self._plain):
            for rule in self._RULES.get(plain, ()):
                yield from rule(self, place)

    def _look(self, word: str) -> tuple[str, int]:
        found = self._cache.get(word)
        if found is None:
            plain = folded(word) if word[0].isalpha() else word
            flags = 0
            if word[0].isalpha():
                flags = self._names.flags(plain)
                if not flags and "-" in plain:
                    flags = self._names.flags(plain.partition("-")[0])
            found = self._cache[word] = plain, flags
        return found

    def flags(self, place: int) -> int:
        """What the list of names says of a word."""
        return self._look(self._words[place])[1]

    def filled(self, marked: Collection[int]) -> Iterator[int]:
        """What stands between marked words and belongs to them: particles, and the rest of "Weber, Eva"."""
        for place in sorted(marked):
            after = place + 1
            while after < self._reach(place) and self._plain[after] in known.PARTICLES:
                after += 1
            if after > place + 1 and after in marked:
                yield from range(place + 1, after)
            if self._words[after : after + 1] == [","]:
                yield from self._turned(place, after + 1, marked)
            if self._is_turned(place):
                yield place - 2
            before = self._back(place)
            if before < place and (before == 0 or self._words[before - 1] in _STARTS):
                yield from range(before, place)

    def _turned(self, place: int, first: int, marked: Collection[int]) -> Iterator[int]:
        """The first name behind a surname that begins a line or a cell."""
        if (
            first not in marked
            and self.is_name(first)
            and self._ends(first)
            and (self._begins(place) or self._loud(place, first))
        ):
            yield first

    def _loud(self, place: int, first: int) -> bool:
        """MUSTERMANN, ERIKA at the end of a line that is not all in capitals."""
        before = self._words[place - 1] if place else NEWLINE
        return self._words[place].isupper() and self._words[first].isupper() and before.istitle()

    def is_turned_pair(self, last: int, place: int) -> bool:
        """Whether a surname, a comma and a first name fill a line or a cell."""
        listed = self.flags(place)
        first_name = bool(listed & _FIRST) or not listed
        begins = self._begins(last) or self._loud(last, place)
        return first_name and begins and self._ends(place)

    def _is_turned(self, place: int) -> bool:
        """Whether a word is the first name behind a surname that begins a line or a cell."""
        if place < 2 or self._words[place - 1] != "," or not self._ends(place):
            return False
        return self._begins(place - 2) and self.is_name(place - 2)

    def is_small_name(self, place: int) -> bool:
        """Whether a word in small letters that the model takes for a name is one: anchored or listed.

        German names are written with capitals; in a chat they are not always.
        """
        if self._names.is_common(self._plain[place]):
            return False
        if self._likely[place] > _PLAIN and self.flags(place) & FREQUENT:
            return True
        before = place - 1
        while before >= 0 and self._plain[before] in known.TITLES:
            before -= 1
        if before < 0:
            return False
        plain = self._plain[before]
        if plain in known.SALUTATIONS:
            return True
        said = plain in _BEFORE_SMALL
        return said and self._likely[place] > _GOES_ON

    def _reach(self, place: int) -> int:
        """How far ahead is looked."""
        return min(len(self._words), place + _LONGEST)

    def _back(self, place: int) -> int:
        """The first of the particles before a name."""
        first = place
        while first > max(0, place - 3) and self._plain[first - 1] in known.PARTICLES:
            if not self._words[first - 1].islower():
                break
            first -= 1
        return first

    def _begins(self, place: int) -> bool:
        place = self._back(place)
        return place == 0 or self._words[place - 1] in _STARTS

    def _ends(self, place: int) -> bool:
        return place + 1 >= len(self._words) or self._words[place + 1] in _STARTS

    def genitive(self, place: int) -> int:
        """How many letters at a name's end are its genitive, which stays outside: Mustermanns."""
        word = self._words[place]
        if len(word) < 5 or word[-1] != "s":
            return 0
        stem = word[:-2] if word[-2] in "'\u2019" else word[:-1]
        listed = self._look(stem)[1] and not self.flags(place)
        return len(word) - len(stem) if listed or stem in self._seen else 0

    def by_proxy(self, place: int) -> bool:
        """Whether this is the second half of "i. A." or "i. V."."""
        return self._plain[place] in {"a.", "v."} and self._plain[place - 1 : place] == ["i."]

    def is_name(self, place: int) -> bool:
        """Whether a word has the form of a name and is no word that stands beside names."""
        if place >= len(self._words):
            return False
        word, plain = self._words[place], self._plain[place]
        if not word[0].isupper() or not may_be_name(plain) or "@" in word or "/" in word:
            return False
        return len(word) > 1 and (word[1] != "." or len(word) == 2)

    def _title_end(self, place: int) -> int:
        """Behind titles and words of office: Dr. med., Bürgermeisterin."""
        last = self._reach(place)
        while place < last and (
            self._plain[place] in known.TITLES
            or (self._plain[place] in known.ROLES and self.is_office(place))
            or (self._words[place] == "-" and self._plain[place - 1] in known.TITLES)
        ):
            place += 1
        return place

    def is_office(self, place: int) -> bool:
        """Whether a name follows a word of office, so that it is none itself."""
        return self.is_name(place + 1) or (
            place + 1 < len(self._words) and self._plain[place + 1] in known.TITLES
        )

    def _run(self, place: int) -> int:
        """The end of the name that begins at ``place``; ``place`` itself where none does."""
        end = place
        while end < min(len(self._words), place + _LONGEST):
            if self._plain[end] in known.PARTICLES and end + 1 < len(self._words):
                if not self.is_name(end + 1) and self._plain[end + 1] not in known.PARTICLES:
                    break
                if end > place and self._words[end][0].islower() and self._likely[end + 1] < _HINT:
                    break
            elif not self.is_name(end) or (end > place and not self._belongs(place, end)):
                break
            end += 1
        while end > place and (self._plain[end - 1] in known.PARTICLES):
            end -= 1
        return end

    def _belongs(self, place: int, end: int) -> bool:
        """Whether a capitalised word behind a name is part of it."""
        before = self._words[end - 1]
        if self._likely[end] > _GOES_ON:
            return True
        if before[-1] == "." or self._plain[end - 1] in known.PARTICLES:
            return True
        first = self.flags(end - 1) & _FIRST and not self.flags(end - 1) & SURNAME
        return bool(first and end == place + 1 and self.flags(end) & SURNAME)

    def _salutation(self, place: int) -> Iterator[Hit]:
        start = self._title_end(place + 1)
        end = self._run(start)
        if end == start:
            last = start - 1  # "Frau Richter" may be her name, "Frau Bürgermeisterin" is not
            if last > place and self._plain[last] in known.ORDINARY and self.flags(last) & SURNAME:
                yield last, start, "names.salutation", False
            return
        certain = bool(self.flags(end - 1)) or self._likely[end - 1] > _GOES_ON
        yield start, end, "names.salutation", certain
        several = self._plain[place] in _SEVERAL and end < len(self._words)
        if several and self._plain[end] in {"und", "u.", "&"} and self._run(end + 1) > end + 1:
            yield end + 1, self._run(end + 1), "names.salutation", False

    def _greeting(self, place: int) -> Iterator[Hit]:
        if (
            place
            and self._words[place - 1][0].isalpha()
            and self._plain[place - 1] not in {"sehr", "und"}
        ):
            return
        start = place + 1
        if self._plain[place] == "guten":
            start += 1
        end = self._run(start)
        if end == start or end - start > 3 or not self._greeted(start, end):
            return
        yield start, end, "names.greeting", False
        if end + 1 < len(self._words) and self._words[end] in {",", "und", "&"}:
            further = self._run(end + 1)
            if (
                further > end + 1
                and self._greeted(end + 1, further)
                and self.flags(end + 1) & _FIRST
            ):
                yield end + 1, further, "names.greeting", False

    def _greeted(self, start: int, end: int) -> bool:
        """Whether what follows a greeting is a name: a comma or a line's end behind it, or known."""
        after = self._words[end] if end < len(self._words) else NEWLINE
        closed = after in {",", "!", NEWLINE, "und", "-", "\u2013"} and end - start < 3
        known_name = self.flags(start) & _FIRST
        return bool(closed or known_name) or self._likely[start] > _GOES_ON

    def _born(self, place: int) -> Iterator[Hit]:
        end = self._run(place + 1)
        if end > place + 1 and self._plain[place + 1] not in known.MONTHS:
            yield place + 1, end, "names.maiden", False

    def _half_proxy(self, place: int) -> Iterator[Hit]:
        if self.by_proxy(place):
            yield from self._proxy(place)

    def _proxy(self, place: int) -> Iterator[Hit]:
        start = place + 1
        while start < self._reach(place) and self._plain[start] in {
            *known.PROXIES,
            NEWLINE,
            *known.TITLES,
            "a.",
            "v.",
            "i.",
            ":",
        }:
            if self._words[start] == NEWLINE and start > place + 4:
                return
            start += 1
        if self._plain[place] in {"im", "in"} and self._plain[place + 1 : place + 2] not in (
            ["auftrag"],
            ["vertretung"],
        ):
            return
        end = self._line_name(start)
        if end:
            yield self._title_end(start), end, "names.proxy", False

    def _role(self, place: int) -> Iterator[Hit]:
        start = self._title_end(place + 1)
        while start < self._reach(place) and self._plain[start] in {"von", "vom", "der", "des"}:
            start += 1  # Mutter von Erika
        end = self._run(start)
        if end > start and (self._likely[start] > _FAINT or self.flags(start) & _FIRST):
            yield start, end, "names.role", False

    def _name_is(self, place: int) -> Iterator[Hit]:
        """Mein Name ist, my name is: whatever it is, however rare."""
        if place > 1 and self._plain[place - 1] == "name" and self._plain[place - 2] in _MINE:
            end = self._run(place + 1)
            if end > place + 1:
                yield place + 1, end, "names.called", False
        elif self._plain[place - 1 : place] == ["name"]:
            yield from self._called(place)

    def _called(self, place: int) -> Iterator[Hit]:
        start = place + 1
        if self._plain[start : start + 1] in (
            ["jetzt"],
            ["noch"],
            ["nun"],
            ["frueher"],
            ["damals"],
        ):
            start += 1
        end = self._run(start)
        if end > start and self._likely[start] > _FAINT:
            yield start, end, "names.called", False

    def _label(self, place: int) -> Iterator[Hit]:
        """Names behind "Antragsteller:", separated by commas, up to the end of the field."""
        if not self._is_label(place):
            return
        start = place + 1
        if start < len(self._words) and self._words[start] == NEWLINE:
            start += 1
        first = True
        steps = 0
        while start < len(self._words) and steps < 60:
            steps += 1
            if self._words[start] in _FIELD_ENDS:
                return
            begin = self._title_end(start + (self._plain[start] in known.SALUTATIONS))
            end = self._field_run(begin)
            if end > begin:
                sure = any(self.flags(at) or self._likely[at] > _HINT for at in range(begin, end))
                if (first or sure) and not self.organised(begin, end):
                    yield begin, end, "names.label", False
                first = False
                start = end
            elif self._plain[start] in {",", "und", "/", "&", "u.", '"', *known.SALUTATIONS}:
                start += 1
            elif first:
                return
            else:
                start += 1

    def _field_run(self, place: int) -> int:
        """In a field, every word that can be a name belongs to it."""
        end = place
        while end < min(len(self._words), place + _LONGEST):
            if self._plain[end] in known.PARTICLES and self.is_name(end + 1):
                end += 2
            elif self.is_name(end):
                end += 1
            else:
                break
        return end

    def _is_label(self, colon: int) -> bool:
        """Whether the words before a colon are the label of a person."""
        place = colon - 1
        while place >= max(0, colon - _LABEL_WORDS) and self._words[place] != NEWLINE:
            plain = self._plain[place]
            if plain in known.LABELS:
                return plain not in {"von", "an"} or place == 0 or self._words[place - 1] == NEWLINE
            if plain in {
                "strasse",
                "ort",
                "datum",
                "tel",
                "tel.",
                "telefon",
                "betreff",
                "uhr",
                "firma",
            }:
                return False
            place -= 1
        return False

    def _closing(self, place: int) -> Iterator[Hit]:
        """Behind "Mit freundlichen Grüßen": on the same line, or alone on one of the next."""
        start = place
        while start > 0 and self._words[start - 1] != NEWLINE:
            start -= 1
            if place - start > 4:
                return
        if start != place and self._plain[start] not in known.CLOSING_STARTS:
            return
        at = place + 1
        if at < len(self._words) and self._words[at] in {",", "!", "."}:
            at += 1
        end = self._line_name(at)
        if end:
            yield self._title_end(at), end, "names.closing", False
            return
        yield from self._closing_line(place, at)

    def _closing_line(self, place: int, at: int) -> Iterator[Hit]:
        """The first of the lines behind a closing that is a name."""
        while at < len(self._words) and self._words[at] != NEWLINE:
            at += 1
            if at - place > 8:
                return
        for _ in range(_LINES):
            at += 1
            skipped = self._title_end(at)
            end = self._line_name(skipped)
            if end:
                yield skipped, end, "names.closing", False
                return
            while at < len(self._words) and self._words[at] != NEWLINE:
                at += 1

    def _line_name(self, place: int) -> int:
        """The end of a name that fills a line, or its part before a comma or a gap; 0 where there is none."""
        end = self._title_end(place)
        begin = end
        end = self._field_run(end)
        if end == begin or end - begin > 5:
            return 0
        after = self._words[end] if end < len(self._words) else NEWLINE
        surely = self.flags(begin) & _FIRST and self._likely[begin] > _GOES_ON
        if after not in _LINE_ENDS and not surely:
            return 0
        if self.organised(begin, end):
            return 0
        if (
            not any(self.flags(at) or self._likely[at] > _HINT for at in range(begin, end))
            and end - begin == 1
        ):
            return 0
        return end

    def organised(self, begin: int, end: int) -> bool:
        """Whether a word of it ends as offices and firms do, and is no name that is known."""
        return any(
            self._plain[at].endswith(_ORGANISED) and not self.flags(at) for at in range(begin, end)
        )

    def is_of_a_house(self, place: int) -> bool:
        """Whether a word is what a home, an inn or an office is called: Seniorenstift Abendruh."""
        return (
            place > 0
            and self._words[place - 1][0].isupper()
            and self._plain[place - 1].endswith(_HOUSES)
            and not self.flags(place)
        )

    def _before(self, place: int) -> Iterator[Hit]:
        """Erika Mustermann, geb. 12.8.1964; Erika Mustermann (wohnhaft ...)."""
        end = place
        while end > max(0, place - 3) and self._words[end - 1] in {",", "(", "|"}:
            end -= 1
        if end == place:
            return
        start = end
        while start > max(0, end - 4) and self.is_name(start - 1):
            start -= 1
        if start < end and any(
            self.flags(at) or self._likely[at] > _HINT for at in range(start, end)
        ):
            while not self.flags(start) and self._likely[start] < _HINT:
                start += 1
            yield start, end, "names.before", False

    _RULES = _table(
        (
            (known.SALUTATIONS, _salutation),
            (known.GREETINGS, _greeting),
            (_MAIDEN, _born),
            (known.PROXIES, _proxy),
            (known.ROLES, _role),
            (_CALLED, _called),
            (frozenset({"a.", "v."}), _half_proxy),
            (frozenset({"ist", "is", "lautet"}), _name_is),
            (frozenset({":"}), _label),
        ),
        ((known.CLOSINGS, _closing), (_BEHIND, _before)),
    )
