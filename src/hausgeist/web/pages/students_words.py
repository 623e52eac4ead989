# SPDX-License-Identifier: EUPL-1.2
"""Students in plain words: rows of the leaderboard, sentences for those who decide, curves."""

from collections.abc import Mapping
from typing import Any

from hausgeist import errors
from hausgeist.chat.labels import ZONES
from hausgeist.core.labels import Zone
from hausgeist.core.tasks import Task
from hausgeist.core.worth import Strategy
from hausgeist.errors import N_, HausgeistError
from hausgeist.locale import counter, translator
from hausgeist.register.leaderboard import (
    Board,
    BreakEven,
    Paid,
    Progress,
    Row,
    Rule,
)
from hausgeist.register.ordering import Marks, earns
from hausgeist.store.students import Student
from hausgeist.training.bases.shelf import Base
from hausgeist.training.rungs import RUNGS
from hausgeist.web.amounts import number, size
from hausgeist.web.contexts.task_students import BoardRow, StopBox
from hausgeist.web.pages.gate_words import (
    KINDS,
    METRICS,
    MORE_SAID,
    TO,
    percent,
    points,
    rounded,
    within,
)
from hausgeist.web.pages.suspects_words import weak

UNKNOWN = N_("unknown")
ABOUT = {
    "majority": N_("Always says the most frequent answer: what everything else must beat."),
    "rules": N_("The task's active rules, as a model."),
    "words": N_(
        "Counts words and pieces of words. The smallest and fastest; good from about 50 examples a label."
    ),
    "meaning": N_(
        "Knows related words from a small encoder in the house. Good with 5 to 50 examples a label."
    ),
    "both": N_("Both together: usually the best."),
    "crf": N_("Looks at every word with those beside it. Trains in seconds to a minute."),
    "crf_meaning": N_(
        "Knows related words too: finds more passages that no example had, and takes longer over new words."
    ),
    "spacy": N_("A small neural network. From about 700 texts on; takes minutes."),
    "base": N_(
        "An encoder that your organisation put on the house's shelf, trained further. Good with few examples "
        "where it knows the language; answers slowly. Trains for minutes to hours."
    ),
    "fields": N_("Rules for dates, amounts and numbers, and the words around them."),
}
NO_BASE = N_(
    "There is no base on the house's shelf: whoever administers the server puts one there with "
    "“hausgeist base add”."
)
STRATEGIES = {
    Strategy.MIXED: N_("a mixture: unsure, new, or student and teacher differ"),
    Strategy.MARGIN: N_("the two best answers are close"),
    Strategy.ENTROPY: N_("many answers are possible"),
    Strategy.DISAGREE: N_("student and teacher differ"),
    Strategy.TYPICAL: N_("unsure, but like many other texts"),
    Strategy.NEW: N_("unlike everything that was learnt"),
}
COLUMNS = (
    N_("Who answers"),
    N_("Quality (95 percent)"),
    N_("On gold, if opened"),
    N_("Milliseconds a text"),
    N_("EUR per 1,000 texts"),
    N_("Wh per 1,000 texts"),
    N_("Size"),
    N_("Runs on"),
)
STOPS = {
    "curve": N_("The next 200 labels bring less than half a point"),
    "steady": N_("The last three students agree on the same texts (kappa of 0.99)"),
    "side": N_(
        "Where student and teacher differ, people side with the student at least half the time"
    ),
    "evidence": N_("The live meter of the gate has reached its threshold"),
    "budget": N_("The time that you want to spend is used up: only you know that"),
}


def base_words(base: Base, minutes: float, language: str) -> str:
    """A base of the house: name, licence, and how long it will train."""
    turn = translator(language)
    licence = base.licence or turn(N_("licence unknown"))
    if minutes < 1:
        took = turn(N_("less than a minute"))
    elif minutes < 90:
        took = turn(N_("about {minutes} minutes at most"))
    else:
        took = turn(N_("about {hours} hours at most"))
    took = took.format(
        minutes=number(round(minutes), language), hours=number(minutes / 60, language, 1)
    )
    return f"{base.name}: {licence}, {took}."


def title_of(row: Row, language: str) -> str:
    """Who answers, in words."""
    turn = translator(language)
    if row.student is not None:
        return student_title(row.student, language)
    name = turn(KINDS[row.kind])
    return f"{name} ({row.model})" if row.model else name


def student_title(student: Student, language: str) -> str:
    """Its number and its kind: v3 · Words and letters."""
    turn = translator(language)
    rung = RUNGS.get(student.rung)
    return f"v{student.number} · {turn(rung.title) if rung else student.rung}"


def board_row(task: Task, row: Row, board: Board, language: str) -> BoardRow:
    """A row of the table; what is not known says so."""
    turn = translator(language)
    unknown = turn(UNKNOWN)
    quality = turn(N_("not measured"))
    if row.quality is not None:
        low, high = row.quality.low, row.quality.high
        quality = _measured(row.quality.estimate, low, high, language)
    gold = turn(N_("not opened"))
    if row.gold is not None:
        found = row.gold.quality
        gold = _measured(found.estimate, found.low, found.high, language)
        if row.gold.void:
            gold = turn(N_("void: gold changed"))
    zone = turn(N_("this server")) if row.zone == "house" and row.kind != "teacher" else unknown
    if row.kind == "teacher" and row.zone:
        zone = turn(ZONES[Zone(row.zone)])
    best = board.best
    return BoardRow(
        title=title_of(row, language),
        href=f"/tasks/{task.id}/students/{row.student.id}" if row.student else "",
        badge=turn(N_("best student")) if best is not None and row.subject == best.subject else "",
        cells=(
            quality,
            gold,
            unknown if row.ms is None else _small(row.ms, language),
            unknown if row.eur is None else _small(row.eur, language),
            unknown if row.wh is None else _small(row.wh, language),
            unknown if row.size is None else size(row.size, language),
            zone,
        ),
    )


def _measured(figure: float, low: float, high: float, language: str) -> str:
    """A figure with its interval, each of which stays on one line."""
    inner = f"{percent(figure, language)}|({within(low, high, language)})"
    joined = inner.replace(TO, f"{TO}\N{WORD JOINER}")
    return joined.replace(" ", "\N{NO-BREAK SPACE}").replace("|", " ")


def _small(value: float, language: str) -> str:
    """A figure with as many places as it takes to be seen."""
    if value == 0:
        return "0"
    if value < 0.0001:
        return f"< {number(0.0001, language, 4)}"
    places = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 0.1 else 4
    return number(value, language, places)


def sentences(task: Task, board: Board, language: str) -> tuple[str, ...]:
    """The table for those who decide."""
    turn = translator(language)
    best, teacher = board.best, board.teacher
    if best is None or best.quality is None:
        return ()
    metric = turn(METRICS[task.metric.value])
    found = [
        turn(
            N_("On {items} development texts the best student ({name}) reaches {figure}: {metric}.")
        ).format(
            items=number(best.items, language),
            name=title_of(best, language),
            figure=percent(best.quality.estimate, language),
            metric=metric,
        )
    ]
    if teacher is not None and teacher.quality is not None:
        gap = best.quality.estimate - teacher.quality.estimate
        apart = best.quality.low > teacher.quality.high or best.quality.high < teacher.quality.low
        said = (
            N_("The teacher reaches {figure}, {gap} points apart: more than chance explains.")
            if apart
            else N_("The teacher reaches {figure}, {gap} points apart: that may be chance.")
        )
        found.append(
            turn(said).format(
                figure=percent(teacher.quality.estimate, language), gap=points(abs(gap), language)
            )
        )
    else:
        found.append(
            turn(
                N_(
                    "The teacher was not measured: have it suggest answers for the development texts too."
                )
            )
        )
    found += _others(board, language)
    if best.ms is not None and teacher is not None and teacher.ms:
        found.append(
            turn(
                N_("The student answers a text in {one} milliseconds, the teacher in {two}.")
            ).format(one=_small(best.ms, language), two=_small(teacher.ms, language))
        )
    if best.eur is not None and teacher is not None and teacher.eur is not None:
        found.append(
            turn(
                N_("1,000 texts cost {one} EUR with the student and {two} EUR with the teacher.")
            ).format(one=_small(best.eur, language), two=_small(teacher.eur, language))
        )
    found.append(
        turn(N_("Whether the student may take the teacher's place is decided by the gate alone."))
    )
    return tuple(found)


def _others(board: Board, language: str) -> list[str]:
    """How rules and the most frequent answer stand beside the best student."""
    turn, best = translator(language), board.best
    assert best is not None
    assert best.quality is not None
    found = []
    for row in board.rows:
        rung = row.student.rung if row.student else row.kind
        if row.quality is None or rung not in {"majority", "rules"} or row.subject == best.subject:
            continue
        figure = percent(row.quality.estimate, language)
        if rung == "majority":
            said = N_("Whoever always says the most frequent answer reaches {figure}.")
            if row.quality.high >= best.quality.low:
                said = N_(
                    "Whoever always says the most frequent answer reaches {figure}; that the student is "
                    "better is not shown yet."
                )
        else:
            said = N_("Rules alone reach {figure}.")
            if row.quality.high >= best.quality.estimate:
                said = N_("Rules alone reach {figure}: perhaps no model is needed.")
        found.append(turn(said).format(figure=figure))
    return found


def paid_facts(paid: Paid, language: str) -> tuple[tuple[str, str], ...]:
    """What went in so far; people's time stands apart from money."""
    turn, counted = translator(language), counter(language)
    answers = number(paid.answers, language)
    if paid.hours is None or paid.each_ms is None:
        said = turn(
            N_(
                "{answers} answers; how long they took is told of five people, of weeks that are over"
            )
        ).format(answers=answers)
    else:
        said = turn(
            N_(
                "about {hours} hours for {answers} answers: {seconds} seconds each, by weeks that are over"
            )
        ).format(
            hours=number(paid.hours, language),
            answers=answers,
            seconds=number(paid.each_ms / 1000, language),
        )
    calls = number(paid.calls, language)
    if not paid.calls:
        money = turn(N_("none"))
    elif not paid.priced or not paid.micro_eur:
        money = counted("{count} answer, price unknown", "{count} answers, price unknown", calls)
    else:
        eur = number(paid.micro_eur / 1e6, language, 2)
        money = counted("{count} answer, {eur} EUR", "{count} answers, {eur} EUR", calls, eur=eur)
        if paid.priced < paid.calls:
            money += ", " + turn(N_("{count} without a price")).format(
                count=number(paid.calls - paid.priced, language)
            )
    energy = turn(N_("about {wh} Wh, by the time of the processor")).format(
        wh=_small(paid.wh, language)
    )
    return (
        (turn(N_("People's work")), said),
        (turn(N_("The teacher's suggestions")), money),
        (turn(N_("Training")), energy if paid.wh else turn(UNKNOWN)),
    )


def even_words(even: BreakEven | None, paid: Paid, language: str) -> tuple[str, ...]:
    """From how many texts on the student has paid for itself."""
    turn = translator(language)
    if even is None:
        return (
            turn(
                N_(
                    "That takes the price of the teacher and a student that was measured: not both are known."
                )
            ),
        )
    if even.texts is None:
        return (turn(N_("The teacher costs no more than the student: there is nothing to save.")),)
    found = [
        turn(
            N_(
                "The student has paid for itself after {texts} texts: {spent} EUR spent, {saved} EUR saved "
                "per 1,000."
            )
        ).format(
            texts=number(even.texts, language),
            spent=number(even.spent, language, 2),
            saved=_small(even.saved or 0.0, language),
        )
    ]
    if not even.with_people:
        left = N_("People's work is not in it: how long it took is not known of five people yet.")
        if paid.hours is not None:
            left = N_("The {hours} hours of people's work are not in it: say what an hour costs.")
        found.append(turn(left).format(hours=number(paid.hours or 0.0, language)))
    return tuple(found)


def progress_words(task: Task, progress: Progress, language: str) -> str:
    """312 labels; student 84.1 (81.0 to 87.0); teacher 86.0; about 140 more gold texts to decide."""
    turn, counted = translator(language), counter(language)
    parts = [counted("{count} answer", "{count} answers", number(progress.answers, language))]
    if progress.student is not None:
        one = progress.student
        parts.append(
            turn(N_("student {figure} ({within})")).format(
                figure=percent(one.estimate, language), within=within(one.low, one.high, language)
            )
        )
    if progress.teacher is not None:
        parts.append(
            turn(N_("teacher {figure}")).format(figure=percent(progress.teacher.estimate, language))
        )
    if progress.more and progress.more > MORE_SAID:
        parts.append(turn(N_("too few answers to say how many more gold texts decide")))
    elif progress.more:
        parts.append(
            turn(N_("about {count} more gold texts to decide")).format(
                count=number(rounded(progress.more), language)
            )
        )
    elif progress.more == 0 and task.gold_version:
        parts.append(turn(N_("as many gold texts as it takes")))
    return "; ".join(parts)


def stop_box(task: Task, progress: Progress, language: str) -> StopBox:
    """Which of the five rules hold, in words."""
    turn = translator(language)
    rows = []
    for one in progress.stop:
        if one.holds is None:
            badge, mark = (
                turn(N_("yours to say") if one.name == "budget" else N_("not known yet")),
                "",
            )
        else:
            badge, mark = (turn(N_("yes")), "good") if one.holds else (turn(N_("no")), "")
        rows.append((turn(STOPS[one.name]), badge, mark, _figure(one, language)))
    holding = sum(one.holds is True for one in progress.stop)
    if progress.enough:
        advice = turn(N_("{count} of five rules hold: stop labelling, or change the way.")).format(
            count=holding
        )
    else:
        advice = turn(N_("{count} of five rules hold; two would be a reason to stop.")).format(
            count=holding
        )
    return StopBox(
        progress_words(task, progress, language),
        advice,
        "good" if progress.enough else "info",
        tuple(rows),
    )


def _figure(rule: Rule, language: str) -> str:
    turn = translator(language)
    if rule.figure is None:
        return ""
    if rule.name == "curve":
        return turn(N_("{gain} points")).format(gain=points(rule.figure, language, sign=True))
    if rule.name == "side":
        return percent(rule.figure, language)
    return number(rule.figure, language, 2)


def order_words(task: Task, marks: Marks, language: str) -> tuple[str, ...]:
    """How the open texts are put in order, and whether that earns anything."""
    turn = translator(language)
    if not marks.student:
        return (turn(N_("After the first training the open texts are put in order.")),)
    strategy = Strategy(marks.strategy)
    found = [
        turn(
            N_(
                "{looked} of {open} open texts were looked at; first come those of which holds: {strategy}."
            )
        ).format(
            looked=number(marks.looked, language),
            open=number(marks.open, language),
            strategy=turn(STRATEGIES[strategy]),
        ),
        turn(N_("{share} of the texts are drawn at random, whatever the order.")).format(
            share=percent(task.random_share, language)
        ),
    ]
    if doubt := weak(marks.weak, language):
        found.append(doubt)
    chance, order = (marks.arms or {}).get("random"), (marks.arms or {}).get("order")
    verdict = earns(marks.arms)
    if verdict == "few" or chance is None or order is None:
        found.append(
            turn(
                N_(
                    "Whether the order earns anything is not known yet: it takes 30 answers of each kind."
                )
            )
        )
    else:
        said = (
            N_(
                "Of the texts that the order chose, a student that had not seen them gets {order} wrong, of "
                "those drawn at random {chance}: the order finds what it does not know yet."
            )
            if verdict == "more"
            else N_(
                "Of the texts that the order chose, a student that had not seen them gets {order} wrong, of "
                "those drawn at random {chance}: the order earns nothing that can be seen."
            )
        )
        found.append(
            turn(said).format(
                order=percent(order[0] / order[1], language),
                chance=percent(chance[0] / chance[1], language),
            )
        )
    return tuple(found)


def refusal(one: Mapping[str, Any], language: str) -> str:
    """Why a rung was not trained."""
    turn = translator(language)
    rung = str(one.get("rung", ""))
    title = turn(RUNGS[rung].title) if rung in RUNGS else rung
    kind = getattr(errors, str(one.get("error", "")), None)
    if isinstance(kind, type) and issubclass(kind, HausgeistError):
        return f"{title}: {kind(**one.get('values', {})).say(turn)}"
    return f"{title}: {one.get('error', '')}"
