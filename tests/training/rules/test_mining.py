# SPDX-License-Identifier: EUPL-1.2
"""Candidates for rules that are counted from confirmed answers."""

from hausgeist.core.answers import Example, Span, Value
from hausgeist.core.rules import RuleKind
from hausgeist.core.tasks import TaskKind
from hausgeist.training.rules.mining import mined


def labelled(*pairs: tuple[str, str]) -> list[Example]:
    return [Example(str(n), text, Value((label,))) for n, (text, label) in enumerate(pairs)]


WASTE = [(f"Die Tonne in Gasse {n} wurde nicht geleert", "waste") for n in range(12)]
LIGHT = [(f"Die Laterne in Gasse {n} wurde nicht repariert", "light") for n in range(12)]


def test_words_that_stand_under_one_label_are_found():
    """Words that stand under all of them are not."""
    found = mined(TaskKind.SINGLE, labelled(*WASTE, *LIGHT))
    assert {one.label for one in found} == {"waste", "light"}
    patterns = " ".join(one.pattern for one in found)
    assert "gasse" not in patterns
    assert all((one.kind, one.hits, one.right) == (RuleKind.WORDS, 12, 12) for one in found)


def test_few_or_uncertain_words_are_no_candidates():
    """Neither what was seen twice nor what is wrong too often."""
    mixed = [*WASTE[:6], *((text, "light") for text, _ in WASTE[6:])]
    assert mined(TaskKind.SINGLE, labelled(*mixed, ("Ein Hund bellt", "noise"))) == []


def test_what_only_a_teacher_said_is_not_counted():
    """Candidates rest on people's answers."""
    taught = [Example(one.item, one.text, one.value, source="teacher") for one in labelled(*WASTE)]
    assert mined(TaskKind.SINGLE, [*taught, *labelled(*LIGHT[:2])]) == []


def test_passages_that_are_nearly_always_marked_become_words():
    """What is marked now and then does not."""
    told = [
        Example(str(n), "Bus nach Bad Soden und zurück", Value(spans=(Span(9, 18, "PLACE"),)))
        for n in range(4)
    ]
    rare = [Example(f"r{n}", "Bad ist frei", Value(spans=(Span(0, 3, "PLACE"),))) for n in range(3)]
    plain = [Example(f"p{n}", "Das Bad ist zu", Value()) for n in range(9)]
    (found,) = mined(TaskKind.SPANS, [*told, *rare, *plain])
    assert (found.label, found.pattern, found.hits, found.right) == ("PLACE", "bad soden", 4, 4)


def test_the_words_before_a_value_become_a_pattern():
    """The value itself is any token."""
    told = [
        Example(str(n), f"Unser Aktenzeichen: AB-{n}, danke", Value(fields=(("ref", f"AB-{n}"),)))
        for n in range(5)
    ]
    (found,) = mined(TaskKind.RECORD, told)
    assert (found.kind, found.pattern) == (RuleKind.TOKENS, "aktenzeichen : ( <any> )")
    assert (found.hits, found.right) == (5, 5)
