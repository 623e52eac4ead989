# SPDX-License-Identifier: EUPL-1.2
"""Files of other labelling tools: what stands in their records flows in, ours flow out.

Prodigy, Label Studio, Argilla (1, 2 and rows of its data sets), doccano, rows of Hugging Face, CoNLL. Known
by content, never by name. One record may become several: one for each person who answered. Offsets of tools
that count UTF-16 are turned into code points; a passage that is not where it is said to be is never guessed.
Runs in the limited child.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

SAMPLED = 200
"""Lines that are looked at."""
_TAG = re.compile(r"(?:O|[BIESULM]-\S+)")


@dataclass(frozen=True, slots=True)
class Found:
    """A text with what one person, or a model, said of it. ``said`` of None: nothing.

    ``said`` is labels, or passages as start, end and label. ``by`` is what the tool calls the person;
    ``hint`` is what a model said, its name, and its score. ``note`` is why an answer does not count.
    """

    text: Any
    said: list[Any] | None = None
    by: str = ""
    hint: tuple[list[Any], str, float | None] | None = None
    meta: dict[str, Any] = field(default_factory=dict)
    outside: Any = ""
    note: str = ""


Reader = Callable[[dict[str, Any]], Iterator[Found]]


def kind_of(one: Any) -> str:
    """Which tool wrote a record; empty: none that is known here."""
    if not isinstance(one, dict):
        return ""
    if isinstance(one.get("data"), dict) and one.keys() & {
        "annotations",
        "predictions",
        "completions",
    }:
        return "labelstudio"
    if one.get("answer") in {"accept", "reject", "ignore"} and "text" in one:
        return "prodigy"
    if isinstance(one.get("fields"), dict) and one.keys() & {"responses", "suggestions"}:
        return "argilla"
    if any(str(name).endswith((".responses", ".suggestion")) for name in one):
        return "argilla"
    if one.keys() & {"text", "inputs"} and one.keys() >= {"annotation", "prediction"}:
        return "argilla"
    entities = one.get("entities")
    first = entities[0] if isinstance(entities, list) and entities else None
    if "text" in one and isinstance(first, dict) and "start_offset" in first:
        return "doccano"
    if isinstance(one.get("row"), dict) and "row_idx" in one:
        return "rows"
    return ""


def first_of(text: str) -> Any:
    """The first record of JSON lines or of a list, as far as a sample shows it."""
    start = text.lstrip("\ufeff \t\r\n")
    for sign in ("", "["):
        if start.startswith(sign):
            try:
                found, _ = json.JSONDecoder().raw_decode(start[len(sign) :].lstrip())
            except (ValueError, RecursionError):
                continue
            if isinstance(found, dict):
                rows = found.get("rows")
                if isinstance(rows, list) and rows and "features" in found:
                    return rows[0]
                return found
    return None


def is_conll(text: str) -> bool:
    """Whether lines are words with tags, and empty lines end a sentence."""
    lines = text.split("\n")[:SAMPLED]
    words = [line.split() for line in lines if line.strip() and not _is_comment(line)]
    good = sum(len(one) >= 2 and bool(_TAG.fullmatch(one[-1])) for one in words)
    some = any(one[-1] != "O" for one in words if one)
    return len(words) >= 3 and good >= 0.95 * len(words) and some


def unfold(kind: str, one: dict[str, Any]) -> Iterator[Found]:
    """What a record of a tool says.

    Raises:
        ValueError, TypeError, KeyError, AttributeError: it is not what the tool writes.
    """
    return READERS[kind](one)


# -- Prodigy --------------------------------------------------------------------------------------


def _prodigy(one: dict[str, Any]) -> Iterator[Found]:
    by = str(one.get("_annotator_id") or one.get("_session_id") or "")
    answer = one["answer"]
    meta = one.get("meta") if isinstance(one.get("meta"), dict) else {}
    said: list[Any] | None
    if one.get("accept") is not None and "options" in one:
        names = {
            option.get("id"): str(option.get("text") or option.get("id"))
            for option in one["options"]
        }
        said = [names.get(chosen, str(chosen)) for chosen in one["accept"]]
    elif "spans" in one or one.get("_view_id") in {"ner", "ner_manual", "spans_manual", "spans"}:
        said = _spans(str(one["text"]), one.get("spans") or [])
    elif "label" in one:
        said = [str(one["label"])]
    else:
        said = None
    note = "" if answer == "accept" else {"reject": "rejected"}.get(answer, "ignored")
    yield Found(
        one["text"], None if note else said, by, meta=dict(meta or {}), note=note if said else ""
    )


# -- Label Studio ---------------------------------------------------------------------------------


def _labelstudio(one: dict[str, Any]) -> Iterator[Found]:
    data = one["data"]
    text = _text_of(data)
    meta = {name: value for name, value in data.items() if value is not text}
    hint = None
    for guess in one.get("predictions") or []:
        said = _results(text, guess.get("result") or [])
        if said is not None:
            score = guess.get("score")
            score = float(score) if isinstance(score, int | float) else None
            hint = said, str(guess.get("model_version") or "Label Studio"), score
    made = one.get("annotations") or one.get("completions") or []
    count = 0
    for answer in made:
        who = answer.get("completed_by")
        who = (who.get("email") or who.get("id")) if isinstance(who, dict) else who
        cancelled = bool(answer.get("was_cancelled") or answer.get("skipped"))
        said = None if cancelled else _results(text, answer.get("result") or [])
        count += 1
        yield Found(
            text,
            said,
            str(who if who is not None else ""),
            hint=hint if count == 1 else None,
            meta=meta,
            outside=one.get("id", ""),
            note="ignored" if cancelled else "",
        )
    if not count:
        yield Found(text, hint=hint, meta=meta, outside=one.get("id", ""))


def _results(text: str, results: list[Any]) -> list[Any] | None:
    said: list[Any] = []
    for result in results:
        value = result.get("value") or {}
        if "choices" in value:
            said += [str(one) for one in value["choices"]]
        elif "taxonomy" in value:
            said += [str(path[-1]) for path in value["taxonomy"] if path]
        elif result.get("type") in {"labels", "hypertextlabels"} or "labels" in value:
            for label in value.get("labels") or value.get("hypertextlabels") or []:
                said.append(
                    _units(text, value["start"], value["end"], str(label), value.get("text"))
                )
    return said if results else None


# -- Argilla --------------------------------------------------------------------------------------


def _argilla(one: dict[str, Any]) -> Iterator[Found]:
    if "annotation" in one:
        yield from _argilla1(one)
        return
    if isinstance(one.get("fields"), dict):
        text = _text_of(one["fields"])
        given = one.get("responses") or {}
        if isinstance(given, list):  # by person
            given = _by_question(given)
        guesses = one.get("suggestions") or {}
        if isinstance(guesses, list):
            guesses = {str(guess.get("question_name")): guess for guess in guesses}
        meta = one.get("metadata") or {}
    else:
        text = _text_of({name: value for name, value in one.items() if "." not in str(name)})
        given, guesses = _flat(one)
        meta = {}
    name = next(iter(given), "") or next(iter(guesses), "")
    guess = guesses.get(name) or {}
    hint = None
    if guess.get("value") is not None:
        score = guess.get("score")
        score = float(score) if isinstance(score, int | float) else None
        hint = _said(text, guess["value"]), str(guess.get("agent") or "Argilla"), score
    count = 0
    for answer in given.get(name) or []:
        done = answer.get("status") in {None, "submitted"}
        value = answer.get("value")
        count += 1
        yield Found(
            text,
            _said(text, value) if done and value is not None else None,
            str(answer.get("user_id") or ""),
            hint=hint if count == 1 else None,
            meta=dict(meta),
            outside=one.get("id", ""),
            note="" if done else "ignored",
        )
    if not count:
        yield Found(text, hint=hint, meta=dict(meta), outside=one.get("id", ""))


def _argilla1(one: dict[str, Any]) -> Iterator[Found]:
    text = one.get("text")
    if text is None:
        text = _text_of(one.get("inputs") or {})
    value, guesses = one.get("annotation"), one.get("prediction") or []
    hint = None
    if guesses:
        best = guesses[0]
        agent = str(one.get("prediction_agent") or "Argilla")
        if isinstance(best, dict) and "start" not in best:
            best = max(guesses, key=lambda guess: guess.get("score") or 0)
            hint = [str(best["label"])], agent, best.get("score")
        else:
            hint = _said(str(text), guesses), agent, None
    dropped = one.get("status") == "Discarded"
    yield Found(
        text,
        None if value is None or dropped else _said(str(text), value),
        str(one.get("annotation_agent") or ""),
        hint=hint,
        meta=dict(one.get("metadata") or {}),
        outside=one.get("id") or "",
        note="ignored" if dropped else "",
    )


def _by_question(given: list[Any]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for answer in given:
        for name, value in (answer.get("values") or {}).items():
            plain = value.get("value") if isinstance(value, dict) else value
            row = {"value": plain, "user_id": answer.get("user_id"), "status": answer.get("status")}
            found.setdefault(str(name), []).append(row)
    return found


def _flat(one: dict[str, Any]) -> tuple[dict[str, list[dict[str, Any]]], dict[str, dict[str, Any]]]:
    """Rows of a data set: ``name.responses``, its ``.users`` and ``.status``, ``name.suggestion``."""
    given: dict[str, list[dict[str, Any]]] = {}
    guesses: dict[str, dict[str, Any]] = {}
    for key, values in one.items():
        name = str(key)
        if name.endswith(".responses"):
            users = one.get(f"{name}.users") or []
            states = one.get(f"{name}.status") or []
            given[name.removesuffix(".responses")] = [
                {
                    "value": value,
                    "user_id": users[at] if at < len(users) else None,
                    "status": states[at] if at < len(states) else None,
                }
                for at, value in enumerate(values or [])
            ]
        elif name.endswith(".suggestion"):
            guesses[name.removesuffix(".suggestion")] = {
                "value": values,
                "score": one.get(f"{name}.score"),
                "agent": one.get(f"{name}.agent"),
            }
    return given, guesses


def _said(text: str, value: Any) -> list[Any]:
    """Labels or passages, however they are written."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return _spans(text, value)
    if isinstance(value, list) and value and isinstance(value[0], list | tuple):
        return [[one[1], one[2], str(one[0])] for one in value]
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


# -- doccano, rows --------------------------------------------------------------------------------


def _doccano(one: dict[str, Any]) -> Iterator[Found]:
    said = [[span["start_offset"], span["end_offset"], span["label"]] for span in one["entities"]]
    yield Found(one["text"], said, outside=one.get("id", ""))


def _rows(one: dict[str, Any]) -> Iterator[Found]:
    row = one["row"]
    words = tagged(row)
    if words is not None:
        yield words
        return
    text = _text_of(row)
    label = next(
        (row[name] for name in ("label", "labels", "intent", "class") if name in row), None
    )
    meta = {name: value for name, value in row.items() if value is not text}
    yield Found(text, None if label is None else _said(text, label), meta=meta)


def tagged(cells: dict[str, Any]) -> Found | None:
    """A row of words with tags beneath them, as a text with passages; None: it is none."""
    words = cells.get("tokens") or cells.get("words")
    if not isinstance(words, list) or not words or not all(isinstance(one, str) for one in words):
        return None
    for name in ("ner_tags", "tags", "labels"):
        tags = cells.get(name)
        if isinstance(tags, list) and len(tags) == len(words):
            said = [str(one) if one is not None else "O" for one in tags]
            if all(_TAG.fullmatch(one) for one in said):
                found = _sentence([one or "-" for one in words], said)
                meta = {key: one for key, one in cells.items() if not isinstance(one, list | dict)}
                return Found(found.text, found.said, meta=meta)
    return None


READERS: dict[str, Reader] = {
    "prodigy": _prodigy,
    "labelstudio": _labelstudio,
    "argilla": _argilla,
    "doccano": _doccano,
    "rows": _rows,
}


# -- CoNLL ----------------------------------------------------------------------------------------


def conll(lines: Iterable[str]) -> Iterator[Found]:
    """Sentences of words with tags: IOB1, IOB2, BILOU, BIOES. Words are joined with single spaces."""
    words: list[str] = []
    tags: list[str] = []
    for line in lines:
        parts = line.split("\t") if "\t" in line else line.split()
        parts = [part.strip() for part in parts if part.strip()]
        if not parts or parts[0] == "-DOCSTART-":
            if words:
                yield _sentence(words, tags)
            words, tags = [], []
        elif not _is_comment(line) and len(parts) >= 2:
            words.append(parts[0])
            tags.append(parts[-1] if _TAG.fullmatch(parts[-1]) else "O")
    if words:
        yield _sentence(words, tags)


def _is_comment(line: str) -> bool:
    """``# id = 7``; a word that is a sign of number has a tag behind it."""
    if not line.startswith("#"):
        return False
    parts = line.split()
    return len(parts) < 2 or not _TAG.fullmatch(parts[-1])


def _sentence(words: list[str], tags: list[str]) -> Found:
    found: list[list[Any]] = []
    at, open_ = 0, False
    for word, tag in zip(words, tags, strict=True):
        end = at + len(word)
        sign, _, label = tag.partition("-")
        if sign == "O":
            open_ = False
        else:
            goes_on = open_ and sign in {"I", "E", "L", "M"} and found[-1][2] == label
            if goes_on:
                found[-1][1] = end
            else:
                found.append([at, end, label])
            open_ = sign not in {"E", "L", "S", "U"}
        at = end + 1
    return Found(" ".join(words), found)


# -- what they share ------------------------------------------------------------------------------


def _text_of(cells: dict[str, Any]) -> str:
    """The text among named cells: the one that is called so, else the longest."""
    for name in ("text", "content", "body", "sentence", "prompt", "utt"):
        if isinstance(cells.get(name), str):
            return str(cells[name])
    texts = [value for value in cells.values() if isinstance(value, str)]
    return max(texts, key=len, default="")


def _spans(text: str, spans: list[Any]) -> list[Any]:
    return [
        _units(text, one["start"], one["end"], str(one.get("label", "")), one.get("text"), js=False)
        for one in spans
    ]


def _units(
    text: str, start: Any, end: Any, label: str, quoted: Any = None, *, js: bool = True
) -> list[Any]:
    """A passage in code points. What it quotes decides how it was counted; without it, the tool does."""
    first, last = int(start), int(end)
    wide = _points(text, first), _points(text, last)
    if isinstance(quoted, str) and quoted:
        for one, two in ((first, last), wide):
            if " ".join(text[one:two].split()) == " ".join(quoted.split()):
                return [one, two, label]
        return [-1, -1, label]
    return [*wide, label] if js else [first, last, label]


def _points(text: str, units: int) -> int:
    """The place in code points of a place in UTF-16 units."""
    if text.isascii():
        return units
    before = text.encode("utf-16-le", "surrogatepass")[: 2 * max(0, units)]
    beyond = units - len(before) // 2
    return len(before.decode("utf-16-le", "replace")) + max(0, beyond)
