# SPDX-License-Identifier: EUPL-1.2
"""A provider abroad that keeps what it was sent: a house and a place for it in, what left the house out.

It speaks OpenAI's dialect over real sockets on loopback, stands in zone ``eu`` by its card, and answers with
the words it was sent, a few characters at a time. What it was sent is all that anybody outside can know.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.models import Capability, ModelCard
from hausgeist.core.terms import Terms
from hausgeist.gateway.providers.openai import OpenAIProvider
from hausgeist.net import Destination
from hausgeist.testing.upstreams import Asked, FakeUpstream, OpenAIDialect, Reply, threaded
from hausgeist.web.house import House

MODEL = "abroad/echo"
"""The model's name in the house."""

TERMS = Terms(
    contract_since="2026-01-01",
    trains=False,
    retention_days=0,
    operator_country="DE",
    parent_country="DE",
    admin_country="DE",
    externally_hosted=False,
)


class Abroad(FakeUpstream):
    """Answers with the newest message, ``size`` characters a frame, or with a call of the first tool."""

    def __init__(self, size: int = 3) -> None:
        super().__init__()
        self.size = size
        self.answer: str | None = None
        """What is answered instead."""

    @property
    def bodies(self) -> list[str]:
        """What was sent, request by request, with escapes decoded."""
        return [json.dumps(asked.json, ensure_ascii=False) for asked in self.asked]

    def reply_to(self, asked: Asked) -> Reply | None:
        """See ``FakeUpstream``."""
        body, dialect = asked.json, OpenAIDialect()
        text = self.answer if self.answer is not None else _newest(body)
        if body.get("tools") and not any(one["role"] == "tool" for one in body["messages"]):
            name = body["tools"][0]["function"]["name"]
            return dialect.tool_call("call_1", name, json.dumps({"text": text}))
        pieces = [text[at : at + self.size] for at in range(0, len(text), self.size)]
        if asked.path.endswith("/completions") and "prompt" in body:
            frames = [
                f"data: {json.dumps({'choices': [{'index': 0, 'text': one}]})}\n\n"
                for one in pieces
            ]
            end = {"choices": [{"index": 0, "text": "", "finish_reason": "stop"}]}
            frames += [f"data: {json.dumps(end)}\n\n", "data: [DONE]\n\n"]
            return Reply(frames=tuple(one.encode() for one in frames), kind=dialect.kind)
        if not body.get("stream"):
            return _whole(text)
        return dialect.words(pieces)


@contextmanager
def abroad(house: House, *, size: int = 3) -> Iterator[Abroad]:
    """Serve one in a thread of its own, as the model ``MODEL`` of the house, until the context ends."""
    with threaded(Abroad(size)) as fake:
        place_abroad(house, fake)
        try:
            yield fake
        finally:
            house.gateway.directory.drop("abroad")


def place_abroad(house: House, fake: FakeUpstream) -> None:
    """Make it a model of the house: released for personal data, which goes under pseudonyms."""
    house.outbound.allow.allow(
        Destination(
            "127.0.0.1", fake.port, "provider:abroad", private=True, zone="eu", country="DE"
        )
    )
    card = ModelCard(
        id=MODEL,
        provider="abroad",
        upstream="echo",
        zone=Zone.EU,
        cleared_for=DataClass.PERSONAL,
        terms=TERMS,
        capabilities=frozenset({Capability.COMPLETION, Capability.TOOLS, Capability.INSERT}),
    )
    provider = OpenAIProvider("abroad", f"{fake.url}/v1", house.outbound)
    house.gateway.directory.put("abroad", provider, [card])


def _newest(body: dict[str, Any]) -> str:
    if "prompt" in body:
        return str(body["prompt"])
    content = body["messages"][-1]["content"]
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content)
    return str(content)


def _whole(text: str) -> Reply:
    message = {"role": "assistant", "content": text}
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    body = {"id": "c", "object": "chat.completion", "choices": [choice], "usage": usage}
    return Reply(frames=(json.dumps(body).encode(),))
