# SPDX-License-Identifier: EUPL-1.2
"""Calls before they are made: a branch, a model and what was chosen flow in, a call and its facts flow out.

Asks the border whether it would go, and refuses while the words are still in the composer. What is sent,
what was cut and what was left out stands in the facts, which go into ``Said.about``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hausgeist.chat.context import ALL_CHARS, Plan, is_picture, messages_of, plan, told
from hausgeist.chat.continuing import REQUEST, continued
from hausgeist.chat.files import Files
from hausgeist.chat.library import Assistant, Library
from hausgeist.chat.question import new_id
from hausgeist.core.calls import Call, Sampling
from hausgeist.core.labels import DataClass, Purpose
from hausgeist.core.models import Capability, ModelCard
from hausgeist.core.people import Principal
from hausgeist.core.policy import Decision, Verdict
from hausgeist.errors import BorderRefused, ContextOverflow, NotFound, Unsupported
from hausgeist.gateway import Gateway
from hausgeist.gateway.run import CHARS_PER_TOKEN
from hausgeist.store.chats import Conversation, Said


@dataclass(frozen=True, slots=True)
class Helper:
    """The assistant of a conversation; ``gone``: it had one that is no longer this person's to use."""

    assistant: Assistant | None = None
    gone: bool = False

    @property
    def instructions(self) -> str:
        """What it tells the model first."""
        return self.assistant.instructions if self.assistant else ""

    @property
    def sampling(self) -> Sampling:
        """How it wants the next token chosen."""
        return self.assistant.sampling if self.assistant else Sampling()

    @property
    def data_class(self) -> DataClass:
        """The class it declares."""
        declared = self.assistant.data_class if self.assistant else None
        return DataClass.PUBLIC if declared is None else declared

    @property
    def about(self) -> dict[str, Any]:
        """What is to be said of it with an answer, as JSON values."""
        if self.assistant is not None:
            one = self.assistant
            return {"assistant": {"id": one.id, "name": one.name, "version": one.version}}
        return {"assistant_gone": True} if self.gone else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A call that the border would let go, as far as can be told without its content."""

    who: Principal
    model: str
    data_class: DataClass
    attached: DataClass | None
    helper: Helper
    plan: Plan
    decision: Decision
    """What the border says without its content."""

    def call(
        self,
        contents: Mapping[str, str],
        kept: str = "",
        *,
        conversation: str | None = None,
    ) -> tuple[Call, dict[str, Any]]:
        """The call for an answer, which goes on from ``kept`` words, and the facts about it."""
        messages, went = messages_of(self.plan, contents, self.helper.instructions)
        if kept:
            messages = continued(messages, kept, self.who.locale)
        call = Call(
            id=f"chat-{new_id()}",  # says nothing of whose message it is
            principal=self.who,
            purpose=Purpose.CHAT,
            model=self.model,
            messages=messages,
            declared=self.data_class,
            attached=self.attached,
            assistant=self.helper.assistant.id if self.helper.assistant else None,
            conversation=conversation,
            sampling=self.helper.sampling,
        )
        return call, {**told(self.plan, went), **self.helper.about}


class Drafts:
    """Makes drafts over a gateway; a chat that keeps nothing has neither files nor a library."""

    def __init__(self, gateway: Gateway, files: Files | None, library: Library | None) -> None:
        self._gateway = gateway
        self._files = files
        self._library = library

    async def helper(self, who: Principal, talk: Conversation | None, wanted: str | None) -> Helper:
        """The assistant that is wanted, else the conversation's.

        Raises:
            NotFound: the wanted one is not this person's to use.
        """
        if self._library is None:
            if wanted:
                raise NotFound
            return Helper()
        if wanted and not (talk is not None and talk.assistant_id == wanted):
            return Helper(await self._library.assistant(who, wanted))
        if talk is None or talk.assistant_id is None:
            return Helper()
        try:
            version = talk.assistant_version
            return Helper(await self._library.assistant(who, talk.assistant_id, version))
        except NotFound:
            return Helper(gone=True)

    def draft(
        self,
        who: Principal,
        model: str,
        branch: Sequence[Said],
        data_class: DataClass,
        *,
        helper: Helper,
        kept: str = "",
    ) -> Draft:
        """A draft of the call that answers the last question of a branch.

        Raises:
            UnknownModel, BorderRefused: there is no such model, or the border would not let it go.
            Unsupported: the question has pictures, and the model does not see.
            ContextOverflow: the question alone is more than any model takes.
        """
        cards = self._gateway.directory.candidates(model, who)
        request = REQUEST.get(who.locale, REQUEST["en"]) if kept else ""
        fixed = len(helper.instructions) + len(kept) + len(request)
        planned, attached = _planned(cards, branch, helper.sampling.max_tokens, fixed)
        whole = max(data_class, helper.data_class, attached or DataClass.PUBLIC)
        assistant = helper.assistant.id if helper.assistant else None
        decision = self._gateway.outlook(who, model, whole, assistant)
        if decision.verdict is Verdict.REFUSE:
            raise BorderRefused(
                decision.reasons,
                notes=decision.notes,
                data_class=decision.data_class.word,
                policy_version=decision.policy_version,
            )
        if decision.verdict is Verdict.REROUTE:  # another window, other eyes
            cards = decision.models
            planned, attached = _planned(cards, branch, helper.sampling.max_tokens, fixed)
        return Draft(
            who=who,
            model=model,
            data_class=max(data_class, helper.data_class),
            attached=attached,
            helper=helper,
            plan=planned,
            decision=decision,
        )

    async def contents(self, who: Principal, drafts: Sequence[Draft]) -> Mapping[str, str]:
        """What the drafts' files hold, read once for all of them."""
        wanted = list(dict.fromkeys(one for draft in drafts for one in draft.plan.wanted()))
        if not wanted or self._files is None:
            return {}
        return await self._files.contents(who.id, wanted)


def _planned(
    cards: Sequence[ModelCard], branch: Sequence[Said], room: int | None, fixed: int
) -> tuple[Plan, DataClass | None]:
    """What of a branch goes to these models beside ``fixed`` characters; and the class of its files.

    Raises:
        Unsupported, ContextOverflow: as ``Drafts.draft``.
    """
    question = branch[-1]
    sees = any(card.can(Capability.VISION) for card in cards)
    if not sees and any(map(is_picture, question.files)):
        raise Unsupported(what=f"Showing images to {cards[0].name}", param="model")
    window = _window(cards)
    if window is None and len(question.text) > ALL_CHARS:
        raise ContextOverflow(
            needed=len(question.text) // CHARS_PER_TOKEN,
            model=cards[0].id,
            context=ALL_CHARS // CHARS_PER_TOKEN,
        )
    planned = plan(branch, window, fixed=fixed, room=room or cards[0].max_output, sees=sees)
    classes = [DataClass.parse(share.file.data_class) for share in planned.shares if share.kept]
    return planned, max(classes, default=None)


def _window(cards: Sequence[ModelCard]) -> int | None:
    """The smallest window of those that may answer, as far as it is known."""
    return min((card.context for card in cards if card.context is not None), default=None)
