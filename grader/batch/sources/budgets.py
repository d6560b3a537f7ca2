"""How much one student's part of a source may hold: who has more is refused by name, and the rest of the class goes on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from grader.batch.sources.names import NamingScheme
from grader.errors import UsageError
from grader.messages.text import escape_line

MAX_FILES = 50_000
MAX_BYTES = 100_000_000
MAX_CLASS_BYTES = 4_000_000_000


@dataclass(slots=True, kw_only=True)
class Share:
    """What lies under one owner's name."""

    files: int = 0
    size: int = 0


class Allowance:
    """What is left to each owner for archives within the source, and to all of them."""

    def __init__(self) -> None:
        self._shares: dict[str, Share] = {}
        self._left = MAX_CLASS_BYTES

    def spend(self, owner: str, files: int, size: int) -> None:
        """Takes room for an archive. Raises: UsageError: there isn't any."""
        share = self._shares.setdefault(owner, Share())
        share.files += files
        share.size += size
        if reason := _judge(share):
            raise UsageError(reason)
        self._left -= size
        if self._left < 0:
            raise UsageError(f"the class has more than {_mb(MAX_CLASS_BYTES)} in archives; hand it over by itself")


def find_oversized(sizes: Iterable[tuple[str, int]], naming: NamingScheme) -> dict[str, str]:
    """The owners whose part isn't taken, each with the reason.

    If the class as a whole has too much, those with the most are left out until the rest fits.

    Args:
        sizes: each file's name, and the bytes that it would take; 0 for one that isn't unpacked.
    """
    shares: dict[str, Share] = {}
    for name, size in sizes:
        share = shares.setdefault(owner_of(naming, name), Share())
        share.files += 1
        share.size += size
    refused = {owner: reason for owner, share in shares.items() if (reason := _judge(share))}
    total = sum(share.size for owner, share in shares.items() if owner not in refused)
    # The largest first, so that as few students as possible are left out.
    for owner in sorted(shares.keys() - refused.keys(), key=lambda owner: (-shares[owner].size, owner)):
        if total <= MAX_CLASS_BYTES:
            break
        refused[owner] = (
            f"{_mb(shares[owner].size)} of files, in a class of more than {_mb(MAX_CLASS_BYTES)}; hand it over by itself"
        )
        total -= shares[owner].size
    return refused


def owner_of(naming: NamingScheme, name: str) -> str:
    """Returns whose budget a file counts for; an empty string if it has no owner."""
    owner = naming.find_owner(name.removeprefix(naming.root))
    return owner.student if owner is not None else ""


def describe(refused: dict[str, str]) -> list[str]:
    """A sentence for each who is refused."""
    return [f"{escape_line(owner) or 'files that are nobody’s'}: {reason}" for owner, reason in sorted(refused.items())]


def _judge(share: Share) -> str | None:
    if share.files > MAX_FILES:
        return f"{share.files:,} files; at most {MAX_FILES:,} of one student are looked at"
    if share.size > MAX_BYTES:
        return f"{_mb(share.size)} of files; at most {_mb(MAX_BYTES)} of one student are unpacked"
    return None


def _mb(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
