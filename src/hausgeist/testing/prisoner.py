# SPDX-License-Identifier: EUPL-1.2
"""What a parser that has been taken over would try, for tests of the limited child process.

Each function takes bytes and gives what it got; system calls go past Python, so that not its audit hook
alone is tried.
"""

import ctypes
import errno
import os
import sys
import time
from pathlib import Path

from hausgeist.errors import BorderRefused, FileUnreadable

_SOCKET = {"x86_64": 41, "aarch64": 198}
_FORK = {"x86_64": 56, "aarch64": 220}


def echo(payload: bytes) -> bytes:
    """What came in."""
    return payload


def refuse(payload: bytes) -> bytes:
    """An error of the house, with values."""
    raise FileUnreadable(reason=payload.decode())


def lie(payload: bytes) -> bytes:
    """An error of the house without what fills its words, or one that cannot be made so."""
    raise FileUnreadable(wrong=1) if payload else BorderRefused(())


def stumble(payload: bytes) -> bytes:
    """An error that is nobody's."""
    raise ValueError(payload)


def chatter(payload: bytes) -> bytes:
    """Print to every door that looks open."""
    os.write(1, b"{}\nforged")
    sys.stdout.write("forged\n")
    return payload


def devour(payload: bytes) -> bytes:
    """Take a gigabyte of memory."""
    return payload * (1 << 30)


def spin(payload: bytes) -> bytes:
    """Compute for ever."""
    while len(payload) >= 0:
        pass
    return payload


def sleep(payload: bytes) -> bytes:
    """Do nothing for a long time."""
    time.sleep(600)
    return payload


def crash(payload: bytes) -> bytes:
    """Break as a faulty library does."""
    ctypes.string_at(0)
    return payload


def gush(payload: bytes) -> bytes:
    """Answer with far too much."""
    return b"x" * (3 * 1024 * 1024) + payload


def fill(payload: bytes) -> bytes:
    """Fill the disk."""
    with Path("big").open("wb") as file:
        file.writelines(b"x" * (1 << 20) for _ in range(64))
    return payload


def call(payload: bytes) -> bytes:
    """Open a network socket, by Python and by the kernel's own door."""
    del payload
    libc = ctypes.CDLL(None, use_errno=True)
    by_kernel = libc.syscall(_SOCKET[os.uname().machine], 2, 1, 0)
    told = errno.errorcode.get(ctypes.get_errno(), "")
    try:
        import socket  # noqa: PLC0415  what is tried

        socket.socket()
    except PermissionError:
        return f"{by_kernel} {told} refused".encode()
    return f"{by_kernel} {told} open".encode()


def multiply(payload: bytes) -> bytes:
    """Start another process by the kernel's own door."""
    del payload
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(_FORK[os.uname().machine], 17, 0, 0, 0, 0) == 0:
        os._exit(0)
    return errno.errorcode.get(ctypes.get_errno(), "").encode()


def look(payload: bytes) -> bytes:
    """Read a file of somebody else's."""
    try:
        return Path(payload.decode()).read_bytes()
    except PermissionError:
        return b"refused"


def surroundings(payload: bytes) -> bytes:
    """Environment, open files and the folder it runs in."""
    del payload
    files = []
    for number in range(256):
        try:
            os.fstat(number)
        except OSError:
            continue
        files.append(str(number))
    return "\n".join([str(Path.cwd()), ",".join(files), *sorted(vars(os)["environ"])]).encode()
