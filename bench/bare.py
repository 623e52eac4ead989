# SPDX-License-Identifier: EUPL-1.2
"""The bare pass-through: key check, model look-up, forward. What any proxy in Python must pay.

Usage: ``python bare.py PORT UPSTREAM_PORT``. uvicorn, httptools, uvloop, aiohttp; raw ASGI.
"""

import json
import sys

import aiohttp
import uvicorn

PORT, UPSTREAM = int(sys.argv[1]), f"http://127.0.0.1:{sys.argv[2]}/v1/chat/completions"
KEYS = {b"Bearer hg-bench"}
MODELS = {"fake": "fake", "fake-slow": "fake-slow"}
session: aiohttp.ClientSession | None = None


async def plain(send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def app(scope, receive, send) -> None:
    global session
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                session = aiohttp.ClientSession(
                    connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=60),
                    auto_decompress=False,
                )
            elif session is not None:
                await session.close()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    if scope["path"] == "/healthz":
        return await plain(send, 200, b"{}")
    if dict(scope["headers"]).get(b"authorization") not in KEYS:
        return await plain(send, 401, b'{"error":"key"}')
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    request = json.loads(body)
    request["model"] = MODELS[request["model"]]
    async with session.post(
        UPSTREAM, data=json.dumps(request), headers={"content-type": "application/json"}
    ) as response:
        if not request.get("stream"):
            return await plain(send, response.status, await response.read())
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        async for data in response.content.iter_any():
            await send({"type": "http.response.body", "body": data, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


if __name__ == "__main__":
    uvicorn.run(
        app, port=PORT, http="httptools", loop="uvloop", access_log=False, log_level="warning"
    )
