# SPDX-License-Identifier: EUPL-1.2
"""How the house looks and what it is called: name, logo, colour, links; and the model offered first.

The trail has names, addresses and digests; of texts only their hash.
"""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from hausgeist.audit import Trail
from hausgeist.core.colours import is_colour
from hausgeist.core.pictures import NoPictureError, measure
from hausgeist.core.trail import Fact, differences
from hausgeist.errors import N_, BadUpload, InvalidField
from hausgeist.identity.people import clean_name
from hausgeist.identity.setup import ORGANISATION
from hausgeist.store import accounts
from hausgeist.store.db import Store

BRAND: Final = "brand"
LOGO: Final = "logo"
DEFAULT_MODEL: Final = "default_model"
"""Keys among the facts of the house."""
LOGO_MOST: Final = 256 * 1024
"""Bytes of a logo."""
LOGO_SIDE: Final = (16, 4096)
"""Pixels a side of a logo may have."""
TEXT_MOST: Final = 1000
_TEXTS = ("login_de", "login_en", "footer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """``accent`` is ``#rrggbb``, ``imprint`` and ``privacy`` are http(s) addresses; empty: ours, or none.

    ``logo`` is the picture's digest, ``logo_media`` its type.
    """

    organisation: str = ""
    accent: str = ""
    imprint: str = ""
    privacy: str = ""
    footer: str = ""
    login_de: str = ""
    login_en: str = ""
    logo: str = ""
    logo_media: str = ""


class Branding:
    """Verbs of the house's looks; ``by`` is the id of who does it."""

    def __init__(
        self,
        store: Store,
        trail: Trail,
        *,
        clock: Callable[[], float],
        remember: float,
        changed: Callable[[], None],
    ) -> None:
        self._store = store
        self._trail = trail
        self._clock = clock
        self._remember = remember
        self._changed = changed
        self._until = 0.0
        self._picture: tuple[str, bytes] = ("", b"")
        self.known = Brand()
        """As last read, for whoever cannot wait."""

    async def shown(self) -> Brand:
        """How the house looks; remembered for a moment."""
        if self._until <= self._clock():
            self.known = await self._store.read(_read)
            self._until = self._clock() + self._remember
        return self.known

    async def save(self, wanted: Brand, by: str) -> None:
        """Change everything but the logo.

        Raises:
            InvalidField: what is wrong with it.
        """
        clean = _checked(wanted)

        def work(connection: Any) -> dict[str, Fact] | None:
            before = _read(connection)
            after = replace(clean, logo=before.logo, logo_media=before.logo_media)
            if before == after:
                return None
            _write(connection, after)
            return _difference(before, after)

        await self._trail.change("branding.changed", work, actor=by, subject="house")
        self._changed()

    async def set_logo(self, data: bytes | None, by: str) -> None:
        """Take a PNG, JPEG or WebP as the logo, or none.

        Raises:
            BadUpload: it is none of these, too large, or too small to be seen.
        """
        media, digest = _looked_at(data) if data is not None else ("", "")

        def work(connection: Any) -> dict[str, Fact] | None:
            before = _read(connection)
            if before.logo == digest:
                return None
            _write(connection, replace(before, logo=digest, logo_media=media))
            accounts.write_meta(connection, LOGO, base64.b64encode(data or b"").decode())
            return {"before.logo": before.logo or None, "after.logo": digest or None}

        await self._trail.change("branding.changed", work, actor=by, subject="house")
        self._changed()

    async def logo(self) -> tuple[Brand, bytes] | None:
        """The brand with its logo's bytes; None when there is no logo."""
        brand = await self.shown()
        if not brand.logo:
            return None
        if self._picture[0] != brand.logo:
            stored = await self._store.read(lambda connection: accounts.read_meta(connection, LOGO))
            self._picture = (brand.logo, base64.b64decode(stored or ""))
        return brand, self._picture[1]

    async def default_model(self) -> str:
        """The model that the house offers first; empty when nobody chose one."""
        found = await self._store.read(
            lambda connection: accounts.read_meta(connection, DEFAULT_MODEL)
        )
        return found or ""

    async def set_default_model(self, model: str, by: str) -> None:
        """Offer this model first, to those whose group has no other; empty: as the settings say."""

        def work(connection: Any) -> dict[str, Fact] | None:
            before = accounts.read_meta(connection, DEFAULT_MODEL) or ""
            if before == model:
                return None
            accounts.write_meta(connection, DEFAULT_MODEL, model)
            return {"before.model": before or None, "after.model": model or None}

        await self._trail.change("house.default_model", work, actor=by, subject="house")
        self._changed()

    def forget(self) -> None:
        """Forget what was remembered."""
        self._until = 0.0


def _read(connection: Any) -> Brand:
    stored = accounts.read_meta(connection, BRAND)
    brand = msgspec.json.decode(stored, type=Brand) if stored else Brand()
    return replace(brand, organisation=accounts.read_meta(connection, ORGANISATION) or "")


def _write(connection: Any, brand: Brand) -> None:
    accounts.write_meta(connection, ORGANISATION, brand.organisation)
    rest = {name: value for name, value in asdict(brand).items() if name != "organisation"}
    accounts.write_meta(connection, BRAND, msgspec.json.encode(rest).decode())


def _checked(wanted: Brand) -> Brand:
    accent = wanted.accent.strip().lower()
    if accent and not is_colour(accent):
        raise InvalidField(
            field="accent", reason=N_("use a colour such as #2b5590"), param="accent"
        )
    for name in _TEXTS:
        if len(getattr(wanted, name)) > TEXT_MOST:
            raise InvalidField(
                field=name, reason=N_("at most {most} characters"), param=name, most=TEXT_MOST
            )
    return Brand(
        organisation=clean_name(wanted.organisation) if wanted.organisation.strip() else "",
        accent=accent,
        imprint=_address("imprint", wanted.imprint),
        privacy=_address("privacy", wanted.privacy),
        footer=" ".join(wanted.footer.split()),
        login_de=wanted.login_de.replace("\r\n", "\n").strip(),
        login_en=wanted.login_en.replace("\r\n", "\n").strip(),
    )


def _address(field: str, typed: str) -> str:
    address = typed.strip()
    if not address:
        return ""
    bad = InvalidField(
        field=field, reason=N_("use an address that begins with https://"), param=field
    )
    if len(address) > 500 or any(letter.isspace() or letter in '"<>\\' for letter in address):
        raise bad
    try:
        parts = urlsplit(address)
    except ValueError:
        raise bad from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise bad
    return address


def _looked_at(data: bytes) -> tuple[str, str]:
    if len(data) > LOGO_MOST:
        raise BadUpload(reason=N_("a logo has at most 256 KB"), param="logo")
    try:
        picture = measure(data)
    except NoPictureError:
        raise BadUpload(reason=N_("use a PNG, JPEG or WebP picture"), param="logo") from None
    low, high = LOGO_SIDE
    if not (low <= picture.width <= high and low <= picture.height <= high):
        raise BadUpload(reason=N_("a logo has 16 to 4096 pixels on each side"), param="logo")
    return picture.media, hashlib.sha256(data).hexdigest()[:16]


def _difference(before: Brand, after: Brand) -> dict[str, Fact]:
    then, now = (
        {name: _mark(name, value) for name, value in asdict(brand).items()}
        for brand in (before, after)
    )
    return differences(then, now)


def _mark(name: str, value: str) -> str | None:
    if not value or name not in _TEXTS:
        return value or None
    return hashlib.sha256(value.encode()).hexdigest()[:12]
