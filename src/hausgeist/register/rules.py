# SPDX-License-Identifier: EUPL-1.2
"""Verbs of the rules bench: propose, write, try, order, switch, delete; and what all of it is worth.

Every rule is compiled before it is kept. What a model or a count proposes is kept as a proposal, with its
figures, and decides nothing until a person switches it on. Every change is in the trail, without patterns.
"""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from hausgeist.audit import Trail
from hausgeist.core.answers import Example
from hausgeist.core.people import Principal, Role
from hausgeist.core.rules import Rule, RuleKind, RuleState
from hausgeist.core.tasks import FieldType, Task, TaskKind
from hausgeist.core.trail import Fact
from hausgeist.errors import N_, BadRequest, InvalidField, NotFound
from hausgeist.identity.tokens import new_id
from hausgeist.jobs.work import Asker, Work
from hausgeist.register import rule_asking, rule_scores
from hausgeist.register.rule_asking import Draft
from hausgeist.register.rule_ground import Pool, RuleGround, pattern_hash
from hausgeist.register.rule_scores import Board, Conflict, Scored
from hausgeist.register.rule_trial import Trial, relaxed, tried
from hausgeist.store import rules, suggestions, tasks
from hausgeist.store.db import Store
from hausgeist.store.tasks import Member
from hausgeist.training.rules import RuleSet
from hausgeist.training.rules.mining import mined
from hausgeist.training.rules.trainer import plain_of

RULES_MOST = 500
CASES_MOST = 50
CASE_MOST = 2_000
NOTE_MOST = 1_000
EXAMPLE = 160
"""Letters of a text that shows a conflict."""
TEACHER, COUNTED = "teacher", "counted"


class Rules:
    """The rules of a house's tasks. ``now_ms`` gives milliseconds since the epoch."""

    def __init__(self, store: Store, trail: Trail, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._trail = trail
        self._now_ms = now_ms
        self._ground = RuleGround(store)

    # -- looking ------------------------------------------------------------------------------------

    async def of(self, task: Task) -> list[Rule]:
        """A task's rules, in their order."""
        return await self._store.read(lambda connection: rules.of_task(connection, task.id))

    async def get(self, task: Task, rule_id: str) -> Rule:
        """One of a task's rules.

        Raises:
            NotFound: the task has none of this id.
        """
        found = await self._store.read(lambda connection: rules.get(connection, task.id, rule_id))
        if found is None:
            raise NotFound
        return found

    async def board(self, task: Task) -> Board:
        """All rules with their figures; only patterns that changed run."""
        found = await self.of(task)
        return await asyncio.to_thread(self._board, task, found)

    async def trial(self, task: Task, draft: Draft, rule_id: str = "") -> Trial:
        """What a draft would find, with examples; nothing is kept. ``rule_id``: the rule it would replace.

        Raises:
            InvalidField: the pattern or the label is none; with the place where that can be told.
        """
        made = self._checked(task, draft, RuleState.PROPOSED)
        found = [one for one in await self.of(task) if one.id != rule_id]
        return await asyncio.to_thread(self._tried, task, replace(made, id="draft"), found)

    async def ruleset(self, task: Task) -> RuleSet:
        """The rules in force, each as sure as it is right at least on people's answers: a model, for GATE."""
        return RuleSet(task.kind, await self.bounded(task), task.fields)

    async def subject(self, task: Task) -> str:
        """What the rules in force are called in evaluations: ``rules:`` and a hash of all that counts."""
        active = [one for one in await self.of(task) if one.state is RuleState.ACTIVE]
        digest = hashlib.sha256()
        for rule in active:
            digest.update(f"{pattern_hash(rule)}\0{rule.label}\0".encode())
        return f"rules:{digest.hexdigest()[:32]}"

    async def bounded(self, task: Task) -> list[Rule]:
        """The rules in force with the lower bounds of their precision."""
        board = await self.board(task)
        return [
            replace(one.rule, bound=one.people.interval.low if one.people.interval else 0.0)
            for one in board.scored
            if one.rule.state is RuleState.ACTIVE and one.broken is None
        ]

    async def options(self, task: Task) -> dict[str, Any]:
        """Options for the recipe of a student of the rung "rules"."""
        return {"rules": plain_of(await self.bounded(task))}

    # -- changing -----------------------------------------------------------------------------------

    async def add(
        self, task: Task, member: Member, draft: Draft, state: RuleState = RuleState.ACTIVE
    ) -> Rule:
        """Keep a rule behind the others.

        Raises:
            InvalidField: the pattern or the label is none, or it does not keep to its own cases.
        """
        made = replace(
            self._checked(task, draft, state),
            id=new_id(),
            author=member.id,
            created_at=self._now_ms(),
        )
        _keeps_to_its_cases(task, made)
        await self._keep(task, [made], actor=member.user_id or "", how="written")
        return made

    async def edit(self, task: Task, member: Member, rule_id: str, draft: Draft) -> Rule:
        """Replace what a rule says. Raises as ``get`` and ``add``."""
        old = await self.get(task, rule_id)
        made = self._checked(task, draft, old.state)
        made = replace(
            made, id=old.id, position=old.position, author=old.author, created_at=old.created_at
        )
        _keeps_to_its_cases(task, made)
        await self._change(task, member, made, "edited")
        return made

    async def switch(self, task: Task, member: Member, rule_id: str, *, on: bool) -> None:
        """Put a rule in force, or take it out of force. Raises as ``get`` and ``add``."""
        old = await self.get(task, rule_id)
        if on:
            self._checked(task, _draft_of(old), RuleState.ACTIVE)
            _keeps_to_its_cases(task, old)
        state = RuleState.ACTIVE if on else RuleState.OFF
        await self._change(task, member, replace(old, state=state), "on" if on else "off")

    async def move(self, task: Task, member: Member, rule_id: str, to: int) -> None:
        """Put a rule at a place of the order, counted from 0.

        Raises:
            NotFound: the task has none of this id.
        """

        def work(connection: Any) -> Mapping[str, Fact] | None:
            ids = [one.id for one in rules.of_task(connection, task.id)]
            if rule_id not in ids:
                raise NotFound
            before = list(ids)
            ids.remove(rule_id)
            ids.insert(max(0, to), rule_id)
            rules.order(connection, task.id, ids)
            return {"task": task.id, "how": "moved"} if ids != before else None

        await self._trail.change("task.rule", work, actor=member.user_id or "", subject=rule_id)

    async def delete(self, task: Task, member: Member, rule_id: str) -> None:
        """Delete a rule, or reject a proposal.

        Raises:
            NotFound: the task has none of this id.
        """

        def work(connection: Any) -> Mapping[str, Fact]:
            if not rules.remove(connection, task.id, rule_id):
                raise NotFound
            return {"task": task.id, "how": "deleted"}

        await self._trail.change("task.rule", work, actor=member.user_id or "", subject=rule_id)

    # -- proposals ----------------------------------------------------------------------------------

    async def count(self, task: Task, member: Member, label: str = "") -> int:
        """Propose what can be counted from confirmed answers of the pool; how many are new."""
        told = await self._confirmed(task)
        found = await asyncio.to_thread(mined, task.kind, told, label)
        drafts = [Draft(kind=one.kind, pattern=one.pattern, label=one.label) for one in found]
        return await self._propose(task, drafts, COUNTED, member.user_id or "")

    async def ask(
        self, task: Task, asker: Asker, user_id: str, label: str, *, model: str, call_id: str
    ) -> int:
        """Propose what a teacher writes for a label or field; how many can be used and are new.

        The call is this person's. Only confirmed answers of the pool go along: neither dev nor gold.

        Raises:
            AnswerNotValid: what it answered is no list of rules.
            HausgeistError: the call was refused or failed.
        """
        told = await self._confirmed(task)
        guideline = await self._store.read(
            lambda connection: suggestions.guideline(connection, task.id, task.guideline_version)
        )
        call = rule_asking.call(
            task,
            label,
            told,
            model=model or task.teacher,
            call_id=call_id,
            principal=Principal(id=user_id, name="", role=Role.MEMBER),
            guideline=guideline,
        )
        asked = await asker.ask(call)
        return await self._propose(task, rule_asking.drafts(asked.text, label), TEACHER, user_id)

    async def work(self, work: Work) -> Mapping[str, Any]:
        """The job ``rules``: asks for each label or field in turn. Params: ``labels``, ``model``.

        A job that was interrupted goes on where it was: each label's call has one id.
        """
        task = await self._store.read(
            lambda connection: tasks.get(connection, work.job.task_id or "")
        )
        if task is None:
            raise NotFound
        known = keys_of(task)
        labels = [one for one in work.job.params.get("labels", known) if one in known]
        done = int(work.job.note.get("labels_done", 0))
        new, unread = int(work.job.note.get("new", 0)), int(work.job.note.get("unread", 0))
        for place, label in enumerate(labels[done:], done):
            await work.progress(place, len(labels), labels_done=place, new=new, unread=unread)
            try:
                new += await self.ask(
                    task,
                    work.asker,
                    work.job.by or "",
                    label,
                    model=str(work.job.params.get("model", "")),
                    call_id=f"{work.job.id}-{place}",
                )
            except BadRequest:  # it answered in prose: seen in the job's result
                unread += 1
        await work.progress(
            len(labels), len(labels), labels_done=len(labels), new=new, unread=unread
        )
        return {"new": new, "unread": unread, "labels": len(labels)}

    async def _confirmed(self, task: Task) -> list[Example]:
        told = await asyncio.to_thread(self._ground.told, task)
        return [one for one, dev in zip(told.examples, told.dev, strict=True) if not dev]

    async def _propose(self, task: Task, drafts: Sequence[Draft], author: str, user_id: str) -> int:
        known = {(one.kind, one.pattern, one.label) for one in await self.of(task)}
        made: list[Rule] = []
        for draft in drafts:
            if (draft.kind, draft.pattern, draft.label) in known:
                continue
            try:
                rule = self._checked(task, draft, RuleState.PROPOSED)
            except InvalidField:
                continue  # a pattern that nobody can run is no proposal
            known.add((draft.kind, draft.pattern, draft.label))
            made.append(replace(rule, id=new_id(), author=author, created_at=self._now_ms()))
        if made:
            await self._keep(task, made, actor=user_id, how=f"proposed by {author}")
        return len(made)

    # -- inside -------------------------------------------------------------------------------------

    def _checked(self, task: Task, draft: Draft, state: RuleState) -> Rule:
        _known_label(task, draft.label)
        if len(draft.note) > NOTE_MOST:
            raise InvalidField(
                field="note", reason=N_("at most {most} characters"), param="note", most=NOTE_MOST
            )
        for name, texts in (("must", draft.must), ("must_not", draft.must_not)):
            if len(texts) > CASES_MOST or any(len(text) > CASE_MOST for text in texts):
                raise InvalidField(
                    field=name, reason=N_("at most {most} of them"), param=name, most=CASES_MOST
                )
        made = Rule(
            id="",
            task_id=task.id,
            kind=draft.kind,
            pattern=draft.pattern.strip("\n")
            if draft.kind is RuleKind.REGEX
            else draft.pattern.strip(),
            label=draft.label,
            state=state,
            note=draft.note,
            must=draft.must,
            must_not=draft.must_not,
        )
        RuleSet(task.kind, [made], task.fields)
        return made

    async def _keep(self, task: Task, made: Sequence[Rule], *, actor: str, how: str) -> None:
        def work(connection: Any) -> Mapping[str, Fact]:
            if len(rules.of_task(connection, task.id)) + len(made) > RULES_MOST:
                raise InvalidField(
                    field="pattern", reason=N_("at most {most} of them"), most=RULES_MOST
                )
            rules.add(connection, made)
            return {"task": task.id, "how": how, "rules": len(made)}

        await self._trail.change("task.rule", work, actor=actor, subject=made[0].id)

    async def _change(self, task: Task, member: Member, rule: Rule, how: str) -> None:
        def work(connection: Any) -> Mapping[str, Fact]:
            if not rules.put(connection, rule):
                raise NotFound
            return {"task": task.id, "how": how}

        await self._trail.change("task.rule", work, actor=member.user_id or "", subject=rule.id)

    def _board(self, task: Task, found: Sequence[Rule]) -> Board:
        broken: dict[str, Exception] = {}
        for rule in found:
            try:
                self._checked(task, _draft_of(rule), rule.state)
            except InvalidField as error:  # its label was taken away, or the engine became stricter
                broken[rule.id] = error
        fit = [one for one in found if one.id not in broken]
        pool, told = self._ground.pool(task, fit), self._ground.told(task)
        scored = self._scored(task, fit)
        conflicts = rule_scores.conflicts_of(task, fit, pool)
        many: dict[str, int] = {}
        for one in conflicts:
            many[one.first] = many.get(one.first, 0) + 1
            many[one.second] = many.get(one.second, 0) + 1
        figures = {one.rule.id: replace(one, conflicts=many.get(one.rule.id, 0)) for one in scored}
        with self._store.reading() as connection:
            best = rule_scores.best_teacher(task, told, rules.dev_said(connection, task.id))
        return Board(
            scored=tuple(
                figures.get(one.id) or Scored(rule=one, broken=broken[one.id]) for one in found
            ),
            conflicts=tuple(self._shown(task, pool, conflicts[: rule_scores.CONFLICTS_MOST])),
            sample=pool.size,
            pool=pool.stamp[0],
            covered=rule_scores.covered(fit, pool),
            answers=len(told.examples),
            sufficient=rule_scores.sufficient(task, fit, told, best),
        )

    def _shown(self, task: Task, pool: Pool, conflicts: Sequence[Conflict]) -> list[Conflict]:
        """Conflicts with a text each."""
        texts = {
            one.place: text[:EXAMPLE]
            for one in conflicts
            for text in self._ground.texts(task, pool, [one.place])
        }
        return [replace(one, example=texts.get(one.place, "")) for one in conflicts]

    def _scored(self, task: Task, found: Sequence[Rule]) -> list[Scored]:
        pool, told = self._ground.pool(task, found), self._ground.told(task)
        taught = None
        if task.kind in {TaskKind.SPANS, TaskKind.RECORD}:
            taught = self._ground.taught(task).judge(task, found)
        judged = told.judge(task, found)
        return rule_scores.scored(task, found, pool, told, judged=judged, taught=taught)

    def _tried(self, task: Task, draft: Rule, others: Sequence[Rule]) -> Trial:
        active = [one for one in others if one.state is RuleState.ACTIVE]
        wide = relaxed(draft)
        pool = self._ground.pool(task, [*others, draft, *([wide] if wide else [])], keep=False)
        (figures,) = self._scored(task, [draft])
        return tried(task, figures, wide, active, (self._ground, pool))


def keys_of(task: Task) -> list[str]:
    """The keys of a task's labels or fields."""
    return [one.key for one in task.labels] + [one.key for one in task.fields]


def _known_label(task: Task, label: str) -> None:
    name, _, constant = label.partition("=") if task.kind is TaskKind.RECORD else (label, "", "")
    known = {one.key: one for one in task.fields} if task.kind is TaskKind.RECORD else {}
    if name in known:
        field = known[name]
        values = {"yes", "no"} if field.type is FieldType.FLAG else set(field.choices)
        if not constant or constant in values or field.type is FieldType.TEXT:
            return
    elif task.kind is not TaskKind.RECORD and task.label(label) is not None:
        return
    raise InvalidField(field="label", reason=N_("choose one of those on the page"), param="label")


def _keeps_to_its_cases(task: Task, rule: Rule) -> None:
    found = RuleSet(task.kind, [rule], task.fields)
    for text in rule.must:
        if not found.hits(text):
            raise InvalidField(
                field="must",
                reason=N_("the pattern does not find: {text}"),
                param="must",
                text=text[:100],
            )
    for text in rule.must_not:
        if found.hits(text):
            raise InvalidField(
                field="must_not",
                reason=N_("the pattern finds: {text}"),
                param="must_not",
                text=text[:100],
            )


def _draft_of(rule: Rule) -> Draft:
    return Draft(
        kind=rule.kind,
        pattern=rule.pattern,
        label=rule.label,
        note=rule.note,
        must=rule.must,
        must_not=rule.must_not,
    )
