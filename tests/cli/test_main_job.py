"""`grade EXERCISE FILE` from the outside: messages, exit codes, and what is never imported to say no."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from grader import cli

pytestmark = pytest.mark.train

REPOSITORY = Path(__file__).resolve().parents[2]
# Runs command lines one after the other; says of each its exit code, what it printed, and what is imported by then.
SPY = """
import contextlib, io, json, sys
from grader.cli import run_command_line
told = []
for args in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        code = run_command_line(args)
    told.append((code, out.getvalue(), err.getvalue(), sorted({name.split(".")[0] for name in sys.modules})))
print(json.dumps(told))
"""
HEAVY = {"numpy", "tensorflow", "keras", "jax", "matplotlib", "pandas"}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The student's folder, with the course elsewhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADE_COURSE", str(REPOSITORY))
    monkeypatch.setenv("GRADE_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


@pytest.fixture
def grade(place, capsys):
    """A command line in this process."""

    def run(*args):
        code = cli.run_command_line([str(arg) for arg in args])
        return SimpleNamespace(returncode=code, **capsys.readouterr()._asdict())

    return run


@pytest.fixture
def program(place):
    """A command line, or what else a program should do, in a process of its own."""

    def run(*args, code="import sys; from grader.cli import main; main()"):
        command = [sys.executable, "-c", code, *map(str, args)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    return run


@pytest.fixture
def student_file(tmp_path):
    def make(text, name="my_solution.py"):
        (tmp_path / name).write_text(text)
        return name

    return make


def test_an_unknown_exercise_suggests_the_nearest(grade, student_file):
    """A misspelt exercise is wrong usage."""
    done = grade("exercise33", student_file("x = 1"))

    assert (done.returncode, done.out) == (2, "")
    assert done.err == 'grade: no exercise "exercise33"; did you mean "exercise3"? (`grade list` shows all)\n'


def test_a_missing_file_is_wrong_usage(grade, student_file):
    """The nearest name in the folder is suggested."""
    student_file("x = 1")

    done = grade("exercise3", "my_solutio.py")

    assert done.returncode == 2
    assert done.err == 'grade: my_solutio.py: no such file; did you mean "my_solution.py"?\n'


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["exercise3"], "grade exercise3 FILE"),
        (["exercise3", "a.py", "--time-limit", "soon"], 'expected a time such as "90s", "5min" or "1h", got "soon"'),
        (["exercise3", "a.py", "--device", "tpu"], "'tpu' is not one of 'auto', 'cpu', 'gpu'"),
        (["exercise3", "a.py", "--course", "nowhere"], "no course in nowhere: expected course.yaml, exercises/ or quizzes/"),
        (["exercise3", "a.py", "--wrong"], "No such option"),
    ],
)
def test_wrong_usage_says_what_is_taken(grade, args, words):
    """Each wrong option ends with 2 and one message."""
    done = grade(*args)

    assert (done.returncode, words in done.err, "Traceback" in done.err) == (2, True, False)


def test_every_fault_of_a_broken_exercise_is_told_with_its_place(grade, tmp_path, student_file):
    """A broken exercise.yaml is the course's fault: exit 3, all errors at once."""
    folder = tmp_path / "exercises" / "broken"
    folder.mkdir(parents=True)
    (tmp_path / "quizzes").mkdir()
    (folder / "exercise.yaml").write_text(
        "schema: grade-exercise/1\nid: brokn\ntitle: Broken\ndataset: mnits\nchecks:\n"
        "  - {id: a, check: architecture.layer, points: 5}\n  - {id: a, check: training.epochs, args: {bellow: 3}, points: x}\n"
    )

    done = grade("broken", student_file("x = 1"), "--course", tmp_path)

    assert done.returncode == 3
    for words in (
        'exercises/broken/exercise.yaml:4:10: no dataset "mnits" (there are: fashion_mnist, mnist); did you mean "mnist"?',
        'exercises/broken/exercise.yaml:6:20: no check "architecture.layer"; did you mean "architecture.layers"?',
        'exercises/broken/exercise.yaml:7:10: two checks have the id "a"',
        "exercises/broken/exercise.yaml:7:",
    ):
        assert words in done.err


REFUSED = {
    "def train_mnist_conv(:\n  return": "syntax error",
    "def train_mnist_con():\n    return 1\n": "Did you mean train_mnist_con()?",
    "def train_mnist_conv():\n    ...\n": "is still empty",
    "": "the file is empty",
}


def test_no_is_said_without_importing_anything_heavy(program, student_file):
    """A static refusal imports neither numpy nor TensorFlow, and costs one clear message."""
    names = [student_file(text, f"my_{index}.py") for index, text in enumerate(REFUSED)]

    told = json.loads(program(json.dumps([["exercise3", name] for name in names]), code=SPY).stdout)

    assert [(code, err, HEAVY & set(modules)) for code, _, err, modules in told] == [(1, "", set())] * len(REFUSED)
    for (_, out, _, _), words in zip(told, REFUSED.values(), strict=True):
        assert words in out.replace("\n", " ")
        assert "\x1b" not in out


def test_light_commands_stay_light(program):
    """Help and the list import nothing heavy, nor rich."""
    told = json.loads(program(json.dumps([["--help"], ["--version"], ["exercise3", "--help"], ["list"]]), code=SPY).stdout)

    assert [(code, err, (HEAVY | {"rich", "jinja2"}) & set(modules)) for code, _, err, modules in told] == [(0, "", set())] * 4


def test_the_program_ends_with_the_codes_of_its_commands(program, student_file):
    """What `grade` prints goes to its own stdout and stderr, and its exit code is the command's."""
    wrong, refused = program("exercise3"), program("exercise3", student_file("x = 1"), "-q")

    assert (wrong.returncode, wrong.stdout, "grade exercise3 FILE" in wrong.stderr) == (2, "", True)
    assert (refused.returncode, refused.stdout, refused.stderr) == (1, "exercise3: failed, 0/100\n", "")


def test_a_refusal_in_json_holds_the_whole_contract(grade, student_file):
    """`--json -` prints the verdict alone."""
    done = grade("exercise3", student_file("x = 1\n"), "--json", "-")
    verdict = json.loads(done.out)

    assert (verdict["schema"], verdict["status"], verdict["end"], verdict["score"]) == (
        "grade-verdict/1", "failed", "not_started", 0,
    )  # fmt: skip
    assert {check["status"] for check in verdict["checks"]} == {"skipped"}
    assert verdict["max_score"] == 100


def test_quiet_is_one_line(grade, student_file):
    """`-q` prints one line."""
    assert grade("exercise3", student_file("x = 1\n"), "-q").out == "exercise3: failed, 0/100\n"


def test_several_outputs_at_once(grade, student_file, tmp_path, monkeypatch):
    """Every format that was asked for is written, beside the printed report."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    outputs = ["--json", "v.json", "--junit", "j.xml", "--gradescope", "g.json", "--html", "r.html", "--github"]

    done = grade("exercise3", student_file("x = 1\n"), *outputs)

    assert done.returncode == 1, done.err
    assert {path.name for path in tmp_path.iterdir()} >= {"v.json", "j.xml", "g.json", "r.html", "summary.md"}
    assert "::error" in done.out


def test_a_report_that_cant_be_written_is_not_a_lost_verdict(grade, student_file):
    """The verdict is printed before a file fails to be written."""
    done = grade("exercise3", student_file("x = 1\n"), "--json", "missing/folder/v.json")

    assert done.returncode == 2
    assert "there is no function train_mnist_conv()" in done.out.replace("\n", " ")
    assert "missing/folder" in done.err
    assert "Traceback" not in done.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_the_machines_fault(grade, student_file):
    """Exit 4, and the verdict was printed."""
    done = grade("exercise3", student_file("x = 1\n"), "--json", "/dev/full")

    assert (done.returncode, "Traceback" in done.err) == (4, False)
    assert "train_mnist_conv" in done.out


def test_a_closed_pipe_is_no_traceback(place, student_file):
    """`grade … | head -0` ends quietly."""
    name = student_file("x = 1\n")
    command = f"'{sys.executable}' -c 'import sys; from grader.cli import main; main()' exercise3 {name} | true"

    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)

    assert "Traceback" not in done.stderr
