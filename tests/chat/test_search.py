# SPDX-License-Identifier: EUPL-1.2
"""Finding conversations by their words, on both databases."""

import asyncio

import pytest
from sqlalchemy import delete, func, select, text
from talking import ANNA, BERND

from hausgeist.chat.search import Search
from hausgeist.store import schema, transfer
from hausgeist.store.db import Store, sqlite_url
from hausgeist.store.tables import conversations, messages, search_words

LETTER = "Die **Gebühren** für den Bebauungsplan Nord trägt die Gemeinde."


@pytest.fixture
def finder(store, talk):
    """The search over the talk's database."""
    return Search(store, lambda: talk.now[0])


def found(finder, words, who=ANNA, **how):
    """The conversations' ids, and what is marked in their passages."""
    return asyncio.run(finder.find(who, words, **how)).found


def ask(talk, *texts, who=ANNA):
    """A conversation of its own for each text; gives their ids. The echo answers with the text."""

    async def work():
        turns = [await talk.answered(text, who=who) for text in texts]
        return [turn.conversation_id for turn in turns]

    return asyncio.run(work())


def ids(page):
    return {one.conversation.id for one in page}


@pytest.mark.parametrize(
    "words",
    [
        "gebühr",
        "GEBUEHREN",
        "Gebü",
        "bebauungspläne",
        "Bebauu",
        '"Bebauungsplan Nord"',
        "gemeinden gebühr",
        "gebühr -Süd",
        "tra",
    ],
)
def test_a_word_is_found_in_its_forms(finder, talk, words):
    """Stems, umlauts spelled out, beginnings, phrases and words left out find the conversation."""
    (at, _other) = ask(talk, LETTER, "Etwas ganz anderes über den Süden")
    (one,) = found(finder, words)
    assert one.conversation.id == at
    assert {place.role for place in one.places} == {"user", "assistant"}
    assert any(piece.marked for place in one.places for piece in place.passage)


@pytest.mark.parametrize(
    "words",
    ["gebühr -gemeinde", '"Nord Bebauungsplan"', "gebühr Süd", "xyzzy", '"Bebauungsplan" -nord'],
)
def test_what_does_not_fit_is_not_found(finder, talk, words):
    """A word left out, another order, a word too much: nothing."""
    ask(talk, LETTER)
    assert found(finder, words) == ()


@pytest.mark.parametrize("words", ["", "  ", "-weg", '""', "§ - *", "\U0001f3db"])
def test_nothing_to_look_for_asks_nothing(finder, talk, words):
    """Signs alone, or only words to leave out, are no query."""
    ask(talk, LETTER)
    assert not asyncio.run(finder.find(ANNA, words)).asked or found(finder, words) == ()


@pytest.mark.parametrize(
    "words", ["' OR 1=1 --", 'a" OR b', "scope:x", "NEAR(a b)", "a AND", "x:* | !y", "(", "%", "\\"]
)
def test_signs_of_a_database_are_only_signs(finder, talk, words):
    """What means something to an index's own language breaks nothing and finds nothing of others."""
    ask(talk, "geheim von Bernd x y a b", who=BERND)
    assert found(finder, words) == ()


def test_nobody_finds_what_is_anothers(finder, talk):
    """The same words in two people's conversations: each finds their own."""
    (mine,) = ask(talk, LETTER)
    (his,) = ask(talk, LETTER, who=BERND)
    assert (ids(found(finder, "gebühr")), ids(found(finder, "gebühr", BERND))) == ({mine}, {his})


def test_titles_come_first_and_change(finder, talk):
    """A title that has the word comes before newer messages; a new title is found, the old one is not."""
    titled, said = ask(talk, "eins", "zwei Haushalte")
    asyncio.run(talk.chat.rename(ANNA, titled, "Haushalt und Kasse"))
    asyncio.run(talk.chat.rename(ANNA, said, "zwei"))
    page = found(finder, "haushalt")
    assert [one.conversation.id for one in page] == [titled, said]
    assert [piece.text for piece in page[0].title if piece.marked] == ["Haushalt"]
    asyncio.run(talk.chat.rename(ANNA, titled, "Kasse"))
    assert ids(found(finder, "haushalt")) == {said}


def test_the_bin_is_not_searched_and_the_archive_is(finder, talk, store):
    """What is archived is found and known to be; what lies in the bin is not."""
    kept, binned = ask(talk, LETTER, LETTER)
    asyncio.run(talk.shelves.delete(ANNA, [binned]))

    def archive(connection):
        connection.execute(
            conversations.update().where(conversations.c.id == kept).values(archived_at=5)
        )

    store.write_now(archive)
    (one,) = found(finder, "gebühr")
    assert (one.conversation.id, one.conversation.archived_at) == (kept, 5)


def test_pages_join_and_the_newest_come_first(finder, talk):
    """Page after page every conversation is found once, the newest first."""
    made = ask(talk, *(f"{number} Antrag" for number in range(7)))

    async def work():
        order, before = [], None
        while True:
            page = await finder.find(ANNA, "antrag", before, most=3)
            order += [one.conversation.id for one in page.found]
            before = page.older
            if before is None:
                return order

    order = asyncio.run(work())
    assert set(order) == set(made)
    assert len(order) - len(set(order)) <= 1  # titles lead the first page; their messages follow


def test_parts_of_compounds_are_found_where_nothing_else_is(finder, talk):
    """What no word begins with is looked for inside words, in one's own talks, and is marked there."""
    (at,) = ask(talk, "Der Straßenbaubeitrag für Haus 7 wurde gezahlt.")
    ask(talk, "Nichts dergleichen.")
    (one,) = found(finder, "Beiträge")
    assert one.conversation.id == at
    assert {piece.text for piece in one.places[0].passage if piece.marked} == {"Straßenbaubeitrag"}
    assert ids(found(finder, "bau zahlt")) == set()  # "bau" is too short to be looked for inside
    assert ids(found(finder, "beitrag haus")) == {at}
    assert found(finder, '"beitrag haus"') == ()
    assert found(finder, "beitrag -haus") == ()
    assert found(finder, "beitrag", who=BERND) == ()
    (new,) = ask(talk, "Der Beitrag ist fällig.")
    assert ids(found(finder, "beitrag")) == {new}  # the word itself goes first


def test_a_passage_reads_as_the_answer_did(finder, talk):
    """Of links the words stay, of tables the cells, of stress nothing; what is no Markdown stays."""
    said = (
        "Siehe *vor allem* die [Hundesteuersatzung](https://example.org/satzung) mit 2 * 3 = 6 €:\n\n"
        "| Hund | Betrag |\n|:---|---:|\n| erster | 90 € |\n\n```python\nzahl*2\n```"
    )
    ask(talk, said)
    (one,) = found(finder, "hundesteuer")
    words = "".join(piece.text for piece in one.places[0].passage)
    assert words == (
        "Siehe vor allem die Hundesteuersatzung mit 2 * 3 = 6 €: Hund Betrag erster 90 € zahl*2"
    )


def test_a_passage_is_the_place_and_inert(finder, talk):
    """The words around the find, without Markdown's signs, as plain text with the find marked."""
    ask(talk, "Vorwort " * 200 + "Die <b>Hundesteuer</b> steigt. " + "Nachwort " * 200)
    (one,) = found(finder, "hundesteuer")
    passage = one.places[0].passage
    assert [piece.text for piece in passage if piece.marked] == ["Hundesteuer"]
    words = "".join(piece.text for piece in passage)
    assert "<b>" in words
    assert len(words) < 260
    assert words.startswith("… ")
    assert words.endswith(" …")


def test_what_has_no_words_yet_is_caught_up(finder, talk, store):
    """Messages from before there was a search, and of a dead process, are indexed from the start on."""
    (at,) = ask(talk, LETTER)
    store.write_now(lambda c: c.execute(delete(search_words)))
    assert found(finder, "gebühr") == ()
    assert asyncio.run(finder.find(ANNA, "gebühr")).preparing
    assert asyncio.run(finder.catch_up()) == 2
    assert ids(found(finder, "gebühr")) == {at}
    assert not asyncio.run(finder.find(ANNA, "gebühr")).preparing
    assert asyncio.run(finder.catch_up()) == 0


def test_deleted_words_are_gone(finder, talk, store):
    """Deleting a conversation by whatever way deletes its words, from the table and from the index."""
    (at,) = ask(talk, "Quetzalcoatl wohnt hier")
    ask(talk, "Montezuma auch")
    store.write_now(lambda c: c.execute(delete(conversations).where(conversations.c.id == at)))
    asyncio.run(finder.forget())
    assert found(finder, "quetzalcoatl") == ()
    assert store.read_now(lambda c: c.scalar(select(func.count()).select_from(search_words))) == 3
    if store.is_sqlite:
        query = text("SELECT group_concat(hex(block)) FROM search_index_data")
        pages = store.read_now(lambda c: c.scalar(query))
        assert b"uetzalcoatl".hex().upper() not in pages
        assert b"ontezuma".hex().upper() in pages
        check = text("INSERT INTO search_index (search_index) VALUES ('integrity-check')")
        store.write_now(lambda c: c.execute(check))


def test_a_message_that_goes_takes_its_words(finder, talk, store):
    """The words hang on the message by its reference, not on somebody's care."""
    ask(talk, LETTER)
    store.write_now(lambda c: c.execute(delete(messages).where(messages.c.role == "assistant")))
    (one,) = found(finder, "gebühr")
    assert [place.role for place in one.places] == ["user"]


def test_the_search_moves_house(finder, talk, store, home):
    """A copy of the database, on SQLite, finds what the original does; so does its copy."""
    (at,) = ask(talk, LETTER)
    transfer.snapshot(store, home / "copy.db")
    copy = Store(sqlite_url(home / "copy.db"))
    assert ids(found(Search(copy, lambda: 0), '"Bebauungsplan Nord"')) == {at}
    copy.close()


@pytest.mark.postgres
def test_the_search_moves_between_databases(home, postgres_url, talk, store, finder):
    """From SQLite to PostgreSQL and from there to SQLite: the words are found in every one of them."""
    (at,) = ask(talk, LETTER)
    other = Store(sqlite_url(home / "back.db") if not store.is_sqlite else postgres_url)
    schema.prepare(other)
    transfer.move(store, other)
    there = Search(other, lambda: 0)
    assert ids(found(there, "Gebühr")) == {at}
    assert ids(found(there, '"Bebauungsplan Nord"')) == {at}
    other.close()
