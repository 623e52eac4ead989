# SPDX-License-Identifier: EUPL-1.2
"""A worker in small, to be killed: does one job of suggestions over a database, asking an upstream by HTTP.

Called with the database's URL, the job's id, and the upstream's address.
"""

import asyncio
import json
import sys
import time
from typing import Any

import aiohttp

from hausgeist.core.asked import Asked
from hausgeist.core.calls import Call
from hausgeist.core.messages import Usage
from hausgeist.jobs.queue import Jobs
from hausgeist.jobs.work import run_here
from hausgeist.store.db import Store
from hausgeist.testing.simulated import asked_about
from hausgeist.workbench.suggest import Suggest


class FarAsker:
    """Asks the upstream of the test."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session, self._url = session, url

    async def ask(self, call: Call) -> Asked:
        """Its answer."""
        async with self._session.post(self._url, json={"text": asked_about(call)[0]}) as response:
            found: dict[str, Any] = json.loads(await response.text())
        return Asked(
            text=found["answer"],
            usage=Usage(10, 5),
            micro_eur=3,
            ms=1,
            model=call.model,
            call_id=call.id,
            policy="p",
            terms="yes",
        )


async def main(url: str, job_id: str, upstream: str) -> None:
    """Do the job."""
    store = Store(url)
    jobs = Jobs(store, lambda: time.time_ns() // 1_000_000)
    suggest = Suggest(store, jobs, None, lambda: time.time_ns() // 1_000_000)
    async with aiohttp.ClientSession() as session:
        job = await jobs.get(job_id)
        result = await run_here(job, suggest.run, FarAsker(session, upstream))
    await store.drain()
    store.close()
    sys.stdout.write(json.dumps(dict(result)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
