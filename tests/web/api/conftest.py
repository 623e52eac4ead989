# SPDX-License-Identifier: EUPL-1.2
"""Plain requests to the running house."""

import http.client
import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest

from hausgeist.testing.served import Served


@dataclass(frozen=True)
class Reply:
    """A response that has been read; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    def lines(self) -> list[Any]:
        """The body as lines of JSON."""
        return [json.loads(line) for line in self.body.splitlines()]

    def events(self) -> list[Any]:
        """The data of Server-Sent Events."""
        frames = self.body.decode().removesuffix("\n\n").split("\n\n")
        return [json.loads(frame.split("data: ", 1)[1]) for frame in frames]


def asker(server: Served) -> Callable[..., Reply]:
    """A function that asks a house: method, path, body (bytes, or sent as JSON), key ("": none), headers."""

    def ask(
        method: str,
        path: str,
        body: object = None,
        *,
        key: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        credential = server.member.key if key is None else key
        sent = {"Authorization": f"Bearer {credential}"} if credential else {}
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        with closing(
            http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        ) as connection:
            connection.request(method, path, data, sent | (headers or {}))
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, found, response.read())

    return ask


@pytest.fixture
def ask(server) -> Callable[..., Reply]:
    """Ask the shared house."""
    return asker(server)


@pytest.fixture
def ask_of() -> Callable[[Served], Callable[..., Reply]]:
    """Ask a house of one's own."""
    return asker
