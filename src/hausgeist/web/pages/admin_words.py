# SPDX-License-Identifier: EUPL-1.2
"""``/admin/words``: the organisation's own words, which are always or never hidden before a text leaves.

The only place that shows the words themselves; the trail tells how many of which kind.
"""

from starlette.responses import Response

from hausgeist.core.findings import Kind
from hausgeist.errors import N_, BadRequest, HausgeistError, InvalidField
from hausgeist.gateway.privacy.own_words import KINDS, PASTE_MOST, Added, OwnWord
from hausgeist.locale import translator
from hausgeist.web.contexts.admin_words import WordFilter, WordRow, WordsPage
from hausgeist.web.forms import FORM_MOST, Form, read_form
from hausgeist.web.moments import day_text
from hausgeist.web.pages.admin import admin_get, admin_post, tabs
from hausgeist.web.pages.paging import COUNT, pager, wanted_page
from hausgeist.web.rendering import go, page, shell
from hausgeist.web.visit import Visit

KIND_WORDS = {
    Kind.OWN: N_("something of the house"),
    Kind.PERSON: N_("a person"),
    Kind.ADDRESS: N_("an address"),
    Kind.FILE_NUMBER: N_("a file number"),
    Kind.ACCOUNT: N_("an account or customer number"),
    Kind.PHONE: N_("a telephone number"),
    Kind.EMAIL: N_("an e-mail address"),
}
WAYS = {"always": True, "never": False}
LIST_MOST = 3 * PASTE_MOST
"""Bytes of a form with a list."""


async def show(visit: Visit) -> Response:
    """``GET /admin/words`` with ``q``, ``kind``, ``way`` and ``page``."""
    return await _words_page(visit)


async def add(visit: Visit) -> Response:
    """``POST /admin/words``: one word, or a list with a value a line."""
    form = await read_form(visit)
    verbs, me = visit.house.own_words, visit.principal.id
    try:
        kind, hide = _kind(form), form.text("way", "always") != "never"
        pasted = form.exact("list", "", most=PASTE_MOST)
        if pasted.strip():
            added = await verbs.import_(pasted, kind, me, hide=hide)
        else:
            word = OwnWord(kind, form.text("value", ""), hide, form.ticked("pattern"))
            added = await verbs.add(word, me)
    except BadRequest as error:
        return await _words_page(visit, form=form, error=error)
    return go(f"/admin/words?done={_code(added)}")


async def remove(visit: Visit) -> Response:
    """``POST /admin/words/delete``: those that are ticked."""
    form = await read_form(visit)
    count = await visit.house.own_words.remove(form.many("id"), visit.principal.id)
    return go(f"/admin/words?done=deleted-{count}")


def _kind(form: Form) -> Kind:
    try:
        return Kind(form.text("kind", Kind.OWN.value))
    except ValueError:
        raise InvalidField(
            field="kind", reason=N_("use one of those on the page"), param="kind"
        ) from None


def _code(added: Added) -> str:
    return f"added-{added.added}-{added.known}"


def _done(visit: Visit, language: str) -> str:
    """What was just done, from the address: a word and its numbers."""
    what, *numbers = visit.query_params.get("done", "").split("-")
    if not numbers or not all(one.isascii() and one.isdigit() for one in numbers):
        return ""
    turn = translator(language)
    if what == "added" and len(numbers) == 2:
        return turn(N_("{added} added; {known} were there already.")).format(
            added=numbers[0], known=numbers[1]
        )
    return turn(N_("{count} deleted.")).format(count=numbers[0]) if what == "deleted" else ""


def _chosen(visit: Visit) -> WordFilter:
    asked = visit.query_params
    kind, way = asked.get("kind", ""), asked.get("way", "")
    return WordFilter(
        words=asked.get("q", "").replace("\x00", "").strip()[:200],
        kind=kind if kind in set(KINDS) else "",
        way=way if way in WAYS else "",
    )


async def _words_page(
    visit: Visit, *, form: Form | None = None, error: HausgeistError | None = None
) -> Response:
    house = visit.house
    frame = await shell(visit, N_("Own words"), "admin")
    language, turn = frame.language, translator(frame.language)
    chosen, number = _chosen(visit), wanted_page(visit)
    found, total = await house.own_words.list(
        chosen.words,
        chosen.kind,
        hide=WAYS.get(chosen.way),
        offset=(number - 1) * COUNT,
        count=COUNT,
    )
    kept = {"q": chosen.words, "kind": chosen.kind, "way": chosen.way}
    health = house.gateway.border.examiner.health
    if health.up:
        detectors = turn(N_("The detectors are running."))
    elif health.failures:
        detectors = turn(
            N_(
                "The detectors are down ({reason}). What would have to be examined stays in the house."
            )
        ).format(reason=health.reason)
    else:
        detectors = turn(N_("The detectors start with the first text that is to leave the house."))
    context = WordsPage(
        shell=frame,
        tabs=tabs(language),
        rows=tuple(
            WordRow(
                id=one.id,
                value=one.value,
                kind=turn(KIND_WORDS[one.kind]),
                hide=one.hide,
                pattern=one.pattern,
                added=day_text(one.created_at, language),
            )
            for one in found
        ),
        pager=pager(
            "/admin/words", kept, number=number, total=total, shown=len(found), language=language
        ),
        chosen=chosen,
        kinds=tuple((kind.value, turn(words)) for kind, words in KIND_WORDS.items()),
        detectors=detectors,
        down=bool(health.failures) and not health.up,
        value=form.exact("value", "", most=PASTE_MOST)[:300] if form is not None else "",
        list=form.exact("list", "", most=LIST_MOST)[:PASTE_MOST] if form is not None else "",
        done=_done(visit, language),
        error=error.say(turn) if error is not None else "",
    )
    status = error.status if error is not None else 200
    return page(visit, "admin_words.html", context, status=status)


ROUTES = [
    admin_get("/admin/words", show, "The organisation's own words"),
    admin_post("/admin/words", add, "Add own words", LIST_MOST),
    admin_post("/admin/words/delete", remove, "Delete own words", FORM_MOST),
]
