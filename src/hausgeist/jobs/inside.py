# SPDX-License-Identifier: EUPL-1.2
"""The child that ``confined`` starts: it gives up what it will not need, then reads, works and answers.

Arguments: module, function, megabytes, seconds of processor time; the payload comes from the standard
input until its end. Out goes a line of JSON (nothing, or an error's class and values) and the result.
Each barrier holds by itself; where a kernel lacks one, the others stand:

- limits of the operating system for memory, processor time, files written, files open, no core dump
- a network of its own with nothing in it (a user and network namespace)
- a filter of system calls (seccomp): no sockets, no programs, no processes, no signals to others
- files only below Python and the folder it was started in (Landlock)
- Python's own audit hook against sockets and programs

It imports as little as it can; of the house only ``errors``.
"""

import ctypes
import importlib
import json
import os
import resource
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from hausgeist.errors import HausgeistError

FILE_MOST = 16 * 1024 * 1024
OPEN_MOST = 64

_CLONE_NEWNET, _CLONE_NEWUSER, _CLONE_THREAD = 0x40000000, 0x10000000, 0x10000
_PDEATHSIG, _SECCOMP, _NO_NEW_PRIVS = 1, 22, 38
_ALLOW, _EPERM, _ENOSYS = 0x7FFF0000, 0x00050001, 0x00050026

_CALLS = {
    # audit architecture, clone, clone3, and what is refused: socket connect accept sendto bind listen
    # socketpair execve execveat ptrace process_vm_readv process_vm_writev kill bpf io_uring_setup
    # fork vfork mount unshare setns keyctl
    "x86_64": (
        0xC000003E, 56, 435,
        (41, 42, 43, 44, 49, 50, 53, 59, 322, 101, 310, 311, 62, 321, 425, 57, 58, 165, 272, 308, 250),
    ),
    "aarch64": (
        0xC00000B7, 220, 435,
        (198, 203, 202, 206, 200, 201, 199, 221, 281, 117, 270, 271, 129, 280, 425, 40, 97, 268, 219),
    ),
}  # fmt: skip
"""Numbers of Linux' system calls, as in its unistd.h."""

_held: list[str] = []


def main() -> None:
    """Give up, read, work, answer."""
    module, function, megabytes, seconds = sys.argv[1:5]
    answer = os.dup(1)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)  # what a library prints is no answer
    os.dup2(nothing, 2)
    _limit(int(megabytes), int(seconds))
    seclude()
    head: dict[str, object] = {}
    result = b""
    try:
        work: Callable[[bytes], bytes] = getattr(importlib.import_module(module), function)
        result = work(sys.stdin.buffer.read())
    except HausgeistError as error:
        head = {"error": type(error).__name__, "values": error.values}
    except MemoryError:
        head = {"error": "MemoryError"}
    except RecursionError:
        head = {"error": "WorkCrashed"}
    except Exception as error:  # noqa: BLE001  the child supervisor's side: all of it is told by name
        head = {"error": "WorkCrashed", "values": {"kind": type(error).__name__}}
    with os.fdopen(answer, "wb") as pipe:
        pipe.write(json.dumps(head, default=str).encode() + b"\n")
        pipe.write(result)
    os._exit(0)  # nothing of a foreign library's shall run at the end


def barriers(payload: bytes) -> bytes:
    """Which barriers hold here, by name."""
    del payload
    held = sys.modules["__main__"].__dict__.get("_held", _held)  # we run as a program
    return " ".join(held).encode()


def _limit(megabytes: int, seconds: int) -> None:
    memory = megabytes * 1024 * 1024
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, FILE_MOST),
        (resource.RLIMIT_NOFILE, OPEN_MOST),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with suppress(ValueError, OSError):  # systems that know a limit and do not keep it
            resource.setrlimit(what, (allowed, allowed))
    os.nice(10)
    _held.append("limits")


def seclude(*readable: str) -> list[str]:
    """Put up every barrier that this system has; gives the names of those that hold.

    ``readable`` are further folders that may be read.
    """
    sys.addaudithook(_refuse)
    _held.append("audit")
    if not sys.platform.startswith("linux"):
        return _held
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PDEATHSIG, 9, 0, 0, 0)  # who started us is gone: so are we
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0:
        _held.append("namespace")
    if libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return _held
    if _landlock(libc, readable):
        _held.append("landlock")
    if _filter(libc):
        _held.append("seccomp")
    return _held


def _refuse(event: str, _arguments: tuple[Any, ...]) -> None:
    if event.startswith(("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn")) or (
        event in {"os.system", "os.kill", "os.killpg", "pty.spawn"}
    ):
        raise PermissionError(event)


def _filter(libc: Any) -> bool:
    """A program for the kernel that looks at each system call; machines we have no numbers for: none."""
    if os.uname().machine not in _CALLS:
        return False
    arch, clone, clone3, refused = _CALLS[os.uname().machine]
    load, equal, at_least, has, give = 0x20, 0x15, 0x35, 0x45, 0x06
    tail = len(refused)
    lines = [
        (load, 0, 0, 4),  # the architecture
        (equal, 1, 0, arch),
        (give, 0, 0, _EPERM),
        (load, 0, 0, 0),  # the number
        (at_least, tail + 5, 0, 0x40000000),  # another set of numbers for the same calls
        *((equal, tail - place + 4, 0, number) for place, number in enumerate(refused)),
        (equal, 3, 0, clone3),
        (equal, 0, 4, clone),
        (load, 0, 0, 16),  # its flags: threads are allowed, processes are not
        (has, 2, 1, _CLONE_THREAD),
        (give, 0, 0, _ENOSYS),  # the C library then uses clone, whose flags can be seen
        (give, 0, 0, _EPERM),
        (give, 0, 0, _ALLOW),
    ]
    code = b"".join(struct.pack("=HBBI", *line) for line in lines)
    kept = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HP", len(lines), ctypes.addressof(kept))
    return bool(libc.prctl(_SECCOMP, 2, ctypes.c_char_p(program), 0, 0) == 0)


def _landlock(libc: Any, more: tuple[str, ...]) -> bool:
    """Reading only below Python and the libraries, writing only in our own folder."""
    create, add, restrict, beneath = 444, 445, 446, 1
    read, everything = 0b1101, 0x1FFF
    handled = ctypes.create_string_buffer(struct.pack("=Q", everything), 8)
    rules = libc.syscall(create, handled, 8, 0)
    if rules < 0:
        return False
    readable = {sys.prefix, sys.base_prefix, *sys.path, str(Path(__file__).parents[2]), *more}
    readable |= {"/usr", "/lib", "/lib64", "/etc/fonts", "/etc/ld.so.cache", "/dev"}
    for path, access in (*((path, read) for path in readable), (os.getcwd(), everything)):  # noqa: PTH109  no home to resolve
        try:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        wanted = access if Path(path).is_dir() else 0b100
        rule = ctypes.create_string_buffer(struct.pack("=Qi", wanted, place), 12)
        libc.syscall(add, rules, beneath, rule, 0)
        os.close(place)
    held = libc.syscall(restrict, rules, 0) == 0
    os.close(rules)
    return bool(held)


if __name__ == "__main__":
    main()
