# SPDX-License-Identifier: EUPL-1.2
"""Chat under many eyes, and a long conversation: ``python bench/chat_viewers.py [--viewers 200]``.

The real ``hausgeist serve`` runs on one core; a fake upstream and the viewers share the other. Two viewers
(two devices) follow each answer: 20 chunks a second of Markdown with lists, tables and code. A stall is a
silence of more than 250 ms within an answer that a viewer sees, although the upstream sends every 50 ms.
The data is made here: people, a conversation of 2,000 messages.
"""

import argparse
import asyncio
import http.client
import os
import shutil
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
from gateway import HERE, LOAD_CORE, PROVIDER, SERVER_CORE, pinned, running
from upstream import MARKDOWN

from hausgeist import app, settings
from hausgeist.core.messages import Text
from hausgeist.core.people import Role
from hausgeist.store import chats

UPSTREAM, HOUSE = 9180, 9182
TURNS_EACH = 4
"""Answers that one person has running at once."""
MESSAGES = 2000
STALL = 0.25


def prepare(home: Path, people: int) -> tuple[list[str], str]:
    """People with open sessions and one long conversation; gives the cookies and the conversation."""
    (home / "providers.toml").write_text(
        PROVIDER.replace('{ id = "fake" }', '{ id = "fake" }, { id = "fake-chat" }')
    )
    (home / "providers.toml").chmod(0o600)
    house = app.build(settings.load({}, home=home, starter_model=False))

    async def make() -> tuple[list[str], str]:
        cookies = []
        for number in range(people):
            person = await house.identity.people.create(
                login=f"p{number}",
                name=f"P {number}",
                password=None,
                role=Role.ADMIN if number == 0 else Role.MEMBER,
                by="bench",
            )
            cookies.append(await house.identity.sessions.open(person.id))
            if number == 0:
                talk = await long_talk(house, person.id)
        await house.store.drain()
        return cookies, talk

    found = asyncio.run(make())
    house.store.close()
    return found


async def long_talk(house, owner: str) -> str:
    talk = chats.Conversation(
        id="f" * 32,
        title="Ein langes Gespräch",
        model="bench/fake-chat",
        data_class="internal",
        leaf_id=None,
        created_at=1,
        updated_at=1,
    )
    said, parent = [], None
    for number in range(MESSAGES):
        role = "assistant" if number % 2 else "user"
        text = MARKDOWN if number % 2 else f"Frage {number}: Was kostet ein Stand auf dem Markt?"
        said.append(
            chats.Said(
                id=f"{number:032x}",
                parent_id=parent,
                role=role,
                parts=(Text(text),),
                created_at=number + 1,
                model="bench/fake-chat" if number % 2 else None,
            )
        )
        parent = said[-1].id

    def work(connection) -> None:
        chats.create(connection, owner, talk)
        for start in range(0, MESSAGES, 200):
            chats.add(connection, owner, talk.id, said[start : start + 200])

    await house.store.write(work)
    return talk.id


def fetch(path: str, cookie: str) -> tuple[float, int]:
    """Seconds to the whole page, and its bytes."""
    connection = http.client.HTTPConnection("127.0.0.1", HOUSE, timeout=60)
    began = time.perf_counter()
    connection.request("GET", path, headers={"Cookie": f"hausgeist_session={cookie}"})
    response = connection.getresponse()
    body = response.read()
    took = time.perf_counter() - began
    connection.close()
    if response.status != 200:
        sys.exit(f"{path}: {response.status}")
    return took, len(body)


async def watch(session: aiohttp.ClientSession, address: str, gaps: list[float]) -> None:
    """Follow an answer to its end; notes the silences between what arrives."""
    last = None
    async with session.get(address) as response:
        async for _ in response.content.iter_any():
            now = time.perf_counter()
            if last is not None:
                gaps.append(now - last)
            last = now


async def viewers(cookies: list[str], many: int) -> tuple[list[float], float]:
    """The silences that all viewers saw, and the seconds it took."""
    base = f"http://127.0.0.1:{HOUSE}"
    gaps: list[float] = []
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        sessions = []
        for number in range(many // 2):
            cookie = cookies[number // TURNS_EACH]
            session = aiohttp.ClientSession(
                cookies={"hausgeist_session": cookie},
                headers={"Origin": base, "Sec-Fetch-Site": "same-origin"},
                connector=aiohttp.TCPConnector(limit=0),
                timeout=aiohttp.ClientTimeout(total=120),
            )
            sessions.append(session)
            form = urlencode({"model": "bench/fake-chat", "class": "internal", "text": "Bitte."})
            async with session.post(
                f"{base}/c/turns",
                data=form,
                headers={"Content-Type": "application/x-www-form-urlencoded"},
            ) as response:
                answer = await response.json()
            if "turn" not in answer:
                sys.exit(f"no turn: {answer}")
            address = f"{base}/c/{answer['conversation']}/turns/{answer['turn']}/events?after=0"
            for _ in range(2):
                group.create_task(watch(session, address, gaps))
    for session in sessions:
        await session.close()
    return gaps, time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--viewers", type=int, default=200)
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="hausgeist-bench-"))
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {int(LOAD_CORE)})
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        cookies, talk = prepare(home, options.viewers // 2 // TURNS_EACH + 1)
        env = {
            **os.environ,
            "HAUSGEIST_HOME": str(home),
            "HAUSGEIST_STARTER_MODEL": "no",
            "HAUSGEIST_LOG_LEVEL": "warning",
        }
        upstream = [sys.executable, str(HERE / "upstream.py"), str(UPSTREAM)]
        stack.enter_context(running(pinned(LOAD_CORE, *upstream), UPSTREAM))
        program = str(Path(sys.executable).parent / "hausgeist")
        serve = pinned(SERVER_CORE, program, "serve", "--port", str(HOUSE))
        stack.enter_context(running(serve, HOUSE, env))
        first, size = fetch(f"/c/{talk}", cookies[0])
        opened = statistics.median(fetch(f"/c/{talk}", cookies[0])[0] for _ in range(7))
        print(f"conversation of {MESSAGES} messages, ms: {opened * 1e3:.0f}  (must be < 1000)")
        print(f"  the first time {first * 1e3:.0f} ms, page of {size / 1024:.0f} KB")
        gaps, took = asyncio.run(viewers(cookies, options.viewers))
    stalls = sum(gap > STALL for gap in gaps)
    at = sorted(gaps)
    print(f"{options.viewers} viewers of {options.viewers // 2} answers, {took:.0f} s:")
    print(f"  stalls over {STALL * 1e3:.0f} ms: {stalls} of {len(gaps)}  (must be 0)")
    for name, place in (("median", 0.5), ("p99", 0.99), ("p99.9", 0.999)):
        print(f"  silence between two arrivals, {name}: {at[int(len(at) * place)] * 1e3:.0f} ms")
    print(f"  the longest: {at[-1] * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
