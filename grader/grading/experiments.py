"""An exercise's experiments: the models of a graded function, trained one after the other for comparison."""

from __future__ import annotations

from msgspec import structs

from grader.courses.course import Course
from grader.courses.exercise import Exercise, Experiment
from grader.errors import GraderError
from grader.grading import inspect_file
from grader.grading.attempt import TrainingAttempt
from grader.grading.options import GradingOptions
from grader.records.run import Run
from grader.submission import Submission


def train_experiment(
    course: Course, exercise: Exercise, experiment: Experiment, source: Submission, options: GradingOptions
) -> Run:
    """Trains the models of one experiment; the run holds each with its training and what was measured.

    Args:
        source: a file that has passed the exercise.

    Raises:
        GraderError: the trainer or the machine failed, or the file no longer passes a first look.
    """
    plan = inspect_file(course, exercise, source).plan
    if plan is None or exercise.models is None:
        raise GraderError(f"{source.name} can't be trained by itself any more; grade it first")
    calls = [column.call for column in experiment.columns]
    models = structs.replace(exercise.models, image=None, calls=calls, fit=experiment.fit, train="always")
    # Without checks: experiments are shown, not graded, and no gate may end them.
    alone = structs.replace(exercise, dataset=experiment.dataset, source=None, models=models, checks=[])
    return TrainingAttempt(
        alone, plan, source.name, exercise.seed if options.seed is None else options.seed, options
    ).run()
