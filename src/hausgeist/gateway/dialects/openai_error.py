# SPDX-License-Identifier: EUPL-1.2
"""Errors in OpenAI's shape: all four keys, ``code`` always a string."""

import msgspec

from hausgeist.errors import HausgeistError

_text = msgspec.json.Encoder().encode

_KINDS = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}


class ErrorOut(msgspec.Struct):
    """What happened. ``param`` names the field of the request that is to blame."""

    message: str
    type: str
    param: str | None
    code: str


class ErrorBody(msgspec.Struct):
    """The body of every error."""

    error: ErrorOut


def error_code(error: Exception) -> str:
    """The stable code of an error."""
    return error.code if isinstance(error, HausgeistError) else HausgeistError.code


def error_body(error: Exception) -> bytes:
    """An error as a body, or as the data of a frame."""
    status = error.status if isinstance(error, HausgeistError) else 500
    kind = _KINDS.get(status, "invalid_request_error" if status < 500 else "server_error")
    code = error_code(error)
    if code == "insufficient_quota":
        kind = code
    param = error.param if isinstance(error, HausgeistError) else None
    message = str(error) if isinstance(error, HausgeistError) else HausgeistError.text
    return _text(ErrorBody(ErrorOut(message, kind, param, code)))
