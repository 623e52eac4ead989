# SPDX-License-Identifier: EUPL-1.2
"""Hostile words in a real browser, in every place that shows words of others: they stay words."""

import json
import random
import re

import pytest
from foreign import chatgpt, webui
from payloads import MARKDOWN, RAW

from hausgeist.chat.library.bodies import AssistantBody, PromptBody
from hausgeist.core.people import Principal, Role
from hausgeist.testing.echo import EchoProvider, echo_card

pytestmark = pytest.mark.browser

EVIL = (
    "<img src=/evil onerror=alert(1)>\"'><svg/onload=alert(1)><script src=/evil>alert(1)</script>"
    "</textarea></title><a href=javascript:alert(1)>x</a>{{7*7}}"
)
SHORT = "<img src=/evil onerror=alert(1)>"
FOREIGN = """() => {
  const never = "iframe, object, embed, base, applet, frame, audio, video, style, marquee"
    + ", meta[http-equiv]:not(noscript *), script:not([src^='/static/'])"
    + ", link:not([href^='/'], [data-from^='/'])"
    + ", img:not([src^='/files/']):not([src^='/brand/']), svg:not([class]), form[action^='http']"
    + ", [srcdoc], [style], [hx-get], #thread form, #thread input, #thread textarea"
    + ", #thread details:not([class])";
  const leads = ["href", "src", "action", "formaction", "xlink:href"];
  const acts = ({ name, value }) => name.startsWith("on")
    || (leads.includes(name) && /^\\s*(javascript|vbscript|data|file):/i.test(value));
  const wrong = [...document.querySelectorAll("*")].filter(
    (one) => one.matches(never) || [...one.attributes].some(acts));
  return wrong.map((one) => one.outerHTML.slice(0, 200));
}"""
MIXED = """# Überschrift mit `Code` und **fett**

Ein Absatz mit [Verweis](https://example.org/a?b=c&d=e), *kursiv* und $a_1^2$ darin, 🏛️ und עברית.

| Amt | Frist |
|:---|---:|
| Bau | **4** |
| Umwelt | `6` |

```python
def f(x: int) -> str:
    return f"{x}"  # <b>

```

1. eins
   - innen

     noch innen
2. zwei

> Zitat
> > tiefer

$$
\\sum_{i=1}^n i = \\frac{n(n+1)}{2}
$$

- [ ] offen
- [x] getan

[später]: https://example.org/spaet

Siehe [später] und <b>kein Fett</b>.

***

Setext
------

    eingerückter Code

Ende ohne Punkt"""


@pytest.fixture
def watched(visit):
    """Opens pages that tell of dialogs, of foreign elements and of requests nobody has meant."""
    strange = []

    def open_page(**options):
        page = visit(login="anna", **options)
        page.on("dialog", lambda dialog: (strange.append(dialog.message), dialog.dismiss()))
        page.on(
            "request", lambda one: strange.append(one.url) if one.url.endswith("/evil") else None
        )
        return page

    def sound(page):
        assert page.evaluate(FOREIGN) == []
        assert strange == []

    open_page.sound = sound
    return open_page


def ask(page, text, model="echo"):
    """Ask, and wait for the end of the answer."""
    page.wait_for_selector("#chat[data-live]")
    page.select_option("#model", model)
    page.fill("#text", text)
    page.press("#text", "Enter")
    done(page)


def done(page):
    """Wait until an answer stands there; gives the conversation's HTML."""
    page.wait_for_function(
        "() => document.querySelector('.turn__foot') && !document.querySelector('[aria-busy]')"
    )
    return page.locator("#thread").inner_html()


def test_hostile_answers_are_words(house, watched, anna):
    """The corpus as question, streamed answer, page, clipboard, thought and shared page."""
    corpus = [*MARKDOWN, *RAW]
    directory = house.server.house.gateway.directory
    evil = EchoProvider(name="evil", reasoning=EVIL)
    directory.put("evil", evil, [echo_card("evil", provider="evil")])
    page = watched()
    for text in ("\n\n".join(corpus), "\n\n".join(f"Text {one} davor" for one in reversed(corpus))):
        page.goto(house.url)
        ask(page, text, "evil")
        watched.sound(page)
        live = page.locator("#thread").inner_html()
        page.reload()
        assert done(page) == live
        watched.sound(page)
    page.wait_for_selector("#chat[data-live]")
    page.click(".turn--assistant [data-copy]")
    page.wait_for_selector("[data-copy][data-done]")
    copied = page.evaluate(
        "async () => (await (await navigator.clipboard.read())[0].getType('text/html')).text()"
    )
    assert not re.search(r"<(script|img|iframe|svg|form)|<[^>]+\son\w+=", copied)
    talk = page.url.rpartition("/")[2].partition("#")[0]
    page.goto(f"{house.url}/c/{talk}/share")
    page.click("main .button--primary")
    page.goto(page.locator("#share-link").inner_text())
    assert page.locator(".turn--assistant .prose").count() == 1
    watched.sound(page)


@pytest.mark.parametrize("seed", range(3))
def test_live_equals_reloaded(house, watched, anna, seed):
    """However an answer was cut into pieces while it came, the page is the same byte for byte."""
    cuts = random.Random(seed)
    places = sorted(cuts.sample(range(1, len(MIXED)), 60))
    pieces = [MIXED[a:b] for a, b in zip([0, *places], [*places, len(MIXED)], strict=True)]
    slow = EchoProvider(name="pieces", delay=0.01, pieces=pieces)
    directory = house.server.house.gateway.directory
    directory.put("pieces", slow, [echo_card("pieces", provider="pieces")])
    page = watched()
    ask(page, "Frage", "pieces")
    live = page.locator("#thread").inner_html()
    page.reload()
    assert done(page) == live
    assert page.locator(".prose").inner_text().endswith("Ende ohne Punkt")


def _furnish(house, anna):
    """Hostile words wherever a person or an administrator can put some."""
    server, who = house.server, Principal(id=anna, name="Anna", role=Role.ADMIN)
    library = server.house.library
    bodies = [
        AssistantBody(
            name=SHORT,
            description=EVIL,
            instructions=EVIL,
            model="echo",
            starters=(EVIL,),
            sign="<",
        ),
        PromptBody(
            name=SHORT,
            description=EVIL,
            text=EVIL.replace("{{7*7}}", "{{Wort:<b onclick>|</option><script>x</script>}}"),
            shortcut="boese",
        ),
    ]
    items = server.call(lambda: library.create(who, bodies))
    group = server.call(lambda: server.house.identity.groups.create(SHORT, "1", "test"))
    session = server.session(anna)
    talk = session.form("/c", {"text": EVIL, "model": "echo", "class": "internal"}).location
    talk = talk.partition("#")[0]
    for path, fields in (
        (f"{talk}/rename", {"title": EVIL[:190]}),
        ("/folders", {"name": SHORT}),
        ("/admin/announcements", {"text": "\n\n".join([EVIL, *MARKDOWN]), "kind": "warn"}),
        (
            "/admin/appearance",
            {"organisation": SHORT, "footer": EVIL, "login_de": EVIL, "login_en": EVIL},
        ),
        (f"{talk}/share", {"kind": "link", "days": "0"}),
        ("/conversations", {"do": "pin", "conversation": talk.removeprefix("/c/"), "back": "/"}),
    ):
        answer = session.form(path, fields)
        assert answer.status in {200, 303}, (path, answer.text)
    person = server.call(
        lambda: server.house.identity.people.create(
            login="boese", name=SHORT, password="drei Katzen im Regen", role=Role.MEMBER, by="test"
        )
    )
    export = json.dumps([webui(EVIL), chatgpt(SHORT)])
    session.ask(
        "POST", "/import", export, Origin=f"http://127.0.0.1:{server.port}",
        Content_Type="application/json",
    )  # fmt: skip
    return talk, items, group, person


def test_hostile_words_in_every_place(house, watched, anna):
    """Titles, folders, files, assistants, prompts, announcements, names, imports, findings, exports."""
    talk, items, group, person = _furnish(house, anna)
    page = watched(language="de")
    with page.expect_file_chooser() as chooser:
        page.click("#attach")
    name = f"{SHORT}.html".replace("/", "")
    chooser.value.set_files({"name": name, "mimeType": "text/html", "buffer": EVIL.encode()})
    page.wait_for_selector("#files [data-state=ready]")
    watched.sound(page)
    page.fill("#text", "Was steht darin?")
    page.press("#text", "Enter")
    done(page)
    watched.sound(page)
    file = page.locator(".paper").get_attribute("href")
    page.type("#text", "/boese")
    page.wait_for_selector("#slash:not([hidden]) .slash__one")
    page.press("#text", "Enter")
    page.wait_for_selector("#gaps[open]")
    watched.sound(page)
    page.keyboard.press("Escape")
    for path in (
        talk,
        *(f"{talk}{more}" for more in ("/share", "/rename", "/delete", "/options", "/export")),
        f"/?assistant={items[0]}",
        "/conversations",
        "/search?q=onerror",
        "/search?q=%3Cimg+src%3Dx+onerror%3Dalert(1)%3E",
        "/shares",
        file,
        "/files",
        "/import",
        "/library",
        "/library?kind=prompt",
        "/library?q=%3Cscript%3E",
        *(f"/library/{item}{more}" for item in items for more in ("", "/edit", "/history")),
        f"/library/{items[1]}/use",
        "/account",
        "/account/data",
        "/admin/users",
        f"/admin/users/{person.id}",
        "/admin/groups",
        f"/admin/groups/{group.id}",
        "/admin/announcements",
        "/admin/appearance",
        "/admin/audit",
        "/admin/holds",
        "/temporary",
        "/login",
    ):
        answer = page.goto(house.url + path)
        assert answer.status == 200, path
        watched.sound(page)
        assert "49" not in page.title()
    page.goto(house.url)
    page.wait_for_selector("#chat[data-live]")
    page.fill("input[type=search]", "onerror")
    page.wait_for_selector("mark")
    watched.sound(page)
