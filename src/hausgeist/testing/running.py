# SPDX-License-Identifier: EUPL-1.2
"""The real program as an operator runs it: a data directory goes in, a process on loopback comes out.

Standard library only: ``first_day.py`` uses it in a process of its own, inside an empty network.
"""

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

from hausgeist.settings import child_environment
from hausgeist.testing.ports import free_port

T = TypeVar("T")

PASSWORD = "drei Katzen im Regen"  # noqa: S105  of an account that lives for one day
PATIENCE = 60.0
"""Seconds after which a test says that something never happened."""

RECORDER = Path(__file__).parent / "recorder"


def wait_until(condition: Callable[[], T], what: str, seconds: float = PATIENCE) -> T:
    """Ask again and again until there is an answer, which is given back."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"it never happened: {what}")


def environment(home: Path, **settings: object) -> dict[str, str]:
    """The environment of a house: nothing of this machine's own settings, and those given."""
    inherited = {
        name: text
        for name, text in child_environment().items()
        if not name.upper().endswith("_PROXY") and not name.startswith("HF_")
    }
    named = {f"HAUSGEIST_{name.upper()}": str(value) for name, value in settings.items()}
    return {**inherited, "HAUSGEIST_HOME": str(home), "HAUSGEIST_LANGUAGE": "en", **named}


def command(
    home: Path, *words: str, settings: dict[str, object] | None = None, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run one command of the command line to its end."""
    return subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-m", "hausgeist", *words],
        env={**environment(home, **(settings or {})), **options.pop("environ", {})},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        **options,
    )


def made(home: Path, *words: str, **options: Any) -> Any:
    """What a command with ``--json`` has made."""
    done = command(home, *words, "--json", **options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def alive(pid: int) -> bool:
    """Whether a process exists and is not merely waiting to be noticed as dead."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


@dataclass
class Running:
    """A process that serves. ``out`` and ``err`` are what it has printed so far."""

    home: Path
    port: int
    process: subprocess.Popen[bytes]
    folder: Path
    key: str = ""
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def out(self) -> str:
        """What it has printed."""
        return (self.folder / f"out-{self.port}").read_text()

    @property
    def err(self) -> str:
        """What it has printed as errors."""
        return (self.folder / f"err-{self.port}").read_text()

    def ask(
        self,
        method: str,
        path: str,
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One request with the cookies and the key; redirects are not followed."""
        with self.asking(method, path, body, headers) as response:
            return Reply(response.status, response.headers, response.read())

    @contextmanager
    def asking(
        self,
        method: str,
        path: str,
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[http.client.HTTPResponse]:
        """A response whose body is still to be read."""
        sent = dict(headers or {})
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if self.key:
            sent.setdefault("Authorization", f"Bearer {self.key}")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        with closing(connection):
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            for line in response.headers.get_all("set-cookie") or []:
                name, _, rest = line.partition("=")
                self.cookies[name] = rest.partition(";")[0]
            yield response

    def form(self, path: str, **fields: str) -> Reply:
        """Post a form, as a browser does on our own page."""
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": f"http://127.0.0.1:{self.port}",
        }
        return self.ask("POST", path, urlencode(fields), headers)

    def call(self, path: str, headers: Mapping[str, str] | None = None, **body: object) -> Reply:
        """Post JSON to an API."""
        sent = {"Content-Type": "application/json", **(headers or {})}
        return self.ask("POST", path, json.dumps(body), sent)

    def chat(
        self, model: str, text: str, headers: Mapping[str, str] | None = None, **more: object
    ) -> Reply:
        """A chat completion in OpenAI's dialect."""
        message = {"role": "user", "content": text}
        return self.call("/v1/chat/completions", headers, model=model, messages=[message], **more)

    @contextmanager
    def streaming(
        self, model: str, text: str = "Erzähle.", **more: object
    ) -> Iterator[http.client.HTTPResponse]:
        """A streamed chat completion of which the first delta has arrived."""
        body = {"model": model, "messages": [{"role": "user", "content": text}], "stream": True}
        headers = {"Content-Type": "application/json"}
        with self.asking("POST", "/v1/chat/completions", json.dumps(body | more), headers) as got:
            assert got.status == 200, got.read()
            while b'"content":"' not in (line := got.readline()):
                assert line, "the stream ended before its first delta"
            yield got

    def setup_link(self) -> str:
        """The path of the one-time link it has printed."""
        found = wait_until(lambda: re.search(r"http://\S+(/setup\?token=\S+)", self.out), "a link")
        assert found is not None
        return str(found[1])

    def children(self) -> set[int]:
        """The processes it has started, and theirs."""
        found: set[int] = set()
        parents = [self.process.pid]
        while parents:
            tasks = Path(f"/proc/{parents.pop()}/task").glob("*/children")
            new = {int(pid) for task in tasks for pid in task.read_text().split()} - found
            found |= new
            parents += new
        return found

    def refuses(self) -> bool:
        """Whether nobody listens any more."""
        try:
            socket.create_connection(("127.0.0.1", self.port), 5).close()
        except ConnectionRefusedError:
            return True
        return False

    def stop(self, how: int = signal.SIGTERM) -> int:
        """End it, and give its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(PATIENCE)


@contextmanager
def serving(
    home: Path,
    environ: dict[str, str] | None = None,
    program: Sequence[str] = (),
    **settings: Any,
) -> Iterator[Running]:
    """A house that serves; whatever happens, its process is gone afterwards."""
    port = settings.pop("port", None) or free_port()
    words = program or (sys.executable, "-m", "hausgeist", "serve")
    folder = home.parent
    with (folder / f"out-{port}").open("w") as out, (folder / f"err-{port}").open("w") as err:
        process = subprocess.Popen(  # noqa: S603  our own program
            words,
            env={**environment(home, port=port, **settings), **(environ or {})},
            stdout=out,
            stderr=err,
        )
    running = Running(home, port, process, folder)
    try:
        wait_until(lambda: process.poll() is not None or _healthy(running), "a healthy house")
        assert process.poll() is None, running.err
        yield running
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _healthy(running: Running) -> bool:
    try:
        return running.ask("GET", "/healthz").status == 200
    except OSError:
        return False
