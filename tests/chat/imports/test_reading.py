# SPDX-License-Identifier: EUPL-1.2
"""Reading foreign files: what is in them, what is not, and what hostile ones do."""

import json
import struct
import zlib

import msgspec
import pytest
from foreign import BEGUN, chatgpt, librechat, webui, zipped
from hypothesis import given, settings
from hypothesis import strategies as st

from hausgeist.chat.imports.brought import Brought, Summary
from hausgeist.chat.imports.reading import brought, frames
from hausgeist.chat.imports.tree import Node, planted
from hausgeist.errors import FileBomb, FileUnreadable, HausgeistError

NOW = 1_790_000_000_000


def read(content):
    """Summary and conversations of a file."""
    payload = content if isinstance(content, bytes) else json.dumps(content).encode()
    head, *pieces = frames(brought(payload))
    found = [
        one
        for piece in pieces
        for one in msgspec.json.decode(zlib.decompress(piece), type=list[Brought])
    ]
    return msgspec.json.decode(head, type=Summary), found


def test_a_chat_of_open_webui():
    """The tree with both answers, models, dates, reasoning, the shown branch; the file is counted."""
    summary, (one,) = read([webui()])
    assert (summary.conversations, summary.messages, summary.left_behind) == (1, 4, 1)
    assert summary.sources == ["Open WebUI"]
    assert one.title == "Bauplan"
    assert (one.created_at, one.updated_at) == (BEGUN * 1000, (BEGUN + 100) * 1000)
    assert one.pinned
    assert [(line.parent, line.role) for line in one.lines] == [
        (-1, "user"),
        (0, "assistant"),
        (0, "assistant"),
        (2, "user"),
    ]
    assert one.leaf == 3
    assert [line.model for line in one.lines[1:3]] == ["llama3:8b", "mistral:7b"]
    assert one.lines[2].text == "Eine Satzung."
    assert "Erst denken." in one.lines[2].reasoning
    assert one.lines[1].at < one.lines[2].at


def test_an_administrators_export_tells_of_how_many_people():
    """Whoever imports it must know that others' conversations are in it."""
    summary, found = read([webui("A", "u1"), webui("B", "u2"), webui("C", "u2")])
    assert (summary.people, len(found)) == (2, 3)


def test_a_conversation_of_chatgpt():
    """System and tool are left out and bridged, the thought goes to its answer, citations' marks are gone."""
    summary, (one,) = read([chatgpt()])
    assert [(line.role, line.parent) for line in one.lines] == [("user", -1), ("assistant", 0)]
    assert one.lines[0].text == "[🖼]\n\nWas zeigt das Bild?"
    assert one.lines[1].text == "Den Kölner Dom."
    assert one.lines[1].reasoning == "Ein Dom."
    assert one.lines[1].model == "gpt-4o"
    assert one.lines[0].at == BEGUN * 1000 + 250
    assert one.created_at == BEGUN * 1000 + 123
    assert one.archived
    assert (summary.left_behind, summary.skipped) == (1, 3)


def test_chatgpts_zip_and_ours():
    """In a ZIP only the conversations are read; the same in two files counts once."""
    summary, found = read(
        zipped(
            conversations__json=[chatgpt()],
            user__json={"id": "x"},
            message_feedback__json=[],
            chat__html="<html>",
        )
    )
    assert (summary.conversations, summary.unreadable_count) == (1, 0)
    assert found[0].source == "ChatGPT"
    summary, _ = read(zipped(a__json=webui(), b__json=webui(), c__md="# x"))
    assert (summary.conversations, summary.unreadable_count) == (1, 0)


def test_a_conversation_of_librechat():
    """Nested children, thinking, and the parent that means none."""
    _, (one,) = read(librechat())
    assert [(line.role, line.text, line.parent) for line in one.lines] == [
        ("user", "Regnet es?", -1),
        ("assistant", "Ja.", 0),
    ]
    assert one.lines[1].reasoning == "Aus dem Fenster sehen."


def test_one_broken_conversation_costs_no_other():
    """Each is read by itself, and what could not be read is told with its title and why."""
    broken = webui("kaputt")
    broken["chat"]["history"]["messages"]["a"] = 7
    empty = webui("leer")
    empty["chat"]["history"]["messages"] = {}
    summary, found = read([webui("A"), broken, {"x": 1}, 5, empty, webui("B")])
    assert [one.title for one in found] == ["A", "B"]
    assert summary.unreadable_count == 3  # a number is no object, and no conversation either
    assert ("kaputt", "its messages cannot be read") in summary.unreadable
    assert ("leer", "it has no messages") in summary.unreadable


def test_a_file_that_ends_in_the_middle():
    """What is whole is read, and the end is told."""
    whole = json.dumps([webui("A"), webui("B")]).encode()
    summary, found = read(whole[:-200])
    assert [one.title for one in found] == ["A"]
    assert summary.unreadable == [("2", "the file ends in the middle of it")]


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"hello",
        b"{}",
        b"[]",
        b"[1, 2]",
        b"PK\x03\x04garbage",
        b"\x00" * 1000,
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b'["' + b"x" * 100_000,
        b'["' + b"\\" * 100_001,
    ],
)
def test_what_is_no_export_is_refused_or_told(payload):
    """Nothing crashes and nothing is found."""
    try:
        summary, found = read(payload)
    except FileUnreadable:
        return
    assert found == []
    assert summary.unreadable_count


def test_a_bomb_is_not_unpacked():
    """A ZIP that would be gigabytes is refused by what it says, and by what it does."""
    bomb = zipped(conversations__json=b"[" + b" " * (420 * 1024 * 1024))
    assert len(bomb) < 1_000_000
    with pytest.raises(FileBomb):
        brought(bomb)
    lying = bytearray(bomb)
    place = lying.rindex(b"PK\x01\x02")
    struct.pack_into("<I", lying, place + 24, 100)
    with pytest.raises(HausgeistError):
        brought(bytes(lying))


def test_hostile_words_are_only_words():
    """Controls, halves of characters, markup and huge dates come in as harmless text."""
    hostile = webui("\u202e<script>alert(1)</script>\x00\r\nX: y")
    hostile["chat"]["history"]["messages"]["a"].update(
        content="<img src=x onerror=alert(1)>\x00", timestamp=1e300, model="m" * 9999
    )
    payload = json.dumps([hostile]).replace("Danke!", "\\ud800 Danke").encode()
    _, (one,) = read(payload)
    assert "\x00" not in json.dumps([msgspec.to_builtins(line) for line in one.lines])
    assert "\u202e" not in one.title
    assert "\n" not in one.title
    assert one.lines[1].text.startswith("<img src=x")
    assert len(one.lines[1].model) == 200
    assert one.lines[1].at < 4_000_000_000_000
    assert one.lines[3].text == "\ufffd Danke"


def _tree(*links):
    nodes = [
        Node(id=name, parent=parent, role="user", text=name, at=NOW - 1000 + place)
        for place, (name, parent) in enumerate(links)
    ]
    one, _ = planted(nodes, source="x", title="t", created_at=0, updated_at=0, shown=None, now=NOW)
    return [
        (line.text, one.lines[line.parent].text if line.parent >= 0 else "") for line in one.lines
    ]


def test_broken_trees_are_mended():
    """Rings are cut, orphans go on from what stood before them, two roots are two versions."""
    assert _tree(("a", None), ("b", "a"), ("c", "gone")) == [("a", ""), ("b", "a"), ("c", "b")]
    assert _tree(("a", "b"), ("b", "a")) == [("a", ""), ("b", "a")]
    assert _tree(("a", "a")) == [("a", "")]
    assert _tree(("a", None), ("b", None)) == [("a", ""), ("b", "")]
    ring = _tree(("r", None), ("a", "c"), ("b", "a"), ("c", "b"))
    assert ring == [("r", ""), ("a", "r"), ("b", "a"), ("c", "b")]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 8),
            st.one_of(st.none(), st.integers(0, 9)),
            st.sampled_from(["user", "assistant", "system", "tool"]),
            st.integers(-5, 5),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_any_tree_becomes_a_sound_one(links):
    """Every message that stays is there once, below one that comes before it, siblings apart in time."""
    nodes = [
        Node(
            id=str(name),
            parent=None if parent is None else str(parent),
            role=role,
            text=str(name),
            at=NOW + at * 1000,
        )
        for name, parent, role, at in links
    ]
    one, _ = planted(nodes, source="x", title="", created_at=0, updated_at=0, shown="1", now=NOW)
    stays = {node.id: node for node in nodes if True}
    expected = sorted(node.id for node in stays.values() if node.stays)
    if one is None:
        assert expected == []
        return
    assert sorted(line.text for line in one.lines) == expected
    assert all(line.parent < place for place, line in enumerate(one.lines))
    moments = [(line.parent, line.at) for line in one.lines]
    assert len(set(moments)) == len(moments)
    assert 0 <= one.leaf < len(one.lines)
    assert one.leaf not in {line.parent for line in one.lines}
