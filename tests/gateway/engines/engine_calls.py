# SPDX-License-Identifier: EUPL-1.2
"""Calls as the engine tests make them."""

from hausgeist.core.calls import Call, Prompt, Sampling
from hausgeist.core.labels import Purpose
from hausgeist.core.messages import Message, text_message
from hausgeist.core.people import Principal, Role

WHO = Principal(id="p1", name="Test", role=Role.MEMBER)


def call(text: str = "Say hello.", **fields: object) -> Call:
    """A call of a member; keywords are fields, ``sampling`` as a dictionary."""
    sampling = {"max_tokens": 8, "seed": 1, "temperature": 0.0}
    sampling |= fields.pop("sampling", {})  # type: ignore[arg-type]
    if "prompt" in fields:
        fields["prompt"] = Prompt(fields["prompt"], echo=fields.pop("echo", False))
    elif "messages" not in fields:
        fields["messages"] = (text_message("user", text),)
    return Call(
        id="c1",
        principal=WHO,
        purpose=fields.pop("purpose", Purpose.API),
        model=fields.pop("model", "smol"),
        sampling=Sampling(**sampling),
        **fields,
    )


def messages(*texts: str) -> tuple[Message, ...]:
    """A user's messages."""
    return tuple(text_message("user", text) for text in texts)
