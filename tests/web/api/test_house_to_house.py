# SPDX-License-Identifier: EUPL-1.2
"""One house as the upstream of another, in each dialect: what we write, we read, and nothing is lost."""

import pytest

from hausgeist.core.models import ModelCard
from hausgeist.gateway.providers.anthropic import AnthropicProvider
from hausgeist.gateway.providers.ollama import OllamaProvider
from hausgeist.gateway.providers.openai import OpenAIProvider
from hausgeist.net.allow import Destination
from hausgeist.testing.echo import echo_card
from hausgeist.testing.served import Served

MODELS = ("echo", "thinker", "caller", "breaks", "broken", "vectors")
TOOLS = [{"name": "get_weather", "input_schema": {"type": "object"}}]


@pytest.fixture(scope="module")
def near(server, tmp_path_factory):
    """A house whose models are the other's, once per dialect: ``openai-echo``, ``ollama-echo`` and so on."""
    with Served(tmp_path_factory.mktemp("near") / "home") as found:
        outbound = found.house.outbound
        outbound.allow.allow(Destination("127.0.0.1", server.port, "test", private=True))
        for provider in (
            OpenAIProvider("openai", server.url + "/v1", outbound, key=server.member.key),
            AnthropicProvider("anthropic", server.url, outbound, key=server.member.key),
            OllamaProvider("ollama", server.url, outbound, key=server.member.key),
        ):
            cards = [_card(provider.name, model) for model in MODELS]
            found.house.gateway.directory.put(provider.name, provider, cards)
        yield found


def _card(dialect: str, model: str) -> ModelCard:
    card = echo_card(f"{dialect}-{model}", provider=dialect, context=8192)
    return ModelCard(
        id=card.id,
        provider=dialect,
        upstream=model,
        zone=card.zone,
        capabilities=card.capabilities,
        context=card.context,
    )


@pytest.fixture(params=["openai", "anthropic", "ollama"])
def dialect(request):
    return request.param


@pytest.mark.parametrize("stream", [True, False])
def test_words(near, ask_of, dialect, stream):
    """Words and usage come through in both directions."""
    text = "Grüße aus „Köln“ 🙂 und mehr"
    body = {"model": f"{dialect}-echo", "messages": [{"role": "user", "content": text}]}
    lines = ask_of(near)("POST", "/api/chat", {**body, "stream": stream}).lines()
    assert "".join(line["message"]["content"] for line in lines) == text
    assert lines[-1]["done_reason"] == "stop"
    assert (lines[-1]["prompt_eval_count"], lines[-1]["eval_count"]) == (6, 6)


def test_thinking(near, ask_of, dialect):
    """Thinking stays apart from the answer."""
    body = {"max_tokens": 99, "messages": [{"role": "user", "content": "a b"}]}
    found = ask_of(near)("POST", "/v1/messages", {"model": f"{dialect}-thinker", **body}).json()
    assert [block["type"] for block in found["content"]] == ["thinking", "text"]
    assert found["content"][0]["thinking"] == "Let me think."


@pytest.mark.parametrize("stream", [True, False])
def test_tools(near, ask_of, dialect, stream):
    """A tool is asked for through both houses, and its result finds its way."""
    ask, model = ask_of(near), f"{dialect}-caller"
    body = {"model": model, "max_tokens": 99, "tools": TOOLS, "stream": stream}
    question = {"role": "user", "content": "Wetter?"}
    reply = ask("POST", "/v1/messages", {**body, "messages": [question]})
    if stream:
        starts = [e for e in reply.events() if e["type"] == "content_block_start"]
        assert [e["content_block"]["name"] for e in starts] == ["get_weather"]
        return
    (use,) = reply.json()["content"]
    assert (use["name"], use["input"]) == ("get_weather", {"city": "Bonn"})
    result = {"type": "tool_result", "tool_use_id": use["id"], "content": "12 Grad"}
    messages = [
        question,
        {"role": "assistant", "content": [use]},
        {"role": "user", "content": [result]},
    ]
    second = ask("POST", "/v1/messages", {**body, "messages": messages}).json()
    assert second["content"] == [{"type": "text", "text": "12 Grad"}]


def test_failure_on_the_way(near, ask_of, dialect):
    """A failure over there is a failure here, and never looks like an answer that is whole.

    When the words before it came in the same read, nothing has been said yet, and it has a status.
    """
    ask = ask_of(near)
    body = {"max_tokens": 99, "stream": True, "messages": [{"role": "user", "content": "a b c d"}]}
    assert ask("POST", "/v1/messages", {"model": f"{dialect}-broken", **body}).status == 502
    reply = ask("POST", "/v1/messages", {"model": f"{dialect}-breaks", **body})
    last = reply.events()[-1] if reply.status == 200 else reply.json()
    assert (last["type"], last["error"]["type"]) == ("error", "api_error")


def test_count(near, ask_of, server):
    """A count is asked of the house that answers."""
    body = {"model": "anthropic-echo", "messages": [{"role": "user", "content": "wort " * 50}]}
    there = ask_of(server)("POST", "/v1/messages/count_tokens", {**body, "model": "echo"}).json()
    assert ask_of(near)("POST", "/v1/messages/count_tokens", body).json() == there


@pytest.mark.parametrize("dialect_of_vectors", ["openai", "ollama"])
def test_vectors(near, ask_of, server, dialect_of_vectors):
    """Vectors are the same at both ends."""
    body = {"input": ["a b", "c"]}
    there = ask_of(server)("POST", "/api/embed", {"model": "vectors", **body}).json()
    here = ask_of(near)("POST", "/api/embed", {"model": f"{dialect_of_vectors}-vectors", **body})
    assert here.json()["embeddings"] == there["embeddings"]
