# SPDX-License-Identifier: EUPL-1.2
"""Ollama's and Anthropic's APIs over the real engine with the real starter model."""

import json
import time

import pytest

pytestmark = pytest.mark.engine


def test_life_of_a_model(serve, ask_of, starter_model):
    """A model is fetched, loaded, asked in both dialects, unloaded and deleted, over the API alone."""
    house = serve()
    ask, admin = ask_of(house), house.admin.key
    source = {"model": f"file:{starter_model}"}
    assert ask("POST", "/api/pull", source, key=admin).lines()[-1]["status"] == "success"
    entry = next(e for e in ask("GET", "/api/tags").json()["models"] if e["size"] > 10**7)
    model = {"model": entry["model"]}
    info = ask("POST", "/api/show", model).json()["model_info"]
    assert info["llama.context_length"] == entry["details"]["context_length"]

    loaded = ask("POST", "/api/chat", {**model, "messages": [], "keep_alive": "5m"}).json()
    assert loaded["done_reason"] == "load"
    assert model["model"] in [e["name"] for e in ask("GET", "/api/ps").json()["models"]]

    words = [{"role": "user", "content": "Ada is 36 years old."}]
    options = {"num_predict": 60, "temperature": 0, "seed": 1}
    schema = {
        "type": "object",
        "properties": {"age": {"type": "integer"}},
        "required": ["age"],
        "additionalProperties": False,
    }
    lines = ask(
        "POST", "/api/chat", {**model, "messages": words, "options": options, "format": schema}
    ).lines()
    answer = json.loads("".join(line["message"]["content"] for line in lines))
    assert list(answer) == ["age"]
    assert lines[-1]["eval_count"] > 3

    asked = {**model, "messages": words}
    counted = ask("POST", "/v1/messages/count_tokens", asked).json()["input_tokens"]
    told = ask("POST", "/v1/messages", {**asked, "max_tokens": 5}).json()
    assert told["stop_reason"] == "max_tokens"
    usage = told["usage"]
    assert usage["input_tokens"] + usage["cache_read_input_tokens"] == counted
    assert usage["output_tokens"] == 5

    assert (
        ask("POST", "/api/generate", {**model, "keep_alive": 0}).json()["done_reason"] == "unload"
    )
    patience = time.monotonic() + 15
    while ask("GET", "/api/ps").json()["models"] and time.monotonic() < patience:
        time.sleep(0.1)
    assert ask("GET", "/api/ps").json()["models"] == []
    assert ask("DELETE", "/api/delete", model, key=admin).status == 200
    assert ask("POST", "/api/show", model).status == 404
