# SPDX-License-Identifier: EUPL-1.2
"""A rule of a guard: data, never code. A pattern in linear time, with the cases that it must keep to.

Fields of a form or a file flow in, a frozen ``Rule`` that was checked flows out. A rule that stops
something may not stop a sentence that merely names a group of people: those are in ``identity.toml``.
"""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from hausgeist.errors import N_, InvalidField
from hausgeist.gateway.guard import Action, Place
from hausgeist.gateway.guards.plain import plain

PATTERN_MOST = 2_000
"""Characters of a pattern."""
MEMORY_MOST = 8 * 1024 * 1024
"""Bytes that the compiled patterns may take; past it, RE2 works without remembering."""
WINDOW_MOST = 1_000
CASES_MOST = 50
_ID = re.compile(r"[a-z0-9][a-z0-9.-]{1,62}")


class Rule(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """``window``: the longest match in characters. ``raw``: it reads the text with its invisible characters.

    ``hits`` and ``passes`` are texts that the pattern must find, and must not. ``reason`` is what people
    read; of the shipped rules it stands in the catalogue.
    """

    id: str
    title: str
    reason: str
    pattern: str
    places: tuple[Place, ...] = (Place.INPUT,)
    action: Action = Action.FLAG
    soft: bool = False
    raw: bool = False
    window: int = 300
    hits: tuple[str, ...] = ()
    passes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """A rule as the house has it: shipped or its own, switched on or off."""

    rule: Rule
    enabled: bool
    shipped: bool


def compiled(pattern: str) -> Any:
    """The pattern, compiled by RE2: linear in the text, whatever it says.

    Raises:
        InvalidField: it is none, or too large.
    """
    import re2  # noqa: PLC0415  only where there are rules

    options = re2.Options()
    options.max_mem = MEMORY_MOST
    options.log_errors = False
    try:
        return re2.compile(pattern, options=options)
    except re2.error as error:
        reason = error.args[0] if error.args else b""
        words = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise InvalidField(field="pattern", reason=words[:200], param="pattern") from error


def checked(rule: Rule) -> Rule:
    """The rule, if it keeps its own promises.

    Raises:
        InvalidField: what is wrong with it.
    """
    _check_form(rule)
    found = compiled(rule.pattern)
    if found.search("") is not None:
        raise _wrong("pattern", N_("it matches nothing at all, and so everything"))
    for text in rule.hits:
        if found.search(plain(text).text if not rule.raw else text) is None:
            raise _wrong("hits", N_("the pattern does not find: {text}"), text=text[:100])
    for text in rule.passes:
        if found.search(plain(text).text if not rule.raw else text) is not None:
            raise _wrong("passes", N_("the pattern finds: {text}"), text=text[:100])
    if rule.action is not Action.FLAG:
        for text in identity_sentences():
            if found.search(text) is not None:
                raise _wrong(
                    "pattern",
                    N_("it would stop a sentence that merely names people: {text}"),
                    text=text,
                )
    return rule


def _check_form(rule: Rule) -> None:
    if not _ID.fullmatch(rule.id):
        raise _wrong("id", N_("use small letters, digits, full stops and hyphens"))
    for field, text, most in (
        ("title", rule.title, 120),
        ("reason", rule.reason, 300),
        ("pattern", rule.pattern, PATTERN_MOST),
    ):
        if not len(text.strip()) >= 1 or len(text) > most:
            raise _wrong(field, N_("use 1 to {most} characters"), most=most)
    if not rule.places:
        raise _wrong("places", N_("choose at least one"))
    if not 1 <= rule.window <= WINDOW_MOST:
        raise _wrong("window", N_("use a number from 1 to {most}"), most=WINDOW_MOST)
    if len(rule.hits) > CASES_MOST or len(rule.passes) > CASES_MOST:
        raise _wrong("hits", N_("at most {most} of them"), most=CASES_MOST)
    if rule.action is not Action.FLAG and not rule.hits:
        raise _wrong("hits", N_("a rule that stops something needs an example of it"))


def _wrong(field: str, reason: str, **values: Any) -> InvalidField:
    return InvalidField(field=field, reason=reason, param=field, **values)


def of_json(text: str) -> Rule:
    """A rule as it is stored."""
    return msgspec.json.decode(text, type=Rule)


def to_json(rule: Rule) -> str:
    """The rule, to be stored."""
    return msgspec.json.encode(rule).decode()


@cache
def shipped() -> dict[str, Rule]:
    """The rules that come with the house, by id."""
    text = files(__package__).joinpath("rules.toml").read_text("utf-8")
    rules: Iterable[Rule] = msgspec.convert(tomllib.loads(text)["rule"], list[Rule])
    return {rule.id: rule for rule in rules}


@cache
def identity_sentences() -> tuple[str, ...]:
    """Sentences that name groups of people and say nothing against them, German and English."""
    found = tomllib.loads(files(__package__).joinpath("identity.toml").read_text("utf-8"))
    return tuple(
        sentence.replace("…", group)
        for language in found["language"]
        for sentence in language["sentences"]
        for group in language["groups"]
    )
