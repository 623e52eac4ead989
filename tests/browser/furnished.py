# SPDX-License-Identifier: EUPL-1.2
"""A house where one of everything exists, made through its doors, and an address for every page route."""

import json
import time
from pathlib import Path

import booked_month
import gateplace
import idp
import made
import servicemade
import studentplace
import trafficplace
import workplace
from foreign import chatgpt, webui
from sourced import oidc
from sqlalchemy import select
from visitors import Server

from hausgeist.core.answers import Value
from hausgeist.core.jobs import JobState
from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.models import Capability
from hausgeist.core.people import Role
from hausgeist.core.tasks import Mode, TaskKind
from hausgeist.errors import Upstream
from hausgeist.gateway import policy_file
from hausgeist.ledger import Usage
from hausgeist.people import HoldWish
from hausgeist.store import intakes, jobs
from hausgeist.store.intakes import Intake
from hausgeist.store.tables import announcements, files, folders, holds, library_items, shares
from hausgeist.testing.echo import EchoProvider, echo_card

ANSWER = """# Der Bebauungsplan

Ein **Bebauungsplan** legt fest, was gebaut werden darf. Die Frist ist *vier Wochen*, siehe
[das Gesetz](https://www.gesetze-im-internet.de/bbaug/).

| Amt | Frist | Gebühr |
|---|---:|---:|
| Bauamt | 4 Wochen | 120,00 € |
| Umweltamt | 6 Wochen | 80,00 € |

```python
def frist(tage: int) -> str:
    return f"{tage} Tage"  # einfach
```

Die Summe ist $a^2 + b^2 = c^2$, und

$$\\sum_{i=1}^{n} i = \\frac{n(n+1)}{2}$$

1. Antrag stellen
2. Warten
   - auf die Post

> Alles Weitere regelt die Satzung.
"""
LONG = "Zuständigkeiten und Grundstücksverkehrsgenehmigungen im Landkreis nördlich der Elbe"
LEGAL = "Verfahren 12 O 345/26"

ADDRESSES = {
    "/": ("/", "/?assistant={assistant}"),
    "/account": ("/account",),
    "/account/data": ("/account/data",),
    "/account/data/export": ("/account/data/export",),
    "/account/keys/{key_id}/tasks": ("/account/keys/{own_key}/tasks",),
    "/account/password": ("/account/password",),
    "/account/reading": ("/account/reading",),
    "/admin": ("/admin",),
    "/admin/announcements": ("/admin/announcements",),
    "/admin/announcements/{announcement_id}": ("/admin/announcements/{announcement}",),
    "/admin/service": ("/admin/service",),
    "/admin/appearance": ("/admin/appearance", "/admin/appearance?accent=%23ffcc00"),
    "/admin/appearance/theme.css": ("/admin/appearance/theme.css",),
    "/admin/audit": ("/admin/audit",),
    "/admin/budgets": ("/admin/budgets",),
    "/admin/costs": ("/admin/costs", "/admin/costs?by=model"),
    "/admin/costs.csv": ("/admin/costs.csv?by=zone",),
    "/admin/costs/break-even": (
        "/admin/costs/break-even",
        "/admin/costs/break-even?requests=1000000",
    ),
    "/admin/drill": ("/admin/drill", "/admin/drill?without=world"),
    "/admin/drill/{drill_id}": ("/admin/drill/{drill}",),
    "/admin/drill/{drill_id}/report.json": ("/admin/drill/{drill}/report.json",),
    "/admin/drill/{drill_id}/report.md": ("/admin/drill/{drill}/report.md",),
    "/admin/drill/{drill_id}/sheet.csv": ("/admin/drill/{drill}/sheet.csv",),
    "/admin/egress": ("/admin/egress", "/admin/egress?zone=eu&outcome=ok"),
    "/admin/egress/report": ("/admin/egress/report",),
    "/admin/egress/report.json": ("/admin/egress/report.json",),
    "/admin/egress/report.pdf": ("/admin/egress/report.pdf",),
    "/admin/groups": ("/admin/groups",),
    "/admin/groups/{group_id}": ("/admin/groups/{group}", "/admin/groups/{group}?find=anna"),
    "/admin/guards": ("/admin/guards",),
    "/admin/guards/new": ("/admin/guards/new", "/admin/guards/new?like=threat.explicit"),
    "/admin/guards/{rule}": ("/admin/guards/threat.explicit",),
    "/admin/holds": ("/admin/holds",),
    "/admin/keys": ("/admin/keys",),
    "/admin/keys/{key_id}/tasks": ("/admin/keys/{service_key}/tasks",),
    "/admin/logins": ("/admin/logins",),
    "/admin/logins/new": ("/admin/logins/new?kind=oidc", "/admin/logins/new?kind=ldap"),
    "/admin/logins/{source}": ("/admin/logins/idp",),
    "/admin/models": ("/admin/models",),
    "/admin/prices": (
        "/admin/prices",
        "/admin/prices?provider=echo&model=echo",
        "/admin/prices?provider=echo&model=",
        "/admin/prices?own=",
    ),
    "/admin/policy": ("/admin/policy",),
    "/admin/policy/draft": ("/admin/policy/draft",),
    "/admin/policy/versions/{version}": ("/admin/policy/versions/{rules}",),
    "/admin/policy/versions/{version}/file": ("/admin/policy/versions/{rules}/file",),
    "/admin/providers": ("/admin/providers",),
    "/admin/readings": ("/admin/readings",),
    "/admin/retention": ("/admin/retention",),
    "/admin/sharing": ("/admin/sharing",),
    "/admin/trail": ("/admin/trail", "/admin/trail?event=0"),
    "/admin/trail/checkpoint.txt": ("/admin/trail/checkpoint.txt",),
    "/admin/trail/events/{number}/proof": ("/admin/trail/events/0/proof",),
    "/admin/trail/export": ("/admin/trail/export",),
    "/admin/trail/key.txt": ("/admin/trail/key.txt",),
    "/admin/words": ("/admin/words", "/admin/words?q=muster&way=always"),
    "/admin/users": ("/admin/users", "/admin/users?q=niemand"),
    "/admin/users/{user_id}": ("/admin/users/{person}", "/admin/users/{self}"),
    "/ampel": ("/ampel?model=echo&class=internal",),
    "/appeals": ("/appeals", "/appeals?rule=threat.explicit"),
    "/archive": ("/archive",),
    "/bin": ("/bin",),
    "/brand/logo": ("/brand/logo",),
    "/brand/theme.css": ("/brand/theme.css",),
    "/c/{conversation_id}": ("/c/{talk}", "/c/{failed}", "/c/{older}", "/c/{gone}"),
    "/c/{conversation_id}/again": ("/c/{talk}/again?message={answer}",),
    "/c/{conversation_id}/before": ("/c/{talk}/before?message={answer}",),
    "/c/{conversation_id}/delete": ("/c/{talk}/delete",),
    "/c/{conversation_id}/edit": ("/c/{talk}/edit?message={question}",),
    "/c/{conversation_id}/export": ("/c/{talk}/export",),
    "/c/{conversation_id}/export/{format}": ("/c/{talk}/export/md",),
    "/c/{conversation_id}/messages/{message_id}.md": ("/c/{talk}/messages/{answer}.md",),
    "/c/{conversation_id}/options": ("/c/{talk}/options",),
    "/c/{conversation_id}/rename": ("/c/{talk}/rename",),
    "/c/{conversation_id}/share": ("/c/{talk}/share", "/c/{failed}/share"),
    "/c/{conversation_id}/turns/{turn_id}/events": ("/c/{talk}/turns/{answer}/events",),
    "/chat": ("/chat",),
    "/conversations": ("/conversations",),
    "/docs/api": ("/docs/api",),
    "/export/conversations.zip": ("/export/conversations.zip",),
    "/files": ("/files",),
    "/files/{file_id}": ("/files/{file}", "/files/{loose}"),
    "/files/{file_id}/content": ("/files/{file}/content",),
    "/files/{file_id}/text": ("/files/{file}/text",),
    "/folders/{folder_id}": ("/folders/{folder}", "/folders/{bare}"),
    "/import": ("/import",),
    "/jobs": ("/jobs",),
    "/jobs/{job_id}": ("/jobs/{waits}", "/jobs/{broken}"),
    "/jobs/{job_id}/part": ("/jobs/{waits}/part",),
    "/library": ("/library", "/library?kind=prompt", "/library?q=xyzzy"),
    "/library/export": ("/library/export?kind=prompt",),
    "/library/import": ("/library/import",),
    "/library/new": ("/library/new?kind=assistant", "/library/new?kind=prompt"),
    "/library/pick": ("/library/pick",),
    "/tasks": ("/tasks", "/tasks?archived=yes"),
    "/tasks/traffic": ("/tasks/traffic",),
    "/tasks/new": ("/tasks/new", "/tasks/new?task={letters}"),
    "/tasks/new/{upload_id}": ("/tasks/new/{waiting_file}",),
    "/tasks/{task_id}/intake/{intake_id}/report.csv": ("/tasks/{letters}/intake/read1/report.csv",),
    "/tasks/{task_id}": ("/tasks/{letters}",),
    "/tasks/{task_id}/guideline": (
        "/tasks/{letters}/guideline",
        "/tasks/{letters}/guideline?edit=yes",
    ),
    "/tasks/{task_id}/items": ("/tasks/{letters}/items", "/tasks/{letters}/items?q=xyzzy"),
    "/tasks/{task_id}/items/{item_id}": ("/tasks/{letters}/items/{letter}",),
    "/tasks/{task_id}/labels": ("/tasks/{letters}/labels",),
    "/tasks/{task_id}/leave": ("/tasks/{letters}/leave",),
    "/tasks/{task_id}/leave/{job_id}/task.zip": ("/tasks/{letters}/leave/{waits}/task.zip",),
    "/tasks/{task_id}/leave/card.json": ("/tasks/{letters}/leave/card.json",),
    "/tasks/{task_id}/leave/card.md": ("/tasks/{letters}/leave/card.md",),
    "/tasks/{task_id}/settings": ("/tasks/{letters}/settings",),
    "/tasks/{task_id}/gate": ("/tasks/{letters}/gate", "/tasks/{notes}/gate?gap=2&differ=6"),
    "/tasks/{task_id}/gate/{opening_id}": ("/tasks/{letters}/gate/{opening}",),
    "/tasks/{task_id}/gate/{opening_id}/recompute.py": (
        "/tasks/{letters}/gate/{opening}/recompute.py",
    ),
    "/tasks/{task_id}/gate/{opening_id}/verdict.json": (
        "/tasks/{letters}/gate/{opening}/verdict.json",
    ),
    "/tasks/{task_id}/people": ("/tasks/{letters}/people", "/tasks/{notes}/people?comments=2"),
    "/tasks/{task_id}/people/room": ("/tasks/{letters}/people/room", "/tasks/{notes}/people/room"),
    "/tasks/{task_id}/service": ("/tasks/{letters}/service", "/tasks/{served}/service"),
    "/tasks/{task_id}/rules": (
        "/tasks/{letters}/rules",
        "/tasks/{notes}/rules",
        "/tasks/{bills}/rules",
    ),
    "/tasks/{task_id}/students": ("/tasks/{letters}/students", "/tasks/{notes}/students?hour=45"),
    "/tasks/{task_id}/students/suspects": (
        "/tasks/{letters}/students/suspects",
        "/tasks/{notes}/students/suspects",
    ),
    "/tasks/{task_id}/students/{student_id}": ("/tasks/{letters}/students/{pupil}",),
    "/tasks/{task_id}/students/{student_id}/errors": (
        "/tasks/{letters}/students/{pupil}/errors?on=pool",
        "/tasks/{letters}/students/{pupil}/errors",
    ),
    "/tasks/{task_id}/students/live": ("/tasks/{letters}/students/live",),
    "/tasks/{task_id}/suggestions": ("/tasks/{letters}/suggestions",),
    "/tasks/{task_id}/work": (
        "/tasks/{letters}/work",
        "/tasks/{letters}/work?work=gold",
        "/tasks/{letters}/work?order=unsure",
        "/tasks/{notes}/work",
        "/tasks/{bills}/work",
    ),
    "/tasks/{task_id}/work/bulk": ("/tasks/{letters}/work/bulk?label=traffic&least=80",),
    "/tasks/{task_id}/work/history": ("/tasks/{letters}/work/history",),
    "/tasks/{task_id}/work/items/{item_id}": ("/tasks/{letters}/work/items/{letter}",),
    "/tasks/{task_id}/work/progress": ("/tasks/{letters}/work/progress",),
    "/tasks/{task_id}/work/reasons/{item_id}": ("/tasks/{letters}/work/reasons/{letter}",),
    "/library/{item_id}": ("/library/{assistant}", "/library/{prompt}"),
    "/library/{item_id}/edit": ("/library/{assistant}/edit", "/library/{prompt}/edit"),
    "/library/{item_id}/file": ("/library/{prompt}/file",),
    "/library/{item_id}/history": ("/library/{prompt}/history",),
    "/library/{item_id}/prompt": ("/library/{prompt}/prompt",),
    "/library/{item_id}/use": ("/library/{prompt}/use",),
    "/login": ("/login",),
    "/openapi.json": ("/openapi.json",),
    "/receipts": ("/receipts",),
    "/s/{share_id}": ("/s/{share}",),
    "/s/{share_id}/files/{file_id}": ("/s/{share}/files/{file}",),
    "/search": ("/search", "/search?q=bebauung", "/search?q=xyzzy"),
    "/search/live": ("/search/live?q=bebauung",),
    "/setup": ("/setup",),
    "/shares": ("/shares",),
    "/usage": ("/usage",),
    "/side": ("/side",),
    "/sso/{source}/callback": ("/sso/idp/callback?error=access_denied",),
    "/sso/{source}/login": ("/sso/idp/login",),
    "/sso/{source}/logout": ("/sso/idp/logout",),
    "/static/{path:path}": ("/static/css/base.css",),
    "/temporary": ("/temporary",),
}
"""For every page route the addresses to look at: routes of the table by their path."""

RULE = """
[[rule]]
id = "kein-training"
then = "refuse"
class = "internal"
countries = ["US"]
groups = ["bauamt"]
requires = ["no_training"]
retention_days = 30
note = "Nur mit Freigabe der Amtsleitung."
"""

POSTS = {
    "a key, shown once": ("/account", "#new-key", {"key_name": "Wiki"}),
    "a preview of rules": ("/admin/retention", "form[action$=preview]", {"internal": "10"}),
    "a preview of an announcement": (
        "/admin/announcements",
        "form:has([value=preview])",
        {"text": "**Achtung**"},
    ),
    "a prompt with a fault": ("/library/new?kind=prompt", "main form", {"name": ""}),
    "a wrong password": (
        "/account/password",
        "main form",
        {"old_password": "x", "password": "y"},
    ),
    "no receipt": ("/receipts", "main form", {"receipt": "{}"}),
}
"""Pages that answer a form: the page, the form and its fields."""


def _models(server: Server) -> None:
    """Models that answer, think, fail, cost something, speak."""
    put = server.house.gateway.directory.put
    put("leo", EchoProvider(name="leo", answer=ANSWER), [echo_card("leo-8b", provider="leo")])
    put(
        "mia",
        EchoProvider(name="mia", answer="Kurz: **vier Wochen**.", reasoning="Erst lesen."),
        [echo_card("mia-3b", provider="mia", zone=Zone.EU, cleared_for=DataClass.PERSONAL)],
    )
    put(
        "broken",
        EchoProvider(
            name="broken", failing=Upstream(provider="broken", reason="away"), fail_after=2
        ),
        [echo_card("broken", provider="broken")],
    )
    talks = frozenset({Capability.TRANSCRIPTION, Capability.SPEECH})
    put(
        "voice",
        EchoProvider(name="voice"),
        [echo_card("voice", provider="voice", capabilities=talks)],
    )


class Furnished:
    """The house, an administrator's session in it, and the ids of what there is."""

    def __init__(self, home: Path) -> None:
        self.server = Server(home, public_url="")
        _models(self.server)
        self.anna = self.server.person("anna", Role.ADMIN)
        self.bernd = self.server.person("bernd")
        self.guest = self.server.visitor(Accept="text/html")
        self.hand = self.server.session(self.anna.id)
        self.hand.headers["Accept"] = "text/html"
        self.ids = {"person": self.bernd.id, "self": self.anna.id, "gone": "0" * 32}
        self._house()
        self._talks()
        self._order()
        self._library()
        self._leaving()
        self._border()
        self._figures()
        self._jobs()
        self._annotation()
        self.ids["own_key"] = trafficplace.furnish(self.server, self.anna.id, by=self.anna.id)
        self.ids["service_key"] = trafficplace.furnish(self.server, None, by=self.anna.id)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def stop(self) -> None:
        self.server.stop()

    def _post(self, path: str, **fields: object) -> str:
        answer = self.hand.form(path, fields)
        assert answer.status in {200, 303}, (path, answer.status, answer.text)
        return answer.location or ""

    def _upload(self, path: str, field: str, name: str, content: bytes) -> str:
        head = f'--X\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'
        answer = self.hand.ask(
            "POST",
            path,
            head.encode() + content + b"\r\n--X--\r\n",
            Content_Type="multipart/form-data; boundary=X",
        )
        assert answer.status in {200, 303}, (path, answer.text)
        return answer.location or ""

    def _one(self, column, *where) -> str:
        """The newest id of a table."""
        query = select(column).where(*where)
        return self.server.house.store.read_now(lambda c: c.execute(query).scalars().all())[-1]

    def _house(self) -> None:
        """Groups, an announcement, a login source, keys, rules, a hold."""
        call, house = self.server.call, self.server.house
        for title in ("Bauamt", "Amt für Jugend, Familie und Soziales"):
            call(lambda title=title: house.identity.groups.create(title, "4711", "test"))
        call(lambda: house.identity.groups.join(self.bernd.id, "bauamt", "test"))
        call(lambda: house.identity.groups.join(self.anna.id, "bauamt", "test"))
        self.ids["group"] = "bauamt"
        self._post("/admin/announcements", text="**Wartung** am Freitag ab 18 Uhr", kind="warn")
        self.ids["announcement"] = self._one(announcements.c.id)
        at = oidc("http://127.0.0.1:1")
        call(lambda: house.logins.save("idp", at, by="test", secret=idp.SECRET, new=True))
        call(lambda: house.logins.set_enabled("idp", enabled=True, by="test"))
        self.server.key(self.anna.id)
        self.server.key(None)
        rules = {**dict.fromkeys(DataClass), DataClass.INTERNAL: 365}
        call(lambda: house.lifecycle.retention.save(rules, "test"))
        call(lambda: house.lifecycle.holds.place(HoldWish("person", self.bernd.id, LEGAL), "test"))
        assert self._one(holds.c.id)

    def _jobs(self) -> None:
        """Background work: some that waits, some that broke off."""
        house = self.server.house
        submit = house.bench.jobs.submit
        for name in ("waits", "broken"):
            job = self.server.call(lambda: submit("suggest", by=self.anna.id))
            self.ids[name] = job.id
        now = house.now_ms()
        write = house.store.write_now
        write(lambda c: jobs.take(c, self.ids["broken"], "w", now))
        ended = {"state": JobState.FAILED, "result": {}, "error": "model_not_found", "now_ms": now}
        write(lambda c: jobs.end(c, self.ids["broken"], "w", **ended))

    def _annotation(self) -> None:
        """Tasks whose texts wait for answers: a label, passages, fields; one with suggestions."""
        letters = workplace.make(self, self.anna.id, mode=Mode.ASSISTED)
        workplace.suggest(self, letters, Value.of_labels(["traffic"]))
        self.ids["letters"] = letters.id
        table = "Text,Thema\nDie Laterne ist aus.,Licht\nDie Bank ist kaputt.,Bank\n"
        waiting = self._upload("/tasks/new", "file", "post.csv", table.encode())
        self.ids["waiting_file"] = waiting.rpartition("/")[2]
        read = Intake(
            id="read1", task_id=letters.id, actor="", body={"name": "post.csv"}, created_at=1
        )
        self.server.house.store.write_now(lambda c: intakes.add(c, read))
        self.ids["opening"] = gateplace.decided(self.server.house.store, letters)
        made = servicemade.in_service(self.server.house.store, self.anna.id)
        self.ids["served"] = made.task_id
        home, store = self.server.settings.home, self.server.house.store
        self.ids["pupil"] = studentplace.pupil(home, store, letters)
        self.ids["letter"] = f"{letters.id[:12]}{1:08d}"
        notes = workplace.make(
            self,
            self.anna.id,
            "notizen",
            workplace.NOTES,
            kind=TaskKind.SPANS,
            labels=workplace.PLACES,
        )
        self.ids["notes"] = notes.id
        bills = workplace.make(
            self,
            self.anna.id,
            "rechnungen",
            workplace.BILLS,
            kind=TaskKind.RECORD,
            labels=(),
            fields=workplace.FIELDS,
        )
        self.ids["bills"] = bills.id

    def _figures(self) -> None:
        """Two months of use, added up."""
        house = self.server.house
        house.store.write_now(lambda c: booked_month.furnish(c, house.now_ms()))
        adding = Usage(house.store, house.trail, house.now_ms)
        while self.server.call(adding.tend):
            pass

    def _border(self) -> None:
        """Rules that wait for a second person, and a draft of others."""
        call, verbs = self.server.call, self.server.house.policies
        milder = policy_file.written(verbs.in_force).replace('world = "ask"', 'world = "examine"')
        call(lambda: verbs.bring(milder, by=self.bernd.id))
        self.ids["rules"] = call(lambda: verbs.propose(by=self.bernd.id))
        stricter = milder + RULE
        call(lambda: verbs.bring(stricter, by=self.anna.id))
        asked = '{"question": "Wie lange?", "keywords": ["vier"], "reference": "Vier Wochen."}'
        address = self._post("/admin/drill", without="zone:eu", questions=asked, model="mia-3b")
        self.ids["drill"] = address.removeprefix("/admin/drill/").partition("?")[0]
        call(lambda: self.server.house.drills.wait(self.ids["drill"]))

    def _ask(self, path: str = "/c", **fields: object) -> str:
        """Ask, wait for the end; gives the conversation's id."""
        told = {"model": "leo-8b", "class": "internal", **fields}
        answer = self.hand.form(path, told)
        assert answer.status == 303, answer.text
        talk = answer.location.removeprefix("/c/")[:32]
        for _ in range(400):
            if not self.server.house.gateway.running:
                return talk
            time.sleep(0.02)
        raise AssertionError("the answer does not end")

    def _last(self, talk: str, role: str = "assistant") -> str:
        """The newest message that a conversation's page shows."""
        who = "turn--assistant" if role == "assistant" else "turn--user"
        pieces = self.hand.get(f"/c/{talk}").text.split(who)[-1]
        return pieces.partition('id="m-')[2].partition('"')[0]

    def _talks(self) -> None:
        """A conversation with everything in it, one that broke off, and some more."""
        self._upload("/files", "files", "Antrag Müller.pdf", made.pdf([made.SENTENCE] * 3))
        self._upload("/files", "files", "Notiz.txt", b"Die Frist endet am Freitag.")
        names = {"file": "Antrag Müller.pdf", "loose": "Notiz.txt"}
        for key, name in names.items():
            self.ids[key] = self._one(files.c.id, files.c.name == name)
            for _ in range(400):
                if self._one(files.c.state, files.c.id == self.ids[key]) == "ready":
                    break
                time.sleep(0.05)
        talk = self._ask(text="Was ist ein Bebauungsplan?", file=self.ids["file"])
        under = f"/c/{talk}"
        self._ask(f"{under}/again", again=self._last(talk), model="mia-3b")
        last = self._last(talk)
        self.ids |= {"answer": last, "question": self._last(talk, "user")}
        self._ask(under, parent=last, text="Und wie lange gilt er? " * 5, against="mia-3b")
        self.ids |= {"talk": talk}
        self.ids["failed"] = self._ask(text="eins zwei drei vier", model="broken")
        self.ids["older"] = self._ask(text=LONG)
        for words in ("Einladung zum Sommerfest", "Protokoll der Sitzung", "Alt", "Weg"):
            self.ids[words] = self._ask(text=words)

    def _order(self) -> None:
        """A folder, an empty one, something pinned, archived and in the bin."""
        change = "/conversations"
        sommer, protokoll = self.ids["Einladung zum Sommerfest"], self.ids["Protokoll der Sitzung"]
        self._post("/folders", name="Leer")
        self.ids["bare"] = self._one(folders.c.id, folders.c.name == "Leer")
        self._post(change, conversation=sommer, do="move", name="Bürgermeisteramt und Rat")
        self.ids["folder"] = self._one(folders.c.id, folders.c.name != "Leer")
        self._post(change, conversation=protokoll, do="pin")
        self._post(change, conversation=self.ids["Alt"], do="archive")
        self._post(change, conversation=self.ids["Weg"], do="delete")

    def _library(self) -> None:
        """The starter collection, shared, and a prompt with two versions."""
        self._post("/library/collection")
        kind = library_items.c.kind
        self.ids["assistant"] = self._one(library_items.c.id, kind == "assistant")
        path = self._post(
            "/library/new", kind="prompt", name="Einladung", text="Lade zu {{Anlass}} ein."
        )
        prompt = self.ids["prompt"] = path.removeprefix("/library/")[:32]
        changed = {"name": "Einladung", "text": "Lade zu {{Anlass}} ein.\nNenne den Ort."}
        self._post(f"/library/{prompt}/edit", **changed, version=1)
        self._post(f"/library/{prompt}/share", audience="everyone")

    def _leaving(self) -> None:
        """A share, and an import that waits for a word."""
        self._post(f"/c/{self.ids['talk']}/share", kind="group", group="bauamt", days="30")
        self.ids["share"] = self._one(shares.c.id)
        export = json.dumps([webui("Bauplan"), chatgpt("Reise"), {"title": "x", "chat": {}}])
        self._upload("/import", "file", "export.json", export.encode())

    def cookie(self) -> dict[str, str]:
        """The administrator's, for a browser."""
        name = "hausgeist_session"
        return {"name": name, "value": self.hand.cookies[name], "url": self.url}
