# SPDX-License-Identifier: EUPL-1.2
"""A shelf with the real starter model under several names, and a bench to run engines on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from hausgeist.core.calls import Call
from hausgeist.core.events import Event
from hausgeist.core.models import ModelCard
from hausgeist.gateway.engines import EngineSpec, Supervisor, spec_of
from hausgeist.gateway.providers.house import HouseProvider
from hausgeist.gateway.weights import Fetcher, ModelSettings, Shelf
from hausgeist.net import AllowList, Outbound
from hausgeist.settings import Settings

TOOL_TEMPLATE = """\
{%- if tools %}
{{- '<|im_start|>system\\nYou may call these tools:\\n<tools>' }}
{%- for tool in tools %}{{- '\\n' }}{{- tool | tojson }}{%- endfor %}
{{- '\\n</tools>\\nAnswer with <tool_call>\\n{"name": <name>, "arguments": <arguments>}\\n' }}
{{- '</tool_call><|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
{{- '<|im_start|>' + message.role }}
{%- if message.content %}{{- '\\n' + message.content }}{%- endif %}
{%- for call in message.tool_calls or [] %}
{{- '\\n<tool_call>\\n{"name": "' + call.function.name + '", "arguments": ' }}
{{- call.function.arguments | tojson }}
{{- '}\\n</tool_call>' }}
{%- endfor %}
{{- '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}
"""
"""Teaches the starter model's format the calling of tools, which its own template lacks."""


@dataclass
class Bench:
    """A running provider with its supervisor and cards."""

    provider: HouseProvider
    supervisor: Supervisor
    outbound: Outbound
    cards: dict[str, ModelCard]

    async def answer(self, wanted: Call) -> list[Event]:
        """All events of a call."""
        card = self.cards[wanted.model]
        return [event async for burst in self.provider.stream(wanted, card) for event in burst]

    def pid(self, name: str = "smol") -> int:
        """The process of a loaded model."""
        (found,) = (status.pid for status in self.supervisor.status() if status.name == name)
        assert found
        return found

    def names(self) -> list[str]:
        """What is loaded."""
        return [status.name for status in self.supervisor.status()]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition; the test's time-out is the limit."""
        while not condition():  # noqa: ASYNC110  what is watched has no event
            await asyncio.sleep(0.01)


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory, starter_model: Path) -> Shelf:
    """The starter model as ``smol`` and ``other``, with a small window, and as ``tools``."""
    home = tmp_path_factory.mktemp("engines")
    shelf = Shelf(home, Fetcher(Settings(home=home)))
    for name in ("smol", "other", "tools"):
        asyncio.run(shelf.add(f"file:{starter_model}", name=name))
        template = TOOL_TEMPLATE if name == "tools" else ""
        shelf.change(name, ModelSettings(context=1024, slots=2, chat_template=template))
    return shelf


@pytest.fixture
def spec(shelf: Shelf) -> EngineSpec:
    """The starter model's spec."""
    manifest = shelf.show("smol")
    return spec_of(manifest, shelf.blob(manifest))


@pytest.fixture
def bench(shelf: Shelf) -> Callable[..., object]:
    """Make a context that runs engines; keywords are the supervisor's."""

    @asynccontextmanager
    async def run(**options: object) -> AsyncIterator[Bench]:
        outbound = Outbound(AllowList())
        options = {"budget": None, "patience": 60.0, **options}
        supervisor = Supervisor(allow=outbound.allow, **options)
        provider = HouseProvider(shelf, supervisor, outbound)
        cards = {card.id: card for card in await provider.describe()}
        try:
            yield Bench(provider, supervisor, outbound, cards)
        finally:
            await supervisor.stop_all()
            await outbound.close()

    return run
