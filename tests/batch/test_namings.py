"""How hosts name files: one table, a row for each kind of name."""

from datetime import datetime
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st

from grader.batch.file_names import find_kind, fold_name, split_stem, strip_marks
from grader.batch.sources import namings
from grader.batch.sources.names import recognize_naming
from grader.batch.sources.namings import load_hosts
from grader.errors import UsageError

PATTERNS = ("canvas", "moodle", "blackboard", "brightspace", "gradescope", "github", "plain")
# (system, what is around, names, each with its student, the student's own name of the file, late, time)
TABLE = [
    ("canvas", "submissions", {
        "lovelaceada_1001_10001_pooling.py": ("1001", "pooling.py", False, None),
        "youngcy_LATE_1003_10003_pooling-2.py": ("1003", "pooling.py", True, None),
        "boolebo_1002_10002_my_own_file.py": ("1002", "my_own_file.py", False, None),
        "boolebo_1002_10009_3_conv.py": ("1002", "3_conv.py", False, None),
        "boolebo_1002_10010_20261001_conv.py": ("1002", "20261001_conv.py", False, None),
        "team_7_88001_10004_pooling.py": ("88001", "pooling.py", False, None),
        "team_8_LATE_88002_10005_pooling.py": ("88002", "pooling.py", True, None),
        "josé_1006_10006_pooling.ipynb": ("1006", "pooling.ipynb", False, None),
        "ngdee_1004_10007_homework.zip/work/x.py": ("1004", "homework.zip/work/x.py", False, None),
        "ngdee_1004_text.html": ("1004", "text.html", False, None),
    }),
    ("canvas", "groups only", {
        "team_7_88001_990001_pooling.py": ("88001", "pooling.py", False, None),
        "team_8_88002_990002_pooling.py": ("88002", "pooling.py", False, None),
    }),
    ("canvas", "anonymous", {
        "anon_q7Xk2_880101_pooling.py": ("q7Xk2", "pooling.py", False, None),
        "LATE_anon_Zr4p9_880102_pooling.py": ("Zr4p9", "pooling.py", True, None),
        "anon_12345_880103_a_b.py": ("12345", "a_b.py", False, None),
    }),
    ("moodle", "x", {
        "Ada Lovelace_12_assignsubmission_file_/deep/y.py": ("12", "deep/y.py", None, None),
        "Group A-Bo_B_13_assignsubmission_file_z.py": ("13", "z.py", None, None),
    }),
    ("blackboard", "gradebook_2026-FALL-DL_Max_Pooling_2026-10-02-09-00-00", {
        "Max Pooling_a_lovelace_attempt_2026-09-30-10-15-00_pool.py":
            ("a_lovelace", "pool.py", None, datetime.fromisoformat("2026-09-30T10:15")),
        "Max Pooling_a_lovelace_attempt_2026-10-01-21-40-12_pool_2.py":
            ("a_lovelace", "pool_2.py", None, datetime.fromisoformat("2026-10-01T21:40:12")),
        "Max Pooling_a_boole_attempt_2026-10-01-08-00-00.txt": ("a_boole", "", None, datetime.fromisoformat("2026-10-01T08:00")),
    }),
    ("blackboard", "download", {
        "HW_1_ada_attempt_2026-09-30-10-15-00_x.zip/x.py": ("ada", "x.zip/x.py", None, datetime.fromisoformat("2026-09-30T10:15")),
        "HW_1_bo_attempt_2026-09-30-10-15-00_x.py": ("bo", "x.py", None, datetime.fromisoformat("2026-09-30T10:15")),
    }),
    ("brightspace", "Pooling Download", {
        "20311-900017 - Ada L - Sep 30, 2026 1015 AM/pooling.py":
            ("20311", "pooling.py", None, datetime.fromisoformat("2026-09-30T10:15")),
        "20311-900017 - Ada L - Oct 1, 2026 1240 AM/a/pooling.py":
            ("20311", "a/pooling.py", None, datetime.fromisoformat("2026-10-01T00:40")),
        "20312-900017 - Bo - B - 1 October, 2026 21:40/x.py": ("20312", "x.py", None, datetime.fromisoformat("2026-10-01T21:40")),
        "20313-900017 - Cy C - Oct 1, 2026 9:40 PM - x y.py": ("20313", "x y.py", None, datetime.fromisoformat("2026-10-01T21:40")),
    }),
    ("gradescope", "assignment", {"submission_12/a/b.py": ("submission_12", "a/b.py", None, None)}),
    ("github", "cs-hello_submissions_2026_05_09_T_14_30_45", {
        "cs-hello-ada-l/x.py": ("ada-l", "x.py", None, None), "cs-hello-bo/src/y.py": ("bo", "src/y.py", None, None)}),
    ("github", "hello-submissions", {"hello-ada/x.py": ("ada", "x.py", None, None)}),
    ("plain", "x", {
        "ada.PY": ("ada", "ada.PY", None, None),
        "bo.ipynb.json": ("bo", "bo.ipynb.json", None, None),
        "cy (1).py": ("cy", "cy (1).py", None, None),
        "dee.tar.gz/work/x.py": ("dee", "work/x.py", None, None),
        "20231211_eve/x.py": ("20231211_eve", "x.py", None, None),
    }),
]  # fmt: skip


@pytest.mark.parametrize(("system", "around", "names"), TABLE, ids=[f"{row[0]}-{row[1][:9]}" for row in TABLE])
def test_every_name_has_the_owner_that_its_host_means(system, around, names):
    """Student, the student's own name of the file, lateness, and time."""
    naming = recognize_naming(list(names), around, packed=False)
    owners = {name: naming.find_owner(name) for name in names}

    assert naming.system == system
    assert {name: (each.student, each.file, each.late, each.handed_in) for name, each in owners.items()} == names


def test_a_name_that_its_host_never_writes_is_nobodys():
    """Of a wrong date, without a student, of another kind."""
    assert namings.find_brightspace("1-2 - Ada - Feb 30, 2026 1015 AM/x.py") is None
    assert namings.build_blackboard(["HW_attempt_2026-09-30-10-15-00_x.py"], "")("HW__attempt_2026-09-30-10-15-00_x.py") is not None
    assert namings.find_moodle("Ada_12_x.py") is None
    assert namings.build_canvas([], "")("a_1_2_3_x.py") is None  # of three small numbers nobody knows which are ids


def test_a_package_adds_a_naming(monkeypatch):
    """An entry point of the group `grade.namings`; it comes before ours, and may be chosen by name."""

    def own(name):
        return namings.Owner(student=name.split("#")[1]) if "#" in name else None

    point = SimpleNamespace(name="ours", load=lambda: own)
    monkeypatch.setattr(namings, "entry_points", lambda group: [point] if group == "grade.namings" else [])
    names = ["x#ada.py", "y#bo.py"]

    assert recognize_naming(names, "x", packed=False, hosts=load_hosts()).system == "ours"
    assert recognize_naming(names, "x", packed=False, hosts=load_hosts(), system="ours").find_owner("x#ada").student == "ada"


def test_a_package_that_fails_is_named(monkeypatch):
    """Where it can't be loaded, and where it raises."""

    def broken(name):
        raise ValueError("no")

    for load, said in ((lambda: broken, '"ours" failed on .a.py.: ValueError: no'), (lambda: 1 / 0, '"ours" .* can\'t be loaded')):
        point = SimpleNamespace(name="ours", load=load)
        monkeypatch.setattr(namings, "entry_points", lambda group, point=point: [point])
        with pytest.raises(UsageError, match=said):
            recognize_naming(["a.py"], "x", packed=False, hosts=load_hosts())


def test_a_naming_can_be_chosen_and_a_wrong_one_is_explained():
    """`plain` takes names as they are."""
    assert recognize_naming(["a_12_34_x.py"], "x", packed=False, system="plain").find_owner("a_12_34_x.py").student == "a_12_34_x"
    with pytest.raises(UsageError, match='no naming "canvass"; there are: blackboard, brightspace, canvas, '):
        recognize_naming(["a.py"], "x", packed=False, system="canvass")
    with pytest.raises(UsageError, match="no file is named as moodle names files"):
        recognize_naming(["a.py"], "x", packed=False, system="moodle")


KINDS = [
    ("x.py", "py"), ("X.PY", "py"), ("x.py.txt", "py"), ("a/x.ipynb", "ipynb"), ("x.IPYNB.JSON", "ipynb"),
    ("x.ipynb.txt", "ipynb"), ("x.json", None), ("x.pyc", None), (".py", None), ("py", None), ("x.py/y.md", None),
]  # fmt: skip
STEMS = [
    ("pooling.py", "pooling", False), ("Pooling-Copy1.ipynb", "pooling", True), ("pooling - Copy.py", "pooling", True),
    ("pooling - Kopie (3).py", "pooling", True), ("pooling copy 2.py", "pooling", True), ("Copy of pooling.ipynb", "pooling", True),
    ("pooling (1).py", "pooling", False), ("pooling(12).ipynb.json", "pooling", False), ("copy.py", "copy", False),
    ("photocopy.py", "photocopy", False), ("-copy.py", "-copy", False), ("(1).py", "(1)", False),
]  # fmt: skip


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_kinds(name, kind):
    """By the suffix that the student's program gave, whatever a browser added."""
    assert find_kind(name) == kind


@pytest.mark.parametrize(("name", "text", "is_copy"), STEMS)
def test_stems(name, text, is_copy):
    """A copy is told from a numbered download."""
    found = split_stem(name)

    assert (found.text, found.is_copy) == (text, is_copy)


@trying(deadline=None)
@given(st.text(min_size=1, max_size=20))
def test_marks_never_leave_nothing(stem):
    """A name stays a name."""
    assert strip_marks(stem)
    assert fold_name(fold_name(stem)) == fold_name(stem)
