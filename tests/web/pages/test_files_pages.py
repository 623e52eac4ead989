# SPDX-License-Identifier: EUPL-1.2
"""Attaching files over real HTTP: as a script does, as a form does, and as an attacker does."""

import http.client
import json
import re
import time
from urllib.parse import quote

import made
import pytest
from visitors import Visitor

from hausgeist.testing.served import PASSWORD


@pytest.fixture(scope="module")
def login(server):
    """A function that logs somebody in."""

    def enter(who="member", where=None) -> Visitor:
        visitor = Visitor((where or server).port)
        assert visitor.form("/login", {"name": who, "password": PASSWORD}).status == 303
        return visitor

    return enter


def send(visitor, content, name="brief.txt", **query):
    """Attach a content as a script does."""
    more = "".join(f"&{key}={value}" for key, value in query.items())
    return visitor.ask(
        "POST",
        f"/files?{more.lstrip('&')}",
        content,
        X_File_Name=quote(name),
        Content_Type="application/octet-stream",
        Origin=f"http://127.0.0.1:{visitor.port}",
        Accept="application/json",
    )


def attach(visitor, content, name="brief.txt", **query):
    """Attach a content and wait until it is read; gives its id and the chip."""
    answer = send(visitor, content, name, **query)
    assert answer.status == 201, answer.text
    file_id = json.loads(answer.body)["id"]
    for _ in range(400):
        found = json.loads(visitor.get(f"/files/{file_id}", Accept="application/json").body)
        if found["state"] in {"ready", "failed"}:
            return file_id, found["html"]
        time.sleep(0.05)
    raise AssertionError(found)


def form(visitor, *files, **fields):
    """Attach files as a page's form does."""
    lines = []
    for name, value in fields.items():
        lines.append(
            f'--X\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        )
    for name, content in files:
        head = f'--X\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
        lines.append(head.encode() + content + b"\r\n")
    return visitor.ask(
        "POST",
        "/files",
        b"".join(lines) + b"--X--\r\n",
        Content_Type="multipart/form-data; boundary=X",
        Origin=f"http://127.0.0.1:{visitor.port}",
    )


def clear(visitor):
    """Remove what is attached."""
    listed = json.loads(visitor.get("/files", Accept="application/json").body)["html"]
    for file_id in set(re.findall(r'data-file="(\w+)"', listed)):
        assert visitor.form(f"/files/{file_id}/delete").status == 303


def test_a_file_is_attached_read_and_sent(server, login):
    """Its text goes to the model with the question, and the file belongs to the conversation then."""
    anna = login()
    file_id, chip = attach(anna, made.pdf([made.SENTENCE]), "Antrag.pdf")
    assert "PDF · 1 Seite" in chip or "PDF · 1 page" in chip
    assert made.SENTENCE in anna.get(f"/files/{file_id}", Accept="text/html").text
    answer = anna.form(
        "/c/turns", {"model": "echo", "class": "internal", "text": "Was ist das?", "file": file_id}
    )
    assert answer.status == 201, answer.text
    talk = json.loads(answer.body)["conversation"]
    for _ in range(100):
        page = anna.get(f"/c/{talk}", Accept="text/html").text
        if "aria-busy" not in page:
            break
        time.sleep(0.05)
    assert "Antrag.pdf" in page
    assert any(made.SENTENCE in str(call) for call in server.providers["echo"].calls)
    assert file_id not in anna.get("/files", Accept="application/json").text
    assert anna.form(f"/files/{file_id}/delete").status == 404
    assert anna.get(f"/files/{file_id}").status == 200


def test_attaching_works_without_a_script(login):
    """A form with several files: all are read when the page comes back; they can be removed there."""
    anna = login()
    clear(anna)
    answer = form(
        anna,
        ("eins.txt", b"Erster Text"),
        ("zwei.docx", made.docx()),
        back="/c/abc",
        **{"class": "personal"},
    )
    assert (answer.status, answer.location) == (303, "/files?back=%2Fc%2Fabc")
    page = anna.get(answer.location, Accept="text/html").text
    assert "eins.txt" in page
    assert "zwei.docx" in page
    assert page.count('value="personal" selected') == 2
    assert 'href="/c/abc"' in page
    clear(anna)
    assert "eins.txt" not in anna.get("/files", Accept="text/html").text


def test_the_class_of_a_file_is_a_persons_to_say(login):
    """It begins as the composer says, and goes up and down on the chip."""
    anna = login()
    file_id, chip = attach(anna, b"Ein Text", **{"class": "personal"})
    assert 'data-class="personal"' in chip
    for word in ("special", "public"):
        assert anna.form(f"/files/{file_id}/class", {"class": word}).status == 303
        chip = json.loads(anna.get(f"/files/{file_id}", Accept="application/json").body)["html"]
        assert f'data-class="{word}"' in chip
    assert anna.form(f"/files/{file_id}/class", {"class": "geheim"}).status == 400
    clear(anna)


def test_pictures_are_shown_and_everything_else_is_a_download(login):
    """A picture has its type; a page of HTML is bytes to keep. Neither can act on our pages."""
    anna = login()
    picture, _ = attach(anna, made.photo(), "Foto.jpg")
    answer = anna.get(f"/files/{picture}/content")
    assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.headers["content-disposition"].startswith("inline")
    page, _ = attach(anna, b"<html><script>alert(1)</script>Hallo</html>", "seite.html")
    answer = anna.get(f"/files/{page}/content")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.body == b"<html><script>alert(1)</script>Hallo</html>"
    for file_id in (picture, page):
        answer = anna.get(f"/files/{file_id}/content")
        assert any("sandbox" in one for one in answer.headers.get_all("content-security-policy"))
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert "alert" not in anna.get(f"/files/{page}/text").text
    clear(anna)


def test_nobody_gets_at_anothers_file(login):
    """Every door to a file of somebody else's says that there is nothing."""
    anna, bernd = login(), login("admin")
    file_id, _ = attach(anna, b"Der geheime Plan")
    for path in ("", "/content", "/text"):
        assert bernd.get(f"/files/{file_id}{path}").status == 404
    assert bernd.form(f"/files/{file_id}/class", {"class": "public"}).status == 404
    assert bernd.form(f"/files/{file_id}/delete").status == 404
    turn = {"model": "echo", "class": "internal", "text": "x", "file": file_id}
    assert bernd.form("/c/turns", turn).status == 404
    assert file_id not in bernd.get("/files", Accept="application/json").text
    assert anna.get(f"/files/{file_id}").status == 200
    clear(anna)


def test_what_cannot_be_read_says_why_and_what_to_do(login):
    """A bomb and a file with a password have words of their own, and cannot be sent."""
    anna = login()
    for content, words in (
        (made.zip_bomb(), "entpack|unpack"),
        (made.locked_pdf(), "Kennwort|Passwort|password"),
        (made.old_office("WordDocument"), "DOCX"),
        (made.old_office("__properties_version1.0"), "EML"),
    ):
        file_id, chip = attach(anna, content, "datei.bin")
        assert re.search(words, chip), chip
        assert 'name="file"' not in chip
        assert anna.get(f"/files/{file_id}/content").status == 404
        turn = {"model": "echo", "class": "internal", "text": "x", "file": file_id}
        assert anna.form("/c/turns", turn).status == 404
    clear(anna)


def test_products_keep_their_names(login):
    """A file of Word is called so in every language, whatever the word means elsewhere."""
    anna = login()
    _, chip = attach(anna, made.docx(), "brief.docx")
    assert re.search(r"\bWord · ", chip), chip
    clear(anna)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Akten\\geheim.txt", "geheim.txt"),
        ("Grüße 🎉🏛️.txt", "Grüße 🎉🏛️.txt"),
        ("rechnung\u202efdp.exe", "rechnungfdp.exe"),
        ("a\x00b\nc\x1b[31m.txt", "abc[31m.txt"),
        ("تقرير.txt", "تقرير.txt"),
        ("<script>alert(1)<b>.txt", "&lt;script&gt;alert(1)&lt;b&gt;.txt"),
        ("x" * 5000 + ".txt", "x" * 183 + "…" + "x" * 12 + ".txt"),
        ("", "?"),
    ],
)
def test_names_are_only_data(login, name, shown):
    """Paths, marks of direction, control characters, markup and endless names are shown safely."""
    anna = login()
    file_id, chip = attach(anna, b"Ein Text", name)
    assert f"<bdi>{shown}</bdi>" in chip
    page = anna.get(f"/files/{file_id}", Accept="text/html")
    assert f"<bdi>{shown}</bdi>" in page.text
    assert (
        "filename*=UTF-8''" in anna.get(f"/files/{file_id}/content").headers["content-disposition"]
    )
    clear(anna)


def raw(visitor, length, body=b"", *, chunked=False):
    """The head of an upload that says it is so long, and what is answered."""
    connection = http.client.HTTPConnection("127.0.0.1", visitor.port, timeout=20)
    connection.putrequest("POST", "/files")
    cookies = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    connection.putheader("Cookie", cookies)
    connection.putheader("Origin", f"http://127.0.0.1:{visitor.port}")
    connection.putheader("Content-Type", "application/octet-stream")
    if chunked:
        connection.putheader("Transfer-Encoding", "chunked")
    else:
        connection.putheader("Content-Length", str(length))
    connection.endheaders()
    try:
        if chunked:
            for _ in range(length):
                connection.send(b"100000\r\n" + b"x" * 0x100000 + b"\r\n")
            connection.send(b"0\r\n\r\n")
        else:
            connection.send(body)
    except (BrokenPipeError, ConnectionResetError):
        pass
    try:
        return connection.getresponse().status
    finally:
        connection.close()


def test_two_gigabytes_are_refused_at_once(login):
    """What says it is too large is not waited for."""
    assert raw(login(), 2 * 1024**3) == 413


def test_too_much_is_cut_off_whatever_it_says(serve, login):
    """A body without a length ends where the limit is; nothing of it is kept."""
    house = serve(file_most=2 * 1024 * 1024)
    anna = login("member", house)
    assert raw(anna, 8, chunked=True) == 413
    assert json.loads(anna.get("/files", Accept="application/json").body)["html"] == ""
    answer = form(anna, ("gross.txt", b"x" * 3 * 1024 * 1024))
    assert answer.status == 413
    assert "2 MB" in answer.text


def test_a_sender_who_goes_away_leaves_nothing(login):
    """Half a body is no file."""
    anna = login()
    connection = http.client.HTTPConnection("127.0.0.1", anna.port, timeout=20)
    connection.putrequest("POST", "/files")
    connection.putheader("Cookie", "; ".join(f"{k}={v}" for k, v in anna.cookies.items()))
    connection.putheader("Origin", f"http://127.0.0.1:{anna.port}")
    connection.putheader("Content-Length", "5000000")
    connection.endheaders()
    connection.send(b"x" * 2_000_000)
    time.sleep(0.2)
    connection.close()
    for _ in range(100):
        if "halb.bin" not in anna.get("/files", Accept="application/json").text:
            return
        time.sleep(0.05)
    raise AssertionError("half a file is kept")


def test_there_is_a_limit_to_what_waits(serve, login):
    """Ten thousand attachments end at the limit, with words that say what to do."""
    house = serve(files_unsent=3)
    anna = login("member", house)
    for number in range(3):
        assert send(anna, b"x", f"{number}.txt").status == 201
    answer = send(anna, b"x", "zuviel.txt")
    assert answer.status == 400
    assert "3" in json.loads(answer.body)["error"]


def test_there_is_a_limit_to_what_one_person_keeps(serve, login):
    """All files of a person together have a limit, too."""
    house = serve(files_total=1000)
    anna = login("member", house)
    attach(anna, b"x" * 900)
    assert send(anna, b"x" * 200).status == 400


def test_a_question_carries_only_so_many(login):
    """A form that names ten thousand files is refused before any is looked at."""
    anna = login()
    fields = {"model": "echo", "class": "internal", "text": "x"}
    answer = anna.form("/c/turns", {**fields, "file": [f"{n:032x}" for n in range(900)]})
    assert answer.status == 400


def test_the_next_start_says_what_broke_off(serve, tmp_path):
    """A file that was being read when the server ended is marked, not lost in silence."""
    house = serve()
    from hausgeist.store import files
    from hausgeist.store.files import Held

    held = Held(
        id="a" * 32, conversation_id=None, name="x", media="", size=1, digest="", state="reading",
        data_class="internal", created_at=1,
    )  # fmt: skip
    house.house.store.write_now(lambda c: files.begin(c, house.member.id, held))
    house.run(house.house.files.recover())
    found = house.house.store.read_now(lambda c: files.find(c, house.member.id, [held.id]))
    assert (found[held.id].state, found[held.id].error) == ("failed", "file_interrupted")


def test_what_nobody_sends_is_swept_after_a_day(serve):
    """A file that was attached the day before yesterday and never sent is gone."""
    house = serve()
    from hausgeist.store import files
    from hausgeist.store.files import Held

    for number, at in enumerate((1, house.house.now_ms())):
        held = Held(
            id=f"{number:032}", conversation_id=None, name="x", media="", size=1, digest="",
            state="ready", data_class="internal", created_at=at,
        )  # fmt: skip
        house.house.store.write_now(lambda c, held=held: files.begin(c, house.member.id, held))
    house.run(house.house.lifecycle.retention.sweep())
    left = house.house.store.read_now(lambda c: files.unsent(c, house.member.id))
    assert [held.id for held in left] == [f"{1:032}"]
