# SPDX-License-Identifier: EUPL-1.2
"""Which connections this process and its children really have, as the kernel lists them at this moment.

Reads ``/proc`` (Linux): the sockets among the open files of each process of the tree, matched by inode with
the lists of TCP and UDP sockets. Sees what any library opens, native code too. Does not see a connection
that began and ended between two looks, nor datagrams of sockets that are not connected to anybody.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

_LISTENING = "0A"
_LISTS = ("tcp", "tcp6", "udp", "udp6")
_SOCKET = re.compile(r"socket:\[(\d+)\]")
PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Seen:
    """A connection that one of our processes has to another machine. ``program`` is the child's command."""

    kind: str
    address: str
    port: int
    program: str


@dataclass(frozen=True, slots=True)
class _Entry:
    kind: str
    local_port: int
    address: str
    port: int
    listening: bool


def readable() -> bool:
    """Whether this machine's kernel tells."""
    return sys.platform == "linux" and (PROC / "self/net/tcp").exists()


def seen(pid: int) -> list[Seen]:
    """Connections to other machines that a process and its children have and that we began.

    One at a port we listen on came to us. What cannot be read (a child that has just ended) is left out.
    """
    found: dict[str, str] = {}
    for one in tree(pid):
        program = "" if one == pid else _command(one)
        found |= dict.fromkeys(_inodes(one), program)
    entries = dict(_entries(pid, found))
    ours = {(entry.kind[:3], entry.local_port) for entry in entries.values() if entry.listening}
    return [
        Seen(entry.kind[:3], entry.address, entry.port, found[inode])
        for inode, entry in entries.items()
        if not entry.listening
        and entry.port
        and (entry.kind[:3], entry.local_port) not in ours
        and not ip_address(entry.address).is_loopback
    ]


def tree(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for one in found:
        for task in (PROC / str(one) / "task").glob("*/children"):
            found += [int(child) for child in _text(task).split()]
    return list(dict.fromkeys(found))


def opened_in_namespace(pid: int) -> int | None:
    """How many TCP connections were begun in this network namespace since it exists, by whomever (RFC 1213).

    Loopback counts too. None where the kernel does not tell.
    """
    lines = [line.split() for line in _text(PROC / str(pid) / "net/snmp").splitlines()]
    tcp = [line for line in lines if line and line[0] == "Tcp:"]
    if len(tcp) != 2 or "ActiveOpens" not in tcp[0]:
        return None
    return int(tcp[1][tcp[0].index("ActiveOpens")])


def _inodes(pid: int) -> Iterator[str]:
    try:
        files = list((PROC / str(pid) / "fd").iterdir())
    except OSError:
        return
    for file in files:
        try:
            found = _SOCKET.fullmatch(str(file.readlink()))
        except OSError:
            continue
        if found is not None:
            yield found[1]


def _entries(pid: int, inodes: dict[str, str]) -> Iterator[tuple[str, _Entry]]:
    for kind in _LISTS:
        for line in _text(PROC / str(pid) / "net" / kind).splitlines()[1:]:
            words = line.split()
            if len(words) < 10 or words[9] not in inodes:
                continue
            local_port = int(words[1].rpartition(":")[2], 16)
            address, _, port = words[2].rpartition(":")
            listening = words[3] == _LISTENING
            yield (
                words[9],
                _Entry(kind, local_port, _address(address), int(port, 16), listening),
            )


def _address(text: str) -> str:
    """An address as the kernel writes it: words of four bytes, each in this machine's order."""
    words = [int(text[at : at + 8], 16).to_bytes(4, sys.byteorder) for at in range(0, len(text), 8)]
    packed = b"".join(words)
    if len(packed) == 4:
        return str(IPv4Address(packed))
    six = IPv6Address(packed)
    return str(six.ipv4_mapped or six)


def _command(pid: int) -> str:
    return _text(PROC / str(pid) / "cmdline").replace("\0", " ").strip()


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
