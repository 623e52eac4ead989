# SPDX-License-Identifier: EUPL-1.2
"""The card of a task as a page of Markdown, in English or German: JSON values in, text out."""

from collections.abc import Callable, Iterable
from typing import Any

from hausgeist.core.gate import Verdict
from hausgeist.errors import N_
from hausgeist.locale import translator
from hausgeist.training.rungs import RUNGS

Turn = Callable[[str], str]

VERDICTS = {
    Verdict.SUPERIOR.value: N_("better than the teacher"),
    Verdict.NON_INFERIOR.value: N_("not worse by the margin, and ten times cheaper"),
    Verdict.NOT_CHEAPER.value: N_("not worse by the margin, but not cheap enough"),
    Verdict.SLICE_WORSE.value: N_("worse in a protected group"),
    Verdict.WORSE.value: N_("worse than the teacher"),
    Verdict.UNDECIDED.value: N_("not decidable yet"),
}
TERMS = {
    "yes": N_("may train models"),
    "no": N_("may not train models; never learnt from"),
    "unknown": N_("unknown whether it may train models"),
}
LIMITS = (
    N_("It knows only what its texts show. On texts of another kind or time it may be wrong."),
    N_("Figures hold for texts like those of the gold set, drawn from the same source."),
    N_("Its confidence is calibrated on the task's own texts, not on others."),
    N_(
        "It decides nothing about people by itself; what follows from an answer is decided by a person."
    ),
)


def markdown(card: dict[str, Any], language: str) -> str:
    """The card for people."""
    page = _Page(translator(language), language)
    turn = page.turn
    task = card["task"]
    page.lines += [f"# {turn(N_('Card'))}: {_plain(task['title'])}", ""]
    made = turn(N_("Made on {day} by {program} from what the workbench knows."))
    page.lines += [made.format(day=card["made_at"], program=card["made_by"]), ""]
    page.head(N_("What it is for"))
    page.lines += [_plain(card["purpose"]) if card["purpose"] else turn(UNWRITTEN), ""]
    page.fact(N_("Kind"), turn(KINDS[task["kind"]]))
    page.fact(N_("Language"), page.turn(LANGUAGES.get(task["language"], task["language"])))
    names = ", ".join(_plain(one["name"]) for one in [*task["labels"], *task["fields"]])
    page.fact(N_("Labels or fields"), names)
    page.fact(N_("Next review"), card["review_on"])
    page.head(N_("Limits"))
    page.lines += [*(f"- {turn(words)}" for words in LIMITS), ""]
    _data(page, card)
    _teachers(page, card)
    _people(page, card)
    _students(page, card)
    _gold(page, card)
    page.head(N_("Cost of making"))
    cost = card["cost"]
    page.fact(N_("Calls to models"), page.number(cost["calls"]))
    page.fact(N_("Their price in EUR"), page.number(cost["eur"], 4))
    page.fact(N_("Calls whose price nobody knows"), page.number(cost["calls_without_price"]))
    page.fact(
        N_("Energy of training in Wh, estimated"), page.number(cost["training_wh_estimated"], 2)
    )
    if card["service"]:
        page.head(N_("In service"))
        heads = (N_("Number"), N_("Student"), N_("State"), N_("Threshold"), N_("Since"))
        numbers = {one["id"]: f"v{one['number']}" for one in card["students"]}
        page.table(
            heads,
            (
                (
                    one["number"],
                    numbers.get(one["student"], "?"),
                    one["state"],
                    page.number(one["threshold"], 3),
                    one["since"],
                )
                for one in card["service"]
            ),
        )
    return "\n".join(page.lines).rstrip() + "\n"


KINDS = {
    "single": N_("one label a text"),
    "multi": N_("any number of labels a text"),
    "spans": N_("passages of a text"),
    "record": N_("fields out of a text"),
}
PARTS = {"pool": N_("Pool"), "dev": N_("Development"), "gold": N_("Gold set")}
WHO = {
    "student": N_("Student"),
    "teacher": N_("Teacher"),
    "rules": N_("Rules"),
    "majority": N_("Most frequent answer"),
}
CLASSES = {
    "public": N_("Public"),
    "internal": N_("Internal"),
    "personal": N_("Personal data"),
    "special": N_("Specially protected"),
}
LANGUAGES = {"de": N_("in German"), "en": N_("in English")}
UNWRITTEN = N_("The owner has not written it down yet.")
UNKNOWN = N_("unknown")


class _Page:
    """Lines of Markdown in a language."""

    def __init__(self, turn: Turn, language: str) -> None:
        self.turn, self.language = turn, language
        self.lines: list[str] = []

    def head(self, words: str) -> None:
        self.lines += ["", f"## {self.turn(words)}", ""]

    def fact(self, name: str, value: Any) -> None:
        shown = self.turn(UNKNOWN) if value in {None, ""} else value
        self.lines.append(f"- {self.turn(name)}: {shown}")

    def table(self, heads: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
        titles = [self.turn(one) for one in heads]
        self.lines += ["", f"| {' | '.join(titles)} |", f"|{' --- |' * len(titles)}"]
        for row in rows:
            cells = [self.turn(UNKNOWN) if one is None else str(one) for one in row]
            self.lines.append(f"| {' | '.join(cells)} |")
        self.lines.append("")

    def number(self, value: float | None, digits: int = 0) -> str | None:
        if value is None:
            return None
        said = f"{value:,.{digits}f}"
        return said.translate(_GERMAN) if self.language == "de" else said

    def percent(self, value: float | None) -> str | None:
        said = self.number(None if value is None else value * 100, 1)
        return None if said is None else f"{said} %"

    def within(self, low: float | None, high: float | None) -> str | None:
        if low is None or high is None:
            return None
        return f"{self.percent(low)} … {self.percent(high)}"


_GERMAN = str.maketrans({",": ".", ".": ","})


def _plain(text: str) -> str:
    """Foreign words in a line of Markdown: they make no markup and no table cell."""
    return "".join(f"\\{one}" if one in "\\`*_[]<>|#" else one for one in " ".join(text.split()))


def _data(page: _Page, card: dict[str, Any]) -> None:
    data = card["data"]
    page.head(N_("Data"))
    page.fact(N_("Licence of the texts"), _plain(data["licence"]) if data["licence"] else None)
    page.fact(N_("Data class"), page.turn(CLASSES.get(data["class"], data["class"])))
    for origin, count in sorted(data["answers"].items()):
        words = page.turn(ORIGINS.get(origin, origin))
        page.lines.append(f"- {words}: {page.number(count)}")
    page.table(
        (N_("Part of the texts"), N_("Texts"), N_("Answered"), N_("Kept out: resemble others")),
        (
            (
                page.turn(PARTS.get(name, name)),
                *(page.number(one[key]) for key in ("texts", "answered", "kept_out")),
            )
            for name, one in sorted(data["texts"].items())
        ),
    )


ORIGINS = {
    "person": N_("Answers of people"),
    "bulk": N_("Suggestions accepted many at a time"),
    "import": N_("Answers brought in from a file"),
    "decided": N_("Decisions between answers"),
}


def _teachers(page: _Page, card: dict[str, Any]) -> None:
    page.head(N_("Models that suggested"))
    rows: dict[tuple[str, ...], int] = {}
    for one in card["models_asked"]:
        key = (one["producer"], one["model"], one["version"][:12], one["policy"], one["terms"])
        rows[key] = rows.get(key, 0) + one["count"]
    if not rows:
        page.lines += [page.turn(N_("None.")), ""]
        return
    page.table(
        (N_("Role"), N_("Model"), N_("Prompt"), N_("Policy"), N_("Terms"), N_("Texts")),
        (
            (
                page.turn(WHO.get(role, role)),
                _plain(model),
                prompt,
                policy or None,
                page.turn(TERMS.get(terms, terms)),
                page.number(count),
            )
            for (role, model, prompt, policy, terms), count in rows.items()
        ),
    )


def _people(page: _Page, card: dict[str, Any]) -> None:
    page.head(N_("Guideline and agreement"))
    page.fact(N_("Version of the guideline"), card["guideline"]["version"])
    found = card["agreement"]
    if found is None:
        page.fact(N_("Agreement of people"), None)
        return
    page.fact(N_("Texts that two or more people answered"), page.number(found["items"]))
    page.fact(N_("They agree on"), page.percent(found["observed"]))
    for name, words in (
        ("alpha", N_("Krippendorff's alpha")),
        ("ac1", N_("Gwet's AC1")),
        ("exact", N_("F1 of exact passages")),
        ("partial", N_("F1 of overlapping passages")),
    ):
        if found[name] is not None:
            one = found[name]
            said = f"{page.number(one['estimate'], 3)} ({page.number(one['low'], 3)} … "
            page.fact(words, f"{said}{page.number(one['high'], 3)})")


def _students(page: _Page, card: dict[str, Any]) -> None:
    page.head(N_("Students"))
    if not card["students"]:
        page.lines += [page.turn(N_("None.")), ""]
    known = {one["subject"]: one for one in card["dev"]}
    for one in card["students"]:
        title = RUNGS[one["rung"]].title if one["rung"] in RUNGS else one["rung"]
        page.lines += ["", f"### v{one['number']}: {page.turn(title)}", ""]
        dev = known.get(f"student:{one['id']}")
        if dev is not None:
            said = page.turn(N_("{quality} on {texts} texts, between {bounds}"))
            page.fact(
                N_("On development texts"),
                said.format(
                    quality=page.percent(dev["quality"]),
                    texts=page.number(dev["texts"]),
                    bounds=page.within(dev["low"], dev["high"]),
                ),
            )
        data = one["data"]
        page.fact(N_("Data set"), None if data is None else f"v{data['number']}, {data['sha256']}")
        page.fact(
            N_("Examples that only a model has answered"),
            None if data is None else page.percent(data["teacher_share"]),
        )
        found = one["calibration"]
        page.fact(
            N_("Calibration error (ECE)"), None if found is None else page.number(found["ece"], 4)
        )
        page.fact(N_("Milliseconds a text"), page.number(one["ms_per_document"], 2))
        page.fact(N_("Wh for 1,000 texts, estimated"), page.number(one["wh_per_1000_estimated"], 5))
        page.fact(N_("Bytes"), page.number(one["bytes"]))
        page.fact(N_("SHA-256 of the manifest"), one["manifest_sha256"])
        if one.get("base"):
            base = one["base"]
            page.fact(
                N_("Trained further from"), _plain(f"{base['name']} {base['source']}".strip())
            )
            page.fact(N_("Licence of the base"), _plain(base["licence"]) or None)
            page.fact(N_("SHA-256 of the base"), base["sha256"])
        if one["deleted_texts"]:
            page.fact(N_("Texts deleted since it learnt from them"), one["deleted_texts"])


def _gold(page: _Page, card: dict[str, Any]) -> None:
    page.head(N_("Gold set"))
    page.fact(N_("Version"), card["gold"]["version"])
    numbers = {one["id"]: f"v{one['number']}" for one in card["students"]}
    for one in card["gold"]["openings"]:
        title = page.turn(N_("Opening {number} of version {version} on {day}"))
        said = title.format(number=one["number"], version=one["version"], day=one["at"])
        page.lines += ["", f"### {said}", ""]
        if not one["student"]:
            page.lines += [
                page.turn(N_("Taken along with its answers: this version is spent.")),
                "",
            ]
            continue
        page.fact(N_("Student"), numbers.get(one["student"], "?"))
        page.fact(N_("Reason"), _plain(one["reason"]))
        verdict = one["verdict"]
        page.fact(N_("Verdict"), page.turn(VERDICTS.get(verdict, verdict)) if verdict else None)
        page.fact(N_("Hash of the gold set"), one["hash"])
        if verdict:
            _evidence(page, one)


def _evidence(page: _Page, one: dict[str, Any]) -> None:
    page.table(
        (N_("Who"), N_("Quality"), N_("95 percent"), N_("Milliseconds a text"), N_("EUR a text")),
        (
            (
                page.turn(WHO.get(who, who)),
                page.percent(subject["quality"]) if measured else None,
                page.within(subject["low"], subject["high"]) if measured else None,
                page.number(subject["ms"], 1),
                page.number(subject["eur"], 6),
            )
            for subject in one["subjects"] or ()
            for measured in (subject["quality"] is not None,)
            for who in (subject["subject"].partition(":")[0],)
        ),
    )
    if one["slices"]:
        page.table(
            (N_("Protected group"), N_("Texts"), N_("Difference in points"), N_("State")),
            (
                (
                    _plain(f"{found['name']} = {found['value']}"),
                    page.number(found["items"]),
                    _gap(page, found["difference"]),
                    found["state"],
                )
                for found in one["slices"]
            ),
        )


def _gap(page: _Page, found: dict[str, Any] | None) -> str | None:
    return None if found is None else page.number(found["estimate"] * 100, 1)
