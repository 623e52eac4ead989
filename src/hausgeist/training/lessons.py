# SPDX-License-Identifier: EUPL-1.2
"""One rung from examples to a folder: learning curve, the student itself, and what is to be known of it.

Runs in a child process (``inside.py``) and, for benches and tests, wherever it is called. Writes into the
student's folder, besides the student: ``facts.json``, ``dev.jsonl`` (one line an item of dev) and
``held_out.jsonl`` (one line an item of the pool, said by a model that had not seen it). These three hold ids
and answers, never texts, and do not belong to the student.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from hausgeist.core.answers import Example, Guess, Value
from hausgeist.core.quality import quality
from hausgeist.core.tasks import METRICS, Metric, TaskKind
from hausgeist.errors import HausgeistError
from hausgeist.training import calibration
from hausgeist.training.guesses import DEV, FACTS, HELD_OUT, write_guesses
from hausgeist.training.rungs import RUNGS
from hausgeist.training.trainers import TRAINERS, Model, Recipe, Report

SHARES = (0.1, 0.2, 0.5)
"""Of the examples, that the learning curve's points are trained with, before all of them."""
JUDGES_LEAST = 20
"""Items of dev from which the curve and the figures are taken of dev; else of held-out items."""
TIMED = 50
"""Texts that are answered one by one, and together, to see how long it takes."""
WATTS = 8.0
"""Of a busy core, as an estimate; what a machine really takes stands in the ledger where it can be read."""

Tell = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Course:
    """What is asked for: a rung, how, and by which metric it is judged."""

    rung: str
    recipe: Recipe
    metric: Metric
    curve: bool = True


def learn(
    course: Course,
    examples: Sequence[Example],
    dev: Sequence[Example],
    folder: Path,
    tell: Tell = lambda _: None,
) -> dict[str, Any]:
    """Train one rung into ``folder`` and give its facts.

    ``tell`` gets ``{"rung", "done", "left", "curve"}``: share done, estimated seconds left, points so far.

    Raises:
        HausgeistError: these examples teach nothing.
    """
    began, cpu = time.monotonic(), time.process_time()
    told = _Progress(course.rung, tell, began)
    trainer = TRAINERS[course.rung]
    trained = RUNGS[course.rung].trained
    judges = list(dev) if len(dev) >= JUDGES_LEAST else []
    if trained and course.curve:
        _curve(course, examples, judges, told)
    report = Report(lambda line: told.step(told.base + (1 - told.base) * 0.9 * line["done"]))
    model = trainer.train(examples, dev, course.recipe, report)
    model.save(folder)
    facts: dict[str, Any] = {
        "examples": dict(sorted(Counter(one.source for one in examples).items())),
        "said": report.said,
    }
    guesses = model.predict([one.text for one in dev])
    kind, metric = course.recipe.kind, course.metric
    if dev:
        facts["dev"] = _figures(kind, dev, guesses)
    by_people = [one for one in examples if one.source not in {"teacher", "rule"}]
    held = [one for one in by_people if one.item in report.held_out]
    if held:
        facts["held_out"] = _figures(kind, held, [report.held_out[one.item] for one in held])
    if judges:
        _judged(facts, judges, guesses, on="dev")
        told.point(1.0, len(examples), _score(course, judges, guesses))
    elif len(held) >= JUDGES_LEAST:
        said = [report.held_out[one.item] for one in held]
        _judged(facts, held, said, on="held_out")
        told.point(1.0, len(examples), _score(course, held, said))
    if trained and not RUNGS[course.rung].dear and len(by_people) < len(examples):
        facts["people_only"] = _people_only(course, by_people, dev)
    facts["metric"] = metric.value
    facts["curve"] = told.curve
    facts |= _speed(model, [one.text for one in (dev or examples)])
    facts["seconds"] = round(time.monotonic() - began, 2)
    facts["cpu_seconds"] = round(time.process_time() - cpu, 2)
    facts["energy_wh"] = round(facts["cpu_seconds"] * WATTS / 3600, 4)
    _write(folder, facts, dev, guesses, report.held_out)
    told.step(1.0)
    return facts


class _Progress:
    """Tells how far it is, and how long it will take if it goes on like this."""

    def __init__(self, rung: str, tell: Tell, began: float) -> None:
        self._rung, self._tell, self._began = rung, tell, began
        self.base = 0.0
        self.curve: list[dict[str, Any]] = []

    def step(self, done: float) -> None:
        gone = time.monotonic() - self._began
        left = round(gone * (1 - done) / done, 1) if done > 0.02 else None
        self._tell(
            {"rung": self._rung, "done": round(done, 3), "left": left, "curve": list(self.curve)}
        )

    def point(self, share: float, count: int, figure: float) -> None:
        self.curve.append({"share": share, "examples": count, "quality": round(figure, 5)})


def _curve(
    course: Course, examples: Sequence[Example], judges: Sequence[Example], told: _Progress
) -> None:
    """Points of the learning curve: the same judges, parts of the examples that contain each other."""
    order = sorted(examples, key=lambda one: one.item)
    Random(course.recipe.seed).shuffle(order)  # noqa: S311  a sample, no secret
    if not judges:  # a fifth stands in for dev
        cut = len(order) // 5
        judges, order = [one for one in order[:cut] if one.weight >= 1], order[cut:]
        if len(judges) < JUDGES_LEAST:
            return
    recipe = replace(course.recipe, options={**course.recipe.options, "folds": 0})
    for share in SHARES:
        some = order[: round(share * len(order))]
        try:
            model = TRAINERS[course.rung].train(some, (), recipe, Report())
        except HausgeistError:  # too few for this point: the curve begins later
            continue
        guesses = model.predict([one.text for one in judges])
        told.point(share, len(some), _score(course, judges, guesses))
        told.base = 0.25 * share / SHARES[-1]
        told.step(told.base)


def _people_only(
    course: Course, by_people: Sequence[Example], dev: Sequence[Example]
) -> dict[str, Any]:
    """What the same rung reaches without a teacher's answers: what these are worth."""
    recipe = replace(course.recipe, options={**course.recipe.options, "folds": 0})
    found: dict[str, Any] = {"examples": len(by_people)}
    try:
        model = TRAINERS[course.rung].train(by_people, (), recipe, Report())
    except HausgeistError as error:
        return found | {"error": error.code}
    if dev:
        guesses = model.predict([one.text for one in dev])
        found["quality"] = _figures(course.recipe.kind, dev, guesses)["quality"]
    return found


def _score(course: Course, judges: Sequence[Example], guesses: Sequence[Guess]) -> float:
    return quality(course.recipe.kind, course.metric, _pairs(judges, guesses))


def _pairs(judges: Sequence[Example], guesses: Sequence[Guess]) -> list[tuple[Value, Value | None]]:
    return [(one.value, guess.value) for one, guess in zip(judges, guesses, strict=True)]


def _figures(kind: TaskKind, judges: Sequence[Example], guesses: Sequence[Guess]) -> dict[str, Any]:
    pairs = _pairs(judges, guesses)
    return {
        "count": len(pairs),
        "quality": {
            metric.value: round(quality(kind, metric, pairs), 5) for metric in METRICS[kind]
        },
    }


def _judged(
    facts: dict[str, Any],
    judges: Sequence[Example],
    guesses: Sequence[Guess],
    *,
    on: str,
) -> None:
    """How honest the probabilities are, and what answering only the sure ones brings."""
    right = [one.value == guess.value for one, guess in zip(judges, guesses, strict=True)]
    sure = [guess.score for guess in guesses]
    bins = calibration.reliability(sure, right)
    facts["calibration"] = {
        "on": on,
        "count": len(right),
        "ece": round(calibration.calibration_error(bins), 5),
        "brier": round(calibration.brier(sure, right), 5),
        "bins": [{name: round(value, 5) for name, value in asdict(one).items()} for one in bins],
    }
    facts["risk_coverage"] = calibration.risk_coverage(sure, right)


def _speed(model: Model, texts: Sequence[str]) -> dict[str, Any]:
    """Milliseconds for a text that comes alone (median), texts a second together; of processor time."""
    some = list(texts[:TIMED])
    if not some:
        return {}
    model.predict(some[:2])  # the first is the slowest
    alone = []
    for text in some:
        began = time.process_time()
        model.predict([text])
        alone.append(time.process_time() - began)
    many = some * 4
    began = time.process_time()
    model.predict(many)
    took = max(1e-6, time.process_time() - began)
    return {
        "ms_per_document": round(sorted(alone)[len(alone) // 2] * 1000, 3),
        "texts_per_second": round(len(many) / took, 1),
        "wh_per_1000": round(1000 * took / len(many) * WATTS / 3600, 6),
    }


def _write(
    folder: Path,
    facts: dict[str, Any],
    dev: Sequence[Example],
    guesses: Sequence[Guess],
    held_out: dict[str, Guess],
) -> None:
    said = ((one.item, guess) for one, guess in zip(dev, guesses, strict=True))
    write_guesses(folder / DEV, said)
    write_guesses(folder / HELD_OUT, held_out.items())
    (folder / FACTS).write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
