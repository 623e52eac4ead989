# SPDX-License-Identifier: EUPL-1.2
"""Says before loading whether a model fits into memory, and with how much context it would.

A header, the file's size, the context and the memory flow in; a ``Fit`` flows out. Pure arithmetic.

needed = weights + cache + overhead, in bytes, with

- weights: the file's size. It is mapped, and while it is used it must be resident.
- cache: slots x context x sum over layers of kv_heads x (key_length + value_length) x 2 bytes (F16).
  This is ``llama_kv_cache``'s size in llama.cpp; kv_heads < heads under grouped-query attention (Ainslie
  et al., 2023, arXiv:2305.13245). Sliding windows and compressed caches need less: the estimate is
  an upper bound there.
- overhead: the process (interpreter, libraries, vocabulary), and the intermediate values of one batch
  of 512 tokens, at F32: 4 x embedding_length + 2 x feed_forward_length a token.

Checked with the starter model: 0.36 GB resident with 8,192 tokens in one slot, 0.93 GB in four;
the formula says 0.40 and 0.97 GB.
"""

from collections.abc import Callable
from dataclasses import dataclass

from hausgeist.errors import N_, DoesNotFit
from hausgeist.gateway.weights.gguf import Header
from hausgeist.gateway.weights.partial import megabytes

PROCESS = 96 * 1024 * 1024
"""Bytes of a child process without a model, measured at 40 to 55 MB, with a margin."""
BATCH = 512
CACHE_BYTES = 2
LEAST_CONTEXT = 512
"""Tokens below which a model is of no use in a conversation."""

LESS_CONTEXT = N_("It fits with a context of {context} tokens.")
OTHER_MODEL = N_(
    "Choose a smaller model or a stronger quantisation, or raise the memory budget of the house."
)


@dataclass(frozen=True, slots=True)
class Fit:
    """The answer. Sizes are bytes; ``largest_context`` is tokens per slot, 0 if the weights do not fit.

    ``available`` is None where nobody knows: then it is tried.
    """

    fits: bool
    needed: int
    available: int | None
    largest_context: int

    def advice(self, translate: Callable[[str], str] = str) -> str:
        """What to do if it does not fit; empty if it does."""
        if self.fits:
            return ""
        if self.largest_context >= LEAST_CONTEXT:
            return translate(LESS_CONTEXT).format(context=self.largest_context)
        return translate(OTHER_MODEL)

    def check(self, model: str) -> None:
        """Refuse politely.

        Raises:
            DoesNotFit: it does not fit.
        """
        if not self.fits:
            raise DoesNotFit(
                model=model,
                needed=megabytes(self.needed),
                available=megabytes(self.available or 0),
                advice=self.advice(),
            )


def cache_per_token(header: Header) -> int:
    """Bytes of the key-value cache for one token of one slot."""
    if not header.heads:
        return 0
    width = (header.embedding_length or 0) // max(1, *header.heads)
    keys = width if header.key_length is None else header.key_length
    values = width if header.value_length is None else header.value_length
    return sum(header.kv_heads) * (keys + values) * CACHE_BYTES


def overhead(header: Header) -> int:
    """Bytes beside weights and cache."""
    width, inner = header.embedding_length or 0, header.feed_forward_length or 0
    return PROCESS + BATCH * (4 * width + 2 * inner) * 4


def fit(header: Header, size_bytes: int, *, context: int, slots: int, budget: int | None) -> Fit:
    """Estimate what a model needs with ``slots`` conversations of ``context`` tokens each.

    ``budget`` is what may still be used, in bytes: the smaller of the house's budget less what is
    loaded, and of what the machine has left (``memory``); None if unknown.
    """
    fixed = size_bytes + overhead(header)
    per_token = cache_per_token(header) * slots
    needed = fixed + per_token * context
    if budget is None:
        return Fit(fits=True, needed=needed, available=None, largest_context=context)
    trained = header.context_length or context
    room = budget - fixed
    largest = trained if per_token == 0 else min(trained, max(0, room) // per_token)
    if room < 0:
        largest = 0
    return Fit(fits=needed <= budget, needed=needed, available=budget, largest_context=largest)
