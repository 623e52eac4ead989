# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist worker``: does the jobs of a house. ``serve`` starts one by itself; run more on other machines.

It opens the house's database and secret, takes jobs until it is told to end (SIGTERM, Ctrl-C), and then gives
back what it has not ended. It connects to the database and to the house, and to nothing else.
"""

import asyncio
import os
import secrets
import signal
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import typer

from hausgeist import logs, settings

if TYPE_CHECKING:
    from hausgeist.core.jobs import Job
    from hausgeist.jobs.work import Asker, JobFunction
    from hausgeist.jobs.worker import Worker
    from hausgeist.register.bench import Bench
    from hausgeist.settings import Settings


def worker(
    gateway: str = typer.Option(
        "", help="Address of the house; empty: HAUSGEIST_GATEWAY_URL, else this machine."
    ),
    idle: float | None = typer.Option(None, help="End after so many seconds without a job."),
    name: str = typer.Option("", hidden=True),
    with_parent: bool = typer.Option(False, hidden=True),
) -> None:
    """Do background jobs until told to stop."""
    config = settings.load()
    logs.set_up(config.log_level, config.log_format)
    asyncio.run(
        work(
            config,
            gateway or config.gateway_url,
            name or f"{os.uname().nodename[:24]}-{os.getpid()}-{secrets.token_hex(4)}",
            idle=idle,
            with_parent=with_parent,
        )
    )


async def work(
    config: "Settings",
    gateway: str,
    name: str,
    *,
    idle: float | None = None,
    with_parent: bool = False,
    silence: float = 15.0,
    table: "Callable[[Bench], Mapping[str, JobFunction]] | None" = None,
) -> None:
    """Work until told to stop. ``table``: other kinds of jobs than those of the register, for tests."""
    from hausgeist import app  # noqa: PLC0415  the other commands need none of it
    from hausgeist.audit import Trail  # noqa: PLC0415  as above
    from hausgeist.identity.job_callers import JobCallers  # noqa: PLC0415  as above
    from hausgeist.jobs.asking import HouseAsker, way_in  # noqa: PLC0415  as above
    from hausgeist.jobs.children import house_address  # noqa: PLC0415  as above
    from hausgeist.jobs.durable import database  # noqa: PLC0415  as above
    from hausgeist.jobs.worker import Worker  # noqa: PLC0415  as above
    from hausgeist.net import Outbound  # noqa: PLC0415  as above
    from hausgeist.register.bench import Ground, open_bench  # noqa: PLC0415  as above
    from hausgeist.register.jobs import kinds  # noqa: PLC0415  as above

    url = gateway or house_address(config, config.port)
    outbound = Outbound(way_in(url), connect_timeout=config.upstream_connect_timeout)
    store = app.open_store(config)
    secret = app.house_secret(config.home)
    callers = JobCallers(store, secret, app.now_ms)
    bench = open_bench(
        Ground(
            settings=config,
            store=store,
            trail=Trail(store, secret, app.now_ms),
            secret=secret,
            gateway=None,
            now_ms=app.now_ms,
        )
    )

    def asker(job: "Job") -> "Asker":
        return HouseAsker(outbound, url, lambda: callers.token(job.id))

    made = Worker(
        store,
        name,
        (table or kinds)(bench),
        asker,
        app.now_ms,
        database=database(config.home, config.database_url),
        places=config.worker_jobs,
        silence=silence,
    )
    _listen(made, with_parent=with_parent)
    try:
        await made.run(idle)
        await store.drain()
    finally:
        await bench.students.close()
        await outbound.close()
        store.close()


def _listen(made: "Worker", *, with_parent: bool) -> None:
    """Leave when asked to, and (``with_parent``) when whoever started this process is gone."""
    loop = asyncio.get_running_loop()
    for asked in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(asked, made.leave)
    if with_parent:
        loop.add_reader(sys.stdin.fileno(), _orphaned, made)


def _orphaned(made: "Worker") -> None:
    """The parent's end of our standard input was closed; it never writes."""
    asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
    made.leave()
