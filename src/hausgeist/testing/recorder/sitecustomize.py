# SPDX-License-Identifier: EUPL-1.2
"""Writes down where a Python process connects to, before it does; loaded by being on PYTHONPATH.

Python's own sockets raise audit events. uvloop's do not, as it talks to the kernel itself, so the doors of
its loop are watched too. One line of JSON an attempt goes to the file ``CONNECTIONS_FILE`` names.
"""

import importlib.util
import json
import os
import sys
from typing import Any

_FILE = os.environ.get("CONNECTIONS_FILE", "")
_EVENTS = {
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "socket.gethostbyaddr": 0,
}
"""Audit events, and which of their arguments names the other side."""


def _note(what: str, where: Any) -> None:
    if isinstance(where, tuple | list):
        where = where[0] if where else None
    if isinstance(where, bytes):
        where = where.decode("utf-8", "replace")
    line = json.dumps({"pid": os.getpid(), "what": what, "where": where}) + "\n"
    file = os.open(_FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(file, line.encode())
    os.close(file)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _EVENTS:
        _note(event, arguments[_EVENTS[event]])


def _watch_uvloop() -> None:
    import uvloop  # noqa: PLC0415  where there is one

    loop = uvloop.Loop

    def watched(name: str, place: int) -> None:
        inner = getattr(loop, name)

        def door(self: Any, *arguments: Any, **named: Any) -> Any:
            where = arguments[place] if len(arguments) > place else named.get("host")
            if where is None:
                where = named.get("remote_addr")
            if where is not None:  # else it wraps a socket whose own connection was noted
                _note(f"uvloop.{name}", where)
            return inner(self, *arguments, **named)

        setattr(loop, name, door)

    watched("create_connection", 1)
    watched("create_datagram_endpoint", 2)
    watched("getaddrinfo", 0)
    watched("sock_connect", 1)
    watched("sock_sendto", 2)


if _FILE:
    sys.addaudithook(_hook)
    if importlib.util.find_spec("uvloop"):
        _watch_uvloop()
