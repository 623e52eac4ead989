# SPDX-License-Identifier: EUPL-1.2
"""The student for passages on public data: German traffic reports (MobIE) and ingredients (Explosion).

Prints precision, recall and F1 of exact passages, in all and by label, beside a dictionary learnt from the
same texts; words a second on one core with everything from the text to the passages; seconds of training;
bytes of the student. Alone: ``python bench/workbench/spans.py DATA`` with the folder of the data sets.

MobIE: words are joined by single spaces, ``I-x`` after anything but ``x`` begins a passage (as conlleval has
it). It is judged twice: whole documents, a sentence a line, which gives just the passages that the set says
it has; and each sentence as a text of its own, where what goes on in the next one is a passage of its own.
Ingredients: the first 760 texts teach, the other 189 judge, as in the published figures.
"""

import json
import os
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # one core: before numpy is loaded

from hausgeist.core.answers import Example, Span, Value  # noqa: E402  see above
from hausgeist.core.tasks import TaskKind  # noqa: E402
from hausgeist.core.tokens import tokens_of  # noqa: E402
from hausgeist.training.trainers import TRAINERS, Model, Recipe, Report, load  # noqa: E402

REPEATS = 5
"""Times that the texts to be judged are labelled for the speed; the best counts."""


def mobie(data: Path, part: str, *, whole: bool) -> list[Example]:
    """MobIE's ``train``, ``dev`` or ``test``: whole documents, or their sentences. ``#`` begins hashtags."""
    content = (data / "mobie_ner_de" / f"{part}.conll2003").read_text(encoding="utf-8")
    found = []
    sentences: list[list[list[str]]] = []
    rows: list[list[str]] = []
    for line in [*content.split("\n"), "-DOCSTART-"]:
        ended = line.startswith("-DOCSTART-")
        if line.strip() and not ended:
            rows.append(line.split("\t"))
            continue
        if rows:
            sentences.append(rows)
            rows = []
        if sentences and (ended or not whole):
            found.append(_text(f"{part}{len(found)}", sentences))
            sentences = []
    return found


def _text(name: str, sentences: Sequence[Sequence[Sequence[str]]]) -> Example:
    text, spans, before = "", [], "O"
    for rows in sentences:
        gap = "\n" if text else ""
        for row in rows:
            tag = row[-1].strip()
            start = len(text) + len(gap)
            text = f"{text}{gap}{row[0]}"
            gap = " "
            if tag != "O":
                if tag[0] == "I" and before[2:] == tag[2:]:
                    spans[-1] = Span(spans[-1].start, len(text), tag[2:])
                else:
                    spans.append(Span(start, len(text), tag[2:]))
            before = tag
    return Example(name, text, Value.of_spans(spans))


def ingredients(data: Path) -> list[Example]:
    """Comments about cooking with what is in the dish."""
    path = data / "explosion_ner_food_ingredients" / "food_data.jsonl"
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        row = json.loads(line)
        if row.get("answer") == "accept":
            spans = [Span(s["start"], s["end"], s["label"]) for s in row.get("spans", ())]
            found.append(Example(f"i{number}", row["text"], Value.of_spans(spans)))
    return found


class Dictionary:
    """What a list of all passages of the training texts finds: the longest first, with its usual label."""

    def __init__(self, examples: Sequence[Example]) -> None:
        labels: dict[str, Counter[str]] = defaultdict(Counter)
        for one in examples:
            for span in one.value.spans:
                labels[one.text[span.start : span.end]][span.label] += 1
        self.labels = {text: found.most_common(1)[0][0] for text, found in labels.items()}
        self.longest = max((len(tokens_of(text)) for text in self.labels), default=0)

    def find(self, text: str) -> Iterator[Span]:
        """The passages of one text."""
        places = tokens_of(text)
        at = 0
        while at < len(places):
            for size in range(min(self.longest, len(places) - at), 0, -1):
                start, end = places[at][0], places[at + size - 1][1]
                label = self.labels.get(text[start:end])
                if label is not None:
                    yield Span(start, end, label)
                    at += size
                    break
            else:
                at += 1


def figures(true: Sequence[Sequence[Span]], said: Sequence[Sequence[Span]]) -> dict[str, list[int]]:
    """By label, and under ``*`` in all: passages that are right, said, and there."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for these, those in zip(true, said, strict=True):
        for at, some in enumerate((set(these) & set(those), set(those), set(these))):
            for span in some:
                found[span.label][at] += 1
                found["*"][at] += 1
    return found


def rates(right: int, said: int, there: int) -> tuple[float, float, float]:
    """Precision, recall and F1."""
    precision, recall = right / max(1, said), right / max(1, there)
    return precision, recall, 2 * right / max(1, said + there)


def speed(model: Model, texts: Sequence[str]) -> tuple[float, float]:
    """Words a second of processor time: of a model that was just loaded, and the best of some repeats."""
    words = sum(len(tokens_of(text)) for text in texts)
    took = []
    for _ in range(REPEATS):
        begin = time.process_time()
        model.predict(texts)
        took.append(time.process_time() - begin)
    return words / took[0], words / min(took)


def patterns(data: Path) -> list[str]:
    """The phrases that came with the ingredients, and that people marked them with the help of."""
    path = data / "explosion_ner_food_ingredients" / "food_patterns.jsonl"
    rows = [json.loads(line)["pattern"] for line in path.read_text(encoding="utf-8").splitlines()]
    return [" ".join(word["lower"] for word in row) for row in rows]


def measure(
    title: str,
    teach: list[Example],
    dev: list[Example],
    judge: list[Example],
    lists: dict[str, list[str]] | None = None,
) -> tuple[float, float]:
    """Train, judge, and print; gives the F1 and the words a second of a model just loaded."""
    labels = tuple(sorted({span.label for one in teach for span in one.value.spans}))
    begin = time.perf_counter()
    recipe = Recipe(TaskKind.SPANS, labels, options={"folds": 0, "lists": lists or {}})
    trained = TRAINERS["crf"].train(teach, dev, recipe, Report())
    seconds = time.perf_counter() - begin
    with tempfile.TemporaryDirectory() as folder:
        trained.save(Path(folder))
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
        model = load(Path(folder))
    texts = [one.text for one in judge]
    true = [one.value.spans for one in judge]
    first, best = speed(model, texts)
    found = figures(true, [guess.value.spans for guess in model.predict(texts)])
    known = Dictionary(teach)
    plain = figures(true, [list(known.find(text)) for text in texts])
    print(f"\n{title}: {len(teach)} texts teach, {len(judge)} judge")
    print(f"{'':30}{'precision':>10}{'recall':>10}{'F1':>10}{'passages':>10}")
    for name, counts in (("dictionary", plain["*"]), ("chain over words", found["*"])):
        print(f"{name:30}" + "".join(f"{one:10.4f}" for one in rates(*counts)))
    for label in labels:
        counts = found[label]
        print(f"  {label:28}" + "".join(f"{one:10.4f}" for one in rates(*counts)), end="")
        print(f"{counts[2]:10}")
    print(
        f"training {seconds:.1f} s; {size / 1e6:.2f} MB; {first:,.0f} words/s at first, {best:,.0f} after"
    )
    return rates(*found["*"])[2], first


def report(data: Path) -> dict[str, float]:
    """Measure both sets; gives the F1 by name, and the words a second."""
    food = ingredients(data)
    mobies = {}
    for title, whole in (("MobIE, documents", True), ("MobIE, sentences", False)):
        parts = [mobie(data, part, whole=whole) for part in ("train", "dev", "test")]
        mobies[whole] = measure(title, *parts)
    mobie_f1, words = mobies[True]
    measure("Ingredients", food[:760], [], food[760:])
    listed = {"food": patterns(data)}
    food_f1, _ = measure("Ingredients, with their list", food[:760], [], food[760:], listed)
    return {
        "mobie": mobie_f1,
        "mobie_sentences": mobies[False][0],
        "ingredients": food_f1,
        "crf_speed": words,
    }


if __name__ == "__main__":
    report(Path(sys.argv[1]))
