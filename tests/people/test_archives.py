# SPDX-License-Identifier: EUPL-1.2
"""Archives of tasks lie a week and no longer, whether another is packed or not."""

import asyncio
import os

from hausgeist.people.archives import EVERY, KEPT, Archives


def test_archives_and_broken_drafts_go_after_a_week(tmp_path):
    """By their age, also of a task that nobody packs again; what is younger stays."""
    folder = tmp_path / "leave" / "t1"
    folder.mkdir(parents=True)
    now = 1_790_000_000.0
    for name, age in (("old.zip", KEPT + 1), ("draft.part", KEPT + 1), ("new.zip", KEPT - 60)):
        (folder / name).write_bytes(b"x")
        os.utime(folder / name, (now - age, now - age))
    clock = [now]
    archives = Archives(tmp_path, lambda: clock[0])
    asyncio.run(archives.look())
    assert [path.name for path in folder.iterdir()] == ["new.zip"]
    clock[0] += EVERY + 61
    asyncio.run(archives.look())
    assert list(folder.iterdir()) == []


def test_a_house_where_nothing_was_packed_is_looked_at_without_a_trace(tmp_path):
    """There is no folder, and none is made."""
    asyncio.run(Archives(tmp_path).look())
    assert list(tmp_path.iterdir()) == []
