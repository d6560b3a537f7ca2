"""`grade cache`: what is kept so that nothing is computed twice."""

from __future__ import annotations

import time

import click

from grader.errors import Exit
from grader.grading.known import VERDICT_STORE as VERDICTS
from grader.stores.cache_folders import list_cache_folders
from grader.stores.store import Store

CACHE_KINDS = {"trajectories": "one for each training", VERDICTS: "one for each graded file"}
DAY_S = 86400.0


@click.command("cache", options_metavar="[OPTIONS]")
@click.option("--clear", is_flag=True, help="Remove everything that is kept; it is computed again when it is needed.")
def command(*, clear: bool) -> int:
    r"""Show what is kept of earlier gradings, and how much room it takes.

    The room is bounded by GRADE_CACHE_LIMIT, in bytes (default: 4 GB for trainings and as much for verdicts); what was
    not used for longest goes first. GRADE_CACHE names another folder.

    \b
    grade cache
    grade cache --clear
    """
    for kind, what in CACHE_KINDS.items():
        store = Store(kind)
        if clear:
            click.echo(f"{kind}: {store.clear_entries():,} removed")
            continue
        entries = store.list_entries()
        size = sum(entry.size for entry in entries)
        oldest = f", the longest unused for {(time.time() - entries[0].used_s) / DAY_S:.0f} days" if entries else ""
        room = f"{size / 1e6:,.1f} MB of {store.limit_bytes / 1e6:,.0f} MB{oldest}"
        click.echo(f"{kind}: {len(entries):,} ({what})\n  {room}")
    if not clear:
        click.echo(f"in {list_cache_folders()[0]}")
    return Exit.PASSED
