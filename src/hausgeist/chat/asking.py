# SPDX-License-Identifier: EUPL-1.2
"""Asking: a question flows in, what is new flows into the database, and turns begin.

Everything that can be refused is refused before anything is stored: the words stay in the composer.
Nothing is ever overwritten: a new version of a question or an answer is a sibling of the old one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hausgeist.chat.drafts import Drafts, Helper
from hausgeist.chat.files import Files
from hausgeist.chat.leaving import UNSAID, Leaving, Seen, cleared, seen
from hausgeist.chat.naming import Naming
from hausgeist.chat.question import Question, asked, awaited, left_by, may_go_on, new_id
from hausgeist.chat.running import Running
from hausgeist.chat.titles import title_of
from hausgeist.chat.turn import Turn
from hausgeist.core.calls import Call
from hausgeist.core.labels import DataClass
from hausgeist.core.people import Principal
from hausgeist.errors import BorderRefused, Conflict, InvalidField, NotFound
from hausgeist.gateway import Gateway
from hausgeist.store import answers, chats
from hausgeist.store.chats import Attached, Conversation, Said
from hausgeist.store.db import Store


@dataclass(frozen=True, slots=True)
class _Begun:
    """Where answers are to come: a branch that ends with their question, in a conversation.

    ``question`` is that question when it is new, as the conversation may be.
    """

    who: Principal
    talk: Conversation
    branch: tuple[Said, ...]
    helper: Helper
    question: Said | None = None
    is_new: bool = False

    def data_class(self, chosen: DataClass, saw: DataClass | None) -> DataClass:
        """The class chosen, raised to the conversation's unless a person lowers it, and to new files'."""
        known = DataClass.parse(self.talk.data_class)
        if saw is known:  # whoever chose less, chose it knowingly
            known = chosen
        files = self.question.files if self.question is not None else ()
        return max(chosen, known, *(DataClass.parse(file.data_class) for file in files))


class Asking:
    """Begins turns. ``now_ms`` gives milliseconds since the epoch."""

    def __init__(
        self,
        store: Store,
        gateway: Gateway,
        now_ms: Callable[[], int],
        *,
        in_memory: Callable[[str], bool],
        files: Files,
        drafts: Drafts,
        running: Running,
        naming: Naming,
    ) -> None:
        self._store = store
        self._gateway = gateway
        self._now_ms = now_ms
        self._in_memory = in_memory
        self._files = files
        self._drafts = drafts
        self._running = running
        self._naming = naming

    async def ask(self, who: Principal, question: Question) -> tuple[Turn, ...]:
        """Ask one model, or several side by side; gives a turn for each.

        Raises:
            NotFound: no such conversation, parent, file or assistant of this person's.
            UnknownModel, BorderRefused, BorderAsks, DetectorDown, Unsupported: before anything is stored.
            InvalidField, ContextOverflow: there are no words, or more than any model takes.
            TooMany: too many turns run.
        """
        begun = await self._asked(who, question)
        return await self._begin(
            begun,
            question.models,
            question.data_class,
            saw=question.saw,
            leaving=question.leaving,
        )

    async def preview(self, who: Principal, question: Question) -> tuple[Seen, ...]:
        """What would become of a question, model by model; nothing is sent or stored.

        A model that nobody may ask like this is passed over, as long as another one may be asked.

        Raises:
            NotFound, UnknownModel, Unsupported, InvalidField, ContextOverflow, DetectorDown: as ``ask``.
            BorderRefused: none of the models may be asked.
        """
        begun = await self._asked(who, question)
        data_class = begun.data_class(question.data_class, question.saw)
        drafts, refused = [], None
        for model in dict.fromkeys(question.models):
            try:
                drafts.append(
                    self._drafts.draft(who, model, begun.branch, data_class, helper=begun.helper)
                )
            except BorderRefused as error:
                refused = error
        if refused is not None and not drafts:
            raise refused
        contents = await self._drafts.contents(who, drafts)
        talk_id = None if begun.is_new else begun.talk.id
        return tuple(
            [
                await seen(
                    self._gateway,
                    draft.call(contents, conversation=talk_id)[0],
                    draft.decision,
                    question.leaving,
                )
                for draft in drafts
            ]
        )

    async def again(
        self,
        who: Principal,
        conversation_id: str,
        message_id: str,
        models: Sequence[str],
        data_class: DataClass,
        *,
        saw: DataClass | None = None,
        leaving: Leaving = UNSAID,
    ) -> Turn:
        """Answer a question once more, beside the answer ``message_id``; nothing is overwritten.

        Several models answer side by side; gives the first one's turn.

        Raises:
            NotFound, UnknownModel, BorderRefused, BorderAsks, ContextOverflow, TooMany: as ``ask``.
        """
        begun, _ = await self._answered(who, conversation_id, message_id)
        return (await self._begin(begun, models, data_class, saw=saw, leaving=leaving))[0]

    async def go_on(
        self,
        who: Principal,
        conversation_id: str,
        message_id: str,
        model: str,
        data_class: DataClass,
        *,
        saw: DataClass | None = None,
        leaving: Leaving = UNSAID,
    ) -> Turn:
        """Go on from what an answer that broke off left: a new version that begins with its words.

        Raises:
            Conflict: it did not break off, or left no words.
            NotFound, UnknownModel, BorderRefused, BorderAsks, ContextOverflow, TooMany: as ``ask``.
        """
        begun, old = await self._answered(who, conversation_id, message_id)
        if not may_go_on(old):
            raise Conflict(what="This answer")
        return (await self._begin(begun, (model,), data_class, saw=saw, leaving=leaving, kept=old))[
            0
        ]

    # -- beneath ------------------------------------------------------------------------------------

    async def _asked(self, who: Principal, question: Question) -> _Begun:
        """A question where it belongs, with what was said before; nothing is stored."""
        if not question.text.strip() and not question.files:
            raise InvalidField(field="text", reason="write a question first", param="text")
        talk: Conversation | None = None
        before: tuple[Said, ...] = ()
        old: Said | None = None
        if question.conversation_id is not None:
            talk, before, old = await self._place(who, question)
        files = await self._taken(who, question.files, old)
        helper = await self._drafts.helper(who, talk, question.assistant)
        now = self._now_ms()
        parent = old.parent_id if old else before[-1].id if before else None
        said = asked(question.text, files, parent, now)
        label = question.text if question.text.strip() else files[0].name
        talk_now = talk or Conversation(
            id=new_id(),
            title=title_of(label),
            model=question.models[0],
            data_class=question.data_class.word,
            leaf_id=None,
            created_at=now,
            updated_at=now,
        )
        return _Begun(who, talk_now, (*before, said), helper, said, is_new=talk is None)

    async def _place(
        self, who: Principal, question: Question
    ) -> tuple[Conversation, tuple[Said, ...], Said | None]:
        """Where a question goes: its conversation, what was said before, the question it replaces."""
        talk_id, at, edit = question.conversation_id or "", question.parent_id, question.edit
        opened = await self._store.read(
            lambda c: chats.opened(c, who.id, talk_id, leaf_id=edit or at)
        )
        if opened is None:
            raise NotFound
        if edit is None:
            return opened.conversation, opened.branch, None
        old = opened.branch[-1]
        if old.role != "user":
            raise NotFound
        return opened.conversation, opened.branch[:-1], old

    async def _answered(
        self, who: Principal, conversation_id: str, message_id: str
    ) -> tuple[_Begun, Said]:
        """The question that an answer answers, with what was said before; and the answer."""
        opened = await self._store.read(
            lambda c: chats.opened(c, who.id, conversation_id, leaf_id=message_id)
        )
        if opened is None or opened.branch[-1].role != "assistant" or len(opened.branch) < 2:
            raise NotFound
        *before, old = opened.branch
        helper = await self._drafts.helper(who, opened.conversation, None)
        return _Begun(who, opened.conversation, tuple(before), helper), old

    async def _taken(
        self, who: Principal, ids: Sequence[str], old: Said | None
    ) -> tuple[Attached, ...]:
        """The files a question is to carry; those that its old version had are known already."""
        if not ids:
            return ()
        known = {file.file_id: file for file in old.files} if old else {}
        fresh = [one for one in ids if one not in known]
        known |= {file.file_id: file for file in await self._files.take(who, fresh)}
        return tuple(known[one] for one in dict.fromkeys(ids))

    async def _begin(
        self,
        begun: _Begun,
        models: Sequence[str],
        chosen: DataClass,
        *,
        saw: DataClass | None,
        leaving: Leaving,
        kept: Said | None = None,
    ) -> tuple[Turn, ...]:
        """Draft the calls, store what is new, and let the answers come."""
        who, talk = begun.who, begun.talk
        new = awaited(
            begun.branch[-1], models, max(self._now_ms(), begun.branch[-1].created_at + 1)
        )
        words = kept.text if kept else ""
        if kept is not None:
            new = (replace(new[0], parts=left_by(kept)),)
        self._running.room(who, len(new))
        data_class = begun.data_class(chosen, saw)
        drafts = [
            self._drafts.draft(
                who, said.model or "", begun.branch, data_class, helper=begun.helper, kept=words
            )
            for said in new
        ]
        contents = await self._drafts.contents(who, drafts)
        calls: list[tuple[Call, Mapping[str, Any]]] = []
        for draft in drafts:
            call, about = draft.call(contents, words, conversation=talk.id)
            call, known = await cleared(self._gateway, call, draft.decision, leaving)
            calls.append((call, {**about, **known}))
        more = {"continues": {"id": kept.id, "chars": len(words)}} if kept else {}
        new = tuple(
            replace(said, about={**about, **more})
            for said, (_, about) in zip(new, calls, strict=True)
        )
        stored = await self._store.write(
            lambda c: self._written(c, begun, new, max(data_class, begun.helper.data_class))
        )
        if not stored:
            raise NotFound
        if begun.is_new:
            self._naming.expect(talk.id)
        turns = tuple(
            Turn(
                call,
                said,
                conversation_id=talk.id,
                gateway=self._gateway,
                store=self._store,
                now_ms=self._now_ms,
                in_memory=self._in_memory,
            )
            for said, (call, _) in zip(new, calls, strict=True)
        )
        first = begun.branch[-1].text
        for turn in turns:
            self._running.begin(
                turn,
                lambda over: self._naming.answered(who, talk.id, first, over.said),
            )
        return turns

    def _written(
        self, connection: Any, begun: _Begun, new: Sequence[Said], data_class: DataClass
    ) -> bool:
        """What is new, into the database; within one transaction."""
        who, talk, question = begun.who, begun.talk, begun.question
        helper = begun.helper.assistant
        if begun.is_new:
            chats.create(connection, who.id, talk)
        columns: dict[str, object] = {"model": new[0].model, "data_class": data_class.word}
        if helper is not None:
            columns |= {"assistant_id": helper.id, "assistant_version": helper.version}
        if not chats.change(connection, who.id, talk.id, **columns):
            return False
        if question is not None and question.files:
            ids = [file.file_id for file in question.files]
            self._files.claim(connection, who.id, talk.id, ids)
        if question is not None and question.parent_id is not None:
            answers.keep(connection, who.id, talk.id, question.parent_id)  # gone on from: kept
        added = new if question is None else (question, *new)
        return chats.add(connection, who.id, talk.id, added, leaf_id=new[0].id)
