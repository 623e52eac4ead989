# SPDX-License-Identifier: EUPL-1.2
"""Identifiers: each rule finds its vectors, nothing innocent is hit, and work grows as the text does."""

import re
import sys
from itertools import pairwise

import euredact
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iban, luhn
from vectors import BY_RULE, INNOCENT

from hausgeist.core.findings import Finding, Kind
from hausgeist.gateway.privacy.identifiers import DETECTORS, ELSEWHERE, Identifiers
from hausgeist.gateway.privacy.identifiers.districts import DISTRICTS
from hausgeist.gateway.privacy.overlap import settle

IDENTIFIERS = Identifiers()
HOSTILE = (
    *("1", "@", "a@", "DE89", "DE89 ", "[[", "[at]", "0 ", "030 ", "1.1.1.", "::", "a:", "Tel. "),
    *("Az. 1 ", "pw=", "B-AB 1", "sk-", "eyJ", "-----BEGIN PRIVATE KEY-----", "12 O ", "Konto 1"),
    *("(", "+", "86 095 742 718 ", "nummern", "HRB 1", "a://", "\n", "ä", "<", "(0", "1-", "01."),
    *("Steuer-ID ", "Passwort: ", "A", "{", "IDD<<", "Personalnummer 1234 und "),
)


def marked(text: str) -> tuple[str, int, int]:
    """A vector without its braces, and the span between them."""
    single = re.sub(r"\{\{|\}\}", lambda found: "\x01\x02"[found[0] == "}}"], text)
    start, end = single.index("{"), single.index("}") - 1
    plain = single[:start] + single[start + 1 : end + 1] + single[end + 2 :]
    return plain.replace("\x01", "{").replace("\x02", "}"), start, end


def hidden(text: str, found) -> set[int]:
    """The letters and digits that findings cover."""
    return {place for one in found for place in range(one.start, one.end) if text[place].isalnum()}


@pytest.mark.parametrize(
    ("rule", "text"), [(rule, text) for rule, texts in BY_RULE.items() for text in texts]
)
def test_a_vector_is_found_by_its_rule(rule: str, text: str):
    """Every letter and digit of the value is hidden, and nothing beside it."""
    plain, start, end = marked(text)
    found = IDENTIFIERS.find(plain)
    wanted = {place for place in range(start, end) if plain[place].isalnum()}
    assert wanted <= hidden(plain, found)
    assert any(one.rule.split(".")[0] == rule for one in IDENTIFIERS.every(plain))
    beside = hidden(plain, found) - wanted
    assert len(beside) <= 3, [plain[one.start : one.end] for one in found]


def test_every_kind_has_a_rule_and_every_rule_has_vectors():
    """The table is whole: no kind without a detector, no detector without a name and vectors."""
    kinds = {kind for detector in DETECTORS for kind in detector.kinds}
    assert kinds | ELSEWHERE == set(Kind)
    names = [detector.name for detector in DETECTORS]
    assert len(names) == len(set(names))
    assert set(names) == set(BY_RULE)


@pytest.mark.parametrize("text", INNOCENT)
def test_what_only_looks_like_it_is_left_alone(text: str):
    """Norms, dates, versions, sections and headings are no identifiers."""
    assert [(one.rule, text[one.start : one.end]) for one in IDENTIFIERS.find(text)] == []


def test_an_anchor_wins_over_a_check_digit():
    """A mistyped number behind its word is hidden and certain; by itself it is not hidden."""
    (found,) = IDENTIFIERS.find("Steuer-ID 86 095 742 718")
    assert (found.kind, found.certain) == (Kind.TAX_ID, True)
    assert IDENTIFIERS.find("es waren 86 095 742 718 Stück") == ()


def test_a_number_behind_another_words_is_that_words():
    """A customer number that looks like a telephone's is hidden as a customer's."""
    (found,) = IDENTIFIERS.find("Kundennummer 0301234567")
    assert found.kind is Kind.ACCOUNT


def test_the_nearest_anchor_decides():
    """Two numbers behind two words each get their own kind."""
    found = IDENTIFIERS.find("Telefon 030 23125 000, Kundennummer 030 23125 000")
    assert [one.kind for one in found] == [Kind.PHONE, Kind.ACCOUNT]


def test_findings_are_in_order_and_apart():
    """Whatever rules overlap on a dense line, the result does not."""
    text = "Konto DE89 3704 0044 0532 0130 00 Tel 030 23125 000 erika@stadt.intern B-AB 1234 " * 20
    found = IDENTIFIERS.find(text)
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert IDENTIFIERS.find(text) == found


def test_overlapping_findings_are_hidden_as_one():
    """Nothing of either leaks; the certain one names the kind."""
    weak = Finding(0, 10, Kind.PHONE, "phone")
    sure = Finding(6, 14, Kind.FILE_NUMBER, "record.anchor", certain=True)
    (one,) = settle([weak, sure])
    assert (one.start, one.end, one.kind) == (0, 14, Kind.FILE_NUMBER)


def test_what_is_inside_a_spared_span_is_not_hidden():
    """A never-word takes a finding away; one that reaches beyond it stays."""
    inside, beyond = Finding(2, 6, Kind.PERSON, "name"), Finding(2, 12, Kind.PERSON, "name")
    assert settle([inside], [(0, 8)]) == ()
    assert settle([beyond], [(0, 8)]) == (beyond,)


def calls(text: str) -> int:
    """How many calls an examination makes, C functions among them."""
    count = 0

    def note(_frame, event, _what):
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(note)
    try:
        IDENTIFIERS.find(text)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("unit", HOSTILE)
def test_work_grows_as_the_text_does(unit: str):
    """Of a hostile text four times as long, the rules ask four times as much, not sixteen times."""
    sizes = [4_000, 16_000]
    few, many = (calls((unit * size)[:size]) for size in sizes)
    assert many <= 5 * few + 500


def test_a_megabyte_of_hostility_comes_to_an_end():
    """A million digits, or signs, are looked through; the test's own time limit is the only clock."""
    for unit in ("1", "@", "DE89", "0 "):
        IDENTIFIERS.find(unit * (300_000 // len(unit)))


def test_foreign_letters_do_not_shift_offsets():
    """Characters beyond Latin-1, beyond the first plane, and exotic digits keep every place."""
    text = "😀 İstanbul ﬁ ß → Straße: erika@stadt.intern, Tel. 030 23125 000"
    assert [text[one.start : one.end] for one in IDENTIFIERS.find(text)] == [
        "erika@stadt.intern",
        "030 23125 000",
    ]


def test_half_a_surrogate_is_no_obstacle():
    """Text that cannot be encoded is looked through like any other."""
    assert IDENTIFIERS.find("\ud800 erika@stadt.intern")[0].kind is Kind.EMAIL


@given(st.text(max_size=300))
def test_any_text_at_all_is_looked_through(text: str):
    """Findings of whatever characters lie within the text, in order, and are never empty."""
    last = 0
    for one in IDENTIFIERS.find(text):
        assert last <= one.start < one.end <= len(text)
        last = one.end


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_stands_around_an_address_it_is_found(before: str, after: str):
    """Between spaces, an e-mail address is hidden as a whole in every surrounding."""
    text = f"{before} erika.mustermann@stadt.intern {after}"
    start = len(before) + 1
    wanted = set(range(start, start + len("erika.mustermann@stadt.intern")))
    assert {place for place in wanted if text[place].isalnum()} <= hidden(
        text, IDENTIFIERS.find(text)
    )


def test_districts_are_districts():
    """Signs of the list are one to three capital letters; those that everybody knows are there."""
    assert all(re.fullmatch(r"[A-ZÄÖÜ]{1,3}", sign) for sign in DISTRICTS)
    assert {"B", "HH", "M", "K", "TÜ", "KA", "EN", "DIN"} <= DISTRICTS


@pytest.mark.parametrize(
    "text",
    [
        "IBAN DE89 3704 0044 0532 0130 00",
        "Karte 4111 1111 1111 1111",
        "Steuer-ID 86 095 742 719",
        "E-Mail erika@stadt.de",
        "Kennzeichen B-AB 1234",
        "Telefon 030 23125 000",
    ],
)
def test_a_second_opinion_agrees(text: str):
    """An independent finder hides no letter or digit here that ours leaves in the clear."""
    theirs = {
        place
        for one in euredact.redact(text, countries=["DE"]).detections
        for place in range(one.start, one.end)
        if text[place].isalnum()
    }
    assert theirs
    assert theirs <= hidden(text, IDENTIFIERS.find(text))


def test_check_digits_agree_with_the_standard_library_of_numbers():
    """What stdnum holds for a valid IBAN or card is found without any word."""
    for number in ("DE02120300000000202051", "LU28 0019 4006 4475 0000"):
        assert iban.is_valid(number)
        assert IDENTIFIERS.find(f"x {number} y")[0].kind is Kind.IBAN
    assert luhn.is_valid("5555555555554444")
    assert IDENTIFIERS.find("x 5555555555554444 y")[0].kind is Kind.CARD
