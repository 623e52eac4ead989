# SPDX-License-Identifier: EUPL-1.2
"""How a provider is configured, and what makes a configuration acceptable.

In: fields from a page, the command line or ``providers.toml``. Out: a frozen ``ProviderConfig`` that was
checked, and what follows from it: the model cards, the destination, the provider itself. Keys are no part
of it. Fails closed: what is not plainly right is refused with the field and the reason.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Literal

import msgspec

from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.models import Capability, ModelCard, Price
from hausgeist.core.terms import Terms
from hausgeist.errors import N_, InvalidField
from hausgeist.gateway.providers import Provider
from hausgeist.gateway.providers.anthropic import AnthropicProvider
from hausgeist.gateway.providers.ollama import OllamaProvider
from hausgeist.gateway.providers.openai import OpenAIProvider
from hausgeist.gateway.providers.quirks import Quirks
from hausgeist.net import Destination, Outbound, Target, locate
from hausgeist.net.allow import is_global

_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_OWN_SUFFIXES = (".local", ".localhost", ".internal", ".intern", ".lan", ".home.arpa")
_CLOUD = re.compile(r"[:-]cloud$")
"""Ollama's mark of models that its server fetches from another machine."""
_UNTOLD = frozenset({Capability.COMPLETION})
_GREENNESS = {"house": 0, "eu": 1, "world": 2}


class ModelEntry(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A model of a provider. Prices are per million tokens in ``currency``; None is unknown.

    ``id`` is the provider's name for it. An ``unverified`` one is offered only if the provider lists it.
    """

    id: str
    title: str = ""
    aliases: tuple[str, ...] = ()
    """Further ids under which the house offers it."""
    can: tuple[Capability, ...] = (Capability.COMPLETION,)
    context: int | None = None
    """Tokens."""
    max_output: int | None = None
    input: float | None = None
    output: float | None = None
    cached_input: float | None = None
    unverified: bool = False
    external: bool | None = None
    """Whether the provider passes its calls on to somebody else; None is unknown, and counts as yes."""


class QuirkFields(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """``Quirks``, as they are written in files."""

    params: tuple[str, ...] | None = None
    renamed: dict[str, str] = {}
    dropped: tuple[str, ...] = ()
    fixed: dict[str, str | int | float | bool] = {}
    string_content: bool = False
    no_reasoning: bool = False
    call_id_length: int | None = None
    max_tokens: int | None = None
    efforts: dict[str, str] = {}

    def quirks(self) -> Quirks:
        """The same as a value."""
        return Quirks(
            params=None if self.params is None else frozenset(self.params),
            renamed=self.renamed,
            dropped=frozenset(self.dropped),
            fixed=self.fixed,
            string_content=self.string_content,
            no_reasoning=self.no_reasoning,
            call_id_length=self.call_id_length,
            max_tokens=self.max_tokens,
            efforts=self.efforts,
        )


class TermFields(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """``core.terms.Terms``, as they are written in files; what is not there is unknown."""

    contract_since: str = ""
    trains: bool | None = None
    retention_days: int | None = None
    operator_country: str = ""
    parent_country: str = ""
    admin_country: str = ""
    outputs_may_train: bool | None = None

    def terms(self, *, external: bool | None) -> Terms:
        """The same as a value, of a model that is ``external`` or not."""
        return Terms(
            contract_since=self.contract_since,
            trains=self.trains,
            retention_days=self.retention_days,
            operator_country=self.operator_country,
            parent_country=self.parent_country,
            admin_country=self.admin_country,
            externally_hosted=external,
            outputs_may_train=self.outputs_may_train,
        )


class ProviderConfig(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A provider as the organisation has set it up. Time-outs are in seconds.

    ``cleared_for`` is the highest class its data may have (without meaning in the zone ``house``).
    ``terms`` are what it has promised.
    ``private`` says that a server of the house may have any address, although its name does not look it.
    ``discover`` asks the endpoint for its models, which then get ``discovered_can``.
    """

    id: str
    title: str = ""
    dialect: str
    """A name in ``DIALECTS``: openai, ollama or anthropic."""
    base_url: str
    zone: Literal["house", "eu", "world"]
    country: str | None = None
    operator: str = ""
    note: str = ""
    cleared_for: Literal["public", "internal", "personal", "special"] = "public"
    terms: TermFields = TermFields()
    models: tuple[ModelEntry, ...] = ()
    discover: bool = False
    discovered_can: tuple[Capability, ...] = (Capability.COMPLETION,)
    currency: Literal["EUR", "USD"] = "EUR"
    price_as_of: str = ""
    price_source: str = ""
    quirks: QuirkFields = QuirkFields()
    needs_key: bool = True
    private: bool = False
    connect_timeout: float = 10.0
    idle_timeout: float = 300.0

    @property
    def origin(self) -> str:
        """Scheme, host and port: what a key is bound to."""
        target = locate(self.base_url)
        return f"{'https' if target.secure else 'http'}://{target.host}:{target.port}"


def checked(config: ProviderConfig) -> ProviderConfig:
    """The configuration, if it is acceptable.

    Raises:
        InvalidField: it is not; ``param`` names the field.
    """
    if not _ID.fullmatch(config.id):
        raise _bad("id", "it must be 1 to 40 lower-case letters, digits or hyphens")
    if config.dialect not in DIALECTS:
        raise _bad("dialect", f"it must be one of {', '.join(DIALECTS)}")
    _check_address(config)
    if config.country is not None and not re.fullmatch(r"[A-Z]{2}", config.country):
        raise _bad("country", "it must be a code of two letters, such as DE")
    _check_terms(config.terms)
    for name in ("connect_timeout", "idle_timeout"):
        if not 0 < getattr(config, name) <= 3600:
            raise _bad(name, "it must be above 0 and at most 3600 seconds")
    _check_models(config)
    return config


def _check_terms(terms: TermFields) -> None:
    if terms.contract_since:
        try:
            date.fromisoformat(terms.contract_since)
        except ValueError:
            raise _bad("contract_since", N_("it must be a date, such as 2026-11-22")) from None
    if terms.retention_days is not None and not 0 <= terms.retention_days <= 36_500:
        raise _bad("retention_days", N_("use 0 to 36500 days, or nothing"))
    for name in ("operator_country", "parent_country", "admin_country"):
        if not re.fullmatch(r"(?:[A-Z]{2})?", getattr(terms, name)):
            raise _bad(name, N_("it must be a code of two letters, such as DE"))


def _check_address(config: ProviderConfig) -> None:
    if "{" in config.base_url:
        raise _bad("base_url", "fill in what stands in braces")
    try:
        target = locate(config.base_url)
    except ValueError as error:
        raise _bad("base_url", str(error)) from error
    if target.url.raw_query_string or target.url.raw_fragment:
        raise _bad("base_url", "it must end with the path")
    if not target.secure and not is_private(config, target):
        raise _bad("base_url", "outside the house it must begin with https://")
    if config.zone != "house" and (config.private or looks_private(target)):
        raise _bad("zone", "a machine in the own network belongs to the zone house")
    if config.zone == "house" and not config.private and not looks_private(target):
        raise _bad(
            "zone",
            "the address does not look like one of the house; confirm with `private` if it is",
        )


def _check_models(config: ProviderConfig) -> None:
    seen: set[str] = set()
    for model in config.models:
        for name in (f"{config.id}/{model.id}", *model.aliases):
            if not _is_name(name):
                raise _bad("models", f"{name[:60]!r} is no name for a model")
            if name in seen:
                raise _bad("models", f"{name!r} is there twice")
            seen.add(name)
        if (model.input is None) != (model.output is None):
            raise _bad("models", f"{model.id!r} has a price for one direction only")
        numbers = (model.input, model.output, model.cached_input, model.context, model.max_output)
        if any(number is not None and not 0 <= number < 1e9 for number in numbers):
            raise _bad("models", f"{model.id!r} has a number out of range")
        if config.dialect == "ollama" and config.zone == "house" and _CLOUD.search(model.id):
            raise _bad("models", f"{model.id!r} does not run in the house")


def looks_private(target: Target) -> bool:
    """Whether a host is plainly of the own network: a private address, or a name without a public part."""
    if target.literal:
        return not is_global(target.host)
    return "." not in target.host or target.host.endswith(_OWN_SUFFIXES)


def is_private(config: ProviderConfig, target: Target) -> bool:
    """Whether private addresses are expected there."""
    return config.zone == "house" and (config.private or looks_private(target))


def greener(config: ProviderConfig, other_zone: str) -> bool:
    """Whether a configuration claims a greener zone than another one."""
    return _GREENNESS[config.zone] < _GREENNESS[other_zone]


def reason_of(provider: str) -> str:
    """The reason under which the allow list and the ledger of connections know a provider."""
    return f"provider:{provider}"


def destination(config: ProviderConfig) -> Destination:
    """Where the provider's connections lead."""
    target = locate(config.base_url)
    return Destination(
        target.host,
        target.port,
        reason_of(config.id),
        is_private(config, target),
        zone=config.zone,
        country=config.country or "",
    )


def built(config: ProviderConfig, key: str, outbound: Outbound) -> Provider:
    """The provider itself; opens nothing."""
    return DIALECTS[config.dialect](config, key, outbound)


def _openai(config: ProviderConfig, key: str, outbound: Outbound) -> Provider:
    return OpenAIProvider(
        config.id,
        config.base_url,
        outbound,
        key=key,
        quirks=config.quirks.quirks(),
        idle_timeout=config.idle_timeout,
        connect_timeout=config.connect_timeout,
    )


def _plain(kind: type[OllamaProvider | AnthropicProvider]) -> "Make":
    def make(config: ProviderConfig, key: str, outbound: Outbound) -> Provider:
        return kind(
            config.id,
            config.base_url,
            outbound,
            key=key,
            idle_timeout=config.idle_timeout,
            connect_timeout=config.connect_timeout,
        )

    return make


Make = Callable[[ProviderConfig, str, Outbound], Provider]
"""Makes a provider of a configuration and its key (empty: none); opens nothing."""

DIALECTS: Mapping[str, Make] = {
    "openai": _openai,
    "ollama": _plain(OllamaProvider),
    "anthropic": _plain(AnthropicProvider),
}
"""Who speaks what."""


def cards(
    config: ProviderConfig,
    found: list[ModelCard] | None,
    *,
    usd_eur_rate: float = 0.0,
    created: int = 0,
) -> list[ModelCard]:
    """The models as the gateway serves them.

    ``found`` is what the endpoint listed, None before it was asked. A listed model takes title, prices and
    abilities from its entry here, if there is one of that name (upper and lower case alike).
    ``usd_eur_rate`` is EUR for one USD; 0 leaves prices in USD unknown. ``created`` is in seconds.
    """
    entries = {entry.id.casefold(): entry for entry in config.models}
    wanted = {entry.id: None for entry in config.models if not entry.unverified}
    listed = {card.upstream: card for card in found or () if _is_name(card.upstream)}
    for name in listed:
        if config.discover or name.casefold() in entries:
            wanted.setdefault(name)
    out: list[ModelCard] = []
    for name in wanted:
        entry, card = entries.get(name.casefold()), listed.get(name)
        able = entry.can if entry else config.discovered_can
        if entry is None and card is not None and card.capabilities != _UNTOLD:
            able = tuple(card.capabilities)  # the endpoint tells more than its name
        made = ModelCard(
            id=f"{config.id}/{name}",
            provider=config.id,
            upstream=name,
            zone=Zone(config.zone),
            title=(entry.title if entry else "") or (card.title if card else ""),
            country=config.country,
            capabilities=frozenset(able),
            context=(entry.context if entry else None) or (card.context if card else None),
            max_output=entry.max_output if entry else None,
            price=_price(config, entry, usd_eur_rate) if entry else None,
            cleared_for=DataClass.parse(config.cleared_for),
            terms=config.terms.terms(external=entry.external if entry else None),
            created=created,
            digest=card.digest if card else "",
            size_bytes=card.size_bytes if card else 0,
            family=card.family if card else "",
            parameters=card.parameters if card else "",
            quantisation=card.quantisation if card else "",
            details=card.details if card else (),
        )
        out.append(made)
        out += [replace(made, id=alias) for alias in (entry.aliases if entry else ())]
    return out


def _is_name(name: str) -> bool:
    """Whether a model can be called so: what a server lists becomes part of pages, logs and addresses."""
    return 0 < len(name) <= 200 and name.isprintable() and " " not in name


def _price(config: ProviderConfig, entry: ModelEntry, rate: float) -> Price | None:
    if entry.input is None or entry.output is None:
        return None
    factor, source = 1.0, config.price_source
    if config.currency == "USD":
        if rate <= 0:
            return None
        factor, source = rate, f"{source}, at {rate} EUR for 1 USD".lstrip(", ")
    return Price(
        input=entry.input * factor,
        output=entry.output * factor,
        cached_input=None if entry.cached_input is None else entry.cached_input * factor,
        as_of=config.price_as_of,
        source=source[:200],
    )


def _bad(field: str, reason: str) -> InvalidField:
    return InvalidField(field=field, reason=reason, param=field)
