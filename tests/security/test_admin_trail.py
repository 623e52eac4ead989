# SPDX-License-Identifier: EUPL-1.2
"""Every change an administrator makes is in the trail, with what was before and what is after."""

import json
import threading

import msgspec
import pytest
from servicemade import in_service
from sqlalchemy import select, update

from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.people import Role
from hausgeist.core.policy import DEFAULT_POLICY
from hausgeist.gateway import policy_file
from hausgeist.gateway.drill import Body, Drill
from hausgeist.gateway.drill_questions import Answer, Asked, Question
from hausgeist.store.tables import audit_changes, audit_payloads, drills
from hausgeist.testing.echo import EchoProvider, echo_card
from hausgeist.testing.gguf import tiny_model
from hausgeist.web.routes import Who

CHANGES_NOTHING = {
    "/admin/retention/preview",  # counts what would be deleted
    "/admin/providers/{provider}/test",  # asks, and is told as provider.tested
    "/admin/logins/{source}/test",  # asks, and is told as login_source.tested
    "/admin/guards/try",  # looks at a text that is kept nowhere
    "/admin/egress/canary",  # tries, and is told as egress.canary_…
    "/admin/models/fetches/{fetch_id}/stop",  # nothing had come yet
    "/library/collection",  # adds to the library, whose versions are its own record
}
SOURCE = {
    "kind": "oidc",
    "id": "adfs",
    "title": "ADFS",
    "issuer": "https://login.example.org",
    "client_id": "hausgeist",
    "secret": "geheim",
    "scopes": "openid profile",
    "login_claim": "preferred_username",
    "name_claim": "name",
    "data_class": "internal",
    "token_auth": "client_secret_basic",
}
PNG_HEAD = b"\x89PNG\r\n\x1a\n"


def _png() -> bytes:
    """A PNG's skeleton: a head of 32 by 32 and an end."""
    head = (32).to_bytes(4) * 2 + b"\x08\x00\x00\x00\x00"
    return (
        PNG_HEAD
        + (13).to_bytes(4)
        + b"IHDR"
        + head
        + b"\x00" * 4
        + (0).to_bytes(4)
        + b"IEND"
        + b"\x00" * 4
    )


def _upload(visitor, path: str, data: bytes, *, field: str = "logo"):
    """A form with a file, as a browser sends it."""
    edge = "edge0123456789"
    body = (
        (
            f'--{edge}\r\nContent-Disposition: form-data; name="{field}"; filename="l.png"\r\n'
            "Content-Type: image/png\r\n\r\n"
        ).encode()
        + data
        + f"\r\n--{edge}--\r\n".encode()
    )
    kind = f"multipart/form-data; boundary={edge}"
    origin = f"http://127.0.0.1:{visitor.port}"
    return visitor.ask("POST", path, body, Content_Type=kind, Origin=origin)


class Walk:
    """An administrator at work: every change is followed by a look into the trail."""

    def __init__(self, server) -> None:
        self.server = server
        self.anna = server.person("anna", Role.ADMIN)
        self.bernd = server.person("bernd")
        self.visitor = server.session(self.anna.id)
        self.walked: set[str] = set()

    def newest(self) -> dict[str, object]:
        """The newest event that is no use of the house."""
        self.server.call(self.server.house.store.drain)
        row = self.server.house.store.read_now(
            lambda c: c.execute(
                select(audit_payloads.c.seq, audit_payloads.c.body)
                .where(~audit_payloads.c.kind.startswith("call."))
                .order_by(audit_payloads.c.seq.desc())
                .limit(1)
            ).first()
        )
        return {"seq": row.seq, **json.loads(row.body)}

    def step(self, route: str, kind: str, fields: dict | None = None, **path: str):
        """Post a form; the newest event is of this kind, by anna, and has before or after."""
        before = self.newest()["seq"]
        address = route.format(**path)
        if route.endswith("/logo"):
            answer = _upload(self.visitor, address, _png())
        elif route == "/admin/policy/draft/file":
            rules = policy_file.written(DEFAULT_POLICY)
            answer = _upload(self.visitor, address, rules.encode(), field="file")
        elif route.endswith("/sheet"):
            answer = _upload(self.visitor, address, b"n,q,r,A,B,c\n1,Wer?,,,,B\n", field="sheet")
        else:
            answer = self.visitor.form(address, fields or {})
        assert answer.status in {200, 303}, (route, answer.status, answer.text[-1500:])
        self.walked.add(route)
        event = self._wait(before)
        assert event["kind"] == kind, (route, event)
        assert event["actor"] == self.server.house.trail.pseudonym(self.anna.id), route
        self.told(route, event)
        return answer

    def told(self, route: str, event: dict) -> None:
        """It says what was, what is, or which of a person's own words changed."""
        facts = event["facts"]
        sides = {name.partition(".")[0] for name in facts}
        told = sides & {"before", "after"} or event["kind"] in {
            "user.sessions_ended",
            "user.erased",
        }
        assert told, (route, event)
        if not event["kind"].startswith("session."):
            seqs = self.server.house.store.read_now(
                lambda c: c.execute(select(audit_changes.c.seq)).scalars().all()
            )
            assert event["seq"] in seqs, (route, event)

    def _wait(self, before: int) -> dict[str, object]:
        """A fetch goes on after its answer; that it was asked for stands before what it changed."""
        for _ in range(200):
            event = self.newest()
            if event["seq"] > before and event["kind"] != "model.pull":
                return event
            threading.Event().wait(0.05)
        pytest.fail("no event came")


@pytest.fixture
def walk(serve):
    """A house with an administrator and a member."""
    return Walk(serve())


def _people_and_groups(walk: Walk) -> None:
    user = {"user_id": walk.bernd.id}
    one = "/admin/users/{user_id}"
    walk.step("/admin/users", "user.created", {"login": "carla", "group": "everyone"})
    walk.step("/admin/groups", "group.created", {"title": "Bauamt", "cost_centre": "1"})
    group = {"group_id": "bauamt"}
    at = "/admin/groups/{group_id}"
    walk.step(at, "group.changed", {"title": "Bau", "cost_centre": "2"}, **group)
    wish = {"which": "some", "models": ["echo"], "default_model": "echo"}
    walk.step(f"{at}/models", "group.changed", wish, **group)
    walk.step(f"{at}/members", "user.groups", {"user": walk.bernd.id}, **group)
    walk.step(f"{at}/members/remove", "user.groups", {"user": walk.bernd.id}, **group)
    walk.step(f"{one}/groups", "user.groups", {"groups": ["bauamt"]}, **user)
    walk.step(f"{one}/groups", "user.groups", {}, **user)
    walk.step(f"{at}/delete", "group.deleted", **group)
    walk.step(one, "user.changed", {"role": "admin", "group": "everyone", "name": "Bernd"}, **user)
    walk.step(f"{one}/password", "user.password", **user)
    walk.server.session(walk.bernd.id)
    walk.step(f"{one}/sessions/end", "user.sessions_ended", **user)
    walk.step(f"{one}/deactivate", "user.deactivated", **user)
    walk.step(f"{one}/activate", "user.activated", **user)


def _models_and_providers(walk: Walk, file) -> None:
    walk.step("/admin/models", "model.added", {"source": f"file:{file}"})
    walk.step("/admin/models/default", "house.default_model", {"model": "echo"})
    note = {"model": "echo", "title": "Echo", "offered": "yes"}
    walk.step("/admin/models/note", "model.changed", note)
    walk.step("/admin/models/remove", "model.removed", {"model": "tiny"})
    at = {"provider": "mistral"}
    entry = {"entry": "mistral", "cleared_for": "public"}
    walk.step("/admin/providers", "provider.saved", entry)
    walk.step("/admin/providers/{provider}/key", "provider.key_set", {"key": "k" * 20}, **at)
    rule = {"cleared_for": "internal"}
    walk.step("/admin/providers/{provider}/clearance", "provider.saved", rule, **at)
    terms = {"contract_since": "2026-01-01", "trains": "no"}
    walk.step("/admin/providers/{provider}/terms", "provider.saved", terms, **at)
    walk.step("/admin/providers/{provider}/enable", "provider.enabled", **at)
    walk.step("/admin/providers/{provider}/disable", "provider.disabled", **at)
    walk.step("/admin/providers/{provider}/delete", "provider.deleted", **at)


def _costs(walk: Walk) -> None:
    limit = {"scope": "group:everyone", "eur": "50", "tokens": "", "warn": "80"}
    walk.step("/admin/budgets", "budget.set", limit)
    walk.step("/admin/budgets/remove", "budget.removed", {"scope": "group:everyone"})
    day = {"valid_from": "2026-11-01"}
    entry = {"provider": "echo", "model": "echo", "currency": "EUR", **day}
    walk.step("/admin/prices", "price.set", {**entry, "input": "0,15", "output": "0,6"})
    walk.step("/admin/prices/remove", "price.removed", entry)
    figures = {"capex": "16000", "idle_watt": "150", "load_watt": "800", "admin_hours": "8"}
    walk.step("/admin/prices/own", "own_costs.set", {**figures, **day, "own": ""})
    walk.step("/admin/prices/own/remove", "own_costs.removed", {**day, "own": ""})
    factor = {"grams": "350", "as_of": "2025", "source": "UBA"}
    walk.step("/admin/costs/grid", "grid_factor.set", factor)


def _words(walk: Walk) -> None:
    walk.step("/admin/words", "own_words.added", {"value": "Quux", "kind": "person"})
    (row,), _ = walk.server.call(walk.server.house.own_words.list)
    walk.step("/admin/words/delete", "own_words.removed", {"id": row.id})


def _guards(walk: Walk) -> None:
    rule = {
        "id": "own.adler",
        "title": "Projekt Adler",
        "reason": "Das bleibt im Bauamt.",
        "pattern": "(?i)adler",
        "places": "input",
        "action": "flag",
        "hits": "Projekt Adler",
        "passes": "Projekt Amsel",
    }
    at, one = {"rule": rule["id"]}, "/admin/guards/{rule}"
    walk.step("/admin/guards", "guard.created", rule)
    walk.step(one, "guard.changed", {**rule, "action": "refuse"}, **at)
    walk.step(f"{one}/switch", "guard.switched", **at)
    walk.step(f"{one}/delete", "guard.deleted", **at)
    appeals = walk.server.house.appeals
    walk.server.call(lambda: appeals.make(walk.bernd.id, rule["id"], "Das war ein Vogel."))
    (found,) = walk.server.call(appeals.waiting)
    said = {"outcome": "changed", "answer": "Die Regel ist fort."}
    path = {"appeal_id": found.id}
    walk.step("/admin/guards/appeals/{appeal_id}", "appeal.answered", said, **path)


def _border(walk: Walk) -> None:
    draft = "/admin/policy/draft"
    verbs = walk.server.house.policies
    walk.step(f"{draft}/begin", "policy.draft_saved")
    cells = {f"cell.{one.word}.house": "allow" for one in DataClass}
    cells |= {f"cell.{one.word}.{zone}": "refuse" for one in DataClass for zone in ("eu", "world")}
    walk.step(draft, "policy.draft_saved", cells)
    seen = walk.server.call(verbs.draft).mark
    walk.step(f"{draft}/tighten", "policy.activated", {"seen": seen})
    walk.step(f"{draft}/file", "policy.draft_saved")
    walk.step(f"{draft}/discard", "policy.draft_dropped")
    walk.step(f"{draft}/begin", "policy.draft_saved", {"source": "default-3"})
    seen = walk.server.call(verbs.draft).mark
    walk.step(f"{draft}/propose", "policy.proposed", {"seen": seen})


def _drill(walk: Walk) -> None:
    provider = EchoProvider(name="abroad", delay=30)
    card = echo_card("abroad", provider="abroad", zone=Zone.EU, cleared_for=DataClass.INTERNAL)
    walk.server.house.gateway.directory.put("abroad", provider, [card])
    asked = {"without": "zone:eu", "questions": '{"question": "Wer?", "class": "public"}'}
    walk.step("/admin/drill", "drill.started", asked)
    (drill,) = walk.server.call(walk.server.house.drills.newest)
    at, one = {"drill_id": drill.id}, "/admin/drill/{drill_id}"
    walk.step(f"{one}/stop", "drill.stopped", **at)
    _answered(walk, drill)
    walk.step(f"{one}/sheet", "drill.judged", **at)
    walk.step(f"{one}/delete", "drill.deleted", **at)
    walk.server.house.gateway.directory.drop("abroad")


def _answered(walk: Walk, drill: Drill) -> None:
    """As if the question had been answered."""
    said = Answer(model="abroad", text="Er.")
    pair = Asked(
        wanted="abroad", question=Question(question="Wer?"), today=said, then=said, swapped=False
    )
    body = msgspec.json.decode(msgspec.json.encode(drill.body), type=Body)
    body = msgspec.structs.replace(body, state="stopped", asked=(pair,))
    values = {"body": msgspec.json.encode(body).decode()}
    walk.server.house.store.write_now(lambda c: c.execute(update(drills).values(**values)))


def _logins(walk: Walk) -> None:
    at, one = {"source": "adfs"}, "/admin/logins/{source}"
    walk.step("/admin/logins", "login_source.saved", SOURCE)
    walk.step(one, "login_source.saved", {**SOURCE, "title": "Anmeldung"}, **at)
    walk.step(f"{one}/enable", "login_source.enabled", **at)
    walk.step(f"{one}/link", "login.linked", {"login": "bernd", "subject": "s-1"}, **at)
    user = {"user_id": walk.bernd.id}
    walk.step(f"{one}/unlink/{{user_id}}", "login.unlinked", **at, **user)
    walk.step(f"{one}/disable", "login_source.disabled", **at)
    walk.step(f"{one}/delete", "login_source.deleted", **at)
    walk.step("/admin/logins/local", "login.local", {"local": "admins"})


def _service(walk: Walk) -> None:
    made = in_service(walk.server.house.store, walk.bernd.id)
    walk.step("/admin/service", "service.released", {"deployment": made.id, "released": "yes"})


def _house(walk: Walk) -> None:
    walk.step("/admin/announcements", "announcement.created", {"text": "Alt"})
    row = walk.server.call(walk.server.house.identity.announcements.all)[0]
    at, one = {"announcement_id": row.id}, "/admin/announcements/{announcement_id}"
    walk.step(one, "announcement.changed", {"text": "Neu"}, **at)
    walk.step(f"{one}/delete", "announcement.deleted", **at)
    walk.step("/admin/appearance", "branding.changed", {"organisation": "Stadt"})
    walk.step("/admin/appearance/colour", "branding.changed", {"accent": "#aa0033"})
    walk.step("/admin/appearance/logo", "branding.changed")
    walk.step("/admin/appearance/logo/remove", "branding.changed")
    wish = {"key_name": "k", "service": "wiki", "max_class": "internal", "days": "30"}
    walk.step("/admin/keys", "key.created", wish)
    (key,) = walk.server.call(lambda: walk.server.house.identity.keys.of(None))
    walk.step("/admin/keys/{key_id}/tasks", "key.agreed", {"yes": "yes"}, key_id=key.id)
    walk.step("/admin/keys/{key_id}/revoke", "key.revoked", key_id=key.id)
    walk.step("/admin/sharing", "sharing.changed", {})
    rules = {"special": "30"}
    seen = "public=None,internal=None,personal=None,special=30"
    walk.step("/admin/retention", "retention.changed", {**rules, "seen": seen})
    hold = {"scope": "person", "login": "bernd", "reason": "Aktenzeichen 4711"}
    walk.step("/admin/holds", "hold.placed", hold)
    (found,) = walk.server.call(walk.server.house.lifecycle.holds.all)
    walk.step("/admin/holds/{hold_id}/end", "hold.ended", hold_id=found[0].id)


def test_every_change_is_told_with_before_and_after(walk, tmp_path):
    """All forms of the administration, one after the other; no route is left out."""
    file = tmp_path / "tiny.gguf"
    file.write_bytes(tiny_model())
    _people_and_groups(walk)
    _models_and_providers(walk, file)
    _costs(walk)
    _drill(walk)  # before the rules: it asks abroad
    _border(walk)
    _words(walk)
    _guards(walk)
    _logins(walk)
    _service(walk)
    _house(walk)
    walk.step(
        "/admin/users/{user_id}/erase",
        "user.erased",
        {"confirm": "bernd"},
        user_id=walk.bernd.id,
    )
    forms = {
        route.path
        for route in walk.server.edge.table.routes
        if route.who is Who.ADMIN and route.method != "GET"
    }
    assert walk.walked == forms - CHANGES_NOTHING


def test_the_page_of_changes_shows_them_and_no_use(walk):
    """What was changed is listed with who, before and after; the member's own doings are not."""
    _people_and_groups(walk)
    bernd = walk.server.session(walk.bernd.id)
    bernd.form("/account/profile", {"name": "Bernhard", "language": "de"})
    shown = walk.visitor.get("/admin/audit").text
    for word in ("bauamt", "Bau</dd>", "Anna", "user.groups", "group.deleted", "Alle im Haus"):
        assert word in shown, word
    for word in ("session.", "login.failed", "call.", "Bernhard", 'title="user.changed"></th>'):
        assert word not in shown, word
    groups = walk.visitor.get("/admin/audit?area=group").text
    assert "group.deleted" in groups
    assert "user.created" not in groups
