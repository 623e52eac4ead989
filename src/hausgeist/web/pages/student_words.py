# SPDX-License-Identifier: EUPL-1.2
"""One student in words and charts: what it reaches, how honest its probabilities are, what it mixes up."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from hausgeist.core.statistics.interval import at_most
from hausgeist.core.tasks import Task
from hausgeist.errors import N_
from hausgeist.locale import translator
from hausgeist.register.clinic import Confusion
from hausgeist.render.curves import Curve, curves
from hausgeist.store.students import Student
from hausgeist.training.said import sentence
from hausgeist.web.amounts import number, size
from hausgeist.web.contexts.task_students import Cell, Drawn, Facts, Matrix, Pair
from hausgeist.web.moments import moment_text
from hausgeist.web.pages.curve_words import learning
from hausgeist.web.pages.gate_words import METRICS, percent

MATRIX_MOST = 12
"""Labels that a matrix is drawn for; of more there is a list."""
PAIRS_MOST = 20
HEATS = 5
EVERYWHERE = ((0.0, 0.0), (0.25, 0.25), (0.5, 0.5), (0.75, 0.75), (1.0, 1.0))


def names(task: Task, language: str) -> dict[str, str]:
    """Labels and fields by their keys."""
    found = {one.key: one.name for one in task.labels}
    found |= {one.key: one.name for one in task.fields}
    return found | {"": translator(language)(N_("nothing"))}


def facts(task: Task, student: Student, language: str) -> Facts:
    """What is known of a student, in pairs."""
    turn, known = translator(language), student.facts
    found = [
        (turn(N_("Trained")), moment_text(student.created_at, language)),
        (turn(N_("Examples")), _examples(known, language)),
    ]
    metric = turn(METRICS[task.metric.value])
    for key, title in (("dev", N_("Development texts")), ("held_out", N_("Held-out texts"))):
        figures = known.get(key)
        if figures:
            value = figures["quality"].get(task.metric.value)
            said = f"{percent(value, language)} ({metric}), {number(figures['count'], language)}"
            found.append((turn(title), said))
    people = known.get("people_only") or {}
    if people.get("quality"):
        value = people["quality"].get(task.metric.value)
        found.append((turn(N_("Without the teacher's answers")), percent(value, language)))
    if known.get("texts_per_second"):
        found.append((turn(N_("Texts a second")), number(known["texts_per_second"], language)))
    if known.get("seconds") is not None:
        seconds = turn(N_("{seconds} seconds")).format(
            seconds=number(known["seconds"], language, 1)
        )
        found.append((turn(N_("Training took")), seconds))
    found.append((turn(N_("Size")), size(student.size, language)))
    return tuple(found)


def _examples(known: Mapping[str, Any], language: str) -> str:
    turn = translator(language)
    sources = {
        "person": N_("by people"),
        "accepted": N_("accepted by people"),
        "teacher": N_("by the teacher"),
        "rule": N_("by rules"),
        "import": N_("imported"),
    }
    parts = [
        f"{number(count, language)} {turn(sources.get(source, source))}"
        for source, count in (known.get("examples") or {}).items()
    ]
    return ", ".join(parts) or "0"


def said(task: Task, student: Student, language: str) -> tuple[str, ...]:
    """What people should know of it."""
    turn = translator(language)
    lines = student.facts.get("said") or []
    return tuple(sentence(one, turn, names(task, language)) for one in lines)


def charts(student: Student, language: str) -> tuple[Drawn, ...]:
    """Learning curve, reliability, risk and coverage: those whose numbers are there."""
    found = [
        learning({student.rung: student.facts.get("curve") or []}, language),
        _reliability(student.facts.get("calibration"), language),
        _coverage(student.facts.get("risk_coverage") or [], language),
    ]
    return tuple(one for one in found if one is not None)


def _reliability(known: Mapping[str, Any] | None, language: str) -> Drawn | None:
    if not known or not known.get("bins"):
        return None
    turn = translator(language)
    bins = known["bins"]
    places = tuple((float(one["said"]), float(one["right"])) for one in bins)
    grid = [(share / 4, percent(share / 4, language)) for share in range(5)]
    said = turn(
        N_(
            "When it says it is sure by some percent, that is off by {ece} points on average (ECE). Brier "
            "score: {brier}; 0 would be perfect. Seen on {count} texts."
        )
    )
    where = (
        N_("These are development texts.")
        if known.get("on") == "dev"
        else N_("These are texts of the pool that it had not seen.")
    )
    return Drawn(
        key="reliability",
        title=turn(N_("Is it as sure as it should be?")),
        chart=curves(
            turn(N_("Share of right answers by how sure the student was")),
            [
                Curve("", EVERYWHERE, dots=False, dashed=True),
                Curve(turn(N_("this student")), places),
            ],
            across=grid,
            up=grid,
            axis=turn(N_("how sure it was")),
        ),
        words=(
            said.format(
                ece=number(100 * known["ece"], language, 1),
                brier=number(known["brier"], language, 3),
                count=number(known["count"], language),
            )
            + " "
            + turn(where),
            turn(N_("On the dashed line it would be exactly as often right as it says.")),
        ),
        columns=(turn(N_("Sure by")), turn(N_("Right")), turn(N_("Texts"))),
        rows=tuple(
            (
                percent(one["said"], language),
                percent(one["right"], language),
                number(one["count"], language),
            )
            for one in bins
        ),
    )


def _coverage(known: list[dict[str, Any]], language: str) -> Drawn | None:
    if not known:
        return None
    turn = translator(language)
    highest = max(0.05, *(float(one["risk"]) for one in known)) * 1.1
    bounds = [at_most(one["answered"] - one["right"], one["answered"]) for one in known]
    points = tuple((float(one["coverage"]), float(one["risk"]) / highest) for one in known)
    words = []
    for share in (0.8, 0.9, 1.0):
        at = next((n for n, one in enumerate(known) if one["coverage"] >= share), None)
        if at is not None:
            words.append(
                turn(
                    N_(
                        "If it answers {coverage} of the texts, {risk} of the answers are wrong, at most "
                        "{bound} with 95 percent certainty."
                    )
                ).format(
                    coverage=percent(known[at]["coverage"], language),
                    risk=percent(known[at]["risk"], language),
                    bound=percent(bounds[at], language),
                )
            )
    return Drawn(
        key="coverage",
        title=turn(N_("Errors by how many texts it answers")),
        chart=curves(
            turn(N_("Share of wrong answers by the share of texts answered")),
            [Curve("", points)],
            across=[(share / 4, percent(share / 4, language)) for share in range(5)],
            up=[(share / 2, percent(highest * share / 2, language)) for share in range(3)],
            axis=turn(N_("texts answered, the surest first")),
        ),
        words=tuple(dict.fromkeys(words)),
        columns=(
            turn(N_("Answered")),
            turn(N_("Wrong")),
            turn(N_("At most wrong (95 percent)")),
            turn(N_("From which certainty")),
        ),
        rows=tuple(
            (
                percent(one["coverage"], language),
                percent(one["risk"], language),
                percent(bound, language),
                percent(one["threshold"], language),
            )
            for one, bound in zip(known, bounds, strict=True)
        ),
    )


# -- what it mixes up -----------------------------------------------------------------------------


def matrix(task: Task, found: Confusion, at: str, on: str, language: str) -> Matrix | None:
    """Every label against every label; None: there are too many, or there is nothing."""
    labels = found.labels
    if not labels or len(labels) > MATRIX_MOST:
        return None
    turn, known = translator(language), names(task, language)
    most = max((count for (one, two), count in found.counts.items() if one != two), default=1)
    label = turn(N_("{count} times {truth} was taken for {said}"))
    right = turn(N_("{count} times {truth} was right"))
    rows = []
    for truth in labels:
        cells = []
        for told in labels:
            count = found.counts.get((truth, told), 0)
            same = truth == told
            heat = 0 if same or not count else max(1, round(HEATS * count / most))
            words = (right if same else label).format(
                count=number(count, language), truth=_of(known, truth), said=_of(known, told)
            )
            href = "" if same or not count else pair_href(at, on, truth, told)
            cells.append(Cell(number(count, language) if count else "", heat, href, words, same))
        rows.append((_of(known, truth), tuple(cells)))
    return Matrix(tuple(_of(known, one) for one in labels), tuple(rows))


def pairs(task: Task, found: Confusion, at: str, on: str, language: str) -> tuple[Pair, ...]:
    """What is mixed up most, with links to the texts."""
    known = names(task, language)
    return tuple(
        Pair(
            _of(known, truth),
            _of(known, told),
            number(count, language),
            pair_href(at, on, truth, told),
        )
        for (truth, told), count in found.mixed[:PAIRS_MOST]
    )


def pair_href(at: str, on: str, truth: str, told: str) -> str:
    """The address of the texts of a cell."""
    asked = urlencode({"on": on, "truth": truth, "said": told})
    return f"{at}/errors?{asked}"


def _of(known: Mapping[str, str], key: str) -> str:
    return known.get(key, key)
