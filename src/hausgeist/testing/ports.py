# SPDX-License-Identifier: EUPL-1.2
"""Ports of loopback for programs that must be told one before they start."""

import os
import socket
from itertools import cycle

_RANGE = range(10_000, 30_000)
_tries = cycle(range(len(_RANGE)))


def free_port() -> int:
    """A port that nobody listens on, another one each time.

    It is below those that the system hands out on its own (from 32768 on), so that no connection takes
    it before the program does; processes begin at places of their own.
    """
    for step in _tries:
        port = _RANGE[(os.getpid() * 7919 + step) % len(_RANGE)]
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise AssertionError("no port is free")
