# SPDX-License-Identifier: EUPL-1.2
"""A letter becomes a DOCX: real headings, lists, tables, links and formulas. Runs in a limited child."""

from io import BytesIO
from typing import Any

import msgspec

from hausgeist.chat.exports.glyphs import printable, right_to_left
from hausgeist.chat.exports.letter import Letter, LetterTurn
from hausgeist.chat.exports.omml import equation
from hausgeist.render.formula_tree import formula_tree
from hausgeist.render.paper import Piece, Run, pieces_of

MONO = "Consolas"
SOFT = "5B6270"
ACCENT = "2F5D8A"
_INDENT = 0.63  # centimetres a list
_AFTER_DIRECTION = tuple(
    f"w:{name}"
    for name in "adjustRightInd snapToGrid spacing ind contextualSpacing mirrorIndents suppressOverlap jc "
    "textDirection textAlignment textboxTightWrap outlineLvl divId cnfStyle rPr sectPr pPrChange".split()
)
"""What follows in a paragraph's properties: programs insist on the schema's order."""
_AFTER_SHADE = tuple(
    f"w:{name}"
    for name in "tabs suppressAutoHyphens kinsoku wordWrap overflowPunct topLinePunct autoSpaceDE "
    "autoSpaceDN bidi".split()
)
_BULLETS = ("List Bullet", "List Bullet 2", "List Bullet 3")


def docx(payload: bytes) -> bytes:
    """The DOCX of a letter, given as JSON."""
    letter = msgspec.json.decode(payload, type=Letter)
    made = _Writer(letter).document()
    file = BytesIO()
    made.save(file)
    return file.getvalue()


class _Writer:
    """Writes one document. The library is loaded here: the web process never needs it."""

    def __init__(self, letter: Letter) -> None:
        import docx as library  # noqa: PLC0415  see above
        from docx.enum.text import WD_ALIGN_PARAGRAPH  # noqa: PLC0415
        from docx.oxml import OxmlElement  # noqa: PLC0415
        from docx.oxml.ns import qn  # noqa: PLC0415
        from docx.shared import Cm, Pt, RGBColor  # noqa: PLC0415

        self._letter = letter
        self._document = library.Document()
        self._element, self._name = OxmlElement, qn
        self._cm, self._pt, self._colour = Cm, Pt, RGBColor.from_string
        self._sides = {"right": WD_ALIGN_PARAGRAPH.RIGHT, "center": WD_ALIGN_PARAGRAPH.CENTER}

    def document(self) -> Any:
        """The whole."""
        letter, document = self._letter, self._document
        self._set_up()
        document.add_heading(_clean(letter.title), 0)
        for label, words in letter.facts:
            line = document.add_paragraph(style="Facts")
            line.add_run(f"{_clean(label)}: ").bold = True
            line.add_run(_clean(words))
        document.add_paragraph(_clean(letter.marked), style="Intense Quote")
        for turn in letter.turns:
            self._turn(turn)
        return document

    def _set_up(self) -> None:
        document, letter = self._document, self._letter
        page = document.sections[0]
        page.page_width, page.page_height = self._cm(21), self._cm(29.7)
        page.left_margin = page.right_margin = self._cm(2.3)
        page.top_margin = page.bottom_margin = self._cm(2.4)
        document.core_properties.title = _clean(letter.title)[:250]
        document.core_properties.author = _clean(letter.organisation)[:250]
        document.core_properties.comments = ""
        styles = document.styles
        normal = styles["Normal"]
        normal.font.size = self._pt(10.5)
        language = self._element("w:lang")
        language.set(self._name("w:val"), {"de": "de-DE"}.get(letter.language, "en-GB"))
        normal.element.get_or_add_rPr().append(language)
        for name, base in (("Code Block", "Normal"), ("Facts", "Normal"), ("Origin", "Normal")):
            style = styles.add_style(name, 1)  # a paragraph's
            style.base_style = styles[base]
            style.paragraph_format.space_after = self._pt(2)
        styles["Code Block"].font.name = MONO
        styles["Code Block"].font.size = self._pt(9)
        styles["Origin"].font.size = self._pt(9)
        styles["Origin"].font.color.rgb = self._colour(SOFT)
        self._footer(page)

    def _footer(self, page: Any) -> None:
        line = page.footer.paragraphs[0]
        line.add_run(_clean(self._letter.organisation) + "\t\t")
        rest = self._letter.page
        for name in ("page", "pages"):
            before, _, rest = rest.partition("{" + name + "}")
            line.add_run(before)
            self._field(line, {"page": "PAGE", "pages": "NUMPAGES"}[name])
        line.add_run(rest)

    def _field(self, line: Any, code: str) -> None:
        field = self._element("w:fldSimple")
        field.set(self._name("w:instr"), code)
        line._p.append(field)  # noqa: SLF001  the library has no fields

    def _turn(self, turn: LetterTurn) -> None:
        document = self._document
        document.add_heading(_clean(turn.heading), 1)
        document.add_paragraph(_clean(turn.about), style="Origin")
        for name in turn.files:
            document.add_paragraph(f"- {_clean(name)}", style="Origin")
        if turn.is_answer:
            for piece in pieces_of(turn.text):
                self._piece(piece)
        else:
            for part in turn.text.split("\n\n"):
                if part.strip():
                    line = document.add_paragraph(style="Quote")
                    self._runs(line, (Run(part),))
        if turn.note:
            document.add_paragraph(style="Origin").add_run(_clean(turn.note)).italic = True

    def _piece(self, piece: Piece) -> None:
        if piece.kind == "table":
            self._table(piece)
        elif piece.kind == "heading":
            line = self._document.add_heading("", min(piece.level + 1, 6))
            self._runs(line, piece.runs)
        elif piece.kind == "code":
            line = self._document.add_paragraph(style="Code Block")
            self._shade(line)
            self._place(line, piece)
            line.add_run(_clean(piece.text))
        elif piece.kind == "formula":
            line = self._document.add_paragraph()
            self._place(line, piece)
            self._formula(line, piece.text, display=True)
        elif piece.kind == "rule":
            self._document.add_paragraph("⁂").alignment = self._sides["center"]
        else:
            self._text(piece)

    def _text(self, piece: Piece) -> None:
        if piece.marker == "•" and not piece.quote:
            style = _BULLETS[min(piece.indent, len(_BULLETS)) - 1]
            line = self._document.add_paragraph(style=style)
            if piece.indent > len(_BULLETS):
                line.paragraph_format.left_indent = self._cm(_INDENT * piece.indent)
        else:
            line = self._document.add_paragraph(style="Quote" if piece.quote else None)
            self._place(line, piece)
            if piece.marker:
                line.paragraph_format.first_line_indent = self._cm(-_INDENT)
                line.add_run(f"{piece.marker}\t")
        self._runs(line, piece.runs)

    def _place(self, line: Any, piece: Piece) -> None:
        depth = piece.indent + max(piece.quote - 1, 0)
        if depth:
            line.paragraph_format.left_indent = self._cm(_INDENT * min(depth, 12))

    def _shade(self, line: Any) -> None:
        shade = self._element("w:shd")
        for key, value in (("val", "clear"), ("color", "auto"), ("fill", "F4F5F7")):
            shade.set(self._name(f"w:{key}"), value)
        rules = line._p.get_or_add_pPr()  # noqa: SLF001  the library has no shading
        rules.insert_element_before(shade, *_AFTER_SHADE, *_AFTER_DIRECTION)

    def _table(self, piece: Piece) -> None:
        count = max((len(row) for row in piece.rows), default=0)
        if not count:
            return
        table = self._document.add_table(len(piece.rows), count, style="Table Grid")
        for place, row in enumerate(piece.rows):
            cells = table.rows[place].cells  # asked for once a row: each look costs the whole row
            for column, runs in enumerate(row):
                line = cells[column].paragraphs[0]
                if column < len(piece.sides) and piece.sides[column] in self._sides:
                    line.alignment = self._sides[piece.sides[column]]
                self._runs(line, runs, bold=place == 0)
        if piece.rows:
            head = self._element("w:tblHeader")
            table.rows[0]._tr.get_or_add_trPr().append(head)  # noqa: SLF001  nor heads of tables
        self._document.add_paragraph()

    def _runs(self, line: Any, runs: tuple[Run, ...], *, bold: bool = False) -> None:
        if right_to_left("".join(run.text for run in runs)):
            rules = line._p.get_or_add_pPr()  # noqa: SLF001  nor directions
            rules.insert_element_before(self._element("w:bidi"), *_AFTER_DIRECTION)
        for run in runs:
            if run.formula:
                self._formula(line, run.text, display=False)
                continue
            made = line.add_run(_clean(run.text))
            made.bold = True if run.bold or bold else None
            made.italic = True if run.italic else None
            made.font.strike = True if run.strike else None
            if run.code:
                made.font.name = MONO
            if right_to_left(run.text):
                made.font.rtl = True
            if run.link:
                self._link(line, made, run.link)

    def _link(self, line: Any, made: Any, address: str) -> None:
        made.font.color.rgb = self._colour(ACCENT)
        made.font.underline = True
        kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"
        link = self._element("w:hyperlink")
        link.set(self._name("r:id"), line.part.relate_to(_clean(address), kind, is_external=True))
        link.append(made._r)  # noqa: SLF001  nor links
        line._p.append(link)  # noqa: SLF001

    def _formula(self, line: Any, tex: str, *, display: bool) -> None:
        tree = formula_tree(tex, display=display)
        if tree is None:
            line.add_run(_clean(tex)).font.name = MONO
        else:
            line._p.append(equation(tree))  # noqa: SLF001  nor formulas


def _clean(text: str) -> str:
    return printable(text)
