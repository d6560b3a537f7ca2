"""The documentation is true: every command in it runs, every link leads somewhere, every table is the package's own."""

import re
import shlex
import shutil
import tomllib
from pathlib import Path

import pytest

from grader import DISTRIBUTION, cli
from grader.messages.ends import END_WORDS
from grader.messages.glossary import BASIS_MEANINGS, FINDING_MEANINGS, STATUS_MEANINGS
from grader.quiz.faults import render_code_table

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What a stub that isn't filled in gives.
NOT_PASSED = {"grade exercise1.py", "grade exercise1 exercise1.py --html report.html"}
# Commands that wait for somebody, and where they are run instead.
ELSEWHERE = {
    "grade watch exercise1.py": "tests/cli/watch/test_watch_terminal.py",
    "grade quiz week3": "tests/quiz/test_quiz_terminal.py",
    'eval "$(_GRADE_COMPLETE=bash_source grade)"': "tests/cli/test_completing.py",
}


def commands(page):
    """The lines of a page's shell blocks, in order."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return [line for block in BLOCK.findall(text) for line in block.splitlines() if line.strip()]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A student's or instructor's folder, outside of the course."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADE_COURSE", str(ROOT))
    monkeypatch.setenv("GRADE_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "submissions").mkdir()
    for name in ("my_solution.py", "submissions/ada.py", "submissions/bob.py"):
        shutil.copyfile(ROOT / "exercises" / "exercise1" / "stub.py", tmp_path / name)
    return tmp_path


def run_all(page, capsys):
    """Runs a page's commands in its own order, in one folder; each ends as the page says."""
    for line in commands(page):
        if line in ELSEWHERE:
            assert (ROOT / ELSEWHERE[line]).exists()
            continue
        words = shlex.split(line)
        expected = 1 if line in NOT_PASSED or words[2:3] == ["my_solution.py"] else 0
        assert words[0] == "grade"
        assert (cli.run_command_line(words[1:]), line) == (expected, line), capsys.readouterr().err
        capsys.readouterr()


@pytest.mark.train
@pytest.mark.parametrize("page", ["student.md", "messages.md"])
def test_every_command_runs(page, folder, capsys):
    """What a page tells to type works as it says."""
    run_all(page, capsys)


@pytest.mark.train
def test_every_command_of_the_instructor_runs(folder, capsys):
    """And the files that the page promises are there: the repository with its workflow, the bundle, the reports."""
    run_all("instructor.md", capsys)

    promised = ["students/README.md", "students/.github/workflows/grade.yml", "project/.gitlab-ci.yml", "exercise1.zip",
                "verdict.json", "junit.xml", "report.html", "feedback.json", "scores.json",
                "class/index.html", "grades.csv"]  # fmt: skip
    assert [name for name in promised if not (folder / name).exists()] == []


@pytest.mark.train
def test_the_student_s_page_leads_to_a_passed_exercise(folder, capsys):
    """New, filled in with the solution, graded: passed, with a page to keep, and listed as passed."""
    assert cli.run_command_line(["new", "exercise1"]) == 0
    shutil.copyfile(ROOT / "solutions" / "exercise1" / "solution.py", folder / "exercise1.py")

    assert cli.run_command_line(["exercise1", "exercise1.py", "--html", "report.html"]) == 0
    assert "PASSED  100 / 100 points" in capsys.readouterr().out
    assert "<svg" in (folder / "report.html").read_text()
    assert cli.run_command_line(["list"]) == 0
    assert "✓  exercise1" in capsys.readouterr().out


def test_no_install_line_names_somebody_else_s_package():
    """`grade` is another package on the public index; ours is called otherwise, and so says every line that installs it."""
    foreign = re.compile(r"pip install [^\n`]*?(?<![\w./-])grade(?![\w-])(?! [a-z])")
    places = [ROOT / "README.md", ROOT / "pyproject.toml", *DOCS.rglob("*.*"), *(ROOT / "grader").rglob("*.*")]
    texts = {path: path.read_text(encoding="utf-8") for path in places if path.suffix not in (".npz", ".pyc")}

    assert foreign.search("pip install 'grade[jax]'")
    assert foreign.search("pip install --quiet grade==0.1")
    assert [str(path) for path, text in texts.items() if foreign.search(text)] == []
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["name"] == DISTRIBUTION


@pytest.mark.parametrize("page", sorted(path.name for path in DOCS.glob("*.md")))
def test_every_link_leads_somewhere(page):
    """Links between pages name files that are there."""
    text = (DOCS / page).read_text(encoding="utf-8")
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]

    assert [link for link in links if link and not (DOCS / link).exists()] == []


def test_every_page_is_in_the_index():
    """A page that nothing leads to is never read."""
    text = (DOCS / "index.md").read_text(encoding="utf-8")

    assert [path.name for path in DOCS.glob("*.md") if path.name != "index.md" and f"({path.name})" not in text] == []


def test_the_tables_of_messages_are_the_package_s_own():
    """Each code and word stands there with the package's words."""
    text = (DOCS / "messages.md").read_text(encoding="utf-8")
    rows = [f"| {code} | {what} | {mend} |" for code, (what, mend) in FINDING_MEANINGS.items()]
    rows += [f"| `{end}` | {words.meaning} | {words.remedy} |" for end, words in END_WORDS.items()]
    rows += [
        f"| `{word}` | {meaning} |" for words in (BASIS_MEANINGS, STATUS_MEANINGS) for word, meaning in words.items()
    ]

    assert [row for row in rows if row not in text] == []
    assert render_code_table() in text
