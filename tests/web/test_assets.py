# SPDX-License-Identifier: EUPL-1.2
"""Static files on the wire: what is sent is the source without what only its readers need."""

import re

import pytest

from hausgeist.web.assets import ROOT, assets, lean

OURS = [path for path in assets() if path.endswith((".css", ".js")) and "vendor" not in path]


@pytest.mark.parametrize("path", OURS)
def test_nothing_but_comments_and_indentation_is_left_out(path):
    """Every rule and every statement is sent, in order; the licence stays; scripts keep their lines."""
    source, sent = (ROOT / path).read_text("utf-8"), assets()[path].body.decode()
    assert "SPDX-License-Identifier: EUPL-1.2" in sent.splitlines()[0]
    if path.endswith(".js"):
        assert source.count("\n") == sent.count("\n")
        gone = [
            line
            for line, kept in zip(source.splitlines(), sent.splitlines(), strict=True)
            if line != kept
        ]
        assert [line for line in gone if not re.match(r"\s*(//|/?\*)", line)] == []
        assert all(
            kept in {line, ""}
            for line, kept in zip(source.splitlines(), sent.splitlines(), strict=True)
        )
    else:
        bare = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
        kept = re.sub(r"/\*.*?\*/", "", sent, flags=re.DOTALL)
        assert "".join(bare.split()) == "".join(kept.split())


def test_no_comment_of_a_script_is_mistaken_for_code():
    """Addresses, comments behind code and divisions stay; whole lines of comment go."""
    source = (
        b"// SPDX-License-Identifier: EUPL-1.2\n// why\n"
        b'let a = "https://x";  // b\n/** c\n * d */\na / 2;\n'
    )
    assert lean(".js", source) == (
        b'// SPDX-License-Identifier: EUPL-1.2\n\nlet a = "https://x";  // b\n\n\na / 2;\n'
    )
