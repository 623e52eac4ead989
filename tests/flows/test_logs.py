# SPDX-License-Identifier: EUPL-1.2
"""Logs and metrics: even at their most talkative they hold nothing that anybody wrote or was told."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
from running import PASSWORD, made, serving

from hausgeist.testing.upstreams import OpenAIDialect, Reply

ASKED = "Kanarienvogel-gelb-4711"
TOLD = "Papagei-grün-0815"
DIALECT = OpenAIDialect()
TALK = {
    "/v1/chat/completions": {"messages": [{"role": "user", "content": ASKED}]},
    "/v1/completions": {"prompt": ASKED},
    "/v1/responses": {"input": ASKED},
    "/v1/messages": {"messages": [{"role": "user", "content": ASKED}], "max_tokens": 9},
    "/api/chat": {"messages": [{"role": "user", "content": ASKED}], "stream": False},
}
BROKEN = [
    DIALECT.refusal(400, TOLD),
    DIALECT.refusal(500, TOLD),
    Reply(frames=(b"data: {" + TOLD.encode() + b"\n\n",), kind=DIALECT.kind),
    DIALECT.unfinished([TOLD], cut=True),
    DIALECT.fault([TOLD]),
]
"""Upstreams that fail in words."""


def _spoilt(house) -> None:
    """Make the database refuse a person's words, so that an error nobody foresaw carries them."""
    with closing(sqlite3.connect(house.home / "hausgeist.db")) as database:
        for table in ("conversations", "messages"):
            database.execute(
                f"CREATE TRIGGER spoil_{table} BEFORE INSERT ON {table} BEGIN "
                f"SELECT RAISE(ABORT, 'spoilt {ASKED} {TOLD}'); END"
            )
        database.commit()


@pytest.mark.engine
@pytest.mark.parametrize("form", ["text", "json"])
def test_no_content_in_logs_or_metrics(home, upstream, starter_model, form):
    """Answers, refusals, broken upstreams and an error nobody foresaw: the words are in none of the lines."""
    words = [replace(DIALECT.words([TOLD])) for _ in TALK]
    upstream(*words, *BROKEN)
    made(home, "model", "add", f"file:{starter_model}", "--name", "smol")
    key = made(home, "key", "create", "test", "--service", "wiki")["key"]
    with serving(home, log_level="debug", log_format=form, threads=1) as house:
        house.key = key
        for path, body in TALK.items():
            answer = house.call(path, model="up/m", **body)
            assert answer.status == 200, answer.text
            assert TOLD in json.dumps(answer.json, ensure_ascii=False), "the words did flow"
        for _ in BROKEN:
            house.chat("up/m", ASKED)
        assert house.chat("smol", ASKED, max_tokens=4).status == 200
        assert house.call("/v1/embeddings", model="hausgeist-embed", input=ASKED).status == 200
        bad = house.ask("POST", "/v1/chat/completions", f'{{"messages": "{ASKED}', {})
        assert bad.status == 400
        house.ask("GET", f"/{ASKED}?q={ASKED}")
        first = {"login": "anna", "name": "Anna", "password": PASSWORD, "organisation": "Stadt"}
        house.key = ""
        link = house.setup_link()
        assert house.form("/setup", token=link.partition("=")[2], **first).status == 303
        _spoilt(house)
        spoilt = house.form("/c", text=ASKED, model="up/m", **{"class": "internal"})
        assert spoilt.status == 500, spoilt.text
        metrics = house.ask("GET", "/metrics").text
        assert house.stop() == 0
        assert "IntegrityError" in house.err, "the unforeseen error is logged"
        for text in (metrics, house.err, house.out.replace(link, "")):
            for secret in (ASKED, TOLD, PASSWORD, key, key[4:20]):
                assert secret not in text
