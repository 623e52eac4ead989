# SPDX-License-Identifier: EUPL-1.2
"""The library's pages over real HTTP: two people, faults at fields, files in and out."""

import html
import io
import json
import re
import zipfile

import pytest
from visitors import Visitor

from hausgeist.testing.served import PASSWORD

BORDER = "xyzxyz"


@pytest.fixture
def people(serve):
    """An administrator and a member, logged in, of a house of their own."""
    server = serve()
    found = []
    for who in (server.admin.login, server.member.login):
        visitor = Visitor(server.port)
        assert visitor.form("/login", {"name": who, "password": PASSWORD}).status == 303
        found.append(visitor)
    return found


def made(visitor, **fields):
    """Make an item with the form; gives its id."""
    answer = visitor.form("/library/new", fields)
    assert answer.status == 303, answer.text
    return re.search("[0-9a-f]{32}", answer.location)[0]


def cards(visitor, query=""):
    """The names in the gallery."""
    return re.findall(r'item__name"><a [^>]*>([^<]*)', visitor.get(f"/library?{query}").text)


def uploaded(visitor, name, content):
    """Send a file to the import."""
    head = (
        f'--{BORDER}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    body = head.encode() + content + f"\r\n--{BORDER}--\r\n".encode()
    return visitor.ask(
        "POST",
        "/library/import",
        body,
        Content_Type=f"multipart/form-data; boundary={BORDER}",
        Origin=f"http://127.0.0.1:{visitor.port}",
    )


def test_what_one_keeps_the_other_does_not_find(people):
    """A private item is a 404 at every address; shared with everyone it can be used, not changed."""
    anna, bernd = people
    item = made(anna, kind="assistant", name="Geheim", instructions="Nur für mich")
    for path in ("", "/edit", "/history", "/file", "/use", "/prompt"):
        assert bernd.get(f"/library/{item}{path}").status == 404
    for path in ("/edit", "/share", "/copy", "/archive", "/delete", "/restore", "/take-over"):
        assert bernd.form(f"/library/{item}{path}", {"name": "x", "version": 1}).status == 404
    assert bernd.get(f"/?assistant={item}", Accept="text/html").status == 404
    assert cards(bernd) == []
    assert anna.form(f"/library/{item}/share", {"audience": "everyone"}).status == 303
    assert cards(bernd, "whose=everyone") == ["Geheim"]
    assert bernd.get(f"/library/{item}/edit").status == 403
    assert bernd.form(f"/library/{item}/share", {"audience": "owner"}).status == 403
    assert bernd.get(f"/?assistant={item}", Accept="text/html").status == 200
    copied = bernd.form(f"/library/{item}/copy").location
    assert bernd.get(copied).status == 200
    assert cards(bernd, "whose=mine") != []


def test_a_member_does_not_publish(people):
    """Everyone is for administrators; the page says so and offers only what is allowed."""
    _, bernd = people
    item = made(bernd, kind="prompt", name="Meins", text="Hallo")
    assert bernd.form(f"/library/{item}/share", {"audience": "everyone"}).status == 403
    assert bernd.form("/library/collection").status == 403
    page = bernd.get(f"/library/{item}").text
    assert 'value="everyone"' not in page
    assert 'value="owner" checked' in page


def test_a_fault_stands_at_its_field_and_nothing_typed_is_lost(people):
    """Numbers, lengths and variables are named; the rest of the form is as it was."""
    anna, _ = people
    answer = anna.form(
        "/library/new",
        {"kind": "assistant", "name": "A & B", "temperature": "heiß", "instructions": "x"},
    )
    assert answer.status == 400
    assert 'id="temperature-error"' in answer.text
    assert 'value="A &amp; B"' in answer.text
    answer = anna.form("/library/new", {"kind": "prompt", "name": "x", "text": "{{a:x|y}} {{a:z}}"})
    assert 'id="text-error"' in answer.text
    item = made(anna, kind="assistant", name="Zahl", instructions="x", temperature="0,5")
    changed = {"name": "Zahl", "instructions": "y", "temperature": "0,5", "version": 1}
    assert anna.form(f"/library/{item}/edit", changed).status == 303
    late = anna.form(f"/library/{item}/edit", {**changed, "instructions": "mein Text"})
    assert late.status == 409
    assert "mein Text" in late.text
    assert 'name="version" value="2"' in late.text


def test_content_is_shown_as_it_is(people):
    """Names, texts and variables that look like markup stay letters on every page."""
    anna, _ = people
    evil = "<script>alert(1)</script>{{7*7}}"
    item = made(anna, kind="assistant", name=evil[:25], description=evil, instructions=evil)
    prompt = made(anna, kind="prompt", name="x", text="<img src=x onerror=y> {{b:long}}x")
    for path in ("", f"/{item}", f"/{item}/edit", f"/{item}/history", f"/{prompt}/use"):
        text = anna.get(f"/library{path}").text
        assert "<script>alert" not in text
        assert "<img" not in text
        assert "49" not in re.findall(r"alert\(1\)(\d+)", text)


def test_files_go_out_and_come_in(people):
    """One item is a Markdown file, all are a ZIP; the import shows first, makes then, and repeats bytes."""
    anna, bernd = people
    made(anna, kind="prompt", name="Gruß", text="Hallo {{Name}}", shortcut="gruss")
    item = made(anna, kind="assistant", name="Öffner", instructions="Öffne.\n---\nalles")
    one = anna.get(f"/library/{item}/file")
    assert one.headers["content-disposition"] == 'attachment; filename="oeffner.md"'
    archive = anna.get("/library/export").body
    assert zipfile.ZipFile(io.BytesIO(archive)).namelist() == [
        "prompts/gruss.md",
        "assistants/oeffner.md",
    ]
    shown = uploaded(bernd, "alles.zip", archive)
    assert shown.status == 200
    assert cards(bernd) == []
    files = re.findall(
        r'<textarea name="(file-\d)" hidden>\n(.*?)</textarea>', shown.text, re.DOTALL
    )
    fields = {name: html.unescape(text).replace("\n", "\r\n") for name, text in files}
    assert bernd.form("/library/import/make", {**fields, "take": ["0", "1"]}).status == 303
    assert bernd.get("/library/export?whose=mine").body == archive


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"PK\x03\x04 nonsense", 422),
        (b"\xff\xfe\x00", 200),
        (b"x" * 9_000_000, 413),
        (b"", 200),
    ],
)
def test_a_hostile_upload_gets_a_sentence(people, content, status):
    """Broken archives, other encodings, and too much: said, and nothing is made."""
    anna, _ = people
    answer = uploaded(anna, "../../<b>x.zip", content)
    assert answer.status == status
    assert b"<b>x" not in answer.body
    assert cards(anna) == []


def test_the_composer_gets_its_prompts(people):
    """The list has names and shortcuts, a prompt its text and variables; an assistant is none."""
    anna, bernd = people
    prompt = made(anna, kind="prompt", name="Brief", text="An {{Wen}}", shortcut="brief")
    item = made(anna, kind="assistant", name="Brief", instructions="x")
    found = json.loads(anna.get("/library/pick?q=bri").body)["prompts"]
    assert [(one["id"], one["shortcut"]) for one in found] == [(prompt, "brief")]
    assert json.loads(anna.get(f"/library/{prompt}/prompt").body)["variables"][0]["name"] == "Wen"
    assert anna.get(f"/library/{item}/prompt").status == 404
    assert json.loads(bernd.get("/library/pick?q=").body)["prompts"] == []
    words = anna.form(f"/library/{prompt}/use", {"v0": "<b>Frau & Herrn</b>"})
    assert "An &lt;b&gt;Frau &amp; Herrn&lt;/b&gt;</textarea>" in words.text


@pytest.mark.parametrize(
    "query", ["page=9999999999999", "page=-1", "q=%00%25", "kind=x&whose=y", "done=%3Cb%3E"]
)
def test_odd_addresses_show_the_gallery(people, query):
    """What is no page, kind or word is none; nothing breaks."""
    assert people[0].get(f"/library?{query}").status == 200


@pytest.mark.parametrize("path", ["/library/import", "/import"])
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"--x\r\n"),
        (f"multipart/form-data; boundary={BORDER}", b"no form at all"),
        (
            f"multipart/form-data; boundary={BORDER}",
            f'--{BORDER}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nha'.encode(),
        ),
        ("application/x-www-form-urlencoded", b"file=x"),
    ],
)
def test_a_broken_form_is_said_to_be_broken(people, path, kind, body):
    """Without a border, without an end, or of another kind: the page says so, and nothing breaks."""
    visitor = people[0]
    origin = f"http://127.0.0.1:{visitor.port}"
    reply = visitor.ask("POST", path, body, Content_Type=kind, Origin=origin)
    assert reply.status == 400
