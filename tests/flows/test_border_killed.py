# SPDX-License-Identifier: EUPL-1.2
"""The border under blows: server and detectors are killed at random moments while letters leave.

Never an unmasked word outside, never an unbooked call, none booked twice.
"""

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from ports import free_port
from sqlalchemy import select

from hausgeist.store.db import Store, sqlite_url
from hausgeist.store.tables import departures, ledger, reservations
from hausgeist.testing.abroad import MODEL, Abroad
from hausgeist.testing.upstreams import threaded

PROGRAM = Path(__file__).with_name("border_house.py")
PATIENCE = 60.0
SECRETS = ("Schmalzried", "Hedwig", "DE89 3704", "DE89370400440532013000", "12.08.1964")
LETTER = """Sehr geehrter Herr {number}. Vorgang,

ich, Hedwig Schmalzried, geb. 12.08.1964, bitte um Überweisung auf DE89 3704 0044 0532 0130 00.

Mit freundlichen Grüßen
Hedwig Schmalzried"""


class House:
    """A server that is started again and again over one database."""

    def __init__(self, home, provider):
        self.environ = {
            name: text for name, text in os.environ.items() if not name.startswith("HAUSGEIST_")
        } | {"HAUSGEIST_HOME": str(home)}
        made = subprocess.run(
            [sys.executable, "-m", "hausgeist", "key", "create", "k", "--service", "k", "--json"],
            env=self.environ,
            capture_output=True,
            timeout=PATIENCE,
            check=True,
        )
        self.key = json.loads(made.stdout)["key"]
        self.provider = provider
        self.store = Store(sqlite_url(home / "hausgeist.db"))
        self.answered: list[str] = []
        self.refused: Counter[str] = Counter()
        self.asked = 0

    def start(self):
        """The process and its port, once it is ready."""
        port = free_port()
        process = subprocess.Popen(
            [sys.executable, str(PROGRAM), str(port), str(self.provider.port)], env=self.environ
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
        """One letter; False when the server is gone."""
        self.asked += 1
        text = LETTER.format(number=self.asked)
        body = {"model": MODEL, "messages": [{"role": "user", "content": text}]}
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        headers["X-Hausgeist-Data-Class"] = "personal"
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as line:
                line.request("POST", "/v1/chat/completions", json.dumps(body), headers)
                answer = line.getresponse()
                read = json.loads(answer.read())
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            return False
        if answer.status != 200:
            self.refused[read["error"]["code"]] += 1
            return True
        assert "Schmalzried" in read["choices"][0]["message"]["content"]  # restored for its writer
        self.answered.append(read["id"])
        return True

    def keep_asking(self, port, people=4):
        """So many write again and again until the server is gone."""

        def one():
            while self.ask(port):
                pass

        threads = [threading.Thread(target=one, daemon=True) for _ in range(people)]
        for thread in threads:
            thread.start()
        return threads

    def rows(self, table):
        return self.store.read_now(lambda c: c.execute(select(table)).mappings().all())


def children(pid):
    """The processes that a process started."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_killed_at_any_moment_nothing_leaves_unmasked_and_every_call_is_booked_once(home):
    """Detectors are shot while letters are examined, then the server; three times over."""
    rolls = random.Random(64)
    with threaded(Abroad(size=12)) as provider:
        house = House(home, provider)
        for _ in range(3):
            process, port = house.start()
            while not house.answered and house.ask(port):
                pass
            threads = house.keep_asking(port)
            for _ in range(2):
                time.sleep(0.3 + 0.4 * rolls.random())
                for child in children(process.pid):
                    os.kill(child, signal.SIGKILL)
            time.sleep(0.5 * rolls.random())
            process.kill()
            process.wait(PATIENCE)
            for thread in threads:
                thread.join(PATIENCE)
        process, port = house.start()  # books what was left open
        until = time.monotonic() + 30
        while house.rows(reservations) and time.monotonic() < until:
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
        bodies = provider.bodies
    assert house.answered
    assert bodies
    for body in bodies:
        assert not any(secret in body for secret in SECRETS)
    booked = Counter(row["call_id"] for row in house.rows(ledger) if row["outcome"] != "refused")
    assert house.rows(reservations) == []
    assert set(booked.values()) == {1}
    assert set(house.answered) <= set(booked)
    left = {row["call_id"] for row in house.rows(departures)}
    assert len(left) >= len(bodies)  # each was written down before it left
    assert left <= set(booked)
    assert set(house.refused) <= {"detector_down"}
    house.store.close()
