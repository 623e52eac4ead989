# SPDX-License-Identifier: EUPL-1.2
"""The kernel's list of connections, read from a tree of files as Linux writes them."""

import os
import socket
import sys

import pytest

from hausgeist.net import kernel
from hausgeist.net.kernel import Seen

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


def line(local, remote, state, inode):
    return f"   0: {local} {remote} {state} 00000000:00000000 00:00000000 00000000 0 0 {inode} 1\n"


def four(address, port):
    number = int.from_bytes(socket.inet_aton(address), sys.byteorder)
    return f"{number:08X}:{port:04X}"


@pytest.fixture
def proc(tmp_path, monkeypatch):
    """A process 7 with a child 8, and what their network has."""
    monkeypatch.setattr(kernel, "PROC", tmp_path)
    for pid, inodes, children in ((7, (1, 2, 3, 4), "8"), (8, (5,), "")):
        (tmp_path / f"{pid}/fd").mkdir(parents=True)
        (tmp_path / f"{pid}/net").mkdir()
        (tmp_path / f"{pid}/task/{pid}").mkdir(parents=True)
        (tmp_path / f"{pid}/task/{pid}/children").write_text(children)
        (tmp_path / f"{pid}/cmdline").write_text("python\0-m\0pip\0download\0x")
        for number in inodes:
            (tmp_path / f"{pid}/fd/{number}").symlink_to(f"socket:[{number}]")
    (tmp_path / "7/net/tcp").write_text(
        HEAD
        + line(four("0.0.0.0", 8421), four("0.0.0.0", 0), "0A", 1)
        + line(four("10.0.0.1", 8421), four("10.0.0.9", 50000), "01", 2)  # came to us
        + line(four("10.0.0.1", 40000), four("192.0.2.7", 443), "01", 3)
        + line(four("127.0.0.1", 40001), four("127.0.0.1", 9999), "01", 4)
        + line(four("10.0.0.1", 40002), four("192.0.2.8", 443), "01", 5)
        + line(four("10.0.0.1", 40003), four("192.0.2.9", 443), "01", 99)  # somebody else's
    )
    (tmp_path / "7/net/snmp").write_text("Tcp: RtoMin ActiveOpens\nTcp: 200 12\n")
    return tmp_path


def test_only_what_we_began_to_other_machines_is_seen(proc):
    """Not what listens, what came to us, what stays on this machine, or what others have."""
    assert proc
    assert kernel.seen(7) == [
        Seen("tcp", "192.0.2.7", 443, ""),
        Seen("tcp", "192.0.2.8", 443, "python -m pip download x"),
    ]


def test_connections_of_the_namespace_are_counted(proc):
    """The kernel's counter of connections that were begun, by whomever."""
    assert proc
    assert kernel.opened_in_namespace(7) == 12
    assert kernel.opened_in_namespace(8) is None


@pytest.mark.skipif(not kernel.readable(), reason="this kernel has no /proc/net")
def test_a_real_process_is_read():
    """A connection to this machine's own loopback is no connection to another machine."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as one,
    ):
        ports = {found.port for found in kernel.seen(os.getpid())}
        assert one.getpeername()[1] not in ports
    assert os.getpid() in kernel.tree(os.getpid())
