# SPDX-License-Identifier: EUPL-1.2
"""The limited child process: what it gives back, and what it cannot do."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from hausgeist.errors import FileUnreadable, TookTooLong, TookTooMuch, WorkCrashed
from hausgeist.jobs.confined import AT_ONCE, barriers, confined

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a barrier of Linux'")


def run(function, payload=b"", **limits):
    """Run one of the tries of ``hausgeist.testing.prisoner``."""
    limits = {"seconds": 10, "megabytes": 512, **limits}
    return asyncio.run(confined("hausgeist.testing.prisoner", function, payload, **limits))


def test_bytes_go_in_and_come_out():
    """A megabyte goes through as it is."""
    payload = bytes(range(256)) * 4096
    assert run("echo", payload) == payload


def test_a_payload_comes_in_pieces():
    """Pieces from a source that waits arrive in order."""

    async def pieces():
        for number in range(5):
            await asyncio.sleep(0)
            yield str(number).encode()

    assert run("echo", pieces()) == b"01234"


def test_errors_of_the_house_arrive_as_they_are():
    """Class and values of an error survive the way."""
    with pytest.raises(FileUnreadable) as caught:
        run("refuse", b"die dritte Zeile")
    assert caught.value.values == {"reason": "die dritte Zeile"}


@pytest.mark.parametrize("function", ["stumble", "crash"])
def test_everything_else_is_a_crash(function):
    """A foreign error and a segmentation fault are told as one, without what they said."""
    with pytest.raises(WorkCrashed) as caught:
        run(function, b"geheim")
    assert "geheim" not in f"{caught.value} {caught.value.values}"


@pytest.mark.parametrize("payload", [b"", b"x"])
def test_an_error_that_makes_no_sense_is_a_crash(payload):
    """What a child says of itself cannot break whoever shows it."""
    with pytest.raises(WorkCrashed):
        run("lie", payload)


def test_what_a_library_prints_is_no_answer():
    """Output to the standard streams does not reach the result."""
    assert run("chatter", b"ja") == b"ja"


def test_memory_is_limited():
    """More memory than allowed is refused, with the limit in the words."""
    with pytest.raises(TookTooMuch, match="256 MB"):
        run("devour", b"x", megabytes=256)


@pytest.mark.parametrize("function", ["spin", "sleep"])
def test_time_is_limited(function):
    """Neither computing nor waiting goes on for longer than allowed."""
    with pytest.raises(TookTooLong):
        run(function, seconds=1)


def test_the_result_is_limited():
    """A result larger than asked for is not taken."""
    with pytest.raises(TookTooMuch):
        run("gush", result_most=1024 * 1024)


def test_files_are_limited():
    """It cannot fill the disk."""
    with pytest.raises(WorkCrashed):
        run("fill")


@LINUX
def test_there_is_no_network():
    """Neither Python nor the kernel opens a socket."""
    assert run("call") == b"-1 EPERM refused"


@LINUX
def test_there_are_no_further_processes():
    """The kernel refuses a second process."""
    assert run("multiply") == b"EPERM"


@LINUX
def test_files_of_others_are_out_of_reach(tmp_path):
    """A file beside the house cannot be read where the kernel has Landlock."""
    if "landlock" not in asyncio.run(barriers()):
        pytest.skip("this kernel has no Landlock")
    secret = tmp_path / "secret.key"
    secret.write_bytes(b"geheim")
    assert run("look", str(secret).encode()) == b"refused"


@LINUX
def test_it_sees_nothing_of_ours(monkeypatch):
    """No variable of ours, no open file but its own, and its folder is gone afterwards."""
    monkeypatch.setenv("HAUSGEIST_HF_TOKEN", "geheim")
    kept = os.open("/dev/null", os.O_RDONLY)
    os.set_inheritable(kept, True)
    try:
        folder, files, *names = run("surroundings").decode().splitlines()
    finally:
        os.close(kept)
    assert set(names) <= {"HOME", "LANG", "LC_CTYPE", "PATH", "TMPDIR"}
    assert len(files.split(",")) <= 5
    assert not Path(folder).exists()


def test_only_a_few_run_at_once():
    """More than the allowed number wait for their turn, and all get it."""

    async def many():
        work = [
            confined("hausgeist.testing.prisoner", "echo", bytes([n]), seconds=20, megabytes=512)
            for n in range(AT_ONCE * 3)
        ]
        return await asyncio.gather(*work)

    assert asyncio.run(many()) == [bytes([n]) for n in range(AT_ONCE * 3)]


def test_who_is_cancelled_leaves_nothing_behind():
    """Cancelling ends the child at once."""

    async def cancelled():
        task = asyncio.create_task(
            confined("hausgeist.testing.prisoner", "sleep", b"", seconds=60, megabytes=512)
        )
        await asyncio.sleep(0.5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(cancelled(), 10))


@LINUX
def test_the_barriers_of_this_machine():
    """Limits, Python's hook and the filter of system calls are there on every Linux we know."""
    assert {"limits", "audit", "seccomp"} <= set(asyncio.run(barriers()))
