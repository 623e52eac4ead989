# SPDX-License-Identifier: EUPL-1.2
"""Two processes over one database: a turn that runs in one is seen and stopped from the other."""

import asyncio

import pytest
from talking import ANNA, kept

from hausgeist.core.labels import DataClass


@pytest.mark.parametrize(
    "store", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
def test_a_turn_is_stopped_from_another_process(talk):
    """Whoever asks another server to stop is obeyed; the viewer there sees it, and what came is kept."""

    async def work():
        talk.echo.hold = asyncio.Event()
        here, there = talk.chat, talk.renew()
        turn = await here.turn(ANNA, "eins zwei", model="echo", data_class=DataClass.INTERNAL)
        await kept(talk, turn, "eins")
        watching = await there.follow(ANNA, turn.conversation_id, turn.id)
        await there.stop(ANNA, turn.conversation_id, turn.id)
        seen = [one.event.said.state async for batch in watching for one in batch]
        deleted = await here.turn(ANNA, "drei vier", model="echo", data_class=DataClass.INTERNAL)
        await talk.shelves_of(there).delete(ANNA, [deleted.conversation_id])
        await deleted.wait()
        return turn.said, seen, talk.echo.open

    said, seen, still_open = asyncio.run(work())
    assert (said.state, said.text, seen[-1], still_open) == ("stopped", "eins", "stopped", 0)
