"""The files for GitHub Actions and GitLab CI: valid by their schemas, safe from what they are given, and runnable."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from grader import cli
from grader.courses.course import Course
from grader.errors import UsageError
from grader.release import bundle

ROOT = Path(__file__).resolve().parents[2]
COURSE = Course(root=ROOT)
SCHEMAS = {
    ".github/workflows/grade.yml": "vendor.github-workflows",
    ".github/actions/grade/action.yml": "vendor.github-actions",
    ".gitlab-ci.yml": "vendor.gitlab-ci",
}


@pytest.fixture(scope="module")
def pages():
    return {
        **bundle.build_ci_bundle(COURSE, "github", "exercise1", "exercise1.py", "grade==1"),
        **bundle.build_ci_bundle(COURSE, "gitlab", "exercise1", "exercise1.py", "grade==1"),
    }


def test_the_pages_are_those_that_have_a_schema(pages):
    """Each file is checked below, and no mark of a template is left in any."""
    assert set(pages) == set(SCHEMAS)
    assert not [name for name, text in pages.items() if any(mark in text for mark in ("EXERCISE_ID", "_FILE:", "_SPEC"))]


@pytest.mark.train
@pytest.mark.parametrize("name", SCHEMAS)
def test_each_is_valid_by_its_service_s_schema(pages, tmp_path, name):
    """The schemas are those that check-jsonschema ships."""
    path = tmp_path / Path(name).name
    path.write_text(pages[name])
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", SCHEMAS[name], str(path)]

    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def steps(pages):
    action = yaml.safe_load(pages[".github/actions/grade/action.yml"])
    workflow = yaml.safe_load(pages[".github/workflows/grade.yml"])
    return [*action["runs"]["steps"], *workflow["jobs"]["grade"]["steps"]]


def test_nothing_given_becomes_part_of_a_script(pages):
    """Inputs reach the shell as environment variables in quotes, never as text of the script."""
    scripts = [step["run"] for step in steps(pages) if "run" in step]
    scripts += yaml.safe_load(pages[".gitlab-ci.yml"])["grade"]["script"]

    assert len(scripts) == 6
    assert [script for script in scripts if "${{" in script or "eval" in script] == []
    assert all('"$EXERCISE" "$FILE"' in script for script in scripts if "grade exercise" in script)


def test_the_workflow_may_only_read(pages):
    """Its token can't write, and doesn't stay in the checkout."""
    workflow = yaml.safe_load(pages[".github/workflows/grade.yml"])

    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["jobs"]["grade"]["steps"][0]["with"] == {"persist-credentials": False}


@pytest.mark.train
@pytest.mark.parametrize("which", [0, 1])
def test_the_grading_step_runs(pages, tmp_path, which):
    """The step's own script, in bash as the runner starts it: annotations, a summary, reports."""
    script = [step["run"] for step in steps(pages) if step.get("id") == "grade"][which]
    (tmp_path / "a; touch hacked.py").write_text("def train_mnist(:\n")
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "grade"
    program.write_text(f"#!/bin/sh\nexec {sys.executable} -c 'import sys; from grader.cli import main; main()' \"$@\"\n")
    program.chmod(0o755)
    environment = {
        **os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "EXERCISE": "exercise1",
        "FILE": "a; touch hacked.py", "COURSE": str(ROOT), "GRADE_COURSE": str(ROOT), "TIME_LIMIT": "5min",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"), "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GRADE_STATE": str(tmp_path / "state"),
    }  # fmt: skip

    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 1, done.stderr
    assert "::error title=exercise1%3A NOT PASSED,file=a; touch hacked.py,line=1::" in done.stdout
    assert "NOT PASSED" in (tmp_path / "summary.md").read_text()
    assert json.loads((tmp_path / "verdict.json").read_text())["status"] == "failed"
    assert (tmp_path / "report.html").exists()
    assert not (tmp_path / "hacked.py").exists()


# ---- the command ----


@pytest.fixture
def grade(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADE_COURSE", str(ROOT))

    def run(*args):
        return cli.run_command_line(list(args)), *capsys.readouterr()

    return run


def test_files_that_are_there_are_not_overwritten(grade, tmp_path):
    """The second time says what is in the way."""
    args = ("bundle", "gitlab", "repository", "exercise1", "--package", "git+https://example.org/grade")
    assert grade(*args) == (0, "Wrote repository/.gitlab-ci.yml\n", "")
    code, _, err = grade(*args)

    assert (code, err) == (2, "grade: repository/.gitlab-ci.yml is there already; move it away first\n")


@pytest.mark.parametrize("package", [None, "x; rm -rf /", "$(id)", "--index-url=x", "a\nb"])
def test_the_package_must_be_named(grade, package):
    """What pip shall install has no default, because a name that nobody owns may belong to anybody."""
    code, _, err = grade("bundle", "github", "out", "exercise1", *(["--package", package] if package else []))

    assert code == 2
    assert "--package" in err


@pytest.mark.parametrize("file", ["../a.py", "/etc/a.py", "a b.py", "a.txt", "a'.py", "$(id).py"])
def test_the_file_s_name_must_be_plain(file):
    """It becomes part of a YAML file."""
    with pytest.raises(UsageError, match=r"name a \.py file or notebook in the repository"):
        bundle.build_ci_bundle(COURSE, "github", "exercise1", file, "grade")
