# SPDX-License-Identifier: EUPL-1.2
"""Wire formats: bytes of a client's dialect to a ``Call``, and bursts of events to bytes again.

Each dialect's file has a decoder, an encoder for streams with ``frames(burst) -> bytes``, one for whole
answers, and the frame of its errors. Knows nothing of HTTP beyond bytes.
"""
