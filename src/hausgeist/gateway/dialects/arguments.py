# SPDX-License-Identifier: EUPL-1.2
"""Tool calls for dialects that want arguments as an object: a model's JSON text, read and checked.

Ignores whether the arguments fit the tool's schema; that is the caller's to judge.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from hausgeist.core.messages import ToolCall
from hausgeist.errors import Upstream
from hausgeist.gateway.dialects.answer import Answer

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def tool_objects(answer: Answer, model: str) -> Iterator[tuple[ToolCall, dict[str, Any]]]:
    """Each tool call of an answer with its arguments as an object.

    What a length limit cut off is left out: the finish reason says that the answer is not whole.

    Raises:
        Upstream: the model wrote arguments that are no JSON object.
    """
    for call in answer.tool_calls:
        try:
            found = _decode(call.arguments)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            if answer.finished.reason == "length":
                continue
            raise Upstream(
                provider=model,
                reason=f"the arguments for the tool {call.name!r} are no JSON object",
            ) from error
        yield call, found
