# SPDX-License-Identifier: EUPL-1.2
"""What came of asking a model for the workbench: its words, and what there is to know of the call."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from hausgeist.core.messages import Usage

TrainingTerms: TypeAlias = Literal["yes", "no", "unknown"]
"""Whether what a model says may train another model, by its provider's terms or its licence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One answered call. ``micro_eur`` of None: nobody knows the price. ``ms``: how long it took.

    ``model`` is who answered, which need not be who was asked; ``wanted`` is then who was asked, else
    empty. ``policy`` is the version of the rules that allowed it. ``logprobs`` are (token, natural-log
    probability) in their order, where the model gives them. ``cut``: the answer came to its limit.
    """

    text: str
    usage: Usage
    micro_eur: int | None
    ms: int
    model: str
    call_id: str
    policy: str
    terms: TrainingTerms
    wanted: str = ""
    logprobs: tuple[tuple[str, float], ...] = ()
    cut: bool = False
