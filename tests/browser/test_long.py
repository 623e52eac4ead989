# SPDX-License-Identifier: EUPL-1.2
"""A conversation of 2,000 messages: read from its end to its beginning, without a jump."""

import pytest

from hausgeist.core.messages import Text
from hausgeist.store import chats
from hausgeist.store.chats import Conversation, Said

pytestmark = pytest.mark.browser

COUNT = 2000
KINDS = (
    "Ein **Absatz** mit Worten. " * 12,
    "| Amt | Frist |\n|---|---|\n" + "| Bau | 4 |\n" * 9,
    "```python\n" + "x = 1\n" * 15 + "```\n\nUnd $a^2$.",
    "kurz",
)
READ = """async (by) => {
  const thread = document.getElementById("thread");
  const frame = () => new Promise((go) => { requestAnimationFrame(go); });
  const place = () => {
    const { top } = thread.getBoundingClientRect();
    const one = [...thread.querySelectorAll("article")].find(
      (one) => one.getBoundingClientRect().bottom > top + 100);
    return [one, one.getBoundingClientRect().top];
  };
  const loaded = thread.querySelectorAll("article").length;
  const [one, top] = place();
  const was = thread.scrollTop;
  thread.scrollBy({ top: by, behavior: "instant" });
  const meant = was + by < 0 ? was : -by;
  for (let n = 0; n < 4; n += 1) await frame();
  const moved = one.getBoundingClientRect().top - top;
  const grown = thread.querySelectorAll("article").length > loaded;
  return { moved, meant, grown, at: one.id };
}"""


@pytest.fixture
def talk(house, anna):
    """The address of the conversation."""
    said = [
        Said(
            id=f"m{place:06d}",
            parent_id=f"m{place - 1:06d}" if place else None,
            role="assistant" if place % 2 else "user",
            parts=(Text(f"Nachricht {place}\n\n{KINDS[place // 2 % 4]}"),),
            created_at=place + 1,
            model="echo",
            zone="house",
        )
        for place in range(COUNT)
    ]

    def write(connection):
        made = Conversation(
            id="c" * 32,
            title="Lang",
            model="echo",
            data_class="internal",
            leaf_id=None,
            created_at=1,
            updated_at=1,
        )
        chats.create(connection, anna, made)
        chats.add(connection, anna, made.id, said)

    house.server.house.store.write_now(write)
    return f"{house.url}/c/{'c' * 32}"


def test_the_place_one_reads_stays(visit, talk, look):
    """Scrolling up loads older messages above; what is in view does not move by itself."""
    page = visit(login="anna", width=900, height=700)
    page.goto(talk)
    page.wait_for_selector("#chat[data-live]")
    assert f"Nachricht {COUNT - 1}" in page.locator("article").last.inner_text()
    page.wait_for_function(
        "() => { const t = document.getElementById('thread');"
        " return t.scrollHeight - t.scrollTop - t.clientHeight < 3; }"
    )
    loads, jumps = 0, []
    for _ in range(200):
        step = page.evaluate(READ, -450)
        loads += step["grown"]
        if abs(step["moved"] - step["meant"]) > 3:
            jumps.append(step)
        if loads >= 4:
            break
    look(page, "long-2000")
    assert loads >= 4
    assert jumps == []
    ids = page.eval_on_selector_all("article", "all => all.map((one) => one.id)")
    assert ids == [f"m-m{place:06d}" for place in range(COUNT - len(ids), COUNT)]
