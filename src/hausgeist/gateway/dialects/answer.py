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
        deltas = [event for event in events if isinstance(event, Delta)]
        calls: dict[int, list[ToolCalled]] = {}
        finished = Finished("stop", Usage())
        for event in events:
            if isinstance(event, ToolCalled):
                calls.setdefault(event.index, []).append(event)
            elif isinstance(event, Finished):
                finished = event
            elif isinstance(event, Failed):
                raise event.error
        return cls(
            text="".join(delta.text for delta in deltas),
            reasoning="".join(delta.reasoning for delta in deltas),
            signature="".join(delta.signature for delta in deltas),
            tool_calls=tuple(
                ToolCall(
                    id="".join(part.id for part in parts),
                    name="".join(part.name for part in parts),
                    arguments="".join(part.arguments for part in parts) or "{}",
                )
                for parts in calls.values()
            ),
            logprobs=tuple(entry for delta in deltas for entry in delta.logprobs),
            finished=finished,
        )
