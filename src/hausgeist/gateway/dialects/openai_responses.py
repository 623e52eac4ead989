# SPDX-License-Identifier: EUPL-1.2
"""A response in OpenAI's shape: the object with all its keys, and the items of its output.

Streams (``openai_responses_stream``) and whole answers are made of the same pieces.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from hausgeist.core.events import Event, Finished, TokenLogprob
from hausgeist.core.messages import Reasoning, ToolCall, Usage
from hausgeist.errors import HausgeistError
from hausgeist.gateway.dialects.answer import Answer
from hausgeist.gateway.dialects.openai_chat import logprobs_out
from hausgeist.gateway.dialects.openai_error import error_code
from hausgeist.gateway.dialects.openai_responses_request import (
    NamedTool,
    ResponsesRequest,
    Wishes,
)

Item = dict[str, Any]

_text = msgspec.json.Encoder().encode


class InputTokens(msgspec.Struct):
    """How many tokens a request's input comes to."""

    input_tokens: int
    object: str = "response.input_tokens"


class Frame:
    """What all states of one response share. ``created`` is in seconds since the epoch."""

    def __init__(self, call_id: str, model: str, created: int, wishes: Wishes) -> None:
        self.id = call_id
        self._shared = _shared(wishes, model) | {
            "id": call_id,
            "object": "response",
            "created_at": created,
        }

    def state(
        self,
        status: str,
        output: Sequence[Item] = (),
        *,
        usage: Usage | None = None,
        error: Exception | None = None,
        cut_by: str | None = None,
        at: int | None = None,
    ) -> Item:
        """The response as it stands. ``cut_by`` is why it is incomplete; ``at`` when it was completed."""
        return self._shared | {
            "status": status,
            "completed_at": at,
            "error": None if error is None else failure(error),
            "incomplete_details": None if cut_by is None else {"reason": cut_by},
            "output": list(output),
            "usage": None if usage is None else usage_out(usage),
        }

    def ended(self, finished: Finished, output: Sequence[Item], at: int) -> Item:
        """The response at its end: completed, or incomplete with the reason."""
        cut_by = {"length": "max_output_tokens", "content_filter": "content_filter"}.get(
            finished.reason
        )
        return self.state(
            "incomplete" if cut_by else "completed",
            output,
            usage=finished.usage,
            cut_by=cut_by,
            at=None if cut_by else at,
        )

    def item_id(self, kind: str, place: int) -> str:
        """The id of the item at a place: unique, and the same whenever it is named."""
        return f"{kind}_{self.id.rpartition('_')[2]}{place:02d}"


def whole(events: Sequence[Event], frame: Frame, at: int) -> bytes:
    """A complete answer as one body; ``at`` is when it was complete, in seconds since the epoch."""
    answer = Answer.collect(events)
    output: list[Item] = []
    if answer.reasoning or answer.signature:
        output.append(
            reasoning_item(
                frame.item_id("rs", 0), Reasoning(answer.reasoning, answer.signature or None)
            )
        )
    if answer.text or not answer.tool_calls:
        part = text_part(answer.text, answer.logprobs)
        output.append(message_item(frame.item_id("msg", len(output)), [part]))
    for call in answer.tool_calls:
        output.append(function_item(frame.item_id("fc", len(output)), call))
    return _text(frame.ended(answer.finished, output, at))


def text_part(text: str, logprobs: Sequence[TokenLogprob] = ()) -> Item:
    """A part of a message: its words."""
    return {
        "type": "output_text",
        "text": text,
        "annotations": [],
        "logprobs": token_logprobs(logprobs),
    }


def token_logprobs(found: Sequence[TokenLogprob]) -> list[Item]:
    """Log probabilities, a list also without any."""
    out = logprobs_out(found)
    tokens: list[Item] = out["content"] if out else []
    return [token | {"bytes": token["bytes"] or []} for token in tokens]


def message_item(item_id: str, content: Sequence[Item], status: str = "completed") -> Item:
    """What the assistant said."""
    return {
        "id": item_id,
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": list(content),
    }


def reasoning_item(item_id: str, reasoning: Reasoning | None) -> Item:
    """What the model thought, as a summary; its seal travels as ``encrypted_content``."""
    shown = reasoning is not None and reasoning.text
    return {
        "id": item_id,
        "type": "reasoning",
        "summary": [summary_part(reasoning.text)] if reasoning is not None and shown else [],
        "encrypted_content": reasoning.signature if reasoning is not None else None,
    }


def summary_part(text: str) -> Item:
    """A part of a reasoning item."""
    return {"type": "summary_text", "text": text}


def function_item(item_id: str, call: ToolCall, status: str = "completed") -> Item:
    """A tool the model asks for. ``id`` names the item, ``call_id`` the call that an output answers."""
    return {
        "id": item_id,
        "type": "function_call",
        "status": status,
        "call_id": call.id,
        "name": call.name,
        "arguments": call.arguments,
    }


def failure(error: Exception) -> Item:
    """Why a response failed."""
    message = str(error) if isinstance(error, HausgeistError) else HausgeistError.text
    return {"code": error_code(error), "message": message}


def count_body(found: Usage) -> bytes:
    """A count of tokens."""
    return _text(InputTokens(found.input_tokens))


def usage_out(found: Usage) -> Item:
    """Usage in the shape of responses."""
    return {
        "input_tokens": found.input_tokens,
        "input_tokens_details": {"cached_tokens": found.cached_tokens},
        "output_tokens": found.output_tokens,
        "output_tokens_details": {"reasoning_tokens": found.reasoning_tokens},
        "total_tokens": found.total,
    }


def _shared(wishes: Wishes, model: str) -> Item:
    """The keys that repeat the request, and those that are always null here."""
    request = wishes.request
    reasoning = request.reasoning
    return {
        "model": model,
        "background": False,
        "conversation": None,
        "instructions": request.instructions,
        "max_output_tokens": request.max_output_tokens,
        "max_tool_calls": None,
        "metadata": request.metadata or {},
        "parallel_tool_calls": request.parallel_tool_calls is not False,
        "previous_response_id": None,
        "prompt": None,
        "prompt_cache_key": None,
        "reasoning": {"effort": reasoning and reasoning.effort, "summary": None},
        "safety_identifier": None,
        "service_tier": "default",
        "store": False,
        "temperature": request.temperature,
        "text": _text_settings(request),
        "tool_choice": _choice(request),
        "tools": [
            {
                "type": "function",
                "name": tool.name,
                "description": tool.description or None,
                "parameters": msgspec.Raw(tool.parameters.encode()),
                "strict": tool.strict,
            }
            for tool in wishes.tools
        ],
        "top_logprobs": request.top_logprobs or 0,
        "top_p": request.top_p,
        "truncation": "disabled",
        "user": request.user,
    }


def _text_settings(request: ResponsesRequest) -> Item:
    text = request.text
    chosen = text.format if text else None
    shape: Item = {"type": chosen.type if chosen else "text"}
    if chosen is not None and chosen.type == "json_schema":
        shape |= {
            "name": chosen.name,
            "schema": chosen.schema,
            "strict": chosen.strict,
            "description": chosen.description,
        }
    return {"format": shape, "verbosity": (text and text.verbosity) or "medium"}


def _choice(request: ResponsesRequest) -> Item | str:
    chosen = request.tool_choice
    if isinstance(chosen, NamedTool):
        return {"type": "function", "name": chosen.name}
    return chosen or "auto"
