"""A table's CSV files as students open them: by pandas, NumPy, `csv`, `open` or an address, with any folders before the name."""

import builtins
import csv
import io
import os
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from table_samples import FEATURES, write_table_course

from grader.checks.loading import load_exercise
from grader.courses.course import Course
from grader.student.served_tables import install_tables, list_files


@pytest.fixture
def arrays(tmp_path, monkeypatch):
    """The table's arrays; its files are served, to a file that runs in an empty folder."""
    found = write_table_course(tmp_path / "course")
    source = load_exercise(Course(root=tmp_path / "course"), "prices").source
    for module, names in (
        (builtins, ["open"]),
        (os, ["stat"]),
        (io, ["open"]),
        (np, ["loadtxt", "genfromtxt"]),
        (urllib.request, ["urlopen", "urlretrieve"]),
    ):
        for name in names:
            monkeypatch.setattr(module, name, getattr(module, name))
    install_tables(source.hide_held_out())
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(tmp_path / "home")
    return found


PATHS = [
    "houses.csv",
    "data/houses.csv",
    "/content/drive/My Drive/houses.csv",
    "../input/house_prices.csv",
    "C:\\data\\houses.csv",
]


@pytest.mark.parametrize("path", PATHS)
def test_pandas_reads_it_from_any_folder(arrays, path):
    import pandas as pd

    table = pd.read_csv(path)

    assert (table[list(FEATURES)].to_numpy() == arrays["x_train"]).all()
    assert (table["price"].to_numpy() == arrays["y_train"]).all()


def test_pandas_reads_it_from_an_address(arrays):
    """Where files are graded there is no network, but the course has the file."""
    import pandas as pd

    table = pd.read_csv("https://example.org/files/houses_test.csv?raw=true")

    assert (table["price"].to_numpy() == arrays["y_test"]).all()


@pytest.mark.parametrize("path", [*PATHS, Path("data") / "houses.csv"])
def test_numpy_csv_and_open_read_it(arrays, path):
    with open(path) as file:
        rows = np.array(list(csv.reader(file))[1:], float)
    for table in (rows, np.loadtxt(path, delimiter=",", skiprows=1), np.genfromtxt(path, delimiter=",", skip_header=1)):
        assert (table[:, 1:5] == arrays["x_train"]).all()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.usefixtures("arrays")
def test_it_is_found_to_be_there(path):
    """Students look before they read, or download what isn't there."""
    assert (os.path.exists(path), Path(path).is_file(), Path(path).parent.joinpath("other.csv").exists()) == (True, True, False)


def test_it_can_be_downloaded(arrays):
    name, _ = urllib.request.urlretrieve("https://example.org/houses.csv", "mine.csv")

    assert Path(name).read_text().count("\n") == len(arrays["y_train"]) + 1


@pytest.mark.usefixtures("arrays")
def test_a_file_of_the_students_own_comes_first():
    """And what is written is the student's, never the course's."""
    with open("houses.csv", "w") as file:
        file.write("1,2\n")

    assert np.loadtxt("houses.csv", delimiter=",").tolist() == [1, 2]
    with pytest.raises(FileNotFoundError):
        Path("nowhere/houses.csv").write_text("1,2")
    with pytest.raises(FileNotFoundError):
        Path("other.csv").read_text()


def test_the_secret_rows_have_no_name(tmp_path):
    write_table_course(tmp_path)
    source = load_exercise(Course(root=tmp_path), "prices").source

    assert sorted(list_files(source)) == ["house_prices.csv", "houses.csv", "houses_test.csv"]
    assert not any("solutions" in str(path) for path in list_files(source).values())
