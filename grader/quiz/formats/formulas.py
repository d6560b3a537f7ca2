"""Formulas of other systems' questions as plain text: TeX as it is, MathML as one would type it."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree as ET

import defusedxml
from defusedxml.ElementTree import fromstring

TEX_MARK = "LaTeX:"  # how Canvas begins the alternative text of a formula
MAX_DEPTH = 50
JOINED = {"mfrac": "/", "msup": "^", "msub": "_", "munder": "_", "mover": "^"}


def find_formula(attributes: Mapping[str, str | None]) -> str | None:
    """The formula that an `<img>` of Canvas's shows; None for a picture.

    >>> find_formula({"class": "equation_image", "alt": "LaTeX: n-2"})
    'n-2'
    """
    alt = (attributes.get("alt") or "").strip()
    tex = (attributes.get("data-equation-content") or "").strip()
    mathml = attributes.get("data-mathml") or ""
    marked = "equation_image" in f"{attributes.get('class') or ''} {attributes.get('src') or ''}"
    if not (tex or mathml or marked or alt.startswith(TEX_MARK)):
        return None
    # TeX first, as the author wrote it; the others were made from it.
    return tex or alt.removeprefix(TEX_MARK).strip() or read_mathml(mathml) or (attributes.get("title") or "").strip() or None


def read_mathml(text: str) -> str:
    """MathML as plain text; empty where it is none.

    >>> read_mathml("<math><mfrac><mrow><mi>n</mi><mo>-</mo><mn>2</mn></mrow><mn>2</mn></mfrac></math>")
    '(n-2)/2'
    """
    try:
        # The text comes from a stranger's quiz: entities could grow without bound or name files.
        root: ET.Element = fromstring(text, forbid_dtd=True)
    except (ET.ParseError, ValueError, defusedxml.DefusedXmlException):
        return ""
    return _write(root, MAX_DEPTH).strip()


def _write(element: ET.Element, depth: int) -> str:
    # Deep nesting is cut off instead of exhausting Python's stack.
    if not depth:
        return ""
    name = str(element.tag).rpartition("}")[2]
    parts = [_write(child, depth - 1) for child in element if str(child.tag).rpartition("}")[2] != "annotation"]
    if name in JOINED and len(parts) == 2:
        return JOINED[name].join(_group(part) for part in parts)
    if name == "msubsup" and len(parts) == 3:
        return f"{_group(parts[0])}_{_group(parts[1])}^{_group(parts[2])}"
    inner = " ".join((element.text or "").split()) + "".join(parts)
    return f"√({inner})" if name == "msqrt" else inner


def _group(part: str) -> str:
    # Without brackets `(n-2)/2` would become `n-2/2`.
    return part if part.isalnum() else f"({part})"
