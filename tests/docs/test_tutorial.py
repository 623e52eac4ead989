# SPDX-License-Identifier: EUPL-1.2
"""The tutorial of the workbench does what it says: its commands are run as they stand, in their order."""

import json
import re
import shlex
import zipfile
from pathlib import Path

from hausgeist.store.db import Store, sqlite_url
from hausgeist.store.tables import suggestions
from hausgeist.testing.running import command, made
from hausgeist.testing.upstreams import FakeUpstream, OpenAIDialect, threaded
from hausgeist.workbench import example

PAGE = Path(__file__).resolve().parents[2] / "docs/user/werkbank.md"
PROVIDER = """
[[provider]]
id = "up"
dialect = "openai"
base_url = "{url}/v1"
zone = "house"
needs_key = false
enabled = true
models = [{{ id = "m" }}]
"""


class Teacher(FakeUpstream):
    """Says of every text that it is about waste."""

    def reply_to(self, asked):
        assert json.loads(asked.body)["messages"]
        return OpenAIDialect().words(['{"label": ', '"abfall"}'])


def commands():
    """What stands in the blocks to be run, in their order."""
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def test_the_commands_of_the_tutorial_work_in_their_order(home, monkeypatch, tmp_path):
    """From the example task into service and out of the house; a scripted model stands for the reader's."""
    monkeypatch.chdir(tmp_path)
    made(home, "user", "create", "anna", "--admin")
    made(home, "user", "create", "bert")
    fresh = ["Die Biotonne stinkt und wurde nicht geleert", "Wann ist die Kita im Sommer zu?"]
    Path("neu.csv").write_text("\n".join(["nachricht", *fresh]), encoding="utf-8")
    with threaded(Teacher()) as teacher:
        (home / "providers.toml").write_text(PROVIDER.format(url=teacher.url), encoding="utf-8")
        lines = commands()
        assert len(lines) >= 6
        told = {}
        for line in lines:
            program, *words = shlex.split(line.replace("MODELL", "up/m"))
            assert program == "hausgeist"
            done = command(home, *words)
            assert done.returncode == 0, (line, done.stderr)
            told[line] = done.stdout
    everything = "\n".join(told.values())
    assert example.TITLE in everything
    assert "both" in told["hausgeist task train anliegen"]
    assert told["hausgeist task gate anliegen"].count("\n") >= 2
    assert len(Path("sortiert.csv").read_text("utf-8").splitlines()) == 1 + len(fresh)
    with zipfile.ZipFile("anliegen.zip") as packed:
        assert packed.testzip() is None
    store = Store(sqlite_url(home / "hausgeist.db"))
    asked = suggestions.select().where(suggestions.c.producer == "teacher")
    rows = store.read_now(lambda c: c.execute(asked).all())
    store.close()
    assert len(rows) == 20


def test_the_tutorial_tells_what_the_example_is():
    """How many texts there are, of how many labels, how many are in the gold set."""
    page = PAGE.read_text("utf-8")
    assert f"sortiert {len(example.messages())} Nachrichten" in page
    assert f"{example.GOLD} Texte, zufällig gezogen" in page
    assert "neun Labels" in page
    assert len(example.LABELS) == 9
