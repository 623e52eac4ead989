# SPDX-License-Identifier: EUPL-1.2
"""What of a conversation goes to a model: a branch and a window flow in, what is sent and left out flows out.

Pure. The newest is kept: the last question's words always, then its files, then what was said before,
back to where the window ends. Long files are cut at their end, and what does not fit is counted, never
dropped silently. Linear in the branch. A model's reasoning stays with us.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hausgeist.core.messages import Image, Message, Part, Role, Text
from hausgeist.gateway.run import ANSWER_ROOM, CHARS_PER_TOKEN
from hausgeist.store.chats import Attached, Said

MESSAGE_TOKENS = 5
"""Tokens a message costs beside its words, as ``gateway.run.estimate`` counts them, rounded up."""
PICTURE_TOKENS = 1000
"""Tokens a picture is taken for; models count between 250 and 1,600."""
FRAME_TOKENS = 40
"""Tokens of the lines around a file's text."""
LEAST_CHARS = 200
"""A file of which less than this would fit is left out."""
ALL_CHARS = 4_000_000
"""Characters that are sent where the window is unknown: more than any model takes."""


@dataclass(frozen=True, slots=True)
class Share:
    """A file of a message, and how many characters of its text fit. ``chars`` of 0: a picture."""

    file: Attached
    kept: int

    @property
    def is_picture(self) -> bool:
        """Whether it is shown instead of read."""
        return is_picture(self.file)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be sent, oldest first: messages with their files; and what is left out.

    ``left_out`` counts messages; ``tokens`` is our estimate of the whole.
    """

    said: tuple[tuple[Said, tuple[Share, ...]], ...]
    left_out: int
    unsent: tuple[Share, ...]
    """Files of messages that are left out."""
    tokens: int

    @property
    def shares(self) -> tuple[Share, ...]:
        """The files of all messages that are sent."""
        return tuple(share for _, shares in self.said for share in shares)

    def wanted(self) -> list[str]:
        """The ids of the files whose content is needed."""
        return [share.file.file_id for share in self.shares if share.kept or share.is_picture]


def is_picture(file: Attached) -> bool:
    """Whether a file goes to the model as a picture."""
    return file.media.startswith("image/") and not file.chars


def plan(
    branch: Sequence[Said],
    window: int | None,
    *,
    fixed: int = 0,
    room: int | None = None,
    sees: bool = True,
) -> Plan:
    """Fit a branch into a window.

    ``window`` in tokens, None when unknown; ``fixed`` characters are sent in any case beside the branch,
    such as instructions; ``room`` tokens are wanted for the answer (never more than a quarter of the
    window is kept free for it). Without ``sees`` no picture is sent.
    """
    left = ALL_CHARS // CHARS_PER_TOKEN
    if window is not None:
        left = window - min(room or ANSWER_ROOM, window // 4)
    left -= -(-fixed // CHARS_PER_TOKEN) + MESSAGE_TOKENS
    start, question = left, branch[-1]
    left -= _words(question)
    before = [said for said in branch[:-1] if said.text.strip() or said.files]
    for_history = min(sum(map(_whole, before)), max(left, 0) // 4)
    shares, cost = _share(question.files, left - for_history, sees=sees)
    left -= cost
    sent = [(question, shares)]
    for place in range(len(before) - 1, -1, -1):
        said = before[place]
        if _words(said) > left:
            break
        left -= _words(said)
        shares, cost = _share(said.files, left, sees=sees)
        left -= cost
        sent.append((said, shares))
    sent.reverse()
    if len(sent) - 1 < len(before) and sent[0][0].role == "assistant" and len(sent) > 1:
        del sent[0]  # an answer whose question is left out means nothing
    out = before[: len(before) - len(sent) + 1]
    unsent = tuple(Share(file, 0) for said in out for file in said.files)
    return Plan(tuple(sent), len(out), unsent, start - left)


def messages_of(
    plan: Plan, contents: Mapping[str, str], instructions: str = ""
) -> tuple[tuple[Message, ...], tuple[Share, ...]]:
    """The messages to send, and the files as they really went: one that is gone has kept nothing.

    Roles alternate, as many chat templates demand; an answer without words (it failed) is left out, and
    the questions around it become one message.
    """
    sent = [Message("system", (Text(instructions),))] if instructions.strip() else []
    went: list[Share] = []
    for said, shares in plan.said:
        parts: list[Part] = []
        for share in shares:
            part, kept = _content(share, contents.get(share.file.file_id))
            went.append(Share(share.file, kept))
            if part is not None:
                parts.append(part)
        parts += [part for part in said.parts if isinstance(part, Text | Image)]
        if not any(isinstance(part, Image) or part.text.strip() for part in parts):  # type: ignore[union-attr]
            continue
        role: Role = "assistant" if said.role == "assistant" else "user"
        if sent and sent[-1].role == role:
            between = (Text("\n\n"),)
            sent[-1] = Message(role, (*sent[-1].parts, *between, *parts))
        else:
            sent.append(Message(role, tuple(parts)))
    return tuple(sent), tuple(went)


def told(plan: Plan, went: Sequence[Share]) -> dict[str, Any]:
    """What was sent and what was not, as JSON values for ``Said.about``."""
    about: dict[str, Any] = {"messages": len(plan.said), "estimated_tokens": plan.tokens}
    if plan.left_out:
        about["left_out"] = plan.left_out
    files = [
        {
            "id": share.file.file_id,
            "name": share.file.name,
            "kept": share.kept,
            "of": 1 if share.is_picture else share.file.chars,
            "picture": share.is_picture,
        }
        for share in (*plan.unsent, *went)
    ]
    if files:
        about["files"] = files
    return about


def _words(said: Said) -> int:
    """Tokens of a message without its files."""
    pictures = sum(isinstance(part, Image) for part in said.parts)
    return -(-len(said.text) // CHARS_PER_TOKEN) + MESSAGE_TOKENS + pictures * PICTURE_TOKENS


def _file(file: Attached) -> int:
    """Tokens of a whole file."""
    if is_picture(file):
        return PICTURE_TOKENS
    return -(-file.chars // CHARS_PER_TOKEN) + FRAME_TOKENS


def _whole(said: Said) -> int:
    return _words(said) + sum(map(_file, said.files))


def _share(files: Sequence[Attached], tokens: int, *, sees: bool) -> tuple[tuple[Share, ...], int]:
    """How much of each file fits, small ones whole before large ones are cut; and what that costs."""
    kept: dict[str, int] = {}
    spent = 0
    waiting = len(files)
    for file in sorted(files, key=_file):
        fair = max(tokens - spent, 0) // waiting
        waiting -= 1
        if is_picture(file):
            fits = sees and fair >= PICTURE_TOKENS
            kept[file.file_id] = int(fits)
            spent += PICTURE_TOKENS * fits
            continue
        chars = min(file.chars, max(fair - FRAME_TOKENS, 0) * CHARS_PER_TOKEN)
        if chars < min(LEAST_CHARS, file.chars):
            chars = 0
        kept[file.file_id] = chars
        spent += -(-chars // CHARS_PER_TOKEN) + FRAME_TOKENS * bool(chars)
    return tuple(Share(file, kept[file.file_id]) for file in files), spent


def _content(share: Share, content: str | None) -> tuple[Part | None, int]:
    """A file as a part of a message, and how much of it that is."""
    if not share.kept or not content:
        return None, 0
    if share.is_picture:
        return Image(content), 1
    text = _head(content, share.kept)
    name = " ".join(share.file.name.replace('"', "'").split())
    place = "" if len(text) == len(content) else f' characters="1-{len(text)} of {len(content)}"'
    body = text.replace("</file", "<\\/file")  # a text that plays the frame's end stays within it
    frame = f'<file name="{name}"{place}>\n{body}\n</file>\n\n'
    return Text(frame, retrieved=True), len(text)


def _head(text: str, most: int) -> str:
    """The beginning of a text, cut where a line or a word ends if that is near."""
    if len(text) <= most:
        return text
    head = text[:most]
    for mark in ("\n", " "):
        place = head.rfind(mark, max(0, most - LEAST_CHARS))
        if place > 0:
            return head[:place]
    return head
