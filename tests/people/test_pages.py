# SPDX-License-Identifier: EUPL-1.2
"""The pages: people see, take and delete what is theirs; administrators set rules and read nothing."""

import html
import io
import re
from zipfile import ZipFile

import pytest
from everything import NOW, WORDS, add_everything
from sqlalchemy import select, update
from visitors import PASSWORD

from hausgeist.core.labels import DataClass
from hausgeist.core.people import Role
from hausgeist.people import HoldWish
from hausgeist.store.tables import audit_payloads, conversations, sessions, users

DAYS = {"public": "", "internal": "30", "personal": "", "special": ""}


@pytest.fixture
def house(serve):
    """Anna administers, bernd has one of everything."""
    server = serve()
    server.person("anna", Role.ADMIN)
    bernd = server.person("bernd")
    now = server.house.now_ms()
    server.house.store.write_now(lambda c: add_everything(c, bernd.id, at=now))
    return server


def test_a_person_takes_everything_along(house):
    """One ZIP with the conversations and the file, and the trail knows that it was given out."""
    answer = house.login("bernd").get("/account/data/export")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].startswith("attachment")
    found = ZipFile(io.BytesIO(answer.body))
    assert WORDS.encode() in found.read("conversations.json")
    assert any(name.startswith("files/") for name in found.namelist())
    kinds = house.house.store.read_now(
        lambda c: c.execute(select(audit_payloads.c.kind)).scalars().all()
    )
    assert "user.exported" in kinds


def test_a_person_deletes_everything_and_gets_a_receipt(house):
    """With name and password; the session is over at once, the receipt verifies, the login is gone."""
    visitor, other = house.login("bernd"), house.login("bernd")
    for fields in (
        {},
        {"confirm": "bernd"},
        {"confirm": "bernd", "password": "wrong"},
        {"confirm": "anna", "password": PASSWORD},
    ):
        assert visitor.form("/account/data/erase", fields).status == 400
    answer = visitor.form("/account/data/erase", {"confirm": "Bernd", "password": PASSWORD})
    assert answer.status == 200
    text = html.unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", answer.text, re.DOTALL)[1])
    for one in (visitor, other):
        assert one.get("/account").status == 303
    assert house.visitor().form("/login", {"name": "bernd", "password": PASSWORD}).status == 401
    anybody = house.visitor()
    assert "bernd" in anybody.form("/receipts", {"receipt": text}).text
    file = anybody.form("/receipts/file", {"receipt": text})
    assert file.headers["content-disposition"].startswith("attachment")
    assert file.text.strip() == text.strip()
    changed = text.replace('"conversations": 1', '"conversations": 0')
    assert changed != text
    assert anybody.form("/receipts", {"receipt": changed}).status == 422
    assert anybody.form("/receipts/file", {"receipt": changed}).status == 422


def test_without_a_password_the_login_must_be_fresh(house):
    """Whoever logs in elsewhere confirms by a login within ten minutes."""
    bernd = house.call(lambda: house.house.identity.people.by_login("bernd"))
    write = house.house.store.write_now
    write(
        lambda c: c.execute(update(users).where(users.c.id == bernd.id).values(password_hash=None))
    )
    old = house.session(bernd.id)
    write(lambda c: c.execute(update(sessions).values(created_at=NOW - 10**9)))
    assert 'action="/account/data/erase"' not in old.get("/account/data").text
    assert old.form("/account/data/erase", {"confirm": "bernd"}).status == 403
    assert house.session(bernd.id).form("/account/data/erase", {"confirm": "bernd"}).status == 200


def test_rules_come_into_force_only_after_their_preview(house):
    """What is put into force is what was shown; a change in between shows the preview again."""
    write, now = house.house.store.write_now, house.house.now_ms()
    write(lambda c: c.execute(update(conversations).values(updated_at=now - 31 * 86_400_000)))
    visitor = house.login("anna")
    shown = visitor.form("/admin/retention/preview", DAYS)
    assert "Put into force" in shown.text or "In Kraft setzen" in shown.text
    seen = re.search(r'name="seen" value="([^"]*)"', shown.text)[1]
    rules = house.house.lifecycle.retention.rules
    assert visitor.form("/admin/retention", DAYS).status == 200
    assert visitor.form("/admin/retention", {**DAYS, "seen": seen, "public": "1"}).status == 200
    assert house.call(rules)[DataClass.INTERNAL] is None
    assert visitor.form("/admin/retention", {**DAYS, "seen": seen}).status == 303
    assert house.call(rules)[DataClass.INTERNAL] == 30
    assert visitor.form("/admin/retention/preview", {**DAYS, "public": "0"}).status == 400
    assert visitor.form("/admin/retention/preview", {**DAYS, "public": "x"}).status == 400


def test_the_preview_names_nobody(house):
    """Counts by class; of few people not even how many."""
    write, now = house.house.store.write_now, house.house.now_ms()
    write(lambda c: c.execute(update(conversations).values(updated_at=now - 31 * 86_400_000)))
    text = house.login("anna").form("/admin/retention/preview", DAYS).text
    assert "bernd" not in text.casefold()
    assert WORDS not in text


def test_a_hold_is_seen_by_whom_it_concerns_and_refuses_the_erasure(house):
    """With its reason, on the page of one's data; the deletion is not offered and not done."""
    visitor = house.login("anna")
    fields = {"scope": "person", "login": "bernd", "reason": "Verfahren 4711"}
    assert visitor.form("/admin/holds", {**fields, "login": "nobody"}).status == 400
    assert visitor.form("/admin/holds", {**fields, "reason": ""}).status == 400
    assert visitor.form("/admin/holds", {**fields, "until": "2001-01-01"}).status == 400
    assert visitor.form("/admin/holds", fields).status == 303
    bernd = house.login("bernd")
    page = bernd.get("/account/data").text
    assert "Verfahren 4711" in page
    assert 'action="/account/data/erase"' not in page
    answer = bernd.form("/account/data/erase", {"confirm": "bernd", "password": PASSWORD})
    assert answer.status == 409
    assert "Verfahren 4711" in answer.text
    hold = re.search(r"/admin/holds/(\w+)/end", visitor.get("/admin/holds").text)[1]
    assert visitor.form(f"/admin/holds/{hold}/end").status == 303
    assert "Verfahren 4711" not in bernd.get("/account/data").text


def test_people_see_what_will_go(house):
    """The title and the day, on the page of one's data, and how long each class is kept."""
    retention = house.house.lifecycle.retention
    house.call(lambda: retention.save({**dict.fromkeys(DataClass), DataClass.INTERNAL: 20}, "x"))
    page = house.login("bernd").get("/account/data").text
    assert WORDS in page
    assert "20 " in page
    everybody = HoldWish("everyone", "", "Sperre")
    house.call(lambda: house.house.lifecycle.holds.place(everybody, "x"))
    assert WORDS not in house.login("bernd").get("/account/data").text


def test_a_conversation_says_until_when_it_is_kept(house):
    """On its own page, where that is soon; held, or kept for ever, it says nothing."""
    bernd = house.login("bernd")
    talk = house.house.store.read_now(lambda c: c.execute(select(conversations.c.id)).scalar())
    retention = house.house.lifecycle.retention
    mark = '<a href="/account/data">'
    assert mark not in bernd.get(f"/c/{talk}").text
    for days, said in ((90, False), (20, True)):
        rules = {**dict.fromkeys(DataClass), DataClass.INTERNAL: days}
        house.call(lambda rules=rules: retention.save(rules, "x"))
        assert (mark in bernd.get(f"/c/{talk}").text) is said
    held = HoldWish("everyone", "", "Sperre")
    house.call(lambda: house.house.lifecycle.holds.place(held, "x"))
    assert mark not in bernd.get(f"/c/{talk}").text
