# SPDX-License-Identifier: EUPL-1.2
"""The map of a conversation: stored before anything leaves, sealed, one for all replicas, gone with it."""

import asyncio
import re
import threading

import pytest
from sqlalchemy import delete, insert, select, text, update

from hausgeist.core.calls import Call, Correction, Sampling
from hausgeist.core.events import Delta, Finished
from hausgeist.core.findings import Examination, Finding, Kind
from hausgeist.core.labels import Purpose
from hausgeist.core.messages import Image, Message, Text, Usage, text_message
from hausgeist.core.people import Principal, Role
from hausgeist.errors import NotFound, VeilDown
from hausgeist.gateway.privacy import texts_of
from hausgeist.gateway.privacy.veils import Veils
from hausgeist.store import accounts
from hausgeist.store.db import Store
from hausgeist.store.tables import conversations, veils

NOW = 1_790_000_000_000
SECRET = b"s" * 32
ANNA = Principal(id="anna", name="Anna", role=Role.MEMBER, locale="de")
BERT = Principal(id="bert", name="Bert", role=Role.MEMBER)
NAMES = {"Jutta Müller": Kind.PERSON, "Otto Abel": Kind.PERSON, "DE89370400440532013000": Kind.IBAN}
IBAN = "DE89370400440532013000"


@pytest.fixture
def talk(store):
    """The id of a conversation of Anna's."""

    def work(connection):
        accounts.add_group(connection, "g", "G", NOW)
        for who in ("anna", "bert"):
            accounts.add_user(
                connection,
                id=who,
                login=who,
                name=who,
                role="member",
                group_id="g",
                locale="de",
                active=True,
                created_at=NOW,
            )
        connection.execute(
            insert(conversations).values(
                id="t1", owner_id="anna", title="T", model="m", data_class="personal",
                created_at=NOW, updated_at=NOW,
            )
        )  # fmt: skip

    store.write_now(work)
    return "t1"


@pytest.fixture
def made(store):
    """Pseudonyms over the store."""
    return Veils(store, SECRET, lambda: NOW)


def a_call(*said, **more):
    """A call whose messages are by the user and the assistant in turn."""
    messages = tuple(
        text_message("assistant" if place % 2 else "user", one) for place, one in enumerate(said)
    )
    given = {
        "id": "c",
        "principal": ANNA,
        "purpose": Purpose.CHAT,
        "model": "m",
        "messages": messages,
    }
    return Call(**(given | more))


def examined(call):
    """What a detector that knows ``NAMES`` finds."""
    return Examination(
        {
            text: tuple(
                sorted(
                    (
                        Finding(match.start(), match.end(), kind, "test", kind is Kind.IBAN)
                        for name, kind in NAMES.items()
                        for match in re.finditer(name, text)
                    ),
                    key=lambda one: one.start,
                )
            )
            for text in texts_of(call)
        }
    )


def hide(made, call):
    """The call as it leaves."""
    return asyncio.run(made.hide(call, examined(call)))


def said(call):
    return [message.text for message in call.messages if message.role != "system"]


def rows(store):
    return store.read_now(lambda c: c.execute(select(veils)).mappings().all())


def test_numbers_are_kept_for_the_conversation(store, talk, made):
    """Later turns, of another process, use the numbers of the earlier ones."""
    first = hide(made, a_call("Jutta Müller fragt", conversation=talk))
    assert said(first.call) == ["[[VORNAME_1]] [[NACHNAME_1]] fragt"]
    assert first.hidden == (("person", 1),)
    other = Veils(store, SECRET, lambda: NOW)
    later = hide(other, a_call("Otto Abel und Müller", conversation=talk))
    assert said(later.call) == ["[[VORNAME_2]] [[NACHNAME_2]] und [[NACHNAME_1]]"]
    assert rows(store)[0]["version"] == 2


def test_a_turn_without_news_writes_nothing(store, talk, made):
    """Where nothing new was hidden, the stored map stays as it is."""
    hide(made, a_call("Jutta Müller", conversation=talk))
    hide(made, a_call("Jutta Müller", conversation=talk))
    assert rows(store)[0]["version"] == 1


def test_the_stored_map_is_sealed(store, talk, made):
    """Neither the values nor the key can be read from the row, and another secret opens nothing."""
    hide(made, a_call(f"Jutta Müller {IBAN}", conversation=talk))
    (row,) = rows(store)
    for part in (b"Jutta", b"ller", IBAN.encode(), b"NACHNAME"):
        assert part not in row["sealed_map"] + row["sealed_key"]
    with pytest.raises(VeilDown):
        hide(Veils(store, b"x" * 32, lambda: NOW), a_call("Müller", conversation=talk))


def test_a_changed_row_is_refused(store, talk, made):
    """An older map, or one of another conversation, does not open: nothing leaves with wrong numbers."""
    hide(made, a_call("Jutta Müller", conversation=talk))
    (old,) = rows(store)
    hide(made, a_call("Otto Abel", conversation=talk))
    store.write_now(lambda c: c.execute(update(veils).values(sealed_map=old["sealed_map"])))
    with pytest.raises(VeilDown):
        hide(made, a_call("Otto Abel", conversation=talk))


def test_the_map_goes_with_the_conversation(store, talk, made):
    """Deleting the conversation deletes map and key; then nothing can be stored for it any more."""
    hide(made, a_call("Jutta Müller", conversation=talk))
    store.write_now(lambda c: c.execute(delete(conversations)))
    assert rows(store) == []
    with pytest.raises(NotFound):
        hide(made, a_call("Jutta Müller", conversation=talk))


def test_another_persons_conversation_is_not_found(store, talk, made):
    """Whoever names somebody else's conversation neither reads nor writes its map."""
    hide(made, a_call("Jutta Müller", conversation=talk))
    with pytest.raises(NotFound):
        hide(made, a_call("Otto Abel", conversation=talk, principal=BERT))
    assert rows(store)[0]["version"] == 1


def test_a_call_without_a_conversation_stores_nothing(store, made):
    """Its map lives as long as its answer."""
    veiled = hide(made, a_call("Otto Abel und Jutta Müller"))
    assert said(veiled.call) == ["[[VORNAME_1]] [[NACHNAME_1]] und [[VORNAME_2]] [[NACHNAME_2]]"]
    events = veiled.restore.pass_on([Delta("[[NACHNAME_2]]"), Finished("stop", Usage())])
    assert events[0] == Delta("Müller")
    assert rows(store) == []


def test_many_calls_at_once_share_one_map(store, talk):
    """Two replicas, sixteen calls: nobody's number is given twice, and each name has one."""
    stores = [store, Store(store.url)]
    people = ["Jutta Müller", "Otto Abel"]
    forms = {person: set() for person in people}

    async def one(made, person):
        call = a_call(person, conversation=talk)
        veiled = await made.hide(call, examined(call))
        forms[person].update(said(veiled.call))

    async def replica(of):
        made = Veils(of, SECRET, lambda: NOW)
        await asyncio.gather(*(one(made, people[place % 2]) for place in range(8)))

    threads = [threading.Thread(target=asyncio.run, args=(replica(of),)) for of in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stores[1].close()
    assert [len(one) for one in forms.values()] == [1, 1]
    assert set.union(*forms.values()) == {
        "[[VORNAME_1]] [[NACHNAME_1]]",
        "[[VORNAME_2]] [[NACHNAME_2]]",
    }


def test_nothing_leaves_when_the_map_cannot_be_stored(store, talk, made):
    """A database that cannot be written is an error before the call goes."""
    store.write_now(lambda c: c.execute(text("DROP TABLE veils")))
    with pytest.raises(VeilDown):
        hide(made, a_call("Jutta Müller", conversation=talk))


def test_pictures_are_refused(made):
    """What a picture shows cannot be hidden."""
    message = Message("user", (Text("Jutta Müller"), Image("data:image/png;base64,AAAA")))
    with pytest.raises(VeilDown):
        hide(made, a_call(messages=(message,)))


def test_the_model_is_told_what_stands_there(made):
    """The system message says which pseudonyms there are, in the language of the conversation."""
    system = text_message("system", "Sei höflich.")
    german = hide(made, a_call(messages=(system, text_message("user", "Was will Jutta Müller?"))))
    first = german.call.messages[0]
    assert first.text.startswith("Sei höflich.\n\n")
    assert "[[VORNAME_1]], [[NACHNAME_1]] sind Platzhalter" in first.text
    english = hide(made, a_call("What does Jutta Müller want from the house?"))
    assert "[[VORNAME_1]], [[NACHNAME_1]] are placeholders" in english.call.messages[0].text
    assert hide(made, a_call("Nichts")).call == a_call("Nichts")


def test_log_probabilities_are_not_asked_for(made):
    """They would tell of tokens that nobody sees."""
    call = a_call("Jutta Müller", sampling=Sampling(logprobs=True, top_logprobs=3))
    assert hide(made, call).call.sampling == Sampling()


def test_what_a_person_marked_stays_marked(talk, made):
    """Corrections of one turn hold in the next; the mark alone makes pseudonyms due."""
    marks = (Correction("Adler", hide=True), Correction("Otto Abel", hide=False))
    first = a_call("Otto Abel baut den Adler", conversation=talk, corrections=marks)
    assert asyncio.run(made.due(first))
    assert said(hide(made, first).call) == ["Otto Abel baut den [[MARKED_1]]"]
    second = a_call("Otto Abel baut den Adler", conversation=talk)
    assert asyncio.run(made.due(second))
    assert said(hide(made, second).call) == ["Otto Abel baut den [[MARKED_1]]"]
    assert not asyncio.run(made.due(a_call("Otto Abel baut den Adler")))


def test_a_preview_shows_and_stores_nothing(store, talk, made):
    """Spans of what would be hidden, with the values, in the text as it was written."""
    call = a_call(f"Hallo Jutta Müller, {IBAN}! [[PERSON_1]]", conversation=talk)
    (shown,) = asyncio.run(made.preview(call, examined(call)))
    assert shown.text == call.messages[0].text
    assert [(span.token, span.value, span.certain) for span in shown.spans] == [
        ("[[VORNAME_1]] [[NACHNAME_1]]", "Jutta Müller", False),
        ("[[IBAN_1]]", IBAN, True),
    ]
    assert all(shown.text[span.start : span.end] == span.value for span in shown.spans)
    assert rows(store) == []


def test_texts_for_vectors_are_hidden_too(made):
    """What is sent instead of messages leaves under pseudonyms."""
    texts = ["Jutta Müller wohnt hier", "Müllers Haus"]
    call = a_call()
    found = Examination({texts[0]: (Finding(0, 12, Kind.PERSON, "test"),)})
    veiled = asyncio.run(made.hide(call, found, texts))
    assert veiled.texts == ["[[VORNAME_1]] [[NACHNAME_1]] wohnt hier", "[[NACHNAME_1]]s Haus"]
