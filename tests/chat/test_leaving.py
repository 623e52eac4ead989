# SPDX-License-Identifier: EUPL-1.2
"""Words on their way out of the house: what the rule asks, what is hidden, what an answer says of it."""

import asyncio

import pytest
from talking import ANNA

from hausgeist.chat import Leaving, Question
from hausgeist.chat.leaving import place
from hausgeist.chat.temporary import Passed, Temporary
from hausgeist.core.calls import Correction
from hausgeist.core.events import Flagged
from hausgeist.core.findings import Examination, Finding, Kind
from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.policy import Verdict
from hausgeist.errors import BorderAsks, BorderRefused, NotFound
from hausgeist.gateway.privacy.veils import Veils
from hausgeist.testing.echo import EchoProvider, echo_card

LETTER = "Sehr geehrte Frau Brandhuber, die IBAN ist DE89 3704 0044 0532 0130 00. Nachtfalter."
YES = Leaving(agreed=frozenset({place("fern", Zone.WORLD, "internal")}))


@pytest.fixture
def out(talk, store):
    """The chat with a provider in Europe, one far away, and pseudonyms."""
    eu, far = EchoProvider(name="nord"), EchoProvider(name="fern")
    card = echo_card("nord", provider="nord", zone=Zone.EU, cleared_for=DataClass.PERSONAL)
    talk.directory.put("nord", eu, [card])
    card = echo_card("fern", provider="fern", zone=Zone.WORLD, cleared_for=DataClass.INTERNAL)
    talk.directory.put("fern", far, [card])
    talk.gateway.veils = Veils(store, b"k" * 32, lambda: 1)
    talk.eu, talk.far = eu, far
    return talk


def question(text=LETTER, model="nord", **more):
    return Question(text=text, models=(model,), data_class=DataClass.INTERNAL, **more)


async def answered(talk, asked):
    """Ask, and wait for the answer's end."""
    turn = (await talk.chat.ask(ANNA, asked))[0]
    await turn.wait()
    return turn


def test_a_call_names_its_conversation_and_what_was_said_of_passages(out):
    """Pseudonyms are one per conversation, so the call says which one it is."""

    async def work():
        marks = Leaving((Correction("Nachtfalter", hide=True),))
        return await answered(out, question(leaving=marks))

    turn = asyncio.run(work())
    call = out.eu.calls[-1]
    assert call.conversation == turn.conversation_id
    sent = "\n".join(message.text for message in call.messages)
    assert not any(word in sent for word in ("Brandhuber", "DE89", "Nachtfalter"))
    assert turn.said.text == LETTER
    assert dict(turn.said.about["hidden"]) == {"iban": 1, "marked": 1, "person": 1}


def test_the_rule_asks_before_anything_is_stored(out):
    """Without a yes there is no conversation and no call; the error says where it would go."""

    async def work():
        with pytest.raises(BorderAsks) as caught:
            await out.chat.ask(ANNA, question("wie lange dauert das?", "fern"))
        return caught.value

    error = asyncio.run(work())
    assert error.values["provider"] == "fern"
    assert error.values["zone"] == "world"
    assert out.far.calls == []


def test_a_yes_holds_for_this_place_and_this_class(out):
    """Whoever agreed to something internal has not agreed to another provider, nor for another class."""

    async def work():
        for other in (place("fern", Zone.WORLD, "public"), place("nah", Zone.WORLD, "internal")):
            leaving = Leaving(agreed=frozenset({other}))
            with pytest.raises(BorderAsks):
                await out.chat.ask(ANNA, question("wie lange dauert das?", "fern", leaving=leaving))
        return await answered(out, question("wie lange dauert das?", "fern", leaving=YES))

    turn = asyncio.run(work())
    assert turn.said.state == "done"
    assert turn.said.about["agreed"] is True


def test_another_answer_asks_again(out):
    """A yes to one question is no yes to the next answer."""

    async def work():
        turn = await answered(out, question("wie lange dauert das?", "fern", leaving=YES))
        at = (ANNA, turn.conversation_id, turn.id)
        with pytest.raises(BorderAsks):
            await out.chat.again(*at, model="fern", data_class=DataClass.INTERNAL)
        once_more = await out.chat.again(
            *at, model="fern", data_class=DataClass.INTERNAL, leaving=YES
        )
        await once_more.wait()

    asyncio.run(work())
    assert len(out.far.calls) == 2


def test_a_preview_shows_what_would_leave_and_stores_nothing(out):
    """Hidden passages with what stands behind them; no conversation, no call."""

    async def work():
        (seen,) = await out.chat.preview(ANNA, question())
        with pytest.raises(NotFound):
            await out.chat.preview(ANNA, question(conversation_id="0" * 32))
        return seen

    seen = asyncio.run(work())
    assert seen.preview.decision.verdict is Verdict.PSEUDONYMISE
    (masked,) = seen.preview.hidden
    assert masked.text == LETTER
    assert [span.value for span in masked.spans] == ["Brandhuber", "DE89 3704 0044 0532 0130 00"]
    assert out.eu.calls == []


def test_a_preview_beside_the_house_says_what_stays(out):
    """Of several models, each is told for itself."""

    async def work():
        asked = Question(text=LETTER, models=("echo", "nord"), data_class=DataClass.INTERNAL)
        return await out.chat.preview(ANNA, asked)

    verdicts = [seen.preview.decision.verdict for seen in asyncio.run(work())]
    assert verdicts == [Verdict.ALLOW, Verdict.PSEUDONYMISE]


def test_a_guards_notice_is_kept_with_the_answer(out):
    """Rule, reason and place, once; pseudonyms that stay in the answer are counted."""

    class Noticed(EchoProvider):
        async def stream(self, call, card):
            flag = Flagged("house.tone", "Look again.", "input")
            yield [flag, flag, Flagged("pseudonyms.unknown", "pseudonyms.unknown", "output")]
            async for burst in super().stream(call, card):
                yield burst

    out.directory.put("noticed", Noticed(), [echo_card("noticed", provider="noticed")])

    async def work():
        return await out.answered("Und?", model="noticed")

    about = asyncio.run(work()).said.about
    assert about["flags"] == [{"rule": "house.tone", "reason": "Look again.", "place": "input"}]
    assert about["unassigned"] == 1


def test_a_temporary_chat_asks_and_hides_too(out):
    """The same rule, the same look; nothing is kept."""

    async def work():
        temporary = Temporary(out.gateway, lambda: 1, lambda _model: True)
        said = [Passed("user", LETTER)]
        how = {"model": "nord", "data_class": DataClass.INTERNAL}
        seen = await temporary.preview(ANNA, said, **how)
        turn = await temporary.begin(ANNA, said, **how)
        await turn.wait()
        with pytest.raises(BorderAsks):
            await temporary.begin(
                ANNA,
                [Passed("user", "wie lange dauert das?")],
                model="fern",
                data_class=DataClass.INTERNAL,
            )
        return seen, turn

    seen, turn = asyncio.run(work())
    assert len(seen.preview.hidden[0].spans) == 2
    assert turn.said.text == LETTER
    assert out.eu.calls[-1].conversation is None


def test_a_mistake_of_the_detectors_can_be_put_right(out):
    """Who says that a guess is no name lowers the class; of what is certain nobody can say so."""
    text = "Wartburg liegt in Eisenach."
    guess = Finding(0, 8, Kind.PERSON, "test", score=0.5)

    class Guessing:
        async def examine(self, texts):
            return Examination({one: (guess,) if one == text else () for one in texts})

    out.gateway.border.examiner = Guessing()
    said = Leaving((Correction("Wartburg", hide=False),), YES.agreed)

    async def work():
        with pytest.raises(BorderRefused) as caught:
            await out.chat.ask(ANNA, question(text, "fern", leaving=YES))
        (seen,) = await out.chat.preview(ANNA, question(text, "fern"))
        await answered(out, question(text, "fern", leaving=said))
        return caught.value, seen

    error, seen = asyncio.run(work())
    assert error.values["examined"] is True
    assert [span.value for span in seen.preview.hidden[0].spans] == ["Wartburg"]
    assert len(out.far.calls) == 1
