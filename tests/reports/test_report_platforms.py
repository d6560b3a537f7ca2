"""The formats of Gradescope, Classroom 50, Coursera and Codabench, checked as those platforms read them."""

import json
import math

import jsonschema
import pytest
import report_samples as samples
from msgspec import structs

from grader.errors import GraderError, UsageError
from grader.reports import classroom50, codabench, coursera, gradescope

# Gradescope's "Autograder Specifications", section "Output format", as a schema; nothing undocumented is allowed.
VISIBILITY = {"enum": ["hidden", "after_due_date", "after_published", "visible"]}
FORMAT = {"enum": ["text", "html", "simple_format", "md", "ansi"]}
TEST = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "score": {"type": "number"},
        "max_score": {"type": "number"},
        "status": {"enum": ["passed", "failed"]},
        "name": {"type": "string"},
        "name_format": FORMAT,
        "number": {"type": "string"},
        "output": {"type": "string"},
        "output_format": FORMAT,
        "tags": {"type": "array", "items": {"type": "string"}},
        "visibility": VISIBILITY,
        "extra_data": {"type": "object"},
    },
}
GRADESCOPE = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "score": {"type": "number"},
        "execution_time": {"type": "number"},
        "output": {"type": "string"},
        "output_format": FORMAT,
        "test_output_format": FORMAT,
        "test_name_format": FORMAT,
        "visibility": VISIBILITY,
        "stdout_visibility": VISIBILITY,
        "extra_data": {"type": "object"},
        "tests": {"type": "array", "items": TEST},
        "leaderboard": {"type": "array"},
    },
}


def strict(text):
    def refuse(name):
        raise AssertionError(f"{name} is not JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("name", samples.SAMPLES)
def test_gradescope_takes_every_verdict(name):
    """Each results.json fits the documented schema."""
    jsonschema.validate(strict(gradescope.render([samples.SAMPLES[name]()])), GRADESCOPE)


def test_gradescope_adds_up():
    """The score is that of the verdict, and so is the sum over the tests."""
    results = strict(gradescope.render([samples.timed_out()]))

    assert results["score"] == 55
    assert sum(test["score"] for test in results["tests"]) == 55
    assert sum(test["max_score"] for test in results["tests"]) == 100
    assert results["execution_time"] == 94.8


def test_gradescope_of_several_exercises_names_each():
    """Tests of several exercises are told apart by the exercise."""
    results = strict(gradescope.render([samples.passed(), samples.quiz()]))

    jsonschema.validate(results, GRADESCOPE)
    assert results["score"] == 102
    assert results["tests"][-1]["name"].startswith("week3: ")
    assert set(results["extra_data"]) == {"exercise3", "week3"}


def test_our_fault_is_no_zero_at_gradescope():
    """A fault of the grader records no score and no tests; the student reads whose fault it was."""
    results = strict(gradescope.render([samples.fault()]))

    assert "score" not in results
    assert "tests" not in results
    assert "not your fault" in results["output"]


def test_gradescope_shows_students_text_as_text():
    """Every format is plain text, the formats that run markup are never asked for."""
    results = strict(gradescope.render([samples.hostile()]))
    formats = {value for key, value in results.items() if key.endswith("_format")}

    assert formats == {"text"}
    assert not {key for test in results["tests"] for key in test if key.endswith("_format")}
    assert "\x1b" not in json.dumps(results, ensure_ascii=False)


def test_gradescope_stays_as_it_was_checked(golden):
    """The file, as it was checked by hand."""
    golden("gated.gradescope.json", gradescope.render([samples.gated()]))


# What Classroom 50's collection takes: "The result.json contract" in its manual.
CLASSROOM50 = {
    "type": "object",
    "additionalProperties": False,
    "required": ["schema", "classroom", "assignment", "submission", "commit", "release", "review", "datetime", "score", "max-score",
                 "tests"],
    "properties": {
        "schema": {"const": "classroom50/result/v1"},
        **{key: {"type": "string", "minLength": 1} for key in ("classroom", "assignment", "submission", "commit", "release", "review")},
        "datetime": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
        "score": {"type": "integer"},
        "max-score": {"type": "integer"},
        "tests": {"type": "array", "items": {
            "type": "object",
            "required": ["test-name", "passed", "score", "max-score"],
            "properties": {"test-name": {"type": "string"}, "passed": {"type": "boolean"}, "score": {"type": "integer"},
                           "max-score": {"type": "integer"}, "message": {"type": "string"}},
        }},
    },
}  # fmt: skip
RUNNER = {
    "CLASSROOM": "cs-principles", "ASSIGNMENT": "hello", "SUBMISSION_TAG": "submit/2026-06-01T14-32-05Z-a1b2c3d",
    "COMMIT_URL": "https://example.org/commit/1", "RELEASE_URL": "https://example.org/releases/tag/1",
}  # fmt: skip


def result50(folder, verdicts, environ=RUNNER):
    classroom50.publish(folder / "result.json", verdicts, environ)
    return strict((folder / "result.json").read_text())


@pytest.mark.parametrize("name", sorted(set(samples.SAMPLES) - {"fault"}))
def test_classroom50_takes_every_verdict(tmp_path, name):
    """Whole points, and the identity that its runner gives."""
    verdict = samples.SAMPLES[name]()
    if verdict.status == "error":
        return
    found = result50(tmp_path, [verdict])

    jsonschema.validate(found, CLASSROOM50)
    scale = 1 if found["max-score"] == sum(check.max_points for check in verdict.checks) else 100
    assert found["score"] == round(sum(check.points for check in verdict.checks) * scale)
    assert (found["classroom"], found["review"]) == ("cs-principles", "https://example.org/commit/1")
    assert all(test["test-name"].isprintable() and test["message"].isprintable() for test in found["tests"])


def test_parts_of_points_are_given_in_hundredths(tmp_path):
    """Classroom 50 has whole numbers only, and no part is lost."""
    verdict = samples.passed()
    checks = [structs.replace(verdict.checks[0], points=0.25, max_points=0.5), *verdict.checks[1:]]
    found = result50(tmp_path, [structs.replace(verdict, checks=checks)])

    assert (found["tests"][0]["score"], found["tests"][0]["max-score"]) == (25, 50)
    assert found["max-score"] == round(100 * sum(check.max_points for check in checks))


def test_classroom50_gets_no_result_for_a_fault_of_ours_nor_outside_its_runner(tmp_path):
    """Nobody gets 0 points for it, and a result without identity would be refused there."""
    with pytest.raises(GraderError, match="no result for Classroom 50: the grader failed"):
        result50(tmp_path, [samples.fault()])
    with pytest.raises(UsageError, match="--classroom50: CLASSROOM, SUBMISSION_TAG not set; it works where"):
        result50(tmp_path, [samples.passed()], {**RUNNER, "CLASSROOM": "", "SUBMISSION_TAG": ""})
    assert not (tmp_path / "result.json").exists()


def test_coursera_gets_a_share_and_words():
    """A share from 0 to 1 and the report as text, in exactly the documented keys."""
    feedback = strict(coursera.render([samples.timed_out()]))

    assert set(feedback) == {"fractionalScore", "feedback"}
    assert feedback["fractionalScore"] == 0.55
    assert feedback["feedback"].startswith("✗ NOT PASSED  55 / 100 points")


@pytest.mark.parametrize("name", samples.SAMPLES)
def test_coursera_takes_every_verdict(name):
    """The share is within its bounds and the feedback of bounded length."""
    feedback = strict(coursera.render([samples.SAMPLES[name]()]))

    assert 0 <= feedback["fractionalScore"] <= 1
    assert len(feedback["feedback"]) <= coursera.MAX_FEEDBACK_LENGTH + 40


def test_coursera_feedback_is_cut():
    """A feedback that is too long says how much of it is missing."""
    feedback = strict(coursera.render([samples.hostile()] * 40))["feedback"]

    assert feedback.endswith(" more characters")


def test_an_exercise_without_points_is_no_division_by_zero():
    """No points of none is a share of 0."""
    assert strict(coursera.render([samples.make(checks=[])]))["fractionalScore"] == 0


@pytest.mark.parametrize("name", samples.SAMPLES)
def test_codabench_gets_finite_numbers(name):
    """Every column is a name and a finite number."""
    scores = strict(codabench.render([samples.SAMPLES[name]()]))

    assert scores.keys() >= {"score", "max_score", "passed", "duration"}
    assert all(type(value) in (int, float) and math.isfinite(value) for value in scores.values())


def test_codabench_of_one_and_of_several(golden):
    """One exercise has its figures beside the score; several have columns of their own and the sums."""
    golden("passed.codabench.json", codabench.render([samples.passed()]))
    both = strict(codabench.render([samples.passed(), samples.quiz()]))

    assert both["score"] == 102
    assert both["exercise3_epochs"] == 9
    assert both["week3_score"] == 2
    assert both["passed"] == 1
