# SPDX-License-Identifier: EUPL-1.2
"""Plain files and archives: what is written reads the same, and what is hostile is refused."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hausgeist.chat.library import AssistantBody, PromptBody
from hausgeist.chat.library.bodies import checked
from hausgeist.chat.library.collection import LANGUAGES, collection
from hausgeist.chat.library.packs import ITEMS_MOST, file_name, pack, unpack
from hausgeist.chat.library.plain import FILE_MOST, NotPlain, read, written
from hausgeist.chat.library.variables import filled, variables
from hausgeist.core.calls import Sampling
from hausgeist.core.labels import DataClass
from hausgeist.errors import BadFields, BadUpload

PROMPT = b"---\nkind: prompt\nname: Gru\xc3\x9f\n---\n\nHallo {{Name}}\n"
words = st.text(min_size=1, max_size=80)
numbers = st.none() | st.floats(0, 1, allow_nan=False)


@given(
    st.builds(
        AssistantBody,
        name=words,
        description=st.text(max_size=50),
        instructions=st.text(min_size=1, max_size=300),
        model=st.none() | st.text(max_size=20),
        starters=st.lists(st.text(max_size=40), max_size=6).map(tuple),
        data_class=st.none() | st.sampled_from(DataClass),
        sampling=st.builds(Sampling, temperature=numbers, top_p=numbers),
    )
    | st.builds(PromptBody, name=words, text=words, description=st.text(max_size=50))
)
def test_what_is_written_reads_the_same(body):
    """Whatever an item says, its file gives it back, and the same bytes again."""
    try:
        tidy = checked(body)
    except BadFields:
        return
    text = written(tidy)
    assert read(text.encode()) == tidy
    assert written(read(text.encode())) == text


def test_windows_line_ends_and_a_mark_are_read():
    """A file that went through an editor of Windows is the same item."""
    assert read(b"\xef\xbb\xbf" + PROMPT.replace(b"\n", b"\r\n")) == read(PROMPT)


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (b"Hallo", 1, "must begin"),
        (b"", 1, "must begin"),
        (b"---\nkind: prompt\nname: x\n", 1, "no end"),
        (b"---\nname: x\n---\nHallo", 1, "kind"),
        (b"---\nkind: poem\nname: x\n---\nHallo", 2, "kind"),
        (b"---\nkind: prompt\nname: x\nmodel: gpt\n---\nHallo", 4, "not known"),
        (b"---\nkind: prompt\nname: x\nname: y\n---\nHallo", 4, "twice"),
        (b"---\nkind: prompt\nname x\n---\nHallo", 0, "name"),
        (b"---\nkind: prompt\nname: x\n---\n", 0, "text"),
        (b"---\nkind: assistant\nname: x\ntemperature: hot\n---\nTu.", 4, "no number"),
        (b"---\nkind: assistant\nname: x\ntemperature: 1e999\n---\nTu.", 4, "no number"),
        (b"---\nkind: assistant\nname: x\nclass: secret\n---\nTu.", 4, "data class"),
        (b"---\nkind: prompt\nname: \xff\n---\nHallo", 0, "UTF-8"),
        (b"---\nkind: prompt\nname: a\x00b\n---\nHallo", 0, "not text"),
        (b"---\nkind: prompt\nname: !!python/object:os.system\nx: &a *a\n---\nHi", 4, "not known"),
        (PROMPT + b"x" * FILE_MOST, 0, "larger"),
    ],
)
def test_a_file_that_is_none_says_where_and_why(content, line, said):
    """Each fault names its line; nothing is guessed."""
    with pytest.raises(NotPlain) as caught:
        read(content)
    assert line in {fault.line for fault in caught.value.faults}
    assert said in " ".join(fault.text for fault in caught.value.faults)


def test_the_same_items_give_the_same_archive():
    """Names clash and differ, folders tell the kinds, and the bytes repeat."""
    bodies = [read(PROMPT), read(PROMPT), AssistantBody(name="Öffner", instructions="Tu.")]
    archive = pack(bodies)
    assert archive == pack(bodies)
    found = unpack("bibliothek.zip", archive)
    assert [one.name for one in found] == [
        "prompts/gruss.md",
        "prompts/gruss-2.md",
        "assistants/oeffner.md",
    ]
    assert [one.body for one in found] == bodies


def test_a_name_is_never_a_path():
    """File names are small letters and hyphens, whatever an item is called."""
    for name in ("../../etc/passwd", "CON", "日本語", "a" * 80, "x\u202egnp.exe"):
        made = file_name(PromptBody(name=name, text="x"))
        assert made.endswith(".md")
        assert made[:-3].replace("-", "").isalnum()
        assert made.isascii()


def archive_of(members, compression=zipfile.ZIP_DEFLATED):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return target.getvalue()


def test_a_bomb_is_not_unpacked():
    """A member that swells, and many that swell together, are refused."""
    (found,) = unpack("a.zip", archive_of([("bomb.md", b"0" * 50_000_000)]))
    assert found.body is None
    many = archive_of([(f"{n}.md", PROMPT + b"x" * (FILE_MOST - 100)) for n in range(60)])
    with pytest.raises(BadUpload):
        unpack("a.zip", many)


def test_a_lying_archive_is_read_no_further_than_allowed():
    """A member that says it is small and is not stays unread beyond the limit."""
    whole = bytearray(archive_of([("a.md", b"0" * 5_000_000)]))
    true, lie = (5_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little")
    assert unpack("a.zip", bytes(whole).replace(true, lie))[0].body is None


@pytest.mark.parametrize(
    "name", ["../../evil.md", "/etc/evil.md", "..\\evil.md", "C:\\evil.md", "x/../../evil.md"]
)
def test_a_path_out_of_the_archive_is_refused(name):
    """Such a file makes nothing; its neighbour does."""
    bad, good = unpack("a.zip", archive_of([(name, PROMPT), ("good.md", PROMPT)]))
    assert (bad.body, bad.faults[0].text) == (None, "The file's path leads out of the archive.")
    assert good.body == read(PROMPT)


@pytest.mark.parametrize(
    "packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_a_damaged_archive_is_refused_however_it_was_packed(packing):
    """A byte that fell over gives a fault or a refusal, never anything else."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", packing) as archive:
        archive.writestr("a.md", PROMPT * 20)
    whole, said = target.getvalue(), set()
    for place in range(len(whole)):
        content = bytearray(whole)
        content[place] ^= 0xFF
        try:
            said |= {bool(found.faults) for found in unpack("a.zip", bytes(content))}
        except BadUpload:
            said.add(True)
    assert True in said


def test_other_hostile_archives():
    """Broken, empty, crowded, foreign or locked archives each get their sentence."""
    for content in (
        b"PK\x03\x04 nothing",
        archive_of([]),
        archive_of([(f"{n}.md", PROMPT) for n in range(ITEMS_MOST + 1)], zipfile.ZIP_STORED),
    ):
        with pytest.raises(BadUpload):
            unpack("a.zip", content)
    found = unpack(
        "a.zip", archive_of([("a.exe", b"MZ"), ("__MACOSX/a.md", b""), ("b.md", PROMPT)])
    )
    assert [one.body is None for one in found] == [True, False]
    locked = bytearray(archive_of([("a.md", PROMPT)]))
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    assert unpack("a.zip", bytes(locked))[0].faults[0].text == (
        "The file is protected by a password."
    )
    (shown,) = unpack("\u202efdp.\x1bevil", b"x")
    assert shown.name.isprintable()


def test_the_starter_collection_is_whole():
    """Every shipped file reads, is written as the project keeps it, and both languages match."""
    kinds = [[type(body) for body in collection(language)] for language in LANGUAGES]
    assert sorted(map(str, kinds[0])) == sorted(map(str, kinds[1]))
    for language in LANGUAGES:
        shortcuts = [one.shortcut for one in collection(language) if isinstance(one, PromptBody)]
        assert len(set(shortcuts)) == len(shortcuts) == 5
        for body in collection(language):
            assert read(written(body).encode()) == body


def test_values_are_put_in_as_they_are():
    """Braces in a value mean nothing, a missing value is the default, a foreign choice is not taken."""
    text = "{{An}} {{Ton:streng|mild}} {{Tag=Montag}} {{An}} {{ }} {{{x}}}"
    known = variables("{{An}} {{Ton:streng|mild}} {{Tag=Montag}} {{Text:long}}")
    assert [(one.name, one.long, one.choices, one.default) for one in known] == [
        ("An", False, (), ""),
        ("Ton", False, ("streng", "mild"), "streng"),
        ("Tag", False, (), "Montag"),
        ("Text", True, (), ""),
    ]
    assert filled(text.replace("{{ }}", ""), {"An": "{{Tag}}", "Ton": "<b>", "x": "y"}) == (
        "{{Tag}} streng Montag {{Tag}}  {y}"
    )
