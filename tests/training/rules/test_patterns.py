# SPDX-License-Identifier: EUPL-1.2
"""Patterns of rules: what they find in German texts, and what is refused with its place."""

import pytest

from hausgeist.core.answers import Span, Value
from hausgeist.core.rules import Rule, RuleKind
from hausgeist.core.tasks import Field, FieldType, TaskKind
from hausgeist.errors import InvalidField, PatternWrong
from hausgeist.training.rules import RuleSet, regex
from hausgeist.training.rules.ruleset import PASSAGES_MOST, chosen_of


def rule(kind: str, pattern: str, label: str = "a", place: int = 0, bound: float = 0.9) -> Rule:
    return Rule(
        id=f"r{place}",
        kind=RuleKind(kind),
        pattern=pattern,
        label=label,
        position=place,
        bound=bound,
    )


def found(kind: str, pattern: str, text: str) -> list[str]:
    rules = RuleSet.compile([rule(kind, pattern)], TaskKind.SPANS)
    return [text[start:end] for _, start, end in rules.passages(text)]


@pytest.mark.parametrize(
    ("kind", "pattern", "text", "passages"),
    [
        ("regex", r"(?i)\büber\b", "Über, über, Übergabe", ["Über", "über"]),
        ("regex", r"\bfoo\b.*\bbar\b", "xfoo bar", []),
        ("regex", r"\bfoo\b.*\bbar\b", "foo und bar.", ["foo und bar"]),
        ("regex", r"\w+straße", "in der Größenstraße", ["Größenstraße"]),
        ("regex", "über", "u\u0308ber", ["u\u0308ber"]),
        ("regex", "u\u0308ber", "über", ["über"]),
        ("regex", "finden", "Wir \ufb01nden", ["\ufb01nden"]),
        ("regex", "Müllabfuhr", "Müll\u00adabfuhr", ["Müll\u00adabfuhr"]),
        ("regex", r"\d{5}", "PLZ 12345", ["12345"]),
        ("regex", r"Nr\.\s(\d+)", "Nr.\u00a077", ["77"]),
        ("words", "Tonne", "Papiertonne, Tonne", ["Tonne"]),
        ("words", "*tonne", "Die Papiertonne ist voll", ["Papiertonne"]),
        ("words", "müll*", "Müllgebühren", ["Müllgebühren"]),
        ("words", "*gebühr*", "Müllgebühren", ["Müllgebühren"]),
        ("words", "Straße", "STRASSE Strasse Straße Straßen", ["STRASSE", "Strasse", "Straße"]),
        ("words", "Bad\nBad Homburg", "in Bad  Homburg, in Bad Homburg", ["Bad", "Bad Homburg"]),
        ("tokens", "bitte <any>{0,2} termin|termine", "Bitte um einen Termin.", ["Bitte um einen Termin"]),
        ("tokens", "termin", "Terminkalender", []),
        ("tokens", "=IT amt", "IT Amt, it Amt", ["IT Amt"]),
        ("tokens", "straße", "Strasse", ["Strasse"]),
        ("tokens", "/abhol.*/ <number>?", "Abholung abholen 3 Tonnen", ["abholen 3"]),
        ("tokens", "<shape:Xx+>", "Das Amt", ["Das", "Amt"]),
        ("tokens", "aktenzeichen : ( <any> )", "Aktenzeichen: 12-77", ["12-77"]),
    ],
)  # fmt: skip
def test_a_pattern_finds_what_its_writer_means(kind, pattern, text, passages):
    """Umlauts, ß, ligatures, composed letters and compounds are read as people read them."""
    assert found(kind, pattern, text) == passages


@pytest.mark.parametrize(
    ("kind", "pattern", "at"),
    [
        ("regex", "ab(c", 3),
        ("regex", "ab)c", 3),
        ("regex", "a(?=b)", 2),
        ("regex", "(?<!x)a", 1),
        ("regex", r"(a)\1", 4),
        ("regex", "x**", 2),
        ("regex", "a[bc", 2),
        ("regex", r"a\bc", 2),
        ("regex", r"\p{Foo}", 1),
        ("regex", "a\\", 2),
        ("regex", r"\bfoo\b|bar", 1),
        ("tokens", "a ( b", 3),
        ("tokens", "a <foo>", 3),
        ("tokens", "a b.c", 3),
        ("tokens", "x{3,90}", 1),
        ("words", "Tonne\n*ab", 7),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(kind, pattern, at):
    """The place is counted from 1."""
    with pytest.raises(PatternWrong) as refused:
        RuleSet.compile([rule(kind, pattern)])
    assert refused.value.at == at


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [("regex", ""), ("regex", "a*"), ("regex", "(?:a|)"), ("tokens", "a? b*"), ("words", " , ")],
)
def test_a_pattern_that_fits_everything_is_refused(kind, pattern):
    """Also an empty one."""
    with pytest.raises(InvalidField):
        RuleSet.compile([rule(kind, pattern)])


@pytest.mark.parametrize("pattern", ["(?:(?:a{100}){100}){100}", r"(?:\pL{500}\pN{500})"])
def test_a_pattern_that_explodes_is_refused(pattern):
    """Its program is limited, so the time for one letter of a text is."""
    with pytest.raises(InvalidField):
        regex.compiled(pattern)


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(a|aa)+$", "(a|a?)+b", r"(\w+\s?)*!$", "(.*a){12}b"]
)
def test_catastrophic_patterns_are_answered(pattern):
    """What would take a backtracking engine for ever is read once."""
    assert found("regex", pattern, "a" * 50_000 + "?") == []


def test_the_search_for_passages_is_bounded():
    """Where every search reads to the end of the text, there are not so many of them."""
    assert len(found("regex", "a(?:.*b)?", "a" * 20_000)) == PASSAGES_MOST


def test_of_passages_that_overlap_the_longest_stays():
    """Of equally long ones the first rule's."""
    passages = [(0, 0, 3), (1, 2, 9), (2, 8, 12), (3, 20, 23), (2, 20, 23)]
    assert chosen_of(passages) == [(1, 2, 9), (2, 20, 23)]


def test_in_a_single_label_task_the_first_rule_decides():
    """The guess names the rule, and is as sure as the rule was right."""
    rules = RuleSet.compile(
        [rule("words", "Müll", "waste", 1, 0.8), rule("words", "Termin", "date", 0, 0.95)]
    )
    (first, none) = rules.predict(["Müll und Termin", "nichts davon"])
    assert (first.value, first.by, first.score) == (Value(("date",)), "r0", 0.95)
    assert (none.value, none.by, none.score) == (Value(), "", 0.0)


def test_in_a_multi_label_task_every_hit_counts():
    """The guess is as sure as its weakest rule."""
    rules = RuleSet.compile(
        [rule("words", "Müll", "waste", 1, 0.8), rule("regex", "Termin", "date", 0, 0.95)],
        TaskKind.MULTI,
    )
    (guess,) = rules.predict(["Müll und Termin"])
    assert (guess.value, guess.score) == (Value(("date", "waste")), 0.8)


def test_passages_of_several_rules_make_one_answer():
    """Overlapping ones give way to the longest."""
    rules = RuleSet.compile(
        [rule("words", "Bad", "THING", 0), rule("words", "Bad Homburg", "PLACE", 1)], TaskKind.SPANS
    )
    (guess,) = rules.predict(["Nach Bad Homburg ins Bad"])
    assert guess.value == Value(spans=(Span(5, 16, "PLACE"), Span(21, 24, "THING")))


def test_rules_fill_the_fields_of_a_record():
    """The first rule that finds a value fills the field, in its canonical text."""
    fields = [
        Field("amount", "Betrag", FieldType.NUMBER),
        Field("day", "Tag", FieldType.DATE),
        Field("paid", "Bezahlt", FieldType.FLAG),
        Field("ref", "Zeichen"),
    ]
    rules = RuleSet.compile(
        [
            rule("regex", r"([\d.]+,\d\d) EUR", "amount", 0),
            rule("regex", r"vom (\d+\. \pL+ \d{4})", "day", 1),
            rule("words", "dankend erhalten", "paid=yes", 2),
            rule("tokens", "zeichen : ( <any> )", "ref", 3),
            rule("regex", r"(\d+)", "amount", 4),
        ],
        TaskKind.RECORD,
        fields,
    )
    (guess,) = rules.predict(
        ["Rechnung vom 3. März 2026, Zeichen: AB-7: 1.234,50 EUR, dankend erhalten"]
    )
    assert guess.value.fields == (
        ("amount", "1234.5"),
        ("day", "2026-03-03"),
        ("paid", "yes"),
        ("ref", "AB-7"),
    )
