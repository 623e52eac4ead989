# SPDX-License-Identifier: EUPL-1.2
"""Persons by the words beside them: salutations, labels of forms, closing lines, "geb.". Tokens in, places out.

An anchor says that a name is here; how far it goes, the model and the list of names say. Titles and
salutations stay outside. Rules only add: what the model has found stays found.
"""

from collections.abc import Iterator, Sequence

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
_SEVERAL = frozenset("eheleute eheleuten familie familien fam. herren".split())
_CALLED = frozenset("heisst heisse heissen hiess hiessen heiss genannt named called".split())
_FIELD_ENDS = frozenset({NEWLINE, "|", ";", "<", ":", "(", "[", "="})
_ORGANISED = (
    "amt verwaltung team abteilung schule gmbh stelle zentrum dienst behoerde buero praxis klinik verein verband"
    " kanzlei leitung sekretariat referat dezernat bereich service center gruppe kasse werke straße strasse"
    " personal ministerium gericht betrieb haus".split()
)


def may_be_name(plain: str) -> bool:
    """Whether a folded word can be part of a name at all."""
    if plain in known.NO_NAMES:
        return plain in known.ORDINARY
    return plain not in known.SALUTATIONS and plain not in known.TITLES


class Anchors:
    """One text, looked at by every rule. ``likely``: what the model says of every word."""

    def __init__(self, tokens: Tokens, likely: Sequence[float], names: Gazetteer) -> None:
        self._words = tokens.words
        self._likely = likely
        self._names = names
        self._cache: dict[str, tuple[str, int]] = {}
        self._seen = frozenset(self._words)
        self._plain = [self._look(word)[0] for word in self._words]

    def persons(self) -> Iterator[tuple[int, int, str, bool]]:
        """First token, end, rule, and whether it is certain; they may overlap."""
        for place, plain in enumerate(self._plain):
            if plain in known.SALUTATIONS:
                yield from self._salutation(place)
            elif plain in known.GREETINGS:
                yield from self._greeting(place)
            elif plain in {"geb.", "geborene", "geborener", "geborenen", "geb", "nee"}:
                yield from self._born(place)
            elif plain in known.PROXIES or self.by_proxy(place):
                yield from self._proxy(place)
            elif plain in known.ROLES:
                yield from self._role(place)
            elif plain == ":":
                yield from self._label(place)
            elif plain in _CALLED or (
                plain == "ist" and self._plain[place - 1 : place] == ["name"]
            ):
                yield from self._called(place)
            if plain in known.CLOSINGS:
                yield from self._closing(place)
            if plain in {"geb.", "geb", "geboren", "*", "wohnhaft", "wohnt"}:
                yield from self._before(place)

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

    def genitive(self, place: int) -> int:
        """How many letters at a name's end are its genitive, which stays outside: Mustermanns."""
        word = self._words[place]
        if len(word) < 5 or word[-1] != "s":
            return 0
        stem = word[:-2] if word[-2] in "'’" else word[:-1]
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
        while place < len(self._words) and (
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
            elif not self.is_name(end):
                break
            elif end > place and not self._belongs(place, end):
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

    def _salutation(self, place: int) -> Iterator[tuple[int, int, str, bool]]:
        start = self._title_end(place + 1)
        end = self._run(start)
        if end == start:
            last = start - 1  # "Frau Richter" may be her name, "Frau Bürgermeisterin" is not
            if last > place and self._plain[last] in known.ORDINARY and self.flags(last) & SURNAME:
                yield last, start, "names.salutation", False
            return
        certain = bool(self.flags(end - 1)) or self._likely[end - 1] > _GOES_ON
        yield start, end, "names.salutation", certain
        if self._plain[place] in _SEVERAL and end < len(self._words):
            if self._plain[end] in {"und", "u.", "&"} and self._run(end + 1) > end + 1:
                yield end + 1, self._run(end + 1), "names.salutation", False

    def _greeting(self, place: int) -> Iterator[tuple[int, int, str, bool]]:
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
        closed = after in {",", "!", NEWLINE, "und", "-", "–"} and end - start < 3
        known_name = self.flags(start) & _FIRST
        return bool(closed or known_name) or self._likely[start] > _GOES_ON

    def _born(self, place: int) -> Iterator[tuple[int, int, str, bool]]:
        end = self._run(place + 1)
        if end > place + 1 and self._plain[place + 1] not in known.MONTHS:
            yield place + 1, end, "names.maiden", False

    def _proxy(self, place: int) -> Iterator[tuple[int, int, str, bool]]:
        start = place + 1
        while start < len(self._words) and self._plain[start] in {
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
            yield start, end, "names.proxy", False

    def _role(self, place: int) -> Iterator[tuple[int, int, str, bool]]:
        start = self._title_end(place + 1)
        end = self._run(start)
        if end > start and (self._likely[start] > _FAINT or self.flags(start) & _FIRST):
            yield start, end, "names.role", False

    def _called(self, place: int) -> Iterator[tuple[int, int, str, bool]]:
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

    def _label(self, place: int) -> Iterator[tuple[int, int, str, bool]]:
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
                if first or sure:
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

    def _closing(self, place: int) -> Iterator[tuple[int, int, str, bool]]:
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
            yield at, end, "names.closing", False
            return
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
        if after not in {NEWLINE, ",", "(", "|", "-", "–", ".", "/", "<"}:
            if not (self.flags(begin) & _FIRST and self._likely[begin] > _GOES_ON):
                return 0
        if any(
            self._plain[at].endswith(tuple(_ORGANISED)) and not self.flags(at)
            for at in range(begin, end)
        ):
            return 0
        if (
            not any(self.flags(at) or self._likely[at] > _HINT for at in range(begin, end))
            and end - begin == 1
        ):
            return 0
        return end

    def _before(self, place: int) -> Iterator[tuple[int, int, str, bool]]:
        """Erika Mustermann, geb. 12.8.1964; Erika Mustermann (wohnhaft ...)."""
        end = place
        while end > 0 and self._words[end - 1] in {",", "(", "|"}:
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
