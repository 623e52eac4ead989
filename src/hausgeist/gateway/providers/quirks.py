# SPDX-License-Identifier: EUPL-1.2
"""How a server differs from the dialect it claims to speak: data, never a test of its name in code."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirks:
    """The peculiarities of one OpenAI-compatible server.

    ``params`` is the allow-list of body fields beyond model, messages, prompt and stream (after
    renaming); None sends all we know, and no foreign ones.
    """

    params: frozenset[str] | None = None
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Our name of a field to the server's."""
    dropped: frozenset[str] = frozenset()
    """Fields the server cannot bear."""
    fixed: Mapping[str, object] = field(default_factory=dict)
    """Fields every request carries."""
    string_content: bool = False
    """Messages have text, never a list of parts."""
    no_reasoning: bool = False
    """Reasoning of earlier turns is not sent back."""
    call_id_length: int | None = None
    """Tool calls' ids must have so many letters and digits."""
    max_tokens: int | None = None
    """Sent where the caller gave no limit, because the server's own default is too small."""
    efforts: Mapping[str, str] = field(default_factory=dict)
    """Our word for reasoning effort to the server's, where they differ."""
