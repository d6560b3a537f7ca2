"""The personal links of a class: written as a table, renewed, and taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import click

from grader.errors import UsageError
from grader.gradebook.exports.table import render_table
from grader.gradebook.roster import Roster, read_roster
from grader.messages.text import escape_line
from grader.records.student_ids import to_student_id
from grader.reports import write
from grader.serve.opening import open_database
from grader.serve.people import Person, PersonTable, Role, Signer

COLUMNS = ("id", "name", "role", "link")


def write_links(
    output: Path,
    *,
    roster: Path | None,
    instructors: Sequence[str],
    assistants: Sequence[str],
    renew: Sequence[str],
    revoke: Sequence[str],
    url: str,
    gradebook: str,
) -> None:
    """Changes who may come in as asked for, and writes the links: of those who are named, or of everybody.

    Raises:
        UsageError: a roster, a gradebook or an address that can't be used, or somebody nobody knows.
    """
    base = check_url(url)
    engine, book = open_database(gradebook)
    people = PersonTable(engine, book.shown)
    if roster is not None:
        book.remember_roster(enrol_students(people, roster))
    staff = {
        **dict.fromkeys(map(to_student_id, assistants), "assistant"),
        **dict.fromkeys(map(to_student_id, instructors), "instructor"),
    }
    _add_staff(people, staff)  # type: ignore[arg-type]
    # All names first: of a link that is renewed, the new one has to be written.
    _check_known(people, [*renew, *revoke])
    for name in renew:
        people.change_access(name, revoked=False)
    for name in revoke:
        people.change_access(name, revoked=True)
    named = {*map(to_student_id, renew), *staff}
    everybody = roster is not None or not (named or revoke)
    chosen = [each for each in people.list_people() if everybody or each.id in named]
    # Whoever reads the table can sign in as anybody in it.
    write.write_bytes(output, render_links(chosen, Signer(people.read_secret()), base).encode(), private=True)
    if revoke:
        click.echo(f"No longer let in: {', '.join(escape_line(each, 60) for each in revoke)}", err=True)


def check_url(url: str) -> str:
    """The address of a site, without a slash at its end. Raises: UsageError: it is none."""
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # of a bracket or a port
        is_whole = False
    if not is_whole or parts.path not in ("", "/") or parts.query:
        raise UsageError(f'--url: expected an address such as https://grade.example.org, got "{escape_line(url, 100)}"')
    return f"{parts.scheme}://{parts.netloc}"


def enrol_students(people: PersonTable, roster: Path) -> Roster:
    """Adds the students of a roster; who is known already keeps the role and the link. Raises: UsageError: as `read_roster`."""
    read = read_roster(roster)
    for problem in read.problems:
        click.echo(f"look at: {escape_line(problem)}", err=True)
    people.add_people((Person(id=each.id, name=each.name) for each in read.students), change_roles=False)
    return read


def _add_staff(people: PersonTable, staff: dict[str, Role]) -> None:
    known = {each.id: each for each in people.list_everybody()}
    for name in staff:
        # A typo must make no student an instructor.
        if name in known and known[name].role == "student":
            raise UsageError(f'"{escape_line(name, 60)}" is a student of this class; give staff an id of their own')
    people.add_people(
        (Person(id=name, name=known[name].name if name in known else name, role=role) for name, role in staff.items()),
        change_roles=True,
    )


def _check_known(people: PersonTable, names: Iterable[str]) -> None:
    """Raises: UsageError: somebody nobody knows."""
    known = {each.id for each in people.list_everybody()}
    for name in names:
        if to_student_id(name) not in known:
            raise UsageError(f'nobody has the id "{escape_line(name, 60)}"; `grade serve links` lists everybody')


def render_links(people: Iterable[Person], signer: Signer, base: str) -> str:
    """The table of links."""
    rows = [[each.id, each.name, each.role, f"{base}/enter/{signer.sign_link(each)}"] for each in people]
    return render_table([list(COLUMNS), *rows])
