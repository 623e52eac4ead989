# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist drill``, called as a script calls it, with a provider on a real socket."""

import json
from pathlib import Path

import pytest
from faked import PROVIDER, faked

from hausgeist.errors import InvalidField
from hausgeist.gateway.drill_questions import read_questions
from hausgeist.testing.upstreams import FakeUpstream, OpenAIDialect

SHIPPED = Path(__file__).resolve().parents[2] / "docs/operator/drill-questions.jsonl"
CALL = {"model": "up/m", "input_tokens": 10, "output_tokens": 5}


def test_calls_of_a_file_are_replayed_and_questions_asked(run, home, tmp_path):
    """The model of today answers, nobody else does; report, sheet and JSON say so."""
    calls, questions = tmp_path / "calls.jsonl", tmp_path / "questions.jsonl"
    calls.write_text("\n".join([json.dumps(CALL)] * 3))
    questions.write_text('{"question": "Wie lange?", "keywords": ["wochen"]}\n')
    report, sheet = tmp_path / "report.md", tmp_path / "sheet.csv"
    with faked(FakeUpstream(OpenAIDialect().words(("vier", " Wochen")))) as fake:
        (home / "providers.toml").write_text(PROVIDER.format(url=fake.url))
        words = ["--without", "provider:up", "--calls", str(calls), "--questions", str(questions)]
        words += ["--report", str(report), "--sheet", str(sheet), "--json"]
        found = json.loads(run("drill", *words).stdout)
    (line,) = found["forecast"]["lines"]
    assert (line["fate"], line["why"], line["calls"]) == ("refused", "nobody", 3)
    (asked,) = found["asked"]
    assert (asked["today"]["text"], asked["today"]["passed"]) == ("vier Wochen", True)
    assert asked["then"]["error"] == "unavailable"
    assert "1 of 1" in report.read_text("utf-8")
    assert sheet.read_text("utf-8").startswith("number,question")
    assert len(fake.asked) == 1


def test_a_drill_without_anything_to_lose_says_so(run):
    """An empty house has no calls, and what is gone must be something."""
    assert "0 calls" in run("drill", "--without", "world").stdout
    with pytest.raises(InvalidField):
        run("drill", "--without", "moon")


def test_the_questions_in_the_documentation_are_questions():
    """Whoever begins with them is not told of a fault."""
    assert len(read_questions(SHIPPED.read_text("utf-8"))) == 12
