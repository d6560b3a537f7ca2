import subprocess
import sys

import pytest

from grader.student.standins import Finder, Lacking, Silent, subplots


def test_nothing_that_is_drawn_fails():
    """Attributes, calls, items and contexts go on and on."""
    plt = Silent()
    plt.rcParams["figure.figsize"] = (4, 4)
    plt.title = "x"

    with plt.style.context("dark"):
        assert plt.figure(figsize=(3, 3)).add_subplot(1, 2, 1)[0].plot([1]) is not None


def test_axes_unpack_along_each_side_longer_than_one():
    """A grid gives rows of axes, a row gives axes, one axis is an object."""
    _, ((a, b, c), (d, e, f)) = subplots(2, 3)
    _, (left, right) = subplots(1, 2)
    _, one = subplots()

    assert [part.plot() is not None for part in (a, b, c, d, e, f, left, right, one)] == [True] * 9


def test_an_upload_brings_no_files():
    """`for name in files.upload().keys()` has nothing to go through."""
    assert list(Silent().upload().keys()) == []


def test_protocols_that_are_asked_for_by_name_are_not_there():
    """An object that claimed every protocol would be taken for an array."""
    with pytest.raises(AttributeError, match="__array__"):
        _ = Silent().__array__


def test_each_missing_package_is_told_once():
    """One note for matplotlib, however much of it is imported; other names are not found."""
    told = []
    finder = Finder(told.append)

    assert finder.find_spec("matplotlib", None) is not None
    assert finder.find_spec("matplotlib.pyplot", None) is not None
    assert finder.find_spec("sklearn", None) is None
    assert told == ["`matplotlib` isn't there where files are graded; what it shows is left out"]


def test_what_only_shows_figures_is_silent_in_a_package_that_is_missing():
    """A frame of a history is drawn and printed by nobody; a file that it should read is missing as ever."""
    pandas = Lacking(ModuleNotFoundError("No module named 'pandas'", name="pandas"))

    assert f"{pandas.DataFrame({'loss': [1]})['loss'].max():.3f}" == ""
    with pytest.raises(ModuleNotFoundError, match="No module named 'pandas'"):
        pandas.read_csv("a.csv")


PROGRAM = """
import sys
from grader.student import standins
standins.install(print)
import livelossplot.inputs as a
from livelossplot import PlotLosses
from google.colab import drive, files
drive.mount('/content/drive')
print(PlotLosses().update({}), a.x)
"""


def test_missing_packages_can_be_imported_in_each_form():
    """`import a.b as c`, `from a import b`, and a package of another's namespace."""
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("`livelossplot` isn't there where files are graded; what it shows is left out\n")


ASKING = """
import sys
from grader.student import standins
standins.install(print)
sys.path.insert(0, sys.argv[1])
import asking
print(asking.found, 'IPython' in sys.modules)
import IPython
import matplotlib.pyplot as plt
plt.figure()
"""


def test_a_library_is_told_what_is_missing(tmp_path):
    """It knows what to do without, so no note; and Matplotlib draws on where the student's own file imports IPython."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    (folder / "asking.py").write_text("try:\n    import IPython\n    found = 1\nexcept ImportError:\n    found = 0\n")
    run = subprocess.run([sys.executable, "-c", ASKING, folder], capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stderr
    assert run.stdout == "0 False\n`IPython` isn't there where files are graded; what it shows is left out\n"


WRITING = """
import os
from grader.student import standins
print(standins.here('/content/best.h5'), standins.here('/etc/best.h5'))
standins.DRIVES = {'proc'}  # a place where nobody can write
remarks = set()
standins.install(remarks.add)
with open('/proc/nothing/log.txt', 'w') as file:
    file.write('kept')
os.makedirs('/proc/nothing/models', exist_ok=True)
print(open('log.txt').read(), standins.here('/proc/nothing/best.h5'), standins.here('best.h5'))
for act in (lambda: open('/sys/nothing/log.txt', 'w'), lambda: os.makedirs('/sys/nothing'), lambda: open('/proc/nothing/log.txt')):
    try:
        act()
    except OSError as error:
        print(error.filename)
for remark in sorted(remarks):
    print(remark)
"""


def test_what_is_meant_for_colabs_drive_is_written_here(tmp_path):
    """Files go into this folder, folders are left out; what is read there is missing, and other places are what they are."""
    run = subprocess.run([sys.executable, "-c", WRITING], capture_output=True, text=True, check=False, cwd=tmp_path)

    assert run.stdout == (
        "best.h5 /etc/best.h5\n"
        "kept best.h5 best.h5\n"
        "/sys/nothing/log.txt\n/sys/nothing\n/proc/nothing/log.txt\n"
        "'/proc/nothing/log.txt' can't be written where files are graded; it went elsewhere\n"
        "this folder can't be made where files are graded; it was left out\n"
    )


HOST = """
import os
from grader.student import standins
standins.install(print)
os.chdir('/content')
os.chdir('/')
print(os.getcwd())
"""


def test_a_folder_of_a_host_may_be_missing():
    """Colab's files go to /content first; where that isn't there, they stay where they are."""
    run = subprocess.run([sys.executable, "-c", HOST], capture_output=True, text=True, check=False)

    assert run.stdout == "there is no folder '/content' where files are graded; `os.chdir` was left out\n/\n"
