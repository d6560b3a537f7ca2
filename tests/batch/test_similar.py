"""`grade similar` as its user has it."""

import json
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from grader.cli import run_command_line

pytestmark = pytest.mark.skipif(find_spec("copydetect") is None, reason="copydetect is missing")
ROOT = Path(__file__).resolve().parents[2]
SOLUTION = (ROOT / "solutions" / "exercise2" / "solution.py").read_text()
OTHER = (ROOT / "solutions" / "convolution" / "solution.py").read_text()


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Ada, Bob with Ada's work under other names, Cy with work of his own in a notebook, Dee with an untouched stub."""
    monkeypatch.setenv("GRADE_COURSE", str(ROOT))
    monkeypatch.setenv("COLUMNS", "80")
    folder = tmp_path / "class"
    folder.mkdir()
    (folder / "ada.py").write_text(SOLUTION)
    (folder / "bob.py").write_text(SOLUTION.replace("model", "netz"))
    cells = [{"cell_type": "markdown", "source": SOLUTION}, {"cell_type": "code", "source": OTHER}]
    (folder / "cy.ipynb").write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    (folder / "dee.py").write_bytes((ROOT / "exercises" / "exercise2" / "stub.py").read_bytes())
    return folder


def test_it_shows_who_is_alike(place, capsys):
    """The pair with its shares, how many files there were, and no more than that on stderr."""
    assert run_command_line(["similar", "exercise2", str(place)]) == 0

    out, err = capsys.readouterr()
    assert "ada  100 %  bob    100 %" in out
    assert "exercise2: 4 files, 1 pair with 50 % or more in common" in out
    assert "Of all pairs, half have at most" in out
    assert err == ""


def test_json_holds_files_and_percents(place, capsys):
    """With `-` it is all of standard output; a notebook's code counts, its prose doesn't."""
    assert run_command_line(["similar", "exercise2", str(place), "--least", "0", "--json", "-"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert (told["schema"], told["exercise"], told["files"]) == ("grade-similar/1", "exercise2", 4)
    assert told["pairs"][0] == [
        {"student": "ada", "file": "ada.py", "percent": 100.0}, {"student": "bob", "file": "bob.py", "percent": 100.0},
    ]  # fmt: skip
    assert all(side["percent"] < 30 for pair in told["pairs"][1:] for side in pair)
    assert "dee" not in str(told["pairs"])


def test_an_archive_and_a_roster_work_as_in_a_batch(place, tmp_path, capsys):
    """The members of a zip, under the ids of the roster."""
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        for path in place.iterdir():
            archive.write(path, path.name)
    (tmp_path / "roster.csv").write_text("id,name,login\n1,Ada,ada\n2,Bob,bob\n3,Cy,cy\n4,Dee,dee\n")

    assert (
        run_command_line(
            ["similar", "exercise2", str(tmp_path / "class.zip"), "--roster", str(tmp_path / "roster.csv")]
        )
        == 0
    )
    assert "1    100 %  2      100 %" in capsys.readouterr().out


def test_hostile_names_and_files_are_told_harmlessly(place, capsys):
    """A name that would steer the terminal, markup, and what can't be read or is too long: named, and left out."""
    (place / "\u202eeve.py").write_text(SOLUTION)
    (place / "[red]fay.py").write_text(SOLUTION)
    (place / "gus.py").write_text("# nothing\n")
    (place / "hal.py").write_text("x = 1\n" * 10_001)

    assert run_command_line(["similar", "exercise2", str(place)]) == 0
    out, err = capsys.readouterr()
    assert "\u202e" not in out + err
    assert r"\u202eeve" in out
    assert "[red]fay" in out
    assert "not compared: gus: the file has no code, only comments" in err
    assert "not compared: hal: 60,006 letters of code; at most 60,000 are compared" in err


def test_rows_beyond_a_screen_are_counted(place, capsys):
    """Thirty rows, and how many more there are; --all shows them; 40 columns suffice."""
    for number in range(9):
        (place / f"s{number}.py").write_text(SOLUTION)

    assert run_command_line(["similar", "exercise2", str(place)]) == 0
    assert "… 25 more pairs: --all" in capsys.readouterr().out
    assert run_command_line(["similar", "exercise2", str(place), "--all"]) == 0
    assert capsys.readouterr().out.count("100 %") == 2 * 55 + 1


def test_it_fits_forty_columns(place, capsys, monkeypatch):
    """Long names are folded, percents aren't."""
    monkeypatch.setenv("COLUMNS", "40")
    (place / ("x" * 70 + ".py")).write_text(SOLUTION)

    assert run_command_line(["similar", "exercise2", str(place)]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 40
    assert out.count("100 %") == 6


def test_too_many_files_are_refused(place, capsys, monkeypatch):
    """With how many there are and how many may be."""
    monkeypatch.setattr("grader.cli.similar.MAX_COMPARED_FILES", 3)

    assert run_command_line(["similar", "exercise2", str(place)]) == 2
    assert "4 files are too many to compare each with each; give at most 3" in capsys.readouterr().err


def test_without_copydetect_it_says_how_to_get_it(place, capsys, monkeypatch):
    """One message with the command."""
    monkeypatch.setitem(sys.modules, "copydetect", None)

    assert run_command_line(["similar", "exercise2", str(place)]) == 2
    assert capsys.readouterr().err == (
        "grade: grade similar needs copydetect, which is not installed: pip install 'keras-grade[similar]'\n"
    )
