# SPDX-License-Identifier: EUPL-1.2
"""Pseudonyms in the gateway: stored before anything leaves, due by rule, mark or memory, previewed alike."""

import asyncio
import re
import sqlite3
import time

import pytest
from river import NOW, ask
from sqlalchemy import insert, select

from hausgeist.audit import Trail
from hausgeist.core.calls import Call, Correction
from hausgeist.core.events import Delta, Failed, Finished, Started
from hausgeist.core.findings import Examination, Finding, Kind
from hausgeist.core.labels import DataClass, Purpose, Zone
from hausgeist.core.messages import text_message
from hausgeist.core.people import Principal, Role
from hausgeist.core.policy import Verdict
from hausgeist.errors import DetectorDown, Upstream, VeilDown
from hausgeist.gateway import Directory, Gateway, Routes
from hausgeist.gateway.border import Border
from hausgeist.gateway.privacy.veils import Veils
from hausgeist.gateway.run import Run
from hausgeist.ledger import Book
from hausgeist.store import accounts
from hausgeist.store.tables import conversations, veils
from hausgeist.testing.abroad import TERMS
from hausgeist.testing.echo import EchoProvider, echo_card

ANNA = Principal(id="anna", name="Anna", role=Role.MEMBER, group="g", locale="de")
TEXT = "Frau Jutta Müller klagt"
MASKED = "Frau [[VORNAME_1]] [[NACHNAME_1]] klagt"


class Knows:
    """Detectors that know one person."""

    async def examine(self, texts):
        await asyncio.sleep(0)
        return Examination(
            {
                text: tuple(
                    Finding(match.start(), match.end(), Kind.PERSON, "test")
                    for match in re.finditer("Jutta Müller", text)
                )
                for text in texts
            }
        )


class Watching(EchoProvider):
    """An echo that looks at the database when it is called."""

    async def stream(self, call, card):
        self.seen.append(len(self.store.read_now(lambda c: c.execute(select(veils)).all())))
        async for burst in super().stream(call, card):
            yield burst


@pytest.fixture
def eu():
    """The provider abroad."""
    return EchoProvider(name="eu")


@pytest.fixture
def gateway(store, eu):
    """A gateway with one model of the EU, and a conversation ``t1`` of Anna's."""

    def work(connection):
        accounts.add_group(connection, "g", "G", NOW)
        accounts.add_user(
            connection, id="anna", login="anna", name="Anna", role="member", group_id="g",
            locale="de", active=True, created_at=NOW,
        )  # fmt: skip
        connection.execute(
            insert(conversations).values(
                id="t1", owner_id="anna", title="T", model="m", data_class="personal",
                created_at=NOW, updated_at=NOW,
            )
        )  # fmt: skip

    store.write_now(work)
    directory = Directory()
    trail = Trail(store, b"k" * 32, lambda: NOW)
    found = Gateway(
        directory=directory,
        routes=Routes(directory, time.monotonic),
        book=Book(store, lambda: NOW, time.monotonic, trail),
        trail=trail,
        now_ms=lambda: NOW,
        border=Border(examiner=Knows()),
        veils=Veils(store, b"s" * 32, lambda: NOW),
    )
    offer(found, eu)
    return found


def offer(gateway, provider):
    card = echo_card(
        "eu/m", provider="eu", zone=Zone.EU, cleared_for=DataClass.PERSONAL, terms=TERMS
    )
    gateway.directory.put("eu", provider, [card])


def call(*said, **more):
    messages = tuple(
        text_message("assistant" if place % 2 else "user", one) for place, one in enumerate(said)
    )
    given = {"id": "c1", "principal": ANNA, "purpose": Purpose.CHAT, "model": "eu/m"}
    return Call(**(given | {"messages": messages, "conversation": "t1"} | more))


def text_of(events):
    return "".join(event.text for event in events if isinstance(event, Delta))


def left(provider):
    """The newest message of every call that left."""
    return [sent.messages[-1].text for sent in provider.calls]


def test_the_map_is_stored_before_the_call_leaves(gateway, store):
    """When the provider is asked, the database has the map already."""
    provider = Watching(name="eu")
    provider.store, provider.seen = store, []
    offer(gateway, provider)
    events = ask(gateway, store, call(TEXT))
    assert provider.seen == [1]
    assert left(provider) == [MASKED]
    assert text_of(events) == TEXT
    started = next(event for event in events if isinstance(event, Started))
    assert (started.data_class, started.hidden) == (DataClass.PERSONAL, (("person", 1),))


def test_cancelled_at_any_step_nothing_unmasked_has_left(gateway, store, eu):
    """Whenever a call is ended, what the provider has seen until then is masked, and its map is stored."""
    ended = set()

    async def run(steps):
        async def one():
            async for burst in gateway.answer(call(TEXT)):
                if any(isinstance(event, Finished) for event in burst):
                    ended.add(steps)

        task = asyncio.create_task(one())
        for _ in range(steps):
            await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.wait([task])
        await store.drain()

    for steps in range(0, 60, 3):
        before = len(eu.calls)
        asyncio.run(run(steps))
        if len(eu.calls) > before:
            assert store.read_now(lambda c: c.execute(select(veils)).all())
        assert all(text == MASKED for text in left(eu))
    assert ended  # the last ones got to their end


def test_without_pseudonyms_nothing_leaves(gateway, store, eu, monkeypatch):
    """Detectors that are down, a map that is broken: the call fails before the provider hears of it."""

    async def down(_texts):
        raise DetectorDown

    with monkeypatch.context() as patch:
        patch.setattr(gateway.border, "examiner", type("Down", (), {"examine": staticmethod(down)}))
        (failed,) = ask(gateway, store, call(TEXT))
    assert isinstance(failed.error, DetectorDown)
    gateway.veils = Veils(store, b"other" * 8, lambda: NOW)
    ask(gateway, store, call(TEXT))
    eu.calls.clear()
    gateway.veils = Veils(store, b"s" * 32, lambda: NOW)
    (failed,) = ask(gateway, store, call(TEXT))
    assert isinstance(failed.error, VeilDown)
    assert eu.calls == []


def test_a_locked_database_keeps_the_call_in_the_house(gateway, store, eu):
    """Where the map cannot be written, nothing leaves."""
    if not store.is_sqlite:
        pytest.skip("locks of one file")
    other = sqlite3.connect(store.name, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        found = Examination({TEXT: (Finding(5, 17, Kind.PERSON, "test"),)})
        with pytest.raises(VeilDown):
            asyncio.run(gateway.veils.hide(call(TEXT), found))
    finally:
        other.rollback()
        other.close()
    assert eu.calls == []


def test_what_was_hidden_once_is_hidden_in_later_turns(gateway, store, eu):
    """A turn in which no detector finds anything still hides whom the conversation knows."""
    ask(gateway, store, call(TEXT))
    events = ask(gateway, store, call("Was will Müller?"))
    assert left(eu)[-1] == "Was will [[NACHNAME_1]]?"
    assert text_of(events) == "Was will Müller?"


def test_a_mark_alone_is_reason_enough(gateway, store, eu):
    """What a person marks is hidden though nothing personal was found; unmarked it leaves as it is."""
    ask(gateway, store, call("Projekt Adler", conversation=None))
    marks = (Correction("Adler", hide=True),)
    events = ask(gateway, store, call("Projekt Adler", corrections=marks))
    assert left(eu) == ["Projekt Adler", "Projekt [[MARKED_1]]"]
    assert text_of(events) == "Projekt Adler"


def test_the_preview_is_what_leaves(gateway, store, eu):
    """The preview tells decision and passages, and neither sends nor stores anything."""
    shown = asyncio.run(gateway.preview(call(TEXT)))
    assert shown.decision.verdict is Verdict.PSEUDONYMISE
    (masked,) = shown.hidden
    assert [(span.value, span.token) for span in masked.spans] == [
        ("Jutta Müller", "[[VORNAME_1]] [[NACHNAME_1]]")
    ]
    assert eu.calls == []
    assert store.read_now(lambda c: c.execute(select(veils)).all()) == []
    assert asyncio.run(gateway.preview(call("Nichts", conversation=None))).hidden == ()


def test_an_answer_that_breaks_off_loses_nothing(gateway, store):
    """What was held back is told before the error."""
    error = Upstream(provider="eu", reason="it is broken on purpose")
    broken = EchoProvider(name="eu", failing=error, fail_after=2)
    offer(gateway, broken)
    events = ask(gateway, store, call("an Jutta Müller"))
    assert isinstance(events[-1], Failed)
    assert text_of(events) == "an Jutta"


def test_the_line_for_the_model_is_counted(gateway):
    """The tokens that are reserved include what the model is told of pseudonyms."""
    found = Examination({TEXT: (Finding(5, 17, Kind.PERSON, "test"),)})
    plain, veiled = Run(call(TEXT), NOW), Run(call(TEXT), NOW)
    veiled.veiled = asyncio.run(gateway.veils.hide(call(TEXT), found))
    assert veiled.input_tokens() > plain.input_tokens() + 50
