"""`--picture FILE.png`: draws a plain function's result on a picture, or the curve of a training."""

from __future__ import annotations

import importlib.util
import subprocess
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from grader.checks import convert_arguments
from grader.cli import outputs
from grader.courses.exercise import Exercise
from grader.engines import surroundings
from grader.errors import GradeError, GraderError, UsageError, describe_missing_extra
from grader.grading.known import GradedSubmission
from grader.records.run import Run
from grader.records.verdict import Verdict
from grader.reports import write

MATPLOTLIB_MISSING = describe_missing_extra("--picture", "Matplotlib", "pictures")
MAX_DRAWING_S = 120
FileSignature = tuple[int, int, int] | None

picture_option = click.option("--picture", "picture_path", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
                      help="Draw a PNG: what your function makes of a picture, or the training's curve.")  # fmt: skip


def check_picture(exercise: Exercise, path: Path) -> None:
    """Checks before grading that a picture can be drawn.

    Raises:
        UsageError: nothing to draw, no such folder, not a PNG, or no Matplotlib.
    """
    if not exercise.picture and exercise.training != "delegated":
        raise UsageError(f"--picture: {exercise.id} has nothing to draw")
    if path.suffix.lower() != ".png":
        raise UsageError(f"--picture draws PNG files; name it {path.with_suffix('.png')}")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"--picture: there is no folder {path.parent}")
    if importlib.util.find_spec("matplotlib") is None:
        raise UsageError(MATPLOTLIB_MISSING)


def find_signature(path: Path | None) -> FileSignature:
    """What changes when a file is written anew; None where there is no file."""
    try:
        found = path.stat() if path is not None else None
    except OSError:
        return None
    return None if found is None else (found.st_mtime_ns, found.st_size, found.st_ino)


def draw(exercise: Exercise, graded: GradedSubmission, path: Path, before: FileSignature) -> str:
    """Draws what the referee has not drawn; returns a sentence on what came of it. No failure changes the verdict.

    Args:
        before: the signature of the file before the grading.
    """
    try:
        if exercise.models is not None and exercise.models.shown is not None:
            draw_feature_maps(exercise, graded.runs, path)
        elif not exercise.picture:
            draw_training_curve(exercise, graded.verdict, path)
        elif find_signature(path) in (before, None):
            raise GraderError("your function returned nothing that can be drawn")
    except (GradeError, subprocess.TimeoutExpired) as error:
        return f"grade: no picture: {error}"
    return f"Wrote {outputs.show_path(path)}"


def draw_training_curve(exercise: Exercise, verdict: Verdict, path: Path) -> None:
    """Draws the curve of the last training.

    Raises:
        GraderError: nothing was trained, or the drawing failed.
    """
    if not verdict.training or not verdict.training[-1].epochs:
        raise GraderError("nothing was trained")
    _run_drawing(_build_curve(exercise, verdict), path)


def draw_feature_maps(exercise: Exercise, runs: Sequence[Run], path: Path) -> None:
    """Draws the feature maps that the trainer found, one channel of each layer for each image.

    Raises:
        GraderError: there are none, or the drawing failed.
    """
    found = runs[-1].activations if runs else None
    shown = exercise.models.shown if exercise.models is not None else None
    if found is None or shown is None:
        raise GraderError("your function returned no activations")
    _run_drawing(
        {
            "type": "maps",
            "title": f"{exercise.id}: filter {shown.channel} of each layer",
            "layers": [layer.layer for layer in found.layers],
            "images": [f"test image {number}" for number in shown.images],
            "maps": [layer.maps for layer in found.layers],
        },
        path,
    )


def _run_drawing(drawing: dict[str, object], path: Path) -> None:
    content = msgspec.json.encode(drawing)
    # In a process of its own: Matplotlib takes seconds to import and keeps state of the whole process.
    done = subprocess.run(
        surroundings.command("grader.pictures"),
        cwd=surroundings.FOLDER,
        input=content,
        env=surroundings.environment(),
        capture_output=True,
        timeout=MAX_DRAWING_S,
        check=False,
    )
    if done.returncode:
        # The last line of a traceback names the error.
        last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise GraderError(f"the picture could not be drawn: {last[:500]}")
    # Written only when the drawing is complete, so an old picture survives a failure.
    write.write_bytes(path, done.stdout)


def _build_curve(exercise: Exercise, verdict: Verdict) -> dict[str, object]:
    epochs = verdict.training[-1].epochs
    # An epoch that was cut short may lack a figure, and a curve needs one for each epoch.
    wanted = {name: [logs[name] for logs in epochs] for name in ("accuracy", "val_accuracy")
              if all(name in logs for logs in epochs)}  # fmt: skip
    reached = next((convert_arguments(spec) for spec in exercise.checks if spec.check == "training.reaches"), {})
    line, figures = reached.get("above"), wanted.get(str(reached.get("metric")), [])
    crossed = next((number for number, value in enumerate(figures, 1) if line is not None and value > line), None)
    title, above = f"{exercise.id}: {exercise.title}", None if line is None else float(line)
    return {"type": "curve", "title": title, "series": wanted, "line": above, "crossed": crossed}
