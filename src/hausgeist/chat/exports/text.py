# SPDX-License-Identifier: EUPL-1.2
"""A conversation as a Markdown file: answers as the model wrote them, questions as they were typed."""

from hausgeist.chat.exports.letter import Letter


def markdown(letter: Letter) -> str:
    """The file's text."""
    lines = [f"# {_line(letter.title)}", ""]
    lines += [f"- {label}: {_line(words)}" for label, words in letter.facts]
    lines += ["", f"*{letter.marked}*", ""]
    for turn in letter.turns:
        lines += ["---", "", f"## {turn.heading}", "", f"*{_line(turn.about)}*", ""]
        lines += [f"- 📎 {_line(name)}" for name in turn.files]
        lines += [""] if turn.files else []
        lines += [turn.text.strip("\n"), ""]
        lines += [f"*{turn.note}*", ""] if turn.note else []
    return "\n".join(lines)


def _line(words: str) -> str:
    return " ".join(words.split())
