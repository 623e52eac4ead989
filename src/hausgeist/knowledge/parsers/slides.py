# SPDX-License-Identifier: EUPL-1.2
"""PPTX: bytes in, the words, tables and notes of its slides out, by python-pptx. Pictures are left out."""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

from lxml.etree import XMLSyntaxError
from pptx import Presentation
from pptx.exc import PackageNotFoundError, PythonPptxError

from hausgeist.core.archives import DAMAGED
from hausgeist.errors import N_, FileUnreadable, FileWithoutText
from hausgeist.knowledge.parsers.kinds import PPTX
from hausgeist.knowledge.parsers.read import MACROS, PAGES_CUT, PAGES_MOST, Lines, Read

_DEEPEST = 20


def read(payload: bytes, container: zipfile.ZipFile) -> Read:
    """The text of a presentation as Markdown, with a mark before each slide.

    Raises:
        FileUnreadable, FileWithoutText: as their names say.
    """
    try:
        slides = list(Presentation(io.BytesIO(payload)).slides)
    except (PackageNotFoundError, PythonPptxError, XMLSyntaxError, *DAMAGED) as error:
        raise FileUnreadable(reason=N_("it is no complete presentation")) from error
    except AttributeError as error:  # the library meets something that is not what it is called
        raise FileUnreadable(reason=N_("it is no complete presentation")) from error
    result = Read(media=PPTX, pages=len(slides))
    lines = Lines()
    words = False
    for number, slide in enumerate(slides[:PAGES_MOST], 1):
        if lines.full:
            break
        lines.mark(number, len(slides))
        words = _slide(slide, lines) or words
    if len(slides) > PAGES_MOST:
        result.note(PAGES_CUT, read=PAGES_MOST, pages=len(slides))
    if any("vbaProject" in name for name in container.namelist()):
        result.note(MACROS)
    if not words:
        raise FileWithoutText
    return lines.finish(result)


def _slide(slide: Any, lines: Lines) -> bool:
    """Add a slide; gives whether there were words on it."""
    title = slide.shapes.title
    found = False
    if title is not None and title.text_frame.text.strip():
        lines.add(f"# {' '.join(title.text_frame.text.split())}\n")
        found = True
    for shape in _shapes(slide.shapes):
        if title is not None and shape.shape_id == title.shape_id:
            continue
        if getattr(shape, "has_table", False):
            lines.table([cell.text for cell in row.cells] for row in shape.table.rows)
            found = True
        elif shape.has_text_frame and shape.text_frame.text.strip():
            for paragraph in shape.text_frame.paragraphs:
                words = "".join(run.text for run in paragraph.runs).strip()
                if words:
                    lines.add(f"{'  ' * min(paragraph.level, 8)}- {words}")
            found = True
    if slide.has_notes_slide:
        frame = slide.notes_slide.notes_text_frame
        notes = frame.text.strip() if frame is not None else ""
        if notes:
            lines.add("\n> " + notes.replace("\n", "\n> "))
            found = True
    return found


def _shapes(shapes: Any, depth: int = 0) -> Iterator[Any]:
    for shape in shapes:
        if hasattr(shape, "shapes"):
            if depth < _DEEPEST:
                yield from _shapes(shape.shapes, depth + 1)
        else:
            yield shape
