"""The formats of Gradescope, GitHub Classroom, Coursera and Codabench, checked as those platforms read them."""

import base64
import json
import math

import jsonschema
import pytest
import report_samples as samples

from grader.errors import GraderError, UsageError
from grader.reports import classroom, codabench, coursera, gradescope

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
# What github-classroom's grading reporter takes from each test.
CLASSROOM = {
    "type": "object",
    "required": ["version", "status", "max_score", "tests"],
    "properties": {
        "version": {"type": "integer"},
        "status": {"enum": ["pass", "fail", "error"]},
        "max_score": {"type": "number"},
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "status", "score"],
                "properties": {
                    "name": {"type": "string"},
                    "status": {"enum": ["pass", "fail", "error"]},
                    "score": {"type": "number"},
                    "message": {"type": ["string", "null"]},
                    "line_no": {"type": "integer"},
                    "execution_time": {"type": "number"},
                },
            },
        },
    },
}


def strict(text):
    def refuse(name):
        raise AssertionError(f"{name} is not JSON")

    return json.loads(text, parse_constant=refuse)


def decoded(verdicts):
    text = classroom.render(verdicts)
    assert text.count("\n") == 1
    return strict(base64.b64decode(text, validate=False))


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


@pytest.mark.parametrize("name", samples.SAMPLES)
def test_classroom_takes_every_verdict(name):
    """Each result decodes to what the reporter reads."""
    jsonschema.validate(decoded([samples.SAMPLES[name]()]), CLASSROOM)


def test_classroom_sums_to_the_score():
    """As the reporter adds them up, the points of all results are those of the verdicts."""
    results = decoded([samples.timed_out(), samples.quiz()])
    total = sum(test["score"] for test in results["tests"])

    assert (total, results["max_score"]) == (57, 103)
    assert results["status"] == "fail"


def test_classroom_tells_pass_fail_and_error():
    """The job fails by the status of the results."""
    assert decoded([samples.passed()])["status"] == "pass"
    assert decoded([samples.passed(), samples.gated()])["status"] == "fail"
    assert decoded([samples.gated(), samples.fault()])["status"] == "error"
    assert {test["status"] for test in decoded([samples.fault()])["tests"]} == {"error"}


def test_classroom_messages_stay_on_one_line():
    """The reporter prints names and messages into the job's log; a second line of them could be a command."""
    for test in decoded([samples.hostile()])["tests"]:
        for text in (test["name"], test["message"]):
            assert "\n" not in text
            assert "##[" not in text
            assert text.isprintable()


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
    assert len(feedback["feedback"]) <= coursera.LIMIT + 40


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


def test_classroom_s_result_is_an_output_of_the_step(tmp_path):
    """`--classroom` appends one line to the runner's file; elsewhere, and where it can't be written, it says so."""
    path = tmp_path / "output"
    path.write_text("before=1\n")
    classroom.publish([samples.passed()], {"GITHUB_OUTPUT": str(path)})

    before, result = path.read_text().splitlines()
    assert before == "before=1"
    assert json.loads(base64.b64decode(result.removeprefix("result=")))["status"] == "pass"
    with pytest.raises(UsageError, match="--classroom: GITHUB_OUTPUT isn't set; it works in a step of GitHub Actions"):
        classroom.publish([samples.passed()], {})
    with pytest.raises(GraderError, match="the step's outputs .* can't be written: Is a directory"):
        classroom.publish([samples.passed()], {"GITHUB_OUTPUT": str(tmp_path)})
