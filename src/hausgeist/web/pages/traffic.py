# SPDX-License-Identifier: EUPL-1.2
"""``/tasks/traffic``: prompts that programs send again and again, and the tasks that could be made of them.

A person sees those of their own keys, an administrator also those of services. No text is shown.
"""

from starlette.responses import Response

from hausgeist.chat.labels import CLASSES
from hausgeist.core.answer_shapes import Why
from hausgeist.core.tasks import TaskKind
from hausgeist.errors import N_, BadRequest, HausgeistError, NotFound
from hausgeist.locale import counter, translator
from hausgeist.web.amounts import euros, number
from hausgeist.web.contexts.traffic import CandidateCard, TrafficPage
from hausgeist.web.forms import read_form
from hausgeist.web.moments import day_text
from hausgeist.web.pages.task_words import KIND_WORDS
from hausgeist.web.rendering import go, page, shell
from hausgeist.web.routes import page_get, page_post
from hausgeist.web.visit import Visit
from hausgeist.workbench.candidates import Candidate

VALUES_SHOWN = 12
CENT = 10_000
"""Micro-EUR."""
KWH = 1_000_000
"""Milliwatt hours."""
WHY: dict[Why, str] = {
    "few": N_("Too few calls yet to tell: it takes twenty."),
    "same": N_("Not a candidate: nothing differs from call to call."),
    "prose": N_("Not a candidate: its answers are free text."),
    "mixed": N_("Not a candidate: its answers are nearly always different."),
}


async def show(visit: Visit) -> Response:
    """``GET /tasks/traffic``."""
    return await _traffic_page(visit)


async def make(visit: Visit) -> Response:
    """``POST /tasks/traffic/{template_id}``: a task of a prompt, owned by the visitor."""
    form = await read_form(visit)
    template_id = str(visit.path_params["template_id"])
    who, candidates = visit.principal, visit.house.bench.candidates
    owner: str | None = who.id
    try:
        await candidates.one(who.id, template_id)
    except NotFound:
        if not who.is_admin:
            raise
        owner = None
    try:
        made = await candidates.make(owner, template_id, form.text("title", "", most=200), who.id)
    except BadRequest as error:
        return await _traffic_page(visit, error)
    return go(f"/tasks/{made.task.id}")


async def _traffic_page(visit: Visit, error: HausgeistError | None = None) -> Response:
    frame = await shell(visit, N_("Tasks from calls"), "tasks")
    who, candidates = visit.principal, visit.house.bench.candidates
    found = [(one, False) for one in await candidates.listed(who.id)]
    keys = await candidates.keys(who.id)
    if who.is_admin:
        found += [(one, True) for one in await candidates.listed(None)]
        keys += await candidates.keys(None)
    found.sort(key=lambda pair: (pair[0].shape.kind is None, -(pair[0].micro_eur or 0)))
    mine = {task.id for task in await visit.house.bench.tasks.of(who.id)}
    context = TrafficPage(
        shell=frame,
        candidates=tuple(
            _card(one, frame.language, service=service, mine=one.task_id in mine)
            for one, service in found
        ),
        keys=tuple((name, day_text(since, frame.language)) for name, since in keys),
        administers=who.is_admin,
        days=visit.house.settings.traffic_days,
        error=error.say(translator(frame.language)) if error else "",
    )
    return page(visit, "traffic.html", context, status=error.status if error else 200)


def _card(one: Candidate, language: str, *, service: bool, mine: bool) -> CandidateCard:
    turn, counted = translator(language), counter(language)
    shape, prompt = one.shape, one.prompt
    values = [(value, number(count, language)) for value, count in shape.values]
    fields = [(name, "") for name in shape.fields]
    shown = values[:VALUES_SHOWN] or fields[:VALUES_SHOWN]
    frame = prompt.frame
    return CandidateCard(
        id=one.id,
        key=one.key_name,
        model=one.model,
        service=service,
        ran=counted(
            "This prompt ran {count} time since {day}.",
            "This prompt ran {count} times since {day}.",
            number(one.calls, language),
            day=day_text(one.since, language),
        ),
        answers=_answers(one, language),
        saves=tuple(_saves(one, language)),
        why="" if shape.kind else turn(WHY.get(shape.why, WHY["mixed"])),
        kind=turn(KIND_WORDS[shape.kind]) if shape.kind else "",
        data_class=turn(CLASSES[one.data_class]),
        system=prompt.system,
        before="" if frame.whole else frame.prefix,
        after="" if frame.whole else frame.suffix,
        schema=bool(prompt.schema),
        values=tuple(shown),
        more_values=len(values or fields) - len(shown),
        note=turn(
            N_(
                "The provider's terms forbid training with its answers: the task gets the texts alone."
            )
        )
        if one.terms == "no"
        else "",
        stays=""
        if prompt.exact
        else turn(
            N_(
                "Nothing certain stays the same in it, so a small model can be asked by the task's name, "
                "but cannot answer in the model's place by itself."
            )
        ),
        title=_title(one, language),
        task=f"/tasks/{one.task_id}" if one.task_id and mine else "",
    )


def _answers(one: Candidate, language: str) -> str:
    turn = translator(language)
    count = number(len(one.shape.values), language)
    seen = number(one.shape.seen, language)
    if one.shape.kind is TaskKind.RECORD:
        words = turn(N_("Its answers have {count} fields (in {seen} samples)."))
        return words.format(count=number(len(one.shape.fields), language), seen=seen)
    if one.shape.kind is TaskKind.SPANS:
        words = turn(N_("Its answers mark passages with {count} labels (in {seen} samples)."))
        return words.format(count=count, seen=seen)
    if one.shape.kind is not None:
        words = turn(N_("Its answers fall into {count} values (in {seen} samples)."))
        return words.format(count=count, seen=seen)
    if not one.samples:
        return ""
    words = turn(N_("{count} different answers in {seen} samples."))
    return words.format(count=number(one.different, language), seen=number(one.samples, language))


def _saves(one: Candidate, language: str) -> list[str]:
    turn, found = translator(language), []
    if one.micro_eur is None:
        found.append(turn(N_("Nobody has entered a price for this model.")))
    elif one.micro_eur >= CENT:
        words = turn(N_("About {amount} a month at this pace."))
        found.append(words.format(amount=euros(one.micro_eur, language)))
    else:
        found.append(turn(N_("Less than a cent a month at this pace.")))
    if one.partly:
        found.append(turn(N_("The price of some calls is unknown and not in it.")))
    if one.energy_mwh is not None:
        kwh = one.energy_mwh / KWH
        places = 0 if kwh >= 10 else 2 if kwh >= 0.01 else 4
        words = turn(N_("About {kwh} kWh a month."))
        found.append(words.format(kwh=number(kwh, language, places)))
    return found


def _title(one: Candidate, language: str) -> str:
    """A title to begin with: the first words of the instructions."""
    words = " ".join((one.prompt.system or one.prompt.prefix).split())
    if not words or len(words) > 60:
        words = translator(language)(N_("From calls: {name}")).format(name=one.key_name)
    return words[:100]


ROUTES = [
    page_get("/tasks/traffic", show, "Prompts that could become tasks"),
    page_post("/tasks/traffic/{template_id}", make, "Make a task of a prompt"),
]
