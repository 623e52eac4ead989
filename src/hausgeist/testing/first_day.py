# SPDX-License-Identifier: EUPL-1.2
"""The first day of a house, as a program: from an empty data directory to answers, and down again.

    python -m hausgeist.testing.first_day HOME [--model FILE] [--alone]

With ``--alone`` it happens in a network of its own that has a loopback and nothing else (Linux, root).
Where the processes connect to is written to the file ``connections`` beside HOME. Prints one line of JSON:
the exit code, and in a network of its own how many packets found no route there. Without a model nothing
is asked of one; everything else happens.
"""

import ctypes
import fcntl
import json
import re
import socket
import struct
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from hausgeist.testing.running import (
    PASSWORD,
    RECORDER,
    Running,
    alive,
    made,
    serving,
    wait_until,
)

CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS = 0x8914
IFF_UP = 1
PAGES = [
    "/",
    "/account",
    "/account/data/export",
    "/admin/users",
    "/admin/keys",
    "/admin/models",
    "/admin/providers",
    "/admin/egress",
]


def enter_silence() -> None:
    """Leave the network of this machine for an empty one with a loopback.

    Raises:
        OSError: it takes root, or a kernel that lets us.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "no network of its own")
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", IFF_UP))


def lost_packets() -> int:
    """How often the kernel was asked for a way that does not exist, by whomever, since the network began."""
    names, numbers = (
        line.split() for line in Path("/proc/self/net/snmp").read_text().splitlines()[:2]
    )
    six = re.search(r"Ip6OutNoRoutes\s+(\d+)", Path("/proc/self/net/snmp6").read_text())
    return int(numbers[names.index("OutNoRoutes")]) + (int(six[1]) if six else 0)


def recorded(file: Path) -> list[dict[str, Any]]:
    """The attempts to connect that a day has written down, loopback too."""
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text().splitlines()]


def leads_out(attempt: dict[str, Any]) -> bool:
    """Whether an attempt leads away from this machine."""
    where = attempt["where"]
    if where is None or str(where).startswith(("/", "\x00")):
        return False  # this machine's own address, or a socket in its file system
    try:
        return not ip_address(str(where)).is_loopback
    except ValueError:
        return where not in {"localhost", ""}


def live_through(home: Path, model: Path | None) -> int:
    """The day; gives the exit code of the server."""
    record = {"CONNECTIONS_FILE": str(home.parent / "connections"), "PYTHONPATH": str(RECORDER)}
    if model is not None:
        made(home, "model", "add", f"file:{model}", "--name", "smol", environ=record)
    with serving(home, environ=record, threads=2, starter_model="no") as house:
        _set_up(house)
        _look_around(house)
        house.key = made(home, "key", "create", "script", "--user", "anna", environ=record)["key"]
        if model is not None:
            _ask(house)
        vectors = house.call("/v1/embeddings", model="hausgeist-embed", input=["Haus", "Geist"])
        assert [len(one["embedding"]) > 10 for one in vectors.json["data"]] == [True, True]
        assert house.ask("GET", "/metrics").status == 200
        assert house.ask("GET", "/readyz").status == 200
        children = house.children()
        assert len(children) >= (1 if model is None else 2), "an engine and the encoder"
        code = house.stop()
        wait_until(lambda: not any(map(alive, children)), "the end of the engines", 10)
    return code


def _set_up(house: Running) -> None:
    """The first account, and its login."""
    link = house.setup_link()
    assert house.ask("GET", link).status == 200
    first = {"login": "anna", "name": "Anna", "password": PASSWORD, "organisation": "Stadt"}
    assert house.form("/setup", token=link.partition("=")[2], **first).status == 303
    house.cookies.clear()
    assert house.form("/login", name="anna", password=PASSWORD).status == 303


def _look_around(house: Running) -> None:
    """Pages with all that belongs to them, the canary, and out again."""
    for page in PAGES:
        shown = house.ask("GET", page)
        assert shown.status == 200, (page, shown.text)
    for path in set(re.findall(r'(?:src|href)="(/static/[^"]+)"', shown.text)):
        assert house.ask("GET", path).status == 200, path
    assert house.form("/admin/egress/canary").status == 303
    assert house.form("/logout").status == 303
    house.cookies.clear()


def _ask(house: Running) -> None:
    """Answers of a model, in one piece and as a stream."""
    answer = house.chat("smol", "Say hello.", max_tokens=8)
    assert answer.status == 200, answer.text
    assert answer.json["choices"][0]["message"]["content"]
    with house.streaming("smol", max_tokens=8) as stream:
        assert b"[DONE]" in stream.read()
    assert 'outcome="ok"' in house.ask("GET", "/metrics").text


def main() -> None:
    """Live through the day."""
    home = Path(sys.argv[1])
    model = Path(sys.argv[sys.argv.index("--model") + 1]) if "--model" in sys.argv else None
    alone = "--alone" in sys.argv
    if alone:
        enter_silence()
    result = {"exit": live_through(home, model)}
    if alone:
        result["lost"] = lost_packets()
        before = lost_packets()
        with socket.socket() as probe:
            probe.connect_ex(("192.0.2.1", 443))
        result["counted"] = lost_packets() - before
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    main()
