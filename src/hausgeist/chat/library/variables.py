# SPDX-License-Identifier: EUPL-1.2
"""Variables of a prompt: ``{{name}}``, found and replaced. No template language, nothing is evaluated.

    {{topic}}                      a line
    {{text:long}}                  several lines
    {{tone:formal|friendly}}       a choice; the first is the default
    {{topic=the weather}}          a default, for lines, long texts and choices alike

js/prompts/variables.js replaces in the same way, from the list that ``variables`` gives.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from hausgeist.errors import N_

VARIABLES_MOST = 20
NAME_MOST = 40
CHOICES_MOST = 20
VALUE_MOST = 20_000
"""Characters that one variable is filled with at most."""
LONG = "long"

_VARIABLE = re.compile(r"\{\{([^{}\n]{1,600})\}\}")
_NAME = re.compile(r"\w[\w \-]*")


class VariableError(Exception):
    """A variable that cannot be; ``text`` is an English sentence of the catalogue, ``values`` fill it."""

    def __init__(self, text: str, **values: object) -> None:
        super().__init__(text)
        self.text = text
        self.values = values


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """What a person fills in. ``choices`` is empty for words; ``long`` asks for several lines."""

    name: str
    long: bool = False
    choices: tuple[str, ...] = ()
    default: str = ""


def variables(text: str) -> tuple[Variable, ...]:
    """The variables of a text in the order they first come; the first place says what kind one is.

    Raises:
        VariableError: a name is odd, there are too many, or a default is none of the choices.
    """
    found: dict[str, Variable] = {}
    for place in _VARIABLE.finditer(text):
        one = _variable(place[1])
        known = found.setdefault(one.name, one)
        bare = Variable(name=one.name)
        if one not in {known, bare}:
            raise VariableError(TWO_KINDS, name=one.name)
    if len(found) > VARIABLES_MOST:
        raise VariableError(MANY, most=VARIABLES_MOST)
    return tuple(found.values())


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with values in place of variables; one without a value gets its default.

    Values are put in as they are: braces in them mean nothing.
    """
    known = {one.name: one for one in variables(text)}

    def value(place: re.Match[str]) -> str:
        one = known[_variable(place[1]).name]
        given = values.get(one.name, "")[:VALUE_MOST]
        if one.choices and given not in one.choices:
            given = one.default
        return given or one.default

    return _VARIABLE.sub(value, text)


ODD_NAME = N_("'{name}' cannot be the name of a variable: use letters, digits, spaces, - and _.")
MANY = N_("A prompt has at most {most} variables.")
TWO_KINDS = N_(
    "The variable '{name}' is described in two ways. Describe it once, at its first place."
)
ODD_CHOICE = N_("The default of '{name}' is none of its choices.")
MANY_CHOICES = N_("The variable '{name}' has more than {most} choices.")


def _variable(words: str) -> Variable:
    head, has_default, default = words.partition("=")
    name, has_kind, kind = head.partition(":")
    name, kind, default = " ".join(name.split()), kind.strip(), default.strip()
    if not _NAME.fullmatch(name) or len(name) > NAME_MOST:
        raise VariableError(ODD_NAME, name=name)
    if not has_kind or kind == LONG:
        return Variable(name=name, long=kind == LONG, default=default)
    choices = tuple(dict.fromkeys(one for one in map(str.strip, kind.split("|")) if one))
    if len(choices) > CHOICES_MOST:
        raise VariableError(MANY_CHOICES, name=name, most=CHOICES_MOST)
    if not choices:
        raise VariableError(ODD_NAME, name=words.strip())
    if has_default and default not in choices:
        raise VariableError(ODD_CHOICE, name=name)
    return Variable(name=name, choices=choices, default=default if has_default else choices[0])
