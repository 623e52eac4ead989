# SPDX-License-Identifier: EUPL-1.2
"""``/receipts``: whether a receipt of an erasure is this house's, and unchanged.

A receipt is shown once and handed back as a file; the house keeps none.
"""

from collections.abc import Mapping

from starlette.responses import Response

from hausgeist.errors import N_, BadUpload
from hausgeist.locale import translator
from hausgeist.people import KEPT, STORES, Receipt, as_text
from hausgeist.web.contexts.my_data import ReceiptPage
from hausgeist.web.contexts.shell import Shell
from hausgeist.web.forms import FORM_MOST, read_form
from hausgeist.web.rendering import page, shell
from hausgeist.web.routes import Who, page_get, page_post
from hausgeist.web.visit import Visit

EVENTS = N_("Entries of the audit trail (their content)")


async def show_check(visit: Visit) -> Response:
    """``GET /receipts``: the house's public key, and a form to have a receipt checked."""
    frame = await shell(visit, N_("Check a receipt"))
    key = visit.house.lifecycle.receipts.public_key()
    return page(visit, "receipt.html", ReceiptPage(shell=frame, public_key=key))


async def check(visit: Visit) -> Response:
    """``POST /receipts``: whether a receipt is this house's, unchanged; nothing is kept of it."""
    form = await read_form(visit)
    frame = await shell(visit, N_("Check a receipt"))
    signer = visit.house.lifecycle.receipts
    try:
        found = signer.verified(form.exact("receipt", "", most=FORM_MOST))
    except BadUpload as error:
        context = ReceiptPage(
            shell=frame,
            public_key=signer.public_key(),
            error=error.say(translator(frame.language)),
        )
        return page(visit, "receipt.html", context, status=error.status)
    return page(visit, "receipt.html", receipt_page(frame, found, is_new=False))


async def download(visit: Visit) -> Response:
    """``POST /receipts/file``: a receipt of this house as a file; none other is handed back."""
    form = await read_form(visit)
    text = form.exact("receipt", "", most=FORM_MOST)
    receipt = visit.house.lifecycle.receipts.verified(text)
    return Response(
        text.replace("\r\n", "\n"),
        media_type="application/json",
        headers={
            "Content-Disposition": f'attachment; filename="erasure-{_slug(receipt)}.json"',
            "Cache-Control": "no-store",
        },
    )


def counted(erased: Mapping[str, int], language: str) -> tuple[tuple[str, int], ...]:
    """What was erased by store, in the reader's language, and how many of each."""
    turn = translator(language)
    titles = {store.name: store.title for store in STORES} | {"events": EVENTS}
    return tuple((turn(titles.get(name, name)), count) for name, count in erased.items())


def receipt_page(
    frame: Shell, receipt: Receipt, *, is_new: bool, of_another: bool = False
) -> ReceiptPage:
    """A receipt in the reader's language; ``of_another``: an administrator is to hand it on."""
    turn = translator(frame.language)
    kept = []
    for one in receipt["kept"]:
        words = turn(KEPT.get(one["what"], one["why"]))
        kept.append(f"{words} ({one['count']})" if one.get("count") else words)
    return ReceiptPage(
        shell=frame,
        login=receipt["account"],
        organisation=receipt["organisation"],
        at=str(receipt["at"]).replace("T", " ").replace("Z", " UTC"),
        rows=counted(receipt["erased"], frame.language),
        kept=tuple(kept),
        text=as_text(receipt) if is_new else "",
        is_new=is_new,
        of_another=of_another,
    )


def _slug(receipt: Receipt) -> str:
    return str(receipt["id"])[:8]


ROUTES = [
    page_get("/receipts", show_check, "Check the receipt of an erasure: form", Who.ANYONE),
    page_post("/receipts", check, "Check the receipt of an erasure", 4 * FORM_MOST, Who.ANYONE),
    page_post(
        "/receipts/file", download, "The receipt of an erasure as a file", 4 * FORM_MOST, Who.ANYONE
    ),
]
