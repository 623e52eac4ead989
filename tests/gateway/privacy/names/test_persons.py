# SPDX-License-Identifier: EUPL-1.2
"""Persons in texts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hausgeist.gateway.privacy.names import spread


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("Sehr geehrte Frau Dr. Mustermann,\nvielen Dank.", "Mustermann"),
        ("Sehr geehrter Herr Prof. Dr. von der Heide,", "von der Heide"),
        ("Wir haben Herrn Okonjo-Weber informiert.", "Okonjo-Weber"),
        ("hallo herr müller, das wasser läuft", "müller"),
        ("Hallo Sabine,\nkommst du?", "Sabine"),
        ("Dear Mr Smith,\nthank you", "Smith"),
        ("Antragsteller: Xaver Quaxi, Zimmer 12", "Xaver Quaxi"),
        ("Vor Ort war niemand.\nMit freundlichen Grüßen\ni. A. Schulze", "Schulze"),
        ("Bis bald\n\nMit freundlichen Grüßen\nIm Auftrag\n\nErika Mustermann", "Erika Mustermann"),
        ("Der Zeuge Mustermann schwieg.", "Mustermann"),
        ("Erika Mustermann geb. Gabler war anwesend.", "Gabler"),
        ("MUSTERMANN, ERIKA, ist verzogen.", "MUSTERMANN, ERIKA"),
        ("Sie heißt jetzt Mustermann.", "Mustermann"),
        ("Guten Tag, mein Name ist Wukaschek.", "Wukaschek"),
        ("Hello, my name is Wukaschek.", "Wukaschek"),
        ("Tel. Frau Quaxi 14 Uhr", "Quaxi"),
        ("Bis dann!\nGrüße, Jana", "Jana"),
        ("Ruf bitte Mehmet an", "Mehmet"),
        ("Von: Quaxi, Xaver\nAn: Poststelle", "Quaxi, Xaver"),
    ],
)
def test_persons_are_found_by_what_stands_beside_them(values, text, person):
    """Salutations, labels, closing lines and roles show where a name is; titles stay outside."""
    assert person in values(text)


@pytest.mark.parametrize(
    "text",
    [
        "Sehr geehrte Damen und Herren,",
        "Liebe Kolleginnen und Kollegen,",
        "Mit freundlichen Grüßen\nIhre Stadtverwaltung",
        "Der Antrag auf Wohngeld ist vollständig. Bitte reichen Sie die Meldebescheinigung nach.",
        "Von: Poststelle\nAn: Hauptamt\nBetreff: Haushalt",
        "eins zwei drei",
        "hello dear world",
        "Hallo Welt",
        "bitte blau streichen",
        "wie wird das wetter morgen in köln",
        "Schreib mir eine Absage für Bewerber.",
        "Seniorenstift Abendruh sucht Pflegekräfte",
        "def summe(werte):\n    return sum(werte)",
        "- 2 Möhren\n- 1 Liter Brühe\n- Salz und Zucker",
        "TOP 1 Haushalt\nTOP 2 Verschiedenes",
        "Der Sommer war trocken, im Winter fror es.",
    ],
)
def test_what_names_nobody_stays(values, text):
    """Forms of address without a name, offices and nouns are left alone."""
    assert values(text) == []


def test_a_person_is_found_wherever_they_come_up_again(values):
    """The bare surname, an initial, capitals, ae for ä and the genitive are mentions of the same person."""
    text = (
        "Antragstellerin: Erika Küfermann\n\nKÜFERMANN legte Belege vor. Kuefermann zahlt nicht, sagt"
        " E. Küfermann. Küfermanns Akte und der Küfermann-Vorgang liegen vor."
    )
    found = values(text)
    assert found[0] == "Erika Küfermann"
    assert {"KÜFERMANN", "Kuefermann", "E. Küfermann"} <= set(found)
    assert found.count("Küfermann") == 2


def test_an_address_of_mail_gives_a_name(values):
    """Whom the local part names is found in the text."""
    assert "Zwetschgenbaum" in values(
        "An: erika.zwetschgenbaum@stadt.example\n\nLaut Zwetschgenbaum fehlt nichts."
    )


@pytest.mark.parametrize(
    ("persons", "text", "found"),
    [
        (["Erika Mustermann"], "Frau Mustermann und Erika", ["Mustermann", "Erika"]),
        (["Erika Mustermann"], "Erika Mustermann", ["Erika Mustermann"]),
        (["Mustermann, Erika"], "ERIKA MUSTERMANN", ["ERIKA MUSTERMANN"]),
        (["Jörg Weiß"], "Joerg Weiss, JÖRG WEISS", ["Joerg Weiss", "JÖRG WEISS"]),
        (["Anna Müller-Lüdenscheid"], "Frau Lüdenscheid", ["Lüdenscheid"]),
        (["Eva Sommer"], "Im Sommer kam Sommer.", ["Sommer"]),
        (["Eva Sommer"], "Sommers Antrag", ["Sommer"]),
        (["Eva Sommer"], "Sommerferien, Wintersommer", []),
        (["Karl von Ort"], "von Ort zu Ort", ["von Ort", "Ort"]),
        ([], "Erika Mustermann", []),
    ],
)
def test_known_persons_are_found_in_another_text(persons, text, found):
    """Later mentions are found without the model; the genitive's s and the rest of a compound stay."""
    assert [text[one.start : one.end] for one in spread(persons, text)] == found


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            "Frau Herr Erika Mustermann Mustermanns E. Dr. , . \n : geb. 12.8.1964 Am Markt 3 10115 Berlin"
            " Straße ( ) - von der i. A. Name heißt * und Müller-Antrag er@x.de Postfach".split(" ")
        )
    )
)
def test_findings_are_in_order_and_apart(finder, pieces):
    """Whatever the text, findings lie within it, in order, and do not overlap."""
    text = " ".join(pieces)
    end = 0
    for one in finder.find(text):
        assert end <= one.start < one.end <= len(text)
        assert 0 < one.score <= 1
        end = one.end


def test_only_an_anchor_makes_certain(finder):
    """What the model alone believes can be taken back with a click; what a salutation says cannot."""
    text = "Frau Mustermann kommt. Gestern war Kasimira Zwetschge da."
    assert {one.certain for one in finder.find(text) if one.start < 20} == {True}
    assert not any(one.certain for one in finder.find(text) if one.start > 20)
