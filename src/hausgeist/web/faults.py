# SPDX-License-Identifier: EUPL-1.2
"""Errors as responses, in the caller's dialect."""

import secrets
from collections.abc import Callable

from starlette.responses import Response
from starlette.types import Scope

from hausgeist.errors import HausgeistError
from hausgeist.gateway.dialects import anthropic_answer, ollama_answer, openai_error
from hausgeist.web.house import House
from hausgeist.web.rendering import fault_page
from hausgeist.web.reply import JSONBytes
from hausgeist.web.routes import Dialect

_frames: dict[str, Callable[[Exception], bytes]] = {
    "openai": openai_error.error_body,
    "ollama": ollama_answer.error_body,
    "json": openai_error.error_body,
}


def fault(error: HausgeistError, dialect: Dialect, scope: Scope, house: House) -> Response:
    """A response that says what happened, with ``Retry-After`` where waiting helps."""
    if dialect == "page":
        return fault_page(error, scope, house)
    headers = {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if dialect == "anthropic":
        request_id = f"req_{scope.get('hausgeist.visit') or secrets.token_hex(12)}"
        body = anthropic_answer.error_body(error, request_id)
        return JSONBytes(body, error.status, {**headers, "request-id": request_id})
    frame = _frames.get(dialect, openai_error.error_body)
    return JSONBytes(frame(error), status_code=error.status, headers=headers)
