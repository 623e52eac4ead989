# SPDX-License-Identifier: EUPL-1.2
"""What every provider must do, as a suite to inherit from.

A test class names its dialect and makes its provider; the tests come with the inheritance::

    class TestOllama(ProviderContract):
        dialect = OllamaDialect()

        def make(self, outbound, url):
            return OllamaProvider("up", url, outbound)
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from hausgeist.core.calls import Call
from hausgeist.core.events import Delta, Event, Finished, ToolCalled
from hausgeist.core.labels import Purpose, Zone
from hausgeist.core.messages import Tool, text_message
from hausgeist.core.models import Capability, ModelCard
from hausgeist.core.people import Principal, Role
from hausgeist.errors import (
    ContextOverflow,
    HausgeistError,
    Upstream,
    UpstreamBusy,
    UpstreamRefused,
)
from hausgeist.gateway.providers import Provider
from hausgeist.net import AllowList, Destination, Outbound
from hausgeist.testing.upstreams import Dialect, FakeUpstream, Reply

WORDS = ("Guten", " Tag,", " Grüße", " aus", " 東京", " 🦉.")
TOOL = Tool(
    "wetter", "Wie das Wetter ist", '{"type":"object","properties":{"ort":{"type":"string"}}}'
)


def make_call(text: str = "Wie geht es?", **more: Any) -> Call:
    """A call with one message of a made-up person."""
    who = Principal(id="u1", name="Ada", role=Role.MEMBER)
    given: dict[str, Any] = {"messages": (text_message("user", text),), **more}
    return Call(id="c1", principal=who, purpose=Purpose.API, model="up/m", **given)


def make_card(**more: Any) -> ModelCard:
    """The card of the upstream's only model."""
    able = frozenset({Capability.COMPLETION, Capability.TOOLS, Capability.VISION})
    given: dict[str, Any] = {"zone": Zone.EU, "capabilities": able, **more}
    return ModelCard(id="up/m", provider="up", upstream="m", **given)


def run_with(fake: FakeUpstream, work: Callable[[Outbound, str], Coroutine[Any, Any, Any]]) -> Any:
    """Run work against a served fake, with a way out that leads there and nowhere else."""

    async def run() -> Any:
        async with fake.serving():
            allow = AllowList()
            allow.allow(Destination("127.0.0.1", fake.port, "test", private=True))
            outbound = Outbound(allow)
            try:
                return await work(outbound, fake.url)
            finally:
                await outbound.close()

    return asyncio.run(run())


class ProviderContract(ABC):
    """The suite. ``dialect`` makes the upstream's answers, ``make`` the provider under test."""

    dialect: Dialect

    @abstractmethod
    def make(self, outbound: Outbound, url: str) -> Provider:
        """The provider under test, for the root of an upstream."""

    def events(
        self, reply: Reply, call: Call | None = None, seen: list[Event] | None = None
    ) -> list[Event]:
        """All events of an answer; what came before an error is in ``seen``."""
        found: list[Event] = [] if seen is None else seen

        async def work(outbound: Outbound, url: str) -> list[Event]:
            stream = self.make(outbound, url).stream(call or make_call(), make_card())
            async for burst in stream:
                assert burst, "an empty burst"
                found.extend(burst)
            return found

        result: list[Event] = run_with(FakeUpstream(reply), work)
        return result

    def error(
        self, reply: Reply, call: Call | None = None, seen: list[Event] | None = None
    ) -> HausgeistError:
        """The error an answer ends with."""
        try:
            self.events(reply, call, seen)
        except HausgeistError as error:
            return error
        raise AssertionError("no error was raised")

    def test_words_then_one_end_with_usage(self) -> None:
        """Deltas come in order, then exactly one ``Finished`` with the upstream's count."""
        *deltas, end = self.events(self.dialect.words(WORDS, usage=(11, 6)))
        assert all(isinstance(event, Delta) for event in deltas)
        assert _text(deltas) == "".join(WORDS)
        assert isinstance(end, Finished)
        assert end.reason == "stop"
        assert (end.usage.input_tokens, end.usage.output_tokens) == (11, 6)
        assert not end.usage.estimated

    def test_any_cut_of_the_bytes_is_the_same_answer(self) -> None:
        """Characters and frames split anywhere across reads, or joined in one, change nothing."""
        reply = self.dialect.words(WORDS)
        data = b"".join(reply.frames)
        for size in (1, 7, len(data)):
            pieces = tuple(data[at : at + size] for at in range(0, len(data), size))
            found = self.events(replace(reply, frames=pieces))
            assert _text(found) == "".join(WORDS)
            assert isinstance(found[-1], Finished)

    def test_a_long_frame_is_no_error(self) -> None:
        """A frame far beyond the line limits of client libraries passes."""
        long = "ä" * 700_000
        assert _text(self.events(self.dialect.words([long]))) == long

    def test_a_tool_call(self) -> None:
        """Id and name come first, the arguments as JSON text, the end says why."""
        reply = self.dialect.tool_call("call_1", "wetter", '{"ort": "Köln"}')
        found = self.events(reply, make_call(tools=(TOOL,)))
        calls = [event for event in found if isinstance(event, ToolCalled)]
        assert (calls[0].index, calls[0].id, calls[0].name) == (0, "call_1", "wetter")
        assert all(not event.name for event in calls[1:])
        assert "".join(event.arguments for event in calls).replace(" ", "") == '{"ort":"Köln"}'
        assert isinstance(found[-1], Finished)
        assert found[-1].reason == "tool_calls"

    def test_closing_the_stream_closes_the_socket(self) -> None:
        """The upstream sees the hang-up and can stop to generate."""
        fake = FakeUpstream(self.dialect.unfinished(WORDS, hold=True))

        async def work(outbound: Outbound, url: str) -> None:
            stream: Any = self.make(outbound, url).stream(make_call(), make_card())
            async with aclosing(stream):
                async for _ in stream:
                    break
            await asyncio.wait_for(fake.left.wait(), 5)

        run_with(fake, work)
        assert fake.left.is_set()

    def test_a_fault_within_the_stream(self) -> None:
        """What came before it arrived; then it is an error, not an end."""
        seen: list[Event] = []
        error = self.error(self.dialect.fault(WORDS), seen=seen)
        assert isinstance(error, Upstream)
        assert "on fire" in error.say()
        assert not any(isinstance(event, Finished) for event in seen)

    def test_an_answer_that_breaks_off(self) -> None:
        """A stream without an end is an error, whether the connection broke or not."""
        for cut in (False, True):
            assert isinstance(self.error(self.dialect.unfinished(WORDS, cut=cut)), Upstream)

    def test_garbage_is_an_error(self) -> None:
        """Neither words that are no JSON nor bytes that are no UTF-8 pass for an answer."""
        good = self.dialect.words(WORDS)
        for old, new in ((b"{", b"\xff\xfe{"), (b"{", b"{]"), (b"Guten", b"\xc3\x28")):
            frames = tuple(frame.replace(old, new, 1) for frame in good.frames)
            assert isinstance(self.error(replace(good, frames=frames)), Upstream)

    def test_refusals_are_told_apart(self) -> None:
        """Busy, faulty, refused and too long are different errors."""
        make = self.dialect.refusal
        busy = self.error(make(429, "slow down", {"Retry-After": "7"}))
        assert isinstance(busy, UpstreamBusy)
        assert busy.retry_after == 7
        assert isinstance(self.error(make(503, "overloaded")), UpstreamBusy)
        assert type(self.error(make(500, "oh"))) is Upstream
        refused = self.error(make(422, "bad parameter"))
        assert isinstance(refused, UpstreamRefused)
        assert "bad parameter" in refused.say()
        secret = self.error(make(401, "bad key"))
        assert isinstance(secret, UpstreamRefused)
        assert "bad key" not in secret.say()
        long = "the prompt exceeds the context length of 4096"
        assert isinstance(self.error(make(400, long)), ContextOverflow)


def _text(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Delta))
