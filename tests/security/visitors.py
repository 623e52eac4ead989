# SPDX-License-Identifier: EUPL-1.2
"""A house on loopback with real accounts, and visitors that behave like browsers and programs."""

import asyncio
import http.client
import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import uvicorn

from hausgeist import app
from hausgeist.core.people import Role
from hausgeist.identity import KeyWish
from hausgeist.settings import Settings
from hausgeist.testing.echo import EchoProvider, echo_card

PASSWORD = "drei Katzen im Regen"


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def location(self) -> str | None:
        return self.headers.get("location")


@dataclass
class Visitor:
    """Somebody with cookies and standing headers."""

    port: int
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(
        self, method: str, path: str, body: bytes | str | None = None, **headers: str
    ) -> Answer:
        """One request; redirects are not followed."""
        sent = {**self.headers, **{name.replace("_", "-"): text for name, text in headers.items()}}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        finally:
            connection.close()
        for line in answer.headers.get_all("set-cookie") or []:
            name, _, rest = line.partition("=")
            value = rest.partition(";")[0]
            if "max-age=0" in line.lower():
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return answer

    def probe(self, method: str, path: str, body: str | None = None, **headers: str) -> Answer:
        """One request of which only the head is read, for streams that never end."""
        sent = {**self.headers, **{name.replace("_", "-"): text for name, text in headers.items()}}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            return Answer(response.status, response.headers, b"")
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    def form(self, path: str, fields: dict[str, object] | None = None, **headers: str) -> Answer:
        """Post a form as a browser on our own page does."""
        ours = {
            "Content_Type": "application/x-www-form-urlencoded",
            "Origin": f"http://127.0.0.1:{self.port}",
        }
        return self.ask("POST", path, urlencode(fields or {}, doseq=True), **{**ours, **headers})

    def json(self, path: str, body: object, **headers: str) -> Answer:
        return self.ask(
            "POST", path, json.dumps(body), **{"Content_Type": "application/json", **headers}
        )


class Server:
    """A house that serves on a free port of loopback until ``stop``."""

    def __init__(self, home: Path, **settings: object) -> None:
        given = {"starter_model": False, "log_level": "error", "workers": 0, **settings}
        self.settings = Settings(home=home, **given)
        self.house = app.build(self.settings)
        self.edge = app.application(self.house)
        self.house.gateway.directory.put("echo", EchoProvider(), [echo_card()])
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", settings.get("port", 0)))
        self.port = self._socket.getsockname()[1]
        config = uvicorn.Config(self.edge, log_config=None, lifespan="on", access_log=False)
        self._server = uvicorn.Server(config)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive(), "the server did not start"
            threading.Event().wait(0.01)

    def _run(self) -> None:
        self._loop.run_until_complete(self._server.serve([self._socket]))

    def call(self, work: Callable[[], object]):
        """Run a coroutine function of the house on the server's loop."""
        return asyncio.run_coroutine_threadsafe(work(), self._loop).result(30)

    def visitor(self, **headers: str) -> Visitor:
        return Visitor(self.port, {name.replace("_", "-"): text for name, text in headers.items()})

    def person(self, login: str, role: Role = Role.MEMBER):
        """An account with the usual password."""
        people = self.house.identity.people
        return self.call(
            lambda: people.create(
                login=login, name=login.title(), password=PASSWORD, role=role, by="test"
            )
        )

    def key(self, owner: str | None = None, **wish: object) -> str:
        """A key of a person, or of a service."""
        service = None if owner else "wiki"
        made = KeyWish(name="test", service=service, **wish)
        return self.call(lambda: self.house.identity.keys.create(made, owner, "test"))[0]

    def session(self, user_id: str) -> Visitor:
        """A browser with a session, without the cost of a login."""
        visitor = self.visitor(Origin=f"http://127.0.0.1:{self.port}")
        sessions = self.house.identity.sessions
        visitor.cookies["hausgeist_session"] = self.call(lambda: sessions.open(user_id))
        return visitor

    def login(self, login: str, password: str = PASSWORD) -> Visitor:
        """A browser with a session."""
        visitor = self.visitor()
        answer = visitor.form("/login", {"name": login, "password": password})
        assert answer.status == 303, answer.text
        return visitor

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(20)
        self._socket.close()
        self._loop.close()
        self.house.store.close()
