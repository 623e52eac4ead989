# SPDX-License-Identifier: EUPL-1.2
"""``/c/preview``: what of a question would leave, before it does; as a page, or as a fragment for scripts.

Forms as the composer sends them flow in; nothing is stored or sent. What people say of passages comes
along in the form each time, and goes with the question when it is sent.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import msgspec
from starlette.responses import Response

from hausgeist.chat import Leaving, Seen
from hausgeist.chat.labels import KINDS
from hausgeist.chat.leaving import hidden_in, place
from hausgeist.core.findings import Kind
from hausgeist.core.labels import Zone
from hausgeist.core.messages import Image, Message, Part, Text
from hausgeist.core.policy import Decision, Verdict
from hausgeist.core.preview import Masked
from hausgeist.errors import N_, HausgeistError
from hausgeist.locale import translator
from hausgeist.web.amounts import number
from hausgeist.web.contexts.border import (
    Entity,
    Fields,
    HiddenPart,
    PreviewPage,
    Sheet,
    SheetPart,
    SheetText,
    TextPart,
)
from hausgeist.web.forms import Form, read_form
from hausgeist.web.pages import chat, chat_live
from hausgeist.web.pages.chat_views import decided_view, kinds_line, model_name
from hausgeist.web.pages.leaving import fields_of, leaving_of
from hausgeist.web.rendering import language_for, page, render, shell
from hausgeist.web.reply import JSONBytes
from hausgeist.web.routes import page_post
from hausgeist.web.visit import Visit

CARRIED = (
    "text",
    "model",
    "against",
    "class",
    "class_was",
    "parent",
    "file",
    "assistant",
    "edit",
)
"""Fields of the composer that a page takes along."""

_FILE = re.compile(r'<file name="([^"]*)"')
_BREAK = re.compile(r"\S")
_encode = msgspec.json.Encoder().encode


async def show(visit: Visit) -> Response:
    """``POST /c/preview`` and ``POST /c/{conversation_id}/preview``; ``back`` leads to the composer."""
    form = await read_form(visit)
    if form.ticked("back"):
        return await chat.show_form(visit, form)
    if form.ticked("part"):
        return await _part(visit, form)
    question = chat_live.question_of(visit, form)
    try:
        seen = await visit.house.chat.preview(visit.principal, question)
    except chat.WORTH_ANOTHER_TRY as error:
        return await chat.show_form(visit, form, error)
    talk_id = visit.path_params.get("conversation_id", "")
    action = f"/c/{talk_id}" if talk_id else "/c"
    return await preview_of(
        visit,
        seen,
        question.leaving,
        action=action,
        again=f"{action}/preview",
        fields=_carried(form),
    )


async def _part(visit: Visit, form: Form) -> Response:
    """For scripts; an error as a sentence, too."""
    try:
        question = chat_live.question_of(visit, form)
        seen = await visit.house.chat.preview(visit.principal, question)
    except HausgeistError as error:
        return chat_live.worded(visit, error)
    return await preview_of(visit, seen, question.leaving)


async def preview_of(
    visit: Visit,
    seen: Sequence[Seen],
    leaving: Leaving,
    *,
    action: str = "",
    again: str = "",
    fields: Fields = (),
) -> Response:
    """What was seen, as a page; without an ``action``, for scripts: the fragment and what the Ampel says."""
    language = language_for(visit)
    context = PreviewPage(
        shell=await shell(visit, N_("What leaves"), "chat") if action else None,
        action=action,
        again=again,
        sheets=sheets_of(visit, seen, leaving, language),
        fields=fields,
        corrected=tuple((one.value, one.hide) for one in leaving.corrections),
    )
    if context.shell is not None:
        return page(visit, "chat_preview.html", context)
    body = {"html": render(language, "parts/preview.html", context)}
    if context.sheets:
        first, *others = context.sheets
        view = replace(
            first.ampel,
            more=tuple(one.ampel for one in others),
            refused=any(one.ampel.refused for one in context.sheets),
        )
        body["ampel"] = render(language, "parts/ampel.html", view)
    return JSONBytes(_encode(body), headers={"Cache-Control": "no-store"})


def sheets_of(
    visit: Visit, seen: Sequence[Seen], leaving: Leaving, language: str
) -> tuple[Sheet, ...]:
    """What would leave, model by model; models to which the same goes share a sheet."""
    sheets: list[Sheet] = []
    for one in seen:
        sheet = _sheet(visit, one, leaving, language)
        for at, other in enumerate(sheets):
            if replace(other, models=sheet.models) == sheet:
                sheets[at] = replace(other, models=f"{other.models}, {sheet.models}")
                break
        else:
            sheets.append(sheet)
    return tuple(sheets)


def _sheet(visit: Visit, seen: Seen, leaving: Leaving, language: str) -> Sheet:
    turn = translator(language)
    decision, call = seen.preview.decision, seen.call
    counts: Counter[str] = Counter(hidden_in(seen.preview))
    ampel = decided_view(visit, call.model, decision, counts, language)
    name = model_name(visit, call.model)
    hidden = {one.text: one for one in seen.preview.hidden}
    if decision.verdict is Verdict.REFUSE:
        line = turn(N_("This is not sent to {model}.")).format(model=name)
        if counts:
            found = turn(N_("Found in it: {kinds}. What is no such thing you can say below."))
            line = f"{line} {found.format(kinds=kinds_line(counts, language))}"
        return Sheet(
            kind="refused",
            ampel=ampel,
            models=name,
            line=line,
            entities=_entities(call.messages, hidden, leaving, language),
            texts=tuple(_texts(call.messages, hidden, language)) if counts else (),
        )
    inside = bool(decision.models) and decision.models[0].zone is Zone.HOUSE
    if inside:
        line = turn(N_("This stays in the house: nothing is hidden, because nothing leaves."))
        return Sheet(kind="stays", ampel=ampel, models=name, line=line)
    line = turn(N_("This leaves as it stands below; nothing in it is hidden."))
    if counts:
        line = turn(N_("Hidden: {kinds}. The rest leaves as it stands below."))
        line = line.format(kinds=kinds_line(counts, language))
    return Sheet(
        kind="asks" if decision.verdict is Verdict.ASK else "leaves",
        ampel=ampel,
        models=name,
        line=line,
        agree=_agreed(decision),
        entities=_entities(call.messages, hidden, leaving, language),
        texts=tuple(_texts(call.messages, hidden, language)),
    )


def _agreed(decision: Decision) -> str:
    """What one agrees to where the rule asks."""
    if decision.verdict is not Verdict.ASK:
        return ""
    card = decision.models[0]
    return place(card.provider, card.zone, decision.data_class.word)


def _entities(
    messages: Sequence[Message], hidden: dict[str, Masked], leaving: Leaving, language: str
) -> tuple[Entity, ...]:
    """What is hidden, each thing once, in the order in which it comes first.

    What the person wanted left as it is, and is hidden all the same, is known from something certain.
    """
    plain = {one.value for one in leaving.corrections if not one.hide}
    turn = translator(language)
    found: dict[tuple[str, str], tuple[Kind, bool, int]] = {}
    for part in (part for message in messages for part in message.parts):
        masked = hidden.get(part.text) if isinstance(part, Text) else None
        for span in masked.spans if masked else ():
            key = (span.token, " ".join(span.value.split()))
            times = found[key][2] if key in found else 0
            found[key] = (span.kind, span.certain, times + 1)
    no_name, no_secret = turn(N_("Not a name")), turn(N_("Do not hide"))
    once, often = turn(N_("once")), turn(N_("{count} times"))
    return tuple(
        Entity(
            token=token,
            value=value,
            kind=_kind(kind, language),
            times=once if times == 1 else often.format(count=number(times, language)),
            undo="" if certain or value in plain else no_name if kind is Kind.PERSON else no_secret,
        )
        for (token, value), (kind, certain, times) in found.items()
    )


def _texts(
    messages: Sequence[Message], hidden: dict[str, Masked], language: str
) -> Iterator[SheetText]:
    """Every text that leaves, in order."""
    turn = translator(language)
    for at, message in enumerate(messages):
        last = at == len(messages) - 1
        for part in message.parts:
            if isinstance(part, Image):
                note = turn(N_("It leaves as it is: nothing in a picture can be hidden."))
                yield SheetText(label=turn(N_("A picture")), parts=(), note=note, open=last)
            elif isinstance(part, Text) and _BREAK.search(part.text):
                masked = hidden.get(part.text, Masked(part.text))
                counts = Counter(span.kind.value for span in masked.spans)
                yield SheetText(
                    label=_label(message, part, language, last=last),
                    parts=tuple(_parts(masked, language)),
                    note=kinds_line(counts, language) if counts else turn(N_("nothing hidden")),
                    open=last,
                )


def _parts(masked: Masked, language: str) -> Iterator[SheetPart]:
    at = 0
    for span in masked.spans:
        if span.start > at:
            yield TextPart(text=masked.text[at : span.start])
        yield HiddenPart(
            token=span.token,
            value=span.value,
            kind=_kind(span.kind, language),
            certain=span.certain,
        )
        at = span.end
    if at < len(masked.text):
        yield TextPart(text=masked.text[at:])


def _label(message: Message, part: Part, language: str, *, last: bool) -> str:
    turn = translator(language)
    found = _FILE.match(part.text) if isinstance(part, Text) else None
    if found is not None:
        return turn(N_("File “{name}”")).format(name=found[1])
    if message.role == "system":
        return turn(N_("Instructions of the assistant"))
    if message.role == "assistant":
        return turn(N_("An earlier answer"))
    return turn(N_("Your question") if last else N_("An earlier question"))


def _kind(kind: Kind, language: str) -> str:
    """A kind without a number."""
    return translator(language)(KINDS[kind][0]).format(count="").strip()


def _carried(form: Form) -> Fields:
    """What the page takes along of the composer; corrections are shown, and stand in the page."""
    fields = []
    for name in CARRIED:
        if name == "text":
            fields.append((name, form.exact("text", "", most=chat_live.TEXT_MOST)))
        else:
            fields += [(name, value) for value in form.many(name)]
    return (*fields, *fields_of(leaving_of(form)))


ROUTES = [
    page_post("/c/preview", show, "What of a question would leave", chat_live.BODY_MOST),
    page_post(
        "/c/{conversation_id}/preview",
        show,
        "What of a question in a conversation would leave",
        chat_live.BODY_MOST,
    ),
]
