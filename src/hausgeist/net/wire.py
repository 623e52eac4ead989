# SPDX-License-Identifier: EUPL-1.2
"""What the kernel counted on the sockets that the client opened to the outside, beside what was counted here.

``TCP_INFO`` (Linux 4.19 and later) tells of each connected socket how many bytes were sent and received on
it, TLS and its handshake among them. Read while a socket is open: at the end of every request, and when
somebody asks. What was sent after the last look, such as the words that close a TLS connection, is missed.
"""

import socket
import struct
import sys
from dataclasses import dataclass, field

_SENT, _RECEIVED, _AGAIN = 200, 128, 208
"""Where ``struct tcp_info`` has bytes sent, received, and sent again."""
PER_SOCKET = 16 * 1024
"""Bytes beyond our own count that a socket may have carried: the handshake of TLS and its certificates."""
ADDRESSES_MOST = 10_000
SHARE = 0.1
"""Part of our own count that the framing of TLS and of chunks may add."""


@dataclass(slots=True)
class _Open:
    socket: socket.socket
    sent: int = 0
    received: int = 0


@dataclass(slots=True)
class Wire:
    """Since the process started. ``out`` and ``into`` are what the requests' own counts come to, in bytes."""

    sockets: int = 0
    out: int = 0
    into: int = 0
    addresses: dict[tuple[str, int], int] = field(default_factory=dict)
    """Addresses and ports that sockets were opened to, inside the house too, and how often; the last ones."""
    _sent: int = 0
    _received: int = 0
    _open: list[_Open] = field(default_factory=list)

    def leads(self, address: str, port: int) -> None:
        """A socket is opened to an address."""
        times = self.addresses.pop((address, port), 0)
        self.addresses[address, port] = times + 1
        if len(self.addresses) > ADDRESSES_MOST:
            self.addresses.pop(next(iter(self.addresses)))

    def opened(self, one: socket.socket) -> None:
        """A socket was opened to the outside."""
        self.sockets += 1
        self._open.append(_Open(one))

    def counted(self, out: int, into: int) -> None:
        """A request has ended."""
        self.out += out
        self.into += into
        self.look()

    def look(self) -> None:
        """Ask the kernel about the sockets that are open, and let go of those that are not."""
        for one in list(self._open):
            told = _told(one.socket)
            if told is None:
                self._sent += one.sent
                self._received += one.received
                self._open.remove(one)
            else:
                one.sent, one.received = told

    @property
    def sent(self) -> int:
        """Bytes that the kernel sent, as of the last look."""
        return self._sent + sum(one.sent for one in self._open)

    @property
    def received(self) -> int:
        """Bytes that the kernel received, as of the last look."""
        return self._received + sum(one.received for one in self._open)

    @property
    def too_much(self) -> int:
        """Bytes the kernel sent on these sockets that nobody here has counted; 0 where all is explained."""
        explained = self.out * (1 + SHARE) + self.sockets * PER_SOCKET
        return max(0, int(self.sent - explained))


def _told(one: socket.socket) -> tuple[int, int] | None:
    """Bytes sent and received on a socket; None when it is closed, or the kernel does not tell."""
    if sys.platform != "linux" or one.fileno() < 0:
        return None
    try:
        told = one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    except OSError:
        return None
    if len(told) < _AGAIN + 8:
        return None
    sent, again, received = (
        struct.unpack_from("=Q", told, at)[0] for at in (_SENT, _AGAIN, _RECEIVED)
    )
    return sent - again, received
