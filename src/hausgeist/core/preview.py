# SPDX-License-Identifier: EUPL-1.2
"""What would leave the house of a call, shown to the person who asks, as values.

It is content: never stored, never logged.
"""

from dataclasses import dataclass

from hausgeist.core.findings import Kind
from hausgeist.core.policy import Decision


@dataclass(frozen=True, slots=True)
class Span:
    """A passage that goes out as ``token``: characters ``start`` to ``end`` (exclusive) of the text.

    ``value`` is the person or number behind the token. ``certain``: no click takes it back.
    """

    start: int
    end: int
    token: str
    kind: Kind
    value: str
    certain: bool


@dataclass(frozen=True, slots=True)
class Masked:
    """A text of the call as it was written, and its hidden passages in order; they do not overlap."""

    text: str
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be decided of a call, and what of its texts would be hidden; nothing was sent or stored.

    ``hidden`` has every text that has a hidden passage, once; of what is refused, a passage that was found.
    """

    decision: Decision
    hidden: tuple[Masked, ...] = ()
