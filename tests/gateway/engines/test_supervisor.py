# SPDX-License-Identifier: EUPL-1.2
"""The life of engines: loading, room, leaving, crashing, queueing."""

import asyncio
import os
import signal
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import repeat
from pathlib import Path

import pytest
from engine_calls import call

from hausgeist.core.events import Finished
from hausgeist.errors import (
    DoesNotFit,
    EgressDenied,
    LoadFailed,
    ModelCrashed,
    ModelLoading,
    QueueFull,
    Unavailable,
)
from hausgeist.gateway.engines import State

pytestmark = pytest.mark.engine


async def use(here, spec, **options):
    """Lease an engine for a moment; its process."""
    async with here.supervisor.lease(spec, **options) as engine:
        return engine.child.pid


def test_callers_who_come_together_share_one_start(bench, spec):
    """Ten first callers get the same process."""

    async def flow():
        async with bench() as here:
            return await asyncio.gather(*(use(here, spec) for _ in range(10)))

    assert len(set(asyncio.run(flow()))) == 1


def test_room_is_made_by_the_one_idle_longest(bench, spec):
    """With a budget for two, the third model ends the one used least recently, and no other."""
    first, second, third = (replace(spec, name=name) for name in ("a", "b", "c"))

    async def flow():
        async with bench(budget=int(spec.needed * 2.5)) as here:
            await use(here, first)
            await use(here, second)
            await use(here, first)
            together = here.names()
            await use(here, third)
            return together, here.names()

    assert asyncio.run(flow()) == (["a", "b"], ["a", "c"])


def test_an_engine_that_computes_is_never_ended_for_another(bench, spec):
    """The second model waits until the first one's answer is complete, with a budget for one."""

    async def flow():
        async with bench(budget=int(spec.needed * 1.5)) as here:
            busy = asyncio.create_task(here.answer(call(sampling={"max_tokens": 200})))
            await here.until(lambda: any(s.taken for s in here.supervisor.status()))
            second = asyncio.create_task(here.answer(call(model="other")))
            ended = (await busy)[-1], (await second)[-1]
            return ended, here.names()

    (busy, second), names = asyncio.run(flow())
    assert isinstance(busy, Finished)
    assert busy.usage.output_tokens == 200 or busy.reason == "stop"
    assert isinstance(second, Finished)
    assert names == ["other"]


def test_a_busy_engine_is_asked_to_finish_for_one_that_waits(bench, spec, monkeypatch):
    """Under steady use of one model, another one still gets its turn; new calls queue behind it."""
    monkeypatch.setattr("hausgeist.gateway.engines.supervisor.YIELD_AFTER", 0.0)

    async def flow():
        async with bench(budget=int(spec.needed * 1.5)) as here:
            served = 0

            async def steadily():
                nonlocal served
                for _ in repeat(None):
                    await use(here, spec)
                    served += 1
                    await asyncio.sleep(0.001)

            steady = [asyncio.create_task(steadily()) for _ in range(2)]
            await here.until(lambda: served > 10)
            async with here.supervisor.lease(spec):  # never idle
                other = asyncio.create_task(use(here, replace(spec, name="other")))
                await here.until(lambda: "other" in here.names())
                await asyncio.sleep(1.5)
            pid = await other
            for task in steady:
                task.cancel()
            await asyncio.gather(*steady, return_exceptions=True)
            return pid

    assert asyncio.run(flow())


def test_keep_alive_of_zero_unloads_after_the_call(bench):
    """The hint of a call decides when its model leaves: at once."""

    async def flow():
        async with bench() as here:
            await here.answer(call())
            stays = here.supervisor.status()[0].expires_in
            await here.answer(call(keep_alive=0))
            await here.until(lambda: not here.names())
            return stays

    assert 200 < asyncio.run(flow()) <= 300


def test_an_idle_model_leaves_when_its_time_is_over(bench, spec):
    """A short time ends it, a negative one keeps it."""

    async def flow():
        async with bench() as here:
            await use(here, replace(spec, name="stays"), keep_alive=-1)
            await use(here, spec, keep_alive=0.05)
            await here.until(lambda: here.names() == ["stays"])
            return here.supervisor.status()[0].expires_in

    assert asyncio.run(flow()) is None


def test_patience_ends_before_the_load_which_goes_on(bench, spec):
    """A caller without patience is told when to come again, and finds the model loaded then."""

    async def flow():
        async with bench(patience=0.0) as here:
            with pytest.raises(ModelLoading) as caught:
                await use(here, spec)
            await here.until(lambda: here.supervisor.status()[0].state is State.READY)
            return caught.value, await use(here, spec)

    error, pid = asyncio.run(flow())
    assert error.retry_after >= 1
    assert pid


def test_what_does_not_fit_is_refused_with_numbers_before_it_starts(bench, spec):
    """The refusal says what is needed, what there is, and a context that would fit."""

    async def flow():
        async with bench(budget=spec.needed - 10_000_000) as here:
            with pytest.raises(DoesNotFit) as caught:
                await here.answer(call())
            assert here.names() == []
            return caught.value

    error = asyncio.run(flow())
    assert error.values["needed"] != error.values["available"]
    assert "context of" in str(error)


def test_a_machine_with_too_little_left_is_respected(bench, spec):
    """Within the budget, but not within what the machine has left: refused as well."""

    async def flow():
        async with bench(left=lambda: 1_000_000) as here:
            with pytest.raises(DoesNotFit):
                await use(here, spec)
            return here.names()

    assert asyncio.run(flow()) == []


def test_the_queue_has_an_end(bench, spec):
    """With one slot and one waiting, the next is turned away; who waits comes next."""

    async def flow():
        async with bench(queue=1) as here, AsyncExitStack() as held:
            one = replace(spec, slots=1)
            await held.enter_async_context(here.supervisor.lease(one))
            waiting = asyncio.create_task(use(here, one))
            await here.until(lambda: here.supervisor.status()[0].waiting == 1)
            with pytest.raises(QueueFull) as caught:
                await use(here, one)
            counting = await use(here, one, place=False)  # counting tokens needs no slot
            await held.aclose()
            return caught.value, await waiting, counting

    error, waited, counting = asyncio.run(flow())
    assert error.retry_after >= 1
    assert waited == counting


def test_leaving_the_queue_leaves_no_trace(bench, spec):
    """A caller who gives up while waiting takes no place with them."""

    async def flow():
        async with bench() as here:
            one = replace(spec, slots=1)
            async with here.supervisor.lease(one):
                waiting = [asyncio.create_task(use(here, one)) for _ in range(3)]
                await here.until(lambda: here.supervisor.status()[0].waiting == 3)
                waiting[1].cancel()
                await asyncio.sleep(0)
            await asyncio.gather(*waiting, return_exceptions=True)
            (status,) = here.supervisor.status()
            return status.taken, status.waiting, await use(here, one)

    taken, waiting, pid = asyncio.run(flow())
    assert (taken, waiting) == (0, 0)
    assert pid


def test_who_waits_at_a_crashed_engine_is_served_by_the_next(bench, spec):
    """A crash hits those who compute; those in the queue go on with the restarted engine."""

    async def flow():
        async with bench() as here:
            one = replace(spec, slots=1)
            async with here.supervisor.lease(one) as engine:
                waiting = asyncio.create_task(use(here, one))
                await here.until(lambda: here.supervisor.status()[0].waiting == 1)
                os.kill(engine.child.pid, signal.SIGKILL)
                assert await engine.crashed(within=10)
            return engine.child.pid, await waiting

    first, second = asyncio.run(flow())
    assert first != second


def test_an_engine_that_crashes_again_and_again_rests(bench, spec):
    """The first restart is at once, the second after a pause that the caller is told."""

    async def flow():
        async with bench() as here:
            for _ in range(2):
                async with here.supervisor.lease(spec) as engine:
                    os.kill(engine.child.pid, signal.SIGKILL)
                    assert await engine.crashed(within=10)
            with pytest.raises(ModelCrashed) as caught:
                await use(here, spec)
            return caught.value.retry_after

    assert asyncio.run(flow()) >= 1


def test_a_file_the_engine_does_not_take_is_said_so(bench, spec, tmp_path: Path):
    """A model that cannot be loaded is an error with a reason, at every caller, and no crash of ours."""
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(100))

    async def flow():
        async with bench() as here:
            bad = replace(spec, path=str(broken))
            results = [asyncio.create_task(use(here, bad)) for _ in range(3)]
            errors = await asyncio.gather(*results, return_exceptions=True)
            with pytest.raises(LoadFailed):
                await use(here, bad)
            with pytest.raises(LoadFailed) as rests:
                await use(here, bad)
            return errors, rests.value.retry_after, here.names()

    errors, pause, names = asyncio.run(flow())
    assert all(isinstance(error, LoadFailed) for error in errors)
    assert "load" in str(errors[0])
    assert pause >= 1
    assert names == []


def test_new_settings_get_a_new_process_and_spare_the_running_call(bench, spec):
    """A changed spec replaces the old engine, which ends with its last call."""

    async def flow():
        async with bench() as here:
            async with here.supervisor.lease(spec) as old:
                new = await use(here, replace(spec, context=512))
                assert old.state is State.READY
            await here.until(lambda: len(here.names()) == 1)
            return old.child.pid, new, here.pid()

    old, new, left = asyncio.run(flow())
    assert old != new == left


def test_unloading_waits_for_the_running_call(bench, spec):
    """An administrator's unload takes effect with the last call."""

    async def flow():
        async with bench() as here:
            async with here.supervisor.lease(spec) as engine:
                assert here.provider.unload("smol")
                assert not here.provider.unload("smol")
                running = engine.child.running
            await here.until(lambda: not here.names())
            return running

    assert asyncio.run(flow())


def test_closing_ends_all_engines_even_one_that_is_loading(bench, spec):
    """After the stop there is no process and no way in."""

    async def flow():
        async with bench() as here:
            async with here.supervisor.lease(spec) as engine:
                url = f"{engine.address}/health"
                loading = asyncio.create_task(use(here, replace(spec, name="late")))
                await here.until(lambda: len(here.names()) == 2)
                await here.supervisor.stop_all()
            with pytest.raises(Unavailable):
                await loading
            with pytest.raises(Unavailable):
                await use(here, spec)
            with pytest.raises(EgressDenied):
                async with here.outbound.stream("GET", url):
                    pass
            return engine.child.running, here.names()

    assert asyncio.run(flow()) == (False, [])
