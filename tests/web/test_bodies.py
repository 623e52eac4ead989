# SPDX-License-Identifier: EUPL-1.2
"""What comes in at the edge: packed, damaged and oversized bodies."""

import gzip
import json
import socket
import zlib

import pytest

from hausgeist.testing.served import Served
from hausgeist.web import visit

send = Served.request

CHAT = {"model": "echo", "messages": [{"role": "user", "content": "hello dear world"}]}


@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)]
)
def test_a_packed_body_is_unpacked(server, encoding, pack):
    """Both gzip and deflate are understood."""
    body = pack(json.dumps(CHAT).encode())
    headers = {"Content-Encoding": encoding}
    assert send(server, "POST", "/v1/chat/completions", body, headers=headers).status == 200


def test_a_packed_body_counts_as_what_it_unpacks_to(server):
    """A small bomb is too large; damage is a 400; an unknown encoding a 415."""
    bomb = gzip.compress(b" " * (server.house.settings.max_body + 1))
    packed = {"Content-Encoding": "gzip"}
    assert send(server, "POST", "/v1/chat/completions", bomb, headers=packed).status == 413
    cut = gzip.compress(json.dumps(CHAT).encode())[:-4]
    assert send(server, "POST", "/v1/chat/completions", cut, headers=packed).status == 400
    other = {"Content-Encoding": "zstd"}
    reply = send(server, "POST", "/v1/chat/completions", b"x", headers=other)
    assert (reply.status, reply.error["code"]) == (415, "unsupported_encoding")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"model": "echo", ', "invalid_json"),
        (b"\xff\xfe\x00", "invalid_json"),
        (
            b'{"model": "echo", "messages": [{"role": "user", "content": "\xc3\x28"}]}',
            "invalid_json",
        ),
        pytest.param(b'{"x":' + b"[" * 200_000, "invalid_json", id="bottomless"),
        (b"[]", "invalid_value"),
    ],
)
def test_a_damaged_body_is_a_400_with_a_code(server, body, code):
    """Malformed JSON, bad UTF-8 and bottomless nesting never reach anything."""
    reply = send(server, "POST", "/v1/chat/completions", body)
    assert (reply.status, reply.error["code"]) == (400, code)


def test_a_body_that_never_ends_is_given_up(server, monkeypatch):
    """A client that stops in the middle gets an answer, and its task ends."""
    monkeypatch.setattr(visit, "BODY_SECONDS", 0.1)
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        f"Authorization: Bearer {server.member.key}\r\nContent-Length: 9\r\n"
        "Connection: close\r\n\r\n{"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head.encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"did not arrive in time" in answer
