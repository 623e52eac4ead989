# SPDX-License-Identifier: EUPL-1.2
"""What stands around the student in ``task run --chain``: rules before it, a teacher behind, and the end.

Calls to a teacher go through the gateway in the name of whoever acts: the border decides on each, the house's
budgets hold, and what it costs is told before the first one. What nobody answers stays unsure.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hausgeist.cli.task.acting import told
from hausgeist.cli.task.here import counting
from hausgeist.errors import HausgeistError, InvalidField, NotAllowed, SetupError, Unavailable

if TYPE_CHECKING:
    from hausgeist.cli.task.acting import Acting
    from hausgeist.core.service import Deployment
    from hausgeist.core.tasks import Task
    from hausgeist.register.batch.answering import Answering
    from hausgeist.register.batch.chain import Left, Taught
    from hausgeist.register.batch.run import Run
    from hausgeist.workbench.suggest import Plan

Finish = Callable[["Run"], Awaitable[dict[str, Any]]]
"""Ends a run whose parts are all there: gives what came of it."""

ANSWER_TOKENS = {"single": 12, "multi": 24, "spans": 90, "record": 90}
"""Tokens of an answer, for the estimate."""
WAITS = (1.0, 4.0)
"""Seconds that a teacher is given where it is busy."""
MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Asking:
    """A teacher that is to be asked. ``budget`` in EUR, None: nobody has set one."""

    at: Acting
    task: Task
    plan: Plan
    budget: float | None
    consented: bool


def check_chain(*, chain: bool, rules: str, teacher: str, exported: bool) -> None:
    """What goes together.

    Raises:
        InvalidField: something needs --chain, or a house.
    """
    if (rules or teacher) and not chain:
        raise InvalidField(field="chain", reason="--rules and --teacher need it", param="chain")
    if teacher and exported:
        raise InvalidField(
            field="teacher", reason="an exported folder has no house to ask", param="teacher"
        )


async def in_service(at: Acting, task_id: str) -> Deployment | None:
    """What answers for a task; where nothing answers everything, what is on trial."""
    from hausgeist.core.service import Stage  # noqa: PLC0415  half a second that --help saves
    from hausgeist.store import deployments  # noqa: PLC0415  as above

    found = await at.store.read(lambda connection: deployments.of_task(connection, task_id))
    live = [one for one in found if one.state is Stage.LIVE]
    live += [one for one in found if one.state is Stage.CANARY]
    return live[0] if live else None


async def rules_of(at: Acting, task: Task, wanted: str) -> Answering | None:
    """The rules that are asked first: those that are named, those in service, or the newest; or none.

    Raises:
        InvalidField: there are none of this number.
    """
    from hausgeist.register.batch.answering import answering  # noqa: PLC0415  as above

    there = [one for one in await at.bench.students.list(task) if one.rung == "rules"]
    live = await in_service(at, task.id)
    served = live.chain.rules if live is not None else ""
    if wanted:
        found = next((one for one in there if wanted in {f"v{one.number}", one.id}), None)
        if found is None:
            listed = ", ".join(f"v{one.number}" for one in there) or "none: train the rung rules"
            raise InvalidField(
                field="rules", reason=f"there are no rules {wanted}, only: {listed}", param="rules"
            )
    else:
        found = next((one for one in there if one.id == served), next(iter(there), None))
    if found is None:
        told("There are no rules yet (`task train --rung rules`): the student is asked first.")
        return None
    folder = at.bench.students.folder(found)
    return await asyncio.to_thread(answering, folder, f"v{found.number}")


async def teacher_of(
    at: Acting, task: Task, model: str, budget: float | None, *, consented: bool
) -> Asking:
    """A teacher that may see the task's texts.

    Raises:
        UnknownModel: there is none of this name for whoever acts.
        BorderRefused, BorderAsks: the texts may not go there, or not before a yes.
    """
    from hausgeist.workbench.teacher import Wish  # noqa: PLC0415  as above

    await at.ready_to_ask()
    verbs = at.bench.suggest
    plan = await verbs.plan(task, at.who, Wish(model=model, words=task.prompt))
    verbs.check(plan.teacher, consented=consented)
    return Asking(at, task, plan, budget, consented)


async def ended(run: Run, asking: Asking | None = None) -> dict[str, Any]:
    """Have the teacher asked, where there is one, and put the output together.

    Raises:
        SetupError: it costs something and no budget is set; the teacher cannot be asked any more.
    """
    if not run.plan.chain:
        totals = await asyncio.to_thread(run.totals)
        await asyncio.to_thread(run.put_together)
        return {"rows": totals.rows, "without": totals.without}
    from hausgeist.register.batch import chain  # noqa: PLC0415  as above

    teaching, stopped, more = None, "", {}
    if asking is not None:
        prompt = asking.plan.prompt
        teaching = chain.Teaching(run, prompt.version, asking.plan.teacher.card.id)
        left = await asyncio.to_thread(teaching.left)
        each = _each(asking, left)
        stopped = await _taught(teaching, asking, left, each)
        more = {
            "estimated_eur": each * left.texts / MICRO,
            "spent_eur": teaching.spent / MICRO,
            "stopped": stopped,
        }
    parts, found = await asyncio.to_thread(chain.ended, run, teaching, stopped)
    await asyncio.to_thread(run.put_together, parts)
    by = Counter(found.by)
    return {"rows": found.rows, "without": dict(found.without), "answered_by": dict(by)} | more


def _each(asking: Asking, left: Left) -> float:
    """What a text costs in the mean, in micro-EUR.

    Raises:
        SetupError: nobody knows.
    """
    from hausgeist.core.accounting import cost_micro_eur  # noqa: PLC0415  as above
    from hausgeist.core.labels import Zone  # noqa: PLC0415  as above
    from hausgeist.core.messages import Usage  # noqa: PLC0415  as above
    from hausgeist.gateway.run import CHARS_PER_TOKEN  # noqa: PLC0415  as above

    card, prompt = asking.plan.teacher.card, asking.plan.prompt
    fixed = sum(len(one.text) for one in prompt.messages("", asking.task))
    mean = left.letters / left.texts if left.texts else 0.0
    usage = Usage(
        input_tokens=int((fixed + mean) / CHARS_PER_TOKEN) + 9,
        output_tokens=ANSWER_TOKENS[asking.task.kind.value],
        estimated=True,
    )
    cost = cost_micro_eur(usage, card.price, asking.at.bench.ground.now_ms())
    if cost is None and card.zone is not Zone.HOUSE:
        raise SetupError(
            problem=f"Nobody knows what {card.id} costs: the student's answers are kept.",
            advice="Enter its price (`hausgeist price`), and run the same again.",
        )
    return float(cost or 0)


async def _taught(teaching: Any, asking: Asking, left: Left, each: float) -> str:
    """Say what it costs, then ask; gives why it ended early, empty: it did not."""
    card, estimate = asking.plan.teacher.card, each * left.texts / MICRO
    told(
        f"{left.rows} rows are unsure. {card.id} ({card.zone.value}) is to be asked about "
        f"{left.texts} texts: about {estimate:.2f} EUR."
    )
    if not left.texts:
        return ""
    if estimate > 0 and asking.budget is None:
        raise SetupError(
            problem=f"That would cost about {estimate:.2f} EUR, and no budget is set.",
            advice=f"Run the same with --budget {max(0.01, 1.2 * estimate):.2f}. "
            "What the student has answered is kept.",
        )
    budget = None if asking.budget is None else round(asking.budget * MICRO)

    async def ask(text: str) -> Taught:
        return await _asked(asking, text)

    with counting("Asking") as tell:

        async def on(done: int, total: int, spent: float) -> None:
            del spent
            await tell(done, total)

        stopped: str = await teaching.ask(ask, left, each=each, budget=budget, told=on)
    return stopped


async def _asked(asking: Asking, text: str) -> Taught:
    """One call.

    Raises:
        SetupError: the teacher is not there, or the house's own budget is spent.
    """
    from hausgeist.register.batch.chain import Taught  # noqa: PLC0415  as above
    from hausgeist.workbench.asking import GatewayAsker  # noqa: PLC0415  as above
    from hausgeist.workbench.reading_answers import probability, read  # noqa: PLC0415  as above

    at, task, prompt = asking.at, asking.task, asking.plan.prompt
    asker = GatewayAsker(at.house.gateway, principal=at.who)
    for wait in (*WAITS, None):
        call = prompt.call(
            task,
            text,
            call_id=f"run-{secrets.token_hex(8)}",
            principal=at.who,
            consented=asking.consented,
        )
        try:
            found = await asker.ask(call)
            break
        except NotAllowed as error:  # this text may not go there
            return Taught("", None, code=error.code)
        except Unavailable as error:
            if wait is None:
                raise _gone(error) from error
            await asyncio.sleep(error.retry_after or wait)
        except HausgeistError as error:
            raise _gone(error) from error
    said = read(task, text, found.text, cut=found.cut)
    if said.value is None:
        return Taught("", None, micro_eur=found.micro_eur, code=said.code)
    score = probability(said.value, found.text, found.logprobs)
    score = said.stated if score is None else score
    return Taught("", said.value.encode(), score, found.micro_eur)


def _gone(error: HausgeistError) -> SetupError:
    return SetupError(
        problem=f"The teacher cannot be asked any more: {error.say()}",
        advice="What was answered is kept. Run the same again to go on.",
    )
