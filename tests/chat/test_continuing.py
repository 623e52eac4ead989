# SPDX-License-Identifier: EUPL-1.2
"""Going on from an answer that broke off: the seam, and the versions."""

import asyncio

import pytest
from talking import ANNA, heard

from hausgeist.chat.continuing import seam
from hausgeist.core.labels import DataClass
from hausgeist.errors import Conflict, Upstream

WISH = {"model": "echo", "data_class": DataClass.INTERNAL}


@pytest.mark.parametrize(
    ("kept", "new", "whole"),
    [
        ("Ein Satz.", "Noch einer.", "Ein Satz. Noch einer."),
        ("Der Bebau", "Bebauungsplan gilt.", "Der Bebauungsplan gilt."),
        ("Der Plan gilt für das Gebiet", "gilt für das Gebiet am See.", None),
        ("Zeile\n", "und weiter", "Zeile\nund weiter"),
        ("Ein Wort", ", und noch eines", "Ein Wort, und noch eines"),
        ("Ein Wort", " danach", "Ein Wort danach"),
    ],
)
def test_the_seam_neither_repeats_nor_glues(kept, new, whole):
    """Repeated words go, a missing space comes, everything else stays as it was."""
    assert kept + seam(kept, new) == (whole or "Der Plan gilt für das Gebiet am See.")


def test_an_answer_that_broke_off_goes_on_as_a_new_version(talk):
    """The new answer begins with the kept words and goes on; the old one is untouched beside it."""
    talk.echo.failing = Upstream(provider="echo", reason="auf Wunsch")
    talk.echo.fail_after = 2

    async def work():
        broken = await talk.answered("eins zwei drei vier")
        talk.echo.failing, talk.echo.answer = None, "drei vier"
        at = broken.conversation_id
        turn = await talk.chat.go_on(ANNA, at, broken.id, **WISH)
        shown = turn.replay.snapshot()
        await turn.wait()
        old = await talk.chat.said(ANNA, at, broken.id)
        return broken, turn, shown, old, await talk.chat.open(ANNA, at)

    broken, turn, shown, old, opened = asyncio.run(work())
    assert shown.tail == "eins zwei"
    assert (turn.said.state, turn.said.text) == ("done", "eins zwei drei vier")
    assert turn.said.about["continues"] == {"id": broken.id, "chars": len("eins zwei")}
    assert (old.state, old.text) == ("failed", "eins zwei")
    assert opened.siblings(turn.id) == [broken.id, turn.id]
    asked = talk.echo.calls[-1].messages
    assert [one.role for one in asked] == ["user", "assistant", "user"]
    assert asked[1].text == "eins zwei"


def test_a_stopped_answer_stopped_again_keeps_both_halves(talk):
    """What came before and what came since is kept when the second attempt is stopped, too."""

    async def work():
        talk.echo.hold = asyncio.Event()
        first = await talk.ask("eins zwei")
        await heard(first, "eins")
        await talk.chat.stop(ANNA, first.conversation_id, first.id)
        talk.echo.answer = "zwei drei"
        again = await talk.chat.go_on(ANNA, first.conversation_id, first.id, **WISH)
        for _ in range(1000):
            if again._first_token_ms is not None:  # its first words are held back from viewers
                break
            await asyncio.sleep(0.005)
        await talk.chat.stop(ANNA, first.conversation_id, again.id)
        return again.said

    said = asyncio.run(work())
    assert (said.state, said.text) == ("stopped", "eins zwei")


def test_only_what_broke_off_goes_on(talk):
    """A complete answer cannot be continued, nor one without words."""
    talk.echo.answer = ""

    async def work():
        empty = await talk.answered()
        with pytest.raises(Conflict):
            await talk.chat.go_on(ANNA, empty.conversation_id, empty.id, **WISH)
        talk.echo.answer = "ganz"
        whole = await talk.answered()
        with pytest.raises(Conflict):
            await talk.chat.go_on(ANNA, whole.conversation_id, whole.id, **WISH)

    asyncio.run(work())
