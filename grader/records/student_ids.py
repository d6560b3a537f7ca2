r"""What a student is known by: one spelling for rosters, files, verdicts, course rules and exports.

It is never escaped: whatever shows an id makes it harmless there (`reports.text.line`).
"""

from __future__ import annotations

import hashlib
import unicodedata

MAX_LENGTH = 200
DIGEST_LENGTH = 12
UNSTORABLE = ("Cc", "Cs", "Zl", "Zp")  # control characters, lone surrogates, line ends: no table takes all of them


def to_student_id(text: str) -> str:
    r"""The one spelling: composed (NFC), trimmed, blanks alike, without what can't be stored, bounded.

    Joiners and direction marks stay: they belong to Persian, Hindi, Hebrew and Arabic names.

    >>> to_student_id(" Ada\u00a0 Lovelace\n") == to_student_id("Ada Lovelace")
    True
    >>> to_student_id("می‌نا") == "می‌نا"
    True
    """
    kept = "".join(" " if letter.isspace() else letter for letter in unicodedata.normalize("NFC", text))
    kept = " ".join("".join(each for each in kept if unicodedata.category(each) not in UNSTORABLE).split())
    if all(unicodedata.category(each) == "Cf" for each in kept):
        return ""  # nothing that anybody could see
    if len(kept) <= MAX_LENGTH:
        return kept
    digest = hashlib.blake2b(kept.encode(), digest_size=DIGEST_LENGTH // 2).hexdigest()
    return f"{kept[: MAX_LENGTH - DIGEST_LENGTH - 1]}…{digest}"


def to_look(text: str) -> str:
    """What two ids share that a reader, or an LMS's table, can't tell apart: letter case, width, what isn't seen.

    >>> to_look("ADA") == to_look("ada\u200b") == to_look("ａｄａ")
    True
    """
    folded = unicodedata.normalize("NFKC", to_student_id(text)).casefold()
    return "".join(letter for letter in folded if unicodedata.category(letter) != "Cf")
