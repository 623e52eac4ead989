# SPDX-License-Identifier: EUPL-1.2
"""What Python's zipfile raises over an archive that is damaged, or made to be.

One list for whoever unpacks: the ways of packing each have errors of their own, and the one that is
forgotten is the one that somebody sends.
"""

import lzma
import zipfile
import zlib
from typing import Final

DAMAGED: Final = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,  # bzip2's words for it
    ValueError,  # a place before the beginning
    KeyError,
    RuntimeError,  # a password, or NotImplementedError: a way of packing that nobody uses
)
