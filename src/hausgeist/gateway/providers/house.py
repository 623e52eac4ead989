# SPDX-License-Identifier: EUPL-1.2
"""The models that run in the house, as one more provider.

A call flows in; an engine is leased for it, asked over loopback in OpenAI's dialect, and its bursts flow
out. The context is never cut: a prompt that is too long is refused with numbers, an answer that fills the
window ends with ``length``. What llama.cpp would silently ignore is done here or refused.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

import msgspec

from hausgeist.core.calls import Call
from hausgeist.core.events import Burst, Delta, Finished
from hausgeist.core.messages import Usage
from hausgeist.core.models import Capability, ModelCard
from hausgeist.errors import (
    N_,
    ContextOverflow,
    HausgeistError,
    InvalidField,
    ModelCrashed,
    Unavailable,
    UnknownModel,
    Unsupported,
    Upstream,
    UpstreamTimeout,
)
from hausgeist.gateway.engines import (
    JOBS,
    Engine,
    EngineSpec,
    EngineStatus,
    Supervisor,
    encoder_card,
    encoder_spec,
    spec_of,
)
from hausgeist.gateway.providers import Embeddings
from hausgeist.gateway.providers.openai import OpenAIProvider
from hausgeist.gateway.providers.openai_request import fitted
from hausgeist.gateway.providers.quirks import Quirks
from hausgeist.gateway.providers.refusal import refusal
from hausgeist.gateway.weights import Shelf, card_of
from hausgeist.net import Outbound

NAME = "house"
SILENCE = 3600.0
"""Seconds an engine may compute without a word: a long text on a slow machine. A dead one is noticed."""

PARAMETERS = frozenset(
    {
        *("stream_options", "max_tokens", "temperature", "top_p", "top_k", "min_p", "seed"),
        *("stop", "presence_penalty", "frequency_penalty", "repeat_penalty", "logit_bias"),
        *("logprobs", "top_logprobs", "tools", "tool_choice", "parallel_tool_calls"),
        "response_format",
        # foreign ones that only shape the sampling
        *("typical_p", "top_n_sigma", "repeat_last_n", "dynatemp_range", "dynatemp_exponent"),
        *("mirostat", "mirostat_tau", "mirostat_eta", "xtc_probability", "xtc_threshold"),
        *("dry_multiplier", "dry_base", "dry_allowed_length", "dry_penalty_last_n", "ignore_eos"),
    }
)
"""What an engine is told; nothing that chooses slots, files, grammars or time-outs."""

_STATUS = re.compile(r"\d{3}: ")
"""An error with a status in front came from an engine that lives."""

_TOO_LARGE = re.compile(r"input \((\d+) tokens\) is too large to process")
"""How llama.cpp refuses a text to embed: as a fault of its own, with the status 500."""

_encode = msgspec.json.Encoder().encode
_log = logging.getLogger(__name__)


class _Templated(msgspec.Struct):
    prompt: str


class _Tokenized(msgspec.Struct):
    tokens: list[int]


@dataclass(frozen=True, slots=True)
class _Offer:
    card: ModelCard
    spec: EngineSpec


class HouseProvider:
    """The shelf's models and the built-in encoder. ``threads`` is the house's setting, 0: all cores."""

    name = NAME

    def __init__(
        self, shelf: Shelf, supervisor: Supervisor, outbound: Outbound, *, threads: int = 0
    ) -> None:
        self._shelf = shelf
        self._supervisor = supervisor
        self._outbound = outbound
        self._threads = threads
        self._offers: dict[str, _Offer] = {}

    async def describe(self) -> list[ModelCard]:
        """Read the shelf again: the cards of all that can be served from now on."""
        offers = await asyncio.to_thread(self._read)
        self._offers = {offer.card.id: offer for offer in offers}
        return [offer.card for offer in offers]

    async def stream(self, call: Call, card: ModelCard) -> AsyncIterator[Burst]:
        """Answer a call; see ``Provider.stream``. One without messages and prompt only (un)loads the model.

        Raises:
            ModelCrashed: the engine's process ended meanwhile; the next call starts it again.
            ModelLoading, LoadFailed, DoesNotFit, QueueFull: see ``Supervisor.lease``.
            ContextOverflow: the prompt does not fit; with numbers.
            Unsupported, InvalidField: an image from elsewhere, or a suffix.
        """
        if not call.messages and call.prompt is None:
            yield [await self._only_load(call, card)]
            return
        _check(call)
        told = _as_told(call)
        spec = self._spec(card)
        job = call.purpose in JOBS or call.principal.job_id is not None  # whatever it says
        async with self._supervisor.lease(spec, keep_alive=call.keep_alive, job=job) as engine:
            provider = self._at(engine, _quirks(call))
            try:
                repeat = call.prompt.text if call.prompt is not None and call.prompt.echo else ""
                async with aclosing(provider.stream(told, card)) as bursts:  # type: ignore[type-var]
                    async for burst in bursts:
                        yield [Delta(repeat), *burst] if repeat else burst
                        repeat = ""
            except (Upstream, UpstreamTimeout, Unavailable) as error:
                raise await _explained(error, engine) from error

    async def embed(self, texts: Sequence[str], card: ModelCard) -> Embeddings:
        """Turn texts into vectors; see ``Provider.embed``. Raises as ``stream``."""
        async with self._supervisor.lease(self._spec(card)) as engine:
            try:
                return await self._at(engine, Quirks()).embed(texts, card)
            except ContextOverflow as error:
                error.param = "input"
                raise
            except (Upstream, UpstreamTimeout, Unavailable) as error:
                raise await _explained(error, engine) from error

    async def count_tokens(self, call: Call, card: ModelCard) -> int:
        """The tokens of a call's messages and tools (or its prompt) in this model's own terms; loads it.

        Raises:
            HausgeistError: as ``stream``.
        """
        _check(call)
        async with self._supervisor.lease(
            self._spec(card), keep_alive=call.keep_alive, place=False
        ) as engine:
            try:
                if call.prompt is not None:
                    text = call.prompt.text
                else:
                    body = fitted(replace(_as_told(call), stream=False), card, _quirks(call))
                    data = await self._ask(engine, card, "/apply-template", body)
                    text = msgspec.json.decode(data, type=_Templated).prompt
                question = {"content": text, "add_special": True, "parse_special": True}
                data = await self._ask(engine, card, "/tokenize", question)
                return len(msgspec.json.decode(data, type=_Tokenized).tokens)
            except msgspec.DecodeError as error:
                raise Upstream(provider=NAME, reason="the engine's count is none") from error
            except (Upstream, UpstreamTimeout, Unavailable) as error:
                raise await _explained(error, engine) from error

    async def load(self, card: ModelCard, keep_alive: float | None = None) -> None:
        """Bring a model into memory for so many seconds after its last call. Raises as ``stream``."""
        async with self._supervisor.lease(self._spec(card), keep_alive=keep_alive, place=False):
            return

    def places(self, card: ModelCard) -> int | None:
        """How many calls a model answers at a time; None: it is not on the shelf."""
        offer = self._offers.get(card.id)
        return None if offer is None else offer.spec.slots

    def loaded(self) -> list[EngineStatus]:
        """What is in memory or on its way there."""
        return self._supervisor.status()

    def unload(self, model: str) -> bool:
        """Unload a model once its running calls are done; whether it was loaded."""
        return self._supervisor.unload(model)

    def _read(self) -> list[_Offer]:
        found = [_Offer(encoder_card(), encoder_spec(threads=self._threads))]
        for manifest in self._shelf.models():
            try:
                blob = self._shelf.blob(manifest)
            except UnknownModel:
                _log.warning("the file of %s is missing from the shelf", manifest.name)
                continue
            card = card_of(manifest)
            # filling in needs llama.cpp's own dialect, which nobody here speaks yet
            card = replace(card, capabilities=card.capabilities - {Capability.INSERT})
            found.append(_Offer(card, spec_of(manifest, blob, threads=self._threads)))
        return found

    def _spec(self, card: ModelCard) -> EngineSpec:
        offer = self._offers.get(card.id)
        if offer is None:
            raise UnknownModel(model=card.id, param="model")
        return offer.spec

    def _at(self, engine: Engine, quirks: Quirks) -> OpenAIProvider:
        return OpenAIProvider(
            NAME,
            f"{engine.address}/v1",
            self._outbound,
            key=engine.key,
            quirks=quirks,
            idle_timeout=SILENCE,
            # a kept connection would occupy one of the engine's few threads
            headers={"Connection": "close"},
        )

    async def _only_load(self, call: Call, card: ModelCard) -> Finished:
        if call.keep_alive == 0:
            self._supervisor.unload(card.id)
            return Finished("unload", Usage())
        await self.load(card, call.keep_alive)
        return Finished("load", Usage())

    async def _ask(self, engine: Engine, card: ModelCard, path: str, body: object) -> bytes:
        async with self._outbound.stream(
            "POST",
            engine.address + path,
            headers={
                "Authorization": f"Bearer {engine.key}",
                "Content-Type": "application/json",
                "Connection": "close",
            },
            body=_encode(body),
            idle_timeout=SILENCE,
        ) as response:
            if response.status >= 400:
                raise await refusal(response, NAME, card)
            return await response.read()


def _check(call: Call) -> None:
    """Refuse what an engine would fetch itself, or ignore."""
    for message in call.messages:
        for image in message.images:
            if not image.url.startswith("data:"):
                raise InvalidField(
                    field="messages",
                    reason="models in the house take images as data: URIs only",
                    param="messages",
                )
    if call.prompt is not None and call.prompt.suffix is not None:
        raise Unsupported(what="A suffix", param="suffix")
    if call.prompt is not None and call.prompt.echo and call.sampling.logprobs:
        raise Unsupported(what="Repeating the prompt with its log probabilities", param="echo")


def _as_told(call: Call) -> Call:
    """The call as an engine understands it: it knows no single forced tool, and would choose freely."""
    if call.tool_name is not None:
        tools = tuple(tool for tool in call.tools if tool.name == call.tool_name)
        call = replace(call, tools=tools, tool_choice="required", tool_name=None)
    return call


def _quirks(call: Call) -> Quirks:
    fixed: dict[str, object] = {}
    if call.effort is not None:
        thinks = call.effort != "none"
        fixed["chat_template_kwargs"] = {"enable_thinking": thinks} | (
            {"reasoning_effort": call.effort} if thinks else {}
        )
    if call.prompt is not None and call.sampling.logprobs:
        # 0 means none at all to the engine: the chosen token's own comes with the first alternative
        fixed["logprobs"] = max(1, call.sampling.top_logprobs or 0)
    return Quirks(params=PARAMETERS, fixed=fixed)


async def _explained(error: HausgeistError, engine: Engine) -> HausgeistError:
    """What a broken connection means: a crash, if the process is gone."""
    reason = str(error.values.get("reason", ""))
    answered = "upstream_status" in error.values or _STATUS.match(reason)
    if not answered and await engine.crashed():
        return ModelCrashed(model=engine.spec.name, retry_after=1)
    if too_large := _TOO_LARGE.search(reason):
        spec = engine.spec
        return ContextOverflow(
            needed=int(too_large[1]), model=spec.name, context=spec.context, param="input"
        )
    if "Failed to parse input" in reason:
        # the engine repeats what the model wrote; that is no reason, and belongs in no log
        return Upstream(provider=NAME, reason=N_("the model's answer was malformed"))
    if "provider" in error.values:
        error.values["provider"] = NAME
    return error
