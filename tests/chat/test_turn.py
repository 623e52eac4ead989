# SPDX-License-Identifier: EUPL-1.2
"""Turns: run on the server, are stored while they come, replayed, stopped, asked again."""

import asyncio

import pytest
from talking import ANNA, followed, heard, kept

from hausgeist.chat import Stored, Thought, Waiting, recall
from hausgeist.core.labels import DataClass
from hausgeist.core.messages import Reasoning, Text
from hausgeist.errors import BorderRefused, ContextOverflow, ModelLoading, TooMany, Upstream
from hausgeist.render import Closed, Tail, render_blocks
from hausgeist.store.chats import Said

MARKDOWN = "# Titel\n\nEin *Wort* und\n\n```python\nx = 1\n```\n\n- a\n- b\n\nEnde"


def html_of(events):
    return "".join(one.event.html for one in events if isinstance(one.event, Closed))


def test_an_answer_is_streamed_and_stored(talk):
    """A question and its answer are in the database when the turn is over, with what it took."""

    async def work():
        turn = await talk.ask("eins zwei drei")
        events, ended = await followed(turn.replay.follow(0))
        opened = await talk.chat.open(ANNA, turn.conversation_id)
        return events, ended, opened

    events, ended, opened = asyncio.run(work())
    question, answer = opened.branch
    assert (question.role, question.text) == ("user", "eins zwei drei")
    assert (answer.state, answer.text, answer.parent_id) == ("done", "eins zwei drei", question.id)
    assert answer == ended
    assert (answer.model, answer.zone, answer.data_class) == ("echo", "house", "internal")
    assert (answer.input_tokens, answer.output_tokens, answer.finish) == (3, 3, "stop")
    assert opened.conversation.title == "eins zwei drei"
    assert [one.number for one in events] == sorted({one.number for one in events})


def test_the_streamed_blocks_are_those_of_the_stored_text(talk):
    """Blocks that were watched equal the blocks rendered from the database, byte for byte."""
    talk.echo.answer = MARKDOWN

    async def work():
        turn = await talk.ask()
        return await followed(turn.replay.follow(0))

    events, ended = asyncio.run(work())
    assert html_of(events) == "".join(render_blocks(ended.text, "de"))
    assert ended.text == MARKDOWN


def test_nobody_needs_to_watch(talk):
    """A viewer who goes away does not end the turn; another one gets everything from the beginning."""
    talk.echo.delay = 0.002

    async def work():
        turn = await talk.ask("ein Satz " * 20)
        leaving = turn.replay.follow(0)
        await anext(leaving)
        await leaving.aclose()
        events, ended = await followed(turn.replay.follow(0))
        return html_of(events), ended

    html, ended = asyncio.run(work())
    assert ended.state == "done"
    assert html == "".join(render_blocks(ended.text, "de"))


def test_a_viewer_goes_on_where_it_was(talk):
    """Events after a number, joined to those up to it, are the whole: nothing twice, nothing missing."""
    talk.echo.answer = "eins zwei drei vier\n\nfünf sechs\n\nsieben acht"
    talk.echo.delay = 0.05

    async def work():
        turn = await talk.ask()
        first = []
        async for batch in turn.replay.follow(0):
            first.extend(batch)
            if any(isinstance(one.event, Closed) for one in batch):
                break
        rest, ended = await followed(turn.replay.follow(first[-1].number))
        return first, rest, ended

    first, rest, ended = asyncio.run(work())
    assert first[-1].number < rest[0].number
    assert html_of(first) + html_of(rest) == "".join(render_blocks(ended.text, "de"))


def test_a_snapshot_and_what_follows_are_the_whole(talk):
    """A page made in the middle, and the events after its number, give the finished answer."""
    talk.echo.answer = "eins zwei\n\ndrei vier\n\nfünf"
    talk.echo.delay = 0.05

    async def work():
        turn = await talk.ask()
        async for batch in turn.replay.follow(0):
            if any(isinstance(one.event, Closed) for one in batch):
                break
        shown = turn.replay.snapshot()
        rest, ended = await followed(turn.replay.follow(shown.number))
        return "".join(shown.blocks) + html_of(rest), ended

    html, ended = asyncio.run(work())
    assert html == "".join(render_blocks(ended.text, "de"))


def test_a_page_made_at_the_very_end_is_told_the_end(talk):
    """A viewer whose page was made as the turn ended, or who has seen everything, learns that it is over."""

    async def work():
        turn = await talk.answered()
        late, _ = await followed(turn.replay.follow(turn.replay.snapshot().number))
        later, _ = await followed(turn.replay.follow(10_000))
        return late, later

    late, later = asyncio.run(work())
    assert (len(late), len(later)) == (1, 1)


def test_words_of_a_finished_block_are_forgotten(talk):
    """What a turn keeps for latecomers grows with its blocks, not with its tokens."""
    talk.echo.answer = ("wort " * 200 + "\n\n") * 5

    async def work():
        turn = await talk.answered()
        events, _ = await followed(turn.replay.follow(0))
        return events

    events = asyncio.run(work())
    assert sum(isinstance(one.event, Closed) for one in events) == 5
    assert not any(isinstance(one.event, Tail) for one in events)


def test_what_has_arrived_is_in_the_database_before_the_end(talk):
    """While an answer is being written, what has come of it is stored already."""
    talk.echo.hold = None

    async def work():
        talk.echo.hold = asyncio.Event()
        turn = await talk.ask("eins zwei")
        await kept(talk, turn, "eins")
        said = (await talk.chat.open(ANNA, turn.conversation_id)).branch[-1]
        talk.echo.hold.set()
        await turn.wait()
        return said

    said = asyncio.run(work())
    assert (said.state, said.text) == ("running", "eins")


def test_stopping_keeps_what_came_and_closes_the_call(talk):
    """A stopped turn ends at once, keeps its words, and its upstream is closed."""

    async def work():
        talk.echo.hold = asyncio.Event()
        turn = await talk.ask("eins zwei drei")
        async for batch in turn.replay.follow(0):
            if any(isinstance(one.event, Tail) for one in batch):
                break
        await talk.chat.stop(ANNA, turn.conversation_id, turn.id)
        await talk.chat.stop(ANNA, turn.conversation_id, turn.id)  # again: nothing happens
        return (await talk.chat.open(ANNA, turn.conversation_id)).branch[-1]

    said = asyncio.run(work())
    assert (said.state, said.text, talk.echo.open, talk.echo.cancelled) == ("stopped", "eins", 0, 1)


def test_a_stopped_answer_says_what_is_known(talk):
    """Without an upstream's numbers the house gives its own count, and says that it is one."""

    async def work():
        talk.echo.hold = asyncio.Event()
        turn = await talk.ask("eins zwei drei")
        await heard(turn, "eins")
        await talk.chat.stop(ANNA, turn.conversation_id, turn.id)
        return turn.said

    said = asyncio.run(work())
    assert said.input_tokens == said.about["estimated_tokens"] > 0
    assert (said.output_tokens, said.about["estimated"]) == (1, True)
    assert (said.about["provider"], said.about["policy"]) == ("echo", "default-3")
    assert "first_token_ms" in said.about


def test_a_failure_says_why_and_keeps_what_came(talk):
    """An upstream that breaks off leaves its words and its error, which can be said in any language."""
    talk.echo.failing = Upstream(provider="echo", reason="auf Wunsch")
    talk.echo.fail_after = 2

    async def work():
        return (await talk.answered("eins zwei drei")).said

    said = asyncio.run(work())
    assert (said.state, said.text, said.error) == ("failed", "eins zwei", "upstream_error")
    assert str(recall(said)) == str(talk.echo.failing)


def test_every_refusal_can_be_said_again(talk):
    """The reasons of a refusal survive the database."""
    said = Said(
        id="a",
        parent_id=None,
        role="assistant",
        parts=(),
        created_at=0,
        state="failed",
        error="border_refused",
        error_values={"reasons": ["policy.not_cleared"]},
    )
    assert "not released" in str(recall(said))


def test_a_mistake_of_ours_ends_the_turn_with_words(talk, caplog):
    """An exception nobody expected ends as a failed turn, not as one that runs for ever."""
    talk.echo.failing = RuntimeError("boom")

    async def work():
        return (await talk.answered()).said

    said = asyncio.run(work())
    assert (said.state, said.error) == ("failed", "internal_error")
    assert "failed" in caplog.text


def test_a_model_that_is_being_loaded_is_asked_again(talk):
    """The turn waits and asks again while the model is loaded, and says so meanwhile."""
    talk.echo.failing = ModelLoading(model="echo", seconds=1, retry_after=0.01)

    async def work():
        turn = await talk.ask()
        async for batch in turn.replay.follow(0):
            if any(isinstance(one.event, Waiting) for one in batch):
                talk.echo.failing = None
                break
        return await followed(turn.replay.follow(0))

    events, said = asyncio.run(work())
    assert isinstance(events[0].event, Waiting)
    assert (said.state, said.text) == ("done", "eins zwei")


def test_reasoning_is_kept_apart(talk):
    """What a model thinks first is stored and replayed beside the answer, and never sent back."""
    talk.echo.reasoning = "Hm."

    async def work():
        turn = await talk.answered()
        events, said = await followed(turn.replay.follow(0))
        await talk.answered("weiter", conversation_id=turn.conversation_id, parent_id=turn.id)
        return events, said

    events, said = asyncio.run(work())
    assert [one.event.text for one in events if isinstance(one.event, Thought)] == ["Hm."]
    assert said.parts == (Reasoning("Hm."), Text("eins zwei"))
    sent = talk.echo.calls[-1].messages
    assert [(one.role, one.text) for one in sent] == [
        ("user", "eins zwei"),
        ("assistant", "eins zwei"),
        ("user", "weiter"),
    ]


def test_a_question_that_does_not_fit_is_refused_and_not_cut(talk):
    """The words of a question are never cut: one that does not fit alone is refused as a whole."""

    async def work():
        return (await talk.answered("wort " * 2000, model="small")).said

    said = asyncio.run(work())
    assert isinstance(recall(said), ContextOverflow)
    assert talk.echo.calls == []


def test_what_the_border_refuses_is_not_stored(talk):
    """A question that may not leave is refused while it is still in the composer."""

    async def work():
        with pytest.raises(BorderRefused):
            await talk.ask(model="abroad", data_class=DataClass.PERSONAL)
        return await talk.shelves.page(ANNA, "all")

    assert asyncio.run(work()).conversations == ()


def test_what_the_border_finds_in_the_text_is_refused_before_anything_is_stored(talk):
    """Personal data found in a text declared public stays in the house; the words stay where they are."""

    async def work():
        with pytest.raises(BorderRefused):
            await talk.ask(
                "Meine Adresse ist anna@example.org", model="abroad", data_class=DataClass.PUBLIC
            )

    asyncio.run(work())
    assert talk.echo.calls == []


def test_one_person_cannot_run_turns_without_end(talk):
    """More turns at once than anybody needs are refused."""

    async def work():
        talk.echo.hold = asyncio.Event()
        turns = [await talk.ask() for _ in range(8)]
        with pytest.raises(TooMany):
            await talk.ask()
        talk.echo.hold.set()
        for turn in turns:
            await turn.wait()
        await talk.answered()

    asyncio.run(work())


def test_an_answer_that_never_ends_is_ended(talk, monkeypatch):
    """A model that goes on for ever is cut at a limit, and the answer says so."""
    monkeypatch.setattr("hausgeist.chat.turn.ANSWER_MOST", 50)
    talk.echo.answer = "wort " * 1000

    async def work():
        return (await talk.answered()).said

    said = asyncio.run(work())
    assert (said.state, said.finish) == ("done", "endless")
    assert len(said.text) < 100
    assert talk.echo.open == 0


def test_a_question_beyond_all_windows_is_not_stored(talk, monkeypatch):
    """What no model could take is refused before it is stored, also where a window is unknown."""
    monkeypatch.setattr("hausgeist.chat.drafts.ALL_CHARS", 50)

    async def work():
        turn = await talk.answered("wort " * 4)
        with pytest.raises(ContextOverflow):
            await talk.ask("wort " * 40, conversation_id=turn.conversation_id)
        return await talk.texts(turn.conversation_id)

    assert len(asyncio.run(work())) == 2


def test_an_answer_that_cannot_be_written_says_so(talk, monkeypatch, caplog):
    """When the database refuses the end of an answer, viewers learn that it was not kept."""

    def refuse(_connection, _items):
        raise OSError("disk full")

    monkeypatch.setattr("hausgeist.store.chats.finish", refuse)

    async def work():
        turn = await talk.ask()
        return (await followed(turn.replay.follow(0)))[1]

    assert asyncio.run(work()).state == "failed"
    assert "could not be written" in caplog.text


def test_halves_of_characters_are_kept_as_replacements(talk):
    """Invalid text from a model neither breaks the turn nor the database."""
    talk.echo.answer = "gut \ud83d schlecht"

    async def work():
        turn = await talk.answered()
        return await talk.texts(turn.conversation_id)

    assert asyncio.run(work())[1] == "gut \ufffd schlecht"


# -- the process comes and goes --------------------------------------------------------------------


def test_a_dead_process_leaves_interrupted_answers(talk):
    """After a crash, what was running is marked as interrupted and keeps what had arrived."""

    async def crash():
        talk.echo.hold = asyncio.Event()
        turn = await talk.ask("eins zwei")
        await kept(talk, turn, "eins")
        return turn.conversation_id  # the loop ends here, in the middle of the turn

    async def restart(talk_id):
        chat = talk.renew()
        talk.now[0] += 60_000
        await chat.recover()
        return (await chat.open(ANNA, talk_id)).branch[-1]

    said = asyncio.run(restart(asyncio.run(crash())))
    assert (said.state, said.text) == ("interrupted", "eins")


def test_shutdown_lets_answers_finish(talk):
    """Within the grace a running answer is finished; no new one begins."""
    talk.echo.delay = 0.01

    async def work():
        turn = await talk.ask("eins zwei drei vier")
        await talk.chat.close(grace=5)
        with pytest.raises(TooMany):
            await talk.ask()
        return turn.said

    assert asyncio.run(work()).state == "done"


def test_shutdown_interrupts_what_does_not_finish(talk):
    """After the grace an answer is interrupted, stored as such, and its call is closed."""

    async def work():
        talk.echo.hold = asyncio.Event()
        turn = await talk.ask("eins zwei")
        await heard(turn, "eins")
        await talk.chat.close(grace=0.05)
        return (await talk.chat.open(ANNA, turn.conversation_id)).branch[-1]

    said = asyncio.run(work())
    assert (said.state, said.text, talk.echo.open) == ("interrupted", "eins", 0)


def test_a_turn_of_another_process_is_followed_through_the_database(talk):
    """A viewer at another replica sees what is stored, and the end."""

    async def work():
        talk.echo.hold = asyncio.Event()
        turn = await talk.ask("eins zwei")
        other = talk.renew()
        seen = []
        async for batch in await other.follow(ANNA, turn.conversation_id, turn.id):
            seen.extend(one.event for one in batch)
            talk.echo.hold.set()
        return seen

    seen = asyncio.run(work())
    assert all(isinstance(event, Stored) for event in seen)
    assert (seen[0].said.state, seen[-1].said.state) == ("running", "done")
    assert seen[-1].said.text == "eins zwei"
