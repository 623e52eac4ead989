# SPDX-License-Identifier: EUPL-1.2
"""Passages of documents, as an answer cites them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Citation:
    """A passage an answer rests on: which document, where in it (characters), and the words."""

    document_id: str
    title: str
    start: int
    end: int
    quote: str
