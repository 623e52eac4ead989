# SPDX-License-Identifier: EUPL-1.2
"""The house as the edge sees it: the rivers' doors and what pages need. Put together by ``app``."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hausgeist.audit import Checkpoints, Trail
from hausgeist.chat import Chat
from hausgeist.chat.exports import Exports
from hausgeist.chat.files import Files
from hausgeist.chat.imports import Imports
from hausgeist.chat.library import Library
from hausgeist.chat.readings import Readings
from hausgeist.chat.search import Search
from hausgeist.chat.shares import Shares
from hausgeist.chat.shelf import Shelves
from hausgeist.chat.temporary import Temporary
from hausgeist.chat.uploads import Uploads
from hausgeist.core.models import ModelCard
from hausgeist.gateway import Gateway
from hausgeist.gateway.dialects.ollama_models import Loaded, PullStep
from hausgeist.gateway.drill import Drills
from hausgeist.gateway.egress import Proof
from hausgeist.gateway.guards import GuardRules
from hausgeist.gateway.guards.appeals import Appeals
from hausgeist.gateway.meter import Meter
from hausgeist.gateway.notes import ModelNotes
from hausgeist.gateway.policies import Policies
from hausgeist.gateway.privacy.own_words import OwnWords
from hausgeist.gateway.providers.configured import Providers
from hausgeist.identity import Identity
from hausgeist.identity.entrance import Entrance
from hausgeist.identity.job_callers import JobCallers
from hausgeist.identity.logins import Logins
from hausgeist.ledger import Budgets, Prices, Usage
from hausgeist.net import Outbound
from hausgeist.people import Lifecycle
from hausgeist.settings import Settings
from hausgeist.store.db import DatabaseError, Store, ping
from hausgeist.web.fetches import Fetches

if TYPE_CHECKING:
    from hausgeist.register.bench import Bench


@dataclass(slots=True, kw_only=True)
class House:
    """Everything an endpoint may reach."""

    settings: Settings
    store: Store
    gateway: Gateway
    chat: Chat
    files: Files
    uploads: Uploads
    library: Library
    search: Search
    shelves: Shelves
    readings: Readings
    shares: Shares
    exports: Exports
    imports: Imports
    identity: Identity
    lifecycle: Lifecycle
    temporary: Temporary
    trail: Trail
    checkpoints: Checkpoints
    """Signed heads of the trail."""
    now_ms: Callable[[], int]
    outbound: Outbound
    proof: Proof
    """What proves what left the house."""
    shelf: Callable[[], Awaitable[None]]
    """Learn which models the house keeps itself."""
    loaded: Callable[[], list[Loaded]]
    """What is in memory."""
    keep: Callable[[ModelCard, float | None], Awaitable[None]]
    """Load a model for so many seconds (negative: for ever, 0: unload, None: as usual)."""
    pull: Callable[[str], AsyncIterator[PullStep]]
    """Fetch a model by its source; closing the iterator stops the fetch."""
    delete: Callable[[str], Awaitable[None]]
    """Remove a model from the house."""
    providers: Providers
    """The verbs of providers, for the administration."""
    prices: Prices
    """What models cost, for the administration."""
    budgets: Budgets
    """Limits of what may be used, for the administration."""
    usage: Usage
    """What the house used, for controlling: never of few people."""
    guards: GuardRules
    """The rules that mark or stop texts."""
    appeals: Appeals
    """What people say to them."""
    notes: ModelNotes
    """What the house says of its models."""
    drills: Drills
    """What if a provider, a zone or everything outside were gone."""
    own_words: OwnWords
    """What is always, or never, hidden before a text leaves."""
    policies: Policies
    """The border's rules, for the administration."""
    logins: Logins
    """The verbs of login sources, for the administration."""
    entrance: Entrance
    """Where people from other login sources come in."""
    callers: JobCallers
    """In whose name jobs call."""
    open_bench: Callable[[], "Bench"]
    """Gives the doors of the workbench, the same ones each time; loaded at the first use."""
    meter: Meter = field(default_factory=Meter)
    on_start: list[Callable[[], Awaitable[object]]] = field(default_factory=list)
    on_stop: list[Callable[[], Awaitable[object]]] = field(default_factory=list)
    fetches: Fetches = field(default_factory=Fetches)
    """Models on their way, started from a page."""

    @property
    def bench(self) -> "Bench":
        """The workbench: tasks, students, gate, service."""
        return self.open_bench()

    async def answers(self) -> bool:
        """Whether the database answers."""
        try:
            await self.store.read(ping)
        except DatabaseError:
            return False
        return True
