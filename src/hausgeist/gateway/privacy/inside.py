# SPDX-License-Identifier: EUPL-1.2
"""The program of the detectors' own process; run by its path.

Frames (``frames.py``) flow in through stdin and out through stdout. It loads everything first, then takes
limits upon itself: memory, no network, no programs, files only where Python is (the barriers of
``jobs.inside``), no core dump; then it says that it is ready. The end of stdin is its end.
"""

import importlib.util
import os
import resource
import sys
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import BinaryIO

HERE = Path(__file__).resolve().parent
SOURCES = HERE.parents[2]
OPEN_MOST = 64
FILE_MOST = 0
"""Bytes of a file that is written: it writes none."""


def main() -> None:
    """Load, give up, answer."""
    megabytes = int(sys.argv[1])
    out = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)  # what a library prints is no frame
    os.dup2(nothing, 2)
    _without_the_gateway()
    try:
        import msgspec  # noqa: PLC0415  after stdout is safe

        from hausgeist.gateway.privacy import frames  # noqa: PLC0415  as above
        from hausgeist.gateway.privacy.detectors import Detectors  # noqa: PLC0415  as above

        detectors = Detectors.load()
        detectors.find("Bereit: erika@stadt.intern, +49 30 23125000")  # the first is the slowest
        held = _give_up(megabytes)
    except Exception as error:  # noqa: BLE001  the child supervisor's side: told by name, never by words
        _say_failed(out, type(error).__name__)
        os._exit(1)
    out.write(frames.packed(frames.Ready("", detectors.version, held)))
    out.flush()
    decoder = msgspec.msgpack.Decoder(frames.Words | frames.Ask)
    while (body := _frame(sys.stdin.buffer)) is not None:
        order = decoder.decode(body)
        if isinstance(order, frames.Words):
            detectors.know(order.entries)
            continue
        try:
            found = (
                detectors.again(order.persons, order.text)
                if order.persons
                else detectors.find(order.text, bare=order.bare)
            )
            told = [
                frames.Found(one.start, one.end, one.kind, one.rule, one.certain, one.score)
                for one in found
            ]
            answer = frames.Answer(order.id, told)
        except Exception as error:  # noqa: BLE001  the child supervisor's side: nothing then leaves
            answer = frames.Answer(order.id, [], type(error).__name__)
        out.write(frames.packed(answer))
        out.flush()
    os._exit(0)


def _frame(pipe: BinaryIO) -> bytes | None:
    head = pipe.read(4)
    if len(head) < 4:
        return None
    size = int.from_bytes(head)
    body = pipe.read(size)
    return body if len(body) == size else None


def _say_failed(out: BinaryIO, kind: str) -> None:
    """By hand, for the frames themselves may be what is missing: ["ready", kind, "", []]."""
    name = kind.encode()[:31]
    body = b"\x94\xa5ready" + bytes([0xA0 | len(name)]) + name + b"\xa0\x90"
    out.write(len(body).to_bytes(4) + body)
    out.flush()


def _without_the_gateway() -> None:
    """Make our packages findable without running them: the gateway's own would load all of the house."""
    if str(SOURCES) not in sys.path:
        sys.path.append(str(SOURCES))
    for name, folder in (
        ("hausgeist.gateway", HERE.parent),
        ("hausgeist.gateway.privacy", HERE),
    ):
        package = ModuleType(name)
        package.__path__ = [str(folder)]
        sys.modules[name] = package


def _give_up(megabytes: int) -> list[str]:
    """Limits, then the barriers; gives the names of those that hold."""
    memory = megabytes * 1024 * 1024
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, FILE_MOST),
        (resource.RLIMIT_NOFILE, OPEN_MOST),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):  # systems that know a limit and do not keep it
            resource.setrlimit(what, (most, most))
    spec = importlib.util.spec_from_file_location(
        "barriers", HERE.parents[1] / "jobs" / "inside.py"
    )
    assert spec is not None
    assert spec.loader is not None
    barriers = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(barriers)
    held: list[str] = barriers.seclude()
    return ["limits", *held]


if __name__ == "__main__":
    main()
