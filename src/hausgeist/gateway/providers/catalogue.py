# SPDX-License-Identifier: EUPL-1.2
"""The ready-made providers of ``catalogue.toml``, read when they are first asked for."""

import tomllib
from functools import cache
from importlib.resources import files

import msgspec

from hausgeist.errors import N_, InvalidField, NotFound
from hausgeist.gateway.providers.config import ProviderConfig, checked, greener
from hausgeist.net import locate


class Entry(ProviderConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A provider that needs a key, or an address, and nothing else.

    ``variables`` stand in braces in ``base_url``. ``unverified`` names what nobody has confirmed.
    """

    docs: str = ""
    variables: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()

    def config(self, **values: str) -> ProviderConfig:
        """The configuration it stands for; ``values`` fill in the variables.

        Raises:
            InvalidField: a variable is missing, or has a value that does not belong into a path.
        """
        address = self.base_url
        for name in self.variables:
            value = values.get(name, "")
            if not value or not all(letter.isalnum() or letter in "-_" for letter in value):
                raise InvalidField(
                    field=name, reason=N_("letters, digits, - and _ only, please"), param=name
                )
            address = address.replace(f"{{{name}}}", value)
        fields = {name: getattr(self, name) for name in ProviderConfig.__struct_fields__}
        return ProviderConfig(**fields | {"base_url": address})

    @property
    def host(self) -> str:
        """Where it leads."""
        return locate(self.base_url.replace("{", "").replace("}", "")).host


class _File(msgspec.Struct, forbid_unknown_fields=True):
    provider: list[Entry]


@cache
def catalogue() -> dict[str, Entry]:
    """All entries by their id."""
    text = files("hausgeist.gateway.providers").joinpath("catalogue.toml").read_text("utf-8")
    found = msgspec.convert(tomllib.loads(text), _File)
    return {entry.id: entry for entry in found.provider}


def entry(name: str) -> Entry:
    """One entry.

    Raises:
        NotFound: there is none of that name.
    """
    try:
        return catalogue()[name]
    except KeyError:
        raise NotFound from None


def acceptable(config: ProviderConfig) -> ProviderConfig:
    """The configuration, if it is right and claims no greener zone than the catalogue knows of its host.

    Raises:
        InvalidField: it is not; ``param`` names the field.
    """
    checked(config)
    host = locate(config.base_url).host
    for known in catalogue().values():
        if known.zone != "house" and known.host == host and greener(config, known.zone):
            raise InvalidField(
                field="zone",
                reason=N_("{host} belongs to the zone {zone}"),
                param="zone",
                host=host,
                zone=known.zone,
            )
    return config
