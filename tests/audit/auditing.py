# SPDX-License-Identifier: EUPL-1.2
"""A trail with its heads over a database, and the check as an auditor runs it."""

import asyncio
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

import hausgeist.audit
from hausgeist.audit import Checkpoints, Notary, Trail
from hausgeist.audit.export import written
from hausgeist.store.db import Store

START = 1_790_000_000_000
SECRET = b"k" * 32
VERIFY = Path(hausgeist.audit.__file__).parent / "verify.py"


@dataclass
class House:
    """A trail, its heads, and a clock that tests set."""

    store: Store
    now: int = START
    secret: bytes = SECRET

    def __post_init__(self) -> None:
        self.trail = Trail(self.store, self.secret, self.clock)
        self.heads = Checkpoints(self.store, Notary(self.secret), self.clock)

    def clock(self) -> int:
        return self.now

    def happen(self, count: int, kind: str = "user.changed") -> None:
        """Append events."""

        async def all_of_them():
            before = await self.heads.size()
            for number in range(before, before + count):
                self.now += 1
                self.trail.note(kind, actor="anna", subject=f"subject-{number}", fields="name")
            await self.store.drain()

        asyncio.run(all_of_them())

    def make(self):
        """The newest head."""
        return asyncio.run(self.heads.make())

    def export(self, path: Path) -> Path:
        """An archive as an auditor gets it."""
        newest = self.make()
        with path.open("xb") as out:
            for _ in written(self.store, self.heads.notary.key, newest, out):
                pass
        return path


def checked(*arguments, plain=False):
    """The stand-alone check in a process that cannot see Hausgeist: exit code and what it said."""
    hidden = "cryptography" if plain else "nothing_at_all"
    code = (
        "import runpy, sys\n"
        f"sys.modules[{hidden!r}] = None\n"
        "sys.modules['hausgeist'] = None\n"
        f"sys.argv = ['verify.py', *{[str(one) for one in arguments]!r}]\n"
        f"runpy.run_path({str(VERIFY)!r}, run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={"LANG": "C.UTF-8"},
    )
    return done.returncode, done.stdout + done.stderr


def unlock(house, table):
    """Take the triggers away, as somebody does who owns the database."""

    def work(connection):
        if house.store.is_sqlite:
            names = connection.execute(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :t"),
                {"t": table},
            ).scalars()
            for name in list(names):
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))

    house.store.write_now(work)
