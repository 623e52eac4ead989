# SPDX-License-Identifier: EUPL-1.2
"""A whole house on a loopback port, for tests: real HTTP, real database, echoes instead of models.

A data directory goes in; an address, an administrator, a member and their keys come out. The server runs
in a thread of its own; ``run`` does work in its event loop.
"""

import asyncio
import http.client
import json
import threading
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import uvicorn

from hausgeist import app, settings
from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.messages import ToolCall
from hausgeist.core.models import Capability
from hausgeist.core.people import Role
from hausgeist.errors import LoginTaken, Upstream
from hausgeist.identity.keys import KeyWish
from hausgeist.testing.echo import EchoProvider, echo_card
from hausgeist.web.house import House

T = TypeVar("T")

PASSWORD = "correct horse battery staple 7"  # noqa: S105  of accounts that live for one test
START_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer over HTTP."""

    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        """The error in OpenAI's shape; fails unless all four keys are there and no other."""
        error: dict[str, Any] = self.json["error"]
        if set(error) != {"message", "type", "param", "code"}:
            raise AssertionError(error)
        return error


@dataclass(slots=True)
class Login:
    """An account and its key."""

    id: str
    login: str
    key: str
    password: str = PASSWORD


@dataclass(slots=True)
class Served:
    """A running house; a context manager. ``options`` are settings.

    Models, each with an ``EchoProvider`` of its own name in ``providers``: ``echo`` and ``org/echo:7b``
    do everything, ``plain`` answers only, ``vectors`` embeds only, ``thinker`` thinks first, ``caller``
    asks for the tool ``get_weather``, ``voice`` hears and speaks, ``json`` answers
    ``{"name": "Ada", "age": 36}``, ``slow`` waits before each word, ``broken`` fails at once, ``breaks``
    after two words, ``small`` has a window of 64 tokens, ``abroad`` is in zone ``world`` and released
    for public data only.
    """

    home: Path
    options: dict[str, Any] = field(default_factory=dict)
    providers: dict[str, EchoProvider] = field(default_factory=dict)
    house: House = field(init=False)
    admin: Login = field(init=False)
    member: Login = field(init=False)
    _server: uvicorn.Server = field(init=False)
    _loop: asyncio.AbstractEventLoop = field(init=False)
    _thread: threading.Thread = field(init=False)
    _port: int = 0

    @property
    def url(self) -> str:
        """The address, without a slash at its end."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def port(self) -> int:
        """The port on loopback."""
        return self._port

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do work in the server's event loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(START_SECONDS)

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str | None = "",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One request with the member's key, or another, or (None) without any.

        ``body`` is sent as JSON unless it is bytes.
        """
        sent = {"Content-Type": "application/json"}
        if key is not None:
            sent["Authorization"] = f"Bearer {key or self.member.key}"
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=START_SECONDS)
        try:
            connection.request(method, path, data, {**sent, **(headers or {})})
            response = connection.getresponse()
            return Reply(response.status, response.headers, response.read())
        finally:
            connection.close()

    def new_key(self, **wish: Any) -> str:
        """A further key of the member; ``wish`` as in ``KeyWish``."""
        made = self.house.identity.keys.create(
            KeyWish(**{"name": "another", **wish}), self.member.id, "test"
        )
        return self.run(made)[0]

    def __enter__(self) -> Self:
        # no processes for jobs unless asked for: a test does them itself, or starts a real house
        options = {"workers": 0, **self.options}
        self.house = app.build(settings.load({}, home=self.home, **options))
        _put_models(self)
        config = uvicorn.Config(
            app.application(self.house),
            host="127.0.0.1",
            port=0,
            http="httptools",
            loop="asyncio",
            log_level="error",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
        )
        self._server = uvicorn.Server(config)
        started = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(started,), daemon=True)
        self._thread.start()
        if not started.wait(START_SECONDS) or not self._server.started:
            raise RuntimeError("the server did not start")
        self.admin = self.run(_account(self.house, "admin", Role.ADMIN))
        self.member = self.run(_account(self.house, "member", Role.MEMBER))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._thread.join(START_SECONDS)

    def _serve(self, started: threading.Event) -> None:
        async def main() -> None:
            self._loop = asyncio.get_running_loop()
            task = asyncio.create_task(self._server._serve())  # noqa: SLF001  without signals
            while not self._server.started and not task.done():  # noqa: ASYNC110  uvicorn has no event
                await asyncio.sleep(0.01)
            if self._server.started:
                self._port = self._server.servers[0].sockets[0].getsockname()[1]
            started.set()
            await task

        asyncio.run(main())


async def _account(house: House, login: str, role: Role) -> Login:
    identity = house.identity
    try:
        person = await identity.people.create(
            login=login, name=login.title(), password=PASSWORD, role=role, by="test"
        )
    except LoginTaken:  # a house that was served before
        person = await identity.people.by_login(login)
    wish = KeyWish(name="test", administers=role is Role.ADMIN)
    key, _ = await identity.keys.create(wish, person.id, "test")
    return Login(person.id, login, key)


def _put_models(served: Served) -> None:
    weather = ToolCall("call_1", "get_weather", '{"city":"Bonn"}')
    failing = Upstream(provider="broken", reason="it is broken on purpose")
    providers = [
        EchoProvider(name="echo"),
        EchoProvider(name="thinker", reasoning="Let me think."),
        EchoProvider(name="caller", tool=weather),
        EchoProvider(name="json", answer='{"name": "Ada", "age": 36}'),
        EchoProvider(name="slow", delay=0.05),
        EchoProvider(name="broken", failing=failing),
        EchoProvider(name="breaks", failing=failing, fail_after=2),
    ]
    directory = served.house.gateway.directory
    for provider in providers:
        served.providers[provider.name] = provider
        cards = [echo_card(provider.name, provider=provider.name)]
        if provider.name == "echo":
            cards += [
                echo_card("org/echo:7b"),
                echo_card("plain", capabilities=frozenset({Capability.COMPLETION})),
                echo_card("vectors", capabilities=frozenset({Capability.EMBEDDING})),
                echo_card("small", context=64),
                echo_card(
                    "voice",
                    capabilities=frozenset({Capability.TRANSCRIPTION, Capability.SPEECH}),
                ),
                echo_card("abroad", zone=Zone.WORLD, cleared_for=DataClass.PUBLIC),
            ]
        directory.put(provider.name, provider, cards)
