# SPDX-License-Identifier: EUPL-1.2
"""The first day of a house, as a program: from an empty data directory to answers, and down again.

    python first_day.py HOME MODEL [--alone]

With ``--alone`` it happens in a network of its own that has a loopback and nothing else (Linux, root).
Prints one line of JSON: the exit code, and in a network of its own how many packets found no route there.
"""

import ctypes
import fcntl
import json
import re
import socket
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from running import PASSWORD, RECORDER, alive, made, serving, wait_until

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


def live_through(home: Path, model: Path) -> int:
    """The day; gives the exit code of the server."""
    record = {"CONNECTIONS_FILE": str(home.parent / "connections"), "PYTHONPATH": str(RECORDER)}
    made(home, "model", "add", f"file:{model}", "--name", "smol", environ=record)
    with serving(home, environ=record, threads=2) as house:
        link = house.setup_link()
        assert house.ask("GET", link).status == 200
        first = {"login": "anna", "name": "Anna", "password": PASSWORD, "organisation": "Stadt"}
        assert house.form("/setup", token=link.partition("=")[2], **first).status == 303
        house.cookies.clear()
        assert house.form("/login", name="anna", password=PASSWORD).status == 303
        for page in PAGES:
            shown = house.ask("GET", page)
            assert shown.status == 200, (page, shown.text)
        for path in set(re.findall(r'(?:src|href)="(/static/[^"]+)"', shown.text)):
            assert house.ask("GET", path).status == 200, path
        assert house.form("/logout").status == 303
        house.cookies.clear()
        house.key = made(home, "key", "create", "script", "--user", "anna", environ=record)["key"]
        answer = house.chat("smol", "Say hello.", max_tokens=8)
        assert answer.status == 200, answer.text
        assert answer.json["choices"][0]["message"]["content"]
        with house.streaming("smol", max_tokens=8) as stream:
            assert b"[DONE]" in stream.read()
        vectors = house.call("/v1/embeddings", model="hausgeist-embed", input=["Haus", "Geist"])
        assert [len(one["embedding"]) > 10 for one in vectors.json["data"]] == [True, True]
        assert 'outcome="ok"' in house.ask("GET", "/metrics").text
        assert house.ask("GET", "/readyz").status == 200
        children = house.children()
        assert len(children) >= 2, "an engine and the encoder"
        code = house.stop()
        wait_until(lambda: not any(map(alive, children)), "the end of the engines", 10)
    return code


def main() -> None:
    """Live through the day."""
    home, model = map(Path, sys.argv[1:3])
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
