# SPDX-License-Identifier: EUPL-1.2
"""Ollama's answers: lines, whole bodies, and words about models."""

import itertools
import json

import pytest

from hausgeist import errors
from hausgeist.core.events import Delta, Failed, Finished, Started, TokenLogprob, ToolCalled
from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.messages import Usage
from hausgeist.core.models import Capability, ModelCard
from hausgeist.gateway.dialects import ollama_models
from hausgeist.gateway.dialects.ollama_answer import Lines, error_body

START = Started("1", "m", Zone.HOUSE, DataClass.INTERNAL)
NOW = 1_790_000_000_123


def encoder(*, chat=True):
    """An encoder whose clock ticks a millisecond at every look."""
    ticks = itertools.count(step=1_000_000)
    return Lines("m", chat=chat, now_ms=lambda: NOW, clock_ns=lambda: next(ticks), call_id="1")


def lines(*bursts, chat=True):
    """The lines of a stream, parsed."""
    found = encoder(chat=chat)
    data = b"".join(found.frames(list(burst)) for burst in bursts)
    assert data.endswith(b"\n")
    return [json.loads(line) for line in data.splitlines()]


def test_chat_stream():
    """Each piece is a line with a message; the last has the reason and the counters."""
    found = lines([START], [Delta("Guten "), Delta("Tag")], [Finished("stop", Usage(3, 2))])
    assert [line["message"]["content"] for line in found] == ["Guten ", "Tag", ""]
    assert [line["done"] for line in found] == [False, False, True]
    assert found[0]["created_at"] == "2026-09-21T14:13:20.123Z"
    last = found[-1]
    assert last["done_reason"] == "stop"
    assert (last["prompt_eval_count"], last["eval_count"]) == (3, 2)
    assert last["total_duration"] == last["prompt_eval_duration"] + last["eval_duration"] > 0


def test_generate_stream():
    """Without a conversation, the words stand in ``response``."""
    found = lines([START], [Delta("a", "think")], [Finished("length", Usage(3, 2))], chat=False)
    assert (found[0]["response"], found[0]["thinking"]) == ("a", "think")
    assert found[-1]["done_reason"] == "length"
    assert found[-1]["response"] == ""


def test_tools_come_whole():
    """Fragments are gathered; one line before the last has every call with an object."""
    found = lines(
        [START, ToolCalled(0, "t0", "look", '{"a'), ToolCalled(1, "", "see", "{}")],
        [ToolCalled(0, arguments='": [1,\n2]}')],
        [Finished("tool_calls", Usage())],
    )
    assert len(found) == 2
    assert found[0]["message"]["tool_calls"] == [
        {"id": "t0", "function": {"index": 0, "name": "look", "arguments": {"a": [1, 2]}}},
        {"id": "call_1_1", "function": {"index": 1, "name": "see", "arguments": {}}},
    ]
    assert (found[1]["done"], found[1]["done_reason"]) == (True, "stop")


def test_broken_arguments_are_an_error_line():
    """Arguments that are no object end the stream with an error."""
    found = lines([START], [ToolCalled(0, "t", "look", "[1"), Finished("stop", Usage())])
    assert list(found[-1]) == ["error"]


def test_error_in_the_middle():
    """After the first byte an error is a line."""
    found = lines([START], [Delta("a")], [Failed(errors.ModelCrashed(model="m"))])
    assert found[-1] == {"error": str(errors.ModelCrashed(model="m"))}


def test_logprobs():
    """Log probabilities stand beside the message, with their alternatives."""
    token = TokenLogprob("a", -0.5, (97,), (TokenLogprob("b", -1.5, (98,)),))
    found = lines([START], [Delta("a", logprobs=(token,))], [Finished("stop", Usage())])
    assert found[0]["logprobs"] == [
        {
            "token": "a",
            "logprob": -0.5,
            "bytes": [97],
            "top_logprobs": [{"token": "b", "logprob": -1.5, "bytes": [98]}],
        }
    ]


def test_whole():
    """A whole answer is one object with everything in it."""
    body = json.loads(
        encoder().whole(
            [
                START,
                Delta(reasoning="Hm."),
                Delta("Ja"),
                ToolCalled(0, "t", "look", "{}"),
                Finished("stop", Usage(3, 2)),
            ]
        )
    )
    assert body["message"]["content"] == "Ja"
    assert body["message"]["thinking"] == "Hm."
    assert body["message"]["tool_calls"][0]["function"]["arguments"] == {}
    assert (body["done"], body["eval_count"]) == (True, 2)
    assert body["eval_duration"] == body["total_duration"] > 0


@pytest.mark.parametrize("unload", [False, True])
def test_kept(unload):
    """A wish to load or unload is answered by one line that says which."""
    body = json.loads(encoder(chat=False).kept(unload=unload))
    assert body["done"]
    assert body["done_reason"] == ("unload" if unload else "load")


def test_errors():
    """Errors are one text; an unknown model says so in the words that clients look for."""
    assert "model 'x' not found" in json.loads(error_body(errors.UnknownModel(model="x")))["error"]
    assert "secret" not in json.loads(error_body(ValueError("secret")))["error"]


CARD = ModelCard(
    id="org/klein:q4",
    provider="house",
    upstream="klein",
    zone=Zone.HOUSE,
    title="Klein",
    capabilities=frozenset({Capability.TOOLS, Capability.COMPLETION, Capability.LOGPROBS}),
    context=2048,
    created=1_790_000_000,
    digest="ab" * 32,
    size_bytes=98_362_432,
    family="llama",
    parameters="135M",
    quantisation="Q4_1",
    details=(("general.architecture", "llama"), ("llama.context_length", 8192)),
)


def test_tags():
    """A list entry has name, time, size, digest, details and capabilities."""
    (entry,) = json.loads(ollama_models.tags_body([CARD]))["models"]
    assert entry["name"] == entry["model"] == "org/klein:q4"
    assert (entry["size"], entry["digest"]) == (98_362_432, "ab" * 32)
    assert entry["details"] == {
        "parent_model": "",
        "format": "gguf",
        "family": "llama",
        "families": ["llama"],
        "parameter_size": "135M",
        "quantization_level": "Q4_1",
        "context_length": 2048,
    }
    assert entry["capabilities"] == ["completion", "tools"]


def test_show_tells_the_effective_context():
    """An editor finds architecture, name, capabilities and the window that holds here, not the file's."""
    body = json.loads(ollama_models.show_body(CARD))
    info = body["model_info"]
    assert info["general.architecture"] == "llama"
    assert info["general.basename"] == "Klein"
    assert info["llama.context_length"] == 2048
    assert "tools" in body["capabilities"]
    assert json.loads(ollama_models.show_body(ModelCard("x", "p", "x", Zone.EU)))["model_info"][
        "general.architecture"
    ]


def test_loaded():
    """What is loaded is shown with the caller's models only."""
    found = [
        ollama_models.Loaded(model=CARD.id, size=5, vram=3, context=1024, expires_ms=NOW),
        ollama_models.Loaded(model="hidden", size=5),
    ]
    (entry,) = json.loads(ollama_models.loaded_body(found, [CARD]))["models"]
    assert (entry["size"], entry["size_vram"], entry["context_length"]) == (5, 3, 1024)
    assert entry["expires_at"] == "2026-09-21T14:13:20.123Z"
