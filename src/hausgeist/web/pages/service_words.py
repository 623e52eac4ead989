# SPDX-License-Identifier: EUPL-1.2
"""What the page of a task's service says: check lists, signs of drift, charts, in the reader's language."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from hausgeist.core.service import CALLER, OWNER, Deployment, Stage, Template
from hausgeist.core.statistics.interval import Interval
from hausgeist.core.tasks import Task
from hausgeist.errors import N_
from hausgeist.locale import counter, translator
from hausgeist.register.drift import Health
from hausgeist.register.promote import CHECKS, Check, CheckList
from hausgeist.render.charts import Bar, Stroke, columns, lines
from hausgeist.web.amounts import number
from hausgeist.web.contexts.task_service import Chart, CheckRow
from hausgeist.web.moments import day_text
from hausgeist.web.pages.gate_words import headline

ZONES = {
    "house": N_("In the house"),
    "eu": N_("In Europe, under contract"),
    "world": N_("Outside Europe"),
}
SIGNS = {
    "mix": N_("The labels are given in another proportion"),
    "fallback": N_("The student leaves more to others"),
    "confidence": N_("The mean confidence has changed"),
    "far": N_("More texts are unlike all that it learnt from"),
    "length": N_("The texts have another length"),
    "disagree": N_("The teacher disagrees more often"),
    "audit": N_("In the blind audit more was wrong than promised"),
}
PAYERS = {
    CALLER: N_("whoever asks"),
    OWNER: N_("the task's owner"),
}
SHARES = frozenset({"fallback", "confidence", "far", "disagree", "audit"})


def percent(share: float, language: str, places: int = 1) -> str:
    """A share in percent."""
    return f"{number(share * 100, language, places)} %"


def checks(found: CheckList, language: str) -> tuple[CheckRow, ...]:
    """The list, line by line."""
    turn = translator(language)
    return tuple(
        CheckRow(turn(CHECKS[one.key]), one.ok, _why(one, language)) for one in found.checks
    )


def _why(one: Check, language: str) -> str:
    turn, counted, facts = translator(language), counter(language), one.facts
    if one.key == "verdict":
        if not one.ok:
            return turn(N_("There is no such verdict for this student."))
        return turn(N_("Gold version {version}: {verdict}")).format(
            version=facts["version"],
            verdict=headline(facts["verdict"], {"compared": {"more": 0}}, language)[0],
        )
    if one.key == "slices":
        return counted(
            "{count} protected group looked at",
            "{count} protected groups looked at",
            facts["count"],
        )
    if one.key == "calibration":
        if facts["ece"] is None:
            return turn(N_("No development texts are answered yet."))
        said = turn(N_("Confidence and truth differ by {gap} points on average, on {count} texts."))
        return said.format(
            gap=number(facts["ece"] * 100, language, 1), count=number(facts["items"], language)
        )
    if one.key == "threshold":
        if not one.ok:
            return turn(
                N_("The development texts bound no threshold: more of them, or a wider limit.")
            )
        return turn(N_("It answers from a confidence of {threshold} on.")).format(
            threshold=percent(facts["threshold"], language)
        )
    if one.key == "fallback":
        names = list(facts["teachers"]) + ([turn(N_("people"))] if facts["queue"] else [])
        return " → ".join(names) or turn(N_("nobody"))
    if one.key == "review":
        return day_text(int(facts["at"]), language)
    return ""


def bound(found: CheckList, language: str) -> str:
    """The sentence for the head of department."""
    one = found.chosen
    if one is None:
        return ""
    said = translator(language)(
        N_(
            "At {coverage} coverage at most {bound} of its answers are wrong, with 95 percent confidence "
            "({wrong} of {answered} development texts were wrong), as long as texts stay like these and "
            "this student was not chosen among many by this figure."
        )
    )
    return said.format(
        coverage=percent(one.coverage, language, 0),
        bound=percent(one.bound, language),
        wrong=number(one.wrong, language),
        answered=number(one.answered, language),
    )


def snippets(house: str, task: Task, language: str) -> tuple[tuple[str, str], ...]:
    """How programs ask: by curl, and with the client that most of them have; to be copied as they are.

    ``house`` is its address without a slash at the end.
    """
    text = translator(language)(N_("A text of this kind"))
    body = json.dumps({"text": text}, ensure_ascii=False).replace("'", "'\\''")
    curl = (
        f"curl {house}/v1/tasks/{task.name} \\\n"
        '  -H "Authorization: Bearer $HOUSE_KEY" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        f"  -d '{body}'"
    )
    python = (
        "import os\n"
        "from openai import OpenAI\n\n"
        "client = OpenAI(\n"
        f'    base_url="{house}/v1",\n'
        '    api_key=os.environ["HOUSE_KEY"],\n'
        ")\n"
        "reply = client.chat.completions.create(\n"
        f'    model="task/{task.name}",\n'
        f'    messages=[{{"role": "user", "content": {json.dumps(text, ensure_ascii=False)}}}],\n'
        ")\n"
        "print(reply.choices[0].message.content)"
    )
    return ("curl", curl), ("openai (Python)", python)


def facts(made: Deployment, health: Health, language: str) -> tuple[tuple[str, str], ...]:
    """The quiet line of what is in service."""
    turn, counted = translator(language), counter(language)
    chain = made.chain
    readers = (
        turn(N_("everyone in the house"))
        if chain.groups is None
        else turn(N_("members of the task"))
        if not chain.groups
        else counted("{count} group", "{count} groups", len(chain.groups))
    )
    names = [*chain.teachers, *([turn(N_("people"))] if chain.queue else [])]
    found = [
        (turn(N_("Answers a share of")), percent(made.share, language, 0)),
        (turn(N_("Answers from")), percent(made.threshold, language)),
        (turn(N_("Then")), " → ".join(names)),
        (turn(N_("Who may ask")), readers),
        (turn(N_("Answers")), number(health.answers, language)),
    ]
    if chain.teachers:
        found.insert(3, (turn(N_("Models after it are paid by")), turn(PAYERS[chain.payer])))
    if health.estimate is not None:
        found.append((turn(N_("Right, by its own confidence")), percent(health.estimate, language)))
    if health.shadow is not None:
        agreed, of = health.shadow
        said = f"{percent(agreed, language)} ({number(of, language)})"
        found.append((turn(N_("The teacher agrees")), said))
    if made.review_at:
        found.append((turn(N_("Review on")), day_text(made.review_at, language)))
    return tuple(found)


def exception(made: Deployment, language: str) -> str:
    """That it serves without a verdict, for ever."""
    found: Mapping[str, Any] | None = made.checks.get("exception")
    if not found:
        return ""
    turn = translator(language)
    names = "; ".join(turn(CHECKS[key]) for key in found["open"] if key in CHECKS)
    return turn(N_("In service by exception. Not fulfilled: {open}. Reason: {reason}")).format(
        open=names, reason=found["reason"]
    )


def template(made: Template, language: str) -> str:
    """Whose calls it answers in a model's place."""
    turn = translator(language)
    if made.released:
        return turn(N_("It answers everybody's calls with its prompt."))
    return turn(
        N_("It answers your own calls with its prompt; those of others wait for an administrator.")
    )


def alarms(alarm: Mapping[str, Any], language: str) -> tuple[str, ...]:
    """The signs of an alarm."""
    turn = translator(language)
    found = []
    for one in alarm.get("signs", ()):
        said = turn(SIGNS.get(one["key"], one["key"]))
        if one["key"] in SHARES:
            now, before = percent(one["now"], language), percent(one["before"], language)
            said += ": " + turn(N_("{now} instead of {before}")).format(now=now, before=before)
        elif one["key"] == "length":
            now, before = number(one["now"], language), number(one["before"], language)
            said += ": " + turn(N_("{now} instead of {before}")).format(now=now, before=before)
        found.append(said)
    if alarm.get("texts"):
        said = turn(N_("{count} texts that are alike and new stand on top of the queue."))
        found.append(said.format(count=number(alarm["texts"], language)))
    return tuple(found)


def standing(every: Sequence[Deployment], language: str) -> tuple[str, ...]:
    """The signs of all alarms that nobody has seen yet."""
    there = [one for one in every if one.state is not Stage.ENDED]
    return tuple(
        words for one in there for words in alarms(one.checks.get("alarm") or {}, language)
    )


def charts(health: Health, made: Deployment, language: str) -> tuple[Chart, ...]:
    """Fallback and confidence by day, and the blind audit by week."""
    found = []
    turn = translator(language)
    if health.days:
        found.append(_fallback(health, language))
        if len(health.days) > 1:  # one day is no line
            found.append(_confidence(health, language))
    if health.weeks:
        found.append(_audit(health, made, language))
    elif health.answers:
        found.append(
            Chart(
                f"audit-{made.number}",
                turn(N_("Blind audit")),
                lines(turn(N_("Blind audit")), (), top="10 %", right="", mark=None),
                turn(
                    N_(
                        "One answer in a hundred, and thirty a week at least, is drawn for people. "
                        "Nobody has answered one yet."
                    )
                ),
                (),
                (),
            )
        )
    return tuple(found)


def _fallback(health: Health, language: str) -> Chart:
    turn = translator(language)
    title = turn(N_("Left to others, by day"))
    most = max(0.1, *(one.left for one in health.days))
    drawn = columns(
        title,
        [
            Bar(day_text(one.at, language), one.left, percent(one.left, language))
            for one in health.days
        ],
        percent(most, language, 0),
        every=max(5, len(health.days) // 2),
    )
    heads = (turn(N_("Day")), turn(N_("Answers")), turn(N_("Left to others")))
    rows = tuple(
        (day_text(one.at, language), number(one.answers, language), percent(one.left, language))
        for one in health.days
    )
    return Chart("fallback", title, drawn, "", heads, rows)


def _confidence(health: Health, language: str) -> Chart:
    turn = translator(language)
    title = turn(N_("Mean confidence, by day"))
    last = max(1, len(health.days) - 1)
    points = tuple((at / last, one.confidence) for at, one in enumerate(health.days))
    drawn = lines(title, (Stroke(title, "accent", points),), top="100 %", right="", mark=None)
    rows = tuple(
        (day_text(one.at, language), percent(one.confidence, language)) for one in health.days
    )
    return Chart(
        "confidence", title, drawn, "", (turn(N_("Day")), turn(N_("Mean confidence"))), rows
    )


def _within(interval: Interval | None, language: str) -> str:
    if interval is None:
        return ""
    said = translator(language)(N_("{low} to {high}"))
    return said.format(low=percent(interval.low, language), high=percent(interval.high, language))


def _audit(health: Health, made: Deployment, language: str) -> Chart:
    turn = translator(language)
    title = turn(N_("Blind audit, by week: share that was wrong, with exact 95 percent bounds"))
    known = [one for one in health.weeks if one.interval is not None]
    last = max(1, len(known) - 1)
    most = max((one.interval.high for one in known if one.interval), default=1.0) or 1.0

    def stroke(name: str, tone: str, which: str) -> Stroke:
        points = tuple(
            (at / last, getattr(one.interval, which) / most) for at, one in enumerate(known)
        )
        return Stroke(name, tone, points)

    drawn = lines(
        title,
        (
            stroke(turn(N_("wrong")), "", "estimate"),
            stroke(turn(N_("at least")), "eu", "low"),
            stroke(turn(N_("at most")), "eu", "high"),
        ),
        top=percent(most, language, 0),
        right="",
        mark=None,
    )
    rows = tuple(
        (
            day_text(one.at, language),
            number(one.of, language),
            number(one.wrong, language),
            _within(one.interval, language),
        )
        for one in health.weeks
    )
    heads = (turn(N_("Week")), turn(N_("Answered")), turn(N_("Wrong")), turn(N_("95 percent")))
    return Chart(f"audit-{made.number}", title, drawn, "", heads, rows)
