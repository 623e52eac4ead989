# SPDX-License-Identifier: EUPL-1.2
"""A drill in words: what would become of the calls, hints, shares with intervals; for pages, as Markdown."""

from collections.abc import Callable

from hausgeist.chat.labels import ZONES
from hausgeist.core.labels import Zone
from hausgeist.errors import N_
from hausgeist.errors.reasons import REASONS
from hausgeist.gateway.drill import Drill
from hausgeist.gateway.drill_forecast import Forecast, Limit, Line, Load
from hausgeist.gateway.drill_questions import Answer, Compared, Share, compare
from hausgeist.locale import translator
from hausgeist.web.amounts import euros, number
from hausgeist.web.contexts.admin_drill import (
    AnswerView,
    ComparedView,
    FareRow,
    ForecastView,
    LimitRow,
    LoadRow,
    PairView,
    Part,
    ShareView,
)
from hausgeist.web.moments import moment_text
from hausgeist.web.pages.audit_words import subject_words
from hausgeist.web.pages.egress_words import ERRANDS

Turn = Callable[[str], str]
NONE = "\u2013"

FATES = {
    "kept": (N_("not touched"), "good"),
    "moved": (N_("another one answers"), "warn"),
    "refused": (N_("nobody answers"), "bad"),
    "before": (N_("not answered today either"), ""),
}
WHYS = {
    "border": N_("The border lets them go nowhere else."),
    "too_long": N_("They are too long for the model that would stand in."),
    "nobody": N_("No other provider has this model, and the rules name no model to stand in."),
    "once": N_("Vectors and voices are asked of one provider only."),
    "gone": N_("The model is no longer offered."),
}
STATES = {
    "done": (N_("complete"), "good"),
    "running": (N_("under way"), "accent"),
    "stopped": (N_("stopped"), "warn"),
    "interrupted": (N_("broken off"), "bad"),
}
CROWDED = 1.0
"""Of its places, the share that a model of the house may have taken on average in its busiest hour."""


def without_words(without: str, turn: Turn) -> str:
    """What is gone, as people say it."""
    kind, _, name = without.partition(":")
    if kind == "provider":
        return turn(N_("the provider {name}")).format(name=name)
    if kind == "zone":
        eu, world = turn(N_("every provider in Europe")), turn(N_("every provider outside Europe"))
        return eu if name == Zone.EU else world
    return turn(N_("everything outside the house"))


def forecast_view(found: Forecast, language: str) -> ForecastView:
    """What would become of the calls, with what to do before it happens."""
    turn = translator(language)
    every = found.calls("kept", "moved", "refused") or 1
    return ForecastView(
        without=without_words(found.without, turn),
        days=str(found.days),
        policy=found.policy,
        when=moment_text(found.at, language),
        calls=number(found.calls(), language),
        few=found.few,
        cut=found.cut,
        merged=found.merged,
        parts=_parts(found, language),
        rows=tuple(_row(line, every, language) for line in found.lines),
        today=euros(found.cost("today"), language),
        then=euros(found.cost("then"), language),
        purposes=tuple(
            (turn(ERRANDS.get(name, name)), number(calls, language), number(answered, language))
            for name, calls, answered in found.purposes
        ),
        limits=tuple(_limit(one, language) for one in found.limits),
        hidden=found.hidden,
        loads=tuple(_load(one, language) for one in found.loads),
        hints=hints(found, language),
    )


def _parts(found: Forecast, language: str) -> tuple[Part, ...]:
    every, start, parts = found.calls("kept", "moved", "refused"), 0.0, []
    for fate in ("kept", "moved", "refused"):
        count = found.calls(fate)
        width = 100 * count / every if every else 0.0
        words, tone = FATES[fate]
        turned = translator(language)(words)
        parts.append(Part(turned, tone, number(count, language), round(start, 2), round(width, 2)))
        start += width
    return tuple(parts)


def _row(line: Line, every: int, language: str) -> FareRow:
    turn = translator(language)
    fate, tone = FATES[line.fate]
    to = f"{line.to_model} ({line.to_provider})" if line.to_model else ""
    return FareRow(
        model=f"{line.model} ({line.provider})" if line.provider else line.model,
        zone=line.zone,
        zone_words=_zone(line.zone, turn),
        fate=turn(fate),
        tone=tone,
        to=to,
        to_zone=line.to_zone,
        to_zone_words=_zone(line.to_zone, turn),
        notes=_notes(line, turn),
        calls=number(line.calls, language),
        share=0.0 if line.fate == "before" else round(100 * line.calls / every, 2),
        today=NONE if line.fate == "before" else euros(line.today, language) or turn(N_("unknown")),
        then=_then(line, language),
    )


def _then(line: Line, language: str) -> str:
    if line.fate not in {"kept", "moved"}:
        return NONE
    return euros(line.then, language) or translator(language)(N_("unknown"))


def _zone(zone: str, turn: Turn) -> str:
    return turn(ZONES[Zone(zone)]) if zone else ""


def _notes(line: Line, turn: Turn) -> tuple[str, ...]:
    found = [turn(WHYS[line.why])] if line.why in WHYS else []
    found += [turn(REASONS.get(reason, reason)) for reason in line.reasons]
    if line.hides:
        found.append(turn(N_("They leave under pseudonyms.")))
    if line.fate == "moved":
        found.append(turn(N_("Quality unknown until questions are asked.")))
    return tuple(found)


def _limit(one: Limit, language: str) -> LimitRow:
    unknown = translator(language)(N_("unknown"))
    return LimitRow(
        scope=subject_words(one.scope, language),
        limit=euros(one.limit, language),
        today=unknown if one.today is None else euros(one.today, language),
        then=unknown if one.then is None else euros(one.then, language),
        holds=None if one.then is None else one.then <= one.limit,
    )


def _load(one: Load, language: str) -> LoadRow:
    turn = translator(language)
    unknown = turn(N_("unknown"))
    words, tone = turn(N_("unknown: not yet measured")), ""
    if one.then is not None:
        words = turn(N_("unknown: how many places it has"))
    if one.places is not None and one.then is not None:
        crowded = one.then > CROWDED * one.places
        words = turn(N_("overloaded")) if crowded else turn(N_("enough"))
        tone = "bad" if crowded else "good"
    return LoadRow(
        model=one.model,
        calls=number(one.calls, language),
        places=unknown if one.places is None else str(one.places),
        today=unknown if one.today is None else number(one.today, language, 2),
        then=unknown if one.then is None else number(one.then, language, 2),
        words=words,
        tone=tone,
    )


def hints(found: Forecast, language: str) -> tuple[str, ...]:
    """What to do before it happens, the weightiest first."""
    turn = translator(language)
    every = found.calls("kept", "moved", "refused")
    if not every:
        return ()

    def share(calls: int) -> str:
        return f"{number(100 * calls / every, language, 0 if 100 * calls >= every else 1)} %"

    def of(why: str) -> int:
        return sum(one.calls for one in found.lines if one.fate == "refused" and one.why == why)

    said = []
    if calls := of("nobody"):
        said.append(
            turn(
                N_(
                    "{share} of the calls would have nobody: offer the same models at a second provider "
                    "under the same names, or let the policy name a model of the house that answers instead."
                )
            ).format(share=share(calls))
        )
    if calls := of("border"):
        said.append(
            turn(
                N_(
                    "{share} of the calls may not go to the other provider of their model: settle its "
                    "contract and release now, or name a model of the house in the policy."
                )
            ).format(share=share(calls))
        )
    if calls := of("too_long"):
        said.append(
            turn(
                N_(
                    "The context of the model that would stand in is too small for {share} of the calls: "
                    "give it a larger one, or choose another model."
                )
            ).format(share=share(calls))
        )
    if calls := of("once"):
        said.append(
            turn(
                N_("{share} of the calls are for vectors or voices, which nobody stands in for.")
            ).format(share=share(calls))
        )
    if blind := sorted({one.to_model for one in found.lines if one.blind}):
        said.append(
            turn(
                N_(
                    "{models} cannot see pictures, and the model of today can: questions with pictures "
                    "would fail."
                )
            ).format(models=", ".join(blind))
        )
    said += _strained(found, turn)
    return tuple(said)


def _strained(found: Forecast, turn: Turn) -> list[str]:
    """Hints at machines and money."""
    said = []
    for load in found.loads:
        if load.places is not None and load.then is not None and load.then > load.places:
            text = turn(
                N_(
                    "{model} would be overloaded in its busiest hour: give it more places or hardware."
                )
            )
            said.append(text.format(model=load.model))
    if any(one.then is None for one in found.lines if one.fate == "moved"):
        said.append(
            turn(
                N_(
                    "The price of a model that would answer is unknown: enter it, or hard budgets in EUR "
                    "refuse its calls."
                )
            )
        )
    for limit in found.limits:
        if limit.then is not None and limit.then > limit.limit:
            text = turn(N_("The budget {scope} would not last the month at this price."))
            said.append(text.format(scope=limit.scope))
    if found.calls("moved"):
        said.append(turn(N_("Ask your own questions of both models: only that tells the quality.")))
    return said


# -- questions -------------------------------------------------------------------------------------


def compared_view(one: Compared, language: str) -> ComparedView:
    """Both models' answers, counted."""
    return ComparedView(
        wanted=one.wanted,
        today=one.today,
        then=one.then,
        questions=number(one.questions, language),
        passed_today=share_view(one.passed_today, language),
        passed_then=share_view(one.passed_then, language),
        failed_today=number(one.failed_today, language),
        failed_then=number(one.failed_then, language),
        length_today=NONE if one.length_today is None else number(one.length_today, language),
        length_then=NONE if one.length_then is None else number(one.length_then, language),
        as_good=share_view(one.as_good, language),
    )


def share_view(share: Share | None, language: str) -> ShareView | None:
    """A share with its numbers and its interval; never without."""
    if share is None:
        return None
    turn = translator(language)
    low, high = (f"{number(100 * one, language)} %" for one in (share.low, share.high))
    return ShareView(
        words=turn(N_("{count} of {of}")).format(count=share.count, of=share.of),
        interval=turn(N_("95 %: {low} to {high}")).format(low=low, high=high),
        percent=round(100 * share.count / share.of, 1),
        low=round(100 * share.low, 1),
        high=round(100 * share.high, 1),
    )


def pairs_view(drill: Drill, language: str) -> tuple[PairView, ...]:
    """The questions with both answers."""
    turn = translator(language)
    choices = {
        "today": turn(N_("today's was better")),
        "then": turn(N_("the other was better")),
        "equal": turn(N_("equally good")),
    }
    return tuple(
        PairView(
            one.question.question,
            one.question.reference or one.question.expected,
            _answer(one.today, turn),
            _answer(one.then, turn),
            choices.get(one.choice, ""),
        )
        for one in drill.body.asked
    )


def _answer(one: Answer, turn: Turn) -> AnswerView:
    model = f"{one.model} ({one.provider})" if one.model else ""
    error = turn(N_("no answer ({code})")).format(code=one.error) if one.error else ""
    return AnswerView(model, one.text, one.passed, error)


def quality_words(drill: Drill, language: str) -> str:
    """The quality in one line, with numbers; or that it is unknown."""
    turn = translator(language)
    found = []
    for one in compare(drill.body.asked):
        today, then = (share_view(share, language) for share in (one.passed_today, one.passed_then))
        if today and then:
            text = turn(N_("{model}: {today} right today, {then} then"))
            found.append(text.format(model=one.wanted, today=today.words, then=then.words))
    return "; ".join(found) or turn(N_("unknown"))


# -- as a file ---------------------------------------------------------------------------------------


def markdown(drill: Drill, language: str) -> str:
    """The whole drill as Markdown."""
    turn = translator(language)
    view = forecast_view(drill.body.forecast, language)
    lines = [
        "# " + turn(N_("Drill: without {what}")).format(what=view.without),
        "",
        turn(N_("{when}, rules {policy}, {calls} calls of {days} days.")).format(
            when=view.when, policy=view.policy, calls=view.calls, days=view.days
        ),
        "",
    ]
    if view.few:
        lines += [turn(N_("Fewer than five people work here, so their calls are not counted.")), ""]
    heads = (N_("Model"), N_("What happens"), N_("Calls"), N_("Cost today"), N_("Cost then"))
    if view.rows:
        lines += _table([turn(head) for head in heads])
    for row in view.rows:
        what = " ".join(filter(None, (row.fate, f"→ {row.to}" if row.to else "", *row.notes)))
        lines.append(_cells((row.model, what, row.calls, row.today, row.then)))
    if view.hints:
        lines += ["", f"## {turn(N_('What to do before it happens'))}", ""]
        lines += [f"- {hint}" for hint in view.hints]
    lines += ["", f"## {turn(N_('Quality'))}", "", quality_words(drill, language), ""]
    if drill.body.asked:
        judged = (N_("Model"), N_("Right today"), N_("Right then"), N_("As good, people say"))
        lines += _table([turn(head) for head in judged])
        for one in compare(drill.body.asked):
            seen = compared_view(one, language)
            shares = (seen.passed_today, seen.passed_then, seen.as_good)
            cells = [f"{share.words} ({share.interval})" if share else NONE for share in shares]
            lines.append(_cells((f"{seen.today} → {seen.then}", *cells)))
    return "\n".join(lines) + "\n"


def _table(heads: list[str]) -> list[str]:
    return [_cells(heads), _cells(["---"] * len(heads))]


def _cells(cells: list[str] | tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
