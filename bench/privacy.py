# SPDX-License-Identifier: EUPL-1.2
"""How well and how fast personal data is found: ``python bench/privacy.py [--letters 1000] [--json FILE]``.

Identifiers on vectors (``--data``): behind an anchor word, and innocent ones in sentences. Everything on
the held-out letters of ``bench/letters``, whose people and templates no detector has seen; only the
``sealed`` and ``later`` ones were never tuned to. Speed on one
core, each detector by itself; the median of a new message of 4,000 characters through the Examiner, its
process and all. Fails if the data is missing, or a figure is worse than it must be.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import letters as held
import privacy_leaks

from hausgeist.core.findings import Finding
from hausgeist.gateway.privacy import Examiner
from hausgeist.gateway.privacy.detectors import Detectors
from hausgeist.gateway.privacy.identifiers import Identifiers
from hausgeist.gateway.privacy.names import Names

DATA = Path(__file__).resolve().parents[2] / "shared/data/id-test-vectors/vectors.json"

ANCHORS = {
    "IBAN": "IBAN",
    "BIC": "BIC",
    "STEUER_ID": "Steuer-ID",
    "STEUER_ID_TEST": "Steuer-ID",
    "STEUERNUMMER": "Steuernummer",
    "RVNR": "Rentenversicherungsnummer",
    "KVNR": "Krankenversichertennummer",
    "PERSONALAUSWEIS_10": "Personalausweis",
    "PERSONALAUSWEIS_9": "Personalausweisnummer",
    "REISEPASS_10": "Reisepass",
    "REISEPASS_9": "Reisepass-Nr.",
    "FUEHRERSCHEIN": "Führerschein",
    "LANR": "LANR",
    "UST_ID": "USt-IdNr.",
    "HANDELSREGISTER": "Handelsregister",
    "LEITWEG_ID": "Leitweg-ID",
    "AT_SVNR": "SV-Nummer",
    "AT_UID": "UID",
    "AT_TIN": "Steuernummer",
    "CH_AHV": "AHV-Nr.",
    "CH_UID": "UID",
    "FR_NIR": "NIR",
    "IT_CODICE_FISCALE": "Codice fiscale",
    "ES_DNI": "DNI",
    "ES_NIE": "NIE",
    "NL_BSN": "BSN",
    "BE_NN": "Rijksregisternummer",
    "PL_PESEL": "PESEL",
    "CREDIT_CARD": "Kreditkarte",
    "PHONE_DE": "Telefon",
    "KFZ": "Kennzeichen",
    "AKTENZEICHEN": "Aktenzeichen",
}
INNOCENT = frozenset({"NOT_PII", "KFZ_FALSE_FRIEND", "BIC_FALSE_FRIEND"})
FRAMES = (
    "{anchor}: {value}",
    "{anchor} {value}",
    "Meine {anchor} lautet {value}.",
    "Bitte prüfen Sie die Angabe ({anchor} {value}) bis zum 24.12.2023.",
    "{anchor}\n{value}\nMit freundlichen Grüßen",
)
SENTENCES = (
    "Das ist {value}, wie besprochen.",
    "{value}",
    "Wir haben {value} erhalten und bearbeiten es nach § 139b AO.",
)

Find = Callable[[str], Sequence[Finding]]


@dataclass(slots=True)
class Score:
    """Of one type: values that were there, found at all, found whole; and what was hidden beside them."""

    there: int = 0
    found: int = 0
    whole: int = 0
    hidden: int = 0
    """Findings that say they are of this type."""
    wrong: int = 0
    """Findings that touch nothing personal."""
    leaked: int = 0
    characters: int = 0

    def row(self, name: str) -> str:
        """A line of the table."""
        precision = 1 - self.wrong / self.hidden if self.hidden else 1.0
        return (
            f"{name:<22}{self.there:>7}{_part(self.found, self.there):>9}"
            f"{_part(self.whole, self.there):>9}{_part(self.leaked, self.characters):>9}"
            f"{precision:>10.1%}"
        )


@dataclass(slots=True)
class Figures:
    """What is printed and compared."""

    scores: dict[str, Score] = field(default_factory=dict)

    def of(self, name: str) -> Score:
        """The score of a type, new if there is none."""
        return self.scores.setdefault(name, Score())

    def total(self) -> Score:
        """All types together."""
        whole = Score()
        for one in self.scores.values():
            for name in Score.__slots__:
                setattr(whole, name, getattr(whole, name) + getattr(one, name))
        return whole


def _part(some: int, of: int) -> str:
    return f"{some / of:.1%}" if of else "-"


def vectors(path: Path) -> list[tuple[str, str]]:
    """Type and value of each vector."""
    if not path.exists():
        sys.exit(f"{path} is missing: without the vectors there are no figures")
    return [(one["type"], one["value"]) for one in json.loads(path.read_text("utf-8"))]


def on_vectors(find: Find, rows: Sequence[tuple[str, str]]) -> Figures:
    """Values behind their anchors must be found; innocent ones must not, anywhere."""
    figures = Figures()
    for kind, value in rows:
        innocent = kind in INNOCENT
        for frame in SENTENCES if innocent else FRAMES:
            text = frame.format(anchor=ANCHORS.get(kind, ""), value=value)
            start = text.index(value)
            meant = [] if innocent else [(start, start + len(value))]
            _judge(figures, kind, text, meant, find(text))
    return figures


def _judge(
    figures: Figures,
    kind: str,
    text: str,
    meant: Sequence[tuple[int, int]],
    found: Sequence[Finding],
) -> None:
    covered = bytearray(len(text))
    for one in found:
        covered[one.start : one.end] = b"\1" * (one.end - one.start)
    score = figures.of(kind)
    for start, end in meant:
        letters = [place for place in range(start, end) if text[place].isalnum()]
        seen = sum(covered[place] for place in letters)
        digits = [place for place in letters if text[place].isdigit()] or letters
        score.there += 1
        score.found += seen > 0
        score.whole += all(covered[place] for place in digits)
        score.leaked += len(letters) - seen
        score.characters += len(letters)
    for one in found:
        score.hidden += 1
        score.wrong += not any(one.start < end and start < one.end for start, end in meant)


def on_letters(find: Find, count: int) -> Iterator[tuple[str, Figures, float]]:
    """The held-out letters: name of the set, figures by kind, and how many letters leak nothing."""
    for name, found in (
        ("sealed", held.sealed()),
        ("later", held.later()),
        ("by hand", held.by_hand()),
        ("generated", list(held.generated(count))),
    ):
        figures, clean = Figures(), 0
        for letter in found:
            clean += _letter(figures, letter, find(letter.text))
        yield name, figures, clean / max(1, len(found))


def _letter(figures: Figures, letter: held.Letter, found: Sequence[Finding]) -> bool:
    covered = bytearray(len(letter.text))
    for one in found:
        covered[one.start : one.end] = b"\1" * (one.end - one.start)
    clean = True
    for mark in letter.marks:
        score = figures.of(mark.kind)
        letters = [place for place in range(mark.start, mark.end) if letter.text[place].isalnum()]
        seen = sum(covered[place] for place in letters)
        score.there += 1
        score.found += seen > 0
        score.whole += seen == len(letters)
        score.leaked += len(letters) - seen
        score.characters += len(letters)
        clean = clean and seen == len(letters)
    for one in found:
        score = figures.of(one.kind.value)
        score.hidden += 1
        score.wrong += not any(
            mark.start < one.end and one.start < mark.end for mark in letter.marks
        )
    return clean


def speed(find: Find, text: str) -> tuple[float, float]:
    """Megabytes and words a second of this core's time, whoever else is on the machine."""
    find(text[:10_000])
    began = time.process_time()
    find(text)
    seconds = time.process_time() - began
    return len(text.encode()) / seconds / 1e6, len(text.split()) / seconds


async def through_the_examiner(texts: Sequence[str]) -> tuple[float, float, float]:
    """Milliseconds of the start, and the median of a new text and of one that was seen before."""
    examiner = Examiner()
    began = time.perf_counter()
    await examiner.start()
    started = time.perf_counter() - began
    new, again = [], []
    try:
        for text in texts:
            for into in (new, again):
                began = time.perf_counter()
                await examiner.examine([text])
                into.append(time.perf_counter() - began)
    finally:
        await examiner.close()
    return started * 1e3, statistics.median(new) * 1e3, statistics.median(again) * 1e3


def _table(title: str, figures: Figures) -> None:
    print(f"\n{title:<22}{'values':>7}{'found':>9}{'whole':>9}{'leaked':>9}{'precision':>10}")
    for name, score in sorted(figures.scores.items()):
        print(score.row(name))
    print(figures.total().row("all"))


def main() -> int:
    """Print the figures; 1 if one of them is worse than it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--letters", type=int, default=1000)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    identifiers, detectors = Identifiers(), Detectors.load()
    on_numbers = on_vectors(identifiers.find, vectors(asked.data))
    _table("identifiers, vectors", on_numbers)
    result: dict[str, float] = {}
    for name, figures, clean in on_letters(detectors.find, asked.letters):
        _table(f"letters {name}", figures)
        print(f"letters without any leak: {clean:.1%}")
        persons = figures.of("person")
        result[f"persons_found_{name.replace(' ', '_')}"] = persons.found / max(1, persons.there)
        result[f"clean_{name.replace(' ', '_')}"] = clean
    texts = [letter.text for letter in held.generated(400)]
    much = "\n\n".join(texts)
    names = Names.load()
    for what, find in (
        ("identifiers", identifiers.find),
        ("names", names.find),
        ("everything", detectors.find),
    ):
        megabytes, words = speed(find, much)
        result[f"{what}_mb_s"], result[f"{what}_words_s"] = megabytes, words
        print(f"{what:<14}{megabytes:>8.2f} MB/s{words:>12,.0f} words/s")
    messages = [
        ("\n\n".join(texts[at:]) + "\n\n" + much)[:4000] for at in range(min(60, len(texts)))
    ]
    started, new, again = asyncio.run(through_the_examiner(messages))
    print(
        f"examiner: start {started:.0f} ms; 4,000 new characters {new:.1f} ms, again {again:.2f} ms"
    )
    whole = on_numbers.total()
    result |= {
        "identifiers_recall": whole.whole / whole.there,
        "identifiers_precision": 1 - whole.wrong / whole.hidden,
        "new_message_ms": new,
        "seen_message_ms": again,
        "start_ms": started,
    }
    outside, good = privacy_leaks.measured(asked.letters)
    if asked.json:
        asked.json.write_text(json.dumps({**result, **outside}, indent=2) + "\n")
    return _verdict(result) or not good


def _verdict(result: dict[str, float]) -> int:
    missed = Counter(
        f"{name}: {result[name]:.3f}, {'at least' if least else 'at most'} {bound}"
        for name, bound, least in (
            ("identifiers_recall", 0.99, True),
            ("identifiers_precision", 0.98, True),
            ("identifiers_mb_s", 0.5, True),
            ("names_words_s", 20_000, True),
            ("new_message_ms", 60, False),
        )
        if (result[name] < bound if least else result[name] > bound)
    )
    for words in missed:
        print(f"MISSED  {words}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
