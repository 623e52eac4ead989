# SPDX-License-Identifier: EUPL-1.2
"""The gate in words that a head of department understands: evidence in, sentences and figures out."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from markupsafe import Markup

from hausgeist.core.gate import LEVEL, Verdict
from hausgeist.errors import N_
from hausgeist.locale import counter, translator
from hausgeist.render.intervals import Range, intervals
from hausgeist.web.amounts import number
from hausgeist.web.contexts.task_gate import Figures

Turn = Callable[[str], str]

TO = "\N{EN DASH}"
NOTHING = TO
FACTOR_SAID = 1_000.0
"""Beyond this many times it is only said that it is more."""

KINDS = {
    "student": N_("Student"),
    "teacher": N_("Teacher"),
    "rules": N_("Rules"),
    "majority": N_("Most frequent answer"),
}
METRICS = {
    "accuracy": N_("share of right answers"),
    "macro_f1": N_("F1, mean over labels"),
    "micro_f1": N_("F1 over everything found"),
}
HEADLINES = {
    Verdict.SUPERIOR: (N_("The student is better than the teacher."), "good"),
    Verdict.NON_INFERIOR: (
        N_("The student is not worse than the teacher, and much cheaper."),
        "good",
    ),
    Verdict.NOT_CHEAPER: (
        N_("The student is not worse than the teacher, but not ten times cheaper either."),
        "warn",
    ),
    Verdict.SLICE_WORSE: (
        N_("On the whole the student holds its own, but in a protected group it is worse."),
        "bad",
    ),
    Verdict.WORSE: (N_("The student is worse than the teacher."), "bad"),
    Verdict.UNDECIDED: (N_("Not decidable yet."), "warn"),
}
STATES = {
    "fine": N_("not worse"),
    "unclear": N_("unclear"),
    "worse": N_("worse"),
    "few": N_("too few texts"),
}
GOLD = {
    "done": N_("settled"),
    "unanswered": N_("without an answer"),
    "alone": N_("answered by one person"),
    "differ": N_("people differ, to be decided"),
}


def points(share: float, language: str, *, sign: bool = False) -> str:
    """A share as points, with one decimal: +1.5."""
    text = number(abs(share) * 100, language, 1)
    mark = "\N{MINUS SIGN}" if share < 0 else "+" if sign else ""
    return f"{mark}{text}"


def percent(share: float, language: str) -> str:
    """A share in percent with one decimal."""
    return f"{number(share * 100, language, 1)} %"


def within(low: float, high: float, language: str) -> str:
    """Two bounds in percent."""
    return f"{number(low * 100, language, 1)}{TO}{number(high * 100, language, 1)} %"


def chance(done: int, left: int, language: str) -> str:
    """How likely a student passes falsely: each opening errs on its own, together at most the sum.

    ``done`` and ``left`` are openings of one version (Bonferroni's bound).
    """
    turn = translator(language)
    each = percent(1 - LEVEL, language)
    if not done or not left:
        return turn(N_("{each} at most with each opening")).format(each=each)
    said = N_(
        "{each} at most with each opening; with the next one {all} at most over this version, so choose the "
        "student by development texts"
    )
    return turn(said).format(each=each, all=percent((1 - LEVEL) * (done + 1), language))


def headline(verdict: str, evidence: Mapping[str, Any], language: str) -> tuple[str, str]:
    """The verdict in one sentence, and its tone."""
    turn, counted = translator(language), counter(language)
    words, tone = HEADLINES[Verdict(verdict)]
    more = evidence["compared"]["more"]
    if verdict == Verdict.UNDECIDED and more and more <= MORE_SAID:
        said = counted(
            "Not decidable yet: label about {count} more text.",
            "Not decidable yet: label about {count} more texts.",
            number(rounded(more), language),
        )
        return said, tone
    return turn(words), tone


MORE_SAID = 2_000
"""Beyond this, what was seen so far is too little to say how many texts are lacking."""


def rounded(count: int) -> int:
    """A number of texts as one would say it: 137 is about 140."""
    step = 10 if count < 1_000 else 100
    return max(step, -(-count // step) * step)


def sentences(evidence: Mapping[str, Any], language: str) -> tuple[str, ...]:
    """What the verdict rests on, in a few sentences."""
    turn = translator(language)
    told = evidence["compared"]
    metric = turn(METRICS[evidence["plan"]["metric"]])
    found = [
        _judged(evidence, language)
        if told["first"] is None
        else turn(
            N_(
                "On {items} texts that people had judged blind, the student reached {one} and the teacher "
                "{two} ({metric})."
            )
        ).format(
            items=number(told["items"], language),
            one=percent(told["first"]["estimate"], language),
            two=percent(told["second"]["estimate"], language),
            metric=metric,
        ),
        turn(
            N_(
                "The difference is {gap} points; with 95 percent certainty it lies between {low} and {high}."
            )
        ).format(
            gap=points(told["difference"]["estimate"], language, sign=True),
            low=points(told["difference"]["low"], language, sign=True),
            high=points(told["difference"]["high"], language, sign=True),
        ),
        turn(N_("{wins} texts only the student had right, {losses} only the teacher.")).format(
            wins=told["wins"], losses=told["losses"]
        ),
    ]
    factor = evidence["factor"]
    if factor:
        words = (
            N_("It is about {factor} times cheaper.")
            if evidence["basis"] == "money"
            else N_("The teacher has no price; the student is about {factor} times faster.")
        )
        if factor > FACTOR_SAID:
            words = (
                N_("It is more than {factor} times cheaper.")
                if evidence["basis"] == "money"
                else N_("The teacher has no price; the student is more than {factor} times faster.")
            )
        most = min(factor, FACTOR_SAID)
        said = number(most, language, 0 if most >= 10 else 1)
        found.append(turn(words).format(factor=said))
    else:
        found.append(turn(N_("What either costs is not known.")))
    unclear = [
        f"{one['name']}: {one['value']}"
        for one in evidence["slices"]
        if one["state"] in {"unclear", "few"}
    ]
    if unclear:
        said = turn(
            N_("Of these groups it is not shown either way, there are too few texts: {names}.")
        )
        found.append(said.format(names=", ".join(unclear[:8])))
    ceiling = evidence["ceiling"]
    if ceiling:
        found.append(
            turn(
                N_(
                    "People themselves agree with the gold set at {gold}, with one another at "
                    "{between}: more than that nobody can honestly reach."
                )
            ).format(
                gold=percent(ceiling["gold"], language),
                between=percent(ceiling["between"], language),
            )
        )
    return tuple(found)


def _judged(evidence: Mapping[str, Any], language: str) -> str:
    """What was judged where people judge only the texts on which the two differ."""
    turn, told = translator(language), evidence["differing"]
    words = turn(
        N_(
            "On {differ} of {items} texts the two differed; people judged these blind, and {agreeing} more "
            "on which both said the same: on {wrong} of those people said something else. How often either "
            "is right is not known, only the difference."
        )
    )
    return words.format(
        differ=number(told["differ"], language),
        items=number(evidence["compared"]["items"], language),
        agreeing=number(told["agreeing"], language),
        wrong=number(told["both_wrong"], language),
    )


def charts(evidence: Mapping[str, Any], language: str) -> tuple[tuple[str, Markup], ...]:
    """The difference beside 0 and the margin; and everybody's quality."""
    turn = translator(language)
    told, margin = evidence["compared"]["difference"], evidence["plan"]["margin"]
    rows = [
        Range(
            turn(N_("all texts")),
            told["low"],
            told["estimate"],
            told["high"],
            points(told["estimate"], language, sign=True),
        )
    ]
    for one in evidence["slices"]:
        if one["difference"]:
            gap = one["difference"]
            rows.append(
                Range(
                    f"{one['name']}: {one['value']}",
                    gap["low"],
                    gap["estimate"],
                    gap["high"],
                    f"{points(gap['estimate'], language, sign=True)} · {turn(STATES[one['state']])}",
                    "world" if one["state"] == "worse" else "",
                )
            )
    between = turn(N_("Student minus teacher, in points"))
    qualities = turn(N_("Quality, with its interval of 95 percent"))
    differences = (
        between,
        intervals(
            between,
            rows,
            [(-margin, turn(N_("margin"))), (0.0, "0")],
        ),
    )
    if evidence["compared"]["first"] is None:
        return (differences,)
    return (
        differences,
        (
            qualities,
            intervals(
                qualities,
                [
                    Range(
                        turn(KINDS[one["subject"].split(":")[0]]),
                        one["low"],
                        one["quality"],
                        one["high"],
                        f"{percent(one['quality'], language)} "
                        f"({within(one['low'], one['high'], language)})",
                        "house" if one["subject"].startswith("student") else "",
                    )
                    for one in evidence["subjects"]
                ],
            ),
        ),
    )


def figures(evidence: Mapping[str, Any], language: str) -> tuple[tuple[str, str], ...]:
    """The numbers beneath, for whoever checks them."""
    turn = translator(language)
    told = evidence["compared"]
    found = [
        (
            turn(N_("Lower bound on one side, 95 percent")),
            points(told["floor"], language, sign=True),
        ),
        (turn(N_("Margin fixed before, in points")), points(evidence["plan"]["margin"], language)),
    ]
    if told["p"] is not None:
        found += [
            (turn(N_("McNemar, exact p value")), _chance(told["p"], language)),
            (turn(N_("McNemar, mid-p value")), _chance(told["mid_p"], language)),
        ]
    if told["bca"] is not None:
        low, high = told["bca"]["low"], told["bca"]["high"]
        span = f"{points(low, language, sign=True)} … {points(high, language, sign=True)}"
        found.append((turn(N_("Bootstrap, BCa interval")), span))
    found.append(
        (turn(N_("Evidence (enough: 20)")), number(min(told["evidence"], 1e9), language, 1))
    )
    if evidence["calibration"]:
        kept = evidence["calibration"]
        found += [
            (turn(N_("Confidence is off by, on average")), percent(kept["ece"], language)),
            (turn(N_("Brier score")), number(kept["brier"], language, 3)),
        ]
    for subject, value in evidence.get("partial", {}).items():
        kind = turn(KINDS[subject.split(":")[0]])
        said = turn(N_("{who}: F1 with half points for parts")).format(who=kind)
        found.append((said, percent(value, language)))
    found.append((turn(N_("Hash of the gold set")), evidence["gold_hash"][:16]))
    return tuple(found)


def _chance(value: float, language: str) -> str:
    """A p value; small ones are not called nothing."""
    least = 0.0001
    return number(value, language, 4) if value >= least else f"< {number(least, language, 4)}"


def tables(
    evidence: Mapping[str, Any], language: str, names: Mapping[str, str] = MappingProxyType({})
) -> tuple[Figures, ...]:
    """Everybody, every slice, every label."""
    turn = translator(language)
    rows = tuple(
        (
            turn(KINDS[one["subject"].split(":")[0]]),
            NOTHING if one["quality"] is None else percent(one["quality"], language),
            NOTHING if one["quality"] is None else within(one["low"], one["high"], language),
            number(one["unreadable"], language),
            NOTHING if one["ms"] is None else number(one["ms"], language, 2),
            NOTHING if one["eur"] is None else number(one["eur"], language, 5),
        )
        for one in evidence["subjects"]
    )
    heads: tuple[str, ...] = (
        N_("Who"),
        N_("Quality"),
        N_("95 percent"),
        N_("Unreadable"),
        N_("ms per text"),
        N_("EUR per 1,000"),
    )
    note = turn(N_("Own computing is counted at {price} EUR per hour of a processor core.")).format(
        price=number(evidence["core_hour_eur"], language, 2)
    )
    found = [Figures(turn(N_("Everybody on the same texts")), tuple(map(turn, heads)), rows, note)]
    if evidence["slices"]:
        lines = tuple(
            (
                f"{one['name']}: {one['value']}",
                number(one["items"], language),
                points(one["difference"]["estimate"], language, sign=True)
                if one["difference"]
                else NOTHING,
                NOTHING if one["holm"] is None else _chance(one["holm"], language),
                turn(STATES[one["state"]]),
            )
            for one in evidence["slices"]
        )
        heads = (N_("Group"), N_("Texts"), N_("Difference"), N_("p (Holm)"), N_("Result"))
        found.append(Figures(turn(N_("Protected groups")), tuple(map(turn, heads)), lines))
    if evidence["compared"]["first"] is None:
        return tuple(found)
    labels = tuple(
        (
            names.get(one["label"], one["label"]) or turn(N_("none")),
            number(one["support"] or 0, language),
            percent(one["student"], language) if one["enough"] else NOTHING,
            percent(one["teacher"], language) if one["enough"] else NOTHING,
        )
        for one in evidence["labels"]
    )
    heads = (N_("Label"), N_("Texts"), N_("Student, F1"), N_("Teacher, F1"))
    note = turn(N_("Nothing is said of labels that the gold set has fewer than 30 times."))
    found.append(Figures(turn(N_("By label")), tuple(map(turn, heads)), labels, note))
    return tuple(found)
