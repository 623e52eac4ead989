# SPDX-License-Identifier: EUPL-1.2
"""A fake OpenAI upstream that costs almost nothing: raw protocol, answers baked beforehand.

Models: ``fake`` (200 chunks back to back, or one body of 300 tokens), ``fake-slow`` (200 chunks, 10 ms
apart) and ``fake-chat`` (Markdown as people ask for it: 400 chunks, 50 ms apart). Usage:
``python upstream.py PORT``.
"""

import asyncio
import json
import sys

import uvloop

CHUNKS = 200
PAUSES = {"fake-slow": 0.010, "fake-chat": 0.050}
"""Seconds between two chunks of a model; the others have none."""
MARKDOWN = """## Anmeldung einer Veranstaltung

Wer auf dem **Marktplatz** feiern will, braucht eine *Erlaubnis*. Der Antrag steht unter `/formulare/markt`.

1. Antrag ausfüllen
2. Lageplan beilegen
3. Gebühr zahlen

| Fläche | Gebühr je Tag |
|---|---|
| bis 50 m² | 40 € |
| bis 200 m² | 120 € |

```python
gebuehr = 40 if flaeche <= 50 else 120
```

Die Bearbeitung dauert in der Regel zwei Wochen. Für Fragen ist das Ordnungsamt da.

"""


def _event(delta: dict, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_700_000_000}
    return b"data: " + json.dumps(head | {"model": "fake", "choices": [choice]}).encode() + b"\n\n"


def _chunked(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


TEXT = ("The quick brown fox jumps over the lazy dog near the river bank. " * 22).strip()
BODY = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "fake",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": TEXT},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 12, "completion_tokens": 300, "total_tokens": 312},
    }
).encode()
WHOLE = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(BODY)
) + BODY
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
EVENTS = [
    _chunked(event)
    for event in (
        _event({"role": "assistant", "content": "tok0 "}),
        *(_event({"content": f"tok{i} "}) for i in range(1, CHUNKS - 1)),
        _event({}, "stop"),
    )
]
_WORDS = [word + " " for word in (MARKDOWN * 5).split(" ")]
CHAT = [
    *(_chunked(_event({"content": word})) for word in _WORDS[:399]),
    _chunked(_event({}, "stop")),
]
END = _chunked(b"data: [DONE]\n\n") + b"0\r\n\r\n"


class Upstream(asyncio.Protocol):
    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.rest = b""
        self.tasks: set[asyncio.Task] = set()

    def connection_lost(self, _error: Exception | None) -> None:
        for task in self.tasks:
            task.cancel()

    def data_received(self, data: bytes) -> None:
        self.rest += data
        head, found, body = self.rest.partition(b"\r\n\r\n")
        if not found:
            return
        if head.startswith(b"GET "):
            self.rest = body
            self.transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
            return
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        if len(body) < length:
            return
        self.rest = body[length:]
        request = json.loads(body[:length])
        if not request.get("stream"):
            self.transport.write(WHOLE)
            return
        model = request["model"]
        events = CHAT if model == "fake-chat" else EVENTS
        task = asyncio.create_task(self.stream(events, PAUSES.get(model, 0)))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def stream(self, events: list[bytes], pause: float) -> None:
        self.transport.write(HEAD)
        start = asyncio.get_running_loop().time()
        for place, event in enumerate(events):
            self.transport.write(event)
            ahead = start + place * pause - asyncio.get_running_loop().time()
            await asyncio.sleep(max(0, ahead) if pause else 0)
        self.transport.write(END)


async def main(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
