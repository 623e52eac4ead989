# SPDX-License-Identifier: EUPL-1.2
"""Students of labels on public data: how good, how fast, how honest. Alone: ``classify.py DATA``.

clinc150 in its full setting (150 intents and "none of these", English): accuracy on in-scope queries of the
test part, recall of out-of-scope ones. German MASSIVE, re-split (not comparable with published figures): 5,
10, 50 examples a label and all. Questions about cooking (11 labels) and citizens' contributions (two labels,
or none): F1 of labels on their development parts, which stood in for a test and were never learned from.

Speed is of processor time on one core, with everything from the text to the calibrated answer.
"""

import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # one core: before numpy is loaded

from hausgeist.core.answers import Example, Value  # noqa: E402  see above
from hausgeist.core.quality import quality  # noqa: E402
from hausgeist.core.tasks import Metric, TaskKind  # noqa: E402
from hausgeist.training import calibration  # noqa: E402
from hausgeist.training.lessons import Course, learn  # noqa: E402
from hausgeist.training.trainers import TRAINERS, Model, Recipe, Report, load  # noqa: E402

REPEATS = 5
RUNGS = ("majority", "words", "meaning", "both")
FAR = 0.95


def clinc(data: Path, *parts: str) -> list[Example]:
    """Queries of these parts; out of scope is "none applies"."""
    content = json.loads((data / "clinc150" / "data_full.json").read_text(encoding="utf-8"))
    return [
        Example(f"{part}{at}", text, Value() if label == "oos" else Value((label,)))
        for part in parts
        for at, (text, label) in enumerate(content[part])
    ]


def massive(data: Path, part: str) -> list[Example]:
    """German commands of a part."""
    path = data / "massive_intents_slots_de" / f"intents_{part}.txt"
    lines = path.read_text(encoding="utf-8").splitlines()
    pairs = [line.rsplit("\t", 1) for line in lines]
    return [Example(f"{part}{at}", one, Value((key,))) for at, (one, key) in enumerate(pairs)]


def cooking(data: Path, part: str) -> list[Example]:
    """Questions about cooking with up to eleven labels."""
    path = data / "explosion_cooking_multilabel" / f"cooking-{part}.jsonl"
    found = []
    for at, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        row = json.loads(line)
        labels = [key for key, share in row["cats"].items() if share > 0.5]
        found.append(Example(f"{part}{at}", row["text"], Value.of_labels(labels)))
    return found


def contributions(data: Path, part: str) -> list[Example]:
    """Sentences of citizens: a position, a premise, both or neither."""
    path = data / "cimt_argument_mining_de" / f"{part}.tsv"
    found = []
    for at, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        labels, text = line.split("\t")[:2]
        keys = [one.removeprefix("__label__") for one in labels.split()]
        value = Value.of_labels(key for key in keys if key != "non-arg")
        found.append(Example(f"{part}{at}", text, value))
    return found


def recipe_of(kind: TaskKind, examples: Sequence[Example], **options: object) -> Recipe:
    """The default recipe; two threads, as a server of two cores has."""
    labels = tuple(sorted({key for one in examples for key in one.value.labels}))
    return Recipe(kind, labels, threads=2, options=options)


def said(model: Model, examples: Sequence[Example]) -> list[tuple[Value, Value]]:
    """Truth and guess."""
    guesses = model.predict([one.text for one in examples])
    return [(one.value, guess.value) for one, guess in zip(examples, guesses, strict=True)]


def trained(rung: str, examples: list[Example], recipe: Recipe) -> Model:
    """A student that was written and read again: what is served."""
    model = TRAINERS[rung].train(examples, (), recipe, Report())
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder))
        return load(Path(folder))


def speed(model: Model, texts: Sequence[str]) -> float:
    """Texts a second of processor time, the best of a few runs."""
    model.predict(texts[:10])
    best = 0.0
    for _ in range(REPEATS):
        began = time.process_time()
        model.predict(texts)
        best = max(best, len(texts) / (time.process_time() - began))
    return best


def of_clinc(data: Path) -> dict[str, float]:
    """Accuracy in scope, recall out of scope, honesty, speed."""
    teach = clinc(data, "train", "oos_train")
    test, outside = clinc(data, "test"), clinc(data, "oos_test")
    recipe = recipe_of(TaskKind.SINGLE, teach)
    found: dict[str, float] = {}
    print(
        f"clinc150, full: {len(teach):,} to learn from, {len(test):,} + {len(outside):,} to judge"
    )
    for rung in ("words", "both"):
        model = trained(rung, teach, recipe)
        guesses = model.predict([one.text for one in test])
        right = [one.value == guess.value for one, guess in zip(test, guesses, strict=True)]
        bins = calibration.reliability([one.score for one in guesses], right)
        away = model.predict([one.text for one in outside])
        none = sum(not one.value.labels for one in away) / len(away)
        noticed = sum(not one.value.labels or one.far > FAR for one in away) / len(away)
        kept = [not (guess.far > FAR) for guess in guesses]
        still = sum(a and b for a, b in zip(right, kept, strict=True)) / len(right)
        accuracy = sum(right) / len(right)
        found[f"clinc_{rung}"] = accuracy
        found[f"clinc_{rung}_speed"] = speed(model, [one.text for one in test[:2000]])
        print(
            f"  {rung:<9}in scope {accuracy:.4f}   out of scope: said so {none:.3f}, "
            f"or was far {noticed:.3f} (then right in scope {still:.4f})   "
            f"ECE {calibration.calibration_error(bins):.3f}   "
            f"{found[f'clinc_{rung}_speed']:,.0f} texts/s"
        )
    return found


def of_massive(data: Path) -> dict[str, float]:
    """Accuracy and macro F1 by examples a label."""
    teach, test = massive(data, "train"), massive(data, "test")
    Random(1).shuffle(teach)
    found: dict[str, float] = {}
    print(f"German MASSIVE, re-split: accuracy / macro F1 of {len(test):,}")
    for most in (5, 10, 50, len(teach)):
        seen: Counter[Value] = Counter()
        some = []
        for one in teach:
            seen[one.value] += 1
            if seen[one.value] <= most:
                some.append(one)
        name = "all" if most == len(teach) else str(most)
        line = f"  {name:>4} a label ({len(some):>6,})"
        for rung in RUNGS:
            model = trained(rung, some, recipe_of(TaskKind.SINGLE, teach, folds=0))
            pairs = said(model, test)
            figures = [
                quality(TaskKind.SINGLE, one, pairs) for one in (Metric.ACCURACY, Metric.MACRO_F1)
            ]
            found[f"massive_{name}_{rung}"] = figures[0]
            line += f"   {rung} {figures[0]:.3f}/{figures[1]:.3f}"
        print(line, flush=True)
    return found


def of_several(data: Path) -> dict[str, float]:
    """Micro and macro F1 where a text has several labels."""
    found: dict[str, float] = {}
    for name, read in (("cooking", cooking), ("contributions", contributions)):
        teach, judge = read(data, "train"), read(data, "dev")
        print(f"{name}: {len(teach):,} to learn from, {len(judge):,} to judge")
        for rung in ("majority", "words", "both"):
            model = trained(rung, teach, recipe_of(TaskKind.MULTI, teach))
            pairs = said(model, judge)
            micro, macro, whole = (
                quality(TaskKind.MULTI, one, pairs)
                for one in (Metric.MICRO_F1, Metric.MACRO_F1, Metric.ACCURACY)
            )
            found[f"{name}_{rung}"] = micro
            print(
                f"  {rung:<9}micro F1 {micro:.3f}   macro F1 {macro:.3f}   all right {whole:.3f}",
                flush=True,
            )
    return found


def of_time(data: Path) -> dict[str, float]:
    """Seconds for the default ladder on 10,000 texts: curve, held-out models, calibration, files."""
    teach, dev = massive(data, "train"), massive(data, "dev")
    Random(2).shuffle(teach)
    recipe = recipe_of(TaskKind.SINGLE, teach)
    print("The default ladder on 10,000 texts (German MASSIVE), learning curve included")
    began, cpu = time.monotonic(), time.process_time()
    for rung in RUNGS:
        with tempfile.TemporaryDirectory() as folder:
            course = Course(rung, replace(recipe), Metric.ACCURACY)
            facts = learn(course, teach[:10_000], dev, Path(folder))
            print(
                f"  {rung:<9}{facts['seconds']:>7.1f} s   {facts['cpu_seconds']:>7.1f} s of processor"
                f"   {sum(one.stat().st_size for one in Path(folder).glob('model*')):>10,} bytes",
                flush=True,
            )
    found = {
        "ladder_seconds": time.monotonic() - began,
        "ladder_cpu_seconds": time.process_time() - cpu,
    }
    print(
        f"  together {found['ladder_seconds']:.0f} s by the clock, "
        f"{found['ladder_cpu_seconds']:.0f} s of processor"
    )
    return found


def report(data: Path) -> dict[str, float]:
    """Everything, printed; the figures by name."""
    return of_clinc(data) | of_massive(data) | of_several(data) | of_time(data)


if __name__ == "__main__":
    report(Path(sys.argv[1]))
