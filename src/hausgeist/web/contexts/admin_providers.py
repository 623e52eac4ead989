# SPDX-License-Identifier: EUPL-1.2
"""What the administration shows of providers: those set up, and those the catalogue knows."""

from dataclasses import dataclass

from hausgeist.web.contexts.admin import Tabs
from hausgeist.web.contexts.shell import Shell


@dataclass(frozen=True, slots=True)
class TermRow:
    """What a provider has promised: the form's values, empty where unknown; ``facts`` in words."""

    contract_since: str
    trains: str
    outputs_may_train: str
    retention_days: str
    operator_country: str
    parent_country: str
    admin_country: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ProviderRow:
    """A provider that is set up. ``problem`` says why it is not offered, or is empty.

    ``external``: the models whose calls it passes on.
    """

    id: str
    title: str
    operator: str
    zone: str
    country: str
    address: str
    cleared_for: str
    has_key: bool
    needs_key: bool
    enabled: bool
    editable: bool
    confirmed: str
    problem: str
    models: tuple[str, ...]
    terms: TermRow
    external: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CatalogueRow:
    """A ready-made provider. ``variables`` are to be filled in, ``unverified`` is what nobody confirmed."""

    id: str
    title: str
    operator: str
    zone: str
    country: str
    address: str
    note: str
    docs: str
    needs_key: bool
    variables: tuple[str, ...]
    unverified: str


@dataclass(frozen=True, slots=True)
class ProvidersPage:
    """``tested`` are the models a test has just found; ``classes`` the choices of clearance."""

    shell: Shell
    tabs: Tabs
    providers: tuple[ProviderRow, ...]
    catalogue: tuple[CatalogueRow, ...]
    classes: tuple[tuple[str, str], ...]
    file_problems: tuple[tuple[str, str], ...]
    done: str = ""
    error: str = ""
    tested: tuple[str, ...] | None = None
