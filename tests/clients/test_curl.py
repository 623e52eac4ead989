# SPDX-License-Identifier: EUPL-1.2
"""``curl`` against the house: streams, and what bad input gets."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from hausgeist.testing.served import Served

CHAT = {"model": "slow", "messages": [{"role": "user", "content": "one two three"}]}

pytestmark = pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl here")


def curl(server: Served, path: str, *arguments: str, stdin: bytes = b"") -> tuple[int, bytes]:
    """The status and the body of a request with the member's key."""
    done = subprocess.run(
        [
            "curl",
            *("--silent", "--show-error", "--no-buffer", "--max-time", "60"),
            *("--header", f"Authorization: Bearer {server.member.key}"),
            *("--header", "Content-Type: application/json"),
            *("--write-out", "\n%{http_code}"),
            *arguments,
            server.url + path,
        ],
        input=stdin,
        capture_output=True,
        timeout=90,
        check=False,
    )
    body, _, status = done.stdout.rpartition(b"\n")
    return int(status or b"0"), body


def code(body: bytes) -> str:
    return json.loads(body)["error"]["code"]


def test_a_stream_arrives_in_frames(server):
    """Three words are a frame with the role, three with text, one with the end, and the last."""
    body = json.dumps(CHAT | {"stream": True})
    status, answer = curl(server, "/v1/chat/completions", "--data", body)
    frames = answer.decode().strip().split("\n\n")
    assert status == 200
    assert len(frames) == 6
    assert frames[-1] == "data: [DONE]"


@pytest.mark.parametrize("chunked", [False, True])
def test_a_hundred_megabytes_are_too_large(server, tmp_path: Path, chunked):
    """The answer is 413 in OpenAI's shape, whether the length was announced or not."""
    big = tmp_path / "big"
    with big.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    more = ("--header", "Transfer-Encoding: chunked") if chunked else ()
    status, body = curl(server, "/v1/chat/completions", "--data-binary", f"@{big}", *more)
    assert status == 413
    assert code(body) == "request_too_large"


def test_ten_thousand_headers_are_too_many(server, tmp_path: Path):
    """The server says so or closes; it goes on serving."""
    headers = tmp_path / "headers"
    headers.write_text("".join(f"x-{number}: y\n" for number in range(10_000)))
    status, body = curl(server, "/v1/models", "--header", f"@{headers}")
    assert status in {400, 431}
    if status == 431:
        assert code(body) == "headers_too_large"
    assert curl(server, "/v1/models")[0] == 200


@pytest.mark.parametrize(
    "body", [b'{"model": "echo", "messages": [', b'{"model": "\xff\xfe"}', b"", b"model=echo"]
)
def test_what_is_no_json_is_called_that(server, body):
    """Cut, wrongly encoded, empty, or something else altogether."""
    status, answer = curl(server, "/v1/chat/completions", "--data-binary", "@-", stdin=body)
    assert status == 400
    assert code(answer) == "invalid_json"
