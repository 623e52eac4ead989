# SPDX-License-Identifier: EUPL-1.2
"""PDF: bytes in, the words of its pages out, by pdfium. Scripts, forms' logic and links are ignored."""

import pypdfium2

from hausgeist.errors import N_, FileLocked, FileUnreadable, FileWithoutText
from hausgeist.knowledge.parsers.kinds import PDF
from hausgeist.knowledge.parsers.read import PAGES_CUT, PAGES_MOST, SCANNED, Lines, Read

_PASSWORD = 4  # FPDF_ERR_PASSWORD


def read(payload: bytes) -> Read:
    """The text of a PDF with a mark before each page.

    Raises:
        FileLocked, FileUnreadable, FileWithoutText: as their names say.
    """
    try:
        document = pypdfium2.PdfDocument(payload)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == _PASSWORD or "password" in str(error).lower():
            raise FileLocked from error
        raise FileUnreadable(reason=N_("it is no complete PDF")) from error
    pages = len(document)
    result = Read(media=PDF, pages=pages)
    lines = Lines()
    empty = 0
    done = 0
    for number in range(min(pages, PAGES_MOST)):
        words = _words(document, number)
        done += 1
        if not words:
            empty += 1
            continue
        lines.mark(number + 1, pages)
        lines.add(words)
        if lines.full:
            break
    if empty == done:
        raise FileWithoutText
    if empty:
        result.note(SCANNED, count=empty, pages=pages)
    if done < pages:
        result.note(PAGES_CUT, read=done, pages=pages)
    return lines.finish(result)


def _words(document: pypdfium2.PdfDocument, number: int) -> str:
    """The words of a page; none of one that cannot be read."""
    try:
        page = document[number]
    except pypdfium2.PdfiumError:
        return ""
    try:
        content = page.get_textpage()
    except pypdfium2.PdfiumError:
        page.close()
        return ""
    words = str(content.get_text_bounded())
    content.close()
    page.close()
    # hyphens at ends of lines come as U+FFFE
    return words.replace("\ufffe\r\n", "").replace("\ufffe", "").replace("\r\n", "\n").strip()
