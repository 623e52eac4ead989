# SPDX-License-Identifier: EUPL-1.2
"""Checks an export of Hausgeist's audit trail without Hausgeist: this file and Python 3.9 are enough.

    python verify.py trail.zip [--against kept.txt]     the whole export, and a checkpoint kept outside
    python verify.py --proof event.tlog-proof --key key.txt      one event

It reads the archive line by line, opens no connection and writes nothing. With the package ``cryptography``
signatures are checked by it, otherwise by the forty lines below (RFC 8032, slow, for checking only).
Formats: C2SP signed-note, tlog-checkpoint, tlog-proof; hashes as in RFC 6962. Exit code 0: everything holds.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import locale
import sys
import zipfile
from pathlib import Path
from typing import Any

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    Ed25519PublicKey = None  # type: ignore[assignment,misc]  # then in plain Python

GERMAN = {
    "the key is not whole": "der Schlüssel ist nicht vollständig",
    "a checkpoint is not signed with this key": (
        "ein Prüfpunkt ist nicht mit diesem Schlüssel signiert"
    ),
    "a checkpoint cannot be read": "ein Prüfpunkt ist nicht lesbar",
    "the checkpoints are not in order": "die Prüfpunkte sind nicht in der richtigen Reihenfolge",
    "there is no checkpoint over all events": "über alle Ereignisse gibt es keinen Prüfpunkt",
    "the events do not give the root of a checkpoint: something was changed, left out or moved": (
        "die Ereignisse ergeben nicht die Wurzel eines Prüfpunkts: etwas wurde geändert, "
        "weggelassen oder verschoben"
    ),
    "an event is not what was hashed": "ein Ereignis ist nicht das, was gehasht wurde",
    "an event is missing or moved": "ein Ereignis fehlt oder steht an anderer Stelle",
    "an event was taken out without an erasure": "ein Ereignis wurde ohne eine Löschung entfernt",
    "the erasures do not name as many events as were taken out": (
        "die Löschungen nennen nicht so viele Ereignisse, wie entfernt wurden"
    ),
    "the kept checkpoint has more events than the trail: the end was cut off, or an old backup "
    "restored": (
        "der aufbewahrte Prüfpunkt hat mehr Ereignisse als das Protokoll: das Ende wurde "
        "abgeschnitten oder eine alte Sicherung eingespielt"
    ),
    "the kept checkpoint has another root: what it covers was changed since": (
        "der aufbewahrte Prüfpunkt hat eine andere Wurzel: was er umfasst, wurde seither geändert"
    ),
    "the event is not in the tree": "das Ereignis ist nicht im Baum",
    "the file cannot be read": "die Datei ist nicht lesbar",
}


class Broken(Exception):
    """Something does not hold: what, and where."""


def node(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree that grows leaf by leaf; holds one hash a level (a compact range)."""

    def __init__(self) -> None:
        self.size = 0
        self.peaks: list[tuple[int, bytes]] = []  # (leaves beneath it, hash), the largest first

    def add(self, leaf: bytes) -> None:
        """Append a leaf's hash."""
        self.size += 1
        self.peaks.append((1, leaf))
        while len(self.peaks) > 1 and self.peaks[-1][0] == self.peaks[-2][0]:
            count, right = self.peaks.pop()
            self.peaks[-1] = (2 * count, node(self.peaks[-1][1], right))

    def root(self) -> bytes:
        """The root over all leaves so far."""
        if not self.peaks:
            return hashlib.sha256(b"").digest()
        found = self.peaks[-1][1]
        for _, left in self.peaks[-2::-1]:
            found = node(left, found)
        return found


class Key:
    """The public key of a house, as C2SP writes it: name, key id and Base64, with plus signs between."""

    def __init__(self, text: str) -> None:
        try:
            self.name, key_id, shown = text.strip().split("+", 2)
            data = base64.b64decode(shown, validate=True)
        except ValueError:
            raise Broken("the key is not whole") from None
        digest = hashlib.sha256(self.name.encode() + b"\n" + data).digest()[:4]
        if len(data) != 33 or data[0] != 1 or digest.hex() != key_id:
            raise Broken("the key is not whole")
        self.key_id, self.public = digest, data[1:]

    def opened(self, note: str) -> tuple[int, bytes]:
        """Size and root of a signed checkpoint."""
        text, _, signatures = note.replace("\r\n", "\n").partition("\n\n")
        text += "\n"
        for line in signatures.split("\n"):
            mark, _, rest = line.partition(" ")
            name, _, shown = rest.rpartition(" ")
            if mark != "\u2014" or name != self.name:
                continue
            try:
                signature = base64.b64decode(shown, validate=True)
            except ValueError:
                continue
            if signature[:4] == self.key_id and signed(self.public, text.encode(), signature[4:]):
                return self._read(text)
        raise Broken("a checkpoint is not signed with this key")

    def _read(self, text: str) -> tuple[int, bytes]:
        lines = text.split("\n")
        try:
            size, root = int(lines[1]), base64.b64decode(lines[2], validate=True)
        except (ValueError, IndexError):
            raise Broken("a checkpoint cannot be read") from None
        if lines[0] != self.name or len(root) != 32 or size < 0:
            raise Broken("a checkpoint cannot be read")
        return size, root


def check(path: str, against: str | None = None) -> dict[str, int | None]:
    """Check an export, a ZIP file; gives counts. Raises Broken."""
    try:
        with zipfile.ZipFile(path) as archive:
            key = Key(archive.read("key.txt").decode())
            notes = [json.loads(line)["note"] for line in archive.open("checkpoints.jsonl")]
            kept = None if against is None else key.opened(against)
            heads = [key.opened(note) for note in notes]
            return checked(archive, heads, kept)
    except (OSError, AttributeError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise Broken(f"the file cannot be read: {error}") from None


def checked(
    archive: zipfile.ZipFile, heads: list[tuple[int, bytes]], kept: tuple[int, bytes] | None
) -> dict[str, int | None]:
    """Grow the tree over the export's events, and compare it with the checkpoints on the way."""
    if [one[0] for one in heads] != sorted({one[0] for one in heads}):
        raise Broken("the checkpoints are not in order")
    wanted, tree, seen = dict(heads), Tree(), Erasures()
    for number, line in enumerate(archive.open("events.jsonl")):
        event = json.loads(line)
        if event["seq"] != number:
            raise Broken(f"an event is missing or moved: {number}")
        seen.take(event, number)
        tree.add(bytes.fromhex(event["leaf"]))
        if kept is not None and kept[0] == tree.size and kept[1] != tree.root():
            raise Broken(
                f"the kept checkpoint has another root: what it covers was changed since: {kept[0]}"
            )
        if tree.size in wanted and wanted[tree.size] != tree.root():
            raise Broken(
                "the events do not give the root of a checkpoint: something was changed, left out "
                f"or moved: {tree.size}"
            )
    if kept is not None and kept[0] > tree.size:
        raise Broken(
            "the kept checkpoint has more events than the trail: the end was cut off, or an old "
            f"backup restored: {kept[0]} > {tree.size}"
        )
    if not heads or heads[-1][0] != tree.size:
        raise Broken("there is no checkpoint over all events")
    seen.settle()
    return {
        "events": tree.size,
        "erased": seen.count,
        "checkpoints": len(heads),
        "against": None if kept is None else kept[0],
    }


class Erasures:
    """Which events were taken out, and which say so."""

    def __init__(self) -> None:
        self.count = 0
        self.told = 0
        self.named: set[int] = set()
        self.there: set[int] = set()

    def take(self, event: dict[str, Any], number: int) -> None:
        """Compare an event with its hash, or remember that it was taken out."""
        if "body" not in event:
            self.count += 1
            by = event.get("erased_by")
            if not isinstance(by, int) or by <= number:
                raise Broken(f"an event was taken out without an erasure: {number}")
            self.named.add(by)
            return
        data = bytes.fromhex(event["salt"]) + event["body"].encode()
        if hashlib.sha256(b"\x00" + data).hexdigest() != event["leaf"]:
            raise Broken(f"an event is not what was hashed: {number}")
        body = json.loads(event["body"])
        if body["kind"] == "user.erased":
            self.there.add(number)
            self.told += int(body["facts"].get("events") or 0)

    def settle(self) -> None:
        """Compare the erasures with what was taken out."""
        if not self.named <= self.there:
            raise Broken(
                f"an event was taken out without an erasure: {min(self.named - self.there)}"
            )
        if self.count != self.told:
            raise Broken("the erasures do not name as many events as were taken out")


def check_proof(proof: str, key_text: str) -> str | None:
    """Check one event's proof; gives its body, or None when it was erased. Raises Broken."""
    head, _, note = proof.replace("\r\n", "\n").partition("\n\n")
    lines = head.split("\n")
    data = None
    if lines.pop(0) != "c2sp.org/tlog-proof@v1" or not lines:
        raise Broken("the file cannot be read")
    try:
        if lines[0].startswith("extra "):
            data = base64.b64decode(lines.pop(0)[6:], validate=True)
        index = int(lines.pop(0).removeprefix("index "))
        path = [base64.b64decode(line, validate=True) for line in lines]
    except (ValueError, IndexError):
        raise Broken("the file cannot be read") from None
    size, root = Key(key_text).opened(note)
    if data is None:
        return None
    at, last, found = index, size - 1, hashlib.sha256(b"\x00" + data).digest()
    for one in path:  # RFC 9162, section 2.1.3.2
        if at & 1 or at == last:
            found = node(one, found)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            found = node(found, one)
        at, last = at >> 1, last >> 1
    if last != 0 or found != root or not 0 <= index < size:
        raise Broken("the event is not in the tree")
    return data[16:].decode()


def signed(public: bytes, data: bytes, signature: bytes) -> bool:
    """Whether an Ed25519 signature is right."""
    if Ed25519PublicKey is None:
        return signed_plain(public, data, signature)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


# -- Ed25519 in plain Python (RFC 8032, section 5.1.7) -------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


Point = Any  # four numbers: x, y, z, t


def plus(a: Point, b: Point) -> Point:
    """Two points added, as (x, y, z, t)."""
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    w, x, y, z = f - e, h - g, h + g, f + e
    return (w * x % P, y * z % P, x * y % P, w * z % P)


def times(number: int, point: Point) -> Point:
    """A point added to itself so many times."""
    found = (0, 1, 1, 0)
    while number:
        if number & 1:
            found = plus(found, point)
        point, number = plus(point, point), number >> 1
    return found


def point_of(data: bytes) -> Point | None:
    """The point that 32 bytes stand for; None when they stand for none."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return (x, y, 1, x * y % P)


def signed_plain(public: bytes, data: bytes, signature: bytes) -> bool:
    """Whether an Ed25519 signature is right, without any package."""
    key, one = point_of(public), point_of(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if key is None or one is None or len(signature) != 64 or s >= L:
        return False
    base = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    assert base is not None  # it is a point
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + data).digest(), "little") % L
    left, right = times(s, base), plus(one, times(h, key))
    return all((left[at] * right[2] - right[at] * left[2]) % P == 0 for at in (0, 1))


def in_words(error: Exception, *, german: bool) -> str:
    """What does not hold, in words."""
    text = str(error)
    if german:
        for one, other in GERMAN.items():
            if text.startswith(one):
                return other + text[len(one) :]
    return text


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Checks an export of Hausgeist's audit trail.")
    parser.add_argument("file", nargs="?", help="the export, a ZIP file")
    parser.add_argument("--against", help="a checkpoint that was kept outside, a text file")
    parser.add_argument("--proof", help="the proof of one event")
    parser.add_argument("--key", help="the house's public key (key.txt), for --proof")
    parser.add_argument("--deutsch", action="store_true", help="Meldungen auf Deutsch")
    asked = parser.parse_args(arguments)
    german = asked.deutsch or (locale.getlocale()[0] or "").startswith("de")

    def read(path: str) -> str:
        return Path(path).read_text("utf-8")

    try:
        if asked.proof and asked.key:
            body = check_proof(read(asked.proof), read(asked.key))
            print(body if body is not None else "-")  # noqa: T201  what was asked for
        elif asked.file:
            found = check(asked.file, read(asked.against) if asked.against else None)
            print(json.dumps(found))  # noqa: T201  what was asked for
        else:
            parser.error("name an export, or --proof and --key")
    except (Broken, OSError) as error:
        mark = "NICHT IN ORDNUNG: " if german else "BROKEN: "
        print(mark + in_words(error, german=german), file=sys.stderr)  # noqa: T201  as above
        return 1
    print("In Ordnung." if german else "Everything holds.", file=sys.stderr)  # noqa: T201  as above
    return 0


if __name__ == "__main__":
    sys.exit(main())
