# SPDX-License-Identifier: EUPL-1.2
"""Take the pictures of the documentation: ``.venv/bin/python scripts/pictures.py [name …]``.

A house on loopback, with people, models and answers that were written for it, flows in; PNG files in
``docs/images`` flow out. Needs what the tests need (`make test` sets it up), and Chromium.
"""

import random
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "security")]

from PIL import Image  # noqa: E402  after the path of the tests' visitors
from playwright.sync_api import Page, sync_playwright  # noqa: E402  as above
from sqlalchemy import Connection, delete, insert, update  # noqa: E402  as above
from visitors import Server, Visitor  # noqa: E402  as above

from hausgeist.core.labels import DataClass, Purpose, Zone  # noqa: E402  as above
from hausgeist.core.people import Role  # noqa: E402  as above
from hausgeist.gateway import policy_file  # noqa: E402  as above
from hausgeist.ledger import Usage  # noqa: E402  as above
from hausgeist.store.tables import (  # noqa: E402  as above
    connections,
    departures,
    ledger,
    usage_closed,
    usage_days,
    users,
)
from hausgeist.testing.echo import EchoProvider, echo_card  # noqa: E402  as above

IMAGES = ROOT / "docs" / "images"
MOST = 120 * 1024
"""Bytes of a picture."""
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
COLOURS = 128
"""A page has few; this many keep its text sharp, in a third of the bytes."""

CARD = """Gern. Für einen **Personalausweis** brauchen Sie einen Termin und diese Unterlagen:

1. den alten Ausweis oder Reisepass, auch wenn er abgelaufen ist
2. ein biometrisches Lichtbild in digitaler Form
3. bei der ersten Ausstellung zusätzlich die Geburtsurkunde

| Alter | Gültigkeit | Abholung |
|---|---|---|
| unter 24 Jahren | 6 Jahre | persönlich oder mit Vollmacht |
| ab 24 Jahren | 10 Jahre | persönlich oder mit Vollmacht |

> Bitte prüfen Sie Fristen und Gebühren, bevor Sie den Text veröffentlichen.
"""
LONG = """Sehr geehrte Damen und Herren,

vielen Dank für Ihre Anfrage zur **Hallenbelegung**. Die Sporthalle wird ab Oktober saniert;
bis dahin bleibt es bei Ihren Zeiten:

- Dienstag, 17 bis 19 Uhr
- Freitag, 18 bis 20 Uhr

Für den Winter schlagen wir die Halle der Grundschule vor.
"""
SHORT = """Liebe Mitglieder des Sportvereins,

die Sporthalle wird **ab Oktober saniert**. Bis dahin ändert sich nichts.

Im Winter können Sie in die Halle der Grundschule. Rufen Sie uns gern an.
"""
PLAN = (
    "Die Sanierung der Sporthalle kostet **1,2 Millionen Euro** und beginnt im Oktober (Seite 1).\n"
)
NOTE = "Vermerk vom 3. Mai\n\nDie Sporthalle wird ab Oktober saniert. Kosten: 1,2 Mio. Euro.\n"
QUESTION = """Sehr geehrte Frau Brandhuber,

Herr Thomas Grundmann (thomas.grundmann@example.org) hat uns die IBAN DE89 3704 0044 0532 0130 00
genannt. Bitte bestätigen Sie bis zum 3. Mai.

Mit freundlichen Grüßen
Ilse Wackernagel"""
RULE = """
[[rule]]
id = "kein-training"
then = "ask"
class = "internal"
countries = ["US"]
requires = ["no_training"]
retention_days = 30
note = "Nur mit Freigabe der Amtsleitung."
"""
OFFICES = ("Bürgerbüro", "Bauamt", "Kämmerei", "Stadtbücherei")
DAY = 86_400_000
"""Milliseconds."""
PLACES = (
    ("klein", "api.klartext.example", "eu", "pseudonymise", "personal", '{"person":2,"iban":1}'),
    ("klein", "api.klartext.example", "eu", "allow", "internal", "{}"),
    ("fern", "api.fern.example", "world", "ask", "internal", "{}"),
)
"""What left, for the pages that say so: model, host, zone, verdict, class, what was hidden."""
ASSISTANTS = (
    ("Einfache Sprache", "Schreibt amtliche Texte so um, dass alle sie verstehen.", "E", "teal"),
    ("Antwort auf einen Brief", "Entwirft eine freundliche, vorsichtige Antwort.", "A", "blue"),
    ("Ratsvorlage", "Bringt eine Vorlage in die Form, die der Rat erwartet.", "R", "violet"),
    ("Protokoll", "Macht aus Stichworten ein Protokoll mit Aufgaben.", "P", "amber"),
)


class Town:
    """A town hall's house with something in it, and browsers that look at it."""

    def __init__(self, home: Path) -> None:
        self.server = Server(home, public_url="")
        self.server.house.gateway.directory.drop("echo")
        self.writes("rathaus", "Rathaus 24B", CARD)
        self.writes("klein", "Klartext 8B", SHORT)
        self.writes("fern", "Fernsicht 70B", SHORT)
        self.anna = self.server.person("anna", Role.ADMIN)
        self.people = self.server.house.identity.people
        self.server.call(lambda: self.people.set_profile(self.anna.id, name="Anna Amsel"))
        self.hand: Visitor = self.server.session(self.anna.id)
        self.form("/admin/appearance", organisation="Stadt Lindenau")

    def writes(self, name: str, title: str, answer: str) -> None:
        """A model in the house that gives this answer."""
        zone = {"klein": Zone.EU, "fern": Zone.WORLD}.get(name, Zone.HOUSE)
        cleared = DataClass.INTERNAL if zone is Zone.WORLD else DataClass.PERSONAL
        card = echo_card(name, provider=name, zone=zone, cleared_for=cleared)
        card = replace(card, title=title, context=32_768)
        provider = EchoProvider(name=name, answer=answer, delay=0.004)
        self.server.house.gateway.directory.put(name, provider, [card])

    def form(self, path: str, **fields: object) -> str:
        """Send a form; gives the address it leads to."""
        answer = self.hand.form(path, fields)
        if answer.status not in {200, 303}:
            raise SystemExit(f"{path}: {answer.status}")
        return answer.location or ""

    def ask(self, text: str, title: str = "", path: str = "/c", **fields: object) -> str:
        """Ask the larger model, wait for the end, give it a title; gives the conversation's id."""
        told = {"model": "rathaus", "class": "internal", "text": text, **fields}
        talk = self.form(path, **told).removeprefix("/c/")[:32]
        while self.server.house.gateway.running:
            time.sleep(0.05)
        if title:
            self.form(f"/c/{talk}/rename", title=title)
        return talk

    def furnish(self) -> dict[str, str]:
        """Conversations, a folder, assistants, groups; gives addresses by name."""
        self.writes("rathaus", "Rathaus 24B", PLAN)
        plan = self.ask("Was kostet die Sanierung der Sporthalle?", "Sanierung der Sporthalle")
        self.writes("rathaus", "Rathaus 24B", CARD)
        for text in ("Einladung zum Sommerfest", "Hausordnung in fünf Punkten"):
            last = self.ask(text, text)
        self.form("/conversations", conversation=last, do="pin")
        self.form("/conversations", conversation=plan, do="move", name="Bauvorhaben")
        self.writes("rathaus", "Rathaus 24B", LONG)
        reply = "Antworte dem Sportverein: Was wird aus unseren Zeiten in der Sporthalle?"
        contest = self.ask(reply, "Antwort an den Sportverein", against="klein")
        self.writes("rathaus", "Rathaus 24B", CARD)
        asked = "Unterlagen für den Personalausweis, bitte mit Tabelle"
        talk = self.ask(asked, "Personalausweis: Unterlagen")
        for name, description, sign, colour in ASSISTANTS:
            told = {"name": name, "description": description, "sign": sign, "colour": colour}
            item = self.form("/library/new", kind="assistant", instructions="Freundlich.", **told)
            self.form(f"{item.partition('?')[0]}/share", audience="everyone")
        self.border()
        task = self.form("/tasks/example")
        return {
            "talk": f"/c/{talk}",
            "contest": f"/c/{contest}",
            "task": task,
            "work": f"{task}/work",
        }

    def border(self) -> None:
        """Offices with people, rules that wait for a second person, and three weeks of work."""
        call, house = self.server.call, self.server.house
        for title in OFFICES:
            self.form("/admin/groups", title=title, cost_centre="4711")
        offices = [one.id for one in call(house.identity.groups.all) if one.id != "everyone"]
        people = [self.server.person(f"person{place}").id for place in range(6 * len(offices))]
        call(lambda: self.people.set_profile(people[0], name="Bernd Brandt"))
        for place, person in enumerate(people):
            self.server.session(person)
            told = {"group_id": offices[place % len(offices)], "group_since": 1, "created_at": 1}
            moved = update(users).where(users.c.id == person).values(**told)
            house.store.write_now(lambda connection, moved=moved: connection.execute(moved))
        body = policy_file.written(house.policies.in_force) + RULE
        call(lambda: house.policies.bring(body, by=people[0]))
        call(lambda: house.policies.propose(by=people[0]))
        house.store.write_now(lambda connection: self.work(connection, offices))
        usage = Usage(house.store, house.trail, house.now_ms)  # the house itself has looked today
        while call(usage.tend):
            pass
        call(house.proof.canary.fly)

    def work(self, connection: Connection, offices: list[str]) -> None:
        """Rows of the ledger and of what left, as if the offices had worked for three weeks."""
        chance, now = random.Random(7), self.server.house.now_ms()  # noqa: S311  no secret
        connection.execute(delete(usage_days))
        connection.execute(delete(usage_closed))
        for _ in range(1800):
            at = now - chance.randrange(20 * DAY)
            model, host, zone, verdict, data_class, hidden = (
                chance.choice(PLACES)
                if chance.random() < 0.4  # the others stay in the house
                else ("rathaus", "", "house", "allow", "internal", "{}")
            )
            call, tokens = uuid.uuid4().hex, chance.randrange(400, 4000)
            same = {
                "call_id": call, "at": at, "purpose": Purpose.CHAT.value, "model": model,
                "provider": model, "zone": zone, "data_class": data_class, "verdict": verdict,
                "policy_version": "default",
            }  # fmt: skip
            booked = {
                "group_id": chance.choice(offices), "cost_centre": "4711", "input_tokens": tokens,
                "output_tokens": tokens // 3, "cached_tokens": 0, "reasoning_tokens": 0,
                "estimated": False, "micro_eur": tokens * (9 if zone == "world" else 4),
                "price_source": "", "energy_mwh": tokens // 4, "energy_source": "measured:card",
                "duration_ms": 900, "outcome": "ok",
            }  # fmt: skip
            connection.execute(insert(ledger).values(**same, **booked))
            if not host:
                continue
            left = {"host": host, "port": 443, "reason": f"provider:{model}"}
            ended = {
                "id": call, "ended_at": at + 900, "hidden": hidden, "bytes_out": tokens * 5,
                "bytes_in": tokens * 9, "sockets": 1, "outcome": "ok",
            }  # fmt: skip
            connection.execute(insert(departures).values(**same, **left, **ended))
            opened = {"id": call, "at": at + 5, "allowed": True, "zone": zone}
            connection.execute(insert(connections).values(**left, **opened))


def _details(page: Page) -> None:
    page.locator(".turn--assistant summary:has-text('Einzelheiten')").last.click()


def _search(page: Page) -> None:
    page.fill("#side-search", "Sporthalle")
    page.wait_for_selector("#side-found mark")


def _attach(page: Page) -> None:
    with page.expect_file_chooser() as chooser:
        page.locator("#composer").get_by_label("anhängen").first.click()
    chooser.value.set_files(
        {"name": "Vermerk Sporthalle.txt", "mimeType": "text/plain", "buffer": NOTE.encode()}
    )
    page.fill("#text", "Fasse den Vermerk für den Bauausschuss zusammen.")
    page.wait_for_timeout(1500)


def _allow(page: Page) -> None:
    page.locator("main input[type=radio]").nth(1).check()


def _look(page: Page) -> None:
    page.select_option("#model", "klein")
    page.select_option("#class", "personal")
    page.wait_for_selector("#ampel [data-zone=eu]")
    page.fill("#text", QUESTION)
    page.click("#look")
    page.wait_for_selector("dialog.dialog--seen[open]")


def _stopped(page: Page) -> None:
    page.select_option("#model", "fern")
    page.fill("#text", QUESTION)
    page.press("#text", "Enter")
    page.wait_for_selector(".stop")


def _nothing(page: Page) -> None:
    page.wait_for_timeout(200)


SHOTS: dict[str, tuple[str, tuple[int, int], bool, Callable[[Page], None]]] = {
    "chat": ("talk", (1440, 900), False, _nothing),
    "chat-narrow": ("talk", (390, 844), True, _nothing),
    "compare": ("contest", (1440, 900), False, _nothing),
    "context": ("talk", (1440, 1100), False, _details),
    "finding": ("talk", (1440, 900), False, _search),
    "files": ("/chat", (1440, 900), False, _attach),
    "library": ("/library", (1440, 900), False, _nothing),
    "groups": ("/admin/groups/bauamt", (1440, 1000), False, _allow),
    "preview": ("/chat", (1440, 900), False, _look),
    "refused": ("/chat", (390, 844), True, _stopped),
    "policy": ("/admin/policy", (1440, 1240), False, _nothing),
    "egress": ("/admin/egress", (1440, 1240), False, _nothing),
    "costs": ("/admin/costs", (1440, 1240), False, _nothing),
    "administration": ("/admin", (1440, 940), False, _nothing),
    "workbench": ("task", (1440, 900), False, _nothing),
    "labelling": ("work", (1440, 900), False, _nothing),
}
"""By name: where, how large, dark or light, and what is done before the picture is taken."""


def take(names: list[str]) -> None:
    """Take the pictures of these names; all of them if there are none."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        town = Town(Path(folder) / "home")
        chromium = shutil.which("chromium") or None
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        places = town.furnish()
        for name in names or SHOTS:
            place, (width, height), dark, work = SHOTS[name]
            context = browser.new_context(
                viewport={"width": width, "height": height},
                locale="de-DE",
                color_scheme="dark" if dark else "light",
                reduced_motion="reduce",
            )
            url = f"http://127.0.0.1:{town.server.port}"
            cookie = town.hand.cookies["hausgeist_session"]
            context.add_cookies([{"name": "hausgeist_session", "value": cookie, "url": url}])
            page = context.new_page()
            page.goto(url + places.get(place, place))
            page.wait_for_load_state("networkidle")
            work(page)
            _save(page, IMAGES / f"{name}.png")
            context.close()
        browser.close()
        town.server.stop()


def _save(page: Page, path: Path) -> None:
    page.screenshot(path=path)
    with Image.open(path) as picture:
        small = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(path, optimize=True)
    size = path.stat().st_size
    print(f"{path.relative_to(ROOT)}  {size // 1024} KB")
    if size > MOST:
        raise SystemExit(f"{path.name} has more than {MOST // 1024} KB")


if __name__ == "__main__":
    take(sys.argv[1:])
