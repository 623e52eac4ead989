# SPDX-License-Identifier: EUPL-1.2
"""File numbers: of courts by their register signs, of authorities behind their words.

Signs: the Aktenordnungen of the Länder and the courts' own rules. A decision that was published is
cited by its number too; nobody can tell it from a case that is still open, so both are hidden.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from hausgeist.core.findings import Finding, Kind
from hausgeist.gateway.privacy.identifiers.page import Page, pattern
from hausgeist.gateway.privacy.identifiers.rule import connected

SIGNS = frozenset(
    """
    AR ARs AS Ausl AZR AZB AZN AZ ABR ABN AktG AktE B BA BAR BB BvB BvE BvF BvG BvK BvL BvM BvN
    BvQ BvR BvS BvT BL BLw BGs BJs BV BVGa C Ca Cg Cs D Da DR Ds E EK EnVR EVR ER F FH G Ga GF GH
    Gns Gs GS GSZ H HK HKO HL IE IK IN J Js JU K KA KAP Kap Kart KfH KG KLs KR KVR KVZ KZR L LA La
    LP Ls LwZB LwZR LW M MK MB N NC NGs NotSt NotZ NZB O OA OGs OH OJs OLGAusl OVG OWi P PKH PA PfK
    PVL PVB PB Qs R RG RR RiZ RJs RK RLw RVG S Sa SO SB SF Sch SchH SchO SF Ss StB StE StL StO StR
    StVK Ta TaBV TaBVGa T U UE UF UFH UH UKlO UR UWG Ust V VA VAs VB VE VI VG VGS VJs VK VL VR Vollz
    VRJs VRs VRLs VU W WBS WE WF WpSt WLw Ws WNC Wx X XIV XVII XARZ XE XI XP XR Y Z ZA ZB ZBR ZBG ZR
    ZRG ZS AL AY EG KN P U KA KS LW SV VE VH VM VS EH BK RJ VJ WR RA KT NK KE NE
    """.split()
)

_COURT = pattern(
    r"(?:(?:[SLB]|[A-Z][a-z]?|[IVX]{1,6}) )?(?:[0-9]{1,4}[a-z]?|[IVX]{1,6}) ?"
    r"([A-Z][A-Za-z]{0,7})(?: ?\([A-Za-z0-9]{1,6}\))? ?[0-9]{1,6} ?[/.] ?[0-9]{2,5}"
    r"(?: ?[.-]? ?(?:[A-Z]{1,4}|[a-z]{1,2})\b(?:\.[A-Z]{1,2}\b)?)?(?: ?\([A-Z]{1,4}\))?"
)
_PIECE = pattern(r"[0-9A-Za-zÄÖÜäöü]+(?:[./_\\:+#()-]{1,2}[0-9A-Za-zÄÖÜäöü]+){0,11}")
_DAY = pattern(
    r"[0-3]?[0-9]\. ?(?:[01]?[0-9]\.(?:[0-9]{2}|[^0-9]|$)|jan|feb|mär|apr|mai|jun|jul|aug|sep|okt|nov|dez)",
    any_case=True,
)
_REACH = 40
_PIECES = 5


@dataclass(frozen=True, slots=True)
class Records:
    """File numbers."""

    name: ClassVar[str] = "record"
    kinds: ClassVar[frozenset[Kind]] = frozenset({Kind.FILE_NUMBER})
    anchors: ClassVar[tuple[str, ...]] = (
        *("az", "az.", "aktenzeichen", "gz", "gz.", "geschäftszeichen", "geschäftsz.", "aktz."),
        *(
            "unser zeichen",
            "ihr zeichen",
            "mein zeichen",
            "zeichen",
            "vorgangsnummer",
            "vorgangs-nr",
        ),
        *("vorgang", "vorgangszeichen", "fallnummer", "fall-nr", "aktennummer", "akten-nr", "akte"),
        *(
            "kassenz.",
            "kassenzeichen",
            "bescheidnummer",
            "bescheid-nr",
            "antragsnummer",
            "antrags-nr",
            "antrag",
        ),
        *("ordnungsmerkmal", "bg-nummer", "bg-nr", "bedarfsgemeinschaft", "tagebuchnummer"),
        *("bedarfsgemeinschaftsnummer", "geschäftsnummer", "gesch.-z", "gesch.z", "tgb.-nr"),
        *("verfahrensnummer", "schadennummer", "schaden-nr", "schadensnummer", "referenznummer"),
        *("js-az", "unser az", "ihr az", "gesch.-nr", "vorgangskennung", "case number", "file no"),
        *("bußgeldbescheid", "fallakte", "registernummer der akte", "geburtenbuch", "sterbebuch"),
        *("kindergeldnummer", "kindergeld-nr"),
    )

    def find(self, page: Page) -> Iterator[Finding]:
        """File numbers."""
        place = 0
        while (match := _COURT.search(page.data, place)) is not None:
            start, end = match.span()
            if match.group(1).decode() in SIGNS and _apart(page, start, end):
                yield Finding(start, end, Kind.FILE_NUMBER, "record.court", certain=True)
                place = end
            else:
                place = start + 1
        for begin, limit in page.anchored(self.name, _REACH):
            found = _piece(page, begin, limit)
            if found is None or not connected(page, begin, found[0]):
                continue
            yield Finding(*found, Kind.FILE_NUMBER, "record.anchor", certain=True)


def _apart(page: Page, start: int, end: int) -> bool:
    if not page.alone(start, end):
        return False
    return page.plain(max(0, start - 1), start) not in {"/", ".", ",", "-", "§"}


def _piece(page: Page, begin: int, limit: int) -> tuple[int, int] | None:
    """The first pieces with digits behind an anchor, and those with digits that follow directly."""
    place = begin
    for _ in range(8):
        match = _PIECE.search(page.data, place, min(limit + 60, len(page.data)))
        if match is None or match.start() >= limit:
            return None
        start, end = match.span()
        if _digits(page, start, end):
            break
        if _short(page.plain(start, end)) and _followed(page, end):
            break  # "VI-32 12/24", "B 12 KR 3/20"
        place = end
    else:
        return None
    if not page.alone(start, end):
        return None
    for _ in range(_PIECES):
        following = _PIECE.match(page.data, end + 1)
        if following is None or page.data[end : end + 1] != b" ":
            break
        piece = page.plain(*following.span())
        if _digits(page, *following.span()) or (_short(piece) and _followed(page, following.end())):
            end = following.end()
        else:
            break
    total = sum(letter.isdigit() for letter in page.plain(start, end))
    if total < 2 or _DAY.match(page.data, start) is not None:
        return None  # "Antrag vom 12. Mai"
    return start, end


def _followed(page: Page, end: int) -> bool:
    """Whether another piece with digits follows after one space."""
    following = _PIECE.match(page.data, end + 1)
    return (
        following is not None
        and page.data[end : end + 1] == b" "
        and _digits(page, *following.span())
    )


def _digits(page: Page, start: int, end: int) -> bool:
    return any(letter.isdigit() for letter in page.plain(start, end))


def _short(piece: str) -> bool:
    return len(piece) <= 4 and piece[:1].isupper()
