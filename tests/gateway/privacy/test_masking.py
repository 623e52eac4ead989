# SPDX-License-Identifier: EUPL-1.2
"""One entity, one pseudonym: in every text and every form of its name, and the grammar reads well."""

import json

import pytest

from hausgeist.core.findings import Examination, Finding, Kind
from hausgeist.gateway.privacy import masking
from hausgeist.gateway.privacy.fields import Place, Seen
from hausgeist.gateway.privacy.json_text import laid_out
from hausgeist.gateway.privacy.veil import Veil

IBAN = "DE89 3704 0044 0532 0130 00"


def finding(text, value, kind=Kind.PERSON, *, certain=False):
    """The first place of a value in a text."""
    start = text.index(value)
    return Finding(start, start + len(value), kind, "test", certain)


def masked(*texts, veil=None, found=()):
    """Texts as they leave. ``found``: values with their kinds, found where they first stand."""
    veil = Veil() if veil is None else veil
    seen = [
        Seen(text, Place.JSON, laid.text, laid) if laid else Seen(text, Place.PROSE, text)
        for text in texts
        for laid in (laid_out(text),)
    ]
    by_text = {}
    for one in seen:
        hits = [finding(one.text, *what) for what in found if what[0] in one.text]
        by_text[one.text] = tuple(sorted(hits, key=lambda hit: hit.start))
    examination = Examination(by_text)
    masking.learn(veil, [one.text for one in seen], examination)
    known = masking.known_in(veil, [one.text for one in seen])
    return [
        masking.applied(veil, one, masking.edits(veil, one, by_text[one.text], more))
        for one, more in zip(seen, known, strict=True)
    ]


@pytest.mark.parametrize(
    ("text", "name", "leaves"),
    [
        ("Frau Dr. Erika Mustermann", "Erika Mustermann", "Frau Dr. [[VORNAME_1]] [[NACHNAME_1]]"),
        (
            "Frau Dr. Erika Mustermann",
            "Frau Dr. Erika Mustermann",
            "Frau Dr. [[VORNAME_1]] [[NACHNAME_1]]",
        ),
        ("Sehr geehrter Herr Meier,", "Meier", "Sehr geehrter Herr [[NACHNAME_1]],"),
        ("Prof. Meier", "Meier", "Prof. [[NACHNAME_1]]"),
        ("Mustermann, Erika", "Mustermann, Erika", "[[NACHNAME_1]], [[VORNAME_1]]"),
        ("Ursula von der Au", "Ursula von der Au", "[[VORNAME_1]] von der [[NACHNAME_1]]"),
        ("Frau von der Au", "von der Au", "Frau von der [[NACHNAME_1]]"),
        ("Anna Maria Klein", "Anna Maria Klein", "[[VORNAMEN_1]] [[NACHNAME_1]]"),
        ("E. Mustermann", "E. Mustermann", "[[INITIAL_1]] [[NACHNAME_1]]"),
        ("Erika\n  Mustermann", "Erika\n  Mustermann", "[[VORNAME_1]]\n  [[NACHNAME_1]]"),
        ("Hallo Erika!", "Erika", "Hallo [[PERSON_1]]!"),
        ("Müller-Lüdenscheidt kam", "Müller-Lüdenscheidt", "[[PERSON_1]] kam"),
    ],
)
def test_titles_and_grammar_stay_outside(text, name, leaves):
    """Salutation, title and punctuation stay, the parts of the name get one number."""
    assert masked(text, found=[(name, Kind.PERSON)]) == [leaves]


def test_one_person_has_one_number_in_every_form():
    """Surname alone, genitive, capitals, spelt-out umlauts, first name, in other texts, before and after."""
    texts = (
        "Müllers Antrag liegt vor, MÜLLER sagt Mueller.",
        "Frau Jutta Müller wohnt hier. Juttas Hund, Müller-Antrag, die Müllersche Sache.",
        json.dumps({"kunde": "Jutta Müller", "n": "Jutta\nMüller"}),
    )
    veil = Veil()
    assert masked(*texts, veil=veil, found=[("Jutta Müller", Kind.PERSON)]) == [
        "[[NACHNAME_1]]s Antrag liegt vor, [[NACHNAME_1]] sagt [[NACHNAME_1]].",
        (
            "Frau [[VORNAME_1]] [[NACHNAME_1]] wohnt hier. [[VORNAME_1]]s Hund, "
            "[[NACHNAME_1]]-Antrag, die [[NACHNAME_1]]sche Sache."
        ),
        '{"kunde": "[[VORNAME_1]] [[NACHNAME_1]]", "n": "[[VORNAME_1]]\\n[[NACHNAME_1]]"}',
    ]
    assert veil.values == {"VORNAME_1": "Jutta", "NACHNAME_1": "Müller"}


def test_the_better_spelling_of_a_name_comes_back():
    """Capitals of a heading are restored as the name is written elsewhere."""
    veil = Veil()
    masked("MEIER: so Meier", veil=veil, found=[("MEIER", Kind.PERSON), ("Meier", Kind.PERSON)])
    assert set(veil.values.values()) == {"Meier"}


def test_two_persons_never_share_a_number():
    """One surname, two first names or two salutations: two persons."""
    text = "Erika Meier und Max Meier, Frau Kurz und Herr Kurz."
    found = [(name, Kind.PERSON) for name in ("Erika Meier", "Max Meier")]
    found += [("Kurz", Kind.PERSON)]
    start = text.rindex("Kurz")
    veil = Veil()
    examination = Examination(
        {
            text: (
                *(finding(text, *what) for what in found),
                Finding(start, start + 4, Kind.PERSON, "test"),
            )
        }
    )
    masking.learn(veil, [text], examination)
    one = Seen(text, Place.PROSE, text)
    edits = masking.edits(veil, one, examination.findings[text], ())
    assert masking.applied(veil, one, edits) == (
        "[[VORNAME_1]] [[NACHNAME_1]] und [[VORNAME_2]] [[NACHNAME_2]], "
        "Frau [[NACHNAME_3]] und Herr [[NACHNAME_4]]."
    )


def test_a_surname_and_the_full_name_that_follows_are_one_person():
    """Frau Kurz, then Anna Kurz, then Anna: the number stays."""
    veil = Veil()
    assert masked("Frau Kurz ruft an.", veil=veil, found=[("Kurz", Kind.PERSON)]) == [
        "Frau [[NACHNAME_1]] ruft an."
    ]
    assert masked("Anna Kurz. Anna!", veil=veil, found=[("Anna Kurz", Kind.PERSON)]) == [
        "[[VORNAME_1]] [[NACHNAME_1]]. [[VORNAME_1]]!"
    ]


def test_numbers_stay_from_turn_to_turn():
    """What was given once is found again in a packed map, whatever comes in between."""
    veil = Veil()
    first = masked(
        f"Jutta Müller, {IBAN}", veil=veil, found=[("Jutta Müller", Kind.PERSON), (IBAN, Kind.IBAN)]
    )
    veil = Veil.unpacked(veil.packed())
    masked("Zuerst Otto Abel", veil=veil, found=[("Otto Abel", Kind.PERSON)])
    veil = Veil.unpacked(veil.packed())
    assert masked(f"Jutta Müller, {IBAN}", veil=veil) == first
    assert masked("Otto Abel", veil=veil) == ["[[VORNAME_2]] [[NACHNAME_2]]"]


def test_one_number_however_it_is_written():
    """An IBAN with and without blanks is one; so is a telephone number with and without its country."""
    text = f"{IBAN} DE89370400440532013000 +49 (0) 30 23125-000 030/23125000 03.04.1980 3.4.1980"
    found = [(IBAN, Kind.IBAN), ("DE89370400440532013000", Kind.IBAN)]
    found += [("+49 (0) 30 23125-000", Kind.PHONE), ("030/23125000", Kind.PHONE)]
    found += [("03.04.1980", Kind.BIRTH_DATE), (" 3.4.1980", Kind.BIRTH_DATE)]
    assert masked(text, found=found) == [
        "[[IBAN_1]] [[IBAN_1]] [[PHONE_1]] [[PHONE_1]] [[BIRTH_DATE_1]] [[BIRTH_DATE_1]]"
    ]


def test_what_one_text_tells_is_hidden_in_all():
    """A number that only its anchor word gave away is hidden where it stands without one."""
    texts = (
        "Kontonummer: 532013000",
        "Die 532013000 stimmt, 5320130001 nicht.",
        '{"n": 532013000}',
    )
    assert masked(*texts, found=[("532013000", Kind.ACCOUNT)])[1:] == [
        "Die [[ACCOUNT_1]] stimmt, 5320130001 nicht.",
        '{"n": "[[ACCOUNT_1]]"}',
    ]


@pytest.mark.parametrize(
    "typed",
    [
        "[[NACHNAME_1]]",
        "[[nachname 1]]",
        r"\[\[NACHNAME\_1\]\]",
        "[NACHNAME_1]",
        "［［NACHNAME_1］］",
        "[[ＮＡＣＨＮＡＭＥ_１]]",
        "[[NACH\u200bNAME_1]]",
        "[[\u2060NACHNAME_1\u2060]]",
        "【【NACHNAME_1】】",
        "[[NАСHNАМЕ_1]]",  # Cyrillic letters
        "[[TEXT_1]]",
        "email_1@pseudonym.invalid",
    ],
)
def test_what_somebody_types_never_leaves_as_a_pseudonym(typed):
    """It leaves as one of its own, which leads back to the very characters that were typed."""
    veil = Veil()
    (text,) = masked(f"Frau Kurz: {typed}", veil=veil, found=[("Kurz", Kind.PERSON)])
    assert text == "Frau [[NACHNAME_1]]: [[TEXT_1]]"
    assert veil.values["TEXT_1"] == typed


def test_other_brackets_are_left_alone():
    """Links, lists and wiki words are no pseudonyms."""
    text = "[[Seite 1]] [x](y) a[1] [[1, 2], [3]] [[Straße 12]]"
    assert masked(text) == [text]


def test_a_mark_hides_everywhere_and_a_click_takes_a_guess_back():
    """Marked words are hidden, in the genitive, too; a guess stays if told so, what is certain does not."""
    veil = Veil()
    veil.correct("Projekt Adler", hide=True)
    veil.correct("Frosch", hide=False)
    veil.correct(IBAN, hide=False)
    text = f"Projekt Adlers Chef Frosch hat {IBAN}, projekt\nadler."
    examination = Examination(
        {text: (finding(text, "Frosch"), finding(text, IBAN, Kind.IBAN, certain=True))}
    )
    masking.learn(veil, [text], examination)
    one = Seen(text, Place.PROSE, text)
    (known,) = masking.known_in(veil, [text])
    edits = masking.edits(veil, one, examination.findings[text], known)
    assert masking.applied(veil, one, edits) == (
        "[[MARKED_1]]s Chef Frosch hat [[IBAN_1]], [[MARKED_1]]."
    )


def test_overlapping_findings_leave_nothing_open():
    """Of two findings that overlap, the longer is hidden whole, and of the other what is left."""
    text = "Anna Kurz-Lang, Weg 3"
    found = [("Anna Kurz-Lang", Kind.PERSON), ("Lang, Weg 3", Kind.ADDRESS)]
    assert masked(text, found=found) == ["[[VORNAME_1]] [[NACHNAME_1]][[ADDRESS_2]]"]


def test_json_keeps_its_shape():
    """Only the literals that are hidden change: order, blanks and doubled keys stay."""
    raw = '{ "b":1.50,  "a" : "Jutta M\\u00fcller" , "a":[true,null,"\\u0041"] }'
    (text,) = masked(raw, found=[("Jutta Müller", Kind.PERSON)])
    assert text == '{ "b":1.50,  "a" : "[[VORNAME_1]] [[NACHNAME_1]]" , "a":[true,null,"\\u0041"] }'


def test_a_name_of_a_tool_becomes_one_that_providers_take():
    """A tool that is called after a person leaves under letters and digits."""
    veil = Veil()
    masked("Frau Jutta Müller", veil=veil, found=[("Jutta Müller", Kind.PERSON)])
    one = Seen("mail_an_mueller", Place.NAME, "mail_an_mueller")
    (known,) = masking.known_in(veil, [one.text])
    assert masking.applied(veil, one, masking.edits(veil, one, (), known)) == "NAME_1"
    typed = Seen("NAME_1", Place.NAME, "NAME_1")
    assert masking.applied(veil, typed, masking.edits(veil, typed, (), ())) == "NAME_2"
