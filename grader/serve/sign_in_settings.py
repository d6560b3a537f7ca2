"""The file that says where a class signs in: `grade serve --sign-in FILE`, schema `grade-sign-in/1`."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct

from grader.courses.yaml_nodes import Problems, YamlNode
from grader.courses.yaml_tree import convert_node, read_yaml
from grader.errors import UsageError
from grader.messages.text import escape_line

SECRET_VARIABLE = "GRADE_SIGN_IN_SECRET"  # noqa: S105 - where it is kept, not what it is
MAX_SECRET_BYTES = 10_000
LOOPBACK = ("127.0.0.1", "localhost", "::1")
SCOPE = re.compile(r"[!#-\[\]-~]+")


class SignInSettings(Struct, frozen=True, kw_only=True):
    """Where a class signs in, and how its people are told apart there.

    Args:
        name: of the provider, as the button has it.
        issuer: its address, from which everything else is discovered.
        client_id: by which the provider knows this server.
        claim: what holds the id that the roster has.
        client_secret_file: where the secret is, relative to this file; without one, the environment may have it.
        scopes: what to ask for beside `openid`.
    """

    schema: Literal["grade-sign-in/1"]
    name: str
    issuer: str
    client_id: str
    claim: str
    client_secret_file: str = ""
    scopes: list[str] = []


def load_sign_in(path: Path) -> tuple[SignInSettings, str]:
    """The settings, and the client's secret; an empty one for a client that has none.

    Raises:
        CourseError: every fault of the file, with line and column.
        UsageError: the secret can't be read.
    """
    tree, problems = read_yaml(path)
    _refuse_secret(tree, problems)
    settings = convert_node(tree, SignInSettings, problems)
    problems.raise_if_any()
    assert isinstance(settings, SignInSettings)
    for key in ("name", "client_id", "claim"):
        if not getattr(settings, key).strip():
            problems.add(tree.find_nearest(key), f'"{key}" is empty')
    if not is_safe_address(settings.issuer) or set("?#") & set(settings.issuer):
        problems.add(tree.find_nearest("issuer"), "expected an address such as https://login.example.edu")
    for index, scope in enumerate(settings.scopes):
        if not SCOPE.fullmatch(scope):
            problems.add(tree.find_nearest("scopes", index), "a scope is one word, such as profile")
    problems.raise_if_any()
    return settings, _read_secret(path, settings)


def _refuse_secret(tree: YamlNode, problems: Problems) -> None:
    """The file is copied and shown; the secret must not be in it."""
    if "client_secret" in tree.keys:
        message = f"put the secret into a file of its own, named by client_secret_file, or into ${SECRET_VARIABLE}"
        problems.add(tree.keys["client_secret"], message)
        problems.raise_if_any()


def is_safe_address(address: str, *, insecure: bool = True) -> bool:
    """Whether what is sent there can't be read on the way: HTTPS, or this machine.

    Args:
        insecure: whether HTTP on this machine will do.
    """
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:  # of a bracket or a port
        return False
    if not host or parts.username is not None or any(ord(letter) <= 32 for letter in address):
        return False
    return parts.scheme == "https" or (insecure and parts.scheme == "http" and host in LOOPBACK)


def _read_secret(path: Path, settings: SignInSettings) -> str:
    if not settings.client_secret_file:
        return os.environ.get(SECRET_VARIABLE, "").strip()
    file = path.parent / settings.client_secret_file
    try:
        with file.open("rb") as opened:
            secret = opened.read(MAX_SECRET_BYTES).decode("ascii").strip()
    except OSError as error:
        raise UsageError(f"{escape_line(str(file), 200)}: can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{escape_line(str(file), 200)}: expected the client's secret, in ASCII") from error
    if not secret:
        raise UsageError(f"{escape_line(str(file), 200)}: the file is empty; it should hold the client's secret")
    return secret
