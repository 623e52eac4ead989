# SPDX-License-Identifier: EUPL-1.2
"""Errors of turns, kept so that a page can say them again in its reader's language.

A code and what fills the error's text go in and come out; no text is stored.
"""

from collections.abc import Mapping
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
    return None if said.error is None else named(said.error, said.error_values)


def named(code: str, values: Mapping[str, Any]) -> HausgeistError:
    """The error of a code, with what fills its text."""
    kind = _kinds().get(code, Internal)
    if issubclass(kind, BorderRefused):
        return kind(tuple(values.get("reasons", ())))
    return kind(**values)


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
