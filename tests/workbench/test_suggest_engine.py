# SPDX-License-Identifier: EUPL-1.2
"""The real starter model as a teacher: that the flow works, not that the model is any good."""

import asyncio

import pytest
from teaching import ANNA, school, truths

from hausgeist.core.labels import Zone
from hausgeist.gateway.engines import Supervisor
from hausgeist.gateway.providers.house import HouseProvider
from hausgeist.gateway.weights import Fetcher, ModelSettings, Shelf
from hausgeist.jobs.work import run_here
from hausgeist.net import AllowList, Outbound
from hausgeist.settings import Settings
from hausgeist.store import schema
from hausgeist.store.db import Store, sqlite_url
from hausgeist.workbench.asking import GatewayAsker
from hausgeist.workbench.teacher import Wish


@pytest.mark.engine
def test_the_starter_model_labels_what_it_is_given(home, starter_model):
    """Held to the schema, even a tiny model gives labels of the task, with their probability."""
    shelf = Shelf(home, Fetcher(Settings(home=home)))
    asyncio.run(shelf.add(f"file:{starter_model}", name="smol"))
    shelf.change("smol", ModelSettings(context=1024, slots=2))
    store = Store(sqlite_url(home / "hausgeist.db"))
    schema.prepare(store)
    made = school(store, truths(2))

    async def teach():
        outbound = Outbound(AllowList())
        supervisor = Supervisor(allow=outbound.allow, budget=None, patience=90.0)
        provider = HouseProvider(shelf, supervisor, outbound)
        try:
            cards = await provider.describe()
            made.gateway.directory.put(cards[0].provider, provider, cards)
            desk = made.desk
            job = await made.suggest.start(desk.task, desk.members[0], ANNA, Wish(model="smol"))
            asker = GatewayAsker(made.gateway, principal=ANNA)
            return await run_here(job, made.suggest.run, asker)
        finally:
            await supervisor.stop_all()
            await outbound.close()
            await store.drain()

    result = asyncio.run(teach())
    rows = made.rows()
    store.close()
    assert (result["ok"], result["failed"]) == (2, 0)
    for row in rows:
        assert row.value.labels[0] in {label.key for label in made.desk.task.labels}
        assert 0 < row.score <= 1
        assert row.tokens > 0
    assert made.gateway.directory.candidates("smol", ANNA)[0].zone is Zone.HOUSE
