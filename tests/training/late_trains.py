# SPDX-License-Identifier: EUPL-1.2
"""Small German texts with passages and fields, made for the tests of students."""

from hausgeist.core.answers import Example, Span, Value

PLACES = ["Buche", "Neustadt", "Bad Ems", "Köln", "Grünau", "Mühlbach", "Altenburg", "Sankt Märgen"]
LINES = ["S3", "RB38", "U6", "S11", "RE7", "U2", "S41", "RB20"]
FRAMES = [
    "Die {line} nach {place} fällt heute aus.",
    "Wegen einer Störung hält die {line} nicht in {place}!",
    "Guten Morgen, kommt die {line} pünktlich? Ich warte in {place}.",
    "In {place} stehen wieder alle Räder 🚲 im Weg.",
    "Zwischen {place} und {other} fährt keine {line} mehr.",
    "Ich möchte mich nur bedanken, alles lief gut.",
]


def marked(frame, **words):
    """A frame with its words filled in, and where these stand."""
    text, spans = "", []
    for part in frame.replace("}", "{").split("{"):
        if part in words:
            label = "line" if part == "line" else "place"
            spans.append(Span(len(text), len(text) + len(words[part]), label))
            text += words[part]
        else:
            text += part
    return text, Value.of_spans(spans)


def reports(count=64):
    """Reports of late trains: examples with passages ``line`` and ``place``."""
    found = []
    for number in range(count):
        place = PLACES[number * 3 % 8]
        line, other = LINES[number * 5 % 8], PLACES[(number * 3 + 1) % 8]
        text, value = marked(FRAMES[number % 6], place=place, line=line, other=other)
        found.append(Example(f"i{number}", text, value))
    return found
