# SPDX-License-Identifier: EUPL-1.2
"""What suggestions do to answers: answers with and without one go in, how far they pull comes out.

Items of the control arm are drawn at random and shown without their suggestion; so both arms differ in
nothing but what was shown. Suggestions that are wrong on purpose tell whether anybody looks.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from hausgeist.core.statistics.chisquare import ChiSquare, homogeneity
from hausgeist.core.statistics.interval import Interval, clopper_pearson, wilson

CAUGHT_LEAST = 0.8
"""Fewer caught than this share: people nod, and the next texts come without suggestions."""
TRIES_LEAST = 20
"""Before so many wrong suggestions were answered, nothing is concluded."""
TRIES_MOST = 40
"""So many of the latest ones count."""
BLOCK = 100
"""Answers of a task in a row without any suggestion, once too few were caught."""
ARM_LEAST = 30
"""Answers of an arm before something is said of it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An answer to an item that had a suggestion. ``shown``: it was seen; ``agrees``: the last answer is it.

    ``first``: whether the answer before it was seen agreed, None: there was none. ``labels``: said at last.
    """

    shown: bool
    agrees: bool
    first: bool | None = None
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Meter:
    """What suggestions do. Shares are 0 to 1, None: too few.

    ``shown`` and ``blind``: how often answers agree with the suggestion that was seen, or that was kept
    back; ``pull``: the difference. ``shift``: whether the labels differ between the arms. ``override``: how
    often a suggestion was not taken. ``moved``: of own answers that differed from the suggestion, those that
    were given up for it.
    """

    shown_count: int
    blind_count: int
    shown: Interval | None
    blind: Interval | None
    pull: Interval | None
    shift: ChiSquare | None
    override: Interval | None
    moved: Interval | None

    @property
    def pulls(self) -> bool | None:
        """Whether suggestions pull answers towards them; None: there are too few answers to say."""
        if self.pull is None:
            return None
        return self.pull.low > 0

    @property
    def clear(self) -> bool:
        """Whether a pull of five points or more can be ruled out."""
        return self.pull is not None and self.pull.high < 0.05


def meter(answers: Iterable[Seen]) -> Meter:
    """Compare the arms."""
    arms: dict[bool, list[Seen]] = {True: [], False: []}
    for one in answers:
        arms[one.shown].append(one)
    shown, blind = arms[True], arms[False]
    agree = {arm: sum(one.agrees for one in some) for arm, some in arms.items()}
    enough = min(len(shown), len(blind)) >= ARM_LEAST
    differed = [one for one in shown if one.first is False]
    return Meter(
        shown_count=len(shown),
        blind_count=len(blind),
        shown=wilson(agree[True], len(shown)),
        blind=wilson(agree[False], len(blind)),
        pull=apart(agree[True], len(shown), agree[False], len(blind)) if enough else None,
        shift=_shift(shown, blind) if enough else None,
        override=wilson(len(shown) - agree[True], len(shown)),
        moved=wilson(sum(one.agrees for one in differed), len(differed)),
    )


def apart(one: int, of_one: int, other: int, of_other: int) -> Interval | None:
    """The difference of two independent shares with its interval (Newcombe 1998, method 10)."""
    first, second = wilson(one, of_one), wilson(other, of_other)
    if first is None or second is None:
        return None
    seen = first.estimate - second.estimate
    low = sqrt((first.estimate - first.low) ** 2 + (second.high - second.estimate) ** 2)
    high = sqrt((first.high - first.estimate) ** 2 + (second.estimate - second.low) ** 2)
    return Interval(seen, seen - low, seen + high)


def _shift(shown: Sequence[Seen], blind: Sequence[Seen]) -> ChiSquare | None:
    counts = [Counter(label for one in arm for label in one.labels) for arm in (shown, blind)]
    labels = sorted({*counts[0], *counts[1]})
    return homogeneity(*([count[label] for label in labels] for count in counts))


# -- wrong on purpose -----------------------------------------------------------------------------


def caught(tries: Sequence[bool]) -> Interval | None:
    """The share of wrong suggestions that were not taken, with its exact interval; None of none."""
    return clopper_pearson(sum(tries), len(tries))


def block(tries: Iterable[tuple[int, bool]], end: Callable[[int], int | None]) -> int | None:
    """Since when suggestions are kept back because too few wrong ones were caught; None: they are not.

    ``tries``: when each wrong suggestion was answered, in order, and whether it was caught. ``end`` gives
    when a block that began at a moment was over, None: it is not. After a block, counting begins anew.
    """
    latest: deque[bool] = deque(maxlen=TRIES_MOST)
    over = 0
    for at, was in tries:
        if at <= over:
            continue
        latest.append(was)
        if len(latest) >= TRIES_LEAST and sum(latest) < CAUGHT_LEAST * len(latest):
            ended = end(at)
            if ended is None:
                return at
            over = ended
            latest.clear()
    return None
