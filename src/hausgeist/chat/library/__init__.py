# SPDX-License-Identifier: EUPL-1.2
"""The library: assistants and prompts that people keep and share. ``Library`` is the door."""

from hausgeist.chat.library.bodies import AssistantBody, Body, PromptBody
from hausgeist.chat.library.library import Assistant, Entry, Gallery, Library

__all__ = ["Assistant", "AssistantBody", "Body", "Entry", "Gallery", "Library", "PromptBody"]
