# SPDX-License-Identifier: EUPL-1.2
"""Compare the texts in the source with the German catalogue: both in, one line for every gap out.

Texts are what ``_()``, ``N_()`` and the plural forms mark in Python and in templates. The English text
is the key, so English is complete by itself. ``--update`` takes new texts into the catalogue, untranslated,
and drops those that are gone; it never guesses a translation.
"""

import re
import string
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "src/hausgeist/locale/de/LC_MESSAGES/hausgeist.po"
HEADER = "# SPDX-License-Identifier: EUPL-1.2\n# German texts; the English ones are the keys."
KEYWORDS = {**DEFAULT_KEYWORDS, "N_": None, "_": None, "counted": (1, 2)}


def main(arguments: Sequence[str]) -> int:
    """Check the catalogue, or bring it up to date; 0 when it is complete."""
    source = extract()
    german = read()
    if "--update" in arguments:
        german.update(source, no_fuzzy_matching=True, update_creation_date=False)
        german.obsolete.clear()
        with CATALOGUE.open("wb") as target:
            write_po(target, german, width=100, include_lineno=False, sort_by_file=True)
    gaps = list(compare(source, german))
    for gap in gaps:
        print(f"error    {gap}")
    print(f"German catalogue: {len(source)} texts, {len(gaps)} gaps")
    return 1 if gaps else 0


def extract() -> Catalog:
    """Every marked text of the package."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as source:
        methods, options = parse_mapping_cfg(source)
    found = Catalog(project="hausgeist", charset="utf-8")
    for file, line, message, comments, context in extract_from_dir(
        ROOT / "src", methods, options, KEYWORDS, comment_tags=("Translators:",)
    ):
        place = Path("src", file).as_posix()
        found.add(message, None, [(place, line)], auto_comments=comments, context=context)
    return found


def read() -> Catalog:
    """The German catalogue as it is; an empty one before there is any."""
    if not CATALOGUE.exists():
        CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
        return Catalog(
            locale="de",
            project="hausgeist",
            version="0.1.0",
            header_comment=HEADER,
            msgid_bugs_address="none",
            last_translator="Hausgeist",
            language_team="German",
            revision_date=datetime.now(UTC),
            charset="utf-8",
            fuzzy=False,
        )
    with CATALOGUE.open("rb") as source:
        return read_po(source, locale="de", abort_invalid=True)


def compare(source: Catalog, german: Catalog) -> Iterator[str]:
    """A sentence for every gap between the source and the catalogue."""
    for message in source:
        if not message.id:
            continue
        translated = german.get(_key(message), message.context)
        where = ", ".join(sorted({file for file, _ in message.locations}))
        if translated is None:
            yield f"{where}: not in the catalogue: {message.id!r}"
        else:
            yield from (f"{where}: {gap}: {message.id!r}" for gap in _faults(message, translated))
    for message in german:
        if message.id and source.get(_key(message), message.context) is None:
            yield f"no longer in the source: {message.id!r}"
    for obsolete in german.obsolete.values():
        yield f"obsolete entry: {obsolete.id!r}"


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _faults(message: Message, translated: Message) -> Iterator[str]:
    string_or_forms = translated.string or ""  # None: taken in and never written
    texts = [string_or_forms] if isinstance(string_or_forms, str) else list(string_or_forms)
    keys = [message.id] if isinstance(message.id, str) else list(message.id)
    if not texts or not all(texts):
        yield "not translated"
        return
    if translated.fuzzy:
        yield "marked fuzzy"
    wanted = set().union(*map(placeholders, keys))
    for text in texts:
        if placeholders(text) != wanted:
            yield f"placeholders differ ({sorted(placeholders(text) ^ wanted)})"
    if keys[0].strip() == keys[0] and any(text.strip() != text for text in texts):
        yield "space at the edge of the translation"


def placeholders(text: str) -> set[str]:
    """The names in braces and in ``%(name)s``; a stray brace counts as itself."""
    try:
        braces = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError:
        braces = {"{"}
    return braces | set(re.findall(r"%\(\w+\)[a-z]", text))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
