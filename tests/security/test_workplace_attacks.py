# SPDX-License-Identifier: EUPL-1.2
"""What attackers tried on the chat workplace, each as a sentence that must stay true."""

import asyncio
import json
import re
import socket
import ssl
import threading
import zlib
from contextlib import ExitStack, suppress
from urllib.parse import quote

import directory as slapd
import msgspec
import pytest

from hausgeist.chat.imports.reading import brought, frames
from hausgeist.chat.temporary import READ_AT_ONCE
from hausgeist.core.people import Principal, Role
from hausgeist.errors import LoginThrottled, TooManyFiles, Upstream
from hausgeist.identity import ldap
from hausgeist.identity.ldap import Directory, Threads
from hausgeist.identity.sources import LdapSettings
from hausgeist.identity.throttle import Throttle, skeleton
from hausgeist.jobs.confined import confined
from hausgeist.net import AllowList, Destination, Outbound
from hausgeist.people.holds import HoldWish
from hausgeist.store import files
from hausgeist.web.contexts.temporary import SAID_MOST
from hausgeist.web.pages.voice import SPOKEN_MOST, spoken

FORM = {"Content_Type": "application/x-www-form-urlencoded"}
MB = 1_000_000


def attach(visitor, name="a.txt", content=b"words"):
    """Send a file as the composer does; gives the answer."""
    kind = {"Content_Type": "application/octet-stream", "X_File_Name": quote(name)}
    return visitor.ask("POST", "/files?class=internal", content, **kind)


def attached(visitor, content=b"words"):
    """The id of a file that was read."""
    file_id = json.loads(attach(visitor, content=content).body)["id"]
    for _ in range(600):
        found = visitor.get(f"/files/{file_id}", Accept="application/json")
        if json.loads(found.body)["state"] == "ready":
            return file_id
        threading.Event().wait(0.05)
    raise AssertionError("it was never read")


def weight(server, person):
    """How many files somebody has unsent, and the bytes of all."""
    return server.house.store.read_now(lambda c: files.weight(c, person.id))


def principal(person):
    return Principal(id=person.id, name=person.name, role=person.role, group=person.group)


# -- exhaustion -------------------------------------------------------------------------------------


def test_brackets_without_end_are_read_out_at_once():
    """An answer of a million open brackets costs no more than its first letters."""
    assert spoken("[" * MB) == "[" * SPOKEN_MOST
    assert spoken("[a](" * MB) == ("[a](" * MB)[:SPOKEN_MOST]
    assert spoken("a [link](https://x.example) **b**") == "a link b"


def test_many_uploads_at_once_do_not_get_past_the_limits(serve):
    """Who sends a dozen files in one moment gets in as many as one after the other."""
    server = serve(files_total=3 * MB, files_unsent=50)
    bernd = server.person("bernd")
    visitors = [server.session(bernd.id) for _ in range(12)]
    senders = [threading.Thread(target=attach, args=(one, "a.txt", b"a" * MB)) for one in visitors]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert weight(server, bernd) == (3, 3 * MB)


def test_a_content_that_did_not_say_its_size_is_weighed_when_it_is_there(serve):
    """The limit holds for who sends without telling how much it will be; nothing is left of it."""
    server = serve(files_total=MB)
    bernd = server.person("bernd")

    async def content():
        for _ in range(3):
            yield b"a" * (MB // 2)

    take = server.house.uploads.take_in
    word = server.house.gateway.border.default_class
    with pytest.raises(TooManyFiles):
        server.call(lambda: take(principal(bernd), "a.txt", word, content()))
    assert weight(server, bernd) == (0, 0)


def test_copies_of_shared_conversations_count_as_files_of_ones_own(serve):
    """Nobody fills the house by copying what somebody shares again and again."""
    server = serve(files_total=3 * MB)
    bernd, carla = server.person("bernd"), server.person("carla")
    owner, reader = server.session(bernd.id), server.session(carla.id)
    file_id = attached(owner, b"a " * (MB // 2))
    asked = f"text=x&model=echo&class=internal&file={file_id}"
    begun = json.loads(owner.ask("POST", "/c/turns", asked, **FORM).body)
    talk = begun["conversation"]
    owner.form(f"/c/{talk}/turns/{begun['turn']}/stop")
    for _ in range(100):
        made = owner.form(f"/c/{talk}/share", {"kind": "link", "days": "0"})
        if made.status == 303:
            break
        threading.Event().wait(0.05)
    share = made.location.partition("new=")[2]
    copies = [reader.form(f"/s/{share}/copy").status for _ in range(5)]
    assert copies == [303, 303, 303, 400, 400]
    assert weight(server, carla)[1] <= 3 * MB


def test_a_temporary_page_sends_back_no_more_than_pages_hold(server):
    """Without a script, too, what was said before has a limit in number."""
    visitor = server.session(server.call(lambda: server.house.identity.people.by_login("bernd")).id)
    said = [{"role": "user", "text": "a"}] * (SAID_MOST + 1)
    fields = {"history": json.dumps(said), "text": "b", "model": "echo", "class": "internal"}
    assert visitor.form("/temporary", fields).status == 400
    assert visitor.form("/temporary", {**fields, "history": json.dumps(said[:2])}).status == 200


def test_one_persons_heap_of_files_leaves_room_for_others():
    """While one person's files keep the readers busy, another's are read."""

    async def run():
        slow = [asyncio.create_task(child("sleep", "mallory")) for _ in range(8)]
        try:
            return await child("echo", "anna")
        finally:
            for one in slow:
                one.cancel()
            await asyncio.gather(*slow, return_exceptions=True)

    async def child(function, whose):
        return await confined(
            "hausgeist.testing.prisoner", function, b"x", seconds=600, megabytes=512, whose=whose
        )

    assert asyncio.run(asyncio.wait_for(run(), 120)) == b"x"


# -- what administrators may not read ---------------------------------------------------------------


def test_whoever_takes_over_from_an_erased_person_gets_no_drafts(serve):
    """What somebody wrote before sharing it goes with them; what was shared stays."""
    server = serve()
    anna, bernd = server.person("anna", Role.ADMIN), server.person("bernd")
    groups = server.house.identity.groups
    server.call(lambda: groups.create("Bauamt", "", anna.id))
    server.call(lambda: groups.join(bernd.id, "bauamt", anna.id))
    owner, admin = server.session(bernd.id), server.session(anna.id)
    fields = {"kind": "prompt", "name": "Vorlage", "text": "nur für mich gedacht"}
    item = re.search(r"/library/(\w+)", owner.form("/library/new", fields).location)[1]
    fields |= {"text": "für alle im Bauamt", "version": "1"}
    assert owner.form(f"/library/{item}/edit", fields).status == 303
    shared = owner.form(f"/library/{item}/share", {"audience": "groups", "group": "bauamt"})
    assert shared.status == 303
    assert admin.form(f"/admin/users/{bernd.id}/erase", {"confirm": "bernd"}).status == 200
    assert admin.form(f"/library/{item}/take-over").status == 303
    assert "für alle im Bauamt" in admin.get(f"/library/{item}").text
    assert "nur für mich" not in admin.get(f"/library/{item}/history").text
    again = admin.form(f"/library/{item}/restore", {"version": "1", "after": "2"})
    assert again.status == 404


# -- holds ------------------------------------------------------------------------------------------


def test_who_is_held_destroys_neither_drafts_nor_assistants(serve):
    """A legal hold keeps files that were not sent and items that were never shared, too."""
    server = serve()
    bernd = server.person("bernd")
    visitor = server.session(bernd.id)
    file_id = attached(visitor)
    made = visitor.form("/library/new", {"kind": "prompt", "name": "a", "text": "b"})
    item = re.search(r"/library/(\w+)", made.location)[1]
    wish = HoldWish("person", bernd.id, "Verfahren 7")
    server.call(lambda: server.house.lifecycle.holds.place(wish, "test"))
    refused = [
        visitor.form(path) for path in (f"/files/{file_id}/delete", f"/library/{item}/delete")
    ]
    assert [one.status for one in refused] == [409, 409]
    assert "Verfahren 7" in refused[0].text
    assert visitor.get(f"/files/{file_id}").status == 200
    assert visitor.get(f"/library/{item}").status == 200


# -- files from elsewhere ---------------------------------------------------------------------------


def test_an_imported_answer_cannot_break_the_page_that_shows_it():
    """Of its facts, only what pages take for facts comes in."""
    about = {
        "files": "abc", "assistant": "x", "messages": "many", "left_out": "none", "continues": 1,
        "first_token_ms": True, "provider": 5, "price": "2026", "country": "DE", "estimated": True,
    }  # fmt: skip
    question = {"id": "1", "role": "user", "parts": [{"type": "text", "text": "a"}]}
    answer = {"id": "2", "parent_id": "1", "role": "assistant", "about": about}
    answer["parts"] = [{"type": "text", "text": "b"}]
    talk = {"format": "hausgeist.conversation", "version": 1, "conversation": {"title": "t"}}
    _, piece = frames(brought(json.dumps({**talk, "messages": [question, answer]}).encode()))
    (one,) = msgspec.json.decode(zlib.decompress(piece))
    kept = one["lines"][1]["values"]["about"]
    assert kept == {"price": "2026", "country": "DE", "estimated": True}


# -- logins -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spelling", ["anna", "ANNA", " anna ", "an\u00adna", "a\u200bnna", "änna", "a nn a", "ａｎｎａ"]
)
def test_every_spelling_of_a_login_waits_for_the_others(spelling):
    """A directory that takes no notice of a letter's dress gives nobody attempts without end."""
    assert skeleton(spelling) == "anna"


def test_guesses_in_many_spellings_are_throttled(server):
    """The sixth guess has to wait, however the name was written and wherever it came from."""
    throttle = Throttle(server.house.store, server.house.trail)
    spellings = ["otto", "OTTO", "ot\u00adto", "o\u200btto", "ötto", "o tto", "otto\u200d"]

    async def guess():
        for number, name in enumerate(spellings):
            await throttle.charge(name, f"192.0.2.{number}", 1_790_000_000_000)

    with pytest.raises(LoginThrottled):
        server.call(guess)


def _tlv(tag, content):
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    return bytes([tag, 0x84]) + size.to_bytes(4, "big") + content


def _endless(listener, context):
    """A directory that takes every password and never ends an answer."""
    with suppress(OSError, ssl.SSLError):
        while True:
            plain, _ = listener.accept()
            with (
                suppress(OSError, ssl.SSLError),
                context.wrap_socket(plain, server_side=True) as peer,
            ):
                peer.recv(4096)
                done = _tlv(0x0A, b"\x00") + _tlv(4, b"") + _tlv(4, b"")
                peer.sendall(_tlv(0x30, _tlv(2, b"\x01") + _tlv(0x61, done)))
                number = peer.recv(4096)[4:5]
                value = _tlv(0x30, _tlv(4, b"cn") + _tlv(0x31, _tlv(4, b"x" * 60_000)))
                entry = _tlv(4, b"cn=x,dc=example,dc=org") + _tlv(0x30, value)
                while True:
                    peer.sendall(_tlv(0x30, _tlv(2, number) + _tlv(0x64, entry)))


def test_a_directory_that_never_ends_is_given_up(tmp_path, monkeypatch):
    """Entries without end fill no memory and hold no thread: the login says that it is away."""
    monkeypatch.setattr(ldap, "SAID_MOST", MB)
    authority = slapd._certificates(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    threading.Thread(target=_endless, args=(listener, context), daemon=True).start()
    allow = AllowList()
    allow.allow(Destination("127.0.0.1", port, "login:endless", private=True))
    settings = LdapSettings(
        title="Endlos",
        url=f"ldaps://127.0.0.1:{port}",
        certificates=authority,
        bind_dn="cn=a,dc=example,dc=org",
        base="dc=example,dc=org",
    )
    threads = Threads()
    client = Directory(
        "endless", settings, "secret", Outbound(allow), threads=threads, reason="login:endless"
    )
    try:
        with pytest.raises(Upstream):
            asyncio.run(asyncio.wait_for(client.proven("anna", "a password"), 120))
    finally:
        threads.close()
        listener.close()


def test_nobody_links_a_login_to_anothers_account_unseen(serve):
    """An administrator who opens somebody's account by a login of their own is seen on its page."""
    server = serve()
    server.person("anna", Role.ADMIN)
    bernd = server.person("bernd")
    settings = LdapSettings(title="Stadtnetz", url="ldaps://ldap.example", base="dc=example,dc=org")
    logins = server.house.logins
    server.call(lambda: logins.save("stadt", settings, by="test", new=True))
    visitor = server.session(bernd.id)
    assert "Stadtnetz" not in visitor.get("/account").text
    server.call(lambda: logins.link("stadt", "bernd", "cn=anna", by="test"))
    assert "Stadtnetz" in visitor.get("/account").text


def test_one_person_has_one_import_on_its_way(server):
    """Who sends many large files at once gets one read, and the disk is not filled with the others."""
    bernd = server.call(lambda: server.house.identity.people.by_login("bernd"))
    imports = server.house.imports
    body = (
        b'--q\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n[]\r\n--q--\r\n'
    )
    kind = {"Content_Type": "multipart/form-data; boundary=q"}
    with imports.receiving(principal(bernd)):
        refused = server.session(bernd.id).ask("POST", "/import", body, **kind)
    assert refused.status == 409
    assert server.session(bernd.id).ask("POST", "/import", body, **kind).status != 409


def test_files_for_temporary_pages_lie_in_memory_by_the_handful(server):
    """Who sends many of them at once is asked to wait; others are not."""
    people = server.house.identity.people
    bernd = server.call(lambda: people.by_login("bernd"))
    carla = server.call(lambda: people.by_login("carla"))
    reading = server.house.temporary.reading
    sent = ("POST", "/temporary/files", b"words")
    with ExitStack() as busy:
        for _ in range(READ_AT_ONCE):
            busy.enter_context(reading(principal(bernd)))
        assert server.session(bernd.id).ask(*sent).status == 429
        assert server.session(carla.id).ask(*sent).status == 200
    assert server.session(bernd.id).ask(*sent).status == 200
