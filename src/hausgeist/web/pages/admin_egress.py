# SPDX-License-Identifier: EUPL-1.2
"""``/admin/egress``: what left the house, whether that is all, and reports of it. For all who oversee.

No person, no group and no key is on these pages: the rows they show do not know them.
"""

import json
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

from hausgeist.chat.labels import ZONES
from hausgeist.core.months import month_of, span_of
from hausgeist.errors import N_
from hausgeist.gateway.egress import Compared, Flight, allowed, asked_span, compared
from hausgeist.jobs.confined import confined
from hausgeist.locale import translator
from hausgeist.render import render_blocks
from hausgeist.store import departures
from hausgeist.web.amounts import number, size
from hausgeist.web.contexts.admin_egress import (
    AllowRow,
    DepartureRow,
    EgressPage,
    EgressReportPage,
    FlightRow,
    PlaceRow,
    State,
)
from hausgeist.web.moments import moment_text, month_words
from hausgeist.web.pages import egress_words as words
from hausgeist.web.pages.admin import overseer_get, tabs
from hausgeist.web.pages.paging import COUNT, pager, wanted_page
from hausgeist.web.rendering import go, page, shell
from hausgeist.web.routes import Who, page_post
from hausgeist.web.visit import Visit

FLIGHTS = 24
PDF_SECONDS = 60.0
PDF_MEGABYTES = 1024
_GOOD, _BAD = N_("agrees"), N_("alarm")


async def show(visit: Visit) -> Response:
    """``GET /admin/egress`` with ``month``, ``host``, ``zone``, ``outcome`` and ``page``."""
    house = visit.house
    frame = await shell(visit, N_("Egress"), "admin")
    language, turn = frame.language, translator(frame.language)
    now = month_of(house.now_ms())
    month = visit.query_params.get("month", "") or now
    since, until = asked_span(month)
    chosen = _chosen(visit)
    whole = departures.Wanted(since=since, until=until)
    wanted = departures.Wanted(
        since=since,
        until=until,
        host=chosen["host"],
        zone="" if chosen["zone"] == "unknown" else chosen["zone"] or None,
        outcome=chosen["outcome"],
    )
    at = wanted_page(visit)

    def read(connection: Any) -> tuple[Any, ...]:
        return (
            departures.sums(connection, whole),
            departures.hidden(connection, whole),
            departures.page(connection, wanted, (at - 1) * COUNT, COUNT),
            departures.hosts(connection, whole),
            departures.first_at(connection),
        )

    sums, hidden, (rows, total), hosts, first = await house.store.read(read)
    found = await compared(house.store, since, until)
    flights = await house.proof.canary.flights(FLIGHTS)
    context = EgressPage(
        shell=frame,
        tabs=tabs(language, administers=visit.principal.is_admin),
        month=month,
        month_words=month_words(month, language),
        months=tuple((one, month_words(one, language)) for one in _months(now, first, month)),
        running=month == now,
        silent=not sums,
        totals=_totals(sums, language),
        states=(
            _comparison(found, turn, language),
            _canary(flights, visit, turn, language),
            _kernel(visit, turn, language),
        ),
        places=_places(sums, language),
        hidden=words.hidden_words(hidden, turn),
        rows=tuple(_row(row, language) for row in rows),
        pager=pager(
            "/admin/egress",
            {"month": month, **chosen},
            number=at,
            total=total,
            shown=len(rows),
            language=language,
        ),
        zones=(
            *((zone.value, turn(text)) for zone, text in ZONES.items() if zone != "house"),
            ("unknown", turn(N_("unknown"))),
        ),
        outcomes=tuple((code, turn(text)) for code, text in words.OUTCOMES.items()),
        hosts=tuple(hosts),
        chosen_host=chosen["host"],
        chosen_zone=chosen["zone"],
        chosen_outcome=chosen["outcome"],
        flights=tuple(_flight(one, language) for one in flights),
        reports=tuple(
            (name, month_words(name, language), moment_text(made, language))
            for name, made in await house.proof.reports.months()
        ),
        allowed=tuple(_allowed(one, turn) for one in allowed(house.outbound.allow)),
        public_key=house.proof.reports.public_key(),
        misses=tuple(turn(text) for text in words.MISSES),
        done=_done(visit, flights, turn),
    )
    return page(visit, "admin_egress.html", context)


async def fly(visit: Visit) -> Response:
    """``POST /admin/egress/canary``: send the canary through the border now."""
    await visit.house.proof.canary.fly()
    return go("/admin/egress?done=flown")


async def report(visit: Visit) -> Response:
    """``GET /admin/egress/report`` with ``month``: a report as people read it."""
    signed = await visit.house.proof.reports.of(_month(visit))
    frame = await shell(visit, N_("Report on what left the house"), "admin")
    text = words.markdown(json.loads(signed.body), frame.language).replace("\n## ", "\n# ")
    context = EgressReportPage(
        shell=frame,
        tabs=tabs(frame.language, administers=visit.principal.is_admin),
        month=signed.month,
        month_words=month_words(signed.month, frame.language),
        provisional=signed.provisional,
        html="".join(render_blocks(text, frame.language)),
    )
    return page(visit, "admin_egress_report.html", context)


async def report_json(visit: Visit) -> Response:
    """``GET /admin/egress/report.json`` with ``month``: the signed file."""
    signed = await visit.house.proof.reports.of(_month(visit))
    return _file(signed.text.encode(), "application/json", f"egress-{signed.month}.json")


async def report_pdf(visit: Visit) -> Response:
    """``GET /admin/egress/report.pdf`` with ``month``: the report on paper."""
    signed = await visit.house.proof.reports.of(_month(visit))
    frame = await shell(visit, N_("Report on what left the house"), "admin")
    content = await confined(
        "hausgeist.chat.exports.pdf",
        "pdf",
        msgspec.json.encode(words.letter(json.loads(signed.body), frame.language)),
        seconds=PDF_SECONDS,
        megabytes=PDF_MEGABYTES,
        whose=visit.principal.id,
    )
    return _file(content, "application/pdf", f"egress-{signed.month}.pdf")


def _file(content: bytes, media: str, name: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    return Response(content, media_type=media, headers=headers)


def _month(visit: Visit) -> str:
    return visit.query_params.get("month", "") or month_of(visit.house.now_ms())


def _chosen(visit: Visit) -> dict[str, str]:
    asked = visit.query_params
    zone, outcome = asked.get("zone", ""), asked.get("outcome", "")
    return {
        "host": asked.get("host", "").replace("\x00", "")[:253],
        "zone": zone if zone in {"eu", "world", "unknown"} else "",
        "outcome": outcome if outcome in words.OUTCOMES else "",
    }


def _months(now: str, first: int | None, shown: str) -> tuple[str, ...]:
    """The months since the first that has anything, the newest first; the one that is shown among them."""
    found, month = [now], now
    while first is not None and month > month_of(first) and len(found) < 36:
        month = month_of(span_of(month)[0] - 1)
        found.append(month)
    return tuple(sorted({*found, shown}, reverse=True))


def _totals(sums: list[dict[str, Any]], language: str) -> str:
    text = translator(language)(N_("{count} requests, {sent} out, {received} in"))
    return text.format(
        count=number(sum(row["count"] for row in sums), language),
        sent=size(sum(row["bytes_out"] for row in sums), language),
        received=size(sum(row["bytes_in"] for row in sums), language),
    )


def _places(sums: list[dict[str, Any]], language: str) -> tuple[PlaceRow, ...]:
    """One line per host, zone, class and model, the largest first."""
    turn = translator(language)
    most = max((row["bytes_out"] for row in sums), default=0)
    return tuple(
        PlaceRow(
            host=f"{row['host']}:{row['port']}",
            zone=row["zone"],
            zone_words=words.zone_words(row["zone"], turn),
            class_words=words.class_words(row["data_class"], turn),
            what=words.purpose_words(row, turn),
            count=number(row["count"], language),
            sent=size(row["bytes_out"], language),
            received=size(row["bytes_in"], language),
            share=max(1, round(100 * row["bytes_out"] / most)) if row["bytes_out"] else 0,
        )
        for row in sorted(sums, key=lambda row: (-row["bytes_out"], row["host"]))
    )


def _row(row: Mapping[str, Any], language: str) -> DepartureRow:
    turn = translator(language)
    return DepartureRow(
        when=moment_text(row["at"], language),
        host=f"{row['host']}:{row['port']}",
        zone=row["zone"],
        zone_words=words.zone_words(row["zone"], turn),
        what=words.purpose_words(row, turn),
        class_words=words.class_words(row["data_class"], turn),
        verdict=words.verdict_words(row["verdict"], turn),
        hidden=words.hidden_words(row["hidden"], turn),
        sent=size(row["bytes_out"], language),
        received=size(row["bytes_in"], language),
        outcome=turn(words.OUTCOMES[row["outcome"]]),
        bad=row["outcome"] in {"failed", "refused", "lost"},
    )


def _comparison(found: Compared, turn: words.Turn, language: str) -> State:
    lines = [
        f"{turn(words.DIFFERENCES[one.code])}: {number(one.count, language)} \u00d7 {one.host}:{one.port}"
        for one in found.differences
    ]
    beside = turn(N_("Beside the client, and counted apart: {count} x {host}:{port} ({reason})."))
    lines += [
        beside.format(count=count, host=host, port=port, reason=reason)
        for reason, host, port, count in found.exceptions
    ]
    text = turn(
        N_(
            "{agreed} connections to the outside agree with what left. {denied} attempts were denied."
        )
    ).format(agreed=number(found.agreed, language), denied=number(found.denied, language))
    if found.open:
        more = turn(N_("{count} requests have no known end; their connections cannot be compared."))
        text = f"{text} {more.format(count=found.open)}"
    bad = bool(found.differences)
    return State(
        turn(N_("Compared with what was opened")),
        "bad" if bad else "good",
        turn(_BAD if bad else _GOOD),
        text,
        tuple(lines),
    )


def _canary(flights: list[Flight], visit: Visit, turn: words.Turn, language: str) -> State:
    title = turn(N_("The canary"))
    if not flights:
        text = turn(
            N_("It has not flown yet. It flies every hour while anybody outside is allowed.")
        )
        return State(title, "info", turn(N_("not yet")), text)
    last = flights[0]
    text = turn(N_("Last flight: {time}. {more}")).format(
        time=moment_text(last.at, language), more=words.flight_words(last, turn)
    )
    if not visit.house.outbound.allow.leads_out():
        idle = turn(N_("Nobody outside is allowed, so it flies on demand only."))
        text = f"{text} {idle}"
    return State(
        title, "good" if last.good else "bad", turn(words.FLIGHTS[last.outcome]), text.strip()
    )


def _kernel(visit: Visit, turn: words.Turn, language: str) -> State:
    proof = visit.house.proof
    title, looked = turn(N_("What the operating system says")), proof.watch.looked
    if not proof.watch.can:
        text = turn(N_("This system does not tell which connections a process has. Linux does."))
        return State(title, "info", turn(N_("not available")), text)
    wire = proof.outbound.wire
    strange = proof.watch.strangers
    text = turn(
        N_(
            "Since the start: {sockets} connections to the outside, {sent} sent on them as the kernel "
            "counted, {counted} as we did. Open to other machines at the last look: {open}."
        )
    ).format(
        sockets=number(wire.sockets, language),
        sent=size(wire.sent, language),
        counted=size(wire.out, language),
        open=looked.open,
    )
    lines = [f"{turn(words.DIFFERENCES['unexplained'])}: {host}:{port}" for host, port in strange]
    if wire.too_much:
        more = turn(N_("{size} were sent that nobody has counted."))
        lines.append(more.format(size=size(wire.too_much, language)))
    return State(
        title, "bad" if lines else "good", turn(_BAD if lines else _GOOD), text, tuple(lines)
    )


def _flight(one: Flight, language: str) -> FlightRow:
    turn = translator(language)
    return FlightRow(
        moment_text(one.at, language),
        turn(words.FLIGHTS[one.outcome]),
        words.flight_words(one, turn),
        not one.good,
    )


def _allowed(one: dict[str, Any], turn: words.Turn) -> AllowRow:
    zone = one["zone"] if one["outside"] else "house"
    return AllowRow(
        f"{one['host']}:{one['port']}",
        words.reason_words(one["reason"], turn),
        zone,
        words.zone_words(zone, turn),
    )


def _done(visit: Visit, flights: list[Flight], turn: words.Turn) -> str:
    if visit.query_params.get("done") != "flown" or not flights:
        return ""
    return turn(N_("The canary has flown: {outcome}.")).format(
        outcome=turn(words.FLIGHTS[flights[0].outcome])
    )


ROUTES = [
    overseer_get("/admin/egress", show, "What left the house"),
    page_post("/admin/egress/canary", fly, "Send the canary through the border", who=Who.OVERSEER),
    overseer_get("/admin/egress/report", report, "The report of a month, to be read"),
    overseer_get("/admin/egress/report.json", report_json, "The report of a month, signed"),
    overseer_get("/admin/egress/report.pdf", report_pdf, "The report of a month, on paper"),
]
