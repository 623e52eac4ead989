# SPDX-License-Identifier: EUPL-1.2
"""What was deleted is forgotten by the database, too: its search index and its log still have the words.

After an erasure at once, and in every round of retention. PostgreSQL's vacuum does it by itself.
"""

import asyncio
import logging
from functools import partial

from hausgeist.store import retention, search
from hausgeist.store.db import Store

log = logging.getLogger("hausgeist.people")

PAUSE = 0.05
"""Seconds between two steps, in which others write."""
LOG_ATTEMPTS = 20


async def forget_words(store: Store) -> bool:
    """Take deleted words out of SQLite's search index and log; True when nothing is left of them.

    Readers that take long are not waited for: the next round tries again.
    """
    if not store.is_sqlite:
        return True
    await forget_index(store)
    for _ in range(LOG_ATTEMPTS):
        if await store.read(retention.forget_log):
            return True
        await asyncio.sleep(PAUSE)
    log.info("the database's log is in use; it is cut after the next round")
    return False


async def forget_index(store: Store) -> None:
    """Take deleted words out of the search index, some pages at a time."""
    steps: int | None = None
    while not await store.write(partial(search.forget, steps=steps)):
        steps = search.PAGES
        await asyncio.sleep(PAUSE)
