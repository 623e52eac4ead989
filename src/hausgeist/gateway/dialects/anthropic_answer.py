# SPDX-License-Identifier: EUPL-1.2
"""Anthropic's messages: bursts to events of a stream or one JSON body, and the frame of errors.

A stream's order: ``message_start``, ``ping``, then content blocks one after the other (each start, deltas,
stop, with a rising index), ``message_delta`` with the reason and the usage, ``message_stop``. An error takes
the place of what is left.
"""

from collections.abc import Mapping, Sequence

import msgspec

from hausgeist.core.events import Burst, Delta, Event, Failed, Finished, Started, ToolCalled
from hausgeist.core.messages import Usage
from hausgeist.errors import N_, HausgeistError, Internal, Upstream
from hausgeist.gateway.dialects.answer import Answer
from hausgeist.gateway.dialects.arguments import tool_objects

_text = msgspec.json.Encoder().encode

_KINDS = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    529: "overloaded_error",
}

_EMPTY = {
    "text": {"type": "text", "text": ""},
    "thinking": {"type": "thinking", "thinking": "", "signature": ""},
}


class StreamEncoder:
    """Bursts to the events of one stream. ``input_tokens`` is our estimate, told before the real count."""

    media_type = "text/event-stream"

    def __init__(self, call_id: str, model: str, request_id: str, input_tokens: int) -> None:
        self._call_id = call_id
        self._model = model
        self._request_id = request_id
        self._input_tokens = input_tokens
        self._index = -1
        self._open: str | int | None = None
        """The kind of the open block, or the number of its tool call."""
        self._delta = b""
        """The beginning of a delta of the open block, up to its text."""
        self._waiting: dict[int, list[ToolCalled]] = {}
        """Tool calls that came while another was open, to be told after it."""
        self._told: set[int] = set()
        self._broken = False

    def frames(self, burst: Burst) -> bytes:
        """The events of a burst, ready to be sent in one piece."""
        out: list[bytes] = []
        for event in burst:
            if self._broken:
                break
            if type(event) is Delta:
                self._say(event, out)
            elif isinstance(event, ToolCalled):
                self._call(event, out)
            elif isinstance(event, Started):
                out.append(self._start())
            elif isinstance(event, Finished):
                self._finish(event, out)
            elif isinstance(event, Failed):
                self._fail(event.error, out)
        return b"".join(out)

    def _start(self) -> bytes:
        message: dict[str, object] = {
            "id": self._call_id,
            "type": "message",
            "role": "assistant",
            "model": self._model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": usage(Usage(input_tokens=self._input_tokens)),
        }
        return _event("message_start", {"message": message}) + _event("ping", {})

    def _say(self, event: Delta, out: list[bytes]) -> None:
        if event.reasoning:
            self._turn_to("thinking", out)
            out += (self._delta, _text(event.reasoning), b"}}\n\n")
        if event.signature:
            self._turn_to("thinking", out)
            seal = {"type": "signature_delta", "signature": event.signature}
            out.append(_event("content_block_delta", {"index": self._index, "delta": seal}))
        if event.text:
            self._turn_to("text", out)
            out += (self._delta, _text(event.text), b"}}\n\n")

    def _call(self, event: ToolCalled, out: list[bytes]) -> None:
        """A fragment of a tool call: told at once for the open one, kept for any other.

        Blocks cannot be opened again, and upstreams may weave parallel calls.
        """
        if self._open == event.index:
            if event.arguments:
                out += (self._delta, _text(event.arguments), b"}}\n\n")
        elif event.index in self._told:
            error = Upstream(provider=self._model, reason=N_("a tool call went on after its end"))
            self._fail(error, out)
        elif isinstance(self._open, int):
            self._waiting.setdefault(event.index, []).append(event)
        else:
            self._open_tool(event, out)

    def _open_tool(self, event: ToolCalled, out: list[bytes]) -> None:
        self._close(out)
        tool = {
            "type": "tool_use",
            "id": event.id or f"toolu_{self._call_id.removeprefix('msg_')}_{event.index}",
            "name": event.name,
            "input": {},
        }
        self._told.add(event.index)
        self._begin(event.index, tool, "input_json_delta", "partial_json", out)
        if event.arguments:
            out += (self._delta, _text(event.arguments), b"}}\n\n")

    def _turn_to(self, kind: str, out: list[bytes]) -> None:
        if self._open != kind:
            self._close_tools(out)
            self._close(out)
            self._begin(kind, _EMPTY[kind], f"{kind}_delta", kind, out)

    def _begin(
        self,
        kind: str | int,
        block: Mapping[str, object],
        delta: str,
        field: str,
        out: list[bytes],
    ) -> None:
        self._index += 1
        self._open = kind
        out.append(_event("content_block_start", {"index": self._index, "content_block": block}))
        self._delta = (
            b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,'
            b'"delta":{"type":"%s","%s":' % (self._index, delta.encode(), field.encode())
        )

    def _close(self, out: list[bytes]) -> None:
        if self._open is not None:
            out.append(_event("content_block_stop", {"index": self._index}))
            self._open = None

    def _close_tools(self, out: list[bytes]) -> None:
        """Tell the tool calls that waited for the open one to end."""
        for parts in self._waiting.values():
            whole = ToolCalled(
                parts[0].index,
                "".join(part.id for part in parts),
                "".join(part.name for part in parts),
                "".join(part.arguments for part in parts),
            )
            self._open_tool(whole, out)
        self._waiting = {}

    def _finish(self, event: Finished, out: list[bytes]) -> None:
        self._close_tools(out)
        self._close(out)
        reason, sequence = stop(event, used_tools=bool(self._told))
        ending = {"stop_reason": reason, "stop_sequence": sequence}
        out.append(_event("message_delta", {"delta": ending, "usage": usage(event.usage)}))
        out.append(_event("message_stop", {}))

    def _fail(self, error: Exception, out: list[bytes]) -> None:
        self._broken = True
        out += (b"event: error\ndata: ", error_body(error, self._request_id), b"\n\n")


def whole(events: Sequence[Event], call_id: str, model: str) -> bytes:
    """A complete answer as one body.

    Raises:
        HausgeistError: the call failed, or the model wrote tool arguments that are no JSON object.
    """
    answer = Answer.collect(events)
    content: list[dict[str, object]] = []
    if answer.reasoning or answer.signature:
        content.append(
            {"type": "thinking", "thinking": answer.reasoning, "signature": answer.signature}
        )
    if answer.text:
        content.append({"type": "text", "text": answer.text})
    used = False
    for place, (call, arguments) in enumerate(tool_objects(answer, model)):
        used = True
        tool_id = call.id or f"toolu_{call_id.removeprefix('msg_')}_{place}"
        content.append({"type": "tool_use", "id": tool_id, "name": call.name, "input": arguments})
    reason, sequence = stop(answer.finished, used_tools=used)
    return _text(
        {
            "id": call_id,
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": content,
            "stop_reason": reason,
            "stop_sequence": sequence,
            "usage": usage(answer.finished.usage),
        }
    )


def count_body(found: Usage) -> bytes:
    """A count of tokens."""
    return _text({"input_tokens": found.input_tokens})


def error_body(error: Exception, request_id: str) -> bytes:
    """An error in Anthropic's shape."""
    if not isinstance(error, HausgeistError):
        error = Internal()  # what a foreign error says is for the log
    status = error.status
    kind = _KINDS.get(status, "invalid_request_error" if status < 500 else "api_error")
    shape = {"type": kind, "message": str(error)}
    return _text({"type": "error", "error": shape, "request_id": request_id})


def stop(event: Finished, *, used_tools: bool) -> tuple[str, str | None]:
    """Anthropic's word for why an answer ended, and the stop sequence that ended it."""
    if event.reason == "length":
        return "max_tokens", None
    if event.reason == "content_filter":
        return "refusal", None
    if used_tools or event.reason == "tool_calls":
        return "tool_use", None
    if event.stop_sequence is not None:
        return "stop_sequence", event.stop_sequence
    return "end_turn", None


def usage(found: Usage) -> dict[str, int]:
    """Usage in Anthropic's shape: what came from a cache is not among the input."""
    return {
        "input_tokens": found.input_tokens - found.cached_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": found.cached_tokens,
        "output_tokens": found.output_tokens,
    }


def _event(kind: str, fields: dict[str, object]) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (kind.encode(), _text({"type": kind, **fields}))
