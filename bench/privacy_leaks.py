# SPDX-License-Identifier: EUPL-1.2
"""What of letters appears outside: ``python bench/privacy_leaks.py [--letters 1000] [--json FILE]``.

The held-out letters of ``bench/letters`` go through the API of a whole house to a provider of the zone ``eu``
that keeps what it was sent and answers with it. Counted is what that provider saw: per kind, how many
passages stood there whole or in part, and how many letters went without any. The answer must come back as
the letter was written, but for a name's capitals and a genitive set right. Then what hiding costs for a
new message of 4,000 characters beside its examination, and what restoring costs per streamed chunk. Fails if
an answer differs, or restoring costs more than 20 µs.
"""

import argparse
import json
import re
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import letters as held

from hausgeist.core.calls import Call
from hausgeist.core.events import Delta, Finished
from hausgeist.core.labels import Purpose
from hausgeist.core.messages import Usage, text_message
from hausgeist.core.people import Principal, Role
from hausgeist.core.preview import Span
from hausgeist.gateway.privacy.restore import Restorer
from hausgeist.testing.abroad import MODEL, Abroad, abroad
from hausgeist.testing.served import Served

_GENITIVE = re.compile(r"(?<=[sßxz])(?:s|\u2019)(?!\w)")
WHO = Principal(id="bench", name="Bench", role=Role.MEMBER)
CHUNK_MOST = 20.0
"""Microseconds that restoring may cost per streamed chunk."""


@dataclass(slots=True)
class Leaks:
    """What was counted over letters; the counters are by kind."""

    letters: int = 0
    clean: int = 0
    """Letters of which no marked passage appeared, not even in part."""
    restored: int = 0
    """Answers that came back as the letter was written, but for names in capitals."""
    marks: Counter[str] = field(default_factory=Counter)
    whole: Counter[str] = field(default_factory=Counter)
    part: Counter[str] = field(default_factory=Counter)
    characters: int = 0
    """Of all letters; ``open`` of them personal and outside, ``needless`` hidden without being personal."""
    open: int = 0
    needless: int = 0

    def hidden(self, kind: str) -> float:
        """The share of passages of a kind of which nothing appeared outside."""
        return 1 - (self.whole[kind] + self.part[kind]) / self.marks[kind]


def leaks(served: Served, outside: Abroad, found: Iterable[held.Letter]) -> Leaks:
    """Send letters through the house and count what arrives."""
    counted = Leaks()
    for letter in found:
        body = {"model": MODEL, "messages": [{"role": "user", "content": letter.text}]}
        reply = served.request("POST", "/v1/chat/completions", body)
        if reply.status != 200:
            sys.exit(f"{letter.name}: {reply.body.decode()}")
        sent = outside.asked[-1].json["messages"][-1]["content"]
        _count(counted, letter, _spans(served, letter, sent), sent)
        answer = reply.json["choices"][0]["message"]["content"]
        counted.restored += _plain(answer) == _plain(letter.text)
    return counted


def _plain(text: str) -> list[str]:
    """Words as they are compared: a name has one spelling, and a genitive is set right."""
    return _GENITIVE.sub("", text.lower()).split()


def _spans(served: Served, letter: held.Letter, sent: str) -> tuple[Span, ...]:
    """What the house says it hides; it must be just what was sent."""
    call = Call(
        id="bench",
        principal=WHO,
        purpose=Purpose.API,
        model=MODEL,
        messages=(text_message("user", letter.text),),
    )
    shown = served.run(served.house.gateway.preview(call)).hidden
    spans = shown[0].spans if shown else ()
    text, at = "", 0
    for span in spans:
        text += letter.text[at : span.start] + span.token
        at = span.end
    if text + letter.text[at:] != sent:
        sys.exit(f"{letter.name}: the preview is not what was sent")
    return spans


def _count(counted: Leaks, letter: held.Letter, spans: Iterable[Span], sent: str) -> None:
    covered = bytearray(len(letter.text))
    for span in spans:
        covered[span.start : span.end] = b"\1" * (span.end - span.start)
    personal = bytearray(len(letter.text))
    clean = True
    for mark in letter.marks:
        counted.marks[mark.kind] += 1
        personal[mark.start : mark.end] = b"\1" * (mark.end - mark.start)
        places = [at for at in range(mark.start, mark.end) if letter.text[at].isalnum()]
        seen = sum(not covered[at] for at in places)
        counted.open += seen
        if seen == len(places) or mark.text in sent:
            counted.whole[mark.kind] += 1
        elif seen:
            counted.part[mark.kind] += 1
        clean = clean and not seen
    counted.letters += 1
    counted.clean += clean
    counted.characters += len(letter.text)
    counted.needless += sum(
        hidden and not own and letter.text[at].isalnum()
        for at, (hidden, own) in enumerate(zip(covered, personal, strict=True))
    )


def chunk_costs(rounds: int = 20) -> dict[str, float]:
    """Microseconds of a core that restoring a chunk costs: plain, and with a pseudonym every 20 words."""
    values = {"VORNAME_1": "Jutta", "NACHNAME_1": "Müller", "IBAN_1": "DE89370400440532013000"}
    plain = [
        "Das",
        " ist",
        " ein",
        " Satz",
        " mit",
        " [Klammern](x)",
        " und",
        " Wörtern",
        ".",
        "\n",
    ] * 200
    dense = []
    for place, word in enumerate(plain):
        dense.append(word)
        if place % 20 == 0:
            dense += [" Frau", " [[", "NACH", "NAME", "_", "1", "]]", "s", " Brief"]
    costs = {}
    for name, pieces in (("plain", plain), ("dense", dense), ("letters", list("".join(dense)))):
        took = []
        for _ in range(rounds):
            restorer = Restorer(values)
            bursts = [[Delta(piece)] for piece in pieces] + [[Finished("stop", Usage())]]
            began = time.thread_time()
            for burst in bursts:
                restorer.pass_on(burst)
            took.append((time.thread_time() - began) / len(pieces) * 1e6)
        costs[name] = statistics.median(took)
    return costs


def hiding_ms(served: Served, count: int = 40) -> float:
    """Median milliseconds of a core for hiding in a new, examined message of 4,000 characters."""
    much = "\n\n".join(letter.text for letter in held.generated(count))
    gateway = served.house.gateway

    async def one(start: int) -> float:
        text = much[start : start + 4000]
        call = Call(
            id="bench",
            principal=WHO,
            purpose=Purpose.API,
            model=MODEL,
            messages=(text_message("user", text),),
        )
        found = await gateway.border.examiner.examine([text])
        began = time.thread_time()
        await gateway.veils.hide(call, found)
        return (time.thread_time() - began) * 1e3

    return statistics.median(served.run(one(at * 300)) for at in range(count))


def show(name: str, counted: Leaks) -> None:
    """Print what appeared outside."""
    print(f"{name:<24}{'passages':>10}{'whole':>8}{'in part':>9}{'hidden':>9}")
    for kind in sorted(counted.marks):
        whole, part = counted.whole[kind], counted.part[kind]
        share = f"{counted.hidden(kind):.1%}"
        print(f"{kind:<24}{counted.marks[kind]:>10}{whole:>8}{part:>9}{share:>9}")
    letters = counted.letters
    print(f"letters without any: {counted.clean} of {letters} ({counted.clean / letters:.1%})")
    print(f"answers that came back as written: {counted.restored} of {letters}")
    print(
        f"letters and digits hidden needlessly: {counted.needless / counted.characters:.2%} of all\n"
    )


def measured(letters: int) -> tuple[dict[str, object], bool]:
    """Measure and print; the figures, and whether none is worse than it must be."""
    with tempfile.TemporaryDirectory(prefix="hausgeist-bench-") as folder:
        home = Path(folder) / "home"
        home.mkdir(mode=0o700)
        with Served(home) as served, abroad(served.house, size=4000) as outside:
            made = leaks(served, outside, held.generated(letters))
            written = leaks(served, outside, held.by_hand())
            hiding = hiding_ms(served)
    show("outside, made letters", made)
    show("outside, by hand", written)
    print(f"hiding in a new message of 4,000 characters: {hiding:.1f} ms")
    costs = chunk_costs()
    for name, cost in costs.items():
        print(f"restoring, {name:<8} {cost:>8.2f} µs a chunk   <= {CHUNK_MOST:.0f}")
    figures = {
        "leaks": asdict(made),
        "leaks_by_hand": asdict(written),
        "hiding_ms": hiding,
        "chunk_us": costs,
    }
    whole = all(one.restored == one.letters for one in (made, written))
    return figures, whole and max(costs.values()) <= CHUNK_MOST


def main() -> None:
    """Measure, print, and fail if something is worse than it must be."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--letters", type=int, default=1000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    figures, good = measured(options.letters)
    if options.json is not None:
        options.json.write_text(json.dumps(figures), "utf-8")
    if not good:
        sys.exit("something is worse than it must be")


if __name__ == "__main__":
    main()
