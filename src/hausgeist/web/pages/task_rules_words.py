# SPDX-License-Identifier: EUPL-1.2
"""Figures of rules as words: a board or a trial in, sentences for people out."""

from collections.abc import Mapping
from typing import Final

from hausgeist.core.rules import RuleKind
from hausgeist.core.tasks import Task, TaskKind
from hausgeist.errors import N_, HausgeistError
from hausgeist.locale import translator
from hausgeist.register.rule_scores import Board, Conflict, Enough, Scored, Share
from hausgeist.register.rule_trial import Trial
from hausgeist.register.rules import COUNTED, TEACHER
from hausgeist.web.amounts import number
from hausgeist.web.contexts.task_rules import ConflictRow, RuleRow, TrialPart

KINDS: Final = {
    RuleKind.WORDS: N_("List of words"),
    RuleKind.TOKENS: N_("Pattern of words"),
    RuleKind.REGEX: N_("Regular expression"),
}
DONE: Final = {
    "saved": N_("The rule is kept and decides from now on."),
    "switched": N_("The rule is switched."),
    "deleted": N_("The rule is gone."),
    "proposed": N_("New proposals: look at their figures, then accept or reject them."),
    "nothing": N_("The answers show nothing new. More answers of the pool will help."),
    "asked": N_("The teacher is being asked. Its proposals appear here; none decides by itself."),
}
SAMPLED: Final = N_(
    "Coverage is counted on a random sample: always the same {sample} of {pool} texts of the pool."
)
AUTHORS: Final = {TEACHER: N_("proposed by the teacher"), COUNTED: N_("counted from answers")}
TITLES: Final = {
    Enough.ENOUGH: (N_("Rules are enough"), "good"),
    Enough.FIRST: (N_("Rules can go first"), "info"),
    Enough.NOT_YET: (N_("Rules are not enough yet"), "info"),
    Enough.UNKNOWN: (N_("Not decidable yet"), "info"),
}
_LABELS = frozenset({TaskKind.SINGLE, TaskKind.MULTI})


def percent(share: float, language: str) -> str:
    """A share in whole percent."""
    return f"{number(100 * share, language)} %"


def precise(share: Share, language: str) -> str:
    """A precision with its interval and what it is of; a dash of nothing."""
    held = share.interval
    if held is None:
        return "–"  # noqa: RUF001  a dash, as people write it
    low, high = number(100 * held.low, language), number(100 * held.high, language)
    return f"{percent(held.estimate, language)} ({low}–{high}), {share.right}/{share.of}"  # noqa: RUF001  from … to


def row_of(one: Scored, names: Mapping[str, str], language: str) -> RuleRow:
    """A rule with its figures."""
    turn = translator(language)
    rule = one.rule
    broken = one.broken
    return RuleRow(
        id=rule.id,
        pattern=rule.pattern,
        label=names.get(rule.label, rule.label),
        kind=turn(KINDS[rule.kind]),
        state=rule.state.value,
        note=rule.note,
        author=turn(AUTHORS[rule.author]) if rule.author in AUTHORS else "",
        hits=number(one.hits, language),
        decides=number(one.decides, language),
        people=precise(one.people, language),
        dev=precise(one.dev, language),
        teacher=precise(one.teacher, language),
        conflicts=one.conflicts,
        broken=broken.say(turn) if isinstance(broken, HausgeistError) else "",
        failing=one.failing,
        must=rule.must,
        must_not=rule.must_not,
    )


def counted(board: Board, language: str) -> tuple[tuple[str, str], ...]:
    """The key figures of all rules together."""
    turn = translator(language)
    covered = board.covered / board.sample if board.sample else 0.0
    return (
        (turn(N_("Rules in force")), str(board.sufficient.rules)),
        (
            turn(N_("Texts they cover")),
            f"{number(board.covered, language)} · {percent(covered, language)}",
        ),
        (turn(N_("Texts of the pool")), number(board.pool, language)),
        (turn(N_("Answers they are measured by")), number(board.answers, language)),
    )


def verdict(board: Board, task: Task, language: str) -> tuple[str, str, str]:
    """Title, sentence and kind of notice of what the rules are worth."""
    turn = translator(language)
    held = board.sufficient
    title, kind = TITLES[held.enough]
    if held.enough is Enough.UNKNOWN:
        said = turn(
            N_(
                "{rules} rules are in force. There are {answers} answers of people in the development "
                "set; it takes at least 30 to say what the rules are worth."
            )
        ).format(rules=held.rules, answers=held.answers)
        return turn(title), said, kind
    words = (
        N_("These {rules} rules cover {covered} of the texts at {precision} precision.")
        if task.kind in _LABELS
        else N_(
            "These {rules} rules find {covered} of what is to be found, at {precision} precision."
        )
    )
    covered = held.covered.interval
    said = turn(words).format(
        rules=held.rules,
        covered=percent(covered.estimate if covered else 0.0, language),
        precision=_interval(held.precision, language),
    )
    parts = [said]
    if held.quality is not None:
        parts.append(
            turn(N_("The teacher answers {share} of the same texts rightly.")).format(
                share=percent(held.quality, language)
            )
        )
    parts.append(turn(_NEXT[held.enough]))
    return turn(title), " ".join(parts), kind


_NEXT: Final = {
    Enough.ENOUGH: N_(
        "No model is needed: rules run on this server, cost nothing a call, and everybody can read why "
        "they say what they say. The gate confirms it on the gold set."
    ),
    Enough.FIRST: N_("Let them decide what they fit; the rest goes to a model or to people."),
    Enough.NOT_YET: N_("More rules, or a small model, are needed."),
}


def _interval(share: Share, language: str) -> str:
    held = share.interval
    if held is None:
        return "–"  # noqa: RUF001  a dash, as people write it
    low, high = number(100 * held.low, language), number(100 * held.high, language)
    return f"{percent(held.estimate, language)} ({low}–{high})"  # noqa: RUF001  from … to


def conflict_row(
    one: Conflict, board: Board, names: Mapping[str, str], language: str
) -> ConflictRow:
    """Two rules that say different things."""
    first, second = board.of(one.first), board.of(one.second)
    rule, other = (first.rule if first else None), (second.rule if second else None)
    return ConflictRow(
        first=rule.pattern[:80] if rule else "",
        first_label=names.get(rule.label, rule.label) if rule else "",
        second=other.pattern[:80] if other else "",
        second_label=names.get(other.label, other.label) if other else "",
        texts=number(one.texts, language),
        example=one.example,
    )


def trial_part(trial: Trial, language: str) -> TrialPart:
    """What a draft would find."""
    turn = translator(language)
    one = trial.scored
    share = one.hits / trial.sample if trial.sample else 0.0
    groups = (
        (turn(N_("Finds")), trial.found),
        (turn(N_("Only just does not find")), trial.near),
        (turn(N_("Finds, but people say otherwise")), trial.wrong),
        (turn(N_("Does not find, but people say so")), trial.missed),
    )
    against = tuple(
        (
            turn(N_("Fits {texts} texts together with {label}: {pattern}")).format(
                texts=number(many, language), label=rule.label, pattern=rule.pattern[:60]
            ),
            (pieces,),
        )
        for rule, many, pieces in trial.against
    )
    return TrialPart(
        figures=(
            (turn(N_("Texts found")), f"{number(one.hits, language)} · {percent(share, language)}"),
            (turn(N_("Precision by people's answers")), precise(one.people, language)),
            (turn(N_("of these, development set")), precise(one.dev, language)),
            (turn(N_("Agrees with the teacher")), precise(one.teacher, language)),
        ),
        groups=tuple((words, some) for words, some in groups if some) + against,
        failing=one.failing,
    )
