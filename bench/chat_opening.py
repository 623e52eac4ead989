# SPDX-License-Identifier: EUPL-1.2
"""Opening a conversation of 2,000 messages: ``python bench/chat.py opening [--messages 2000] [--rounds 7]``.

A house on loopback with one person and one conversation, whose answers have headings, tables, code,
formulas and lists. What is timed is the whole request, the page rendered: its end as one opens it, what
stands above it, and everything at once as a browser without a script may ask for it. Prints seconds.
"""

import argparse
import asyncio
import http.client
import socket
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import uvicorn

from hausgeist import app
from hausgeist.core.messages import Text
from hausgeist.core.people import Role
from hausgeist.settings import Settings
from hausgeist.store import chats
from hausgeist.store.chats import Conversation, Said
from hausgeist.web.house import House

OPENING_MOST = 1.0
"""Seconds: the promise."""
TALK = "c" * 32
ANSWER = (
    """# Antwort {place}

Ein **Absatz** mit `Code`, einem [Verweis](https://example.org) und $a^2 + b^2$.

| Amt | Frist |
|---|---:|
| Bauamt | 4 Wochen |

```python
def frist(tage: int) -> str:
    return f"{{tage}} Tage"
```

- eins
- zwei

"""
    + "Ein längerer Satz mit vielen Wörtern, der etwas über eine Frist sagt. " * 12
)


def said(place: int) -> Said:
    """The message at a place: questions at even ones."""
    answer = place % 2 == 1
    text = ANSWER.format(place=place) if answer else f"Frage {place}: welche Frist gilt hier?"
    return Said(
        id=f"m{place:031d}",
        parent_id=f"m{place - 1:031d}" if place else None,
        role="assistant" if answer else "user",
        parts=(Text(text),),
        created_at=place + 1,
        model="bench" if answer else None,
        zone="house" if answer else None,
        data_class="internal" if answer else None,
        output_tokens=300 if answer else None,
        duration_ms=900 if answer else None,
    )


def filled(home: Path, count: int) -> tuple[House, str]:
    """A house with the conversation in it, and the cookie of its owner."""
    house = app.build(Settings(home=home, starter_model=False, log_level="error"))

    async def owner() -> tuple[str, str]:
        people, sessions = house.identity.people, house.identity.sessions
        person = await people.create(
            login="bench",
            name="Bench",
            password="drei Katzen im Regen",
            role=Role.MEMBER,
            by="bench",
        )
        return person.id, await sessions.open(person.id)

    owner_id, cookie = asyncio.run(owner())
    talk = Conversation(
        id=TALK,
        title="Lang",
        model="bench",
        data_class="internal",
        leaf_id=None,
        created_at=1,
        updated_at=1,
    )

    def write(connection: object) -> None:
        chats.create(connection, owner_id, talk)
        chats.add(connection, owner_id, TALK, [said(place) for place in range(count)])

    house.store.write_now(write)
    return house, cookie


def seconds(port: int, path: str, cookie: str) -> tuple[float, int]:
    """How long a page takes, and how many messages it shows."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    start = time.perf_counter()
    headers = {"Cookie": f"hausgeist_session={cookie}", "Accept": "text/html"}
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    body = response.read()
    took = time.perf_counter() - start
    connection.close()
    if response.status != 200:
        sys.exit(f"{path}: {response.status}")
    return took, body.count(b"<article")


def main() -> None:
    """Print the figures; fail when the promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=7)
    wish, _ = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as folder:
        house, cookie = filled(Path(folder) / "home", wish.messages)
        listening = socket.create_server(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        server = uvicorn.Server(
            uvicorn.Config(app.application(house), log_config=None, lifespan="on", access_log=False)
        )
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        first = f"m{wish.messages - 40:031d}"
        pages = {
            "as one opens it": f"/c/{TALK}",
            "40 messages above": f"/c/{TALK}/before?message={first}",
            "all at once": f"/c/{TALK}?shown=5000",
        }
        median = 0.0
        for name, path in pages.items():
            seconds(port, path, cookie)
            rounds = [seconds(port, path, cookie) for _ in range(wish.rounds)]
            middle = statistics.median(took for took, _ in rounds)
            median = median or middle
            worst = max(took for took, _ in rounds)
            print(f"{name:20} {rounds[0][1]:5} messages  {middle:6.3f} s, worst {worst:6.3f} s")
        server.should_exit = True
        thread.join(20)
        house.store.close()
    kept = median < OPENING_MOST
    print(f"{wish.messages} messages open in {median:.3f} s; the promise is {OPENING_MOST:.0f} s")
    sys.exit(not kept)


if __name__ == "__main__":
    main()
