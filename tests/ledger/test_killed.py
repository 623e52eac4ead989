# SPDX-License-Identifier: EUPL-1.2
"""A real server is killed at random moments: no call stays unbooked, none is booked twice."""

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, select

from hausgeist.store.db import Store, sqlite_url
from hausgeist.store.tables import budgets, ledger, reservations

PROGRAM = Path(__file__).with_name("killed.py")
WORDS = "eins zwei drei vier fünf sechs sieben acht"
PATIENCE = 60.0


class House:
    """Servers on one database, and people who keep asking them."""

    def __init__(self, home, url=""):
        self.home = home
        self.environ = {
            name: text for name, text in os.environ.items() if not name.startswith("HAUSGEIST_")
        }
        self.environ |= {"HAUSGEIST_HOME": str(home), "HAUSGEIST_DATABASE_URL": url}
        made = json.loads(self.command("key", "create", "wiki", "--service", "wiki", "--json"))
        self.key = made["key"]
        self.scope = f"key:{made['id']}"
        self.command("budget", "set", self.scope, "--eur", "1000", "--tokens", "100000000")
        self.store = Store(url or sqlite_url(home / "hausgeist.db"))
        self.answered: list[str] = []

    def command(self, *words):
        done = subprocess.run(
            [sys.executable, "-m", "hausgeist", *words],
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=True,
        )
        return done.stdout

    def start(self, delay=0.005, dead=45.0):
        """A server that answers; the process and its port."""
        with closing(socket.socket()) as found:
            found.bind(("127.0.0.1", 0))
            port = found.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, str(PROGRAM), str(port), str(delay), str(dead)], env=self.environ
        )
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as line:
                    line.request("GET", "/readyz")
                    if line.getresponse().status == 200:
                        return process, port
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the server did not start")

    def ask(self, port):
        """One call; keeps the id of what was answered. False when the server is gone."""
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as line:
                body = {"model": "echo", "messages": [{"role": "user", "content": WORDS}]}
                headers = {
                    "Authorization": f"Bearer {self.key}",
                    "Content-Type": "application/json",
                }
                line.request("POST", "/v1/chat/completions", json.dumps(body), headers)
                answer = line.getresponse()
                read = json.loads(answer.read())
                assert answer.status == 200, read
                assert "eur=" in answer.headers["X-Hausgeist-Budget-Remaining"]
                self.answered.append(read["id"])
                return True
        except (OSError, http.client.HTTPException):
            return False

    def keep_asking(self, port, people=8):
        """So many ask again and again until the server is gone."""

        def one():
            while self.ask(port):
                pass

        threads = [threading.Thread(target=one, daemon=True) for _ in range(people)]
        for thread in threads:
            thread.start()
        return threads

    def rows(self, table):
        return self.store.read_now(lambda c: c.execute(select(table)).mappings().all())

    def settled(self, seconds):
        """Wait until nothing is reserved."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not self.rows(reservations):
                return
            time.sleep(0.1)
        raise AssertionError("something is still reserved")

    def check(self):
        """Each answer is in the ledger; the budget spent what the ledger says and holds nothing."""
        booked = {row["call_id"]: row["outcome"] for row in self.rows(ledger)}
        assert set(self.answered) <= set(booked)
        assert {booked[call] for call in self.answered} <= {"ok", "lost"}
        (balance,) = self.rows(budgets)
        tokens, money = self.store.read_now(
            lambda c: c.execute(
                select(
                    func.sum(ledger.c.input_tokens + ledger.c.output_tokens),
                    func.sum(ledger.c.micro_eur),
                )
            ).one()
        )
        assert (balance["reserved_tokens"], balance["reserved_micro_eur"]) == (0, 0)
        assert (balance["spent_tokens"], balance["spent_micro_eur"]) == (tokens, money)
        return booked


def stop(process):
    """Ask a server to end, and wait for it."""
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) in {0, -signal.SIGTERM}


@pytest.fixture
def house(home):
    """A house on SQLite."""
    found = House(home)
    yield found
    found.store.close()


def test_whatever_moment_a_server_is_killed_at_every_call_is_booked_once(house):
    """Killed again and again amid many calls: after the restart what was open is booked as lost."""
    rolls = random.Random(9)
    for _ in range(3):
        process, port = house.start()
        threads = house.keep_asking(port)
        time.sleep(0.3 + rolls.random())
        process.kill()
        process.wait(PATIENCE)
        for thread in threads:
            thread.join(PATIENCE)
    process, port = house.start()
    assert house.ask(port)
    house.settled(20)
    stop(process)
    booked = house.check()
    assert house.answered
    assert "lost" in booked.values()


@pytest.mark.postgres
def test_a_living_replica_books_what_a_killed_one_left(home, postgres_url):
    """Of two servers one is killed: the other books its calls as lost, and keeps its own under way."""
    house = House(home, postgres_url)
    first, port = house.start(delay=5.0, dead=4.0)
    second, other = house.start(delay=1.2, dead=4.0)
    single = threading.Thread(target=house.ask, args=(other,), daemon=True)
    single.start()
    threads = [single, *house.keep_asking(port, 3)]
    while len(house.rows(reservations)) < 4:
        time.sleep(0.05)
    first.kill()
    first.wait(PATIENCE)
    until = time.monotonic() + 30
    while len(house.rows(ledger)) < 3 and time.monotonic() < until:
        time.sleep(0.1)
    outcomes = [row["outcome"] for row in house.rows(ledger)]
    assert outcomes == ["lost"] * 3
    for thread in threads:
        thread.join(PATIENCE)
    stop(second)
    house.settled(20)
    booked = house.check()
    assert booked[house.answered[0]] == "ok"
    house.store.close()
