# SPDX-License-Identifier: EUPL-1.2
"""How a worker's call travels to the house, and the answer back: JSON over the loopback or the own network.

Who asks is not part of it: the house puts in the person who started the job.
"""

from typing import Any, Literal

import msgspec

from hausgeist.core.asked import Asked
from hausgeist.core.calls import AnswerFormat, Call, Effort, Sampling
from hausgeist.core.labels import DataClass, Purpose
from hausgeist.core.messages import Message, Text
from hausgeist.core.people import Principal
from hausgeist.errors import InvalidField

PATH = "/jobs/ask"

_ANSWER = msgspec.json.Decoder(Asked)


class Piece(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """A part of a message: words; ``retrieved`` as in ``core.messages.Text``."""

    text: str
    retrieved: bool = False


class Turn(msgspec.Struct, forbid_unknown_fields=True):
    """One message."""

    role: Literal["system", "user", "assistant"]
    parts: list[Piece]


class AskBody(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """A call of a job."""

    model: str
    purpose: Literal["suggest", "evaluate"]
    messages: list[Turn]
    sampling: Sampling = Sampling()
    format: AnswerFormat | None = None
    effort: Effort | None = None
    declared: Literal["public", "internal", "personal", "special"] | None = None
    attached: Literal["public", "internal", "personal", "special"] | None = None
    context: int | None = None
    consented: bool = False


def read_answer(body: bytes) -> Asked:
    """The answer as it came back; ``answer_of`` made it.

    Raises:
        msgspec.DecodeError: it is none.
    """
    return _ANSWER.decode(body)


def answer_of(asked: Asked) -> bytes:
    """What is sent back."""
    return msgspec.json.encode(asked)


def body_of(call: Call) -> bytes:
    """What is sent of a call.

    Raises:
        InvalidField: it holds what a job cannot send, such as a picture or tools.
    """
    if call.prompt is not None or call.tools:
        raise InvalidField(field="messages", reason="a job sends messages, without tools")
    body: dict[str, Any] = {
        "model": call.model,
        "purpose": call.purpose.value,
        "messages": [_turn(message) for message in call.messages],
        "sampling": call.sampling,
        "format": call.format,
        "effort": call.effort,
        "declared": None if call.declared is None else call.declared.word,
        "attached": None if call.attached is None else call.attached.word,
        "context": call.context,
        "consented": call.consented,
    }
    return msgspec.json.encode(body)


def call_of(body: AskBody, call_id: str, principal: Principal) -> Call:
    """The call, as the house makes it for somebody."""
    return Call(
        id=call_id,
        principal=principal,
        purpose=Purpose(body.purpose),
        model=body.model,
        messages=tuple(
            Message(turn.role, tuple(Text(one.text, one.retrieved) for one in turn.parts))
            for turn in body.messages
        ),
        sampling=body.sampling,
        format=body.format,
        effort=body.effort,
        declared=None if body.declared is None else DataClass.parse(body.declared),
        attached=None if body.attached is None else DataClass.parse(body.attached),
        context=body.context,
        consented=body.consented,
        stream=False,
    )


def _turn(message: Message) -> dict[str, Any]:
    parts = [part for part in message.parts if isinstance(part, Text)]
    if len(parts) != len(message.parts) or message.role == "tool":
        raise InvalidField(field="messages", reason="a job sends words only")
    pieces = [Piece(part.text, part.retrieved) for part in parts]
    return {"role": message.role, "parts": pieces}
