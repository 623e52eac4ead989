# SPDX-License-Identifier: EUPL-1.2
"""Real words come back into a streamed answer, however it is cut, and nowhere they must not stand."""

import json
import sys
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hausgeist.core.events import Delta, Finished, Flagged, TokenLogprob, ToolCalled
from hausgeist.core.messages import Usage
from hausgeist.gateway.privacy import tokens
from hausgeist.gateway.privacy.restore import KEPT, UNKNOWN, Restorer

VALUES = {
    "VORNAME_1": "Erika",
    "NACHNAME_1": "Müller",
    "VORNAME_2": "Hans",
    "NACHNAME_2": "Fuchs",
    "NACHNAME_12": "Strauß",
    "PERSON_3": "Marx",
    "IBAN_1": "DE89 3704 0044 0532 0130 00",
    "EMAIL_1": "erika@muster.de",
    "ADDRESS_1": 'Haus "Am Tor"\nHof 3',
    "BIRTH_DATE_1": "3. April 1980",
    "TEXT_1": "[[IBAN_1]]",
    "NAME_1": "send_to_mueller",
}
END = Finished("stop", Usage(1, 1))


def restored(*pieces, language="de", **more):
    """The text of an answer that comes in these pieces, and its flags."""
    restorer = Restorer(VALUES, language, **more)
    events = [event for piece in pieces for event in restorer.pass_on([Delta(piece)])]
    events += restorer.pass_on([END])
    assert events[-1] == END
    text = "".join(event.text for event in events if isinstance(event, Delta))
    return text, [event.rule for event in events if isinstance(event, Flagged)]


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        ("Frau [[NACHNAME_1]] kommt", "Frau Müller kommt"),
        ("Liebe [[VORNAME_1]],", "Liebe Erika,"),
        ("[[NACHNAME_1]]s Antrag", "Müllers Antrag"),
        ("[[NACHNAME_1]]'s Antrag", "Müllers Antrag"),
        ("[[VORNAME_2]]s und [[NACHNAME_2]]’s", "Hans’ und Fuchs’"),
        ("[[NACHNAME_12]]s, [[PERSON_3]]s", "Strauß’, Marx’"),
        ("[[NACHNAME_1]]sche Lösung", "Müllersche Lösung"),
        ("[[NACHNAME_1]]-Antrag", "Müller-Antrag"),
        ("geb. [[BIRTH_DATE_1]]s", "geb. 3. April 1980s"),
        ("[[nachname_1]] [[Nachname_1]]", "Müller Müller"),
        ("[[NACHNAME1]] [[NACHNAME 1]] [[NACHNAME-1]]", "Müller Müller Müller"),
        ("[[ NACHNAME_1 ]] [ [NACHNAME_1] ]", "Müller Müller"),
        (r"\[\[NACHNAME\_1\]\] [[BIRTH\_DATE\_1]]", "Müller 3. April 1980"),
        ("**[[NACHNAME_1]]** [[**NACHNAME_1**]]", "**Müller** Müller"),
        ("[NACHNAME_1] da", "Müller da"),
        ("[[[IBAN_1]]]", "[DE89 3704 0044 0532 0130 00]"),
        ("[[NACHNAME_01]]", "Müller"),
        ("Zeichen [[TEXT_1]]", "Zeichen [[IBAN_1]]"),
    ],
)
def test_what_stands_for_a_person_is_the_person_again(answer, read):
    """In all the forms in which models write it, with the genitive that German wants."""
    assert restored(answer) == (read, [])
    assert restored(*answer) == (read, [])


def test_english_keeps_its_genitive():
    """In an English answer an apostrophe stays where it is."""
    assert (
        restored("[[NACHNAME_1]]'s and [[VORNAME_2]]'s", language="en")[0] == "Müller's and Hans's"
    )


@pytest.mark.parametrize(
    "answer",
    [
        "![x](https://elsewhere.example/?q=[[IBAN_1]])",
        "![x](/p?q=[[IBAN_1]])",
        "[Link](<//elsewhere.example/ [[IBAN_1]]>)",
        "[Link]( <//elsewhere.example/ [[IBAN_1]]>)",
        "[Link](https://e.example/(a)[[IBAN_1]])",
        r"[Link](https://e.example/\)[[IBAN_1]])",
        "https://elsewhere.example/[[IBAN_1]]/x",
        "<https://elsewhere.example/?[[IBAN_1]]>",
        "https://[[IBAN_1]].elsewhere.example/",
        "www.elsewhere.example/[[IBAN_1]]",
        "elsewhere.example/?q=[[IBAN_1]]",
        "\\\\elsewhere.example\\share\\x[[IBAN_1]]",
        '<img src="//elsewhere.example/[[IBAN_1]]">',
        "<img alt='>' src='/x?[[IBAN_1]]'>",
        '<a\nhref="x [[IBAN_1]]">',
        "[1]: https://elsewhere.example/[[IBAN_1]]",
        "[1]: //elsewhere.example/[[IBAN_1]]",
        "[1]:\n <//elsewhere.example/ [[IBAN_1]]>",
        "a//b://[[IBAN_1]]",
        "https://e.example/?a=[[NACHNAME_1]]&b=[[IBAN_1]]",
    ],
)
def test_no_address_carries_out_what_was_hidden(answer):
    """A picture, a link or a tag that a model was talked into holds the pseudonym, not the number."""
    for pieces in ([answer], list(answer), [answer[:9], answer[9:]]):
        text, flags = restored("Gern:\n\n", *pieces)
        assert text == "Gern:\n\n" + answer
        assert set(flags) == {KEPT}


def test_a_long_way_before_a_pseudonym_does_not_open_the_address():
    """An address of many thousand characters is one to its end, and what follows is none."""
    for start in ('<img src="', "[x](<", "https://e.example/"):
        fill = "a" * 20_000
        text, flags = restored(start + fill, "[[IBAN_1]]", '">)\n\nund [[IBAN_1]]')
        assert fill + "[[IBAN_1]]" in text
        assert text.endswith("und DE89 3704 0044 0532 0130 00")
        assert flags == [KEPT]


@pytest.mark.parametrize(
    "answer",
    [
        "[Müller](https://e.example/) [[NACHNAME_1]]",
        "siehe https://e.example/ und [[NACHNAME_1]]",
        "<b>fett</b> [[NACHNAME_1]]",
        "[1]: https://e.example/\n\n[[NACHNAME_1]]",
        "1 < 2 und [[NACHNAME_1]]",
        "<[[EMAIL_1]]>",
        "Preise/Kosten: [[NACHNAME_1]]",
        "[[[NACHNAME_1]]](https://e.example/)",
    ],
)
def test_beside_an_address_real_words_stand(answer):
    """What is no part of an address or a tag is restored."""
    text, flags = restored(answer)
    assert "_1" not in text
    assert flags == []


def test_an_unknown_pseudonym_passes_and_is_counted():
    """What was never given stays as it is, with a flag at its place."""
    restorer = Restorer(VALUES)
    events = restorer.pass_on([Delta("Herr [[NACHNAME_7]] und [[FOO_1]]."), END])
    text = "".join(event.text for event in events if isinstance(event, Delta))
    assert text == "Herr [[NACHNAME_7]] und [[FOO_1]]."
    (flag,) = [event for event in events if isinstance(event, Flagged)]
    assert (flag.rule, text[flag.start : flag.end]) == (UNKNOWN, "[[NACHNAME_7]]")


WORDS = st.sampled_from(
    [
        *(f"[[{key}]]" for key in VALUES),
        *"[[NACHNAME_9]] [ [[ ]] \\ \\[\\[IBAN\\_1\\]\\] [IBAN_1] [x](http://e.de/ ) s 's ’ ’s * _".split(),
        "[[IBAN_1](",
        "[[VORNAME_",
        "[[nachname 2]]",
        "<b ",
        ">",
        " ",
        "\n\n",
        "Wort",
        "email_1@pseudonym.invalid",
        "E-Mail",
        "e",
    ]
)
ANSWERS = st.lists(WORDS, max_size=12).map("".join)


def cut(text, cuts):
    edges = sorted({0, len(text), *(one % (len(text) + 1) for one in cuts)})
    return [text[a:b] for a, b in pairwise(edges)]


@settings(max_examples=400, deadline=None)
@given(ANSWERS, st.lists(st.integers(0, 400), max_size=12), st.sampled_from("de en".split()))
def test_no_cut_changes_an_answer(answer, cuts, language):
    """Whole, in pieces or letter by letter: the same words."""
    whole = restored(answer, language=language)
    assert restored(*cut(answer, cuts), language=language) == whole
    assert restored(*answer, language=language) == whole
    assert restored(answer, language=language, mail=True) == restored(
        *answer, language=language, mail=True
    )


@settings(max_examples=200, deadline=None)
@given(
    ANSWERS, st.lists(st.integers(0, 400), max_size=12), st.lists(st.integers(1, 4), max_size=12)
)
def test_frames_that_arrive_together_are_read_as_those_that_do_not(answer, cuts, sizes):
    """However an upstream bundles its frames, words, thoughts and their order are the same."""
    frames = []
    for place, piece in enumerate(cut(answer, cuts)):
        frames.append(Delta(reasoning=piece) if place % 5 == 4 else Delta(piece))
    frames.append(END)

    def read(bundles):
        restorer = Restorer(VALUES)
        events = [event for bundle in bundles for event in restorer.pass_on(bundle)]
        assert events[-1] == END
        said = [event for event in events if isinstance(event, Delta)]
        return "".join(one.text for one in said), "".join(one.reasoning for one in said)

    bundles, at = [], 0
    for size in sizes:
        bundles.append(frames[at : at + size])
        at += size
    bundles.append(frames[at:])
    assert read([bundle for bundle in bundles if bundle]) == read([[frame] for frame in frames])


@settings(max_examples=200, deadline=None)
@given(ANSWERS)
def test_nothing_is_held_longer_than_the_longest_pseudonym(answer):
    """At every letter, all but the last few have gone on; at the end, all."""
    plain = {}
    restorer = Restorer(plain)
    gone = 0
    for place, letter in enumerate(answer, start=1):
        events = restorer.pass_on([Delta(letter)])
        gone += sum(len(event.text) for event in events if isinstance(event, Delta))
        assert place - gone <= tokens.LONGEST + 3
    rest = [event for event in restorer.pass_on([END]) if isinstance(event, Delta)]
    assert gone + sum(len(event.text) for event in rest) == len(answer)


JSON_TEXTS = st.lists(WORDS | st.sampled_from(['"', "\t", "ü", "/"]), max_size=8).map("".join)


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(st.sampled_from("abc"), JSON_TEXTS | st.lists(JSON_TEXTS, max_size=2)),
    st.lists(st.integers(0, 400), max_size=12),
    st.booleans(),
)
def test_arguments_stay_json(arguments, cuts, ascii_only):
    """Restored arguments of a tool are the JSON of the restored strings, however they are cut."""
    text = json.dumps(arguments, ensure_ascii=ascii_only)

    def said(*pieces):
        restorer = Restorer(VALUES)
        events = restorer.pass_on([ToolCalled(0, "call_1", "f", "")])
        for piece in pieces:
            events += restorer.pass_on([ToolCalled(0, arguments=piece)])
        events += restorer.pass_on([END])
        return "".join(event.arguments for event in events if isinstance(event, ToolCalled))

    whole = said(text)
    assert said(*cut(text, cuts)) == whole
    assert said(*text) == whole
    json.loads(whole)


def test_arguments_get_real_words_escaped_and_addresses_in_them_do_not():
    """Quotes and line breaks of a value are escaped; an address in an argument holds the pseudonym."""
    restorer = Restorer(VALUES)
    arguments = {
        "to": "[[EMAIL_1]]",
        "where": "[[ADDRESS_1]]",
        "url": "https://e.example/?q=[[IBAN_1]]",
        "text": "siehe https://e.example/\n[[NACHNAME_1]]",
        "[[VORNAME_1]]": [["[[IBAN_1]]"]],
    }
    asked = ToolCalled(0, "call_[[IBAN_1]]", "NAME_1", json.dumps(arguments))
    called, flag, end = restorer.pass_on([asked, END])
    assert (flag.rule, end) == (KEPT, END)
    assert (called.id, called.name) == ("call_[[IBAN_1]]", "send_to_mueller")
    assert json.loads(called.arguments) == {
        "to": "erika@muster.de",
        "where": 'Haus "Am Tor"\nHof 3',
        "url": "https://e.example/?q=[[IBAN_1]]",
        "text": "siehe https://e.example/\nMüller",
        "Erika": [["DE89 3704 0044 0532 0130 00"]],
    }


def test_an_escaped_slash_still_makes_an_address():
    """JSON may put a backslash before a slash, or write its number."""
    for arguments in (
        r'{"u":"https:\/\/e.example\/[[IBAN_1]]"}',
        r'{"u":"https:\u002f\u002fe.example/[[IBAN_1]]"}',
        r'{"u":"https://e.example/\\n[[IBAN_1]]"}',
    ):
        restorer = Restorer(VALUES)
        events = restorer.pass_on([ToolCalled(0, "c", "f", arguments), END])
        said = "".join(event.arguments for event in events if isinstance(event, ToolCalled))
        assert said == arguments


def test_an_address_where_a_schema_wants_one():
    """The form that passes a check for e-mail addresses leads back to the address."""
    text = "An email_1@pseudonym.invalid, nicht https://e.de/?email_1@pseudonym.invalid"
    assert restored(*text, mail=True)[0] == (
        "An erika@muster.de, nicht https://e.de/?email_1@pseudonym.invalid"
    )
    assert restored(text)[0] == text


def test_the_order_of_an_answer_stays():
    """Thoughts, words and calls come in their order, and nothing held back is overtaken."""
    restorer = Restorer(VALUES)
    events = []
    for event in (
        Delta(reasoning="denke an [[NACHNAME_1"),
        Delta(reasoning="]]"),
        Delta(signature="seal"),
        Delta("Frau [[NACHNAME_1]]"),
        ToolCalled(0, "c0", "f", '{"a":"[[IBAN'),
        ToolCalled(1, "c1", "g", '{"b":"[[VORNAME_1]]"}'),
        ToolCalled(0, arguments='_1]]"}'),
        Delta(" [["),
        END,
    ):
        events += restorer.pass_on([event])
    assert events == [
        Delta(reasoning="denke an "),
        Delta("", "Müller", (), "seal"),
        Delta("Frau "),
        Delta("Müller"),
        ToolCalled(0, "c0", "f", '{"a":"'),
        ToolCalled(1, "c1", "g", '{"b":"Erika"}'),
        ToolCalled(0, arguments='DE89 3704 0044 0532 0130 00"}'),
        Delta(" "),
        Delta("[["),
        END,
    ]


def test_log_probabilities_are_dropped_and_the_stop_is_restored():
    """Tokens of hidden text tell what the reader never sees; a stop sequence is what the caller gave."""
    restorer = Restorer(VALUES)
    event = Delta("[[IBAN_1]]", logprobs=(TokenLogprob("[[", -0.1),))
    stop = Finished("stop", Usage(1, 1), "[[VORNAME_1]]")
    assert restorer.pass_on([event, stop]) == [
        Delta("DE89 3704 0044 0532 0130 00"),
        Finished("stop", Usage(1, 1), "Erika"),
    ]


def test_an_answer_that_breaks_off_gives_what_it_held():
    """Half a pseudonym at the end of a broken answer is told as it came, a whole one as what it means."""
    restorer = Restorer(VALUES)
    restorer.pass_on([Delta("Frau [[NACHNAME_1]]")])
    assert restorer.flush() == [Delta("Müller")]
    restorer.pass_on([Delta("x [[NACHN")])
    assert restorer.flush() == [Delta("[[NACHN")]


@settings(max_examples=300, deadline=None)
@given(ANSWERS)
def test_whatever_would_be_restored_is_known_as_typed(answer):
    """Every form that is read as a pseudonym in an answer is recognised when a person types it."""
    places = [range(*span) for span in tokens.typed_in(answer)]
    for match in tokens.TOKEN.finditer(answer):
        if tokens.key_of(match) is not None:
            assert any(match.start("number") in place for place in places)


@pytest.mark.parametrize(
    "bit", ["[", "\\[", "[[IBAN_1] ", "[[a b ", "<a ", "http://", "[x](", "[[IBAN_1]] "]
)
def test_the_work_grows_as_the_text_does(bit):
    """Ten times the text takes about ten times the steps, whatever stands in it."""

    def steps(count):
        text = bit * count
        made = 0

        def count_step(*_):
            nonlocal made
            made += 1

        sys.setprofile(count_step)
        try:
            restored(text)
            list(tokens.typed_in(text))
        finally:
            sys.setprofile(None)
        return made

    assert steps(20_000) <= 15 * steps(2000)
