# SPDX-License-Identifier: EUPL-1.2
"""The end of a house: asked to stop it lets answers finish, killed it loses no account of them."""

import http.client
import signal
import sqlite3
import threading
from contextlib import closing, suppress
from dataclasses import replace

import pytest
from running import PASSWORD, alive, ledger, made, reserved, serving, wait_until

from hausgeist.testing.upstreams import OpenAIDialect

SLOW = replace(OpenAIDialect().words([f"Wort{n} " for n in range(30)]), pause=0.06)
ENDLESS = OpenAIDialect().unfinished(["Es", " war", " einmal"], hold=True)


def _key(home) -> str:
    return made(home, "key", "create", "test", "--service", "wiki")["key"]


@pytest.mark.engine
def test_asked_to_stop_it_finishes_what_it_began(home, upstream, starter_model):
    """SIGTERM within two answers: both come whole and are booked, nobody new is let in, nothing stays."""
    upstream(SLOW)
    made(home, "model", "add", f"file:{starter_model}", "--name", "smol")
    key = _key(home)
    with serving(home, threads=1) as house:
        house.key = key
        with house.streaming("up/m") as slow, house.streaming("smol", max_tokens=60) as engine:
            children = house.children()
            assert children, "the engine runs"
            house.process.terminate()
            wait_until(house.refuses, "the door is closed")
            assert house.process.poll() is None
            rest = slow.read()
            assert b"Wort29" in rest
            assert rest.endswith(b"data: [DONE]\n\n")
            assert engine.read().endswith(b"data: [DONE]\n\n")
        assert house.stop() == 0
        assert not any(map(alive, children))
    assert sorted(ledger(home)) == [("smol", "ok"), ("up/m", "ok")]
    assert reserved(home) == 0


@pytest.mark.parametrize("grace", [0, 1])
def test_it_does_not_wait_for_an_endless_answer(home, upstream, grace):
    """After the grace the answer is cut, the upstream let go, the call booked as aborted."""
    endless = upstream(ENDLESS)
    key = _key(home)
    with serving(home, starter_model="no", shutdown_grace=grace) as house:
        house.key = key
        with house.streaming("up/m"):
            assert house.stop() == 0
    assert ledger(home) == [("up/m", "aborted")]
    assert reserved(home) == 0
    assert wait_until(endless.left.is_set, "the upstream notices", 5)


def test_a_chat_keeps_what_had_arrived(home, upstream):
    """SIGTERM within an endless answer of a chat: after the grace it is kept, as interrupted."""
    fake = upstream(ENDLESS)
    words = ("user", "create", "anna", "--admin", "--password-stdin")
    made(home, *words, input=f"{PASSWORD}\n")
    with serving(home, starter_model="no", shutdown_grace=1) as house:
        assert house.form("/login", name="anna", password=PASSWORD).status == 303

        def ask() -> None:
            with suppress(OSError, http.client.HTTPException):  # the house goes away meanwhile
                house.form("/c", text="Erzähle.", model="up/m", **{"class": "internal"})

        asking = threading.Thread(target=ask)
        asking.start()
        wait_until(lambda: fake.asked, "the upstream is asked")
        assert house.stop() == 0
        asking.join()
    with closing(sqlite3.connect(home / "hausgeist.db")) as database:
        query = "SELECT state, parts FROM messages WHERE role = 'assistant'"
        ((state, parts),) = database.execute(query)
    assert state == "interrupted"
    assert "Es war einmal" in parts
    assert ledger(home) == [("up/m", "aborted")]


def test_asked_while_nobody_speaks_it_ends_at_once(home):
    """Ctrl-C and SIGTERM are both a way to stop, not a failure; nothing is said about it."""
    for how in (signal.SIGINT, signal.SIGTERM):
        with serving(home, starter_model="no") as house:
            assert house.stop(how) == 0
            assert "Traceback" not in house.err
            assert "Aborted" not in house.err


@pytest.mark.engine
def test_killed_it_books_once_what_was_under_way(home, upstream, starter_model):
    """SIGKILL within a call: its engines die too; the next start books the call as lost, no later one."""
    upstream(ENDLESS)
    made(home, "model", "add", f"file:{starter_model}", "--name", "smol")
    key = _key(home)
    with serving(home, threads=1) as house:
        house.key = key
        assert house.chat("smol", "Hallo", max_tokens=2).status == 200
        with house.streaming("up/m"):
            children = house.children()
            assert children, "the engine runs"
            house.stop(signal.SIGKILL)
            wait_until(lambda: not any(map(alive, children)), "the end of its engines", 10)
    assert reserved(home) == 1
    for _ in range(2):
        with serving(home, threads=1) as house:
            wait_until(lambda: reserved(home) == 0, "the call is booked", 10)
            assert house.stop() == 0
        assert sorted(ledger(home)) == [("smol", "ok"), ("up/m", "lost")]
    with closing(sqlite3.connect(home / "hausgeist.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
