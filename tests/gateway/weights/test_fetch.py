# SPDX-License-Identifier: EUPL-1.2
"""Bringing files into the house: resuming, redirects, refusals, full disks."""

import asyncio
import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hausgeist.errors import (
    Conflict,
    EgressDenied,
    HashMismatch,
    SourceNotFound,
    UnsafeModelFile,
    Upstream,
    UpstreamRefused,
)
from hausgeist.gateway.weights import Fetcher, Manifest, Shelf
from hausgeist.gateway.weights.partial import Partial
from hausgeist.settings import Settings
from hausgeist.testing.gguf import tiny_model
from hausgeist.testing.hub import StandInHub

MODEL = tiny_model()
DIGEST = hashlib.sha256(MODEL).hexdigest()
SPEC = "hf:org/repo/sub/tiny.gguf@main"
NAME = "org/repo/sub/tiny.gguf"


def add(shelf: Shelf, spec: str = SPEC, **options: object) -> Manifest:
    """Add a model, as the command line does."""
    return asyncio.run(shelf.add(spec, **options))


def bodies(hub: StandInHub) -> list[dict[str, str]]:
    """Headers of the requests for content."""
    return [request.headers for request in hub.requests if request.method == "GET"]


def partials(shelf: Shelf) -> list[Path]:
    """What lies in quarantine."""
    return sorted((shelf._quarantine).glob("*.partial"))


def test_a_file_from_the_hub_is_kept_with_its_commit(hub: StandInHub, shelf: Shelf):
    """The branch is resolved to a commit, the bytes come from that commit, the hub's hash is checked."""
    hub.files[NAME] = MODEL
    seen: list[tuple[int, int | None]] = []
    manifest = add(shelf, progress=lambda done, total: seen.append((done, total)))
    assert (manifest.name, manifest.digest, manifest.revision) == ("tiny", DIGEST, hub.commit)
    assert manifest.vouched_by == "hub"
    assert shelf.blob(manifest).read_bytes() == MODEL
    assert f"/resolve/{hub.commit}/" in hub.requests[-1].path
    assert seen[-1] == (len(MODEL), len(MODEL))
    assert partials(shelf) == []


def test_a_mirror_without_the_hubs_headers_still_names_its_commit(hub: StandInHub, shelf: Shelf):
    """The commit is asked of the API then, and nobody vouches for the bytes."""
    hub.files[NAME] = MODEL
    hub.linked = False
    manifest = add(shelf)
    assert (manifest.revision, manifest.vouched_by) == (hub.commit, "nobody")


def test_a_body_that_ends_early_is_continued(hub: StandInHub, shelf: Shelf):
    """The next request asks for the rest of the same content, and only for that."""
    hub.files[NAME] = MODEL
    hub.cuts = [20_000, 30_000]
    assert add(shelf).digest == DIGEST
    first, second, third = bodies(hub)
    assert "range" not in first
    assert int(second["range"].removeprefix("bytes=").rstrip("-")) == 20_000
    assert int(third["range"].removeprefix("bytes=").rstrip("-")) == 50_000
    assert second["if-range"].startswith('"')


def test_a_later_run_goes_on_where_the_first_one_gave_up(hub: StandInHub, shelf: Shelf):
    """What has arrived outlives the error, and the hash covers both parts."""
    hub.files[NAME] = MODEL
    hub.cuts = [10_000]
    hub.statuses = []
    with pytest.raises(UpstreamRefused):
        hub_refuses_after_first(hub, shelf)
    assert partials(shelf)[0].stat().st_size == 10_000
    hub.statuses = []
    assert add(shelf).digest == DIGEST
    assert bodies(hub)[-1]["range"] == "bytes=10000-"


def hub_refuses_after_first(hub: StandInHub, shelf: Shelf) -> None:
    """Fetch from a hub that cuts the first body and refuses afterwards."""

    def progress(done: int, _total: int | None) -> None:
        if done:
            hub.statuses = [403]

    add(shelf, progress=progress)


def test_a_changed_etag_begins_anew(hub: StandInHub, shelf: Shelf):
    """A file that was replaced at the server is not glued to the old beginning."""
    hub.linked = False
    hub.files[NAME] = tiny_model(general__name="Another")
    hub.cuts = [10_000]
    with pytest.raises(UpstreamRefused):
        hub_refuses_after_first(hub, shelf)
    hub.statuses = []
    hub.files[NAME] = MODEL
    assert add(shelf).digest == DIGEST
    assert "if-range" in bodies(hub)[-1]


def test_a_server_without_ranges_sends_all_again(hub: StandInHub, shelf: Shelf):
    """A 200 to a range request replaces what was here."""
    hub.files[NAME] = MODEL
    hub.ranges = False
    hub.cuts = [10_000]
    assert add(shelf).digest == DIGEST


def test_a_complete_partial_needs_no_more_bytes(hub: StandInHub, shelf: Shelf):
    """Everything had arrived when the process died: the server says so with a 416."""
    hub.files[NAME] = MODEL
    shelf._make_folders()
    with Partial(shelf._quarantine, SPEC) as partial:
        partial.write(MODEL)
    assert add(shelf).digest == DIGEST


def test_a_server_that_always_breaks_off_is_given_up_with_the_rest_kept(
    hub: StandInHub, shelf: Shelf
):
    """The error says how far it came."""
    hub.files[NAME] = MODEL
    hub.cuts = [5000] + [0] * 20
    with pytest.raises(Upstream):
        add(shelf)
    assert partials(shelf)[0].stat().st_size == 5000


def test_a_busy_server_is_asked_again(hub: StandInHub, shelf: Shelf):
    """503 and 429 are no verdict on the file."""
    hub.files[NAME] = MODEL
    hub.statuses = [503, 429]
    assert add(shelf).digest == DIGEST


def test_a_missing_file_is_said_to_be_missing(hub: StandInHub, shelf: Shelf):
    """404 names the source, and is not tried again."""
    with pytest.raises(SourceNotFound) as caught:
        add(shelf)
    assert SPEC in str(caught.value)
    assert len(hub.requests) == 1


def test_a_gated_repository_needs_the_token(
    hub: StandInHub, shelf_at: Callable[..., Shelf], monkeypatch: pytest.MonkeyPatch
):
    """Without it the refusal names the reason, with it the file arrives."""
    monkeypatch.setenv("HF_TOKEN_PATH", os.devnull)
    hub.files[NAME] = MODEL
    hub.token = "hf_right"
    with pytest.raises(UpstreamRefused) as caught:
        add(shelf_at())
    assert "gated" in str(caught.value)
    with pytest.raises(UpstreamRefused):
        add(shelf_at(hf_token="hf_wrong"))
    assert add(shelf_at(hf_token="hf_right")).digest == DIGEST


def test_the_token_of_an_earlier_login_opens_a_gated_repository(
    hub: StandInHub, shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """With the extra installed its stored token is used, and only once the hub has refused."""
    (tmp_path / "huggingface_hub.py").write_text("def get_token():\n    return 'hf_stored'\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "huggingface_hub", raising=False)  # the real one, where it is
    hub.files[NAME] = MODEL
    hub.token = "hf_stored"
    assert add(shelf).digest == DIGEST
    assert "authorization" not in hub.requests[0].headers
    assert hub.requests[1].headers["authorization"] == "Bearer hf_stored"
    sys.modules.pop("huggingface_hub", None)


@pytest.mark.parametrize(
    ("host", "port", "allowed"),
    [
        ("cas-bridge.xethub.hf.co", 443, True),
        ("cdn-lfs.huggingface.co", 443, True),
        ("cdn-lfs.huggingface.co", 80, False),
        ("evilhf.co", 443, False),
        ("hf.co.example", 443, False),
        ("169.254.169.254", 443, False),
    ],
)
def test_the_real_hub_may_redirect_to_its_own_storage_only(host: str, port: int, *, allowed: bool):
    """Without an operator's word, and nowhere else."""

    async def ask() -> None:
        fetcher = Fetcher(Settings())
        async with fetcher._way_out("https://huggingface.co", private=False) as (_, downloader):
            downloader._permit("huggingface.co", host, port)

    if allowed:
        asyncio.run(ask())
    else:
        with pytest.raises(EgressDenied):
            asyncio.run(ask())


def test_the_token_does_not_follow_a_redirect(hub: StandInHub, shelf_at: Callable[..., Shelf]):
    """The storage behind the hub never sees it."""
    with StandInHub(blobs={f"/{NAME}": MODEL}) as storage:
        hub.files[NAME] = MODEL
        hub.token = "hf_secret"
        hub.storage = f"http://localhost:{storage.port}"
        shelf = shelf_at(hf_token="hf_secret", egress_allow=f"localhost:{storage.port}")
        assert add(shelf).digest == DIGEST
        assert len(storage.requests) == 1
        assert "authorization" not in storage.requests[0].headers
        assert all("authorization" in request.headers for request in hub.requests)


def test_another_port_of_the_same_host_is_another_place(
    hub: StandInHub, shelf_at: Callable[..., Shelf]
):
    """A token belongs to scheme, host and port."""
    with StandInHub(blobs={f"/{NAME}": MODEL}) as storage:
        hub.files[NAME] = MODEL
        hub.storage = storage.url
        shelf = shelf_at(hf_token="hf_secret", egress_allow=f"127.0.0.1:{storage.port}")
        add(shelf)
        assert "authorization" not in storage.requests[0].headers


def test_a_redirect_to_a_place_nobody_allowed_is_refused(hub: StandInHub, shelf: Shelf):
    """No connection is opened to it."""
    with StandInHub(blobs={f"/{NAME}": MODEL}) as storage:
        hub.files[NAME] = MODEL
        hub.storage = storage.url
        with pytest.raises(EgressDenied):
            add(shelf)
        assert storage.requests == []


def test_redirects_in_circles_end(hub: StandInHub, shelf: Shelf):
    """Six are enough."""
    hub.files[NAME] = MODEL
    hub.storage = f"{hub.url}/org/repo/resolve/main/sub/tiny.gguf?again=1#"
    with pytest.raises(Upstream):
        add(shelf)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04" + bytes(5000), "zip"),
        (b"\x80\x04" + bytes(5000), "pickle"),
        (b"<!DOCTYPE html>" + bytes(5000), "web page"),
        (MODEL[:-9000], "truncated"),
        (b"short", "unknown kind"),
    ],
)
def test_what_is_no_model_is_refused_and_removed(
    hub: StandInHub, shelf: Shelf, content: bytes, words: str
):
    """The content decides, not the name; nothing stays in quarantine."""
    hub.files[NAME] = content
    with pytest.raises(UnsafeModelFile) as caught:
        add(shelf)
    assert words in str(caught.value)
    assert partials(shelf) == []
    assert shelf.models() == []


def test_a_file_that_is_not_the_pinned_one_is_removed(hub: StandInHub, shelf_at):
    """A hash names one content; anything else is not kept."""
    hub.blobs["/m/tiny.gguf"] = MODEL
    shelf = shelf_at(egress_allow=f"127.0.0.1:{hub.port}")
    with pytest.raises(HashMismatch):
        add(shelf, f"{hub.url}/m/tiny.gguf", sha256="0" * 64)
    assert partials(shelf) == []
    manifest = add(shelf, f"{hub.url}/m/tiny.gguf", sha256=DIGEST)
    assert manifest.vouched_by == "pin"


def test_a_pin_that_differs_from_the_hubs_hash_costs_no_download(hub: StandInHub, shelf: Shelf):
    """The hub's own hash already says that it is another file."""
    hub.files[NAME] = MODEL
    with pytest.raises(HashMismatch):
        add(shelf, sha256="0" * 64)
    assert bodies(hub) == []


def test_an_address_inside_needs_the_operators_word(hub: StandInHub, shelf: Shelf):
    """A web source does not reach into the organisation's own network by itself."""
    hub.blobs["/tiny.gguf"] = MODEL
    with pytest.raises(EgressDenied):
        add(shelf, f"{hub.url}/tiny.gguf", sha256=DIGEST)
    assert hub.requests == []


def test_a_cancelled_fetch_keeps_what_has_arrived(hub: StandInHub, shelf: Shelf):
    """Stopping is no loss: the lock is free at once, and the rest is fetched later."""
    hub.files[NAME] = MODEL
    hub.cuts = [30_000]

    async def stop() -> None:
        task: asyncio.Task[Manifest]

        def progress(done: int, _total: int | None) -> None:
            if done:
                task.cancel()

        task = asyncio.ensure_future(shelf.add(SPEC, progress=progress))
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(stop())
    assert partials(shelf)[0].stat().st_size == 30_000
    assert add(shelf).digest == DIGEST
    assert bodies(hub)[-1]["range"] == "bytes=30000-"


def test_two_fetches_of_one_source_do_not_mix(hub: StandInHub, shelf: Shelf):
    """The second one says that the first is under way."""
    hub.files[NAME] = MODEL
    shelf._make_folders()
    with Partial(shelf._quarantine, SPEC), pytest.raises(Conflict):
        add(shelf)


def test_a_local_file_is_copied(tmp_path: Path, shelf: Shelf):
    """The house's copy does not change with the original."""
    path = tmp_path / "mine.gguf"
    path.write_bytes(MODEL)
    manifest = add(shelf, f"file:{path}")
    path.unlink()
    assert shelf.verify(manifest.name).digest == DIGEST


def test_a_local_pipe_or_folder_is_no_source(tmp_path: Path, shelf: Shelf):
    """Nothing that could block is opened."""
    os.mkfifo(tmp_path / "pipe.gguf")
    for path in (tmp_path / "pipe.gguf", tmp_path, tmp_path / "missing"):
        with pytest.raises(SourceNotFound):
            add(shelf, f"file:{path}")
