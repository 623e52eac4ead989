# SPDX-License-Identifier: EUPL-1.2
"""Ollama's answers: bursts to lines of JSON or one body, vectors, and the frame of errors.

Tool calls come whole, in one line before the last. The last line has ``done`` and the counters; durations
are nanoseconds. What cannot be told apart is not split: waiting for a model counts as evaluation of the
prompt, and the whole of an answer that was not streamed as evaluation of the answer.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from hausgeist.core.events import (
    Burst,
    Delta,
    Event,
    Failed,
    Finished,
    TokenLogprob,
    ToolCalled,
)
from hausgeist.core.messages import ToolCall, Usage
from hausgeist.errors import HausgeistError, Internal, UnknownModel, Unsupported
from hausgeist.gateway.dialects.answer import Answer
from hausgeist.gateway.dialects.arguments import tool_objects
from hausgeist.gateway.providers import Embeddings

_text = msgspec.json.Encoder().encode

NDJSON = "application/x-ndjson"


class Lines:
    """The lines of one answer. ``clock_ns`` counts nanoseconds; ``now_ms`` is the time of day.

    ``chat``: the answer stands in a ``message``; else in ``response``.
    """

    media_type = NDJSON

    def __init__(
        self,
        model: str,
        *,
        chat: bool,
        now_ms: Callable[[], int],
        clock_ns: Callable[[], int],
        call_id: str = "",
    ) -> None:
        self._model = model
        self._call_id = call_id
        self._chat = chat
        self._now_ms = now_ms
        self._clock_ns = clock_ns
        self._started = clock_ns()
        self._first: int | None = None
        self._tools: list[Event] = []
        self._before = b'{"model":' + _text(model) + b',"created_at":"'
        self._between = b'","message":{"role":"assistant","content":' if chat else b'","response":'
        self._after = b'},"done":false}\n' if chat else b',"done":false}\n'

    def frames(self, burst: Burst) -> bytes:
        """The lines of a burst, ready to be sent in one piece."""
        created = rfc3339(self._now_ms()).encode()
        out: list[bytes] = []
        for event in burst:
            if type(event) is Delta:
                if self._first is None:
                    self._first = self._clock_ns()
                if event.reasoning or event.logprobs:
                    out.append(self._line(self._said(event)))
                elif event.text:
                    out += (self._before, created, self._between, _text(event.text), self._after)
            elif isinstance(event, ToolCalled):
                self._tools.append(event)
            elif isinstance(event, Finished):
                out.append(self._last(event))
            elif isinstance(event, Failed):
                out.append(error_body(event.error) + b"\n")
        return b"".join(out)

    def whole(self, events: Sequence[Event]) -> bytes:
        """A complete answer as one body.

        Raises:
            HausgeistError: the call failed, or the model wrote tool arguments that are no JSON object.
        """
        answer = Answer.collect(events)
        fields = self._words(answer.text, answer.reasoning)
        if answer.tool_calls:
            fields["message"]["tool_calls"] = self._tool_calls(answer)
        if answer.logprobs:
            fields["logprobs"] = logprobs_out(answer.logprobs)
        return self._line(fields | self._ending(answer.finished), done=True)

    def kept(self, *, unload: bool) -> bytes:
        """The one line that answers a wish to load or unload a model."""
        reason = {"done_reason": "unload" if unload else "load"}
        return self._line(self._words("", "") | reason, done=True)

    def _said(self, event: Delta) -> dict[str, Any]:
        fields = self._words(event.text, event.reasoning)
        if event.logprobs:
            fields["logprobs"] = logprobs_out(event.logprobs)
        return fields

    def _last(self, event: Finished) -> bytes:
        tools = b""
        if self._tools and self._chat:
            answer = Answer.collect([*self._tools, event])
            try:
                calls = self._tool_calls(answer)
            except HausgeistError as error:
                return error_body(error) + b"\n"
            fields = self._words("", "")
            fields["message"]["tool_calls"] = calls
            tools = self._line(fields)
        return tools + self._line(self._words("", "") | self._ending(event), done=True)

    def _tool_calls(self, answer: Answer) -> list[dict[str, object]]:
        return [
            self._tool_call(place, call, arguments)
            for place, (call, arguments) in enumerate(tool_objects(answer, self._model))
        ]

    def _tool_call(
        self, place: int, call: ToolCall, arguments: dict[str, Any]
    ) -> dict[str, object]:
        function = {"index": place, "name": call.name, "arguments": arguments}
        return {"id": call.id or f"call_{self._call_id}_{place}", "function": function}

    def _words(self, text: str, thinking: str) -> dict[str, Any]:
        if not self._chat:
            return {"response": text} | ({"thinking": thinking} if thinking else {})
        message = {"role": "assistant", "content": text}
        return {"message": message | ({"thinking": thinking} if thinking else {})}

    def _ending(self, event: Finished) -> dict[str, object]:
        now = self._clock_ns()
        first = self._started if self._first is None else self._first
        return {
            "done_reason": event.reason if event.reason in {"length", "load", "unload"} else "stop",
            "total_duration": now - self._started,
            "load_duration": 0,
            "prompt_eval_count": event.usage.input_tokens,
            "prompt_eval_duration": first - self._started,
            "eval_count": event.usage.output_tokens,
            "eval_duration": now - first,
        }

    def _line(self, fields: dict[str, Any], *, done: bool = False) -> bytes:
        head = {"model": self._model, "created_at": rfc3339(self._now_ms())}
        return _text(head | fields | {"done": done}) + b"\n"


def embed_body(
    model: str, found: Embeddings, duration_ns: int, dimensions: int | None = None
) -> bytes:
    """Vectors, in the newer form.

    Raises:
        Unsupported: other dimensions were asked for than the model's vectors have.
    """
    if dimensions is not None and any(len(vector) != dimensions for vector in found.vectors):
        raise Unsupported(what=f"A vector of {dimensions} dimensions", param="dimensions")
    return _text(
        {
            "model": model,
            "embeddings": found.vectors,
            "total_duration": duration_ns,
            "load_duration": 0,
            "prompt_eval_count": found.usage.input_tokens,
        }
    )


def embeddings_body(found: Embeddings) -> bytes:
    """One vector, in the older form; empty when there was nothing to embed."""
    return _text({"embedding": found.vectors[0] if found.vectors else []})


NOTHING = Embeddings([], Usage())
"""What embedding no text gives."""


def error_body(error: Exception) -> bytes:
    """An error in Ollama's shape. Clients look for its words about an unknown model."""
    if isinstance(error, UnknownModel):
        return _text({"error": f"model '{error.values.get('model')}' not found. {error}"})
    if not isinstance(error, HausgeistError):
        error = Internal()  # what a foreign error says is for the log
    return _text({"error": str(error)})


def logprobs_out(found: Sequence[TokenLogprob]) -> list[dict[str, object]]:
    """Log probabilities in Ollama's shape."""
    return [
        _logprob(entry) | {"top_logprobs": [_logprob(top) for top in entry.top]} for entry in found
    ]


def rfc3339(ms: int) -> str:
    """A time in milliseconds since the epoch, as RFC 3339 in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def _logprob(entry: TokenLogprob) -> dict[str, object]:
    return {"token": entry.token, "logprob": entry.logprob, "bytes": entry.bytes}
