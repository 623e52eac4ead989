# SPDX-License-Identifier: EUPL-1.2
"""Models with an adapter, and models that embed, on engines of their own."""

import asyncio
from pathlib import Path

import pytest
from engine_calls import call

from hausgeist.core.events import Delta
from hausgeist.core.models import Capability
from hausgeist.core.people import Principal, Role
from hausgeist.errors import ContextOverflow
from hausgeist.gateway import Directory
from hausgeist.gateway.engines import Supervisor
from hausgeist.gateway.providers.house import HouseProvider
from hausgeist.gateway.residents import Residents
from hausgeist.gateway.weights import Fetcher, ModelSettings, Shelf
from hausgeist.net import AllowList, Outbound
from hausgeist.settings import Settings
from hausgeist.testing.gguf import TensorEntry, build_gguf, tiny_model

pytestmark = pytest.mark.engine


@pytest.fixture
def run(home: Path):
    """Make a shelf of files by name, with settings, and run a flow on it."""

    def go(files, flow):
        async def main():
            shelf = Shelf(home, Fetcher(Settings(home=home)))
            for name, (path, settings) in files.items():
                await shelf.add(f"file:{path}", name=name)
                shelf.change(name, settings)
            outbound = Outbound(AllowList())
            supervisor = Supervisor(budget=None, patience=60.0, allow=outbound.allow)
            provider = HouseProvider(shelf, supervisor, outbound)
            cards = {card.id: card for card in await provider.describe()}
            try:
                return await flow(provider, cards)
            finally:
                await supervisor.stop_all()
                await outbound.close()

        return asyncio.run(main())

    return go


def test_an_adapter_changes_what_a_model_says(run, starter_model, tmp_path: Path):
    """The LoRA of a model's settings is applied with its scale: 0 changes nothing, 100 does."""
    adapter = tmp_path / "adapter.gguf"
    adapter.write_bytes(
        build_gguf(
            {
                "general.architecture": "llama",
                "general.type": "adapter",
                "adapter.type": "lora",
                "adapter.lora.alpha": 4.0,
            },
            [
                TensorEntry(f"blk.{block}.attn_output.weight.lora_{half}", shape)
                for block in range(30)
                for half, shape in (("a", (576, 4)), ("b", (4, 576)))
            ],
        )
    )

    def settings(**fields):
        return ModelSettings(context=512, slots=1, **fields)

    files = {
        "plain": (starter_model, settings()),
        "silent": (starter_model, settings(lora=str(adapter), lora_scale=0.0)),
        "loud": (starter_model, settings(lora=str(adapter), lora_scale=100.0)),
    }

    async def flow(provider, cards):
        said = {}
        for name in files:
            events = [
                event
                async for burst in provider.stream(call(model=name), cards[name])
                for event in burst
            ]
            said[name] = "".join(event.text for event in events if isinstance(event, Delta))
        return said

    said = run(files, flow)
    assert said["plain"]
    assert said["silent"] == said["plain"] != said["loud"]


def test_a_model_that_pools_embeds(run, tmp_path: Path):
    """An embedding model of the shelf gives vectors of its width, and refuses what is too long."""
    file = tmp_path / "pools.gguf"
    file.write_bytes(tiny_model(llama__pooling_type=1))

    async def flow(provider, cards):
        card = cards["pools"]
        found = await provider.embed(["a", "aa aa"], card)
        with pytest.raises(ContextOverflow) as caught:
            await provider.embed(["a" * 3000], card)
        again = await provider.embed(["a"], card)
        return card, found, caught.value, again

    card, found, refusal, again = run({"pools": (file, ModelSettings(slots=1))}, flow)
    assert card.capabilities == {Capability.EMBEDDING}
    assert [len(vector) for vector in found.vectors] == [32, 32]
    assert found.usage.input_tokens > 2
    assert (refusal.values["needed"], refusal.values["context"]) == (3002, 256)
    assert again.vectors[0] == pytest.approx(found.vectors[0], abs=1e-5)


ANYBODY = Principal(id="anna", name="Anna", role=Role.MEMBER)


def test_a_model_that_somebody_adds_is_offered(home: Path, tmp_path: Path):
    """What another process puts on the shelf or changes there is offered after the next look."""
    file = tmp_path / "tiny.gguf"
    file.write_bytes(tiny_model())

    async def flow():
        shelf = Shelf(home, Fetcher(Settings(home=home)))
        outbound = Outbound(AllowList())
        supervisor = Supervisor(budget=None, patience=60.0, allow=outbound.allow)
        provider = HouseProvider(shelf, supervisor, outbound)
        directory = Directory()
        residents = Residents(shelf, provider, directory)
        seen = []

        async def look():
            await residents.refresh()
            cards = directory.visible(ANYBODY)
            seen.append([(card.id, card.context) for card in cards])

        await look()
        await shelf.add(f"file:{file}", name="tiny")
        await look()
        shelf.change("tiny", ModelSettings(context=64))
        await look()
        shelf.remove("tiny")
        await look()
        return seen

    embed = ("hausgeist-embed", 4096)
    assert asyncio.run(flow()) == [
        [embed],
        [embed, ("tiny", 256)],
        [embed, ("tiny", 64)],
        [embed],
    ]
