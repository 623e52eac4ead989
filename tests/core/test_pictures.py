# SPDX-License-Identifier: EUPL-1.2
"""The heads of pictures: what real ones say, and that nothing breaks the reader."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hausgeist.core.pictures import NoPictureError, measure

PIL = pytest.importorskip("PIL.Image", reason="Pillow makes the pictures of this test")


def _made(kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    PIL.new("RGB", (40, 30), (10, 90, 160)).save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("kind", "options", "media"),
    [
        ("PNG", {}, "image/png"),
        ("JPEG", {}, "image/jpeg"),
        ("JPEG", {"progressive": True}, "image/jpeg"),
        ("WEBP", {}, "image/webp"),
        ("WEBP", {"lossless": True}, "image/webp"),
        ("WEBP", {"exif": b"Exif\x00\x00"}, "image/webp"),
    ],
)
def test_real_pictures_are_measured(kind, options, media):
    """What an image library writes is known with its size; with a tail it is not."""
    data = _made(kind, **options)
    found = measure(data)
    assert (found.media, found.width, found.height) == (media, 40, 30)
    with pytest.raises(NoPictureError):
        measure(data + b"tail")


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["PNG", "JPEG", "WEBP"]), st.integers(0, 900), st.binary(max_size=40))
def test_broken_pictures_end_in_one_error(kind, cut, tail):
    """Whatever stands behind a cut: a picture or the one error, never another."""
    data = _made(kind)[:cut] + tail
    try:
        measure(data)
    except NoPictureError:
        return
