import builtins
import os
import sys

import pytest

from grader.leniency.old_names import ARRAY_METHODS
from grader.protocol.wire import Crashed, Load, Returned
from grader.student import loader


class Recorder:
    """Stands where the connection to the grader stands, and keeps what is said."""

    def __init__(self):
        self.sent, self.notes = [], []

    def send(self, message):
        self.sent.append(message)

    def send_remark(self, message):
        self.notes.append((None, message))

    def send_remark_at(self, line, message):
        self.notes.append((line, message))


@pytest.fixture
def load(monkeypatch):
    """Runs a text as a student's file; returns what was sent and noted."""
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.setattr(sys, "path", list(sys.path))
    for owner, name in ((os, "chdir"), (os, "mkdir"), (os, "makedirs"), (builtins, "open")):
        monkeypatch.setattr(owner, name, getattr(owner, name))  # so that what stands in for it goes with the test

    def run(source, function="train", **changes):
        front = Recorder()
        loader.run_submission(front, Load(source=source, filename="file.py", function=function, **changes))
        sys.modules.pop(loader.MODULE_NAME, None)
        (sent,) = front.sent
        return sent, front.notes

    return run


def test_what_one_import_lacks_keeps_no_other_away(load):
    """`import a, b, c` with a missing b; `from a import b, c` with a missing b; an unknown star."""
    source = "import os, no_such_thing, sys\nfrom math import nothing, pi\nfrom unknown import *\ndef train():\n    return pi\n"
    sent, notes = load(source)

    assert isinstance(sent, Returned)
    assert [line for line, _ in notes] == [1, 2, 3]


def test_a_missing_module_is_named_where_it_is_imported(load):
    """One name, or several from a module that isn't there: the import itself is the error, with an explanation."""
    for source in ("import no_such_thing as a\n", "from no_such_thing import a, b\n"):
        sent, _ = load(source + "def train():\n    return a.thing\n")

        assert isinstance(sent, Crashed)
        assert sent.message.startswith("ModuleNotFoundError: No module named 'no_such_thing'\nThe package `no_such_thing`")
        assert sent.line == 1


def test_a_missing_module_harms_only_what_uses_it(load):
    """What an import lacks is an error at its first use: called, looked into, inherited from, walked through."""
    head = "import os\nimport os.nothing\nfrom unheard import of\nimport unseen.part as part\ndef train():\n    "

    sent, notes = load(head + "return os.sep and 5\n")
    assert (sent, [line for line, _ in notes]) == (Returned(value=5), [2, 3, 4])
    for use in ("of()", "part.Thing", "class A(of): pass", "[*part]", "with part: pass", "len(of)", "of[0]"):
        sent, _ = load(head + use + "\n")
        name, line = ("unseen", 4) if "part" in use else ("unheard", 3)
        assert (sent.message.split("\n")[0], sent.line) == (f"ModuleNotFoundError: No module named '{name}'", line)
    assert load(head + "return of.__wrapped__\n")[0].message == "AttributeError: __wrapped__"


def test_a_question_is_answered_with_enter(load):
    """`input()` gives an empty line, with a note, but doesn't go on doing so for a loop that waits for a word."""
    sent, notes = load("more = input('More? ')\ndef train():\n    return more\n")
    assert sent == Returned(value="")
    assert notes == [(None, "`input()` got an empty line: files are graded without a keyboard")]

    for line, error in (("int(input())", "ValueError: invalid literal"), ("while input() != 'q': pass", "EOFError: EOF")):
        sent, _ = load(f"def train():\n    {line}\n")
        assert sent.message.startswith(error)
        assert sent.message.endswith("Write the value into the file.")


@pytest.mark.parametrize(
    ("line", "near"),
    [
        ("return math.power_of_two(4)", None),
        ("return math.squrt(4)", "sqrt"),
        ("return trainig_images", "training_images"),
        ("labels = 1; return lables", "labels"),
        ("return C().flattern", "flatten"),
        ("return C().__wrapped__", None),
        ("return Odd().anything", None),
        ("return Shy().shape", None),
    ],
)
def test_a_name_that_is_nearly_right_is_suggested(load, line, near):
    """Of modules, objects, the file and the function; where nothing is like it, nothing is said."""
    head = "import math\ntraining_images = 1\nclass C:\n    flatten = 1\nclass Odd:\n    def __dir__(self): return [1]\n"
    head += "class Shy:\n    @property\n    def shape(self): raise AttributeError('not yet', name='shape', obj=self)\n"
    sent, _ = load(f"{head}def train():\n    {line}\n")

    assert isinstance(sent, Crashed)
    assert (f"\nDid you mean `{near}`?" in sent.message) == (near is not None)
    assert ("Did you mean" in sent.message) == (near is not None)


@pytest.mark.parametrize(
    ("error", "near"),
    [
        ("TypeError('got an unexpected keyword argument \\'callback\\'')", "callbacks"),
        ("TypeError('Trainer.compile() got an unexpected keyword argument \\'optimiser\\'')", "optimizer"),
        ("ValueError('Unrecognized keyword arguments passed to Dense: {\\'Activaton\\': \\'relu\\'}')", "activation"),
        ("TypeError('got an unexpected keyword argument \\'colour\\'')", None),
    ],
)
def test_an_argument_that_is_nearly_right_is_suggested(load, error, near):
    """Of those that Keras takes in `fit`, `compile` and the layers of this course."""
    sent, _ = load(f"def train():\n    raise {error}\n")

    assert (f"\nDid you mean `{near}`?" in sent.message) == (near is not None)


def test_a_package_that_is_nearly_right_is_suggested(load):
    """And nothing is said of packages that aren't there."""
    sent, _ = load("import tenserflow as tf\ndef train():\n    return tf.keras\n")
    assert sent.message == "ModuleNotFoundError: No module named 'tenserflow'\nDid you mean `tensorflow`?"


def test_nodes_of_graphs_are_left_out(load):
    """They name nothing that the student wrote."""
    text = "label value of 9 \\n\\t [[{{node compile_loss/sparse/Sparse}}]] [Op:__inference_multi_step_960]"
    assert load(f"def train():\n    raise ValueError('{text}')\n")[0].message == "ValueError: label value of 9"


def test_bold_letters_are_left_out(load):
    """Keras writes its messages for terminals; other control characters stay, for the report to escape."""
    sent, _ = load("def train():\n    raise ValueError('\\x1b[1mbold\\x1b[0m, \\x1b[31mred')\n")
    assert sent.message == "ValueError: bold, \x1b[31mred"


def test_a_misspelt_name_has_not_moved(load):
    """What TF 2 did to other names is said where no name is nearly right."""
    head = "import types\nlayers = types.ModuleType('tensorflow.keras.layers')\nlayers.Conv2D = 1\ndef train():\n    "
    assert load(head + "layers.conv2D()\n")[0].message.endswith("has no attribute 'conv2D'\nDid you mean `Conv2D`?")
    assert "TF 2 moved or removed" in load(head + "layers.GravesLSTM()\n")[0].message


@pytest.mark.parametrize(
    ("module", "known", "asked", "said"),
    [
        ("tensorflow.keras", "callbacks", "Callback", "It is in another module: `tf.keras.callbacks.Callback`."),
        ("tensorflow.keras", "layers", "Dense", "It is in another module: `tf.keras.layers.Dense`."),
        ("tensorflow.keras.layers", "MaxPooling1D MaxPooling2D MaxPooling3D", "MaxPooling", "Did you mean `MaxPooling2D`?"),
        ("tensorflow.keras.applications", "ResNet50 resnet50", "Resnet50", "Did you mean `ResNet50`?"),
    ],
)
def test_a_name_of_keras_is_found_where_it_is(load, module, known, asked, said):
    """In another module, as the class and not its module, and of layers the one for images."""
    head = f"import types\nplace = types.ModuleType({module!r})\nfor name in {known!r}.split():\n    setattr(place, name, 1)\n"
    assert load(head + f"def train():\n    place.{asked}\n")[0].message.endswith(said)


def test_a_long_message_is_shortened(load):
    """Its beginning and its end say what is wrong, not the array in the middle."""
    sent, _ = load("def train():\n    raise ValueError('\\n'.join(map(str, range(100))))\n")
    assert sent.message == "ValueError: " + "\n".join([*map(str, range(15)), "...", "96", "97", "98", "99"])


def test_a_script_may_end_itself(load):
    """`sys.exit(0)` is how many end; with an error code, or within a function that is to return, it isn't an end."""
    assert load("import sys\nsys.exit(0)\n", function=None) == (Returned(value=None), [])
    assert load("import sys\nsys.exit(2)\n", function=None)[0].message == "your code called sys.exit(2)"
    assert load("def train():\n    raise SystemExit\n")[0].message == "your code called sys.exit(None)"


def test_a_function_that_never_came_is_told(load):
    """A plan may expect what only running the file can bring."""
    assert load("x = 1\n")[0].message == "your file ran, but defined no train"


WRITES = "get_ipython().run_cell_magic('writefile', {!r}, {!r})\n"


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    """The folder in which a student's process runs."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for name in ("handmade", "handmade.part"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    "source",
    [
        WRITES.format("handmade.py", "value = 5\n") + "from handmade import value\n",
        WRITES.format("handmade.py", "value = 4\n") + WRITES.format("-a handmade.py", "value += 1\n") + "from handmade import *\n",
        WRITES.format("handmade/part.py", "value = 5\n") + "from handmade.part import value\n",
        WRITES.format("work.py", "value = 5\n") + "get_ipython().run_line_magic('run', 'work.py --quick')\n",
        "get_ipython().run_line_magic('mkdir', '-p a/b')\nget_ipython().run_line_magic('cd', 'a/b')\n"
        + WRITES.format("handmade.py", "value = 5\n") + "from handmade import value\n",
        "import os\nget_ipython().run_line_magic('env', 'HANDMADE=5')\nvalue = int(os.environ['HANDMADE'])\n",
        "import os\nget_ipython().run_line_magic('set_env', 'HANDMADE 5')\nvalue = int(os.environ['HANDMADE'])\n",
    ],
)  # fmt: skip
def test_what_a_notebooks_cells_write_and_set_is_there_for_later_cells(load, scratch, monkeypatch, source):
    """Modules by `%%writefile`, whole, in parts and in folders; `%run` of one; `%cd`, `%env`."""
    monkeypatch.delenv("HANDMADE", raising=False)
    sent, notes = load(source + "def train():\n    return value\n")

    assert (sent, notes) == (Returned(value=5), [])


@pytest.mark.parametrize("name", ["grader.py", "numpy.py", "json.py"])
def test_a_module_of_the_same_name_takes_no_loaded_ones_place(load, scratch, name):
    """A file called as the grader's own module is only a file: what is imported already stays what it is."""
    import numpy  # noqa: F401, ICN001

    sent, _ = load(WRITES.format(name, "raise SystemExit\n") + "import grader, numpy, json\ndef train():\n    return grader.__name__\n")

    assert sent == Returned(value="grader")


def test_what_cant_be_run_or_written_is_a_note(load, scratch):
    """Another notebook isn't handed in; a folder that is nobody's can't be written to."""
    source = "get_ipython().run_line_magic('run', 'other.ipynb')\n" + WRITES.format("/proc/x.py", "") + "def train():\n    return 1\n"
    sent, notes = load(source, tolerated=[1])

    assert sent == Returned(value=1)
    assert [text.split(":")[0] for _, text in notes] == ["`%run other.ipynb` was left out", "this line failed and was skipped"]


def test_other_magics_and_commands_do_nothing(load):
    """Exported notebooks call the shell for everything, also inside functions."""
    source = (
        "def train():\n    shell = get_ipython()\n    shell.run_line_magic('matplotlib', 'inline')\n    shell.magic('ls')\n"
        "    shell.system('pip install x')\n    return [shell.getoutput('ls'), 'google.colab' in str(shell)]\n"
    )

    assert load(source)[0] == Returned(value=[[], False])


def test_a_module_that_a_cell_wrote_is_the_students_own(load, scratch):
    """As is the file itself; other modules aren't."""
    told = {}
    source = WRITES.format("handmade.py", "") + "import handmade\ndef train():\n    return look()\n"
    loader.run_submission(Recorder(), Load(source=source, filename="file.py", function="train"), lambda _: told.update(
        {name: loader.is_students_module(name) for name in ("handmade", loader.MODULE_NAME, "json", "sys", "no_such_thing")}
    ))  # fmt: skip
    sys.modules.pop(loader.MODULE_NAME)

    assert told == {"handmade": True, loader.MODULE_NAME: True, "json": False, "sys": False, "no_such_thing": False}


@pytest.mark.parametrize(
    ("line", "value", "noted"),
    [
        ("np.array([3, 1, 7]).ptp()", 6, "ptp"),
        ("np.array([[3, 1], [7, 7]]).ptp(axis=1).tolist()", [2, 0], "ptp"),
        ("a = np.zeros((2, 2)); a.itemset((1, 0), 5); a.itemset(0, 4); a.itemset(0, 1, 3); value = a.tolist()", [[4, 3], [5, 0]], "itemset"),
        ("len(np.zeros(3).tostring())", 24, "tostring"),
        ("int(np.array([1], dtype='<i2').newbyteorder()[0])", 256, "newbyteorder"),
        ("Mine().ptp(5)", 5, None),
        ("(lambda text: text.upper())('a')", "A", None),
    ],
)
def test_methods_that_arrays_have_lost_are_called_all_the_same(load, line, value, noted):
    """With a note where they were called; a method of the student's own stays what it is."""
    before, _, expression = line.rpartition("; ") if "; " in line else ("pass", "", line)
    text = f"{before}; {expression}" if "value =" in expression else f"{before}; value = {expression}"
    sent, notes = load(f"import numpy as np\nclass Mine:\n    def ptp(self, x): return x\ndef train():\n    {text}\n    return value\n")

    assert sent == Returned(value=value)
    assert {message for _, message in notes} == ({f"arrays have no `{noted}` in today's NumPy; write `{ARRAY_METHODS[noted]}`"} if noted else set())
