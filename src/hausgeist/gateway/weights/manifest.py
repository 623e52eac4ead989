# SPDX-License-Identifier: EUPL-1.2
"""What the house knows of a model it keeps, as one JSON file per name; and how names are written.

Values flow in and out; no disk here.
"""

import math
import re
from typing import Final
from urllib.parse import quote

import msgspec

from hausgeist.errors import InvalidField
from hausgeist.gateway.weights.fetch import Voucher
from hausgeist.gateway.weights.gguf import Header
from hausgeist.gateway.weights.metadata import MAX_TEMPLATE

DEFAULT_CONTEXT: Final = 8192
"""Tokens of context where nobody set another, and the model was trained with at least as many."""
UNKNOWN_CONTEXT: Final = 4096
"""Tokens of context where neither a person nor the file says."""
MAX_NAME: Final = 120  # escaped, a name of this length still is a file name on every system
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*(?:/[a-z0-9][a-z0-9._-]*)*(?::[a-z0-9][a-z0-9._-]*)?")
_LATEST = ":latest"
_LIMITS: Final = {"context": (16, 1 << 31), "slots": (1, 64), "threads": (0, 1024)}


class ModelSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a model is run. None and empty mean: as the file or the house says."""

    context: int | None = None
    """Tokens of one conversation."""
    slots: int = 2
    """Conversations answered at a time."""
    threads: int = 0
    """0: the house's setting."""
    keep_alive: float | None = None
    """Seconds a model stays loaded without a call; negative: for ever."""
    lora: str = ""
    """Path of an adapter in GGUF."""
    lora_scale: float = 1.0
    chat_template: str = ""
    """Replaces the template of the file."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """A model on the shelf. ``size`` is bytes, ``added_at`` seconds since the epoch."""

    name: str
    digest: str
    size: int
    source: str
    revision: str
    vouched_by: Voucher
    licence: str
    title: str = ""
    """What people read; empty: the name in the file."""
    added_at: int
    header: Header
    settings: ModelSettings = ModelSettings()
    format: int = 1

    @property
    def context(self) -> int:
        """Tokens of one conversation: what a person set, else a modest share of the trained window."""
        if self.settings.context is not None:
            return self.settings.context
        trained = self.header.context_length
        return min(trained, DEFAULT_CONTEXT) if trained else UNKNOWN_CONTEXT

    @property
    def chat_template(self) -> str:
        """The template in force."""
        return self.settings.chat_template or self.header.chat_template


def model_name(text: str) -> str:
    """A name as it is stored: lower case, without ``:latest``.

    Raises:
        InvalidField: it is no name.
    """
    name = text.strip().lower().removesuffix(_LATEST)
    if len(name) > MAX_NAME or not _NAME.fullmatch(name) or ".." in name:
        raise InvalidField(
            field="name",
            reason="a name has letters, digits and . _ - / : and begins with a letter or digit",
            param="name",
        )
    return name


def suggested_name(stem: str) -> str:
    """A name made of a file's: ``Qwen3-4B.Q4_K_M`` becomes ``qwen3-4b.q4_k_m``."""
    name = re.sub(r"[^a-z0-9._-]+", "-", stem.lower()).strip("._-")
    return re.sub(r"\.{2,}", ".", name)[:MAX_NAME] or "model"


def file_name(name: str) -> str:
    """The file of a name's manifest; a slash or colon never reaches the file system."""
    return f"{quote(name, safe='')}.json"


def check_settings(settings: ModelSettings, header: Header) -> None:
    """Check the numbers and the template.

    Raises:
        InvalidField: one is out of its limits.
    """
    for field, (least, most) in _LIMITS.items():
        value = getattr(settings, field)
        if value is not None and not least <= value <= most:
            raise _bad(field, f"a number from {least} to {most} is expected")
    trained = header.context_length
    if settings.context and trained and settings.context > trained:
        raise _bad("context", f"the model was trained with {trained} tokens")
    if not math.isfinite(settings.lora_scale) or abs(settings.lora_scale) > 100:
        raise _bad("lora_scale", "a number from -100 to 100 is expected")
    if settings.keep_alive is not None and not math.isfinite(settings.keep_alive):
        raise _bad("keep_alive", "a number of seconds is expected")
    if len(settings.chat_template) > MAX_TEMPLATE:
        raise _bad("chat_template", f"it is longer than {MAX_TEMPLATE} characters")


def _bad(field: str, reason: str) -> InvalidField:
    return InvalidField(field=field, reason=reason, param=field)
