# SPDX-License-Identifier: EUPL-1.2
"""The numbers of OpenAI's requests, with the bounds the decoder holds them to.

Where OpenAI's bound is a matter of its own models, the bound here is the one any model could mean.
"""

from typing import Annotated, TypeAlias

from msgspec import Meta

Tokens: TypeAlias = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Temperature: TypeAlias = Annotated[float, Meta(ge=0, le=2)]
Probability: TypeAlias = Annotated[float, Meta(ge=0, le=1)]
Penalty: TypeAlias = Annotated[float, Meta(ge=-2, le=2)]
RepeatPenalty: TypeAlias = Annotated[float, Meta(ge=0, le=10)]
TopK: TypeAlias = Annotated[int, Meta(ge=-1, le=2**31 - 1)]
Seed: TypeAlias = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
TopLogprobs: TypeAlias = Annotated[int, Meta(ge=0, le=20)]
Bias: TypeAlias = Annotated[float, Meta(ge=-100, le=100)]
Many: TypeAlias = Annotated[int, Meta(ge=1, le=128)]
ModelName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=512)]
ToolName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=256)]
StopText: TypeAlias = Annotated[str, Meta(min_length=1, max_length=1024)]
StopTexts: TypeAlias = Annotated[list[StopText], Meta(max_length=16)]


def stop_texts(found: str | list[str] | None) -> tuple[str, ...]:
    """Stop sequences, whether one was given or several; an empty one stops nothing."""
    if isinstance(found, str):
        return (found,) if found else ()
    return tuple(found or ())
