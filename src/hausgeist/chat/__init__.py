# SPDX-License-Identifier: EUPL-1.2
"""A conversation over the gateway: questions in, turns out, which run whether anybody watches or not.

``Chat`` is the door. A turn is a task of the web process; its events are numbered, so that a viewer can
come and go. What has arrived is in the database within a quarter of a second.
"""

from hausgeist.chat.chat import Chat
from hausgeist.chat.failures import recall
from hausgeist.chat.leaving import UNSAID, Leaving, Seen
from hausgeist.chat.question import SIDE_BY_SIDE, Question, may_go_on
from hausgeist.chat.replay import Ended, Numbered, Snapshot, Stored, Thought, Waiting
from hausgeist.chat.turn import Turn
from hausgeist.store.chats import Conversation, Opened, Said

__all__ = [
    "SIDE_BY_SIDE",
    "UNSAID",
    "Chat",
    "Conversation",
    "Ended",
    "Leaving",
    "Numbered",
    "Opened",
    "Question",
    "Said",
    "Seen",
    "Snapshot",
    "Stored",
    "Thought",
    "Turn",
    "Waiting",
    "may_go_on",
    "recall",
]
