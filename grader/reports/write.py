"""Writes a report whole or not at all; errors say what prevented it."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from grader.courses.yaml_tree import format_suggestion
from grader.errors import GradeError, GraderError, UsageError
from grader.stores.filing import write_whole

STDOUT = Path("-")
DISK_FULL_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
ERROR_REMEDIES = {
    errno.EACCES: "you may not write there; give another folder",
    errno.EPERM: "you may not write there; give another folder",
    errno.EROFS: "it is on a read-only file system; give another folder",
    errno.ENAMETOOLONG: "the name is too long; give a shorter one",
    errno.EEXIST: "it is a file; give the name of a folder",
    errno.ENOTDIR: "a part of its path is a file, not a folder",
    errno.ELOOP: "its links lead in a circle",
}


def write_text(path: Path, text: str) -> None:
    """Writes a file whole or not at all, by renaming a temporary one beside it; `-` is stdout.

    A file that is there keeps its permissions, a link is followed, a device or pipe is written as it is.

    Raises:
        UsageError: nothing can be written there.
        GraderError: the disk is full.
    """
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes, *, private: bool = False) -> None:
    """As `write_text`, for a file that isn't text; a private one can be read by nobody else on the machine."""
    try:
        if path == STDOUT:
            _write_to_stdout(data)
        else:
            _write_to_file(Path(os.path.realpath(path)), data, private=private)
    # `grade … | head` isn't an error; the command line ends quietly on it.
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        raise _explain_error(path, error) from error


def write_folder(folder: Path, pages: Mapping[str, str] | Mapping[str, bytes]) -> None:
    """Writes several pages under a folder, which is made where it is missing; names are relative, with `/`.

    Raises:
        UsageError: nothing can be written there.
        GraderError: the disk is full.
    """
    for name, content in pages.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as error:
            raise _explain_error(path.parent, error) from error
        write_bytes(path, content.encode("utf-8") if isinstance(content, str) else content)


def _write_to_stdout(data: bytes) -> None:
    # What was printed through the text layer comes first.
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _write_to_file(path: Path, data: bytes, *, private: bool) -> None:
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a folder")
    # A rename would replace `/dev/stdout` or a pipe by a file.
    if path.exists() and not path.is_file():
        with path.open("wb") as device:
            device.write(data)
        return
    write_whole(path, data, mode=0o600 if private else None)


def _explain_error(path: Path, error: OSError | ValueError) -> GradeError:
    code = error.errno if isinstance(error, OSError) else None
    shown = "standard output" if path == STDOUT else str(path)
    if code in DISK_FULL_ERRORS:
        mend = "" if path == STDOUT else "; make room, or give another folder"
        return GraderError(f"can't write {shown}: the disk is full{mend}")
    if code == errno.EISDIR:
        return UsageError(
            f"can't write {shown}: it is a folder; give the name of a file in it, such as {path / 'report'}"
        )
    if code == errno.ENOENT and path != STDOUT:
        return UsageError(f"can't write {shown}: {_describe_missing_folder(path.absolute().parent)}")
    said = error.strerror if isinstance(error, OSError) else str(error)
    return UsageError(f"can't write {shown}: {ERROR_REMEDIES.get(code or 0, said)}")


def _describe_missing_folder(folder: Path) -> str:
    """Describes a missing folder: suggests the nearest existing name, or how to make it."""
    if folder.exists():
        return "its folder doesn't take new files; give another one"
    # The outermost missing folder is where a name was mistyped.
    while not folder.parent.is_dir():
        folder = folder.parent
    near = format_suggestion(folder.name, [item.name for item in folder.parent.iterdir() if item.is_dir()])
    return f"there is no folder {folder}{near or f'; make it with: mkdir -p {folder}'}"
