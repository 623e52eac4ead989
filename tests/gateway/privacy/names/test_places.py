# SPDX-License-Identifier: EUPL-1.2
"""Addresses and dates of birth in texts."""

import pytest


@pytest.mark.parametrize(
    "address",
    [
        "Lerchenweg 3",
        "Hauptstr. 12a",
        "Berliner Straße 12 a",
        "Konrad-Adenauer-Straße 3-5, 53113 Bonn",
        "Emil-von-Behring-Str. 4",
        "Straße des 17. Juni 135, 10623 Berlin",
        "Am Markt 3",
        "Unter den Linden 7",
        "An der Alten Mühle 12, 01067 Dresden",
        "Am Bach 12",
        "Auf dem Hügel 5b",
        "10115 Berlin",
        "D-53113 Bonn",
        "60311 Frankfurt am Main",
        "Postfach 12 34",
        "221B Baker Street",
    ],
)
def test_addresses_are_found_whole(values, address):
    """Street and number, postal code and town, and a post-office box, with what belongs to them."""
    assert values(f"Herr Meier, {address}\nwar da.", "address") == [address]


def test_a_street_without_a_number_counts_where_somebody_lives(values):
    """Behind a word for living, the street alone is an address; otherwise it is a place of the town."""
    assert values("Sie wohnt in der Lerchenfeldstraße.", "address") == ["Lerchenfeldstraße"]
    assert values("Die Lerchenfeldstraße wird gesperrt.", "address") == []


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Am Bach 12 ist niemand.", "Am Bach 12"),
        ("Das Haus an der Alten Mühle 3 steht leer.", "an der Alten Mühle 3"),
        ("ich wohne am bach 12", "am bach 12"),
    ],
)
def test_streets_with_a_preposition_are_found_in_sentences(values, text, address):
    """In the middle of a sentence and in small letters too, where nothing else can be meant."""
    assert values(text, "address") == [address]


@pytest.mark.parametrize(
    "text",
    [
        "Im Jahr 2024 kamen 12345 Besucher.",
        "Am Montag 3 Uhr im Zimmer 12.",
        "Rechnung 10115, Betrag 20000 Euro",
        "Auf Seite 3 im Abschnitt 4, Artikel 5.",
        "Am Tisch 4, links, auf dem Platz 12.",
    ],
)
def test_numbers_beside_words_are_no_addresses(values, text):
    """Years, rooms, pages and amounts stay."""
    assert values(text, "address") == []


@pytest.mark.parametrize(
    ("text", "born"),
    [
        ("Erika Mustermann, geb. 12.08.1964", ["12.08.1964"]),
        ("geboren am 12. August 1964 in Bonn", ["12. August 1964"]),
        ("Geburtsdatum: 1964-08-12", ["1964-08-12"]),
        ("Geburtsdatum\n12.8.64", ["12.8.64"]),
        ("Meier, Hans (* 12.08.1964)", ["12.08.1964"]),
        ("Er wurde am 12.03.2015 in Bonn geboren.", ["12.03.2015"]),
        ("born on 9 May 1944", ["9 May 1944"]),
        ("DOB: August 12, 1964", ["August 12, 1964"]),
        (
            "Name;Geburtsdatum;Ort\nMeier;12.03.1980;Bonn\nHuber;13.04.1981;Köln",
            ["12.03.1980", "13.04.1981"],
        ),
        ("Geburtsdatum,PLZ\n1964-08-12,10115", ["1964-08-12,10115"]),
        ("geb.: 1.2.1990, Kinder: Malik Meier (22.12.2019)", ["1.2.1990", "22.12.2019"]),
        ("Die Sitzung am 12.03.2024 fällt aus.", []),
        ("* 12.03.2024 Abgabe der Berichte\n* 13.03.2024 Sitzung", []),
        ("geb. 45.13.1964", []),
    ],
)
def test_dates_of_birth_need_a_word_that_says_so(values, text, born):
    """Dates count behind, before or under a word of birth; plain dates do not."""
    assert values(text, "birth_date") == born


def test_a_day_that_no_calendar_has_is_still_covered(finder):
    """A slip of the pen is personal all the same; it is only less certain."""
    (one,) = finder.find("geb. 31.02.1964")
    assert (one.kind, one.certain) == ("birth_date", False)
