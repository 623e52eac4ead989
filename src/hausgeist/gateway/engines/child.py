# SPDX-License-Identifier: EUPL-1.2
"""The program of an engine's own process; run by its path, so that it imports nothing of the house.

One line of JSON flows in through stdin (``Order`` below names its keys; the secret is in it, never in
the arguments), one line of JSON flows out through stdout: ``{"address": ...}`` once the engine answers on
loopback, or ``{"error": ...}``. Then stdin is only watched: its end is the parent's end, and ours.
Whatever the engine prints goes to stderr, where the parent sifts it.
"""

import ctypes
import importlib.util
import json
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, TypedDict

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_SIGKILL = 9
NICENESS = 5
"""Steps behind the web process, which must stay quick while a model computes on all cores."""

BATCH = 512
"""Tokens computed at a time; the memory estimate assumes it."""

CHECKPOINTS = 4
"""Saved states per slot of models that cannot rewind; the default of 32 may take gigabytes."""


class Order(TypedDict):
    """What the parent asks for. ``context`` is tokens per slot."""

    kind: str
    key: str
    parent: int
    name: str
    path: str
    context: int
    slots: int
    threads: int
    lora: str
    lora_scale: float
    template: str
    embedding: bool


def main() -> None:
    """Read the order, start the engine, and live as long as stdin is open."""
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(
        2, 1
    )  # the answer has its own descriptor: nothing the engine prints can be mistaken for it
    order: Order = json.loads(sys.stdin.buffer.readline())
    _bind_fate(order["parent"])
    _lower()
    watch = threading.Thread(target=_outlive_nobody, daemon=True)
    watch.start()
    try:
        engine, address = _start(order)
    except (RuntimeError, OSError, ImportError, ValueError, MemoryError) as error:
        answer.write(json.dumps({"error": str(error) or type(error).__name__}) + "\n")
        answer.close()
        os._exit(1)
    answer.write(json.dumps({"address": address}) + "\n")
    answer.close()
    watch.join()
    del engine  # it served until here


def _start(order: Order) -> tuple[object, str]:
    """Start what was ordered; the object must be kept, the address is ``http://127.0.0.1:port``."""
    if order["kind"] == "encoder":
        found = importlib.util.spec_from_file_location(
            "encoder", Path(__file__).with_name("encoder.py")
        )
        assert found is not None
        assert found.loader is not None
        encoder = importlib.util.module_from_spec(found)
        found.loader.exec_module(encoder)
        server = encoder.start(order["key"], threads=order["threads"], limit=order["context"])
        return server, f"http://127.0.0.1:{server.server_port}"
    import xllamacpp  # noqa: PLC0415  40 MB that the encoder does not need

    server = xllamacpp.Server(_parameters(xllamacpp, order))
    return server, str(server.listening_address)


def _parameters(xllamacpp: Any, order: Order) -> Any:
    """The order in llama.cpp's terms. Nothing is cut (no context shift), nothing is fetched, no pages."""
    params = xllamacpp.CommonParams()
    params.model.path = order["path"]
    params.model_alias = {order["name"]}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [order["key"]]
    params.cors_origins = ""
    params.ui = False
    params.endpoint_slots = False
    params.endpoint_props = False
    params.endpoint_metrics = False
    params.offline = True
    params.verbosity = 1  # errors only: they say why a model does not load
    params.n_parallel = order["slots"]
    params.n_ctx = order["context"] * order["slots"]
    params.ctx_shift = False
    params.fit_params = False  # would shrink the context silently
    params.cache_ram_mib = 0  # would keep up to 8 GiB of past conversations
    params.n_ctx_checkpoints = CHECKPOINTS
    params.n_threads_http = order["slots"] + 4  # a call in a slot holds one; the rest count tokens
    params.cpuparams.n_threads = order["threads"]
    params.cpuparams_batch.n_threads = order["threads"]
    params.use_jinja = True
    if order["template"]:
        params.chat_template = order["template"]
    if order["lora"]:
        adapter = xllamacpp.CommonAdapterLoraInfo()
        adapter.path = order["lora"]
        adapter.scale = order["lora_scale"]
        params.lora_adapters = [adapter]
    params.embedding = order["embedding"]
    # an embedding looks at all of a text at once, so all of it is one batch
    params.n_batch = params.n_ubatch = order["context"] if order["embedding"] else BATCH
    return params


def _bind_fate(parent: int) -> None:
    """Die with the parent, leave no memory behind on the disk, gain no rights (Linux)."""
    if sys.platform == "linux":
        prctl = ctypes.CDLL(None, use_errno=True).prctl
        prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
        prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        if os.getppid() != parent:  # it died before we could ask
            os._exit(1)


def _lower() -> None:
    """No core dumps (they would hold conversations), and step behind."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415  not there on Windows

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with suppress(OSError):
            os.nice(NICENESS)


def _outlive_nobody() -> None:
    """Wait for the end of stdin, and end."""
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
