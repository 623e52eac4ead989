# SPDX-License-Identifier: EUPL-1.2
"""Students in service as models of the house: cards in the directory, a provider that asks their child.

``refresh`` reads what is in service and puts it into the directory. The provider answers two sorts of calls:
those to ``task/<name>``, and those to another model whose prompt a student has learnt. What it is not sure of
it leaves to the next model before the first byte.
"""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from hausgeist.core.answers import Guess
from hausgeist.core.calls import Call
from hausgeist.core.events import Burst, Delta, Finished, Judged
from hausgeist.core.labels import DataClass, Purpose, Zone
from hausgeist.core.messages import Text, Usage
from hausgeist.core.models import Capability, ModelCard
from hausgeist.core.people import Payer
from hausgeist.core.policy import Decision
from hausgeist.core.service import Deployment, Stage, Template
from hausgeist.core.tasks import Task
from hausgeist.errors import (
    AnswerNotValid,
    HausgeistError,
    StudentBroken,
    StudentDown,
    StudentUnsure,
    Unavailable,
    Unsupported,
)
from hausgeist.gateway import Gateway
from hausgeist.gateway.providers import Embeddings
from hausgeist.gateway.shape import Shape
from hausgeist.identity.tokens import new_id
from hausgeist.register.spoken import answer, plain
from hausgeist.store import deployments
from hausgeist.store.db import Store
from hausgeist.store.deployments import Running, Served
from hausgeist.store.students import Student
from hausgeist.training.process import Predictor
from hausgeist.training.students import FOLDER

NAME = "students"
"""The source in the directory."""
TEXTS = "hausgeist.texts"
"""A call's parameter: each of its messages is a text of its own."""
CHARS_PER_TOKEN = 3
RULE = "rule "
"""What stands before the name of a rule that answered before the student."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A deployment with what it takes to answer: the folder of the student, and of rules.

    ``owner``: what is booked to the one who brought it into service; None: they are gone.
    """

    deployment: Deployment
    student: Student
    folder: Path
    rules: Path | None
    owner: Payer | None = None


@dataclass(slots=True)
class Post:
    """A task in service: the student that answers, and the one on trial."""

    task: Task
    members: frozenset[str]
    live: Placed | None = None
    trial: Placed | None = None

    @property
    def model(self) -> str:
        """What callers write."""
        return f"task/{self.task.name}"

    @property
    def newest(self) -> Placed:
        """Whose chain, template and readers hold."""
        found = self.trial or self.live
        assert found is not None
        return found

    def draw(self, chance: float) -> Placed | None:
        """Who answers, for a number drawn from 0 to 1; None: whoever answered before there was a student."""
        if self.trial is not None and chance < self.trial.deployment.share:
            return self.trial
        return self.live

    def placed(self, deployment_id: str) -> Placed | None:
        """By the deployment's id."""
        for one in (self.live, self.trial):
            if one is not None and one.deployment.id == deployment_id:
                return one
        return None


@dataclass(slots=True)
class Serving:
    """What is in service in this process. ``home`` is the data directory."""

    store: Store
    gateway: Gateway
    predictor: Predictor
    home: Path
    now_ms: Callable[[], int]
    chance: Callable[[], float] = random.random
    on_answered: Callable[[Post, Call, str, Guess], None] | None = None
    """Told of what a student answered in a model's place: for the shadow and the audit."""
    name: str = NAME
    posts: dict[str, Post] = field(default_factory=dict)
    """By model id."""
    _by_system: dict[int, list[tuple[Template, Post]]] = field(default_factory=dict)
    _seen: tuple[object, ...] = ()
    _warming: set[asyncio.Task[None]] = field(default_factory=set)

    async def refresh(self) -> None:
        """Read what is in service; nothing changes in the directory where nothing changed."""
        found = await self.store.read(deployments.running)
        seen = tuple(
            (
                one.deployment,
                one.task.updated_at,
                one.task.name,
                one.student.files_hash,
                one.members,
                one.owner,
            )
            for one in found
        )
        if seen == self._seen:
            return
        self._seen = seen
        self.posts = self._posts(found)
        directory = self.gateway.directory
        if self.posts:
            directory.put(NAME, self, [_card(one) for one in self.posts.values()])
        else:
            directory.drop(NAME)
        self._by_system = {}
        for post in self.posts.values():
            template = post.newest.deployment.chain.template
            if template is not None:
                self._by_system.setdefault(hash(template.system), []).append((template, post))
        self.gateway.replaced = self.replaced if self._by_system else None
        self._warm()

    def replaced(self, call: Call, decision: Decision, able: list[ModelCard]) -> list[ModelCard]:
        """Put a student before the models that are asked with its template; they stay behind it."""
        met = self._met(call)
        if met is None:
            return able
        template, post, _ = met
        if call.model == post.model or (template.model and call.model != template.model):
            return able
        who = call.principal
        if not template.released and who.id != template.owner:
            return able
        if post.draw(self.chance()) is None:
            return able
        card = next((one for one in self.gateway.directory.cards() if one.id == post.model), None)
        if card is None or not self.gateway.border.lets(call, decision, [card]):
            return able
        return [card, *able]

    def _met(self, call: Call) -> tuple[Template, Post, str] | None:
        """The template that a call was made with, and the text in it."""
        if call.tools or call.prompt is not None or call.sampling.logprobs:
            return None
        if call.purpose is not Purpose.API or len(call.messages) > 2 or not call.messages:
            return None
        last = call.messages[-1]
        system = call.messages[0].text if len(call.messages) == 2 else ""
        if last.role != "user" or (len(call.messages) == 2 and call.messages[0].role != "system"):
            return None
        if not all(isinstance(part, Text) for part in last.parts):
            return None
        for template, post in self._by_system.get(hash(system), ()):
            if template.system == system:
                text = template.text_in(last.text)
                if text:
                    return template, post, text
        return None

    # -- as a provider --------------------------------------------------------------------------

    async def stream(self, call: Call, card: ModelCard) -> AsyncIterator[Burst]:
        """Answer a call; see ``Provider``.

        Raises:
            StudentUnsure: in another model's place, and not sure enough.
            Unavailable: the student is not there.
        """
        post = self.posts.get(card.id)
        if post is None:
            raise Unavailable
        if any(name == TEXTS for name, _ in call.extra):
            yield await self._several(post, call)
        elif call.model in {card.id, f"{card.id}:latest"}:
            yield await self._asked(post, call)
        else:
            yield await self._instead(post, call)

    async def embed(self, texts: Sequence[str], card: ModelCard) -> Embeddings:
        """A student has no vectors.

        Raises:
            Unsupported: always.
        """
        del texts
        raise Unsupported(what=f"Embedding with {card.id}", param="model")

    async def describe(self) -> list[ModelCard]:
        """The cards of what is in service."""
        return [_card(one) for one in self.posts.values()]

    async def judge(self, post: Post, texts: Sequence[str]) -> list[tuple[str, Guess | None]]:
        """What the student that is drawn for each text says, with its deployment; None: it is no student's.

        Raises:
            StudentDown: the child is not there, or a student's files are not.
        """
        drawn = [post.draw(self.chance()) for _ in texts]
        found: list[tuple[str, Guess | None]] = [("", None)] * len(texts)
        for placed in {id(one): one for one in drawn if one is not None}.values():
            places = [at for at, one in enumerate(drawn) if one is placed]
            guesses = await self._judged(placed, [texts[at] for at in places])
            for at, guess in zip(places, guesses, strict=True):
                found[at] = placed.deployment.id, guess
        return found

    async def _judged(self, placed: Placed, texts: Sequence[str]) -> list[Guess]:
        """Rules first, where there are some; what no rule finds surely enough is the student's."""
        try:
            if placed.rules is None:
                return await self.predictor.predict(placed.folder, texts)
            found = await self.predictor.predict(placed.rules, texts)
            least = placed.deployment.threshold
            left = [at for at, one in enumerate(found) if not _found(one) or one.score < least]
            found = [replace(one, by=f"{RULE}{one.by}") for one in found]
            if left:
                more = await self.predictor.predict(placed.folder, [texts[at] for at in left])
                for at, guess in zip(left, more, strict=True):
                    found[at] = guess
        except StudentBroken as error:
            raise StudentDown from error
        return found

    async def _several(self, post: Post, call: Call) -> Burst:
        texts = [one.text for one in call.messages]
        found = await self.judge(post, texts)
        said = [
            None if guess is None else plain(post.task, guess.value, text)
            for (_, guess), text in zip(found, texts, strict=True)
        ]
        least = min((one.score for _, one in found if one is not None), default=0.0)
        words = json.dumps(said, ensure_ascii=False)
        return self._burst(post, None, call, words, least, tuple(found))

    async def _asked(self, post: Post, call: Call) -> Burst:
        """Called by its name like any model: the last message is the text, and it says what it thinks."""
        text = next((one.text for one in reversed(call.messages) if one.role == "user"), "")
        placed = post.live or post.trial
        assert placed is not None
        guess = (await self._judged(placed, [text]))[0]
        words = answer(post.task, guess, text, call.format, named=False)
        if words is None:
            raise Unsupported(what=f"This form of an answer with {post.model}", param="model")
        return self._burst(post, placed, call, words, guess.score)

    async def _instead(self, post: Post, call: Call) -> Burst:
        met = self._met(call)
        if met is None:  # pseudonyms changed the instructions
            raise StudentUnsure
        template, post, text = met
        placed = post.trial or post.live
        assert placed is not None
        guess = (await self._judged(placed, [text]))[0]
        words = answer(post.task, guess, text, call.format, named=template.named)
        threshold = placed.deployment.threshold
        if guess.score < threshold or words is None:
            self.note(post, placed.deployment, "teacher", guess, text)
            raise StudentUnsure
        burst = self._burst(post, placed, call, words, guess.score)
        try:
            Shape(call).pass_on(list(burst))
        except AnswerNotValid as error:
            raise StudentUnsure from error
        self.note(post, placed.deployment, by_of(guess), guess, text)
        if self.on_answered is not None:
            self.on_answered(post, call, text, guess)
        return burst

    def note(self, post: Post, made: Deployment, by: str, guess: Guess | None, text: str) -> None:
        """Keep that something was answered, without its text; nobody waits for it."""
        self.store.write_later(deployments.record, [self.row(post, made, by, guess, text)])

    def row(self, post: Post, made: Deployment, by: str, guess: Guess | None, text: str) -> Served:
        """What is kept of an answer."""
        return Served(
            id=new_id(),
            deployment_id=made.id,
            task_id=post.task.id,
            at=self.now_ms(),
            by=by,
            value=None if guess is None else guess.value,
            score=None if guess is None else round(guess.score, 4),
            length=len(text),
            unknown=None if guess is None else round(guess.far, 4),
        )

    def _burst(  # noqa: PLR0917  one answer and all that is known of it
        self,
        post: Post,
        placed: Placed | None,
        call: Call,
        words: str,
        score: float,
        guesses: tuple[tuple[str, Guess | None], ...] = (),
    ) -> Burst:
        chars = sum(len(one.text) for one in call.messages)
        usage = Usage(
            chars // CHARS_PER_TOKEN + 1, len(words) // CHARS_PER_TOKEN + 1, estimated=True
        )
        version = (placed or post.newest).student.number
        judged = Judged(post.model, version, round(score, 4), guesses)
        return [judged, Delta(words), Finished("stop", usage)]

    # -- what stands where ----------------------------------------------------------------------

    def _posts(self, found: Sequence[Running]) -> dict[str, Post]:
        posts: dict[str, Post] = {}
        root = self.home / FOLDER
        for one in found:
            made = one.deployment
            folder = root / made.task_id
            rules = folder / made.chain.rules if made.chain.rules else None
            placed = Placed(made, one.student, folder / one.student.id, rules, one.owner)
            post = posts.setdefault(f"task/{one.task.name}", Post(one.task, one.members))
            if made.state is Stage.LIVE:
                post.live = placed
            else:
                post.trial = placed
        return posts

    def _warm(self) -> None:
        """Have the child and its students there before the first question."""
        for post in self.posts.values():
            for placed in (post.live, post.trial):
                if placed is not None:
                    warming = asyncio.create_task(self._wake(placed))
                    self._warming.add(warming)
                    warming.add_done_callback(self._warming.discard)

    async def _wake(self, placed: Placed) -> None:
        try:
            await self._judged(placed, ["-"])
        except HausgeistError:
            return  # whoever asks is told, and served by the next

    async def close(self) -> None:
        """Let go of what is being warmed."""
        for one in tuple(self._warming):
            one.cancel()
        await asyncio.gather(*self._warming, return_exceptions=True)


def _found(guess: Guess) -> bool:
    value = guess.value
    return bool(value.labels or value.spans or value.fields)


def by_of(guess: Guess) -> str:
    """Who said it: ``rule`` or ``student``."""
    return "rule" if guess.by.startswith(RULE) else "student"


def _card(post: Post) -> ModelCard:
    made, student = post.newest.deployment, (post.live or post.newest).student
    groups = made.chain.groups
    return ModelCard(
        id=post.model,
        provider=NAME,
        upstream=post.task.name,
        zone=Zone.HOUSE,
        title=f"{post.task.title} (v{student.number})",
        capabilities=frozenset({Capability.COMPLETION, Capability.JSON_SCHEMA}),
        cleared_for=DataClass.SPECIAL,
        created=made.started_at // 1000,
        description=post.task.title,
        digest=student.files_hash,
        size_bytes=student.size,
        family=student.rung,
        details=(
            ("task", post.task.name),
            ("task.kind", post.task.kind.value),
            ("student.version", student.number),
            ("service.threshold", round(made.threshold, 4)),
            ("service.state", made.state.value),
        ),
        only_for=None if groups is None else frozenset(groups) | post.members,
        in_chat=False,
    )
