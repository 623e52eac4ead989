# SPDX-License-Identifier: EUPL-1.2
"""A rule before it is one: what it finds, what it only just misses, what else fits there."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hausgeist.core.rules import Rule, RuleKind
from hausgeist.core.tasks import Task
from hausgeist.errors import InvalidField
from hausgeist.register.rule_ground import Pool, RuleGround, pattern_hash
from hausgeist.register.rule_scores import Scored
from hausgeist.training.rules import RuleSet
from hausgeist.training.rules.ruleset import chosen_of

EXAMPLES = 3
AROUND = 90
"""Letters that are shown around a passage."""

Pieces = tuple[tuple[str, bool], ...]
"""Parts of a text in their order, with whether the rule finds them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A draft's figures and examples.

    ``found`` and ``near`` are texts of the pool: found, and only just not. ``wrong`` and ``missed`` are
    texts with people's answers: found though they say otherwise, not found though they say so. ``against``:
    rules in force with other labels that fit the same texts, and how many.
    """

    scored: Scored
    sample: int
    pool: int
    found: tuple[Pieces, ...] = ()
    near: tuple[Pieces, ...] = ()
    wrong: tuple[Pieces, ...] = ()
    missed: tuple[Pieces, ...] = ()
    against: tuple[tuple[Rule, int, Pieces], ...] = ()


def relaxed(rule: Rule) -> Rule | None:
    """A wider pattern, whose further texts nearly fit; None where there is none.

    Words are looked for inside of others, expressions without borders and case, patterns over words by
    their words alone.
    """
    if rule.kind is RuleKind.REGEX:
        wider = "(?i)" + re.sub(r"^\(\?[imsU]+\)", "", rule.pattern.replace(r"\b", ""))
        made = replace(rule, pattern=wider)
    elif rule.kind is RuleKind.WORDS:
        words = [one.strip().strip("*") for one in re.split(r"[,\n]", rule.pattern)]
        made = replace(rule, pattern="\n".join(f"*{one}*" for one in words if len(one) > 2))
    else:
        words = re.findall(r"(?:^|[\s|=])([^\W\d_]{3,})(?=[\s|?*+{]|$)", rule.pattern)
        made = replace(rule, kind=RuleKind.WORDS, pattern="\n".join(words))
    try:
        RuleSet.compile([made])
    except InvalidField:
        return None
    return made if made.pattern != rule.pattern else None


def tried(
    task: Task,
    scored: Scored,
    wide: Rule | None,
    active: Sequence[Rule],
    on: tuple[RuleGround, Pool],
) -> Trial:
    """The trial of a draft whose bits are in the pool, and those of the wider pattern."""
    ground, pool = on
    rule = scored.rule
    mine = RuleSet(task.kind, [rule], task.fields)
    bits = pool.bits.get(pattern_hash(rule), 0)
    near = pool.bits.get(pattern_hash(wide), 0) & ~bits if wide else 0
    told = ground.told(task)
    lines = told.judge(task, [rule])[rule.id]
    hit = {place for place, _, _ in lines}
    wrong = [place for place, _, right in lines if not right]
    missed = [
        place
        for place, one in enumerate(told.examples)
        if place not in hit and _says(one.value, rule)
    ]
    against = []
    for one in active:
        both = bits & pool.bits.get(pattern_hash(one), 0)
        if both and one.label != rule.label:
            (text,) = ground.texts(task, pool, _places(both, 1)) or ("",)
            against.append((one, both.bit_count(), pieces(mine, text)))
    return Trial(
        scored=scored,
        sample=pool.size,
        pool=pool.stamp[0],
        found=tuple(pieces(mine, one) for one in ground.texts(task, pool, _places(bits, EXAMPLES))),
        near=tuple(pieces(mine, one) for one in ground.texts(task, pool, _places(near, EXAMPLES))),
        wrong=tuple(pieces(mine, told.examples[one].text) for one in wrong[:EXAMPLES]),
        missed=tuple(pieces(mine, told.examples[one].text) for one in missed[:EXAMPLES]),
        against=tuple(sorted(against, key=lambda one: -one[1])[:5]),
    )


def pieces(found: RuleSet, text: str) -> Pieces:
    """A text with what a rule finds in it, cut around the first passage."""
    passages = chosen_of(found.passages(text))
    begin = max(0, passages[0][1] - AROUND) if passages else 0
    end = min(len(text), (passages[0][2] if passages else 0) + 2 * AROUND)
    made: list[tuple[str, bool]] = []
    at = begin
    if begin:
        made.append(("… ", False))
    for _, start, after in passages:
        if after > end:
            break
        made += [(text[at:start], False), (text[start:after], True)]
        at = after
    made.append((text[at:end] + (" …" if end < len(text) else ""), False))
    return tuple(one for one in made if one[0])


def _says(value: object, rule: Rule) -> bool:
    labels = {*getattr(value, "labels", ())}
    labels.update(one.label for one in getattr(value, "spans", ()))
    labels.update(name for name, _ in getattr(value, "fields", ()))
    return rule.target[0] in labels if "=" in rule.label else rule.label in labels


def _places(bits: int, most: int) -> list[int]:
    found: list[int] = []
    while bits and len(found) < most:
        lowest = bits & -bits
        found.append(lowest.bit_length() - 1)
        bits ^= lowest
    return found
