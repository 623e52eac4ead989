# SPDX-License-Identifier: EUPL-1.2
"""A conversation with a provider of the EU: pseudonyms outside, real words in the chat, one map."""

from sqlalchemy import select

from hausgeist.chat.question import Question
from hausgeist.core.labels import DataClass
from hausgeist.core.people import Principal, Role
from hausgeist.store.tables import conversations, veils
from hausgeist.testing.abroad import MODEL, abroad
from hausgeist.testing.served import Served


def test_a_conversation_keeps_its_pseudonyms(tmp_path):
    """Later turns use the numbers of the first; what is kept of the chat has the real words."""
    with Served(tmp_path / "home") as served, abroad(served.house) as outside:
        chat = served.house.chat
        who = Principal(
            id=served.member.id, name="Member", role=Role.MEMBER, group="everyone", locale="de"
        )

        async def ask(text, talk=None):
            question = Question(
                text=text, models=(MODEL,), data_class=DataClass.INTERNAL, conversation_id=talk
            )
            (turn,) = await chat.ask(who, question)
            await turn.wait()
            return turn

        first = served.run(ask("Frau Jutta Abendschön bittet um einen Termin."))
        assert first.said.error is None
        talk = first.conversation_id
        second = served.run(ask("Schreibe Frau Abendschön, bitte.", talk))
        assert first.said.text == "Frau Jutta Abendschön bittet um einen Termin."
        assert second.said.text == "Schreibe Frau Abendschön, bitte."
        assert first.said.data_class == "personal"
        *_, sent = outside.asked
        assert [one["content"] for one in sent.json["messages"][1:]] == [
            "Frau [[VORNAME_1]] [[NACHNAME_1]] bittet um einen Termin.",
            "Frau [[VORNAME_1]] [[NACHNAME_1]] bittet um einen Termin.",
            "Schreibe Frau [[NACHNAME_1]], bitte.",
        ]
        assert not any("Abendschön" in body for body in outside.bodies)
        store = served.house.store
        assert store.read_now(
            lambda c: c.execute(select(veils.c.conversation_id)).scalars().all()
        ) == [talk]
        store.write_now(lambda c: c.execute(conversations.delete()))
        assert store.read_now(lambda c: c.execute(select(veils)).all()) == []
