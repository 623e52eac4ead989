# SPDX-License-Identifier: EUPL-1.2
"""A person before a job: ``python bench/engine_queue.py MODEL.gguf [--slots 1] [--rounds 8]``.

A job asks a model of the house eight calls at a time without a pause, as suggestions and evaluations do.
Between them a person asks. Printed are the seconds to the first token that the person waits, alone and beside
the job, the ratio of both, and how many of the job's calls were answered while the person waited.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from hausgeist.core.calls import Call, Sampling
from hausgeist.core.events import Delta
from hausgeist.core.labels import Purpose
from hausgeist.core.messages import text_message
from hausgeist.core.people import Principal, Role
from hausgeist.gateway.engines import Supervisor
from hausgeist.gateway.providers.house import HouseProvider
from hausgeist.gateway.weights import Fetcher, ModelSettings, Shelf
from hausgeist.net import AllowList, Outbound
from hausgeist.settings import Settings

WHO = Principal(id="bench", name="Bench", role=Role.MEMBER)
AT_ONCE = 8
TEXT = "Das Schlagloch vor der Schule ist gefährlich, und nachts brennt keine Laterne."


def call(purpose: Purpose, tokens: int) -> Call:
    """One question."""
    return Call(
        id="bench",
        principal=WHO,
        purpose=purpose,
        model="bench",
        messages=(text_message("user", TEXT),),
        sampling=Sampling(max_tokens=tokens, temperature=0.0, seed=1),
    )


async def first_token(provider: HouseProvider, one: Call) -> float:
    """Seconds until the first words; the rest is read as well."""
    card = next(card for card in await provider.describe() if card.id == "bench")
    begun, seen = time.perf_counter(), 0.0
    async for burst in provider.stream(one, card):
        if not seen and any(isinstance(event, Delta) and event.text for event in burst):
            seen = time.perf_counter() - begun
    return seen


async def measure(model: Path, slots: int, rounds: int) -> None:
    """Ask alone, then beside the job."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        shelf = Shelf(home, Fetcher(Settings(home=home)))
        await shelf.add(f"file:{model}", name="bench")
        shelf.change("bench", ModelSettings(context=1024, slots=slots))
        outbound = Outbound(AllowList())
        supervisor = Supervisor(budget=None, patience=60.0, allow=outbound.allow)
        provider = HouseProvider(shelf, supervisor, outbound)
        done = 0

        async def job() -> None:
            nonlocal done
            while True:
                await first_token(provider, call(Purpose.SUGGEST, 16))
                done += 1

        async def person() -> tuple[float, int]:
            await asyncio.sleep(0.7)
            before = done
            return await first_token(provider, call(Purpose.CHAT, 8)), done - before

        try:
            await first_token(provider, call(Purpose.CHAT, 8))  # loads
            alone = [(await person())[0] for _ in range(rounds)]
            asking = [asyncio.create_task(job()) for _ in range(AT_ONCE)]
            while not done:  # noqa: ASYNC110  what is watched has no event
                await asyncio.sleep(0.05)
            beside = [await person() for _ in range(rounds)]
            for one in asking:
                one.cancel()
            await asyncio.gather(*asking, return_exceptions=True)
        finally:
            await supervisor.stop_all()
            await outbound.close()
    waits, overtaken = [wait for wait, _ in beside], [many for _, many in beside]
    first, second = statistics.median(alone), statistics.median(waits)
    print(
        f"slots {slots}: first token alone {first:.2f} s, beside a job {second:.2f} s "
        f"(worst {max(waits):.2f} s), ratio {second / first:.1f}; calls of the job that were answered "
        f"meanwhile: {statistics.mean(overtaken):.1f} (worst {max(overtaken)})"
    )


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--slots", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=8)
    told = parser.parse_args()
    asyncio.run(measure(told.model, told.slots, told.rounds))


if __name__ == "__main__":
    main()
