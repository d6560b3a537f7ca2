"""The provider of a class, from the file that `grade serve --sign-in` names; it is asked once before serving begins."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from grader.errors import UsageError
from grader.messages.text import escape_line
from grader.serve.provider import Provider
from grader.serve.sign_in_pages import BACK_PATH
from grader.serve.sign_in_settings import load_sign_in
from grader.serve.sign_ins import SignInError


def read_provider(path: Path) -> Callable[[str], Provider]:
    """What opens the provider, once the address of the site is known.

    Raises:
        CourseError: of the file.
        UsageError: the client's secret can't be read, or the provider isn't what the file says.
    """
    settings, secret = load_sign_in(path)

    def open_provider(base: str) -> Provider:
        provider = Provider(settings, secret, f"{base}{BACK_PATH}")
        click.echo(f"Sign-in at {escape_line(settings.name)}; register there: {base}{BACK_PATH}", err=True)
        _try_provider(provider, path)
        return provider

    return open_provider


def _try_provider(provider: Provider, path: Path) -> None:
    """Raises: UsageError: it answers, and not as the file says; one that doesn't answer may do so later."""
    try:
        provider.discover()
    except SignInError as error:
        if not error.code.startswith("no_answer"):
            raise UsageError(
                f"{escape_line(str(path), 200)}: the provider's {error.code} isn't as this file says; compare `issuer` "
                "with the one that the provider's administrator has given you, letter by letter"
            ) from error
        click.echo("It doesn't answer now, so nobody can sign in there until it does; personal links work.", err=True)
