# SPDX-License-Identifier: EUPL-1.2
"""Scripted upstreams on loopback: real sockets, answers written beforehand, requests kept for a look.

``FakeUpstream`` serves ``Reply`` objects in turn, whatever is asked. The three dialects make the same
scenes (words, a tool call, an answer that breaks off) in their own wire format.
"""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The decoded body."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer. ``frames`` are written one by one, ``pause`` seconds apart.

    With ``hold`` the connection stays open afterwards until the client closes it; with ``cut`` it is
    closed in mid-air.
    """

    frames: tuple[bytes, ...]
    status: int = 200
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    pause: float = 0.0
    hold: bool = False
    cut: bool = False


class FakeUpstream:
    """A server for one test. ``url`` is its root; ``asked`` what it was asked, ``left`` who hung up."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.asked: list[Asked] = []
        self.connections = 0
        self.left = asyncio.Event()
        """Set when a client closed its connection within an answer."""
        self.port = 0
        self._writers: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    @property
    def url(self) -> str:
        """The root of the server, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["FakeUpstream"]:
        """Serve until the context ends; the port is any free one."""
        server = await asyncio.start_server(self._handle, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for writer in self._writers.values():
                writer.close()
            await asyncio.gather(*self._writers, return_exceptions=True)

    def reply_to(self, asked: Asked) -> Reply | None:
        """What is answered; None hangs up."""
        del asked
        return self.replies.pop(0) if self.replies else None

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._writers[task] = writer
        try:
            while (asked := await _read(reader)) is not None:
                self.asked.append(asked)
                reply = self.reply_to(asked)
                if reply is None or not await self._reply(reply, reader, writer):
                    return
        except ConnectionError:
            self.left.set()
        finally:
            self._writers.pop(task)
            writer.close()

    async def _reply(
        self, reply: Reply, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        headers = {"Content-Type": reply.kind, "Transfer-Encoding": "chunked", **reply.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {reply.status} Status\r\n{head}\r\n".encode())
        for frame in reply.frames:
            if frame:
                writer.write(b"%x\r\n%b\r\n" % (len(frame), frame))
            await writer.drain()
            await asyncio.sleep(reply.pause)
        if reply.hold:
            if not await reader.read(1):
                self.left.set()
            return False
        if reply.cut:
            return False
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True


async def _read(reader: asyncio.StreamReader) -> Asked | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.split("\r\n")
    method, path, _ = first.split(" ", 2)
    pairs = (line.split(":", 1) for line in lines if line)
    headers = {name.lower(): value.strip() for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Asked(method, path, headers, body)


_Fake = TypeVar("_Fake", bound=FakeUpstream)


@contextmanager
def threaded(fake: _Fake) -> Iterator[_Fake]:
    """Serve one in a thread of its own until the context ends."""
    started, loop, over = threading.Event(), asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        async with fake.serving():
            started.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    if not started.wait(10):
        raise RuntimeError("the upstream did not start")
    try:
        yield fake
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
        loop.close()


class Dialect(Protocol):
    """The same scenes in one wire format. ``Reply.frames`` may be cut and joined at will."""

    def words(self, words: Iterable[str], *, usage: tuple[int, int] = (7, 3)) -> Reply:
        """A stream of words with a proper end, and the tokens in and out."""
        ...

    def tool_call(self, call_id: str, name: str, arguments: str) -> Reply:
        """A stream that asks for a tool; an id is kept only where the dialect has ids."""
        ...

    def unfinished(self, words: Iterable[str], *, hold: bool = False, cut: bool = False) -> Reply:
        """Words without an end."""
        ...

    def fault(self, words: Iterable[str]) -> Reply:
        """Words, then an error within the stream."""
        ...

    def refusal(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> Reply:
        """An error before the stream."""
        ...


def sse(frames: Iterable[tuple[str, object]], *, named: bool) -> tuple[bytes, ...]:
    """Server-Sent Events, with their names or without."""
    return tuple(
        (f"event: {name}\n" if named else "").encode()
        + b"data: "
        + json.dumps(data, ensure_ascii=False).encode()
        + b"\n\n"
        for name, data in frames
    )


class OpenAIDialect:
    """``/v1/chat/completions`` as Server-Sent Events."""

    kind = "text/event-stream; charset=utf-8"

    def chunk(self, delta: object, reason: str | None = None) -> tuple[str, object]:
        """One frame."""
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return "", {"id": "c", "object": "chat.completion.chunk", "choices": [choice]}

    def words(self, words: Iterable[str], *, usage: tuple[int, int] = (7, 3)) -> Reply:
        """See ``Dialect``."""
        spent = {
            "prompt_tokens": usage[0],
            "completion_tokens": usage[1],
            "total_tokens": sum(usage),
        }
        frames = [self.chunk({"role": "assistant", "content": ""})]
        frames += [self.chunk({"content": word}) for word in words]
        frames += [self.chunk({}, "stop"), ("", {"choices": [], "usage": spent})]
        return Reply(frames=(*sse(frames, named=False), b"data: [DONE]\n\n"), kind=self.kind)

    def tool_call(self, call_id: str, name: str, arguments: str) -> Reply:
        """See ``Dialect``; the arguments come in two fragments."""
        half = len(arguments) // 2
        first = {"name": name, "arguments": arguments[:half]}
        frames = [
            self.chunk(
                {"tool_calls": [{"index": 0, "id": call_id, "type": "function", "function": first}]}
            ),
            self.chunk({"tool_calls": [{"index": 0, "function": {"arguments": arguments[half:]}}]}),
            self.chunk({}, "tool_calls"),
        ]
        return Reply(frames=(*sse(frames, named=False), b"data: [DONE]\n\n"), kind=self.kind)

    def unfinished(self, words: Iterable[str], *, hold: bool = False, cut: bool = False) -> Reply:
        """See ``Dialect``."""
        frames = sse([self.chunk({"content": word}) for word in words], named=False)
        return Reply(frames=frames, kind=self.kind, hold=hold, cut=cut)

    def fault(self, words: Iterable[str]) -> Reply:
        """See ``Dialect``."""
        frames = [self.chunk({"content": word}) for word in words]
        frames.append(("", {"error": {"message": "the machine is on fire", "code": 500}}))
        return Reply(frames=sse(frames, named=False), kind=self.kind)

    def refusal(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> Reply:
        """See ``Dialect``."""
        body = json.dumps({"error": {"message": message, "type": "x", "code": None}}).encode()
        return Reply(frames=(body,), status=status, headers=headers or {})


class OllamaDialect:
    """``/api/chat`` as lines of JSON."""

    kind = "application/x-ndjson"

    def line(self, **fields: object) -> bytes:
        """One line."""
        return json.dumps({"model": "m", **fields}, ensure_ascii=False).encode() + b"\n"

    def end(self, usage: tuple[int, int], reason: str = "stop") -> bytes:
        """The last line."""
        return self.line(
            message={"role": "assistant", "content": ""},
            done=True,
            done_reason=reason,
            prompt_eval_count=usage[0],
            eval_count=usage[1],
        )

    def words(self, words: Iterable[str], *, usage: tuple[int, int] = (7, 3)) -> Reply:
        """See ``Dialect``."""
        return Reply(frames=(*self._words(words), self.end(usage)), kind=self.kind)

    def tool_call(self, call_id: str, name: str, arguments: str) -> Reply:
        """See ``Dialect``; the call comes whole, its arguments as an object."""
        call = {"id": call_id, "function": {"name": name, "arguments": json.loads(arguments)}}
        asked = self.line(message={"role": "assistant", "content": "", "tool_calls": [call]})
        return Reply(frames=(asked, self.end((7, 3))), kind=self.kind)

    def unfinished(self, words: Iterable[str], *, hold: bool = False, cut: bool = False) -> Reply:
        """See ``Dialect``."""
        return Reply(frames=self._words(words), kind=self.kind, hold=hold, cut=cut)

    def fault(self, words: Iterable[str]) -> Reply:
        """See ``Dialect``."""
        error = b'{"error":"the machine is on fire"}\n'
        return Reply(frames=(*self._words(words), error), kind=self.kind)

    def refusal(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> Reply:
        """See ``Dialect``."""
        body = json.dumps({"error": message}).encode()
        return Reply(frames=(body,), status=status, headers=headers or {})

    def _words(self, words: Iterable[str]) -> tuple[bytes, ...]:
        return tuple(
            self.line(message={"role": "assistant", "content": word}, done=False) for word in words
        )


class AnthropicDialect:
    """``/v1/messages`` as named Server-Sent Events."""

    kind = "text/event-stream; charset=utf-8"

    def events(self, *events: dict[str, Any]) -> tuple[bytes, ...]:
        """Frames, each named after its type."""
        return sse([(event["type"], event) for event in events], named=True)

    def start(self, tokens: int = 7) -> dict[str, Any]:
        """The first event."""
        usage = {"input_tokens": tokens, "output_tokens": 1}
        message = {"id": "msg_1", "type": "message", "role": "assistant", "usage": usage}
        return {"type": "message_start", "message": message}

    def block(
        self, index: int, begin: dict[str, Any], *deltas: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """A content block: its start, its deltas, its end."""
        return [
            {"type": "content_block_start", "index": index, "content_block": begin},
            *({"type": "content_block_delta", "index": index, "delta": d} for d in deltas),
            {"type": "content_block_stop", "index": index},
        ]

    def end(self, tokens: int = 3, reason: str = "end_turn") -> list[dict[str, Any]]:
        """The last two events."""
        delta = {"stop_reason": reason, "stop_sequence": None}
        return [
            {"type": "message_delta", "delta": delta, "usage": {"output_tokens": tokens}},
            {"type": "message_stop"},
        ]

    def words(self, words: Iterable[str], *, usage: tuple[int, int] = (7, 3)) -> Reply:
        """See ``Dialect``; a ping comes first."""
        frames = [self.start(usage[0]), {"type": "ping"}, *self._words(words), *self.end(usage[1])]
        return Reply(frames=self.events(*frames), kind=self.kind)

    def tool_call(self, call_id: str, name: str, arguments: str) -> Reply:
        """See ``Dialect``; the arguments come in two fragments."""
        half = len(arguments) // 2
        begin = {"type": "tool_use", "id": call_id, "name": name, "input": {}}
        deltas = [
            {"type": "input_json_delta", "partial_json": part}
            for part in ("", arguments[:half], arguments[half:])
        ]
        frames = [self.start(), *self.block(0, begin, *deltas), *self.end(3, "tool_use")]
        return Reply(frames=self.events(*frames), kind=self.kind)

    def unfinished(self, words: Iterable[str], *, hold: bool = False, cut: bool = False) -> Reply:
        """See ``Dialect``."""
        frames = self.events(self.start(), *self._words(words)[:-1])
        return Reply(frames=frames, kind=self.kind, hold=hold, cut=cut)

    def fault(self, words: Iterable[str]) -> Reply:
        """See ``Dialect``."""
        error = {"type": "api_error", "message": "the machine is on fire"}
        frames = [self.start(), *self._words(words), {"type": "error", "error": error}]
        return Reply(frames=self.events(*frames), kind=self.kind)

    def refusal(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> Reply:
        """See ``Dialect``."""
        body = {"type": "error", "error": {"type": "x", "message": message}}
        return Reply(frames=(json.dumps(body).encode(),), status=status, headers=headers or {})

    def _words(self, words: Iterable[str]) -> list[dict[str, Any]]:
        deltas = ({"type": "text_delta", "text": word} for word in words)
        return self.block(0, {"type": "text", "text": ""}, *deltas)
