# SPDX-License-Identifier: EUPL-1.2
"""Addresses: tokens in, findings out. Street with house number, postal code with town, post-office box.

Streets are known by their endings ("Lerchenweg"), by a preposition at their head ("Am Markt 3"), or by an
English word at their end. A street without a number counts only behind a word that says somebody lives
there. Each line is a finding of its own.
"""

from collections.abc import Iterator, Sequence

from hausgeist.core.findings import Finding, Kind
from hausgeist.gateway.privacy.names import words as known
from hausgeist.gateway.privacy.names.tokens import NEWLINE, Tokens

_HEADS = {  # prepositions of street names, and the articles that may follow
    "am": (),
    "im": (),
    "zum": (),
    "zur": (),
    "beim": (),
    "an": ("der", "den", "dem"),
    "auf": ("dem", "der", "den"),
    "in": ("der", "den", "dem"),
    "hinter": ("der", "den", "dem"),
    "unter": ("der", "den", "dem"),
    "vor": ("der", "den", "dem"),
    "bei": ("der", "den"),
    "ueber": ("der", "den", "dem"),
    "neben": ("der", "dem"),
    "zwischen": ("den",),
    "ob": ("der",),
    "alte": (),
    "alter": (),
    "neue": (),
    "neuer": (),
}
_LIVING = frozenset(
    "wohnhaft wohne wohnt wohnen wohnend wohnte anschrift adresse wohnort strasse wohnadresse meldeadresse"
    " wohnsitz lives living residing address".split()
)
_ENGLISH = frozenset(
    "street road avenue lane drive square court st st. rd rd. ave ave. close crescent terrace".split()
)
_TOWN_JOINTS = frozenset("am an der im bei ob den dem v. d. a. i.".split())
_ADJECTIVES = frozenset(
    "alte alten neue neuen krummen schwarzen weissen roten gruenen schoenen steinernen"
    " obere oberen untere unteren grosse grossen kleine kleinen hintere"
    " hinteren vordere vorderen innere inneren aeussere aeusseren lange langen hohe hohen kurze"
    " breite schmale mittlere".split()
)
_PLACES = (  # what streets behind "Am" are called by
    *known.STREET_ENDINGS,
    *(
        "bach teich weiher see fluss muehle huegel brunnen kirche schloss anger linde linden"
        " schule bahnhof rathaus friedhof sportplatz hafen deich moor heide wiese wiesen acker weide sonne"
        " quelle furt steg stein hagen horst kreuz kloster burg hecke rosengarten bruch"
    ).split(),
)
_NO_PLACES = known.NO_STREETS | known.SALUTATIONS | known.NO_NAMES
_BEFORE_CODE = frozenset(",;|(·•-\u2013/:")
_TAIL = 4  # tokens of a street's name behind "Straße der ..."
_LONGEST_TOWN = 5


def addresses(tokens: Tokens) -> Iterator[Finding]:
    """Addresses, in order, not overlapping."""
    words = tokens.words
    plain = tokens.plain
    living = -10
    done = place = 0
    while place < len(words):
        if plain[place] in _LIVING:
            living = place
        elif words[place] == NEWLINE:
            living = -10
        span = _street(words, plain, place, done, lives=place - living <= 6)
        span = span or _english(words, plain, place) or _box(words, plain, place)
        span = span or _town(words, plain, place)
        if span is None:
            place += 1
            continue
        first, end = span
        done = place = _on(words, plain, end)
        yield Finding(
            tokens.starts[first],
            tokens.ends[place - 1],
            Kind.ADDRESS,
            "names.address",
            certain=True,
        )


def _town(words: Sequence[str], plain: Sequence[str], place: int) -> tuple[int, int] | None:
    """10115 Berlin, D-10115 Berlin."""
    if not _is_code(words[place]):
        return None
    end = _town_end(words, plain, place)
    if end is None or (place and not _code_fits(words, plain, place, end)):
        return None
    return _with_country(words, place), end


def _on(words: Sequence[str], plain: Sequence[str], end: int) -> int:
    """Where an address ends that ``end`` is the end of, or of its street: the town may follow."""
    if end >= len(words):
        return end
    further = end + (words[end] in {",", "·", "|", "-", "\u2013", "/"})
    if further + 2 < len(words) and words[further] in {"D", "DE"}:
        further += 2
    if further < len(words) and _is_code(words[further]):
        return _town_end(words, plain, further) or further + 1
    if words[end] in {",", "in"} and plain[end + 1 : end + 2] and plain[end + 1] in known.TOWNS:
        return end + 2
    return end


def _street(
    words: Sequence[str], plain: Sequence[str], place: int, done: int, *, lives: bool
) -> tuple[int, int] | None:
    """First token and end of a street with its number that ``place`` is the last, or first, word of."""
    word = plain[place]
    if word in _HEADS:
        return _headed(words, plain, place, lives=lives)
    small = not words[place][0].isupper()
    if small and (word in known.STREET_ENDINGS or not word.endswith(known.STRONG_STREETS)):
        return None
    if not word.endswith(known.STREET_ENDINGS) or word in known.NO_STREETS:
        return None
    alone = word in known.STREET_ENDINGS
    strong = word.endswith(known.STRONG_STREETS)
    first, after = place, place + 1
    if alone:
        first = _back(words, plain, place, done)
        after = _further(words, plain, place)
        if first == place and after == place + 1 and not lives:
            return None
    elif strong:
        first = _adjective(plain, place, done)
    end = _number_end(words, after)
    if end is None:
        return (first, after) if lives and strong and (not alone or first < place) else None
    weak = small or (not strong and not alone and not lives)
    if weak and not _closed(words, plain, end):
        return None
    return first, end


def _headed(
    words: Sequence[str], plain: Sequence[str], place: int, *, lives: bool
) -> tuple[int, int] | None:
    """Am Markt 3, Unter den Linden 7."""
    after = place + 1
    if after < len(words) and plain[after] in _HEADS[plain[place]]:
        after += 1
    elif _HEADS[plain[place]]:
        return None
    named = after
    small = words[place][0].islower()
    while after < min(len(words), named + 3) and (
        words[after][0].isupper() or (small and lives and words[after][0].isalpha())
    ):
        if plain[after] in known.NO_STREETS:
            return None
        after += 1
    if after == named or (small and plain[named].endswith(known.STRONG_STREETS)):
        return None  # in der Gartenstraße: the preposition is the sentence's
    end = _number_end(words, after)
    if end is None:
        return None
    if lives or _closed(words, plain, end):
        sure = lives or not small or _adjectival(words, plain, named, after)
    else:  # in the middle of a sentence
        sure = _adjectival(words, plain, named, after) or (
            not small and plain[after - 1].endswith(_PLACES)
        )
    return (place, end) if sure else None


def _adjectival(words: Sequence[str], plain: Sequence[str], named: int, after: int) -> bool:
    """Alten Mühle: an adjective with a capital is part of a name."""
    return after > named + 1 and words[named][0].isupper() and plain[named] in _ADJECTIVES


def _back(words: Sequence[str], plain: Sequence[str], place: int, done: int) -> int:
    """The first word of a street's name whose last word is "Straße": Berliner Straße, Emil von ..."""
    first = place
    while first > max(done, place - 4):
        before = words[first - 1]
        if not before[0].isalpha() or plain[first - 1] in known.SALUTATIONS:
            break
        if before[0].islower() and plain[first - 1] not in known.PARTICLES:
            break
        if (
            plain[first - 1] in _LIVING
            or plain[first - 1] in known.ARTICLES
            or plain[first - 1] in known.NO_STREETS
        ):
            break
        first -= 1
    while first < place and plain[first] in known.PARTICLES:
        first += 1
    return first


def _adjective(plain: Sequence[str], place: int, done: int) -> int:
    """Obere Gartenstraße, Alte Poststraße."""
    return place - 1 if place > done and plain[place - 1] in _ADJECTIVES else place


def _further(words: Sequence[str], plain: Sequence[str], place: int) -> int:
    """Behind "Straße": der Einheit, des 17. Juni."""
    after = place + 1
    if after < len(words) and plain[after] in {"der", "des", "am", "im", "zum", "an", "von"}:
        end = after + 1
        while end < min(len(words), after + _TAIL):
            if words[end] == "." or (words[end].isdigit() and words[end + 1 : end + 2] == ["."]):
                end += 1
            elif words[end][0].isupper():
                return end + 1
            elif plain[end] in {"den", "der", "dem"}:
                end += 1
            else:
                break
    return after


def _number_end(words: Sequence[str], place: int) -> int | None:
    """The token behind a house number: 12, 12a, 12 a, 3-5, 3 - 5a, Nr. 4."""
    if place < len(words) and words[place] in {"Nr.", "Nr", "No."}:
        place += 1
    if not _is_number(words, place):
        return None
    end = place + 1
    if (
        words[end : end + 1]
        and len(words[end]) == 1
        and words[end].isalpha()
        and words[end].islower()
    ):
        end += 1
    if (
        end + 1 < len(words)
        and words[end] in {"-", "\u2013", "/", "+"}
        and _is_number(words, end + 1)
    ):
        end += 2
        if (
            words[end : end + 1]
            and len(words[end]) == 1
            and words[end].islower()
            and words[end].isalpha()
        ):
            end += 1
    return end


def _is_number(words: Sequence[str], place: int) -> bool:
    if place >= len(words):
        return False
    word = words[place]
    digits = word.rstrip("abcdefghijklmnABCDEFGHIJK").replace("/", "")
    if not digits.isdigit() or len(digits) > 5 or len(word) > 7 or word[0] == "0":
        return False
    after = words[place + 1] if place + 1 < len(words) else NEWLINE
    return after not in {"%", "€", "Uhr", "Euro", "EUR", "km", "m"} and (
        len(digits) < 5 or "/" in word
    )


def _closed(words: Sequence[str], plain: Sequence[str], end: int) -> bool:
    """Whether what follows a number fits an address."""
    if end >= len(words):
        return True
    after = words[end]
    if after == ".":  # the end of a sentence, not of a date
        return end + 1 >= len(words) or plain[end + 1] not in known.MONTHS
    return after in NEWLINE + ",);|·(" or plain[end] in {"in", "und", "wohnhaft"} or _is_code(after)


def _english(words: Sequence[str], plain: Sequence[str], place: int) -> tuple[int, int] | None:
    """12 High Street, 221B Baker Street."""
    if not words[place][0].isdigit() or not _is_number(words, place):
        return None
    end = place + 1
    while end < min(len(words), place + 4) and words[end][0].isupper():
        if plain[end] in _ENGLISH and end > place + 1:
            return place, end + 1
        end += 1
    return None


def _box(words: Sequence[str], plain: Sequence[str], place: int) -> tuple[int, int] | None:
    """Postfach 12 34 56."""
    if plain[place] not in {"postfach", "pf", "pf."}:
        return None
    end = place + 1
    while end < min(len(words), place + 4) and words[end].isdigit() and len(words[end]) < 7:
        end += 1
        if words[end - 1 : end] and len(words[end - 1]) > 3:
            break
    return (place, end) if end > place + 1 else None


def _is_code(word: str) -> bool:
    """Whether a word could be a German postal code: 01001 to 99998."""
    return len(word) == 5 and word.isdigit() and "01001" <= word <= "99998"


def _with_country(words: Sequence[str], place: int) -> int:
    """D-10115 begins with its D."""
    if place > 1 and words[place - 1] in {"-", "\u2013"} and words[place - 2] in {"D", "DE"}:
        return place - 2
    return place


def _town_end(words: Sequence[str], plain: Sequence[str], place: int) -> int | None:
    """The token behind the town that follows a postal code; None where none follows."""
    end = place + 1
    if end >= len(words) or not words[end][0].isupper() or plain[end] in known.NO_TOWNS:
        return None
    end += 1
    while end < min(len(words), place + _LONGEST_TOWN + 1):
        if plain[end] in _TOWN_JOINTS and _is_place(words, plain, end + 1):
            end += 2
        elif plain[end] in _TOWN_JOINTS and plain[end + 1 : end + 2] in (["der"], ["den"], ["d."]):
            if not _is_place(words, plain, end + 2):
                break
            end += 3
        elif (
            words[end - 1] in {"Bad", "Sankt", "St.", "Markt", "Neu", "Alt", "Groß", "Klein"}
            and words[end][0].isupper()
        ):
            end += 1
        elif (
            words[end : end + 1] == ["("]
            and words[end + 2 : end + 3] == [")"]
            and words[end + 1][0].isupper()
        ):
            return end + 3
        elif words[end] == "/" and end + 1 < len(words) and words[end + 1][0].isupper():
            end += 2
        else:
            break
    return min(end, len(words))


def _is_place(words: Sequence[str], plain: Sequence[str], place: int) -> bool:
    """Whether a word could be a river, a wood or a region in the name of a town."""
    if place >= len(words) or not words[place][0].isupper():
        return False
    return plain[place] not in _NO_PLACES


def _code_fits(words: Sequence[str], plain: Sequence[str], place: int, end: int) -> bool:
    """Whether a number with a word behind it is a postal code with a town, by what stands around it."""
    before = words[place - 1]
    if before == NEWLINE or before in _BEFORE_CODE:
        return True
    town = plain[end - 1]
    return town in known.TOWNS or town.endswith(known.TOWN_ENDINGS)
