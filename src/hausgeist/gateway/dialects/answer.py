# SPDX-License-Identifier: EUPL-1.2
"""The events of a complete answer, put together: what every dialect's whole body is made of."""

from collections.abc import Sequence
from dataclasses import dataclass

from hausgeist.core.events import Delta, Event, Failed, Finished, TokenLogprob, ToolCalled
from hausgeist.core.messages import ToolCall, Usage


@dataclass(frozen=True, slots=True)
class Answer:
    """The events of a complete answer, put together."""

    text: str
    reasoning: str
    signature: str
    tool_calls: tuple[ToolCall, ...]
    logprobs: tuple[TokenLogprob, ...]
    finished: Finished

    @classmethod
    def collect(cls, events: Sequence[Event]) -> "Answer":
        """Put events together.

        Raises:
            HausgeistError: the error of a ``Failed`` among them.
        """
        text: list[str] = []
        reasoning: list[str] = []
        signature = ""
        logprobs: list[TokenLogprob] = []
        calls: dict[int, list[ToolCalled]] = {}
        finished = Finished("stop", Usage())
        for event in events:
            if isinstance(event, Delta):
                text.append(event.text)
                if event.reasoning:
                    reasoning.append(event.reasoning)
                if event.logprobs:
                    logprobs += event.logprobs
                signature += event.signature
            elif isinstance(event, ToolCalled):
                calls.setdefault(event.index, []).append(event)
            elif isinstance(event, Finished):
                finished = event
            elif isinstance(event, Failed):
                raise event.error
        return cls(
            text="".join(text),
            reasoning="".join(reasoning),
            signature=signature,
            tool_calls=tuple(map(_joined, calls.values())),
            logprobs=tuple(logprobs),
            finished=finished,
        )


def _joined(parts: Sequence[ToolCalled]) -> ToolCall:
    """The fragments of one tool call, put together."""
    return ToolCall(
        id="".join(part.id for part in parts),
        name="".join(part.name for part in parts),
        arguments="".join(part.arguments for part in parts) or "{}",
    )
