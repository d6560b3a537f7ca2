"""The Tab key: commands and exercises where either could stand, exercises where one is asked for."""

from pathlib import Path

import pytest

from grader import cli

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def offered(monkeypatch, capsys):
    def run(words, course=ROOT):
        monkeypatch.setenv("GRADE_COURSE", str(course))
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", str(len(words.split(" ")) - 1))
        monkeypatch.setenv("_GRADE_COMPLETE", "bash_complete")
        with pytest.raises(SystemExit):
            cli.run_command_line([])
        return [line.split(",")[1] for line in capsys.readouterr().out.splitlines() if line]

    return run


@pytest.mark.parametrize(
    ("words", "among"),
    [("grade wat", "watch"), ("grade exercise", "exercise3"), ("grade hint exercise", "exercise3"),
     ("grade new exer", "exercise1"), ("grade watch a.py exer", "exercise2"), ("grade exercise3 a.py --js", "--json")],
)  # fmt: skip
def test_what_is_offered(offered, words, among):
    """Names that begin as what was typed, and no others."""
    found = offered(words)

    assert among in found
    assert all(name.startswith(words.split(" ")[-1]) for name in found)


def test_a_course_that_is_not_there_offers_commands_only(offered, tmp_path):
    """No error spoils the command line."""
    assert offered("grade hint exer", tmp_path / "nowhere") == []
    assert offered("grade wat", tmp_path / "nowhere") == ["watch"]
