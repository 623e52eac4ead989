# SPDX-License-Identifier: EUPL-1.2
"""A branch of a conversation flows in, the messages of a call flow out. Linear in the branch.

Everything that was said goes along, in order; nothing is cut here. What does not fit into the model's
window is refused by the gateway, and shown. A model's reasoning stays with us.
"""

from collections.abc import Sequence

from hausgeist.core.messages import Image, Message, Role, Text
from hausgeist.store.chats import Said


def messages_of(branch: Sequence[Said]) -> tuple[Message, ...]:
    """The messages to send: roles alternate, as many chat templates demand.

    An answer without words (it failed) is left out; the questions around it become one message.
    """
    sent: list[Message] = []
    for said in branch:
        parts = tuple(part for part in said.parts if isinstance(part, Text | Image))
        if not any(isinstance(part, Image) or part.text for part in parts):
            continue
        role: Role = "assistant" if said.role == "assistant" else "user"
        if sent and sent[-1].role == role:
            between = (Text("\n\n"),)
            sent[-1] = Message(role, (*sent[-1].parts, *between, *parts))
        else:
            sent.append(Message(role, parts))
    return tuple(sent)
