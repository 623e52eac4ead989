# SPDX-License-Identifier: EUPL-1.2
"""Says what a file really is, by its first bytes, so that a refusal can name it.

The first bytes of a file flow in, a few words flow out. Only GGUF is ever admitted; this table
explains refusals, it guards nothing.
"""

GGUF_MAGIC = b"GGUF"
HEAD = 512
"""Bytes of a file's beginning that ``describe`` looks at."""

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a zip archive (such as a PyTorch checkpoint with a pickle inside)"),
    (b"\x7fELF", "an ELF program"),
    (b"MZ", "a Windows program"),
    (b"\xcf\xfa\xed\xfe", "a macOS program"),
    (b"\xca\xfe\xba\xbe", "a macOS program"),
    (b"#!", "a script"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file (Keras)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"version https://git-lfs", "a Git LFS pointer instead of the file itself"),
    (b"FUGG", "a big-endian GGUF file"),
    (b"lmgg", "a file in the old GGML format"),
    (b"tjgg", "a file in the old GGML format"),
    (b"fmgg", "a file in the old GGML format"),
)


def describe(head: bytes) -> str:
    """Name the kind of file that begins with these bytes, with an article: "a pickle"."""
    for signature, words in _SIGNATURES:
        if head.startswith(signature):
            return words
    if not head:
        return "an empty file"
    if head[0] == 0x80 and len(head) > 1 and head[1] <= 5:
        return "a pickle, which can run code when it is opened"
    if head[257:262] == b"ustar":
        return "a tar archive"
    if head[8:10] == b'{"' and int.from_bytes(head[:8], "little") < 1 << 32:
        return "a safetensors file"
    text = head.lstrip()[:64].lower()
    if text.startswith((b"<!doctype", b"<html")):
        return "a web page"
    if text.startswith((b"{", b"[")):
        return "a JSON text"
    if text.startswith((b"c__builtin__", b"cos\n", b"cposix\n", b"(dp", b"(lp")):
        return "a pickle, which can run code when it is opened"
    return "of an unknown kind"
