# SPDX-License-Identifier: EUPL-1.2
"""One block of Markdown flows in, its safe HTML flows out: a pure function.

CommonMark with tables, strikethrough, task boxes and formulas. HTML is text. Pictures are never
loaded: they become a link that names its host. Links lead to ``http``, ``https`` and ``mailto`` only,
show their host, and tell nobody where the reader came from. Headings begin at level three, under the
page's and the turn's own. Size and nesting are bounded; what exceeds a bound is shown as plain words.
"""

import re
from collections.abc import MutableMapping, Sequence
from functools import cache
from html import escape
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from hausgeist.errors import N_
from hausgeist.locale import translator
from hausgeist.render import code, formulas
from hausgeist.render.clean import clean
from hausgeist.render.cut import fence_of, indent_of
from hausgeist.render.pseudonyms import found_in, signed

MAX_BLOCK = 40_000
"""Characters of a block that are parsed; a longer one is shown as it was written."""
MAX_BRACKETS = 1500
"""Opening brackets of a block that are parsed: the search for links is quadratic in them."""
MAX_NESTING = 16
"""Levels of quotes and lists that are parsed."""
_SCHEMES = ("http://", "https://", "mailto:")
_CONTAINERS = re.compile(r"(?:[ \t]*(?:>|(?:[-+*]|\d{1,9}[.)])(?=[ \t]|$)))+")
_ONE_CONTAINER = re.compile(r">|[-+*]|\d{1,9}[.)]")
_BOXES = {"[ ] ": "☐ ", "[x] ": "☑ ", "[X] ": "☑ "}
Env: TypeAlias = MutableMapping[str, Any]


def render_block(text: str, language: str = "en") -> str:
    """The HTML of one block; ``text`` has no line end at its end."""
    if len(text) > MAX_BLOCK or text.count("[") > MAX_BRACKETS or _too_deep(text):
        return clean(_plain(text, language))
    return clean(_parser().render(text, {"language": language}))


def parse_block(text: str) -> list[Token] | None:
    """The tokens of one block, for whoever makes something else of it than a page.

    None where a page shows it as it was written.
    """
    if len(text) > MAX_BLOCK or text.count("[") > MAX_BRACKETS or _too_deep(text):
        return None
    return _parser().parse(text, {"language": "en"})


def _plain(text: str, language: str) -> str:
    head, _, rest = text.partition("\n")
    fence = fence_of(head)
    if fence is None:
        return f'<pre class="plain">{escape(text, quote=False)}</pre>'
    body, _, last = rest.rpartition("\n")
    return code.figure(body if fence.closed_by(last) else rest, fence.info, language)


def _too_deep(text: str) -> bool:
    """Whether quotes and lists nest deeper than the parser may go: it would drop what lies below."""
    if fence_of(text.partition("\n")[0]) is not None:
        return False
    for line in text.split("\n"):
        found = _CONTAINERS.match(line)
        if found and len(_ONE_CONTAINER.findall(found[0])) + indent_of(line) // 2 > MAX_NESTING:
            return True
    return False


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 4 * MAX_NESTING})
    parser.enable(["table", "strikethrough"])
    parser.disable(["reference", "html_block", "html_inline"])
    parser.validateLink = lambda url: url.strip().lower().startswith(_SCHEMES)  # type: ignore[method-assign]
    parser.core.ruler.push("boxes", _boxes)
    formulas.install(parser)
    for kind, rule in _RULES.items():
        parser.add_render_rule(kind, rule)
    return parser


def _boxes(state: StateCore) -> None:
    """``- [ ]`` and ``- [x]`` at the beginning of a list item become an empty and a ticked box."""
    for at in range(2, len(state.tokens)):
        token = state.tokens[at]
        if token.type != "inline" or state.tokens[at - 2].type != "list_item_open":
            continue
        first = token.children[0] if token.children else None
        if first is not None and first.type == "text" and first.content[:4] in _BOXES:
            first.content = _BOXES[first.content[:4]] + first.content[4:]


def host_of(url: str) -> str:
    """The host a link leads to, in ASCII, or the address of a mail link; empty if there is none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme.lower() == "mailto":
        return parts.path[:200]
    return (parts.hostname or "")[:200]


def _link_attributes(url: str) -> str:
    return (
        f' href="{escape(url)}" title="{escape(url)}" rel="noopener noreferrer nofollow"'
        ' target="_blank" referrerpolicy="no-referrer"'
    )


def _link_open(
    _self: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, env: Env
) -> str:
    token = tokens[index]
    url = str(token.attrs.get("href", ""))
    host = host_of(url)
    if not host or found_in(url):  # behind a pseudonym there is no page
        env["no_link"] = True
        env["pseudonym"] = "" if token.info == "auto" else found_in(url)
        return "<span>"
    env["in_link"] = True
    shown = "" if token.info == "auto" else f' data-host="{escape(host)}"'
    return f"<a{_link_attributes(url)}{shown}>"


def _link_close(
    _self: RendererHTML, _tokens: Sequence[Token], _index: int, _options: OptionsDict, env: Env
) -> str:
    env["in_link"] = False
    if not env.pop("no_link", False):
        return "</a>"
    pseudonym = env.pop("pseudonym", "")
    sign = signed(pseudonym, env["language"], in_link=True)
    return f"</span> {sign}" if sign else "</span>"


def _text(
    _self: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, env: Env
) -> str:
    return signed(tokens[index].content, env["language"])


def _image(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Env
) -> str:
    """A picture is a word in italics; outside a link it leads to its address, when clicked."""
    token = tokens[index]
    url = str(token.attrs.get("src", ""))
    alt = renderer.renderInlineAsText(token.children, options, env).strip()
    words = escape(alt or translator(env["language"])(N_("Image")))
    host = host_of(url)
    if env.get("in_link") or not host or found_in(url):
        pseudonym = signed(found_in(url), env["language"], in_link=True)
        return f'<span class="image">{words}</span>{" " * bool(pseudonym)}{pseudonym}'
    return f'<span class="image"><a{_link_attributes(url)} data-host="{escape(host)}">{words}</a></span>'


def _fence(
    _self: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, env: Env
) -> str:
    token = tokens[index]
    return code.figure(token.content.removesuffix("\n"), token.info, env["language"])


def _heading(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, _env: Env
) -> str:
    token = tokens[index]
    token.tag = f"h{min(int(token.tag[1]) + 2, 6)}"
    return renderer.renderToken(tokens, index, options, _env)


def _cell(
    _self: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: Env
) -> str:
    token = tokens[index]
    side = str(token.attrs.get("style", "")).removeprefix("text-align:")
    return f'<{token.tag} class="{side}">' if side in ("right", "center") else f"<{token.tag}>"


def _table_open(
    _self: RendererHTML, _tokens: Sequence[Token], _index: int, _options: OptionsDict, _env: Env
) -> str:
    return '<div class="grid"><div class="scroll"><table>\n'


def _table_close(
    _self: RendererHTML, _tokens: Sequence[Token], _index: int, _options: OptionsDict, env: Env
) -> str:
    copy = escape(translator(env["language"])("Copy"))
    return f'</table></div><button class="table__copy" type="button">{copy}</button></div>\n'


_RULES = {
    "code_block": _fence,
    "fence": _fence,
    "heading_close": _heading,
    "heading_open": _heading,
    "image": _image,
    "link_close": _link_close,
    "link_open": _link_open,
    "table_close": _table_close,
    "table_open": _table_open,
    "td_open": _cell,
    "text": _text,
    "th_open": _cell,
}
