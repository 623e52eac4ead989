# SPDX-License-Identifier: EUPL-1.2
"""What is said aloud: a recording to be written down, a text to be read out."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

TranscriptFormat: TypeAlias = Literal["json", "text", "srt", "vtt", "verbose_json"]
SpeechFormat: TypeAlias = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A recording as bytes in the container that ``kind`` names (``webm``, ``wav``, ``mp3`` …).

    ``language`` is an ISO 639-1 code, ``prompt`` words that help with names; ``timestamps`` are the
    granularities asked for (``word``, ``segment``).
    """

    data: bytes
    kind: str
    language: str | None = None
    prompt: str | None = None
    temperature: float | None = None
    format: TranscriptFormat = "json"
    timestamps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """A text to be read out, with a voice of the model's. ``speed``: 1 is natural."""

    text: str
    voice: str
    format: SpeechFormat = "mp3"
    speed: float | None = None
    instructions: str | None = None
