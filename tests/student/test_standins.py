import math
import subprocess
import sys

import numpy as np
import pytest

from grader.student.standins import Bar, Silent, StandInFinder, find_missing, stand_in, subplots

pytestmark = pytest.mark.train


def test_nothing_that_is_drawn_fails():
    """Attributes, calls, items and contexts go on and on."""
    plt = Silent()
    plt.rcParams["figure.figsize"] = (4, 4)
    plt.title = "x"

    with plt.style.context("dark"):
        assert plt.figure(figsize=(3, 3)).add_subplot(1, 2, 1)[0].plot([1]) is not None


DRAWN_IN_VAIN = """
from matplotlib import pyplot as plt
import matplotlib
from grader.student.drawings import leave_out_missing
from grader.student.standins import stand_in

matplotlib.use("agg")
table = stand_in(ModuleNotFoundError("No module named 'pandas'", name="pandas")).DataFrame({"loss": [1, 2]})
leave_out_missing()
leave_out_missing()
plt.axvline(table["loss"].idxmax() - 1, ls="--")
figure, axes = plt.subplots(figsize=(3, 3))
(line,) = axes.plot([1, 2, 3], [table["loss"], 2, 3])
counts, edges, patches = axes.hist(table["loss"], bins=3)
axes.set_xlim(0, table["loss"].max())
plt.title(f"best: {table['loss'].min()}")
(real,) = axes.plot([1, 2], [3, 4])
print(len(axes.lines), real.get_ydata().tolist(), axes.get_title() == "best: ")
"""


def test_a_drawing_of_what_is_missing_is_left_out():
    """With Matplotlib installed and pandas not: what can be drawn is drawn, the rest is for the eyes."""
    done = subprocess.run([sys.executable, "-c", DRAWN_IN_VAIN], capture_output=True, text=True, check=False)

    assert (done.stdout, done.returncode) == ("1 [3, 4] True\n", 0), done.stderr


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
    finder = StandInFinder(told.append)

    assert finder.find_spec("matplotlib", None) is not None
    assert finder.find_spec("matplotlib.pyplot", None) is not None
    assert finder.find_spec("sklearn", None) is None
    assert told == ["`matplotlib` isn't installed on the grading machine; what it would show is left out (no points lost)"]


def absent(name):
    return stand_in(ModuleNotFoundError(f"No module named {name!r}", name=name))


@pytest.mark.parametrize(
    "show",
    [
        lambda p: f"{p.DataFrame({'loss': [1]})['loss'].max():.3f}",
        lambda p: "best epoch: " + str(p.DataFrame({})["accuracy"].idxmax() + 1),
        lambda p: [-(p.table / p.table.sum(axis=1))[0] * 2 for _ in range(len(p.table))],
        lambda p: print(1 - p.score(1, 2), round(p.score(1), 3), 3 > p.x),  # noqa: SIM300 - the other way round is the point
        lambda p: setattr(p.options, "x", 1),
    ],
)
def test_what_a_missing_package_would_show_is_not_shown(show):
    """A frame of a history is drawn and printed by nobody, and may be calculated with on the way."""
    show(absent("pandas"))


@pytest.mark.parametrize(
    "need",
    [
        lambda p: float(p.DataFrame({})["accuracy"].iloc[-1]),
        lambda p: int(p.count()), lambda p: [1, 2][p.place],
        lambda p: tuple(p.train_test_split([1], [2])),
        lambda p: 1 if p.accuracy > 0.9 else 0, lambda p: 1 if 0.9 <= p.accuracy else 0, lambda p: 1 if p.a == 1 else 0,  # noqa: SIM300
        lambda p: np.asarray(p.read_csv("a.csv").values), lambda p: np.zeros(3) + p.values, lambda p: 3 in p.values,
        lambda p: exec("class Mine(p.Base): pass", {"p": p}),
    ],
)  # fmt: skip
def test_what_needs_a_missing_package_gets_the_imports_error(need):
    """A number, a decision, an array, several things at once: none of them can be made up."""
    with pytest.raises(ModuleNotFoundError, match="No module named 'sklearn'"):
        need(absent("sklearn"))


def test_a_stand_in_in_what_is_returned_is_found():
    """However it is packed."""
    frame = absent("pandas").DataFrame({})

    assert find_missing(([1], {"a": [frame]})) is frame
    assert find_missing(([1], {"a": [Silent()]}, np.zeros(3), "text")) is None


def test_nothing_is_known_of_other_packages():
    """Whatever is used of them fails."""
    for use in (lambda p: p.show(), lambda p: p(), lambda p: len(p)):
        with pytest.raises(ModuleNotFoundError, match="No module named 'helpers_of_mine'"):
            use(absent("helpers_of_mine"))


def test_unpacking_what_is_drawn():
    """As Matplotlib gives it."""
    plt = Silent()
    (line,) = plt.plot([1, 2], "r")
    counts, bins, patches = plt.hist([1])
    low, high = plt.gca().get_ylim()

    assert all(one is not None for one in (line, counts, bins, patches))
    assert math.isnan(float(low + high))


def test_a_bar_gives_what_it_is_given():
    """In a loop, counted, by hand, and as a context."""
    with Bar(total=3) as bar:
        bar.update(1)
        bar.set_postfix(loss=1.0)

    assert list(Bar([1, 2], desc="x")) == [1, 2]
    assert (len(Bar([1, 2])), list(Bar(3))) == (2, [0, 1, 2])


PROGRAM = """
import sys
from grader.student import standins
standins.install_stand_ins(print)
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
    assert run.stdout.startswith("`livelossplot` isn't installed on the grading machine; what it would show is left out (no points lost)\n")


ASKING = """
import sys
from importlib.machinery import PathFinder
from grader.student import standins
# As on a machine without IPython, whatever is installed here.
plain = PathFinder.find_spec
PathFinder.find_spec = lambda name, *more: None if name.partition('.')[0] == 'IPython' else plain(name, *more)
standins.install_stand_ins(print)
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
    assert run.stdout == "0 False\n`IPython` isn't installed on the grading machine; what it would show is left out (no points lost)\n"


WRITING = """
import os, pathlib, shutil
from grader.student import drives
remarks = []
drives.install(remarks.append)
base = pathlib.Path('/content/drive/MyDrive/work')
print(base.parent.is_dir(), os.listdir('/content/drive/MyDrive'), base.exists())
os.makedirs(str(base / 'models'), exist_ok=True)
with open('/content/drive/MyDrive/logs/log.txt', 'w') as file:
    file.write('kept')
(base / 'models' / 'a.txt').write_text('too')
os.rename('/content/drive/MyDrive/work/models/a.txt', '/content/b.txt')
os.chdir('/content')
print(open('drive/MyDrive/logs/log.txt').read(), open('/kaggle/working/b.txt').read(), os.path.exists('/content/b.txt'))
os.mkdir('/kaggle/temp')
shutil.copy('/content/b.txt', '/kaggle/temp/c.txt')
print(sorted(os.listdir('.')), os.getcwd() == os.environ['HOME'])
for act in (lambda: open('/content/no.txt'), lambda: os.listdir('/kaggle/input'), lambda: open('/content/../etc/x'), lambda: open('/contents')):
    try:
        act()
    except OSError as error:
        print(error.filename)
print(remarks)
"""


def test_folders_of_colab_and_kaggle_are_there(tmp_path):
    """What is written to a drive is found there again, by `open`, `os` and `pathlib`; what isn't there is named as it was asked for."""
    run = subprocess.run([sys.executable, "-c", WRITING], capture_output=True, text=True, check=False, env={"HOME": str(tmp_path)})

    assert run.stderr == ""
    assert run.stdout.split("\n")[:-1] == [
        "True [] False", "kept too True", "['b.txt', 'drive', 'kaggle'] True",
        "/content/no.txt", "/kaggle/input", "/content/../etc/x", "/contents",
        "['paths below `/content` and `/kaggle` lead to the folder in which the file is graded']",
    ]  # fmt: skip


HOST = """
import os
from grader.student import standins
standins.install_stand_ins(print)
os.chdir('/some/folder')
os.chdir('/')
print(os.getcwd())
"""


def test_a_folder_of_a_host_may_be_missing():
    """Where a folder isn't there, files stay where they are."""
    run = subprocess.run([sys.executable, "-c", HOST], capture_output=True, text=True, check=False)

    assert run.stdout == "there is no folder '/some/folder' where files are graded; `os.chdir` was left out\n/\n"


TQDM = """
import sys
from grader.student import standins
standins.install_stand_ins(print)
real = [f for f in sys.meta_path if not isinstance(f, standins.StandInFinder)]
sys.meta_path[:] = [f for f in sys.meta_path if isinstance(f, standins.StandInFinder)]
from tqdm.auto import tqdm, trange
from tqdm.keras import TqdmCallback
from tqdm import tqdm_notebook
import tqdm as whole
sys.meta_path[:0] = real
print(list(tqdm([5, 6])), list(trange(2)), list(tqdm_notebook('ab')), sum(whole.tqdm(range(3))), TqdmCallback(verbose=1) is not None)
"""


def test_bars_of_progress_that_are_missing_go_through_what_they_are_given():
    """tqdm in each of its forms."""
    run = subprocess.run([sys.executable, "-c", TQDM], capture_output=True, text=True, check=False)

    assert run.stderr == ""
    assert run.stdout.endswith("[5, 6] [0, 1] ['a', 'b'] 3 True\n")


NOTEBOOK = """
import sys
from grader.student import standins
standins.install_stand_ins(print)
from tqdm.notebook import tqdm, trange
from tqdm import tqdm_notebook
print(list(tqdm([5, 6], desc='x')), list(trange(2)), list(tqdm_notebook('ab')))
"""


def test_bars_for_notebooks_need_no_widgets():
    """tqdm is there, and its bars of a notebook fail outside of one."""
    pytest.importorskip("tqdm")
    run = subprocess.run([sys.executable, "-c", NOTEBOOK], capture_output=True, text=True, check=False)

    assert run.stdout == "[5, 6] [0, 1] ['a', 'b']\n", run.stderr
