# SPDX-License-Identifier: EUPL-1.2
"""Letters with known personal data, for measuring what is found and what leaks.

``generated`` fills the templates of ``letters/templates.txt`` with invented people; ``by_hand``,
``fresh`` and ``sealed`` read texts that were each written on its own, with marks such as
``{person|Erika Mustermann}``. Only ``sealed`` was never tuned to. Nobody in them exists. Their names
(``held_out``) and their texts are in neither the training nor the gazetteer of the detector: the
training script takes them out, a test looks.

``scripts/train_names.py`` fills templates of its own with the same code and other people.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "letters"

FEMALE = (
    "Almuth Annedore Berenike Birgül Brunhild Cosima Dörthe Edeltraud Elfgard Erdmute Fatbardha Frauke"
    " Friederun Gesche Godela Gundula Gunhild Hadwig Heilwig Hiltrud Ilsemarie Imke Irmtraut Jadwiga"
    " Jorinde Kadriye Ladina Leokadia Liesbeth Lioba Mechthild Nuray Oda Ottilia Perihan Raphaela"
    " Reinhild Roswitha Rukiye Sanija Sieglinde Solveig Swetlana Thekla Tjorven Undine Violetta"
    " Walburga Wencke Xenia Yildiz Zdenka"
).split()
MALE = (
    "Adalbert Alwin Ansgar Arndt Balthasar Bogdan Burkhard Cemal Dankwart Detlev Dragomir Eckehard Egon"
    " Enno Ewald Falko Ferhat Friedbert Gerwin Giselher Gottlieb Hasso Helmfried Hinnerk Ingbert Isidor"
    " Jobst Jochem Kasimir Knut Krzysztof Ludger Lutz Manfried Meinolf Nasir Nepomuk Oswin Quirin"
    " Radomir Reimund Rembert Ruprecht Sebald Siegbert Sönke Tammo Tihomir Tjark Traugott Volkhard"
    " Wendelin Wieland Wilfried Zbigniew Zoltan"
).split()
LAST = (
    "Abendschön Achterberg Aschenbrenner Baumgärtel Bielefeldt Birkholz Blankenagel Bödefeld Brinkmöller"
    " Büttenbender Çelikkaya Dahlkamp Demirtaş Dombrowsky Drechsel Ebersbächer Eickhorst Fahrenkrog"
    " Feuerriegel Finkenzeller Freudenthaler Gallenkemper Geißendörfer Gollnick Grünebaum Gutknecht"
    " Hackenberg Haferkamp Hasenkrug Heidkamp Hinterseer Hollerbusch Ihlenfeld Jablonowski Jungnickel"
    " Kaczmarczyk Karakaya Kesselring Klapproth Krähenbühl Kuckelkorn Landgrebe Leuthäuser Lindenblatt"
    " Lüttgenau Mahlstedt Marquardsen Mühlhölzl Nachtigall Niedermüller Nottebohm Ochsenreiter Özyurt"
    " Pfannenstiel Piotrowicz Pohlmeyer Quandt Rabenhorst Rautenstrauch Reckewell Rosenkötter Rübsam"
    " Sauerbrey Schellhase Schlottmann Schnitzspahn Schürholz Seidenspinner Spielvogel Stachowiak"
    " Steinhilber Strohschneider Tiefensee Trautvetter Uhlenhaut Unverzagt Vogelpohl Wachtendonk"
    " Weidenhaupt Wiesengrund Wischnewski Yavaşoğlu Ziegenhals Zumbansen Abdulrahimi Hosseinpour"
    " Okonkwo Petrosyan Shevchuk Horvathova Ferreirinha Papadakis Al-Hamidi Rajasekaran Dossantos"
    " Lewandowicz Mbengue Kovalenko Truong"
).split()
STREETS = (
    "Lerchenfeldstraße|Am Kalkofen|Pestalozzistraße|Mühlgrabenweg|Hinter den Höfen|Elsterufer|Ulmenallee"
    "|Kastanienplatz|Zum Steinbruch|Gerberstr.|An der Alten Ziegelei|Brunnengasse|Nordring"
    "|Heinrich-Zille-Straße|Spechtweg|Alte Poststraße|Unter den Eichen|Kirschblütenweg|Hafendamm"
    "|Straße der Einheit"
).split("|")
TOWNS = (
    "Musterstadt|Neuenhagen|Bad Lauterstein|Grünheide|Altmühlhausen|Tannrode|Seelbach am Wald|Eichwalde"
    "|Oberkirchberg|Niederweiler|Lindenfels|Waldkappel"
).split("|")

MONTHS = "Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember".split(
    "|"
)
TAX_IDS = ("86 095 742 719", "36 574 261 809", "65 929 970 489", "47 036 892 816")
PENSION = ("15 070649 C 103", "65170839J003")
HEALTH = ("A000500015", "C000500021", "X234567891", "X110411675")
"""Specimens that their publishers give; the other numbers are made up within what is kept for that."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A span of a letter that is personal: characters ``start`` to ``end`` (exclusive)."""

    start: int
    end: int
    kind: str
    """A value of ``hausgeist.core.findings.Kind``."""
    text: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A text and what in it is personal, in order."""

    name: str
    text: str
    marks: tuple[Mark, ...]

    def of(self, kind: str) -> tuple[Mark, ...]:
        """The marks of one kind."""
        return tuple(mark for mark in self.marks if mark.kind == kind)


@dataclass(frozen=True, slots=True)
class World:
    """Where invented people come from. ``doubles``: how many of a hundred have a double surname."""

    female: Sequence[str]
    male: Sequence[str]
    last: Sequence[str]
    streets: Sequence[str]
    towns: Sequence[str]
    doubles: int = 7


HELD_OUT = World(FEMALE, MALE, LAST, STREETS, TOWNS)


def generated(count: int = 1000, seed: int = 4) -> Iterator[Letter]:
    """Letters from the held-out templates and people; the same for the same seed."""
    chance = random.Random(seed)
    templates = templates_in(FOLDER / "templates.txt")
    for number in range(count):
        name, template = templates[number % len(templates)]
        yield fill(f"{name} {number}", template, HELD_OUT, chance)


def by_hand() -> list[Letter]:
    """The letters that were written by hand."""
    return [_unmarked(name, text) for name, text in templates_in(FOLDER / "by_hand.txt")]


def fresh() -> list[Letter]:
    """Ten more by hand, written at the end of the first training; the second was tuned on them too."""
    return [_unmarked(name, text) for name, text in templates_in(FOLDER / "fresh.txt")]


def sealed() -> list[Letter]:
    """Letters, mails, notes and questions by hand that nothing is tuned to: measured once a training."""
    return [_unmarked(name, text) for name, text in templates_in(FOLDER / "sealed.txt")]


def later() -> list[Letter]:
    """Sixteen by somebody who knew neither rules nor other letters, when all was done.

    Their names are not chosen to be unknown: many are on the list, as everybody's are.
    """
    return [_unmarked(name, text) for name, text in templates_in(FOLDER / "later.txt")]


def held_out() -> frozenset[str]:
    """Every word of a name of a person in the held-out letters."""
    names = {*FEMALE, *MALE, *LAST}
    for letter in (*by_hand(), *fresh(), *sealed()):
        for mark in letter.of("person"):
            names.update(re.findall(r"[^\W\d_]{3,}(?:-[^\W\d_]+)*", mark.text))
            names.update(re.findall(r"[^\W\d_]{3,}", mark.text))
    return frozenset(names - {"von", "van", "der", "den", "zur", "und", "del"})


def templates_in(path: Path) -> list[tuple[str, str]]:
    """Name and text of every template of a file; each begins with a line ``=== name``."""
    parts = re.split(r"^=== *(.+)\n", path.read_text("utf-8"), flags=re.MULTILINE)
    pairs = zip(parts[1::2], parts[2::2], strict=True)
    return [(name.strip(), text.strip("\n")) for name, text in pairs]


def _unmarked(name: str, text: str) -> Letter:
    pieces: list[str] = []
    marks: list[Mark] = []
    place = 0
    for index, piece in enumerate(re.split(r"\{([a-z_]+)\|([^{}]+)\}", text)):
        if index % 3 == 1:
            kind = piece
            continue
        if index % 3 == 2:
            marks.append(Mark(place, place + len(piece), kind, piece))
        pieces.append(piece)
        place += len(piece)
    return Letter(name, "".join(pieces), tuple(marks))


@dataclass(slots=True)
class _Person:
    """Somebody invented, and the forms in which a template may name them."""

    first: str
    last: str
    female: bool
    born: date
    street: str
    number: str
    code: str
    town: str
    facts: dict[str, str] = field(default_factory=dict)


_GAP = re.compile(r"\{([A-Z])(?:\.(\w+))?\}|\{([a-z]+)\}")
_WORDS = {  # a form, and what it is for a woman and for a man; no personal data
    "h": ("Frau", "Herr"),
    "hn": ("Frau", "Herrn"),
    "r": ("", "r"),
    "er": ("sie", "er"),
    "ihm": ("ihr", "ihm"),
    "sein": ("ihr", "sein"),
    "in": ("in", ""),
    "der": ("die", "der"),
    "den": ("die", "den"),
    "mr": ("Ms", "Mr"),
    "he": ("she", "he"),
}
_VOWELS = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"}


def fill(name: str, template: str, world: World, chance: random.Random) -> Letter:
    """One letter: ``{A}`` is a person, ``{A.last}`` the surname, ``{A.h}`` Frau or Herr, ``{day}`` a date."""
    people: dict[str, _Person] = {}
    pieces: list[str] = []
    marks: list[Mark] = []
    place = end = 0
    for gap in _GAP.finditer(template):
        before = template[end : gap.start()]
        end = gap.end()
        letter, form, thing = gap.groups()
        if letter:
            if letter not in people:
                taken = {person.last for person in people.values()}
                people[letter] = _somebody(world, chance, taken)
            kind, text = _form(people[letter], form or "full", chance)
        else:
            kind, text = _thing(thing, world, chance)
        place += len(before)
        if kind:
            marks.append(Mark(place, place + len(text), kind, text))
        pieces += [before, text]
        place += len(text)
    pieces.append(template[end:])
    return Letter(name, "".join(pieces), tuple(marks))


def _somebody(world: World, chance: random.Random, taken: set[str]) -> _Person:
    female = chance.random() < 0.5
    last = chance.choice(world.last)
    while last in taken:
        last = chance.choice(world.last)
    if chance.randrange(100) < world.doubles:
        other = chance.choice(world.last)
        last += "" if "-" in other + last else f"-{other}"
    elif chance.randrange(100) < 2:
        last = chance.choice(("von", "van der", "von der")) + " " + last
    first = chance.choice(world.female if female else world.male)
    if chance.randrange(100) < 4:
        first += chance.choice("- ") + chance.choice(world.female if female else world.male)
    return _Person(
        first,
        last,
        female,
        date(1938, 1, 1) + timedelta(days=chance.randrange(30_000)),
        chance.choice(world.streets),
        f"{chance.randint(1, 140)}{chance.choice(['', '', '', '', 'a', 'b', ' c', '-' + '99'])}",
        f"{chance.randint(1001, 99998):05d}",
        chance.choice(world.towns),
    )


def _form(person: _Person, form: str, chance: random.Random) -> tuple[str, str]:
    """Kind and text of one form of a person; no kind where the form gives nothing away."""
    if form in _WORDS:
        return "", _WORDS[form][0 if person.female else 1]
    first, last = person.first, person.last
    names = {
        "full": f"{first} {last}",
        "first": first,
        "last": last,
        "turned": f"{last}, {first}",
        "initial": f"{first[0]}. {last}",
        "loud": f"{first} {last}".upper(),
        "low": f"{first} {last}".lower(),
        "lowlast": last.lower(),
        "plain": _plain(f"{first} {last}"),
        "plainlast": _plain(last),
    }
    if form in names:
        return "person", names[form]
    if form == "mail":
        local = re.sub(
            r"[^a-z.-]", "", _plain(f"{first.split()[0]}.{last}").lower().replace(" ", "")
        )
        return (
            "email",
            f"{local}@{chance.choice(('post.example', 'stadt.example', 'mail.example'))}",
        )
    if form == "born":
        return "birth_date", _day(person.born, chance)
    places = {
        "street": f"{person.street} {person.number}",
        "place": f"{person.code} {person.town}",
        "address": f"{person.street} {person.number}, {person.code} {person.town}",
    }
    if form in places:
        return "address", places[form]
    if form not in person.facts:
        person.facts[form] = _number(form, chance)
    return form, person.facts[form]


def _plain(text: str) -> str:
    for letter, spelt in _VOWELS.items():
        text = text.replace(letter, spelt)
    accents = str.maketrans("ÇçŞşĞğİıéèí", "CcSsGgIieei")
    return text.translate(accents)


def _day(day: date, chance: random.Random) -> str:
    way = chance.randrange(10)
    if way < 6:
        return f"{day:%d.%m.%Y}"
    if way < 9:
        return f"{day.day}. {MONTHS[day.month - 1]} {day.year}"
    return f"{day.day}.{day.month}.{day.year}"


def _number(kind: str, chance: random.Random) -> str:
    if kind == "phone":
        return chance.choice(("030 23125 ", "0171 39200", "040 66969 ", "+49 89 99998 ")) + str(
            chance.randint(100, 999)
        )
    if kind == "iban":
        return _iban(f"12345678{chance.randrange(10**10):010d}", chance)
    if kind == "tax_id":
        return chance.choice(TAX_IDS)
    if kind == "pension":
        return chance.choice(PENSION)
    if kind == "health":
        return chance.choice(HEALTH)
    raise ValueError(kind)


def _iban(account: str, chance: random.Random) -> str:
    """A valid IBAN of a bank code that no bank has."""
    check = 98 - int(account + "131400") % 97
    plain = f"DE{check:02d}{account}"
    if chance.random() < 0.3:
        return plain
    return " ".join(plain[start : start + 4] for start in range(0, len(plain), 4))


def _thing(thing: str, world: World, chance: random.Random) -> tuple[str, str]:
    """Kind and text of what belongs to nobody."""
    if thing == "day":
        return "", _day(date(2024, 1, 1) + timedelta(days=chance.randrange(900)), chance)
    if thing == "euro":
        return "", f"{chance.randint(12, 4999)},{chance.randrange(100):02d}"
    if thing == "town":
        return "", chance.choice(world.towns)
    if thing == "time":
        return "", f"{chance.randint(7, 18)}:{chance.choice(('00', '15', '30', '45'))}"
    if thing == "count":
        return "", str(chance.randint(2, 60))
    if thing == "file":
        number, year = chance.randint(10, 9999), chance.randint(2019, 2026)
        sign = chance.choice(("{n}/{y}", "{y}-{n:05d}", "50.3-{n}/{y}", "III/{n}-{y}"))
        return "file_number", sign.format(n=number, y=year)
    raise ValueError(thing)
