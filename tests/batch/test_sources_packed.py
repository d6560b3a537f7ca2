"""What is packed, and by whom: archives in archives, Windows' and macOS's names, and whose files nobody can tell."""

import contextlib
import io
import tarfile
import tempfile
import unicodedata
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st

from grader.batch import sources
from grader.batch.assign import assign_all, choose_in_folder
from grader.batch.sources.members import SourceFile, refuse_collisions
from grader.checks import loading
from grader.courses.course import Course
from grader.errors import UsageError

PY = b"def train_mnist():\n    pass\n"
COURSE = Course(root=Path(__file__).resolve().parents[2])


def packed(files):
    """A zip's bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarred(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zipped(path, files):
    path.write_bytes(packed(files))
    return path


def laid(folder, files):
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def who(found):
    return {each.student: list(each.own) for each in found}


NESTED = {
    "ada/homework.zip": packed({"work/a.py": PY, "__MACOSX/work/._a.py": b"x", "Icon\r": b""}),
    "bo.tar.gz": tarred({"b.py": PY, "more.zip": packed({"c.py": PY})}),
    "lone.zip": packed({"notes.txt": b""}),
}


@pytest.mark.parametrize("form", ["zip", "folder"])
def test_archives_within_are_opened_under_their_students(tmp_path, form):
    """In an archive and in a folder, packed twice, and one without anything to grade."""
    place = zipped(tmp_path / "all.zip", NESTED) if form == "zip" else laid(tmp_path / "all", NESTED)
    with sources.read_submissions(place) as found:
        assert who(found) == {"ada": ["homework.zip/work/a.py"], "bo": ["b.py", "more.zip/c.py"], "lone": []}
        assert found.problems == ()
        assert all(path.read_bytes() == PY for each in found for path in each.files)
        unpacked = found.unpacked
    assert not unpacked.exists()


def test_a_bad_archive_within_costs_nobody_else(tmp_path):
    """A bomb, a damaged one, one too deep, names that lead out: each is named."""
    deep = packed({"x.py": PY})
    for _ in range(4):
        deep = packed({"x.zip": deep})
    files = {
        "ada/bomb.zip": packed({f"{number}.py": bytes(40_000_000) for number in range(3)}),
        "bo/cut.zip": packed({"x.py": PY * 100})[:-60],
        "cy/deep.zip": deep,
        "dee/out.zip": packed({"../../x.py": PY}),
        "eve/x.py": PY,
    }
    with sources.read_submissions(zipped(tmp_path / "all.zip", files)) as found:
        assert {each.student for each in found if each.files} == {"eve"}
        assert [problem.partition(": ")[0] for problem in found.problems] == [
            "ada/bomb.zip", "bo/cut.zip", "cy/deep.zip/x.zip/x.zip/x.zip", "dee/out.zip"]  # fmt: skip
        assert "120 MB of files; at most 100 MB of one student are unpacked" in found.problems[0]
        assert "not an archive that can be read" in found.problems[1]
        assert "its name leads out of the archive" in found.problems[3]


def test_one_archive_around_another_is_looked_through(tmp_path):
    """As a download of a download."""
    inner = packed({"lovelaceada_1001_10001_x.py": PY, "boolebo_1002_10002_y.py": PY})

    assert who(sources.read_submissions(zipped(tmp_path / "d.zip", {"submissions.zip": inner}))) == {"1001": ["x.py"], "1002": ["y.py"]}


def raw_names(path, names):
    """A zip whose names are these bytes, without a word on their encoding."""
    marks = {f"{number:0{len(name)}}": name for number, name in enumerate(names)}
    data = packed(dict.fromkeys(marks, PY))
    for mark, name in marks.items():
        data = data.replace(mark.encode(), name)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("name", "student"),
    [("Jos\u00e9", "José"), ("Zo\u00eb", "Zoë"), ("G\u00fcnther", "Günther"), ("\u00c5sa", "Åsa")],
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp437", "cp1252"])
def test_names_without_an_encoding_are_read(tmp_path, name, student, encoding):
    """UTF-8 where it is, else what Windows writes; with its backslashes."""
    place = raw_names(tmp_path / "w.zip", [f"{name}\\work.py".encode(encoding), b"bo\\work.py"])

    assert who(sources.read_submissions(place)) == {student: ["work.py"], "bo": ["work.py"]}


def test_every_attempt_of_a_host_is_kept_in_the_order_of_time(tmp_path):
    """Whatever order the names have."""
    files = {
        "1-2 - Ada L - Sep 30, 2026 1015 AM/x.py": PY,
        "1-2 - Ada L - Oct 1, 2026 940 PM/x.py": PY + b"#",
        "3-2 - Bo B - Oct 1, 2026 800 AM/x.py": PY,
    }
    (tmp_path / "r.csv").write_text("OrgDefinedId,Username,Last Name,First Name,End-of-Line Indicator\n#3,#ada,L,Ada,#\n#9,#bo,B,Bo,#\n")
    found = sources.read_submissions(zipped(tmp_path / "d.zip", files), tmp_path / "r.csv")

    assert [(each.student, each.handed_in) for each in found] == [
        ("3", datetime.fromisoformat("2026-09-30T10:15")), ("3", datetime.fromisoformat("2026-10-01T21:40")), ("9", datetime.fromisoformat("2026-10-01T08:00")),
    ]  # fmt: skip


UNKNOWN = [
    ["Homework_ada_yritys_2026-09-30-10-15-00_x.py", "Homework_bo_yritys_2026-09-30-10-15-00_x.py"],
    ["12345 - 67890 - Ada.py", "12346 - 67891 - Bo.py"],
    ["train_mnist.py", "exercise1.py"],
    ["exercise1.ipynb"],
]


@pytest.mark.parametrize("names", UNKNOWN)
def test_whose_files_nobody_can_tell_is_asked(tmp_path, names):
    """With their names, and nobody is made of them; unless the caller says that they are students."""
    place = laid(tmp_path / "f", dict.fromkeys(names, PY))
    taken = sources.names_taken([loading.load_exercise(COURSE, "exercise1")])
    with pytest.raises(UsageError, match="whose files are these") as caught:
        sources.read_submissions(place, taken=taken)

    assert all(name in str(caught.value) for name in names)
    assert len(sources.read_submissions(place, taken=taken, naming="plain")) == len(names)


def test_a_few_doubtful_names_are_told_and_the_others_graded(tmp_path):
    """A host's file among one's own."""
    found = sources.read_submissions(laid(tmp_path / "f", {"ada.py": PY, "bo.py": PY, "HW_cy_attempt_2026-09-30-10-15-00.py": PY}))

    assert who(found) == {"ada": ["ada.py"], "bo": ["bo.py"]}
    assert found.problems == ("HW_cy_attempt_2026-09-30-10-15-00.py: its name doesn't tell whose it is; name it STUDENT.py or STUDENT/…",)


def test_the_id_of_another_person_in_the_roster_is_told(tmp_path):
    """Moodle's participant 12 is not whom the university calls 12; nobody gets the other's grade."""
    (tmp_path / "r.csv").write_text("id,name\n12,Bo Boole\n13,Cy Young\n")
    files = {"Ada Lovelace_12_assignsubmission_file_/x.py": PY, "C. Young_13_assignsubmission_file_/x.py": PY}
    found = sources.read_submissions(zipped(tmp_path / "m.zip", files), tmp_path / "r.csv")

    assert who(found) == {"12": [], "13": ["x.py"]}
    assert found.problems == (
        "Ada Lovelace_12_assignsubmission_file_/x.py: Ada Lovelace has the id of Bo Boole in the roster",
    )


def test_the_batch_and_the_bundle_choose_the_same_file(tmp_path):
    """By one rule: exact names, copies, suffixes, packed ones."""
    exercise = loading.load_exercise(COURSE, "exercise1")
    students = {
        "ada": {"EXERCISE1.PY": PY},
        "bo": {"x.ipynb.json": b"{}", "notes.md": b""},
        "cy": {"homework.zip": packed({"work/exercise1.py": PY, "work/extra.py": b"x = 1"})},
        "dee": {"exercise1.ipynb": b"{}", "exercise1-Copy1.ipynb": b"{}"},
        "eve": {"exercise1.py": PY, ".ipynb_checkpoints/exercise1-checkpoint.py": b"x"},
        "fay": {"exercise1.py": PY, "exercise1 (1).py": PY},
        "gus": {"a.py": PY, "b.py": b"x = 1"},
    }
    everything = {f"{student}/{name}": data for student, files in students.items() for name, data in files.items()}
    jobs, doubts = assign_all(sources.read_submissions(laid(tmp_path / "all", everything)), [exercise])
    batch = {job.student: job.path.name for job in jobs}
    bundle = {}
    for student in students:
        (tmp_path / "space" / student).mkdir(parents=True)
        with contextlib.suppress(UsageError):
            bundle[student] = choose_in_folder(tmp_path / "all" / student, exercise, tmp_path / "space" / student).name

    assert batch == bundle == {
        "ada": "EXERCISE1.PY", "bo": "x.ipynb.json", "cy": "exercise1.py", "dee": "exercise1.ipynb",
        "eve": "exercise1.py", "gus": "a.py"}  # fmt: skip
    assert doubts == ["fay: which of fay/exercise1 (1).py, fay/exercise1.py is for exercise1? Leave one"]


NAMES = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="/\\"), min_size=1, max_size=8)


@trying(deadline=None)
@given(st.lists(NAMES, max_size=8, unique=True), st.sampled_from(["NFC", "NFD"]))
def test_names_that_are_one_after_folding_are_told_all_of_them(names, form):
    """No member is lost and none is taken for another."""
    members = [SourceFile(name=unicodedata.normalize(form, name), path=Path("x")) for name in names]
    found = list(refuse_collisions(members))
    kept = [each.name for each in found if isinstance(each, SourceFile)]
    folded = [unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()) for name in kept]

    assert len(found) == len(members)
    assert len(set(folded)) == len(folded)
    told = [member.name for member in members if member.name not in kept]
    everyone = [unicodedata.normalize("NFC", unicodedata.normalize("NFC", member.name).casefold()) for member in members]
    assert all(everyone.count(unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())) > 1 for name in told)


@trying(deadline=None, max_examples=40)
@given(st.lists(NAMES.filter(lambda name: not name.startswith(".") and len(name.encode()) < 60), max_size=5, unique=True))
def test_any_names_in_an_archive_give_students_or_sentences(names):
    """Each file is somebody's, or named; no two students look the same."""
    with tempfile.TemporaryDirectory() as folder:
        files = {f"{name}/x.py": PY for name in names} | {"zz-last/x.py": PY}
        with sources.read_submissions(zipped(Path(folder) / "a.zip", files), naming="plain") as found:
            students = [each.student for each in found]

    assert len({unicodedata.normalize("NFC", name).casefold() for name in students}) == len(students)
    assert len(students) + sum(problem.count(" and ") + 1 for problem in found.problems) >= len(files)
    assert "zz-last" in students
