import csv
import json
from datetime import UTC, datetime

import pytest
from gradebook_samples import EXERCISE, graded
from gradebook_samples import run as stored
from msgspec import structs

from grader import cli
from grader.gradebook import Gradebook, build_entry
from grader.records.run import Activations, LayerActivations


@pytest.fixture
def url(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("exercises/exercise1", "quizzes"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "exercises/exercise1/exercise.yaml").write_text(
        "schema: grade-exercise/1\nid: exercise1\ntitle: Dense layers\nfunction: f\ndataset: mnist\n"
        "checks: [{id: threshold, check: training.reaches, args: {metric: accuracy, above: 0.9}, points: 60}]\n"
    )
    made = f"sqlite:///{tmp_path / 'gradebook.db'}"
    book = Gradebook.open(made)
    other = structs.replace(EXERCISE, id="exercise2")
    book.write_entries([
        build_entry(EXERCISE, "ada", graded(), name="Ada \u202e[31mL", source=b"x = 1\n"),
        build_entry(EXERCISE, "bob", graded((60.0, 0.0), sha256="b" * 64)),
        build_entry(other, "ada", graded((0.0, 0.0), status="error", exercise="exercise2", end="crashed")),
    ])  # fmt: skip
    book.add_students({"cy": "Cy"})
    return made


def run(capsys, *args):
    code = cli.run_command_line(list(args))
    return code, *capsys.readouterr()


def test_the_report_shows_everybody_and_each_exercise(url, capsys):
    """Who handed in nothing too; a fault of ours is marked, and marks that turn the line are shown, not obeyed."""
    code, out, _ = run(capsys, "report")

    assert code == 0
    assert "ada  Ada \\u202e[31mL" in out
    assert "\u202e" not in out
    rows = {line.split()[0]: line.split()[-3:] for line in out.splitlines() if line.startswith(("ada", "bob", "cy"))}
    assert rows == {"ada": ["100", "!*", "100/100"], "bob": ["60", "–", "60/200"], "cy": ["–", "–", "0/200"]}
    assert "exercise1 Dense layers: 2 graded, mean 80 %, median 80 %" in out
    assert "1 × In few epochs" in out
    assert "* 1 grade with a remark" in out


def test_the_report_of_an_exercise_says_what_was_missing(url, capsys):
    """A line for each student, and the totals."""
    _, out, _ = run(capsys, "report", "exercise1")

    assert "✗ bob" in out
    assert "60/100  In few epochs" in out
    assert "exercise1: 3 students: 1 passed, 1 not passed, 0 not graded, 1 handed in nothing" in " ".join(out.split())


@pytest.mark.parametrize("columns", ["24", "40", "80"])
def test_no_row_is_wider_than_the_screen(url, capsys, monkeypatch, columns):
    """Names are cut, columns give way to totals."""
    monkeypatch.setenv("COLUMNS", columns)
    for args in (["report"], ["report", "exercise1"]):
        _, out, _ = run(capsys, *args)
        assert max(map(len, out.splitlines())) <= int(columns)


def test_a_large_class_is_cut_with_a_word(url, capsys):
    """Unless all are asked for."""
    Gradebook.open(url).add_students({f"s{number:03}": "" for number in range(600)})

    assert "… 103 more; --all shows them, `grade export` writes them" in run(capsys, "report")[1]
    assert "s599" in run(capsys, "report", "--all")[1]


def test_pages_are_written_with_the_students_names(url, capsys, tmp_path):
    """The class, and a page for each submission with its text."""
    code, _, err = run(capsys, "report", "exercise1", "--html", "class")

    assert (code, err) == (0, "Wrote class/index.html and a page for each of 2 submissions.\n")
    assert "ada Ada" in (tmp_path / "class/index.html").read_text()
    assert len(list((tmp_path / "class/submissions").iterdir())) == 2


def test_what_lateness_takes_is_told_beside_what_was_earned(url, capsys, tmp_path):
    """In the index of the pages and at the mean, which are of the points that were earned."""
    assert "median 80 %, before lateness" not in run(capsys, "report", "exercise1", "--html", "class")[1]
    assert "as earned" not in (tmp_path / "class/index.html").read_text()

    (tmp_path / "course.yaml").write_text(
        "schema: grade-course/1\ngrading: {due: {exercise1: 2026-10-01T12:00Z}, late: {per_day: 10%}}\n"
    )
    late = datetime(2026, 10, 2, 18, 0, tzinfo=UTC)
    Gradebook.open(url).record_verdict(EXERCISE, "ada", graded(), times={"archive": late})
    out = run(capsys, "report", "exercise1", "--html", "class")[1]

    assert "exercise1 Dense layers: 2 graded, mean 80 %, median 80 %, before lateness" in " ".join(out.split())
    index = (tmp_path / "class/index.html").read_text()
    assert "2 days late: keeps 80 %; it counts 80 of 100 points" in index
    assert "Points and their spread are as earned" in index


def test_rules_for_nobody_are_told(url, capsys, tmp_path):
    """A misspelt id would lose an extension without a word; nothing is refused for it, and tables stay clean."""
    (tmp_path / "course.yaml").write_text(
        "schema: grade-course/1\ngrading: {extensions: {adda: {exercise1: 2d}, cy: {exercise1: 1d}}, excused: {77: [exercise1]}}\n"
    )
    told = (
        'look at: course.yaml: grading.extensions: no student has the id "adda"; did you mean "ada"?\n'
        'look at: course.yaml: grading.excused: no student has the id "77"\n'
    )
    for args in (["report"], ["export", "--format", "csv"]):
        code, out, err = run(capsys, *args)
        assert (code, err) == (0, told)
        assert "look at" not in out


def test_pages_show_the_feature_maps_of_each_run(url, capsys, tmp_path):
    """A student's own, and none on the pages of those who came to none."""
    layer = LayerActivations(layer="conv_1", kind="Conv2D", shape=[1, 2, 2, 1], maps=[[[0.0, 1.0], [1.0, 0.0]]])
    activations = Activations(layers=[layer], images=[23])
    looked = graded(sha256="c" * 64, runs=[structs.replace(stored(), activations=activations)])
    Gradebook.open(url).record_verdict(EXERCISE, "cy", looked)
    run(capsys, "report", "exercise1", "--html", "class")

    pages = [path.read_text() for path in sorted((tmp_path / "class/submissions").iterdir())]
    assert ["conv_1 of test image 23" in page for page in pages] == [False, False, True]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["report", "exercise3"], 'no verdicts of "exercise3" in sqlite:///gradebook.db; did you mean "exercise'),
        (["report", "zebra"], "; it holds exercise1, exercise2"),
        (["report", "--gradebook", "sqlite:///none.db"], "sqlite:///none.db: there is no gradebook; `grade batch` makes one"),
        (["export", "exercise3", "--format", "csv"], 'no verdicts of "exercise3"'),
        (["export", "--format", "moodle"], "--format moodle is a table of one assignment; name one of: exercise1, exercise2"),
        (["export", "--format", "csv", "--from", "x.csv"], "--from is for canvas, moodle, blackboard, brightspace, gradescope; --format csv needs no table"),
        (["export", "--format", "canvas", "--from", "x.csv"], "x.csv: can't be read: No such file"),
        (["export", "--format", "csv", "--gradebook", "sqlite:///empty.db"], "holds no verdicts yet; `grade batch` writes them"),
    ],
)
def test_wrong_usage_is_explained(url, capsys, args, said):
    """Exit code 2, and what to write instead."""
    Gradebook.open("sqlite:///empty.db")
    code, _, err = run(capsys, *args)

    assert code == 2
    assert said in err


def test_an_export_goes_to_a_file_or_a_pipe(url, capsys, tmp_path):
    """And who has no place in the LMS's table is told."""
    (tmp_path / "Grades.csv").write_text(
        "Student,ID,SIS Login ID,Section,Dense layers (7)\n    Points Possible,,,,100\nAda,1,ada,A,\n"
    )
    code, out, err = run(capsys, "export", "exercise1", "--format", "canvas", "--from", "Grades.csv", "-o", "filled.csv")

    assert (code, out, err) == (0, "", "left out: bob: not in Grades.csv\n")
    assert list(csv.reader((tmp_path / "filled.csv").read_text().splitlines()))[2] == ["Ada", "1", "ada", "A", "100"]
    assert json.loads(run(capsys, "export", "--format", "json")[1])["schema"] == "grade-gradebook/1"


def test_a_table_far_too_large_is_refused(url, capsys, tmp_path):
    """Before it is read."""
    with (tmp_path / "Grades.csv").open("wb") as file:
        file.truncate(50_000_001)

    assert "is larger than 50 MB; this is no class's table" in run(capsys, "export", "--format", "canvas", "--from", "Grades.csv")[2]


def test_many_that_have_no_place_are_counted(url, capsys, tmp_path):
    """Fifty names are enough."""
    Gradebook.open(url).write_entries([build_entry(EXERCISE, f"s{number:02}", graded(sha256=str(number))) for number in range(60)])
    (tmp_path / "Grades.csv").write_text("Student,ID,SIS Login ID,Section,exercise1\n")
    err = run(capsys, "export", "exercise1", "--format", "canvas", "--from", "Grades.csv")[2]

    assert err.splitlines()[-1] == "… and 12 more"
