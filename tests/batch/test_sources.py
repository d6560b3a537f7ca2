import io
import os
import stat
import struct
import tarfile
import zipfile
from datetime import UTC, datetime

import pytest

from grader.batch import sources
from grader.batch.sources import archive, budgets
from grader.errors import UsageError

PY = b"def train_mnist():\n    pass\n"
METADATA = b"""---
submission_101:
  :submitters:
  - :name: Ada Lovelace
    :sid: s1
    :email: ada@example.org
  :created_at: !ruby/object:ActiveSupport::TimeWithZone 2026-10-01 10:11:12.123456789 Z
  :results: &1
    - tests: [1, 2]
submission_102:
  :submitters:
  - :name: Bob
    :email: bob@example.org
  - :name: Cy
    :sid: s3
  :created_at: 2026-10-02 10:11:12 +0200
  :results: *1
"""


def zipped(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in files.items() if isinstance(files, dict) else files:
            archive.writestr(name, data)
    return path


def tarred(path, members, mode="w:gz"):
    with tarfile.open(path, mode) as archive:
        for member in members:
            name, data, fields = (*member, {})[:3]
            info = tarfile.TarInfo(name)
            info.size = len(data)
            for key, value in fields.items():
                setattr(info, key, value)
            archive.addfile(info, io.BytesIO(data))
    return path


def laid(folder, files):
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def who(found):
    return {each.student: [name.rpartition("/")[2] for name in each.names] for each in found}


PLAIN = {
    "one file per student": ({"ada.py": PY, "bob.ipynb": b"{}", "notes.txt": b""}, {"ada": ["ada.py"], "bob": ["bob.ipynb"]}),
    "one folder per student": (
        {"ada/exercise1.py": PY, "ada/exercise2.py": PY, "bob/report.docx": b"", "bob/.venv/x.py": PY},
        {"ada": ["exercise1.py", "exercise2.py"], "bob": []},
    ),
}
SYSTEMS = {
    "canvas": (
        {"lovelaceada_LATE_12_345_sol.py": PY, "byronbob_13_346_a_b-1.py": PY, "byronbob_13_347_text.html": b""},
        {"12": ["lovelaceada_LATE_12_345_sol.py"], "13": ["byronbob_13_346_a_b-1.py"]},
    ),
    "moodle": (
        {
            "Ada Lovelace_12_assignsubmission_file_/x.py": PY,
            "Bob_B_13_assignsubmission_file_/deep/y.py": PY,
            "Bob_B_13_assignsubmission_onlinetext_/onlinetext.html": b"",
        },
        {"12": ["x.py"], "13": ["y.py"]},
    ),
    "moodle without folders": ({"Ada L_12_assignsubmission_file_x.py": PY}, {"12": ["Ada L_12_assignsubmission_file_x.py"]}),
    "gradescope": (
        {
            "assignment_9_export/submission_metadata.yml": METADATA,
            "assignment_9_export/submission_101/a.py": PY,
            "assignment_9_export/submission_102/b.py": PY,
        },
        {"s1": ["a.py"], "bob@example.org": ["b.py"], "s3": ["b.py"]},
    ),
    "classroom": (
        {"exercise1-submissions/exercise1-ada-l/a.py": PY, "exercise1-submissions/exercise1-bob/b.py": PY},
        {"ada-l": ["a.py"], "bob": ["b.py"]},
    ),
    "repositories": (
        {"x-1-al/a.py": PY, "x-1-al/.git/HEAD": b"", "x-1-alan/b.py": PY, "x-1-alan/.github/w.yml": b""},
        {"al": ["a.py"], "alan": ["b.py"]},
    ),
}


@pytest.mark.parametrize(("files", "expected"), (PLAIN | SYSTEMS).values(), ids=PLAIN | SYSTEMS)
@pytest.mark.parametrize("form", ["zip", "tar", "folder"])
def test_each_way_of_handing_in_is_recognised(tmp_path, form, files, expected):
    """The same students and files, packed or not."""
    place = tmp_path / "all"
    if form == "zip":
        place = zipped(tmp_path / "all.zip", files)
    elif form == "tar":
        place = tarred(tmp_path / "all.tar.gz", list(files.items()))
    else:
        laid(place, files)
    with sources.read_submissions(place) as found:
        assert who(found) == expected
        assert found.problems == ()
        assert all(path.is_file() for each in found for path in each.files)
        unpacked = found.unpacked

    assert unpacked is None or not unpacked.exists()


def test_what_a_system_says_beside_the_file_is_kept(tmp_path):
    """Canvas's LATE, Moodle's names, Gradescope's names and times; in groups each has handed in."""
    canvas = sources.read_submissions(zipped(tmp_path / "c.zip", SYSTEMS["canvas"][0]))
    moodle = sources.read_submissions(zipped(tmp_path / "m.zip", SYSTEMS["moodle"][0]))
    gradescope = sources.read_submissions(laid(tmp_path / "g", SYSTEMS["gradescope"][0]))

    assert [(each.student, each.name, each.late) for each in canvas] == [("12", "lovelaceada", True), ("13", "byronbob", False)]
    assert [(each.student, each.name) for each in moodle] == [("12", "Ada Lovelace"), ("13", "Bob_B")]
    assert [(each.name, each.submitted_at) for each in gradescope] == [
        ("Bob", datetime(2026, 10, 2, 8, 11, 12, tzinfo=UTC)),
        ("Ada Lovelace", datetime(2026, 10, 1, 10, 11, 12, tzinfo=UTC)),
        ("Cy", datetime(2026, 10, 2, 8, 11, 12, tzinfo=UTC)),
    ]


@pytest.mark.parametrize("data", [b"[", b"a: [" * 5000, b"a: " + b"[" * 200_000, b"\xff\xfe\x00\xd8", b""])
def test_broken_metadata_leaves_the_folders_names(tmp_path, data):
    """Nobody's work is lost for it."""
    files = {"submission_metadata.yml": data, "submission_7/a.py": PY}
    found = sources.read_submissions(laid(tmp_path / "g", files))

    assert who(found) == {"submission_7": ["a.py"]}
    assert all("students are named after their folders" in sentence for sentence in found.unread)
    assert found.problems == ()


def test_folders_around_are_looked_through(tmp_path):
    """One that packing has made, and what macOS adds; but one student's own folder is theirs."""
    around = {"hw3/ada.py": PY, "hw3/bob.py": PY, "__MACOSX/hw3/._ada.py": b"", "hw3/.DS_Store": b""}

    assert who(sources.read_submissions(zipped(tmp_path / "x.zip", around))) == {"ada": ["ada.py"], "bob": ["bob.py"]}
    assert who(sources.read_submissions(zipped(tmp_path / "hw3.zip", {"hw3/ada.py": PY}))) == {"ada": ["ada.py"]}
    assert who(sources.read_submissions(zipped(tmp_path / "y.zip", {"ada/sol.py": PY}))) == {"ada": ["sol.py"]}


BAD_NAMES = {
    "../../evil.py": "its name leads out of the archive",
    "/etc/evil.py": "its name leads out of the archive",
    "ada/..\\..\\evil.py": "its name leads out of the archive",
    "C:\\evil.py": "its name leads out of the archive",
    "ada/\x1b[2J.py": "its name has control characters",
    "ada/" + "x" * 300 + ".py": "its name is too long",
    "a/" * 30 + "x.py": "more than 20 folders deep",
}


@pytest.mark.parametrize(("name", "said"), BAD_NAMES.items(), ids=range(len(BAD_NAMES)))
@pytest.mark.parametrize("form", ["zip", "tar"])
def test_a_name_that_means_harm_is_refused_and_the_others_go_on(tmp_path, form, name, said):
    """Nothing is written outside, and the message can't steer a terminal."""
    files = [(name, PY), ("bob.py", PY)]
    place = zipped(tmp_path / "a.zip", files) if form == "zip" else tarred(tmp_path / "a.tar", files, "w")
    with sources.read_submissions(place) as found:
        assert who(found) == {"bob": ["bob.py"]}
        assert len(found.problems) == 1
        assert said in found.problems[0]
        assert "\x1b" not in found.problems[0]
        assert {path.name for path in found.unpacked.rglob("*") if path.is_file()} == {"bob.py"}


def test_links_and_devices_are_refused(tmp_path):
    """In a zip, in a tar, and in a folder."""
    link = zipfile.ZipInfo("ada.py")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    linked = zipped(tmp_path / "a.zip", [(link, b"/etc/passwd"), ("bob.py", PY)])
    kinds = {tarfile.SYMTYPE: "sym.py", tarfile.LNKTYPE: "hard.py", tarfile.CHRTYPE: "dev.py", tarfile.FIFOTYPE: "fifo.py"}
    members = [(name, b"", {"type": kind, "linkname": "/etc/passwd"}) for kind, name in kinds.items()]
    folder = laid(tmp_path / "f", {"bob.py": PY})
    (folder / "ada.py").symlink_to("/etc/passwd")
    (folder / "dir").symlink_to("/etc")
    os.mkfifo(folder / "fifo.py")

    for place, count in ((linked, 1), (tarred(tmp_path / "a.tgz", [*members, ("bob.py", PY)]), 4), (folder, 3)):
        with sources.read_submissions(place) as found:
            assert who(found) == {"bob": ["bob.py"]}
            assert len(found.problems) == count
            assert all("it is a link or a device, not a file" in problem for problem in found.problems)


def test_names_that_are_the_same_on_some_disk_are_refused_both(tmp_path):
    """Which of the two counts, nobody could say."""
    with pytest.warns(UserWarning, match="Duplicate name"):
        place = zipped(tmp_path / "a.zip", [("ada/X.py", PY), ("ada/x.py", b""), ("bob.py", PY), ("cy.py", PY), ("cy.py", b"")])
    with sources.read_submissions(place) as found:
        assert who(found) == {"bob": ["bob.py"]}
        assert [problem.partition(":")[0] for problem in found.problems] == ["ada/X.py", "ada/x.py", "cy.py", "cy.py"]
        assert "another file has the same name, or one that differs in letter case" in found.problems[0]


def test_students_whose_names_differ_in_case_are_refused(tmp_path):
    """An LMS's table would take them for one."""
    found = sources.read_submissions(laid(tmp_path / "f", {"Ada/x.py": PY, "ada/y.py": PY, "bob/z.py": PY}))

    assert who(found) == {"bob": ["z.py"]}
    assert found.problems == ('"Ada" and "ada": names that differ only in letter case, blanks or marks that aren\'t seen; rename one',)


def test_an_encrypted_file_and_a_damaged_one_are_named(tmp_path):
    """The others are graded."""
    place = zipped(tmp_path / "a.zip", {"ada.py": PY, "bob.py": PY * 50, "cy.py": PY})
    data = bytearray(place.read_bytes())
    first, second = data.index(b"PK\x01\x02"), data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 1)
    struct.pack_into("<H", data, first + 8, 1)
    start = struct.unpack_from("<I", data, second + 42)[0]
    data[start + 36 : start + 46] = b"\xff" * 10
    place.write_bytes(bytes(data))
    with sources.read_submissions(place) as found:
        assert who(found) == {"cy": ["cy.py"]}
        assert found.problems[0] == "ada.py: it is encrypted; hand it in without a password"
        assert found.problems[1].startswith("bob.py: it is damaged in the archive (")


def test_names_that_are_not_utf_8_are_refused_and_unmarked_utf_8_is_read(tmp_path):
    """Many programs write UTF-8 into a zip without saying so."""
    place = zipped(tmp_path / "a.zip", {"sXXren.py": PY, "xYYY.py": PY, "bob.py": PY})
    place.write_bytes(place.read_bytes().replace(b"sXXren", "sören".encode()).replace(b"xYYY", b"x\x81\xb0\xb1"))
    folder = laid(tmp_path / "f", {"bob.py": PY})
    with open(os.fsencode(folder) + b"/x\xff.py", "wb"):
        pass

    assert sources.read_submissions(folder).problems == ("x\\udcff.py: its name is not UTF-8; rename it",)
    with sources.read_submissions(place) as found:
        assert who(found) == {"sören": ["sören.py"], "bob": ["bob.py"]}
        assert [problem.rpartition(": ")[2] for problem in found.problems] == ["its name is neither UTF-8 nor of Windows; rename it"]


def test_bombs_are_refused_before_they_go_off(tmp_path):
    """A file beyond what is graded is named; an archive beyond all measure isn't read to its end."""
    big = zipped(tmp_path / "big.zip", {"ada.py": bytes(50_000_001), "bob.py": PY})
    with sources.read_submissions(big) as found:
        assert who(found) == {"bob": ["bob.py"]}
        assert found.problems == ("ada.py: it is larger than 50 MB",)


def test_who_hands_in_too_much_is_refused_by_name(tmp_path, monkeypatch):
    """However small the archive is; the rest of the class is read, and nothing of theirs was unpacked."""
    monkeypatch.setattr(budgets, "MAX_BYTES", 1_000_000)  # with the true limit, packing the bombs takes seconds
    bombs = {f"mallory/n{number}.ipynb": bytes(400_000) for number in range(6)}
    for place in (
        zipped(tmp_path / "a.zip", {"ada/s.py": PY, "bob.py": PY, **bombs}),
        tarred(tmp_path / "b.tar.gz", [("ada/s.py", PY), *bombs.items(), ("bob.py", PY)]),
    ):
        with sources.read_submissions(place) as found:
            assert who(found) == {"ada": ["s.py"], "bob": ["bob.py"]}
            assert found.problems == ("mallory: 2 MB of files; at most 1 MB of one student are unpacked",)
            assert sum(path.stat().st_size for path in found.unpacked.rglob("*") if path.is_file()) < 1000


def test_files_that_are_not_unpacked_count_for_no_size(tmp_path, monkeypatch):
    """A data set beside the solution takes no room here."""
    monkeypatch.setattr(budgets, "MAX_BYTES", 1_000_000)
    monkeypatch.setattr(archive, "MAX_MEMBER_BYTES", 1_000_000)
    place = tarred(tmp_path / "a.tgz", [("ada/s.py", PY), ("ada/data.bin", bytes(2_000_000))])

    with sources.read_submissions(place) as found:
        assert who(found) == {"ada": ["s.py"]}
        assert found.problems == ()


@pytest.mark.parametrize("kind", ["zip", "tgz", "folder"])
def test_who_hands_in_too_many_files_is_refused_by_name(tmp_path, monkeypatch, kind):
    """The number that is looked at is lowered, so that the test needs no 50,000 files."""
    monkeypatch.setattr(budgets, "MAX_FILES", 20)
    files = {"ada.py": PY, "bob/s.py": PY} | {f"mallory/{number}.txt": b"" for number in range(21)}
    place = {
        "zip": lambda: zipped(tmp_path / "a.zip", files),
        "tgz": lambda: tarred(tmp_path / "a.tgz", files.items()),
        "folder": lambda: laid(tmp_path / "f", files),
    }[kind]()

    with sources.read_submissions(place) as found:
        assert who(found) == {"ada": ["ada.py"], "bob": ["s.py"]}
        assert found.problems == ("mallory: 21 files; at most 20 of one student are looked at",)


def test_of_a_class_with_too_much_those_with_the_most_are_left_out(tmp_path, monkeypatch):
    """So many that the rest fits."""
    monkeypatch.setattr(budgets, "MAX_CLASS_BYTES", 100_000)
    place = zipped(tmp_path / "a.zip", {f"{name}.py": b"#" * size for name, size in zip("abcd", (9_000, 60_000, 50_000, 40_000), strict=True)})

    with sources.read_submissions(place) as found:
        assert sorted(who(found)) == ["a", "c", "d"]
        assert [problem.partition(":")[0] for problem in found.problems] == ["b"]


def test_more_than_any_class_hands_in_is_refused(tmp_path, monkeypatch):
    """As a whole: a number of files, and a packed stream that doesn't end."""
    monkeypatch.setattr(archive, "MAX_MEMBERS", 3)
    for place in (zipped(tmp_path / "a.zip", {f"{n}.py": PY for n in range(4)}), tarred(tmp_path / "a.tgz", [(f"{n}.py", PY) for n in range(4)])):
        with pytest.raises(UsageError, match="holds more than 3 files"):
            sources.read_submissions(place)
    monkeypatch.setattr(archive, "MAX_STREAM", 1_000_000)
    with pytest.raises(UsageError, match="unpacks to more than"):
        sources.read_submissions(tarred(tmp_path / "b.tgz", [("ada.bin", bytes(2_000_000))]))


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tar.xz"])
@pytest.mark.parametrize("data", [b"", b"no archive at all" * 100, b"\x1f\x8b\x08broken", b"PK\x03\x04broken"])
def test_what_is_no_archive_is_said_to_be_none(tmp_path, name, data):
    """Whatever the reader makes of it."""
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UsageError, match="not an archive that can be read|no submissions in it"):
        sources.read_submissions(tmp_path / name)


def test_a_cut_archive_is_told(tmp_path):
    """Half a download."""
    place = tarred(tmp_path / "a.tgz", [(f"{number}.py", os.urandom(4000)) for number in range(20)])
    place.write_bytes(place.read_bytes()[:40_000])
    with pytest.raises(UsageError, match=r"not an archive that can be read \(.*\); download it again"):
        sources.read_submissions(place)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nothing", "no such file or folder"),
        ("a.rar", "archives of this kind can't be read; pack it again as .zip"),
        ("a.doc", r"expected a folder, an archive \(.zip, .tar, .*\) or a table \(.csv\) of students and files"),
        ("empty", "no submissions in it"),
    ],
)
def test_a_place_without_submissions_is_explained(tmp_path, name, said):
    """Where, and what is expected."""
    (tmp_path / "a.rar").write_bytes(b"")
    (tmp_path / "a.doc").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=said):
        sources.read_submissions(tmp_path / name)
