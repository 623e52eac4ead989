# SPDX-License-Identifier: EUPL-1.2
"""The one traversal of a call: every text that a provider is sent, and the call with each of them changed.

A schema can carry a name as well as a message can. Pictures and sound are no text: see ``has_pictures``.
"""

from collections.abc import Iterator

from hausgeist.core.calls import Call
from hausgeist.core.messages import Image, ToolCall


def texts_of(call: Call) -> Iterator[str]:
    """Every text of a call that leaves with it, in order; empty ones among them."""
    if call.prompt is not None:
        yield call.prompt.text
        yield call.prompt.suffix or ""
    for message in call.messages:
        yield message.name or ""
        for part in message.parts:
            if isinstance(part, ToolCall):
                yield part.name
                yield part.arguments
            elif not isinstance(part, Image):
                yield part.text
    for tool in call.tools:
        yield tool.name
        yield tool.description
        yield tool.parameters
    if call.format is not None:
        yield call.format.name
        yield call.format.schema or ""
    yield from call.sampling.stop
    yield from (value for _, value in call.extra if isinstance(value, str))


def has_pictures(call: Call) -> bool:
    """Whether anything goes along that no detector sees into."""
    return any(message.images for message in call.messages)
