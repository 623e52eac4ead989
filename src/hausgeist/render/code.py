# SPDX-License-Identifier: EUPL-1.2
"""Source code becomes a figure: its language, a copy button, and coloured words by CSS class.

Colours live in ``static/css/code.css``. A language that is not on the list is shown plain: the list
keeps slow or exotic lexers away from text that strangers wrote.
"""

from functools import cache
from html import escape

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name

from hausgeist.locale import translator

MAX_COLOURED = 20_000
"""Characters of code that are coloured; longer code is shown plain."""
_NAMES = {
    "bash": ("bash", "Shell"),
    "c": ("c", "C"),
    "cpp": ("cpp", "C++"),
    "csharp": ("csharp", "C#"),
    "css": ("css", "CSS"),
    "diff": ("diff", "Diff"),
    "docker": ("docker", "Dockerfile"),
    "go": ("go", "Go"),
    "html": ("html", "HTML"),
    "ini": ("ini", "INI"),
    "java": ("java", "Java"),
    "javascript": ("javascript", "JavaScript"),
    "json": ("json", "JSON"),
    "kotlin": ("kotlin", "Kotlin"),
    "latex": ("latex", "LaTeX"),
    "lua": ("lua", "Lua"),
    "make": ("make", "Makefile"),
    "php": ("php", "PHP"),
    "powershell": ("powershell", "PowerShell"),
    "python": ("python", "Python"),
    "r": ("r", "R"),
    "ruby": ("ruby", "Ruby"),
    "rust": ("rust", "Rust"),
    "sql": ("sql", "SQL"),
    "swift": ("swift", "Swift"),
    "toml": ("toml", "TOML"),
    "typescript": ("typescript", "TypeScript"),
    "vbnet": ("vbnet", "Visual Basic"),
    "xml": ("xml", "XML"),
    "yaml": ("yaml", "YAML"),
}
_ALIASES = {
    "c#": "csharp",
    "c++": "cpp",
    "cs": "csharp",
    "dockerfile": "docker",
    "golang": "go",
    "h": "c",
    "hpp": "cpp",
    "htm": "html",
    "js": "javascript",
    "jsx": "javascript",
    "kt": "kotlin",
    "makefile": "make",
    "patch": "diff",
    "ps1": "powershell",
    "py": "python",
    "python3": "python",
    "rb": "ruby",
    "rs": "rust",
    "sh": "bash",
    "shell": "bash",
    "svg": "xml",
    "tex": "latex",
    "ts": "typescript",
    "tsx": "typescript",
    "vb": "vbnet",
    "yml": "yaml",
    "zsh": "bash",
}


@cache
def _lexer(name: str) -> Lexer:
    return get_lexer_by_name(name, stripnl=False, ensurenl=False)


@cache
def _formatter() -> "HtmlFormatter[str]":
    return HtmlFormatter(nowrap=True)


def language_of(info: str) -> str:
    """The name of a known language in what stands after a fence's backticks; empty for others."""
    word = info.split(maxsplit=1)[0].lower()[:40] if info.strip() else ""
    name = _ALIASES.get(word, word)
    return name if name in _NAMES else ""


def figure(code: str, info: str = "", language: str = "en") -> str:
    """The figure of a piece of code. ``info`` is what stands after the fence's backticks."""
    word = info.split(maxsplit=1)[0].lower()[:40] if info.strip() else ""
    name = _ALIASES.get(word, word)
    lexer, label = _NAMES.get(name, ("", word))
    if lexer and len(code) <= MAX_COLOURED:
        inner = highlight(code, _lexer(lexer), _formatter())
    else:
        inner = escape(code, quote=False)
    copy = escape(translator(language)("Copy"))
    return (
        f'<figure class="code" data-lang="{escape(name)}"><figcaption class="code__head">'
        f'<span class="code__lang">{escape(label)}</span>'
        f'<button class="code__copy" type="button">{copy}</button></figcaption>'
        f"<pre><code>{inner}</code></pre></figure>\n"
    )
