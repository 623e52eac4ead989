# SPDX-License-Identifier: EUPL-1.2
"""Chat under many eyes: ``python bench/chat.py viewers [--viewers 200]``.

The real ``hausgeist serve`` runs on one core; a fake upstream and the viewers share the other. Two viewers
(two devices) follow each answer: 20 chunks a second of Markdown with lists, tables and code. A stall is a
silence of more than 250 ms within an answer that a viewer sees, although the upstream sends every 50 ms.
"""

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

import aiohttp

from gateway import HERE, LOAD_CORE, PROVIDER, SERVER_CORE, pinned, running
from hausgeist import app, settings

UPSTREAM, HOUSE = 9180, 9182
TURNS_EACH = 4
"""Answers that one person has running at once."""
STALL = 0.25


def prepare(home: Path, people: int) -> list[str]:
    """People with open sessions; gives the cookies."""
    (home / "providers.toml").write_text(
        PROVIDER.replace('{ id = "fake" }', '{ id = "fake" }, { id = "fake-chat" }')
    )
    (home / "providers.toml").chmod(0o600)
    house = app.build(settings.load({}, home=home, starter_model=False))

    async def make() -> list[str]:
        cookies = []
        for number in range(people):
            person = await house.identity.people.create(
                login=f"p{number}", name=f"P {number}", password=None, by="bench"
            )
            cookies.append(await house.identity.sessions.open(person.id))
        await house.store.drain()
        return cookies

    found = asyncio.run(make())
    house.store.close()
    return found


async def watch(session: aiohttp.ClientSession, address: str, gaps: list[float]) -> None:
    """Follow an answer to its end; notes the silences between what arrives."""
    last = None
    async with session.get(address) as response:
        async for data in response.content.iter_any():
            now = time.perf_counter()
            if last is not None:
                gaps.append(now - last)
            last = now
            if b"event: end" in data:  # what may follow is a title, which takes its time
                return


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
        cookies = prepare(home, options.viewers // 2 // TURNS_EACH + 1)
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
