# SPDX-License-Identifier: EUPL-1.2
"""The ``openai`` package through pseudonymisation: it must notice nothing of it."""

import json

from openai import OpenAI
from scenarios import KEY, URL, run

client = OpenAI(base_url=URL + "/v1", api_key=KEY, max_retries=0, timeout=20)
MODEL = "abroad/echo"
LETTER = (
    "Sehr geehrte Frau Jutta Abendschön, Ihre IBAN ist DE89 3704 0044 0532 0130 00. "
    "Frau Abendschöns Akte liegt bei uns."
)
ASKED = [{"role": "user", "content": LETTER}]
TOOL = {
    "type": "function",
    "function": {
        "name": "write_letter",
        "description": "Writes a letter",
        "parameters": {"type": "object", "properties": {"text": {"type": "string"}}},
    },
}


def whole() -> None:
    answer = client.chat.completions.create(model=MODEL, messages=ASKED)
    assert answer.choices[0].message.content == LETTER


def streamed() -> None:
    stream = client.chat.completions.create(
        model=MODEL, messages=ASKED, stream=True, stream_options={"include_usage": True}
    )
    pieces, usage = [], None
    for chunk in stream:
        usage = chunk.usage or usage
        pieces += [choice.delta.content or "" for choice in chunk.choices]
    assert "".join(pieces) == LETTER
    assert not any("[[" in piece or "NACHNAME" in piece for piece in pieces)
    assert usage.total_tokens == 10


def stream_helper() -> None:
    with client.chat.completions.stream(model=MODEL, messages=ASKED) as stream:
        assert stream.get_final_completion().choices[0].message.content == LETTER


def responses() -> None:
    assert client.responses.create(model=MODEL, input=LETTER, store=False).output_text == LETTER


def streamed_responses() -> None:
    with client.responses.stream(model=MODEL, input=LETTER, store=False) as stream:
        assert stream.get_final_response().output_text == LETTER


def tools_streamed() -> None:
    stream = client.chat.completions.create(model=MODEL, messages=ASKED, tools=[TOOL], stream=True)
    pieces = [
        call.function.arguments or ""
        for chunk in stream
        for choice in chunk.choices
        for call in choice.delta.tool_calls or ()
    ]
    assert json.loads("".join(pieces)) == {"text": LETTER}


run(whole, streamed, stream_helper, responses, streamed_responses, tools_streamed)
