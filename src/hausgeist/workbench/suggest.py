# SPDX-License-Identifier: EUPL-1.2
"""Verbs of suggestions: who may teach, what a run would cost, start it, look at what came of it.

Everything a teacher is asked goes through the gateway, in the name of the person who starts the run and as
the task's data class; whether that may be is the border's answer, and is told before anything is spent.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hausgeist.core.accounting import cost_micro_eur
from hausgeist.core.answers import Value
from hausgeist.core.asked import TrainingTerms
from hausgeist.core.jobs import Job
from hausgeist.core.labels import Purpose, Zone
from hausgeist.core.messages import Usage
from hausgeist.core.models import Capability, ModelCard
from hausgeist.core.people import Principal
from hausgeist.core.policy import Decision, Verdict
from hausgeist.core.quality import Pair, quality
from hausgeist.core.statistics.interval import Interval, wilson
from hausgeist.core.tasks import Task, TaskKind
from hausgeist.errors import (
    N_,
    BorderAsks,
    BorderRefused,
    InvalidField,
    NotFound,
    NothingLeft,
    PromptBroken,
)
from hausgeist.gateway import Gateway
from hausgeist.gateway.run import CHARS_PER_TOKEN
from hausgeist.jobs.queue import Jobs
from hausgeist.jobs.work import Work
from hausgeist.store import items, suggestions, tasks
from hausgeist.store.db import Store
from hausgeist.store.suggestions import PromptRow, Suggestion, Tally
from hausgeist.store.tasks import Member
from hausgeist.workbench.asking import training_terms
from hausgeist.workbench.suggesting import IN_FLIGHT, Run
from hausgeist.workbench.teacher import Prompt, Shot, Wish, make

KIND = "suggest"
"""Of the jobs."""
TRIED = 5
"""Items of a trial."""
SHOTS_MOST = 10
SHOT_LONGEST = 600
"""Characters of a text that goes along as an example."""
SHOTS_AMONG = 300
SAMPLED = 200
"""Texts that an estimate of tokens is made from."""
MEASURED_LEAST = 5
"""Answers of a version from which its own figures replace the estimate."""
COMPARED_MOST = 20_000
LIMIT_MOST = 5_000_000
RETRIED = ("unparsed", "refused", "failed")

_ANSWER = {TaskKind.SINGLE: 12, TaskKind.MULTI: 24, TaskKind.SPANS: 90, TaskKind.RECORD: 90}
"""Tokens of an answer, as long as nobody has measured them."""
_REASON = 25


@dataclass(frozen=True, slots=True)
class Teacher:
    """A model that could teach, and what the border says to a task's texts going there.

    ``permitted``: it may be asked. ``asks``: once somebody has said yes to where they go. ``looks``: each
    text is examined first, and may be refused.
    """

    card: ModelCard
    decision: Decision
    terms: TrainingTerms

    @property
    def permitted(self) -> bool:
        """Whether texts of the task may go there. Another model that stands in is no permission."""
        return self.decision.verdict not in {Verdict.REFUSE, Verdict.REROUTE}

    @property
    def asks(self) -> bool:
        """Whether somebody has to say yes first."""
        return self.decision.verdict is Verdict.ASK or (
            self.decision.verdict is Verdict.EXAMINE
            and "policy.asks_first" in self.decision.reasons
        )

    @property
    def looks(self) -> bool:
        """Whether each text is examined before it goes."""
        return self.permitted and self.card.zone is not Zone.HOUSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run would be. ``tokens``, ``micro_eur`` and ``ms`` of None: nobody knows.

    ``left`` items would be asked about, ``known`` are answered already by this very prompt. ``measured``:
    the figures come from what this prompt has cost so far, not from an estimate. ``number`` is the prompt's,
    None: it is new. ``sample`` is a real item's text with what would be sent for it.
    """

    prompt: Prompt
    teacher: Teacher
    number: int | None
    left: int
    known: int
    tokens: int | None
    micro_eur: int | None
    ms: int | None
    measured: bool
    sample: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How often people say what a version suggests. ``blind``: they had not seen it when they said so.

    ``figure`` is the task's metric, 0 to 1, with people as the truth; ``right`` whole answers of ``of``.
    """

    blind: bool
    of: int
    right: int
    share: Interval
    figure: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What came of one prompt."""

    row: PromptRow
    tally: Tally


class Suggest:
    """The suggestions of all tasks. ``gateway`` is None in a worker, which starts none."""

    def __init__(
        self, store: Store, jobs: Jobs, gateway: Gateway | None, now_ms: Callable[[], int]
    ) -> None:
        self._store = store
        self._jobs = jobs
        self._gateway = gateway
        self._now_ms = now_ms

    # -- before a run -----------------------------------------------------------------------------

    def teachers(self, task: Task, principal: Principal) -> list[Teacher]:
        """Every model that could teach this person's task, those that may first."""
        found = [
            self._teacher(task, principal, card)
            for card in self._house().directory.visible(principal)
            if card.can(Capability.COMPLETION)
        ]
        return sorted(found, key=lambda one: (not one.permitted, one.card.zone != "house"))

    def teacher(self, task: Task, principal: Principal, model: str) -> Teacher:
        """One model as a teacher.

        Raises:
            UnknownModel: there is none, or not for this person.
        """
        cards = self._house().directory.candidates(model, principal)
        return self._teacher(task, principal, cards[0])

    async def plan(
        self, task: Task, principal: Principal, wish: Wish, *, limit: int | None = None
    ) -> Plan:
        """What a run with this wish would be; asks nobody and keeps nothing.

        Raises:
            UnknownModel: there is no such model for this person.
        """
        teacher = self.teacher(task, principal, wish.model)
        prompt = await self._prompt(task, wish, teacher.card)
        version = prompt.version

        def look(connection: Any) -> tuple[Any, ...]:
            return (
                suggestions.prompt(connection, task.id, version),
                suggestions.count_left(connection, task.id, version, again=("failed",)),
                suggestions.tallies(connection, task.id),
                suggestions.lengths(connection, task.id, SAMPLED),
                suggestions.first_item(connection, task.id),
            )

        row, left, tallies, lengths, first = await self._store.read(look)
        asked = left if limit is None else min(limit, left)
        own = next((one for one in tallies if one.version == version), None)
        mine = [one for one in tallies if teacher.card.id in one.models and one.asked]
        measured = own if own is not None and own.asked >= MEASURED_LEAST else None
        if measured is not None:
            share = asked / measured.asked
            tokens = round(measured.tokens * share)
            known = measured.priced == measured.asked
            cost = round(measured.micro_eur * share) if known else None
        else:
            usage = _estimated(task, prompt, lengths)
            tokens = usage.total * asked if lengths else 0
            each = cost_micro_eur(usage, teacher.card.price, self._now_ms())
            cost = None if each is None else each * asked
        slow = measured or (mine[0] if mine else None)
        return Plan(
            prompt=prompt,
            teacher=teacher,
            number=row.number if row else None,
            left=asked,
            known=sum(own.states.values()) if own else 0,
            tokens=tokens,
            micro_eur=cost,
            ms=round(slow.ms / slow.asked * asked / IN_FLIGHT) if slow else None,
            measured=measured is not None,
            sample=first[1] if first else "",
        )

    # -- a run ------------------------------------------------------------------------------------

    async def start(
        self,
        task: Task,
        member: Member,
        principal: Principal,
        wish: Wish,
        *,
        limit: int | None = None,
        again: Sequence[str] = ("failed",),
        consented: bool = False,
    ) -> Job:
        """Keep the prompt and hand in the run; ``limit``: so many items at most, drawn at random.

        ``again``: also what this prompt's last answers have these states of. ``consented``: the person was
        told where the texts go, and said yes.

        Raises:
            UnknownModel: there is no such model for this person.
            BorderRefused, BorderAsks: the task's texts may not go there, or not yet.
            Conflict: a run of the task is under way.
        """
        teacher = self.teacher(task, principal, wish.model)
        prompt = await self._prompt(task, wish, teacher.card)
        self.check(teacher, consented=consented)
        version, now = prompt.version, self._now_ms()
        await self._store.write(
            lambda connection: suggestions.keep_prompt(
                connection, task.id, version, prompt.model, prompt.body(), member.id, now
            )
        )
        return await self._hand_in(task, principal, version, limit, again, consented=consented)

    async def retry(
        self,
        task: Task,
        principal: Principal,
        version: str,
        states: Sequence[str] = RETRIED,
        *,
        consented: bool = False,
    ) -> Job:
        """Ask the same prompt again, only where its last answer has one of these states.

        Raises:
            NotFound: the task has no such prompt.
            NothingLeft: none of its answers has such a state.
            UnknownModel, BorderRefused, BorderAsks, Conflict: as ``start``.
        """
        row = await self.prompt(task, version)
        self.check(self.teacher(task, principal, row.model), consented=consented)
        some = tuple(one for one in states if one in RETRIED)

        def count(connection: Any) -> int:
            found = [
                one for one in suggestions.tallies(connection, task.id) if one.version == version
            ]
            return sum(found[0].states.get(state, 0) for state in some) if found else 0

        many = await self._store.read(count)
        if not many:
            raise NothingLeft
        return await self._hand_in(task, principal, version, many, some, consented=consented)

    async def run(self, work: Work) -> Mapping[str, Any]:
        """The function of the jobs of the kind ``suggest``.

        Raises:
            NotFound: task or prompt are gone.
            PromptBroken: an example of the prompt was deleted.
            JobCancelled: it is no longer wanted.
        """
        params = work.job.params
        version = str(params["version"])

        def look(connection: Any) -> tuple[Task | None, PromptRow | None]:
            task = tasks.get(connection, work.job.task_id or "")
            return task, suggestions.prompt(connection, work.job.task_id or "", version)

        task, row = await self._store.read(look)
        if task is None or row is None:
            raise NotFound
        prompt = await self._kept(task, row)
        if prompt is None:
            raise PromptBroken
        return await Run(
            store=self._store,
            now_ms=self._now_ms,
            work=work,
            task=task,
            prompt=prompt,
            version=version,
            again=tuple(params.get("again", ("failed",))),
            limit=params.get("limit"),
            consented=bool(params.get("consented")),
        ).go()

    # -- after a run ------------------------------------------------------------------------------

    async def rounds(self, task: Task) -> list[Round]:
        """What came of each prompt of the task, the newest first."""

        def look(connection: Any) -> list[Round]:
            told = {one.version: one for one in suggestions.tallies(connection, task.id)}
            return [
                Round(
                    row=row,
                    tally=told.get(row.version) or Tally(version=row.version, states={}),
                )
                for row in suggestions.prompts(connection, task.id)[:20]
            ]

        return await self._store.read(look)

    async def prompt(self, task: Task, version: str) -> PromptRow:
        """A prompt of the task.

        Raises:
            NotFound: there is none.
        """
        found = await self._store.read(
            lambda connection: suggestions.prompt(connection, task.id, version)
        )
        if found is None:
            raise NotFound
        return found

    async def listed(
        self, task: Task, version: str, state: str = "", *, offset: int = 0, most: int = 20
    ) -> list[tuple[Suggestion, str]]:
        """Suggestions of a prompt with the heads of their texts, newest first."""
        return await self._store.read(
            lambda connection: suggestions.listed(
                connection, task.id, version, state, offset=offset, most=most
            )
        )

    async def agreement(self, task: Task, version: str) -> list[Agreement]:
        """How far people agree with a prompt's suggestions: blind answers first, then those that saw it."""
        rows = await self._store.read(
            lambda connection: suggestions.compared(connection, task.id, version, COMPARED_MOST)
        )
        sides: dict[bool, list[Pair]] = {True: [], False: []}
        for mode, value, first, said in rows:
            blind = mode == "blind" or first is not None or mode == "own_first"
            truth = Value.decode(first if first is not None else value)
            sides[blind].append((truth, None if said is None else Value.decode(said)))
        found = []
        for blind, pairs in sides.items():
            right = sum(truth == said for truth, said in pairs)
            share = wilson(right, len(pairs))
            if share is not None:
                figure = quality(task.kind, task.metric, pairs)
                found.append(
                    Agreement(blind=blind, of=len(pairs), right=right, share=share, figure=figure)
                )
        return found

    # -- parts ------------------------------------------------------------------------------------

    def _house(self) -> Gateway:
        assert self._gateway is not None, "a worker asks through its asker"
        return self._gateway

    def _teacher(self, task: Task, principal: Principal, card: ModelCard) -> Teacher:
        decision = self._house().outlook(
            principal, card.id, task.data_class, purpose=Purpose.SUGGEST
        )
        return Teacher(card, decision, training_terms(card))

    def check(self, teacher: Teacher, *, consented: bool) -> None:
        """Raises ``BorderRefused`` or ``BorderAsks`` where a task's texts may not go, or not yet."""
        decision, card = teacher.decision, teacher.card
        if not teacher.permitted:
            raise BorderRefused(
                decision.reasons,
                notes=decision.notes,
                data_class=decision.data_class.word,
                policy_version=decision.policy_version,
            )
        if teacher.asks and not consented:
            raise BorderAsks(
                provider=card.provider,
                zone=card.zone.value,
                country=card.country or "",
                model=card.id,
                data_class=decision.data_class.word,
            )

    async def _hand_in(
        self,
        task: Task,
        principal: Principal,
        version: str,
        limit: int | None,
        again: Sequence[str],
        *,
        consented: bool,
    ) -> Job:
        if limit is not None and not 1 <= limit <= LIMIT_MOST:
            raise InvalidField(
                field="limit", reason=N_("the number is out of its range"), param="limit"
            )
        params = {
            "version": version,
            "limit": limit,
            "again": list(again),
            "consented": consented,
        }
        return await self._jobs.submit(
            KIND, task_id=task.id, by=principal.id, params=params, alone=True
        )

    async def _prompt(self, task: Task, wish: Wish, card: ModelCard) -> Prompt:
        """The prompt for a wish, with the guideline and the examples that hold now."""

        def look(connection: Any) -> tuple[str, list[tuple[str, str, str]]]:
            guideline = suggestions.guideline(connection, task.id, task.guideline_version)
            if not wish.shots:
                return guideline, []
            among = suggestions.examples(connection, task.id, SHOTS_AMONG, SHOT_LONGEST)
            return guideline, among

        guideline, among = await self._store.read(look)
        return make(
            task,
            replace(wish, model=card.id),
            guideline,
            _varied(among, min(wish.shots, SHOTS_MOST)),
            constrained=card.can(Capability.JSON_SCHEMA),
            logprobs=wish.score and card.can(Capability.LOGPROBS),
        )

    async def _kept(self, task: Task, row: PromptRow) -> Prompt | None:
        """A prompt that was kept, with the texts of its examples; None if one of them was deleted."""

        def look(connection: Any) -> dict[str, str]:
            ids = Prompt.items_of(row.body)
            return {name: one.text for name, one in items.several(connection, task.id, ids).items()}

        return Prompt.of_body(row.body, await self._store.read(look))


def _varied(among: Sequence[tuple[str, str, str]], most: int) -> list[Shot]:
    """Examples of as many different answers as there are, in turn; the newest of each first."""
    by_value: dict[str, list[Shot]] = {}
    for item, text, value in among:
        by_value.setdefault(value, []).append(Shot(item, text, Value.decode(value)))
    found: list[Shot] = []
    rows = list(by_value.values())
    for place in range(max(map(len, rows), default=0)):
        found += [row[place] for row in rows if place < len(row)]
    return found[:most]


def _estimated(task: Task, prompt: Prompt, lengths: Sequence[int]) -> Usage:
    """Tokens of one item in the mean, from a sample of the texts' lengths in characters."""
    mean = sum(lengths) / len(lengths) if lengths else 0
    fixed = sum(len(message.text) for message in prompt.messages("", task))
    answer = _ANSWER[task.kind] + (_REASON if '"reason"' in prompt.schema else 0)
    asked = int((fixed + mean) / CHARS_PER_TOKEN) + 4 * (2 + 2 * len(prompt.shots)) + 1
    return Usage(input_tokens=asked, output_tokens=answer, estimated=True)
