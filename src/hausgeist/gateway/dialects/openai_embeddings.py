# SPDX-License-Identifier: EUPL-1.2
"""OpenAI's embeddings: a request to texts, vectors to JSON, as numbers or as base64.

Text only: token ids mean something to one tokenizer, and nobody says to which. No text is cut.
"""

import array
import sys
from base64 import b64encode
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec

from hausgeist.core.calls import Call
from hausgeist.core.labels import DataClass, Purpose
from hausgeist.core.people import Principal
from hausgeist.errors import InvalidField, Unsupported
from hausgeist.gateway.dialects import openai_numbers as numbers
from hausgeist.gateway.dialects.reading import read_json
from hausgeist.gateway.providers import Embeddings

BATCH_LIMIT = 2048
"""Most texts in a request, as at OpenAI."""

TOKENS_REFUSED = "Token ids instead of text (in LangChain, set check_embedding_ctx_length=False)"

_text = msgspec.json.Encoder().encode


class EmbeddingRequest(msgspec.Struct):
    """The body of ``POST /v1/embeddings``."""

    model: numbers.ModelName
    input: str | list[Any]
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Annotated[int, msgspec.Meta(ge=1, le=65_536)] | None = None


@dataclass(frozen=True, slots=True)
class Wishes:
    """What to embed, and how the vectors are written. ``dimensions`` of None: the model's own."""

    texts: list[str]
    base64: bool
    dimensions: int | None


def decode(
    body: bytes, *, call_id: str, principal: Principal, declared: DataClass | None = None
) -> tuple[Call, Wishes]:
    """Read a request.

    Raises:
        InvalidJSON, InvalidField, Unsupported: with the field's name as ``param``.
    """
    request = read_json(body, EmbeddingRequest)
    call = Call(
        id=call_id,
        principal=principal,
        purpose=Purpose.API,
        model=request.model,
        declared=declared,
        stream=False,
    )
    return call, Wishes(
        _texts(request.input), request.encoding_format == "base64", request.dimensions
    )


def whole(found: Embeddings, model: str, wishes: Wishes) -> bytes:
    """Vectors as a body.

    Raises:
        Unsupported: other dimensions were asked for than the model's vectors have.
    """
    if wishes.dimensions is not None and any(
        len(vector) != wishes.dimensions for vector in found.vectors
    ):
        raise Unsupported(
            what=f"Vectors of {wishes.dimensions} dimensions (the model has "
            f"{len(found.vectors[0])})",
            param="dimensions",
        )
    write = _base64 if wishes.base64 else list
    tokens = found.usage.input_tokens
    return _text(
        {
            "object": "list",
            "data": [
                {"object": "embedding", "index": place, "embedding": write(vector)}
                for place, vector in enumerate(found.vectors)
            ],
            "model": model,
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        }
    )


def _base64(vector: list[float]) -> str:
    """Little-endian float32, as OpenAI's clients expect."""
    packed = array.array("f", vector)
    if sys.byteorder == "big":
        packed.byteswap()
    return b64encode(packed.tobytes()).decode()


def _texts(found: str | list[Any]) -> list[str]:
    texts = [found] if isinstance(found, str) else found
    if not texts:
        raise InvalidField(field="input", reason="must not be empty", param="input")
    if len(texts) > BATCH_LIMIT:
        raise InvalidField(
            field="input", reason=f"has more than {BATCH_LIMIT} texts", param="input"
        )
    for place, text in enumerate(texts):
        if isinstance(text, int | list):
            raise Unsupported(what=TOKENS_REFUSED, param="input")
        if not isinstance(text, str) or not text:
            raise InvalidField(
                field=f"input[{place}]", reason="must be a text, and not empty", param="input"
            )
    return texts
