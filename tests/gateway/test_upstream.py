# SPDX-License-Identifier: EUPL-1.2
"""Bytes of a stream, cut into payloads, however they arrive."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hausgeist.errors import Upstream
from hausgeist.gateway.upstream import EVENT_LIMIT, lines, sse_payloads


def cut(reader, pieces):
    """All payloads of a stream that arrives in these pieces."""

    async def arriving():
        for piece in pieces:
            yield piece

    async def run():
        return [payload async for found in reader(arriving(), "up") for payload in found]

    return asyncio.run(run())


def pieces_of(data, borders):
    """Data cut at the borders."""
    places = sorted({border % (len(data) + 1) for border in borders} | {0, len(data)})
    return [data[a:b] for a, b in pairwise(places)]


@given(st.lists(st.integers(0, 1000)), st.sampled_from([b"\n", b"\r\n"]))
def test_events_are_the_same_however_they_are_cut(borders, newline):
    """Two data lines are one payload, comments and names none, with either line ending."""
    stream = b": ping\n\ndata: a\ndata: b\n\nevent: x\ndata:{\xc3\xa4}\n\nid: 1\n\ndata: last\n\n"
    data = stream.replace(b"\n", newline)
    assert cut(sse_payloads, pieces_of(data, borders)) == [b"a\nb", b"{\xc3\xa4}", b"last"]


@given(st.lists(st.integers(0, 1000)))
def test_lines_are_the_same_however_they_are_cut(borders):
    """Empty lines are none; the last one needs no end."""
    assert cut(lines, pieces_of(b'{"a":1}\n\n{"b":2}\n{"c":3}', borders)) == [
        b'{"a":1}',
        b'{"b":2}',
        b'{"c":3}',
    ]


def test_a_stream_without_a_last_empty_line_is_not_lost():
    """Servers that hang up after the last line are understood."""
    assert cut(sse_payloads, [b"data: a\n\nda", b"ta: b"]) == [b"a", b"b"]


@pytest.mark.parametrize("reader", [sse_payloads, lines])
@pytest.mark.parametrize("piece", [b"x" * 65536, b"x" * 65535 + b"\r"])
def test_an_endless_line_is_an_error(reader, piece):
    """It ends at the limit, and took no more memory than that."""
    taken = []

    def endless():
        while True:
            taken.append(len(piece))
            yield piece

    with pytest.raises(Upstream, match="too large"):
        cut(reader, endless())
    assert sum(taken) <= EVENT_LIMIT + 2 * len(piece)
