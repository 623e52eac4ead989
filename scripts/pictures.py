# SPDX-License-Identifier: EUPL-1.2
"""Take the pictures of the documentation: ``.venv/bin/python scripts/pictures.py [name …]``.

A house on loopback, with people, models and answers that were written for it, flows in; PNG files in
``docs/images`` flow out. Needs what the tests need (`make test` sets it up), and Chromium.
"""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "security")]

from PIL import Image  # noqa: E402  after the path of the tests' visitors
from playwright.sync_api import Page, sync_playwright  # noqa: E402  as above
from visitors import Server, Visitor  # noqa: E402  as above

from hausgeist.core.labels import DataClass, Zone  # noqa: E402  as above
from hausgeist.core.people import Role  # noqa: E402  as above
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
        self.anna = self.server.person("anna", Role.ADMIN)
        self.people = self.server.house.identity.people
        self.server.call(lambda: self.people.set_profile(self.anna.id, name="Anna Amsel"))
        self.hand: Visitor = self.server.session(self.anna.id)
        self.form("/admin/appearance", organisation="Stadt Lindenau")

    def writes(self, name: str, title: str, answer: str) -> None:
        """A model in the house that gives this answer."""
        zone = Zone.EU if name == "klein" else Zone.HOUSE
        card = echo_card(name, provider=name, zone=zone, cleared_for=DataClass.INTERNAL)
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
        for group in ("Bauamt", "Bürgerbüro"):
            self.form("/admin/groups", title=group)
        return {"talk": f"/c/{talk}", "contest": f"/c/{contest}"}


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
