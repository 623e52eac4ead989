# SPDX-License-Identifier: EUPL-1.2
"""The house as the edge sees it: the rivers' doors and what pages need. Put together by ``app``."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from hausgeist.audit import Trail
from hausgeist.gateway import Gateway
from hausgeist.identity import Identity
from hausgeist.net import Outbound
from hausgeist.settings import Settings
from hausgeist.store.db import Store


@dataclass(slots=True, kw_only=True)
class House:
    """Everything an endpoint may reach."""

    settings: Settings
    store: Store
    gateway: Gateway
    identity: Identity
    trail: Trail
    now_ms: Callable[[], int]
    outbound: Outbound
    on_start: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    on_stop: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
