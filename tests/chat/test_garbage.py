# SPDX-License-Identifier: EUPL-1.2
"""Models that stream garbage, never end, or say nothing: clear words, what came is kept, others go on."""

import asyncio
import json

from talking import ANNA, BERND

from hausgeist.chat import recall
from hausgeist.errors import Upstream, UpstreamTimeout
from hausgeist.gateway.providers.openai import OpenAIProvider
from hausgeist.net import AllowList, Destination, Outbound
from hausgeist.render import render_blocks
from hausgeist.testing.echo import echo_card
from hausgeist.testing.upstreams import FakeUpstream, OpenAIDialect, Reply, sse

DIALECT = OpenAIDialect()


def words(*texts):
    """The frames of words, without an end."""
    return sse([DIALECT.chunk({"content": text}) for text in texts], named=False)


def answered_by(talk, *frames, hold=False, idle=5.0):
    """How a turn ends whose model streams these frames; Bernd is answered by an echo meanwhile."""
    fake = FakeUpstream(Reply(frames=frames, kind=DIALECT.kind, pause=0.002, hold=hold))

    async def work():
        async with fake.serving():
            allow = AllowList()
            allow.allow(Destination("127.0.0.1", fake.port, "test", private=True))
            outbound = Outbound(allow)
            provider = OpenAIProvider("up", f"{fake.url}/v1", outbound, idle_timeout=idle)
            talk.directory.put("up", provider, [echo_card("garbage", provider="up")])
            try:
                turn = await talk.ask("Frage", model="garbage")
                other = await talk.answered("eins zwei", who=BERND)
                await turn.wait()
                await talk.chat.title_coming(turn.conversation_id)
            finally:
                await outbound.close()
            opened = await talk.chat.open(ANNA, turn.conversation_id)
            return opened.branch[-1], other.said

    said, other = asyncio.run(work())
    assert (other.state, other.text) == ("done", "eins zwei")
    return said


def test_invalid_utf8_fails_with_words(talk):
    """Bytes that are no text end the answer with a reason; the words before them are kept."""
    said = answered_by(
        talk, *words("gut"), b'data: {"choices":[{"delta":{"content":"\xff\xfe"}}]}\n\n'
    )
    assert (said.state, said.text) == ("failed", "gut")
    assert isinstance(recall(said), Upstream)


def test_what_is_no_json_fails_with_words(talk):
    """Noise instead of frames ends the answer with a reason."""
    said = answered_by(talk, *words("gut"), b"data: <html>Bad Gateway</html>\n\n")
    assert (said.state, said.text) == ("failed", "gut")
    assert isinstance(recall(said), Upstream)


def test_control_characters_neither_break_the_page_nor_the_database(talk):
    """Controls, marks of direction and halves of characters are stored, and rendered inert."""
    noise = "a\x00b\x1b[31mrot\x07\u202e\u2066 ende\ud83d"
    frame = json.dumps(DIALECT.chunk({"content": noise})[1]).encode()
    said = answered_by(talk, b"data: %b\n\n" % frame, *DIALECT.words(["!"]).frames)
    assert said.state in {"done", "failed"}
    page = "".join(render_blocks(said.text, "de"))
    assert "\x00" not in page
    page.encode()


def test_a_huge_single_line_is_kept_and_shown_as_it_is(talk):
    """A line of a quarter of a million characters is one plain block, and parsed by nobody."""
    said = answered_by(talk, *words(*["[x" * 5_000] * 25), *DIALECT.words(["!"]).frames)
    assert (said.state, len(said.text)) == ("done", 250_001)
    blocks = render_blocks(said.text, "de")
    assert len(blocks) == 1
    assert blocks[0].startswith('<pre class="plain">')


def test_an_event_without_an_end_is_cut_off(talk, monkeypatch):
    """A frame that never ends is refused at a limit instead of filling the memory."""
    monkeypatch.setattr("hausgeist.gateway.upstream.EVENT_LIMIT", 100_000)
    said = answered_by(talk, *words("gut"), b"data: ", *[b"x" * 50_000] * 4)
    assert (said.state, said.text) == ("failed", "gut")
    assert "too large" in str(recall(said))


def test_an_answer_that_never_ends_is_ended_and_kept(talk, monkeypatch):
    """Words without end are ended at a limit; the house says that it was the one."""
    monkeypatch.setattr("hausgeist.chat.turn.ANSWER_MOST", 2_000)
    said = answered_by(talk, *words(*["noch ein Wort "] * 400), hold=True)
    assert (said.state, said.finish) == ("done", "endless")
    assert 2_000 < len(said.text) < 4_000


def test_a_model_that_sends_nothing_times_out(talk):
    """Silence ends with a sentence about it, and the question is kept."""
    said = answered_by(talk, hold=True, idle=0.3)
    assert (said.state, said.text) == ("failed", "")
    assert isinstance(recall(said), UpstreamTimeout)


def test_a_model_that_only_pings_is_silent_too(talk, monkeypatch):
    """Comments keep the connection, and do not count as an answer."""
    monkeypatch.setattr("hausgeist.chat.turn.SILENCE_MOST", 0.4)
    said = answered_by(talk, *words("eins"), b": ping\n\n", hold=True)
    assert (said.state, said.text) == ("failed", "eins")
    assert isinstance(recall(said), UpstreamTimeout)


def test_an_empty_answer_is_an_answer_without_words(talk):
    """A model that ends at once leaves an answer that says so, without an error."""
    said = answered_by(talk, *DIALECT.words([]).frames)
    assert (said.state, said.text) == ("done", "")
