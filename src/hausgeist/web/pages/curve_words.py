# SPDX-License-Identifier: EUPL-1.2
"""Learning curves drawn: points that were seen, what is expected of the next examples, and a sentence."""

from collections.abc import Mapping, Sequence
from typing import Any

from hausgeist.core.learning_curve import Fit, fit
from hausgeist.errors import N_
from hausgeist.locale import translator
from hausgeist.register.leaderboard import NEXT, Board, curve_of
from hausgeist.render.curves import Curve, curves, ticks, tone
from hausgeist.training.rungs import RUNGS
from hausgeist.web.amounts import number
from hausgeist.web.contexts.task_students import Drawn
from hausgeist.web.pages.gate_words import percent, points


def learning(
    found: Mapping[str, Sequence[Mapping[str, Any]]], language: str, *, expected: bool = True
) -> Drawn | None:
    """Learning curves by rung, with what is expected of the next examples; None without points."""
    turn = translator(language)
    known = {
        rung: [(int(one["examples"]), float(one["quality"])) for one in some]
        for rung, some in found.items()
        if some
    }
    if not known:
        return None
    fits = {rung: fit(some) if expected else None for rung, some in known.items()}
    most = max(count for some in known.values() for count, _ in some)
    wide = most + (NEXT if any(fits.values()) else 0)
    figures = [figure for some in known.values() for _, figure in some]
    low = max(0.0, min(figures) - 0.05)
    high = min(1.0, max(figures) + 0.05)

    def place(count: float, figure: float) -> tuple[float, float]:
        return count / wide, (figure - low) / max(1e-9, high - low)

    lines, legend, words, rows = [], [], [], []
    for number_of, (rung, some) in enumerate(known.items()):
        title = turn(RUNGS[rung].title) if rung in RUNGS else rung
        colour = tone(number_of)
        lines.append(Curve(title, tuple(place(*one) for one in some), colour))
        legend.append((colour, title))
        rows += [
            (title, number(count, language), percent(figure, language)) for count, figure in some
        ]
        fitted = fits[rung]
        if fitted is not None and rung != "majority":
            steps = range(fitted.most, fitted.most + NEXT + 1, NEXT // 4)
            lines.append(
                Curve(
                    "",
                    tuple(place(n, fitted.at(n)) for n in steps),
                    colour,
                    dots=False,
                    dashed=True,
                )
            )
            words.append(f"{title}: {gain_words(fitted, language)}")
    return Drawn(
        key="learning",
        title=turn(N_("Learning curve")),
        chart=curves(
            turn(N_("Quality by the number of examples")),
            lines,
            across=[(n / wide, number(n, language)) for n in ticks(0, wide)],
            up=[
                ((y - low) / max(1e-9, high - low), percent(y, language)) for y in ticks(low, high)
            ],
            axis=turn(N_("examples")),
        ),
        words=tuple(words),
        columns=(turn(N_("Student")), turn(N_("Examples")), turn(N_("Quality"))),
        rows=tuple(rows),
        legend=tuple(legend),
    )


def gain_words(fitted: Fit, language: str) -> str:
    """The next 200 labels bring about 0.4 points."""
    turn = translator(language)
    return turn(N_("the next {count} labels bring about {gain} points.")).format(
        count=NEXT, gain=points(fitted.gain(NEXT), language)
    )


def board_curves(board: Board, language: str) -> Drawn | None:
    """The newest students' curves in one chart."""
    some = {
        row.student.rung: row.student.facts.get("curve") or []
        for row in board.rows
        if row.student is not None and curve_of(row.student) is not None
    }
    return learning(some, language)
