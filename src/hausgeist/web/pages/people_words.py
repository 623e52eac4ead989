# SPDX-License-Identifier: EUPL-1.2
"""Figures of a task's people in words and charts: in go figures, out come sentences and markup."""

from markupsafe import Markup

from hausgeist.core import agreement, anchoring
from hausgeist.core.agreement import Agreement
from hausgeist.core.statistics.interval import Interval
from hausgeist.core.tasks import Task, TaskKind
from hausgeist.errors import N_
from hausgeist.locale import translator
from hausgeist.render.intervals import Range, intervals
from hausgeist.web.amounts import number
from hausgeist.web.moments import day_text
from hausgeist.workbench.crowd import Cell, Checks, Own, Period, Together

NOTHING = "–"  # noqa: RUF001  an en dash stands for no figure
ITEMS_LEAST = 20
"""With fewer texts than this, figures of agreement lead to no advice."""
_PARTS_DRAWN = 12


def share(value: float | None, language: str) -> str:
    """A share in percent."""
    return NOTHING if value is None else f"{number(value * 100, language)} %"


def between(found: Interval | None, language: str) -> str:
    """A share with its bounds."""
    if found is None:
        return NOTHING
    low, high = number(found.low * 100, language), number(found.high * 100, language)
    return f"{number(found.estimate * 100, language)} % ({low}–{high})"  # noqa: RUF001  a range


def plain(found: Interval | None, language: str) -> str:
    """A figure such as alpha with its bounds."""
    if found is None:
        return NOTHING
    low, high = number(found.low, language, 2), number(found.high, language, 2)
    return f"{number(found.estimate, language, 2)} ({low}–{high})"  # noqa: RUF001  a range


# -- agreement ------------------------------------------------------------------------------------


def headline(found: Agreement, language: str) -> tuple[str, str]:
    """What the agreement means, and its tone."""
    turn = translator(language)
    decisive = found.decisive
    if not found.items:
        return turn(
            N_(
                "Nothing to compare yet: it takes texts that two people have answered. The "
                "overlap is in the settings."
            )
        ), ""
    if found.items < ITEMS_LEAST:
        return turn(
            N_("Only {count} texts have been answered by two people: too few to conclude from.")
        ).format(count=found.items), ""
    if decisive is None:
        return turn(N_("All answers are the same label: there is no agreement to measure.")), ""
    if decisive.estimate < agreement.ENOUGH:
        return turn(
            N_("Fix the guideline before you label more: people understand it differently.")
        ), "bad"
    if decisive.estimate < agreement.GOOD:
        return turn(
            N_(
                "People agree well enough to go on. The matrix shows what the guideline leaves "
                "open."
            )
        ), "warn"
    return turn(N_("People agree: the guideline is understood.")), "good"


def agreed(task: Task, found: Together, language: str) -> tuple[str, ...]:
    """What the figures are of."""
    turn = translator(language)
    said = []
    if found.every.items:
        said.append(
            turn(N_("Compared on {count} texts that several people answered.")).format(
                count=found.every.items
            )
        )
        said.append(
            turn(N_("Only answers count that were given before a suggestion was seen."))
            if found.alone
            else turn(
                N_(
                    "All these answers were given with a suggestion in sight: they agree more "
                    "than people would by themselves."
                )
            )
        )
    if task.kind is TaskKind.SPANS and found.every.items:
        said.append(
            turn(
                N_(
                    "Of passages it is the F1 of pairs of people: kappa would need to know what "
                    "nobody marked."
                )
            )
        )
    return tuple(said)


def rows(found: Together, language: str) -> tuple[tuple[str, ...], ...]:
    """The table of figures: by themselves, with suggestions, gold."""
    turn = translator(language)
    named = (
        (N_("Without suggestions") if found.alone else N_("All answers"), found.every),
        (N_("With a suggestion in sight"), found.assisted),
        (N_("Gold set"), found.gold),
    )
    return tuple(
        (
            turn(words),
            str(one.items),
            share(one.observed, language),
            number(one.kappa, language, 2) if one.kappa is not None else NOTHING,
            plain(one.alpha, language),
            plain(one.ac1, language),
            plain(one.exact, language),
            plain(one.partial, language),
        )
        for words, one in named
        if one.items
    )


def chart(found: Together, language: str) -> Markup:
    """The figures with their intervals, and the line below which the guideline is mended."""
    turn = translator(language)
    named = (
        (N_("Krippendorff's alpha"), found.every.alpha),
        (N_("Gwet's AC1"), found.every.ac1),
        (N_("Passages, exactly"), found.every.exact),
        (N_("Passages, in part"), found.every.partial),
        (N_("Gold set"), found.gold.decisive if found.gold.items >= ITEMS_LEAST else None),
    )
    drawn = [_range(turn(words), one, language) for words, one in named if one is not None]
    return _marked(turn(N_("Agreement")), drawn, language) if drawn else Markup()


def parts_chart(task: Task, found: Together, language: str) -> Markup:
    """The agreement of the most frequent labels."""
    drawn = [
        _range(name_of(task, key, language), decisive, language)
        for key, one in found.parts[:_PARTS_DRAWN]
        if (decisive := one.decisive) is not None
    ]
    title = translator(language)(N_("Agreement by label"))
    return _marked(title, drawn, language) if len(drawn) > 1 else Markup()


def parts(task: Task, found: Together, language: str) -> tuple[tuple[str, ...], ...]:
    """The table of labels."""
    return tuple(
        (
            name_of(task, key, language),
            str(one.items),
            share(one.observed, language),
            plain(one.decisive, language),
        )
        for key, one in found.parts
    )


def _range(words: str, found: Interval, language: str) -> Range:
    tone = "" if found.estimate >= agreement.ENOUGH else "world"
    told = plain(found, language)
    return Range(words, max(-0.2, found.low), found.estimate, found.high, told, tone)


def _marked(title: str, drawn: list[Range], language: str) -> Markup:
    return intervals(title, drawn, [(0.0, "0"), (0.6, number(0.6, language, 1)), (1.0, "1")])


def name_of(task: Task, key: str, language: str) -> str:
    """The name of a label or field."""
    if key == agreement.NONE:
        return translator(language)(N_("none applies"))
    names = {label.key: label.name for label in task.labels}
    names |= {field.key: field.name for field in task.fields}
    return names.get(key, key)


def cell(task: Task, found: Cell, language: str) -> str:
    """Two labels against each other."""
    turn = translator(language)
    one, other = name_of(task, found.one, language), name_of(task, found.other, language)
    if found.one == found.other:
        if task.kind is TaskKind.SPANS:
            return turn(N_("{label}: where it begins or ends")).format(label=one)
        return turn(N_("{label}: what stands in it")).format(label=one)
    if agreement.NONE in {found.one, found.other}:
        label = other if found.one == agreement.NONE else one
        return turn(N_("{label}, or not")).format(label=label)
    return turn(N_("{one} or {other}")).format(one=one, other=other)


# -- suggestions ----------------------------------------------------------------------------------


def pulled(found: anchoring.Meter, language: str) -> tuple[str, str]:
    """The anchoring meter in a sentence, and its tone."""
    turn = translator(language)
    if found.pull is None:
        least = anchoring.ARM_LEAST
        return turn(
            N_(
                "Too few answers to say what suggestions do: it takes {least} with one and "
                "{least} of the control group without ({shown} and {blind} so far)."
            )
        ).format(least=least, shown=found.shown_count, blind=found.blind_count), ""
    if found.pulls:
        return turn(
            N_(
                "Suggestions pull answers: with one in sight, people agree with the model "
                "{points} points more often than without."
            )
        ).format(points=number(found.pull.estimate * 100, language)), "warn"
    if found.clear:
        return turn(N_("Suggestions do not pull answers noticeably.")), "good"
    return turn(
        N_("No pull is seen yet, but one of up to {points} points cannot be ruled out.")
    ).format(points=number(found.pull.high * 100, language)), ""


def pull_sentences(found: anchoring.Meter, language: str) -> tuple[str, ...]:
    """What else the meter says."""
    turn = translator(language)
    said = []
    if found.shift is not None:
        p = number(max(found.shift.p, 0.001), language, 3)
        words = (
            N_(
                "The labels are distributed differently with and without suggestions "
                "(chi-square, p about {p})."
            )
            if found.shift.p < 0.05
            else N_(
                "The labels are distributed alike with and without suggestions (chi-square, p = "
                "{p})."
            )
        )
        said.append(turn(words).format(p=p))
    if found.override is not None:
        said.append(
            turn(N_("Of all suggestions seen, {share} were not taken.")).format(
                share=share(found.override.estimate, language)
            )
        )
    if found.moved is not None:
        said.append(
            turn(
                N_(
                    "Of own answers that differed from the suggestion, {share} were given up for "
                    "it."
                )
            ).format(share=share(found.moved.estimate, language))
        )
    return tuple(said)


def pull_chart(found: anchoring.Meter, language: str) -> Markup:
    """Both arms."""
    turn = translator(language)
    if found.shown is None or found.blind is None:
        return Markup()
    named = ((N_("With the suggestion in sight"), found.shown), (N_("Without it"), found.blind))
    drawn = [
        Range(turn(words), one.low, one.estimate, one.high, between(one, language))
        for words, one in named
    ]
    return intervals(turn(N_("How often answers agree with the model")), drawn)


def pull_rows(found: anchoring.Meter, language: str) -> tuple[tuple[str, ...], ...]:
    """The table beneath."""
    turn = translator(language)
    difference = NOTHING
    if found.pull is not None:
        low, high = number(found.pull.low * 100, language), number(found.pull.high * 100, language)
        difference = turn(N_("{points} points ({low} to {high})")).format(
            points=number(found.pull.estimate * 100, language), low=low, high=high
        )
    return (
        (
            turn(N_("With the suggestion in sight")),
            str(found.shown_count),
            between(found.shown, language),
        ),
        (turn(N_("Without it")), str(found.blind_count), between(found.blind, language)),
        (turn(N_("Difference")), "", difference),
    )


def checked(found: Checks, language: str) -> tuple[str, str]:
    """Whether people see what is wrong on purpose, and the tone."""
    turn = translator(language)
    if not found.enough or found.caught is None:
        return turn(
            N_("Too few wrong suggestions have been answered to say whether they are seen.")
        ), ""
    if found.caught.estimate < anchoring.CAUGHT_LEAST:
        return turn(N_("Too many wrong suggestions are taken.")), "bad"
    return turn(N_("Wrong suggestions are seen.")), "good"


def check_sentences(found: Checks, language: str, *, figures: bool) -> tuple[str, ...]:
    """The catch rate; ``figures`` False: of so few people that it would point at one of them."""
    turn = translator(language)
    said = []
    if found.caught is not None and found.enough and figures:
        said.append(
            turn(
                N_(
                    "Of about {count} suggestions that were wrong on purpose, {share} were "
                    "caught (95 percent, exact)."
                )
            ).format(count=round(found.tries, -1), share=between(found.caught, language))
        )
    if found.enough and not figures:
        said.append(
            turn(N_("The share is told of five people together, so that it is nobody's own."))
        )
    return tuple(said)


def banner(found: Checks, language: str) -> str:
    """That suggestions are kept back, empty: they are not."""
    if found.blocked is None:
        return ""
    return translator(language)(
        N_(
            "Fewer than 80 percent of the wrong suggestions were caught. For the next {left} "
            "answers nobody is shown a suggestion."
        )
    ).format(left=found.left)


# -- people ---------------------------------------------------------------------------------------


def period(found: Period | None, language: str) -> tuple[str, tuple[tuple[str, ...], ...]]:
    """The figures of a period that is over, or why there are none."""
    turn = translator(language)
    if found is None:
        return turn(
            N_(
                "Figures of single people and of time are shown after full weeks in which five "
                "people or more have answered 20 texts each. Fewer people: none."
            )
        ), ()
    words = turn(
        N_(
            "From {since} to {until}. Letters are drawn anew for every period and say nothing "
            "about who it is."
        )
    ).format(since=day_text(found.since, language), until=day_text(found.until - 1, language))
    if found.with_ms is not None and found.without_ms is not None:
        words += " " + turn(
            N_(
                "An answer took {with_} seconds with a suggestion and {without} without, in the "
                "middle of all."
            )
        ).format(
            with_=number(found.with_ms / 1000, language, 1),
            without=number(found.without_ms / 1000, language, 1),
        )
    table = tuple(
        (one.letter, number(one.answers, language), between(one.agrees, language))
        for one in found.people
    )
    return words, table


def own(found: Own, language: str) -> tuple[tuple[str, str], ...]:
    """A person's own figures."""
    turn = translator(language)
    middle = NOTHING
    if found.median_ms is not None:
        middle = turn(N_("{count} seconds")).format(
            count=number(found.median_ms / 1000, language, 1)
        )
    return (
        (turn(N_("Answers")), number(found.answers, language)),
        (turn(N_("Time of an answer, in the middle")), middle),
        (turn(N_("Same answer as others")), between(found.agrees, language)),
        (turn(N_("Wrong suggestions caught")), between(found.caught, language)),
        (turn(N_("Suggestions not taken")), between(found.override, language)),
    )


def routing(task: Task, language: str) -> tuple[str, ...]:
    """Who gets which texts, in plain words."""
    turn = translator(language)
    said = []
    if task.overlap > 1:
        words = turn(N_("Every text of the pool is answered by {count} people."))
        said.append(words.format(count=task.overlap))
    else:
        said.append(turn(N_("Every text of the pool is answered by one person.")))
    said.append(
        turn(
            N_(
                "Texts of the gold set are answered by two, blind; a third decides where "
                "they differ."
            )
        )
    )
    if task.unsure_below:
        words = turn(N_("A model is less sure than {share}: everybody sees it."))
        said.append(words.format(share=share(task.unsure_below, language)))
    kept = [name_of(task, key, language) for key in task.reviewer_labels if task.label(key)]
    if kept:
        words = turn(N_("Only reviewers and owners get texts that seem to be: {labels}."))
        said.append(words.format(labels=", ".join(kept)))
    if task.daily:
        words = turn(N_("Nobody gets more than {count} texts a day."))
        said.append(words.format(count=task.daily))
    said.append(
        turn(N_("{share} of the texts are shown without a suggestion, as a control group.")).format(
            share=share(task.blind_share, language)
        )
    )
    return tuple(said)
