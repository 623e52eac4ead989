# SPDX-License-Identifier: EUPL-1.2
"""Guards: named, ordered checks of what goes in and what comes out.

An input guard sees a call before anything is opened. An output guard sees text as it streams; the chain
holds back as many characters as its widest guard's ``window``, so that a finding split across chunks is
still found. Without guards the stream is not touched.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from hausgeist.core.calls import Call
from hausgeist.core.events import Burst, Delta, Withheld
from hausgeist.errors import GuardRefused


@dataclass(frozen=True, slots=True)
class Finding:
    """A span of text (characters, end exclusive) that a rule named ``rule`` objects to."""

    rule: str
    start: int
    end: int
    refuse: bool = False
    """Refuse the call or cut the answer; otherwise the span is withheld."""


class Guard(Protocol):
    """A check. ``window``: the longest text, in characters, that one finding can span."""

    name: str
    window: int

    def inspect(self, text: str) -> Sequence[Finding]:
        """Find what the rule objects to."""
        ...


def check_input(guards: Sequence[Guard], call: Call) -> None:
    """Run the guards over the newest message, or the prompt.

    Raises:
        GuardRefused: a rule refuses the content.
    """
    if not guards:
        return
    text = call.messages[-1].text if call.messages else call.prompt.text if call.prompt else ""
    for guard in guards:
        for finding in guard.inspect(text):
            if finding.refuse:
                raise GuardRefused(rule=finding.rule)


class OutputChain:
    """Output guards over one stream."""

    def __init__(self, guards: Sequence[Guard]) -> None:
        self._guards = guards
        self._window = max((guard.window for guard in guards), default=0)
        self._held = ""

    def pass_on(self, burst: Burst) -> Burst:
        """What may go on of a burst; the rest is held back until it is safe."""
        if not self._guards:
            return burst
        safe: Burst = []
        for event in burst:
            if isinstance(event, Delta) and event.text:
                safe.extend(self._release(event.text, last=False))
                if event.reasoning:
                    safe.append(Delta(reasoning=event.reasoning))
            elif isinstance(event, Delta):
                safe.append(event)
            else:
                safe.extend(self._release("", last=True))
                safe.append(event)
        return safe

    def _release(self, more: str, *, last: bool) -> Burst:
        text = self._held + more
        spans = sorted(
            (finding for guard in self._guards for finding in guard.inspect(text)),
            key=lambda finding: finding.start,
        )
        refused = next((finding for finding in spans if finding.refuse), None)
        if refused is not None:
            raise GuardRefused(rule=refused.rule)
        border = len(text) if last else max(0, len(text) - self._window)
        for finding in spans:  # never cut through a finding
            if finding.start < border < finding.end:
                border = finding.start
        out: Burst = []
        at = 0
        for finding in spans:
            if finding.start < at or finding.end > border:
                continue
            if finding.start > at:
                out.append(Delta(text[at : finding.start]))
            out.append(Withheld(finding.rule))
            at = finding.end
        if border > at:
            out.append(Delta(text[at:border]))
        self._held = text[border:]
        return out
