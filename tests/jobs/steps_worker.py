# SPDX-License-Identifier: EUPL-1.2
"""A worker as a process of its own, with kinds of jobs for tests; settings come from the environment.

``steps`` asks the house about each of ``params.steps`` and keeps each answer in the house's table of facts;
``nap`` sleeps; ``fails`` raises what is no error of the house; ``refused`` asks a model that there is not.
Arguments: address of the house, seconds of silence. Connections to anywhere but this machine are printed.
"""

import asyncio
import os
import secrets
import sys
from itertools import islice

from hausgeist import logs, settings
from hausgeist.cli.worker import work
from hausgeist.core.calls import Call
from hausgeist.core.labels import DataClass, Purpose
from hausgeist.core.messages import text_message
from hausgeist.core.people import Principal, Role
from hausgeist.store import accounts

AT_ONCE = 4


def call(text, model):
    """What is asked of a model about a text."""
    return Call(
        id="",
        principal=Principal(id="", name="", role=Role.MEMBER),
        purpose=Purpose.SUGGEST,
        model=model,
        messages=(text_message("user", text),),
        declared=DataClass.PUBLIC,
    )


def table(bench):  # noqa: C901  four small functions over one store
    """The kinds of jobs, over the doors of a house."""
    store = bench.ground.store

    def kept(connection, number):
        return accounts.read_meta(connection, f"step {number}") is not None

    def missing(connection, steps):
        return [number for number in range(steps) if not kept(connection, number)]

    async def steps(work):
        total = work.job.params["steps"]
        todo = await store.read(lambda connection: missing(connection, total))
        done = total - len(todo)
        left = iter(todo)
        while some := list(islice(left, AT_ONCE)):
            asked = [work.asker.ask(call(f"step {n}.", work.job.params["model"])) for n in some]
            answers = await asyncio.gather(*asked)

            def keep(connection, some=some, answers=answers):
                for number, answer in zip(some, answers, strict=True):
                    accounts.write_meta(connection, f"step {number}", answer.text)

            await store.write(keep)
            done += len(some)
            await work.progress(done, total, micro_eur=done)
        return {"answered": total}

    async def nap(work):
        beats = round(work.job.params["seconds"] * 20)
        for number in range(beats):
            await work.progress(number, beats)
            await asyncio.sleep(0.05)
        return {"who": f"test-{os.getpid()}"}

    async def fails(work):
        raise ValueError(work.job.params["secret"])

    async def refused(work):
        await work.asker.ask(call("Hallo", "no-such-model"))
        return {}

    return {"steps": steps, "nap": nap, "fails": fails, "refused": refused}


def watch(event, arguments):
    """Print where the process connects to, if that is not this machine."""
    if event == "socket.connect":
        address = arguments[1]
        if isinstance(address, tuple) and address[0] not in {"127.0.0.1", "::1"}:
            sys.stderr.write(f"CONNECTS TO {address}\n")
    elif event == "socket.getaddrinfo" and arguments[0] not in {None, "127.0.0.1", "::1"}:
        sys.stderr.write(f"LOOKS UP {arguments[0]}\n")


if __name__ == "__main__":
    sys.addaudithook(watch)
    config = settings.load({k: v for k, v in os.environ.items() if k.startswith("HAUSGEIST_")})
    logs.set_up("info", "text")
    name = f"test-{os.getpid()}-{secrets.token_hex(4)}"
    asyncio.run(work(config, sys.argv[1], name, silence=float(sys.argv[2]), table=table))
