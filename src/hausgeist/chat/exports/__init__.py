# SPDX-License-Identifier: EUPL-1.2
"""A conversation leaves the house: as JSON without loss, as Markdown, as DOCX and as PDF.

JSON and Markdown are written here; the other two in a limited child process, because what models and
people wrote goes into other people's programs there.
"""

from hausgeist.chat.exports.exports import Exported, Exports, Format

__all__ = ["Exported", "Exports", "Format"]
