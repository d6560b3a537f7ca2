"""`--help` of every command: what it does, an example that could be typed, and lines that fit a terminal."""

import re
from pathlib import Path

import pytest

from grader import cli
from grader.cli import COMMANDS, MAIN_COMMAND, helping
from grader.cli.helping import AUDIENCES

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = re.compile(r"^  (grade \S.*)$", re.MULTILINE)


@pytest.fixture
def told(capsys, monkeypatch):
    def run(*args, columns=80):
        monkeypatch.setenv("COLUMNS", str(columns))
        assert cli.run_command_line(list(args)) == 0
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_an_example(told, name):
    """The help begins with the usage, and at least one example calls this very command."""
    text = told(name, "--help")
    examples = EXAMPLE.findall(text)
    called = [line.split()[1] for line in examples]

    assert text.startswith("Usage: ")
    assert name in called or (name == MAIN_COMMAND and "exercise3" in called), examples


@pytest.mark.parametrize("columns", [40, 80])
@pytest.mark.parametrize("name", ["--help", *COMMANDS])
def test_no_line_is_wider_than_the_terminal(told, name, columns):
    """At 80 columns and at 40, where what an option does stands under it."""
    text = told(name, *(["--help"] if name != "--help" else []), columns=columns)

    assert [line for line in text.splitlines() if len(line) > columns] == []


def test_a_long_example_is_folded_so_that_it_can_still_be_typed(told):
    """A backslash ends each line but the last; put together again, it is the line of a wide terminal."""
    text = told("report", "--help", columns=36)
    example = text[text.index("grade report exercise3") :].partition("\n\n")[0]

    assert " ".join(example.replace("\\\n", " ").split()) == "grade report exercise3 --html class/"
    assert "\\\n" in example


def test_an_option_of_an_example_keeps_its_value(told):
    """On the same line, also where the name of the option would still fit above."""
    text = told("bundle", "--help", columns=60)

    assert "  grade bundle github repository/ exercise3 \\\n    --package git+https://our.git/grade\n" in text


def test_a_remark_on_a_long_example_stands_under_it(told):
    """And no word of it is lost."""
    text = told("selfcheck", "--help", columns=40)

    assert "  grade selfcheck --text-only\n      the files, without grading\n      anything\n" in text


def test_other_lines_are_folded_like_lists(told):
    """The exit codes are no commands: what goes on is indented, without a backslash."""
    text = told(MAIN_COMMAND, "--help", columns=40)

    assert "    3    the course is broken:\n         file:line:column\n" in text
    assert "    130  interrupted\n" in text


def test_choices_are_folded_after_their_bars(told):
    """Where even the option alone is too long."""
    text = told("export", "--help", columns=40)

    assert "  --format [canvas|moodle|blackboard|\n    brightspace|gradescope|csv|json|\n    xlsx]\n      Whose table to write." in text


def test_commands_are_grouped_by_who_uses_them(told):
    """Every command but the main job belongs to one audience, with a line to try, which calls one of its commands."""
    text = told("--help")
    grouped = [name for names, _ in AUDIENCES.values() for name in names]

    assert sorted(grouped) == sorted(name for name in COMMANDS if name != MAIN_COMMAND)
    assert [audience for audience in re.findall(r"(?m)^(\w+):$", text) if audience != "Options"] == [*AUDIENCES]
    assert "Others" not in text
    for names, example in AUDIENCES.values():
        assert f"  Try: {example}\n" in text
        assert example.split()[1] in names


def test_a_command_without_an_audience_is_listed_all_the_same():
    """Under `Others`."""
    formatter = helping.NarrowFormatter(width=80)
    helping.write_commands(formatter, {"list": "Show", "odd": "Do something odd"})

    assert formatter.getvalue().endswith("Others:\n  odd  Do something odd\n")


def test_each_command_takes_one_line(told):
    """A newcomer sees what there is at a glance."""
    lines = told("--help").splitlines()
    section = lines[lines.index("Students:") :]

    assert sum(bool(re.match(r"  [a-z-]+  +\S", line)) for line in section) == len(COMMANDS) - 1
    assert not any(line.startswith("    ") for line in section)


def test_wrong_usage_of_the_main_job_names_it_as_it_is_typed(capsys, monkeypatch):
    """Without the name that it has inside."""
    monkeypatch.setenv("GRADE_COURSE", str(ROOT))
    assert cli.run_command_line(["exercise3", "a.py", "--wrong"]) == 2
    assert "Usage: grade EXERCISE FILE [OPTIONS]\n" in capsys.readouterr().err


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != MAIN_COMMAND])
def test_every_command_is_listed(told, name):
    """`grade --help` names it with a line of its own."""
    assert re.search(rf"^  {re.escape(name)}  +\S", told("--help"), re.MULTILINE)


def test_every_option_says_what_it_does():
    """No option of any command is without a help text."""
    group = cli.commands
    silent = [
        (name, option.opts)
        for name in COMMANDS
        for option in group.get_command(None, name).params
        if option.param_type_name == "option" and not option.help
    ]

    assert silent == []


@pytest.mark.parametrize(("word", "command"), [("lst", "list"), ("wacth", "watch"), ("reprot", "report"), ("helo", None)])
def test_a_mistyped_command_is_recognised(capsys, word, command):
    """A lone word near a command isn't taken for an exercise without its file; escape codes are shown, not obeyed."""
    assert cli.run_command_line([word]) == 2
    err = capsys.readouterr().err
    said = f'grade: no command "{word}"; did you mean "{command}"? (`grade --help` shows all)\n'

    assert err == said if command else f'no command, exercise or file "{word}"' in err


@pytest.mark.parametrize(("word", "meant"), [("exercise9", "exercise"), ("bassline", "baseline"), ("poolin", "pooling")])
def test_a_mistyped_exercise_is_recognised(capsys, word, meant):
    """A lone word that is nearer to an exercise isn't taken for a command such as `new-exercise`."""
    assert cli.run_command_line([word]) == 2
    assert f'no command, exercise or file "{word}"; did you mean "{meant}' in capsys.readouterr().err


@pytest.mark.parametrize("exercise", sorted(path.name for path in (ROOT / "exercises").iterdir()))
def test_no_exercise_of_the_course_is_taken_for_a_command(capsys, monkeypatch, tmp_path, exercise):
    """Without a file of its name, that is what is missing."""
    monkeypatch.setenv("GRADE_COURSE", str(ROOT))
    monkeypatch.chdir(tmp_path)
    assert cli.run_command_line([exercise]) == 2
    assert f"grade new {exercise}" in capsys.readouterr().err


def test_no_help_shows_the_mark_that_keeps_its_lines(monkeypatch, capsys):
    """`regrade EXERCISE` is laid out by another module than `regrade QUIZ`, and by the same rules."""
    monkeypatch.setenv("GRADE_COURSE", str(ROOT))
    for args in (["regrade", "exercise1", "--help"], ["regrade", "week2", "--help"], ["release", "--help"]):
        assert cli.run_command_line(args) == 0
        out = capsys.readouterr().out
        assert "\\b" not in out
        assert "\b" not in out
        assert "\n  grade " in out
