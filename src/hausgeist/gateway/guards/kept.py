# SPDX-License-Identifier: EUPL-1.2
"""The rules as the house keeps them: shipped ones switched on or off, and its own. Rows in, guards out."""

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hausgeist.audit import Trail
from hausgeist.core.trail import Fact
from hausgeist.errors import N_, Conflict, InvalidField, NotFound
from hausgeist.gateway.guard import Guard, Guards, Mark, Place, inspected
from hausgeist.gateway.guards.classifier import load
from hausgeist.gateway.guards.patterns import Patterns
from hausgeist.gateway.guards.rule import Kept, Rule, checked, of_json, shipped, to_json
from hausgeist.store import guard_rules as rows
from hausgeist.store.accounts import Row
from hausgeist.store.db import Store

log = logging.getLogger("hausgeist.guards")

RULES_MOST = 200
CLASSIFIER_REASON = N_("A small model finds that this text resembles those that were marked.")
CLASSIFIER_THRESHOLD = 0.9


class GuardRules:
    """Verbs of rules; ``by`` is the id of who does it. ``put`` is told the guards in force."""

    def __init__(
        self,
        store: Store,
        trail: Trail,
        now_ms: Callable[[], int],
        put: Callable[[Guards], None],
        home: Path | None = None,
    ) -> None:
        self._store = store
        self._trail = trail
        self._now_ms = now_ms
        self._put = put
        self._home = home
        self._seen: object = None
        self._guards: tuple[Guard, ...] = ()

    async def refresh(self) -> None:
        """Put the rules in force that any process wrote; a rule that does not compile is left out."""
        found = await self._store.read(rows.every)
        seen = [(row["id"], row["body"], row["enabled"]) for row in found]
        if seen == self._seen:
            return
        rules = [kept.rule for kept in _all(found) if kept.enabled]
        self._guards = (Patterns(rules), *_classifiers(self._home)) if rules else ()
        self._put(Guards(self._guards))
        self._seen = seen

    async def all(self) -> list[Kept]:
        """Shipped rules first, then the house's own, by id."""
        return _all(await self._store.read(rows.every))

    async def get(self, rule_id: str) -> Kept:
        """One rule.

        Raises:
            NotFound: there is none.
        """
        found = next((kept for kept in await self.all() if kept.rule.id == rule_id), None)
        if found is None:
            raise NotFound
        return found

    async def save(self, rule: Rule, by: str, *, new: bool) -> None:
        """Add a rule of the house's own, or change one.

        Raises:
            InvalidField: it breaks its own promises, or there are too many.
            Conflict: there is one of that id.
            NotFound: the one to be changed is gone, or is a shipped one.
        """
        checked(rule)
        now = self._now_ms()

        def work(connection: Any) -> dict[str, Fact] | None:
            found = {row["id"]: row for row in rows.every(connection)}
            if new and (rule.id in found or rule.id in shipped()):
                raise Conflict(what="A rule with this id")
            if not new and (rule.id not in found or rule.id in shipped()):
                raise NotFound
            if len(found) >= RULES_MOST:
                raise InvalidField(field="id", reason=N_("there are too many rules"), param="id")
            before = of_json(found[rule.id]["body"]) if rule.id in found else None
            if before == rule:
                return None
            enabled = found[rule.id]["enabled"] if rule.id in found else True
            rows.put(connection, rule.id, to_json(rule), enabled=enabled, now_ms=now)
            return _facts("before", before) | _facts("after", rule)

        await self._trail.change(
            "guard.created" if new else "guard.changed", work, actor=by, subject=rule.id
        )
        await self.refresh()

    async def switch(self, rule_id: str, by: str, *, on: bool) -> None:
        """Switch a rule on or off.

        Raises:
            NotFound: there is none.
        """
        await self.get(rule_id)
        now = self._now_ms()

        def work(connection: Any) -> dict[str, Fact] | None:
            found = {row["id"]: row for row in rows.every(connection)}
            was = found[rule_id]["enabled"] if rule_id in found else True
            if was == on:
                return None
            body = found[rule_id]["body"] if rule_id in found else ""
            rows.put(connection, rule_id, body, enabled=on, now_ms=now)
            return {"before.enabled": was, "after.enabled": on}

        await self._trail.change("guard.switched", work, actor=by, subject=rule_id)
        await self.refresh()

    async def delete(self, rule_id: str, by: str) -> None:
        """Delete a rule of the house's own.

        Raises:
            NotFound: there is none, or it is a shipped one.
        """

        def work(connection: Any) -> dict[str, Fact]:
            found = {row["id"]: row for row in rows.every(connection)}
            if rule_id not in found or rule_id in shipped():
                raise NotFound
            rows.remove(connection, rule_id)
            return _facts("before", of_json(found[rule_id]["body"]))

        await self._trail.change("guard.deleted", work, actor=by, subject=rule_id)
        await self.refresh()

    def tried(self, text: str, place: Place) -> list[Mark]:
        """What the rules in force say of a text."""
        return inspected(self._guards, text, place)


def _all(found: list[Row]) -> list[Kept]:
    by_id = {row["id"]: row for row in found}
    ours = shipped()
    kept = [
        Kept(rule, by_id[rule.id]["enabled"] if rule.id in by_id else True, shipped=True)
        for rule in ours.values()
    ]
    own = (row for row in found if row["id"] not in ours)
    return [*kept, *(Kept(of_json(row["body"]), row["enabled"], shipped=False) for row in own)]


def _classifiers(home: Path | None) -> list[Guard]:
    """The classifiers in the data directory's ``guards`` folder; a damaged one is left out, and said."""
    found: list[Guard] = []
    for path in sorted((home / "guards").glob("*.hgc")) if home is not None else ():
        try:
            made = load(
                path,
                name=f"classifier.{path.stem}",
                threshold=CLASSIFIER_THRESHOLD,
                reason=CLASSIFIER_REASON,
            )
        except (OSError, ValueError) as error:
            log.warning("a classifier is left out: %s", error)
        else:
            found.append(made)
    return found


def _facts(side: str, rule: Rule | None) -> dict[str, Fact]:
    """What the trail says of a rule: never its pattern's words, which may be somebody's name."""
    if rule is None:
        return {}
    mark = hashlib.sha256(to_json(rule).encode()).hexdigest()[:12]
    return {
        f"{side}.places": " ".join(rule.places),
        f"{side}.action": rule.action.value,
        f"{side}.soft": rule.soft,
        f"{side}.body": mark,
    }
