# SPDX-License-Identifier: EUPL-1.2
"""Errors of turns, kept so that a page can say them again in its reader's language.

A code and what fills the error's text go in and come out; no text is stored.
"""

from functools import cache
from typing import Any

from hausgeist.errors import BorderRefused, HausgeistError, Internal
from hausgeist.store.chats import Said


def values_of(error: HausgeistError) -> dict[str, Any]:
    """What fills an error's text, as values that JSON can carry."""
    if isinstance(error, BorderRefused):
        return {"reasons": [str(reason) for reason in error.reasons]}
    plain = (str, int, float, bool)
    return {
        key: value if isinstance(value, plain) else str(value)
        for key, value in error.values.items()
    }


def recall(said: Said) -> HausgeistError | None:
    """The error that ended an answer; None when none did."""
    if said.error is None:
        return None
    kind = _kinds().get(said.error, Internal)
    if issubclass(kind, BorderRefused):
        return kind(tuple(said.error_values.get("reasons", ())))
    return kind(**said.error_values)


@cache
def _kinds() -> dict[str, type[HausgeistError]]:
    found: dict[str, type[HausgeistError]] = {}
    waiting: list[type[HausgeistError]] = [HausgeistError]
    while waiting:
        kind = waiting.pop()
        waiting.extend(kind.__subclasses__())
        if "code" in vars(kind) and kind is not HausgeistError:
            found.setdefault(kind.code, kind)
    return found
