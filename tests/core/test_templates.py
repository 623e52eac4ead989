# SPDX-License-Identifier: EUPL-1.2
"""Prompts found by what stays the same: the same one with other texts is one, different ones are two."""

import string

from hypothesis import given
from hypothesis import strategies as st

from hausgeist.core.calls import Call
from hausgeist.core.labels import Purpose
from hausgeist.core.messages import Message, Text, Tool, text_message
from hausgeist.core.people import Principal, Role
from hausgeist.core.templates import LONERS, Frame, kinship, place, spoken

SORT = "Ordne die Zuschrift genau einer Abteilung zu: Bau, Verkehr, Kita.\n\nZuschrift:\n"
SHORTEN = "Fasse den folgenden Vermerk in einem Satz zusammen.\n\nVermerk:\n"
END = "\n\nAntworte nur mit dem Namen der Abteilung."
WHO = Principal(id="anna", name="Anna", role=Role.MEMBER)

words = st.text(string.ascii_letters + "äöüß0123456789", min_size=1, max_size=12)
texts = st.lists(words, min_size=1, max_size=30).map(" ".join)


def sorted_in(messages, *, beside=False):
    """The frames that messages come to, one after the other, and which frame each message has."""
    frames: list[Frame] = []
    for said in messages:
        placed = place(frames, said, beside=beside)
        if placed.index is None:
            frames.append(placed.frame)
        else:
            frames[placed.index] = placed.frame
            for at in sorted(placed.absorbed, reverse=True):
                del frames[at]
    return frames


@given(st.lists(texts, min_size=2, max_size=12, unique=True))
def test_one_prompt_with_different_texts_is_one(inputs):
    """Whatever stands in the gap, there is one frame, and every text comes out of it."""
    frames = sorted_in([SORT + one + END for one in inputs])
    assert len(frames) == 1
    assert all(frames[0].holds(SORT + one + END) for one in inputs)
    assert SORT.startswith(frames[0].prefix[: len(SORT)])


@given(st.lists(st.tuples(st.booleans(), texts), min_size=4, max_size=20, unique=True))
def test_different_prompts_are_two(calls):
    """Two prompts in any order stay apart, though each comes with every text."""
    calls = [(True, "eins"), (False, "zwei"), *calls]
    frames = sorted_in([(SORT if sort else SHORTEN) + text for sort, text in calls])
    assert len(frames) == 2
    for sort, text in calls:
        held = [one.holds((SORT if sort else SHORTEN) + text) for one in frames]
        assert sum(held) == 1, (sort, text)


def test_with_instructions_before_it_the_message_is_the_text():
    """After the same system text, unlike messages are one prompt whose gap is all of the message."""
    letters = [f"{word} ist seit {n} Tagen kaputt." for n, word in enumerate("abcdefgh")]
    frames = sorted_in(letters, beside=True)
    assert len(frames) == 1
    assert frames[0].gap(letters[0]) == letters[0].strip() or frames[0].suffix


def test_a_general_system_text_does_not_hide_the_prompts_behind_it():
    """Instructions in the message keep two prompts apart, also behind the same system text."""
    messages = [(SORT, SHORTEN)[n % 2] + f"Nummer {n * 7919}" + END for n in range(3 * LONERS)]
    assert len(sorted_in(messages, beside=True)) == 2


def test_a_salutation_in_common_makes_no_prompt():
    """Letters that begin alike are not taken for a prompt of their own beside instructions."""
    letters = [f"Sehr geehrte Damen und Herren, {word * 9}" for word in "abcdefgh"]
    others = [f"{word * 5} Hallo" for word in "ijklmn"]
    assert len(sorted_in([*others, *letters], beside=True)) == 1


def test_frames_end_between_words():
    """Letters that texts have in common by chance stay in the text."""
    frames = sorted_in([SORT + "Laterne" + END, SORT + "Lampe" + END])
    assert frames[0].gap(SORT + "Laub" + END) == "Laub"


@given(st.tuples(words, words, words), st.tuples(words, words, words))
def test_kinship_tells_system_model_and_form_apart(one, other):
    """Equal facts are kin, others are not, however they are cut."""
    assert (kinship(*one, b"k") == kinship(*other, b"k")) is (one == other)
    assert kinship(*one, b"k") != kinship(*one, b"other key")


def test_only_a_single_question_of_a_program_counts():
    """A conversation, tools and other purposes are no prompt."""

    def call(*messages, **more):
        return Call(
            id="c", principal=WHO, model="m", **{"purpose": Purpose.API} | more, messages=messages
        )

    system, user = text_message("system", "s"), text_message("user", "u")
    assert spoken(call(system, user)) == ("s", "u")
    assert spoken(call(user)) == ("", "u")
    said = Message("assistant", (Text("a"),))
    assert spoken(call(user, said, user)) is None
    assert spoken(call(user, said)) is None
    assert spoken(call(system, user, purpose=Purpose.CHAT)) is None
    assert spoken(call(system, user, tools=(Tool("t", "", "{}"),))) is None
