# SPDX-License-Identifier: EUPL-1.2
"""Forms of pages: a small urlencoded body in, named texts out. What nobody asks for is ignored."""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from hausgeist.core.labels import DataClass
from hausgeist.errors import N_, BadRequest, InvalidField
from hausgeist.web.visit import Visit

FORM_MOST: Final = 64 * 1024
"""Bytes of a form; routes of forms set it as their ``max_body``."""
FIELDS_MOST: Final = 1000


class Form:
    """The fields of a form."""

    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        self._fields = fields

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def text(self, name: str, default: str | None = None, *, most: int = 300) -> str:
        """A field without surrounding white space.

        Raises:
            InvalidField: it is missing and has no default, or is longer than ``most`` characters.
        """
        value = self.exact(name, default, most=most).strip()
        if "\x00" in value:
            raise InvalidField(field=name, reason=N_("use letters and digits"), param=name)
        return value

    def exact(self, name: str, default: str | None = None, *, most: int = 2000) -> str:
        """A field as it was typed, for passwords and keys. Raises as ``text``."""
        values = self._fields.get(name)
        if not values:
            if default is None:
                raise InvalidField(field=name, reason=N_("this field is missing"), param=name)
            return default
        if len(values[0]) > most:
            raise InvalidField(
                field=name, reason=N_("at most {most} characters"), param=name, most=most
            )
        return values[0]

    def many(self, name: str) -> tuple[str, ...]:
        """All values of a field, such as ticked boxes.

        Raises:
            InvalidField: one of them is nothing that anybody can type.
        """
        values = tuple(value for value in self._fields.get(name, ()) if value)
        if any("\x00" in value for value in values):
            raise InvalidField(field=name, reason=N_("use letters and digits"), param=name)
        return values

    def ticked(self, name: str) -> bool:
        """Whether a box is ticked."""
        return bool(self.many(name))


async def read_form(visit: Visit) -> Form:
    """The visit's form.

    Raises:
        BadRequest: it is no urlencoded form, not UTF-8, or has too many fields.
        TooLarge: as the route's limit says.
    """
    kind = visit.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await visit.body()
    if kind != "application/x-www-form-urlencoded":
        raise BadRequest(reason=N_("a form is expected (application/x-www-form-urlencoded)"))
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=FIELDS_MOST,
        )
    except ValueError as error:  # UnicodeDecodeError is one too
        raise BadRequest(reason=N_("the form is not readable")) from error
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return Form(fields)


def data_class_of(word: str, field: str = "class") -> DataClass:
    """The data class that a form names; what is none of ours is not guessed.

    Raises:
        InvalidField: there is no such class.
    """
    try:
        return DataClass.parse(word)
    except KeyError:
        raise InvalidField(
            field=field, reason=N_("choose one of the classes"), param=field
        ) from None


def local_path(wanted: str, default: str = "/") -> str:
    r"""A path of ours to go to next; anything that could lead elsewhere gives the default.

    Browsers read ``\`` as ``/`` and skip tabs and line breaks, so ``/\evil`` and ``/%09/evil`` are out.
    """
    odd = any(ord(letter) <= 0x20 or letter in "\\\x7f" for letter in wanted)
    if odd or not wanted.startswith("/") or wanted.startswith("//") or len(wanted) > 2000:
        return default
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return default
    return default if parts.scheme or parts.netloc else wanted


def path_of(address: str) -> str:
    """Path and query of an address, whoever's it is; the start page when it cannot be read."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    return local_path(parts.path + (f"?{parts.query}" if parts.query else ""))
