# SPDX-License-Identifier: EUPL-1.2
"""A response as a stream: bursts to named events, each with a rising ``sequence_number``.

Order: created, in_progress; for each item added, its parts, its deltas, and all of it done again; then
exactly one of completed, incomplete and failed. Tool calls may grow side by side and are done at the end.
There is no ``[DONE]``. What was said is kept until its item is done, because that event repeats it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from hausgeist.core.events import (
    Burst,
    Delta,
    Event,
    Failed,
    Finished,
    Started,
    TokenLogprob,
    ToolCalled,
)
from hausgeist.core.messages import Reasoning, ToolCall
from hausgeist.gateway.dialects.openai_responses import (
    Frame,
    Item,
    function_item,
    message_item,
    reasoning_item,
    summary_part,
    text_part,
    token_logprobs,
)

_text = msgspec.json.Encoder().encode


@dataclass(slots=True)
class _Growing:
    """An item under way: its place in the output and what it consists of so far."""

    place: int
    id: str
    texts: list[str] = field(default_factory=list)
    logprobs: list[TokenLogprob] = field(default_factory=list)
    seal: str = ""
    call_id: str = ""
    name: str = ""
    before: bytes = b""

    @property
    def text(self) -> str:
        return "".join(self.texts)


class StreamEncoder:
    """Bursts to frames of one stream. ``now`` gives seconds since the epoch."""

    def __init__(self, frame: Frame, now: Callable[[], int]) -> None:
        self._frame = frame
        self._now = now
        self._number = 0
        self._output: list[Item] = []
        self._message: _Growing | None = None
        self._thought: _Growing | None = None
        self._calls: dict[int, _Growing] = {}

    def frames(self, burst: Burst) -> bytes:
        """The frames of a burst, ready to be sent in one piece."""
        out: list[bytes] = []
        for event in burst:
            said = self._message
            if said is not None and type(event) is Delta and _words_only(event):
                said.texts.append(event.text)
                out += (
                    said.before,
                    b"%d" % self._next(),
                    b',"delta":',
                    _text(event.text),
                    b"}\n\n",
                )
            else:
                self._take(event, out)
        return b"".join(out)

    def _take(self, event: Event, out: list[bytes]) -> None:
        if isinstance(event, Delta):
            self._delta(event, out)
        elif isinstance(event, ToolCalled):
            self._tool(event, out)
        elif isinstance(event, Started):
            for name in ("created", "in_progress"):
                self._emit(out, f"response.{name}", response=self._frame.state("in_progress"))
        elif isinstance(event, Finished):
            if not self._output and not self._calls:
                self._said(out)
            self._close_all(out)
            response = self._frame.ended(event, self._output, self._now())
            self._emit(out, f"response.{response['status']}", response=response)
        elif isinstance(event, Failed):
            response = self._frame.state(
                "failed", self._output, error=event.error, usage=event.usage
            )
            self._emit(out, "response.failed", response=response)

    def _delta(self, event: Delta, out: list[bytes]) -> None:
        if event.reasoning or event.signature:
            self._close_message(out)
            thought = self._thinking(out)
            thought.seal += event.signature
            if event.reasoning:
                thought.texts.append(event.reasoning)
                self._emit(
                    out,
                    "response.reasoning_summary_text.delta",
                    **_of(thought),
                    summary_index=0,
                    delta=event.reasoning,
                )
        if event.text or event.logprobs:
            self._close_thought(out)
            said = self._said(out)
            said.texts.append(event.text)
            said.logprobs.extend(event.logprobs)
            self._emit(
                out,
                "response.output_text.delta",
                **_of(said),
                content_index=0,
                logprobs=token_logprobs(event.logprobs),
                delta=event.text,
            )

    def _tool(self, event: ToolCalled, out: list[bytes]) -> None:
        call = self._calls.get(event.index)
        if call is None:
            self._close_thought(out)
            self._close_message(out)
            call = self._new("fc")
            call.call_id, call.name = event.id or call.id, event.name
            self._calls[event.index] = call
            item = function_item(call.id, ToolCall(call.call_id, call.name, ""), "in_progress")
            self._added(out, call, item)
        if event.arguments:
            call.texts.append(event.arguments)
            self._emit(
                out,
                "response.function_call_arguments.delta",
                **_of(call),
                delta=event.arguments,
            )

    def _said(self, out: list[bytes]) -> _Growing:
        """The message under way; begins one where there is none."""
        if self._message is None:
            said = self._message = self._new("msg")
            said.before = (
                b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta",'
                + _text(_of(said))[1:-1]
                + b',"content_index":0,"logprobs":[],"sequence_number":'
            )
            self._added(out, said, message_item(said.id, (), "in_progress"))
            self._emit(
                out,
                "response.content_part.added",
                **_of(said),
                content_index=0,
                part=text_part(""),
            )
        return self._message

    def _thinking(self, out: list[bytes]) -> _Growing:
        """The reasoning under way; begins one where there is none."""
        if self._thought is None:
            thought = self._thought = self._new("rs")
            self._added(out, thought, reasoning_item(thought.id, None))
            self._emit(
                out,
                "response.reasoning_summary_part.added",
                **_of(thought),
                summary_index=0,
                part=summary_part(""),
            )
        return self._thought

    def _close_message(self, out: list[bytes]) -> None:
        said, self._message = self._message, None
        if said is None:
            return
        part = text_part(said.text, said.logprobs)
        self._emit(
            out,
            "response.output_text.done",
            **_of(said),
            content_index=0,
            text=part["text"],
            logprobs=part["logprobs"],
        )
        self._emit(out, "response.content_part.done", **_of(said), content_index=0, part=part)
        self._done(out, said, message_item(said.id, [part]))

    def _close_thought(self, out: list[bytes]) -> None:
        thought, self._thought = self._thought, None
        if thought is None:
            return
        text = thought.text
        place = {**_of(thought), "summary_index": 0}
        self._emit(out, "response.reasoning_summary_text.done", **place, text=text)
        self._emit(out, "response.reasoning_summary_part.done", **place, part=summary_part(text))
        self._done(out, thought, reasoning_item(thought.id, Reasoning(text, thought.seal or None)))

    def _close_all(self, out: list[bytes]) -> None:
        self._close_thought(out)
        self._close_message(out)
        for call in self._calls.values():
            whole = ToolCall(call.call_id, call.name, call.text or "{}")
            self._emit(
                out,
                "response.function_call_arguments.done",
                **_of(call),
                name=whole.name,
                arguments=whole.arguments,
            )
            self._done(out, call, function_item(call.id, whole))

    def _new(self, kind: str) -> _Growing:
        place = len(self._output)
        self._output.append({})
        return _Growing(place, self._frame.item_id(kind, place))

    def _added(self, out: list[bytes], item: _Growing, shape: Item) -> None:
        self._output[item.place] = shape
        self._emit(out, "response.output_item.added", output_index=item.place, item=shape)

    def _done(self, out: list[bytes], item: _Growing, shape: Item) -> None:
        self._output[item.place] = shape
        self._emit(out, "response.output_item.done", output_index=item.place, item=shape)

    def _emit(self, out: list[bytes], kind: str, **values: object) -> None:
        data = _text({"type": kind, "sequence_number": self._next(), **values})
        out += (b"event: ", kind.encode(), b"\ndata: ", data, b"\n\n")

    def _next(self) -> int:
        number = self._number
        self._number += 1
        return number


def _words_only(delta: Delta) -> bool:
    return bool(delta.text) and not (delta.reasoning or delta.logprobs or delta.signature)


def _of(item: _Growing) -> dict[str, object]:
    return {"item_id": item.id, "output_index": item.place}
