# SPDX-License-Identifier: EUPL-1.2
"""OpenAI's plain completions: a prompt to ``Call``, bursts to SSE frames or one JSON body.

With a ``suffix`` the model fills in the middle. ``echo`` is done here, so that every provider can. Log
probabilities come in the old shape: parallel lists. One prompt, as text, and one answer per request.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from hausgeist.core.calls import Call, Prompt, Sampling
from hausgeist.core.events import Burst, Delta, Event, Failed, Finished, Started, TokenLogprob
from hausgeist.core.labels import DataClass, Purpose
from hausgeist.core.people import Principal
from hausgeist.errors import InvalidField, Unsupported
from hausgeist.gateway.dialects import openai_numbers as numbers
from hausgeist.gateway.dialects.answer import Answer
from hausgeist.gateway.dialects.openai_chat import finish_reason, usage
from hausgeist.gateway.dialects.openai_chat_request import StreamOptions
from hausgeist.gateway.dialects.openai_error import error_body
from hausgeist.gateway.dialects.reading import read_json

_text = msgspec.json.Encoder().encode


class CompletionRequest(msgspec.Struct):
    """The body of ``POST /v1/completions``."""

    model: numbers.ModelName
    prompt: str | list[Any]
    suffix: str | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: numbers.Tokens | None = None
    temperature: numbers.Temperature | None = None
    top_p: numbers.Probability | None = None
    top_k: numbers.TopK | None = None
    min_p: numbers.Probability | None = None
    seed: numbers.Seed | None = None
    stop: str | numbers.StopTexts | None = None
    presence_penalty: numbers.Penalty | None = None
    frequency_penalty: numbers.Penalty | None = None
    repeat_penalty: numbers.RepeatPenalty | None = None
    logit_bias: dict[str, numbers.Bias] | None = None
    logprobs: Annotated[int, msgspec.Meta(ge=0, le=20)] | None = None
    echo: bool | None = None
    n: numbers.Many | None = None
    best_of: numbers.Many | None = None


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the answer's frame needs to know of the request. ``echo`` is the prompt, or empty."""

    include_usage: bool
    echo: str


def decode(
    body: bytes, *, call_id: str, principal: Principal, declared: DataClass | None = None
) -> tuple[Call, Wishes]:
    """Read a request; gives the call, and what its answer's frame depends on.

    Raises:
        InvalidJSON, InvalidField, Unsupported: with the field's name as ``param``.
    """
    request = read_json(body, CompletionRequest)
    prompt = _prompt(request.prompt)
    if request.n not in {None, 1} or request.best_of not in {None, 1}:
        raise Unsupported(
            what="More than one answer (n, best_of)", param="n" if request.n else "best_of"
        )
    if request.echo and request.logprobs is not None:
        raise Unsupported(what="Log probabilities of the prompt (echo with logprobs)", param="echo")
    call = Call(
        id=call_id,
        principal=principal,
        purpose=Purpose.API,
        model=request.model,
        prompt=Prompt(prompt, request.suffix or None),
        sampling=Sampling(
            max_tokens=request.max_tokens,
            temperature=request.temperature,
            top_p=request.top_p,
            top_k=request.top_k,
            min_p=request.min_p,
            seed=request.seed,
            stop=numbers.stop_texts(request.stop),
            presence_penalty=request.presence_penalty,
            frequency_penalty=request.frequency_penalty,
            repeat_penalty=request.repeat_penalty,
            logit_bias=tuple((request.logit_bias or {}).items()),
            logprobs=request.logprobs is not None,
            top_logprobs=request.logprobs,
        ),
        declared=declared,
        stream=bool(request.stream),
    )
    options = request.stream_options
    return call, Wishes(
        include_usage=options is not None and bool(options.include_usage),
        echo=prompt if request.echo else "",
    )


class StreamEncoder:
    """Bursts to frames of one stream. ``created`` is in seconds since the epoch."""

    def __init__(self, call_id: str, model: str, created: int, wishes: Wishes) -> None:
        head = _text({"id": call_id, "object": "text_completion", "created": created})
        self._head = b"data: " + head[:-1] + b',"model":' + _text(model) + b',"choices":['
        self._tail = b'],"usage":null}\n\n' if wishes.include_usage else b"]}\n\n"
        self._wishes = wishes
        self._before = self._head + b'{"text":'
        self._after = b',"index":0,"logprobs":null,"finish_reason":null}' + self._tail
        self._offset = 0

    def frames(self, burst: Burst) -> bytes:
        """The frames of a burst, ready to be sent in one piece."""
        out: list[bytes] = []
        for event in burst:
            if type(event) is Delta:
                if event.logprobs:
                    out.append(self._choice(event.text, event.logprobs))
                elif event.text:
                    out += (self._before, _text(event.text), self._after)
            elif isinstance(event, Started):
                if self._wishes.echo:
                    out.append(self._choice(self._wishes.echo))
            elif isinstance(event, Finished):
                out.append(self._choice("", reason=finish_reason(event)))
                if self._wishes.include_usage:
                    out += (self._head, b'],"usage":', _text(usage(event.usage)), b"}\n\n")
                out.append(b"data: [DONE]\n\n")
            elif isinstance(event, Failed):
                out += (b"data: ", error_body(event.error), b"\n\n")
        return b"".join(out)

    def _choice(
        self, text: str, logprobs: Sequence[TokenLogprob] = (), reason: str | None = None
    ) -> bytes:
        found = logprobs_out(logprobs, self._offset)
        self._offset += len(text)
        choice = {"text": text, "index": 0, "logprobs": found, "finish_reason": reason}
        return self._head + _text(choice) + self._tail


def whole(events: Sequence[Event], call_id: str, model: str, created: int, wishes: Wishes) -> bytes:
    """A complete answer as one body."""
    answer = Answer.collect(events)
    return _text(
        {
            "id": call_id,
            "object": "text_completion",
            "created": created,
            "model": model,
            "choices": [
                {
                    "text": wishes.echo + answer.text,
                    "index": 0,
                    "logprobs": logprobs_out(answer.logprobs, 0),
                    "finish_reason": finish_reason(answer.finished),
                }
            ],
            "usage": usage(answer.finished.usage),
            "system_fingerprint": None,
        }
    )


def logprobs_out(found: Sequence[TokenLogprob], offset: int) -> dict[str, Any] | None:
    """Log probabilities in the old shape; ``offset`` is where the first token stands, in characters."""
    if not found:
        return None
    offsets = []
    for entry in found:
        offsets.append(offset)
        offset += len(entry.token)
    return {
        "tokens": [entry.token for entry in found],
        "token_logprobs": [entry.logprob for entry in found],
        "top_logprobs": [{top.token: top.logprob for top in entry.top} for entry in found],
        "text_offset": offsets,
    }


def _prompt(found: str | list[Any]) -> str:
    """The one prompt, as text.

    Raises:
        InvalidField, Unsupported: none, several, or token ids.
    """
    if isinstance(found, str):
        return found
    if not found or not isinstance(found[0], str):
        if found and isinstance(found[0], int | list):
            raise Unsupported(what="A prompt of token ids", param="prompt")
        raise InvalidField(field="prompt", reason="must be a text", param="prompt")
    if len(found) > 1:
        raise Unsupported(what="More than one prompt in a request", param="prompt")
    return found[0]
