# SPDX-License-Identifier: EUPL-1.2
"""Train what finds names: annotated texts and lists of names in; list, model and card out.

Usage: ``python scripts/train_names.py FOLDER``, where FOLDER holds the data sets ``germeval2014_ner_de``,
``mobie_ner_de``, ``vornamen-berlin`` and ``surnames-germaner``. None of them is part of the project. The
letters and sentences are made from what lies in ``scripts/training``; nothing else of the project is
read. The same data gives the same files; it takes some minutes.

Left out are the names of the held-out letters (``bench/letters.py``), in the list as in the training, and
sentences in which one of them is a person's name.
"""

import argparse
import hashlib
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from zlib import crc32

import pycrfsuite

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench"))

import letters  # noqa: E402  beside the benches, which measure with the same code
import names as figures  # noqa: E402  as above

from hausgeist.gateway.privacy.names import Names, loading  # noqa: E402  after the path, as above
from hausgeist.gateway.privacy.names import words as known  # noqa: E402  as above
from hausgeist.gateway.privacy.names.gazetteer import Gazetteer  # noqa: E402  as above
from hausgeist.gateway.privacy.names.model import LABELS, Model, features_of  # noqa: E402  as above
from hausgeist.gateway.privacy.names.tokens import NEWLINE, folded, tokens_of  # noqa: E402  as above

FILES = (loading.NAMES, loading.MODEL)
TRAINING = ROOT / "scripts" / "training"
LETTERS = 3000
FRAMES = 45  # times that each frame with somebody, or nobody, is filled
SEED = 20261122
FREQUENT = 30  # births in the lists, from which on a first name is frequent
RAREST = 3  # births; below, a name could be one person's
CONCEALED = 35  # of a hundred common words, likewise
HIDDEN = 45  # of a hundred names, those that the list conceals while training
LEAST = 0.05  # weights below are left out
STREETS = (
    "Hauptstraße|Bahnhofstraße|Gartenweg|Am Markt|Schillerstraße|Lindenallee|Goethestr.|Kirchplatz|Ringstraße"
    "|Dorfstraße|Bergstraße|Friedrich-Ebert-Straße|Wiesenweg|Marktgasse|Zum Bahnhof|An der Mühle|Waldstraße"
    "|Rosenweg|Berliner Straße|Konrad-Adenauer-Allee|Feldweg|Neue Straße|Im Winkel|Schloßplatz|Uferweg"
).split("|")
TOWNS = (
    "Berlin|Hamburg|Köln|Frankfurt am Main|Bergheim|Sonnental|Neustadt|Altdorf|Kirchheim|Oberursel|Bad Tölz"
    "|Reutlingen|Weimar|Görlitz|Eschwege|Husum|Wismar|Rheine|Freital|Landshut|Passau|Suhl|Aalen|Norderstedt"
).split("|")
WEEKDAYS = "Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag|Sonntag|Mo|Di|Mi|Do|Fr|Sa".split(
    "|"
)
DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday".split("|")


@dataclass(frozen=True, slots=True)
class Example:
    """Words side by side with their labels."""

    words: Sequence[str]
    labels: Sequence[str]


def main() -> int:
    """Train and write; 0 when the files are there."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("data", type=Path, help="the folder with the data sets")
    parser.add_argument("--letters", type=int, default=LETTERS, help="how many letters to make")
    parser.add_argument("--rounds", type=int, default=80, help="rounds of L-BFGS")
    today = datetime.now(UTC).date().isoformat()
    parser.add_argument("--date", default=today, help="the day that the card gives")
    parser.add_argument(
        "--sealed", action="store_true", help="measure the sealed letters: when all is done"
    )
    parser.add_argument("--measure", action="store_true", help="train nothing, only renew the card")
    options = parser.parse_args()
    if options.measure:
        write({file: (loading.FOLDER / file).read_bytes() for file in FILES}, options.date)
        measure(sealed=options.sealed)
        return 0
    began = time.monotonic()
    held = frozenset(folded(name) for name in letters.held_out())
    lists = Lists(options.data, held)
    names = lists.gazetteer(hidden=True)
    examples = [
        *germeval(options.data / "germeval2014_ner_de" / "NER-de-test.tsv"),
        *mobie(options.data / "mobie_ner_de" / "train.conll2003"),
        *mobie(options.data / "mobie_ner_de" / "dev.conll2003"),
        *(_nobody(line) for line in lines_of("interface.txt")),
    ]
    before = len(examples)
    examples = [one for one in examples if not names_in(one) & held]
    print(f"{len(examples)} sentences; {before - len(examples)} left out for a held-out name")
    examples += invented(lists, options.letters)
    print(f"{sum(len(one.words) for one in examples)} words in {len(examples)} texts")
    model = trained(examples, names, options.rounds)
    whole = lists.gazetteer(hidden=False)
    write({loading.NAMES: whole.packed(), loading.MODEL: model}, options.date)
    measure(sealed=options.sealed)
    print(f"{len(whole)} names, {time.monotonic() - began:.0f} s")
    return 0


class Lists:
    """The lists of names, without those that are held out."""

    def __init__(self, data: Path, held: frozenset[str]) -> None:
        births: dict[tuple[str, str], int] = {}
        table = (data / "vornamen-berlin" / "vornamen_berlin_2012-2023.tsv").read_text("utf-8")
        for line in table.splitlines()[1:]:
            name, sex, count = line.split("\t")
            if int(count) >= RAREST and folded(name) not in held and len(name) > 1:
                births[name, sex] = births.get((name, sex), 0) + int(count)
        self.births = births
        self.older = [name for name in own("first_names.txt") if folded(name) not in held]
        lines = (data / "surnames-germaner" / "personennamen.list").read_text("utf-8").split("\n")
        common = common_words(data)
        self.surnames = [
            name
            for name in (line.strip() for line in lines)
            if name and folded(name) not in held and folded(name) not in common
        ]
        self.usual = [name for name in own("surnames.txt") if folded(name) not in held]
        borne = {folded(name) for name in (*self.older, *self.usual, *(name for name, _ in births))}
        self.common = common - borne - held

    def gazetteer(self, *, hidden: bool) -> Gazetteer:
        """The whole list, or one that conceals some names, so that the model learns to do without."""
        counts: dict[str, int] = {}
        for (name, _), count in self.births.items():
            counts[folded(name)] = counts.get(folded(name), 0) + count
        frequent = {name for name, count in counts.items() if count >= FREQUENT}
        frequent |= {folded(name) for name in self.older}
        surnames = {folded(name) for name in (*self.surnames, *self.usual)}
        rare = set(counts) - frequent
        common = self.common
        if hidden:
            frequent, rare, surnames = (
                {n for n in s if shown(n, HIDDEN)} for s in (frequent, rare, surnames)
            )
            common = frozenset(word for word in common if shown(word, CONCEALED))
        return Gazetteer.of(frequent, rare, surnames, common)

    def births_of(self, sex: str, chance: random.Random) -> list[str]:
        """First names as often as they are borne, roughly: frequent ones several times."""
        rows = sorted((name, count) for (name, kind), count in self.births.items() if kind == sex)
        several = [name for name, count in rows for _ in range(1 + min(count, 900) // 60)]
        return chance.sample(several, len(several))


def shown(name: str, hidden: int) -> bool:
    """Whether the list that is trained with knows a folded word, where it conceals so many of a hundred."""
    return crc32(b"shown " + name.encode()) % 100 >= hidden


def own(file: str) -> list[str]:
    """The words of one of our lists."""
    return [word for line in lines_of(file) for word in line.split()]


def germeval(path: Path) -> Iterator[Example]:
    """Sentences of news and Wikipedia: number, word, outer label, inner label."""
    rows: list[tuple[str, str]] = []
    for line in [*path.read_text("utf-8").splitlines(), ""]:
        fields = line.split("\t")
        if fields[0].isdigit() and len(fields) > 2:
            person = fields[2] in {"B-PER", "I-PER"}
            rows.append((fields[1], fields[2][0] if person else "O"))
        elif rows:
            yield _retokenised(rows)
            rows = []


def mobie(path: Path) -> Iterator[Example]:
    """Tweets and reports of traffic: word, part of speech, phrase, label."""
    rows: list[tuple[str, str]] = []
    for line in [*path.read_text("utf-8").splitlines(), ""]:
        fields = line.split("\t")
        if len(fields) == 4 and not line.startswith("-DOCSTART-"):
            rows.append((fields[0], fields[3][0] if fields[3].endswith("-person") else "O"))
        elif rows:
            yield _retokenised(rows)
            rows = []


def _retokenised(rows: Sequence[tuple[str, str]]) -> Example:
    """Into our own words; a sentence begins after a line break."""
    words, labels = [NEWLINE], ["O"]
    for word, label in rows:
        for place, piece in enumerate(tokens_of(word).words):
            words.append(piece)
            labels.append("I" if label == "B" and place else label)
    return Example(words, _begun(labels))


def _nobody(text: str) -> Example:
    """A text of ours, in which there is nobody."""
    words = [NEWLINE, *tokens_of(text).words]
    return Example(words, ["O"] * len(words))


def lines_of(file: str) -> list[str]:
    """The lines of one of our files, without remarks."""
    lines = (TRAINING / file).read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def nouns() -> dict[str, list[str]]:
    """Our words by kind; names of houses may be of two words."""
    parts = letters.templates_in(TRAINING / "nouns.txt")
    return {kind: [word.replace("_", " ") for word in text.split()] for kind, text in parts}


def common_words(data: Path) -> frozenset[str]:
    """Folded words of everyday language: our nouns, and what the texts have outside of any name."""
    ours = nouns()
    own_words = {folded(word) for kind in ("things", "many", "opener") for word in ours[kind]}
    common: set[str] = set()
    named: set[str] = set()
    for file, word, label in (
        ("germeval2014_ner_de/NER-de-test.tsv", 1, 2),
        ("mobie_ner_de/train.conll2003", 0, 3),
        ("mobie_ner_de/dev.conll2003", 0, 3),
    ):
        for line in (data / file).read_text("utf-8").splitlines():
            fields = line.split("\t")
            if len(fields) == 4 and re.fullmatch(r"[^\W\d_]{2,}(?:-[^\W\d_]+)*", fields[word]):
                outside = fields[label] == "O" and (word == 0 or fields[3] == "O")
                (common if outside else named).add(folded(fields[word]))
    for line in lines_of("interface.txt"):
        common |= {word for word in tokens_of(line).plain if word[0].isalpha() and len(word) > 2}
    return frozenset(common - named | own_words) - known.ORDINARY - known.PARTICLES


@dataclass(frozen=True, slots=True)
class Wording:
    """Fills the gaps of a frame that are no persons."""

    words: dict[str, list[str]]
    chance: random.Random

    def of(self, frame: str) -> str:
        """The frame with its words; the gaps for persons stay."""
        text = frame.replace("\u2424", "\n")
        return re.sub(r"\{([a-z]+)\}", lambda gap: self._word(gap[1]) or gap[0], text)

    def _word(self, kind: str) -> str | None:
        pick = self.chance.choice
        if kind == "compound":
            return pick(self.words["fore"]) + pick(self.words["heads"])
        if kind in {"lowthing", "lowcompound"}:
            return (self._word(kind[3:].replace("thing", "things")) or "").lower()
        if kind in {"loudthing", "loudcompound"}:
            return (self._word(kind[4:].replace("thing", "things")) or "").upper()
        fixed = {"month": letters.MONTHS, "weekday": WEEKDAYS, "weekdayen": DAYS, "street": STREETS}
        several = fixed.get(kind) or self.words.get(kind)
        return pick(several) if several else None


def invented(lists: Lists, count: int) -> Iterator[Example]:
    """Letters, sentences and frames of our own."""
    chance = random.Random(SEED)  # noqa: S311  the same letters every time, no secret
    female, male = ([*lists.births_of(sex, chance), *lists.older] for sex in "wm")
    rare = chance.sample(sorted({name for name, _ in lists.births}), 6_000)
    last = [*chance.sample(lists.surnames, 60_000), *(lists.usual * 100), *rare]
    world = letters.World(female, male, last, STREETS, TOWNS, doubles=6)
    templates = letters.templates_in(TRAINING / "letters.txt")
    sentences = lines_of("sentences.txt")
    for number in range(count):
        name, template = templates[number % len(templates)]
        yield labelled(letters.fill(name, template, world, chance))
        for size in (1, 1, 1, 3, 3):
            several = " ".join(chance.sample(sentences, size))
            yield labelled(letters.fill("sentences", several, world, chance))
    wording = Wording(nouns(), chance)
    frames = [*lines_of("nobody.txt"), *lines_of("somebody.txt")]
    whole = [frame for frame in frames if frame[-1] in ".?!" and "\u2424" not in frame]
    for frame in frames * FRAMES:
        text = wording.of(frame)
        if frame in whole and chance.random() < 0.5:  # in the middle of a paragraph
            text = f"{wording.of(chance.choice(whole))} {text} {wording.of(chance.choice(whole))}"
        yield labelled(letters.fill("frame", text, world, chance))


def labelled(letter: letters.Letter) -> Example:
    """A letter as words and labels."""
    tokens = tokens_of(letter.text)
    labels = ["O"] * len(tokens)
    persons = iter(letter.of("person"))
    mark = next(persons, None)
    for place, start in enumerate(tokens.starts):
        while mark is not None and start >= mark.end:
            mark = next(persons, None)
        if mark is not None and mark.start <= start < mark.end and tokens.words[place] != ",":
            labels[place] = "B" if start == mark.start else "I"
    return Example([NEWLINE, *tokens.words], ["O", *_begun(labels)])


def _begun(labels: Sequence[str]) -> list[str]:
    """The same labels, where no name goes on that has not begun."""
    first = ["B" if label == "I" else label for label in labels[:1]]
    return first + [
        "B" if label == "I" and before == "O" else label for before, label in pairwise(labels)
    ]


def names_in(example: Example) -> set[str]:
    """Folded words of names, and the halves of double names."""
    words = {
        folded(word)
        for word, label in zip(example.words, example.labels, strict=True)
        if label != "O"
    }
    return words | {half for word in words for half in word.split("-")}


def trained(examples: Iterable[Example], names: Gazetteer, rounds: int) -> bytes:
    """The packed model."""
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params(
        {
            "c1": 0.0,
            "c2": 0.5,
            "max_iterations": rounds,
            "feature.minfreq": 2,
            "feature.possible_transitions": True,
        }
    )
    for example in examples:
        trainer.append(features_of(example.words, names), list(example.labels))
    with tempfile.NamedTemporaryFile(suffix=".crf") as file:
        trainer.train(file.name)
        tagger = pycrfsuite.Tagger()
        tagger.open(file.name)
        info = tagger.info()
        tagger.close()
    weights: dict[str, list[float]] = {}
    for (feature, label), weight in info.state_features.items():
        weights.setdefault(feature, [0.0, 0.0, 0.0])[LABELS.index(label)] = weight
    between = [info.transitions.get((one, two), -12.0) for one in LABELS for two in LABELS]
    rows = {
        name: (row[0], row[1], row[2])
        for name, row in weights.items()
        if max(map(abs, row)) > LEAST
    }
    print(f"{len(weights)} features, {len(rows)} of them kept")
    return Model.packed(between, rows)


def write(content: dict[str, bytes], day: str) -> None:
    """The two files, and the card with their hashes."""
    lines = [(TRAINING / "card.toml").read_text("utf-8"), f'[made]\ndate = "{day}"\n', "[sha256]"]
    for file, packed in content.items():
        (loading.FOLDER / file).write_bytes(packed)
        digest = hashlib.sha256(packed).hexdigest()
        lines.append(f'"{file}" = "{digest}"')
        print(f"{file}: {len(packed)} bytes, SHA-256 {digest}")
    loading.CARD.write_text("\n".join([*lines, ""]), "utf-8")


def measure(*, sealed: bool) -> None:
    """Print how the held-out letters are found, and write it into the card."""
    finder = Names.load()
    lines = [""]
    sets = {
        "by_hand": letters.by_hand(),
        "fresh": letters.fresh(),
        "made": list(letters.generated()),
    } | ({"sealed": letters.sealed()} if sealed else {})
    for key, texts in sets.items():
        rows = figures.figures(finder.find, texts)
        print("\n".join(["", f"{len(texts)} letters, {key}", "", *figures.table(rows)]))
        for kind, row in rows.items():
            lines += [
                f"[figures.{key}.{kind}]",
                f"letters = {row.documents}",
                f"spans = {row.wanted}",
                f"recall = {row.recall:.3f}",
                f"strict_recall = {row.strict_recall:.3f}",
                f"precision = {row.precision:.3f}",
                f"strict_precision = {row.strict_precision:.3f}",
                f"leaked_characters = {row.leak_rate:.4f}",
                f"covered_without_need = {row.over_masking:.4f}",
                f"letters_without_a_leak = {row.clean_rate:.3f}",
                "",
            ]
    with loading.CARD.open("a", encoding="utf-8") as card:
        card.write("\n".join(lines))


if __name__ == "__main__":
    sys.exit(main())
