# SPDX-License-Identifier: EUPL-1.2
"""Bytes of a request into a wire type, with errors that name the field."""

import re
from typing import Any, TypeVar

import msgspec

from hausgeist.errors import InvalidField, InvalidJSON

T = TypeVar("T")

MESSAGES_MOST = 10_000
"""Messages or items of one request: each costs the event loop, where all callers wait, some 20 µs."""

_PATH = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")

_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    found = _decoders.get(kind)
    if found is None:
        found = _decoders[kind] = msgspec.json.Decoder(kind)
    return found


def read_json(body: bytes, kind: type[T]) -> T:
    """Decode a body.

    Raises:
        InvalidJSON: it is no JSON, or no UTF-8, or nested too deeply.
        InvalidField: a field is missing or has the wrong type; ``param`` is its path.
    """
    try:
        found: T = _decoder(kind).decode(body)
    except msgspec.ValidationError as error:
        text = str(error)
        match = _PATH.search(text)
        path = match["path"] if match else ""
        reason = text[: match.start()] if match else text
        raise InvalidField(field=path or "body", reason=reason, param=path or None) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidJSON(reason=str(error)[:200]) from error
    return found


def raw_text(found: msgspec.Raw) -> str:
    """JSON that was skipped over and is passed on as it stands, as text.

    Raises:
        InvalidJSON: it is no UTF-8; the decoder does not look into what it skips.
    """
    try:
        return bytes(found).decode()
    except UnicodeDecodeError as error:
        raise InvalidJSON(reason=str(error)[:200]) from error
