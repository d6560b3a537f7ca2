"""Pictures in the texts of an XML tree: each becomes an `img` element between what stands around it."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree as ET

from grader.quiz.rich_text import Formula, Picture, convert_to_plain, split_rich


def embed_pictures(root: ET.Element, pictures: Mapping[str, bytes]) -> list[str]:
    """Puts `img` elements into every text below an element; returns the names of the pictures, each once."""
    shown: dict[str, None] = {}
    for parent in list(root.iter()):
        # The children first, so that the new ones before them move none of their places.
        for child in reversed(list(parent)):
            head, images = _split(child.tail or "", pictures, shown)
            child.tail = head
            place = list(parent).index(child) + 1
            parent[place:place] = images
        parent.text, images = _split(parent.text or "", pictures, shown)
        parent[0:0] = images
    return list(shown)


def _split(text: str, pictures: Mapping[str, bytes], shown: dict[str, None]) -> tuple[str | None, list[ET.Element]]:
    """The text before the first picture, and the pictures, each with the text after it."""
    head, images = "", list[ET.Element]()
    for part in split_rich(text):
        match part:
            case Picture(alt=alt, name=name) if name in pictures:
                shown[name] = None
                images.append(ET.Element("img", {"src": name, "alt": alt}))
                images[-1].tail = ""
                continue
            case Formula(tex=tex):
                plain = f"${tex}$"
            case Picture(alt=alt, name=name):
                plain = convert_to_plain(f"![{alt}]({name})")
            case str():
                plain = part
        if images:
            images[-1].tail = (images[-1].tail or "") + plain
        else:
            head += plain
    return head or None, images
