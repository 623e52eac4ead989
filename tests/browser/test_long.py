# SPDX-License-Identifier: EUPL-1.2
"""A conversation of 2,000 messages: read from its end to its beginning, without a jump."""

import pytest
from hands import long_talk

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
    texts = [f"Nachricht {place}\n\n{KINDS[place // 2 % 4]}" for place in range(COUNT)]
    return long_talk(house, anna, texts)


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
