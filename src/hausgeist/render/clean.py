# SPDX-License-Identifier: EUPL-1.2
"""The last step before a page: HTML flows in, only what is on the list flows out.

The lists name every element, attribute and value the renderer makes, and nothing else; whatever a
text smuggled past the parser ends here.
"""

import re

import nh3

_MATH = frozenset(
    "math menclose merror mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot "
    "mrow ms mspace msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder munderover".split()
)
_WORDS = frozenset(
    "a blockquote br button code del div em figcaption figure h3 h4 h5 h6 hr li ol p pre span "
    "strong table tbody td th thead tr ul".split()
)
_MATH_ATTRIBUTES = frozenset(
    "accent accentunder columnalign columnlines columnspacing depth display displaystyle fence "
    "form height largeop linethickness lspace mathvariant maxsize minsize movablelimits "
    "notation rowspacing rspace scriptlevel separator stretchy symmetric voffset width".split()
)
_CLASSED = ("button", "code", "div", "figcaption", "figure", "pre", "span", "td", "th")
_ATTRIBUTES = {
    **{tag: set(_MATH_ATTRIBUTES) for tag in _MATH},
    **{tag: {"class"} for tag in _CLASSED},
    "a": {"data-host", "href", "rel", "referrerpolicy", "target", "title"},
    "button": {"class", "type"},
    "figure": {"class", "data-lang"},
    "ol": {"start"},
    "span": {"class", "title"},
}
_SCHEMES = {"http", "https", "mailto"}
_WORD = re.compile(r"[\w .-]{1,60}")
_LENGTHS = re.compile(r"(?:\d?(?:\.\d{1,4})?(?:em|ex|pt|px|mu|%)?(?: |$)){1,4}")
_MEASURES = frozenset(
    "columnspacing depth height linethickness lspace maxsize minsize rowspacing rspace voffset "
    "width".split()
)


def _keep(tag: str, attribute: str, value: str) -> str | None:
    """Let an attribute's value through, or drop the attribute.

    Lengths inside formulas have one digit before the point: a formula must not lay itself over
    the page.
    """
    if tag in _MATH:
        if attribute in _MEASURES:
            return value if _LENGTHS.fullmatch(value) else None
        return value if _WORD.fullmatch(value) else None
    if attribute == "class":
        return value if _WORD.fullmatch(value) else None
    return value


_PAGE = nh3.Cleaner(
    tags=set(_WORDS | _MATH),
    clean_content_tags={"script", "style"},
    attributes=_ATTRIBUTES,
    attribute_filter=_keep,
    url_schemes=_SCHEMES,
    url_relative="deny",
    link_rel=None,
    strip_comments=True,
)
_FORMULA = nh3.Cleaner(
    tags=set(_MATH),
    clean_content_tags={"script", "style"},
    attributes={tag: set(_MATH_ATTRIBUTES) for tag in _MATH},
    attribute_filter=_keep,
    url_schemes=set(),
    link_rel=None,
    strip_comments=True,
)


def clean(html: str) -> str:
    """A block's HTML without anything that is not on the list."""
    return _PAGE.clean(html).strip()


def clean_formula(mathml: str) -> str:
    """MathML without anything that is not MathML."""
    return _FORMULA.clean(mathml)
