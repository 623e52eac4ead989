# SPDX-License-Identifier: EUPL-1.2
"""Silence: a house lives through its first day without trying to reach anything but itself."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from running import RECORDER

from hausgeist.testing.first_day import leads_out, recorded

FIRST_DAY = "hausgeist.testing.first_day"


def _outside(file: Path) -> list[dict]:
    """The attempts that were written down and lead away from this machine."""
    found = recorded(file)
    assert found, "nothing was recorded at all, not even the house's talk with its engines"
    return [one for one in found if leads_out(one)]


def _live(home: Path, model: Path, *words: str) -> dict:
    done = subprocess.run(
        [sys.executable, "-m", FIRST_DAY, str(home), "--model", str(model), *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _may_be_alone() -> bool:
    if sys.platform != "linux":
        return False
    words = [sys.executable, "-c", f"from {FIRST_DAY} import enter_silence; enter_silence()"]
    done = subprocess.run(words, capture_output=True, check=False)
    return done.returncode == 0


def _record(tmp_path: Path, program: str) -> Path:
    """The record of a program that may well fail."""
    file = tmp_path / "connections"
    environ = {**os.environ, "CONNECTIONS_FILE": str(file), "PYTHONPATH": str(RECORDER)}
    subprocess.run([sys.executable, "-c", program], env=environ, check=True, timeout=60)
    return file


@pytest.mark.engine
def test_the_first_day_needs_no_network(tmp_path, home, starter_model):
    """In a network that has loopback only, everything works, and nobody even asks for a way out."""
    if not _may_be_alone():
        assert os.environ.get("CI") != "true", "CI must run this as root on Linux"
        pytest.skip("a network of its own needs root on Linux, and a kernel that lets us")
    told = _live(home, starter_model, "--alone")
    assert told["counted"] == 1, "the kernel does not count here what finds no way"
    assert (told["exit"], told["lost"]) == (0, 0)
    assert _outside(tmp_path / "connections") == []


@pytest.mark.parametrize(
    "program",
    [
        """
        import socket
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("192.0.2.1", 9))
        """,
        """
        import socket
        try:
            socket.getaddrinfo("outside.invalid", 443)
        except OSError:
            pass
        """,
        """
        import asyncio, uvloop
        async def go():
            try:
                await asyncio.wait_for(asyncio.open_connection("192.0.2.1", 9), 0.2)
            except (OSError, TimeoutError):
                pass
        uvloop.new_event_loop().run_until_complete(go())
        """,
        """
        import asyncio, socket, uvloop
        async def go():
            with socket.socket() as one:
                one.setblocking(False)
                try:
                    await asyncio.wait_for(
                        asyncio.get_running_loop().sock_connect(one, ("192.0.2.1", 9)), 0.2)
                except (OSError, TimeoutError):
                    pass
        uvloop.new_event_loop().run_until_complete(go())
        """,
        """
        import asyncio, aiohttp, uvloop
        async def go():
            wait = aiohttp.ClientTimeout(total=0.2)
            async with aiohttp.ClientSession(timeout=wait) as session:
                try:
                    await session.get("http://192.0.2.1:9/")
                except (OSError, TimeoutError, aiohttp.ClientError):
                    pass
        uvloop.new_event_loop().run_until_complete(go())
        """,
    ],
    ids=["socket", "name", "uvloop", "uvloop-socket", "aiohttp"],
)
def test_the_recorder_sees_who_would_leave(tmp_path, program):
    """Every way out that a Python process has is written down, so that silence means silence."""
    lines = [line.removeprefix("        ") for line in program.splitlines()]
    outside = {one["where"] for one in _outside(_record(tmp_path, "\n".join(lines)))}
    assert outside in ({"192.0.2.1"}, {"outside.invalid"})


def test_the_recorder_lets_loopback_pass(tmp_path):
    """A connection to this machine is written down, and counts as silence."""
    file = _record(
        tmp_path,
        'import socket; s = socket.create_server(("127.0.0.1", 0)); '
        "socket.create_connection(s.getsockname())",
    )
    assert _outside(file) == []
