# SPDX-License-Identifier: EUPL-1.2
"""A cheap closed-loop load client on raw sockets: every worker asks again when its answer is complete.

Usage: ``python load.py PORT KEY MODEL CONNECTIONS SECONDS [stream]``; prints one line of JSON.
"""

import asyncio
import json
import sys
import time

import uvloop

BODY = {
    "model": "",
    "messages": [
        {"role": "system", "content": "You are a helpful assistant."},
        {
            "role": "user",
            "content": "Tell me a short story about a fox and a dog near a river, please.",
        },
    ],
}


def request(port: int, key: str, model: str, *, stream: bool) -> bytes:
    body = json.dumps(BODY | {"model": model} | ({"stream": True} if stream else {})).encode()
    close = "Connection: close\r\n" if stream else ""
    return (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Authorization: Bearer {key}\r\nContent-Type: application/json\r\n{close}"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


class Asking(asyncio.Protocol):
    """One answer at a time on one connection."""

    def __init__(self) -> None:
        self.done: asyncio.Future | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport

    def ask(self, data: bytes) -> asyncio.Future:
        self.data = b""
        self.tail = b""
        self.events = 0
        self.first: float | None = None
        self.finished = False
        self.began = time.perf_counter()
        self.done = asyncio.get_running_loop().create_future()
        self.transport.write(data)
        return self.done

    def connection_lost(self, _error: Exception | None) -> None:
        self.end()

    def end(self) -> None:
        if self.done is not None and not self.done.done():
            self.done.set_result(time.perf_counter() - self.began)


class Whole(Asking):
    def data_received(self, data: bytes) -> None:
        self.data += data
        head, found, body = self.data.partition(b"\r\n\r\n")
        if found:
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            if len(body) >= length:
                self.finished = head.startswith(b"HTTP/1.1 200")
                self.end()


class Streamed(Asking):
    def data_received(self, data: bytes) -> None:
        seen = self.tail + data
        events = seen.count(b"data: ")
        if events and self.first is None:
            self.first = time.perf_counter() - self.began
        self.events += events
        if b"[DONE]" in seen:
            self.finished = True
            self.transport.close()
            self.end()
        self.tail = b"" if seen.endswith(b"data: ") else seen[-6:]


async def main(
    port: int, key: str, model: str, connections: int, seconds: float, stream: bool
) -> None:
    loop = asyncio.get_running_loop()
    data = request(port, key, model, stream=stream)
    stop = time.perf_counter() + seconds
    took: list[float] = []
    firsts: list[float] = []
    totals = {"events": 0, "failed": 0}

    async def worker(place: int) -> None:
        # spread over the first two seconds, so that answers of equal length do not stay in step
        await asyncio.sleep(2.0 * place / connections if stream else 0)
        protocol = None
        while time.perf_counter() < stop:
            if protocol is None or stream or protocol.transport.is_closing():
                kind = Streamed if stream else Whole
                _, protocol = await loop.create_connection(kind, "127.0.0.1", port)
            duration = await protocol.ask(data)
            if protocol.finished:
                took.append(duration)
                totals["events"] += protocol.events
                if protocol.first is not None:
                    firsts.append(protocol.first)
            else:
                totals["failed"] += 1
                await asyncio.sleep(0.05)

    began = time.perf_counter()
    await asyncio.gather(*(worker(place) for place in range(connections)))
    wall = time.perf_counter() - began

    def middle(values: list[float], part: float) -> float:
        return round(sorted(values)[min(len(values) - 1, int(len(values) * part))] * 1e3, 2)

    print(
        json.dumps(
            {
                "answers": len(took),
                "events": totals["events"],
                "failed": totals["failed"],
                "per_second": round(len(took) / wall, 1),
                "events_per_second": round(totals["events"] / wall, 1),
                "p50_ms": middle(took, 0.5) if took else None,
                "p99_ms": middle(took, 0.99) if took else None,
                "first_p50_ms": middle(firsts, 0.5) if firsts else None,
                "first_p99_ms": middle(firsts, 0.99) if firsts else None,
            }
        )
    )


if __name__ == "__main__":
    port, key, model, connections, seconds, *rest = sys.argv[1:]
    uvloop.run(main(int(port), key, model, int(connections), float(seconds), rest == ["stream"]))
