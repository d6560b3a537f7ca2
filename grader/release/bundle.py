"""Bundles for grading services: what they have to run, complete and without solutions or keys."""

from __future__ import annotations

import importlib.metadata
import io
import re
import zipfile
from pathlib import Path

from grader import DISTRIBUTION
from grader.checks.loading import load_exercise
from grader.courses.course import PACKAGE_FOLDER, Course
from grader.errors import UsageError
from grader.release import public
from grader.release.leaks import CREDENTIALS

BUNDLE_TEMPLATES = PACKAGE_FOLDER / "templates"
# A fixed time, so that equal courses give equal archives.
ZIP_TIMESTAMP = (2020, 1, 1, 0, 0, 0)
# What the package is made of; whatever else lies in its folders stays.
KINDS = (".py", ".npz", ".txt", ".md", ".html", ".css", ".yml", ".yaml", ".sh")
BARE = ("run_autograder", "gitignore")


def build_gradescope_bundle(course: Course, exercise_id: str) -> bytes:
    """A zip archive for Gradescope: `setup.sh`, `run_autograder`, the grader, and the one exercise.

    Raises:
        UsageError: there is no such exercise.
        CourseError: see `public.collect`.
    """
    load_exercise(course, exercise_id)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("setup.sh", "run_autograder"):
            text = (BUNDLE_TEMPLATES / "gradescope" / name).read_text(encoding="utf-8")
            _add_file(archive, name, text.replace("EXERCISE", exercise_id).encode(), 0o755)
        _add_file(archive, "requirements.txt", list_requirements().encode())
        for path in sorted(PACKAGE_FOLDER.rglob("*")):
            place = path.relative_to(PACKAGE_FOLDER)
            if _is_package(place) and path.is_file():
                _add_file(archive, f"grader/{place.as_posix()}", path.read_bytes())
        # Through the same list as for students: a bundle is read by whoever gets into the container.
        for name, content_of in public.collect(course, [exercise_id]).files.items():
            _add_file(archive, f"course/{name}", content_of)
    return content.getvalue()


def _is_package(place: Path) -> bool:
    """Whether a file below the package's folder belongs to it; the built-in course doesn't."""
    hidden = any(part.startswith((".", "__pycache__")) for part in place.parts)
    return not hidden and place.parts[0] != "course" and (place.suffix in KINDS or place.name in BARE)


def _add_file(archive: zipfile.ZipFile, name: str, content: bytes, mode: int = 0o644) -> None:
    entry = zipfile.ZipInfo(name, ZIP_TIMESTAMP)
    # Compressed already.
    entry.compress_type = zipfile.ZIP_STORED if name.endswith(".npz") else zipfile.ZIP_DEFLATED
    entry.external_attr = (0o100000 | mode) << 16
    archive.writestr(entry, content)


def list_requirements() -> str:
    """What the grader needs, one package a line, without the extras.

    Raises:
        UsageError: the grader isn't installed as a package.
    """
    try:
        needed = importlib.metadata.requires(DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError as error:
        raise UsageError("install the grader with pip before bundling it: its requirements aren't known") from error
    return "".join(f"{each}\n" for each in needed if "extra ==" not in each)


def build_ci_bundle(course: Course, service: str, exercise_id: str, file: str, package: str) -> dict[str, str]:
    """The files for a CI service, by their names in the students' repository.

    Args:
        service: `github` or `gitlab`.
        exercise_id: what is graded there.
        file: the file that is graded.
        package: what pip installs there.

    Raises:
        UsageError: there is no such exercise, the file's name isn't plain, or the package's address holds a password.
    """
    load_exercise(course, exercise_id)
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_./-]*\.(py|ipynb)", file) or ".." in file:
        raise UsageError(f"{file!r}: name a .py file or notebook in the repository, of letters, digits, _ - . and /")
    _check_package(package)
    folder = BUNDLE_TEMPLATES / service
    values = {"EXERCISE_ID": exercise_id, "SUBMISSION_FILE": file, "PACKAGE_SPEC": package}
    return {
        # Package builders leave hidden files out, so templates carry another name.
        path.relative_to(folder).as_posix().replace("dot-", "."): _fill_template(path, values)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def classroom50(course: Course, exercise_id: str, package: str) -> dict[str, bytes]:
    """The autograder of one assignment for Classroom 50, by names below the classroom's folder.

    Anybody who finds the classroom's pages can read it, so it holds what a student gets, and no more.

    Args:
        package: what pip installs there.

    Raises:
        UsageError: there is no such exercise, or the package's address holds a password.
        CourseError: see `public.collect`.
    """
    load_exercise(course, exercise_id)
    _check_package(package)
    values = {"EXERCISE_ID": exercise_id, "PACKAGE_SPEC": repr(package)}
    folder = f"autograders/{exercise_id}"
    files = {
        f"{folder}/autograder.py": _fill_template(
            BUNDLE_TEMPLATES / "classroom50" / "autograder.py.txt", values
        ).encode()
    }
    for name, content in public.collect(course, [exercise_id]).files.items():
        files[f"{folder}/course/{name}"] = content
    return files


def _check_package(package: str) -> None:
    """Raises: UsageError: it would give a password away."""
    if any(pattern.search(package) for pattern in CREDENTIALS.values()):
        raise UsageError(
            "--package holds a password or token, and every student could read it; let the service's own secrets give it"
        )


def _fill_template(path: Path, values: dict[str, str]) -> str:
    text = path.read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(name, value)
    return text
