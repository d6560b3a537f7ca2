"""Tables in every dress that Excel and LMSs give them."""

import io
import unicodedata
import zipfile
from datetime import datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st

from grader.courses import spreadsheets
from grader.errors import UsageError
from grader.gradebook import roster as rosters

ROWS = [["id", "name", "note"], ["0012", "José Núñez", 'a;b,c\t"d"'], ["13", "Łukasz Ż", "two\nlines"]]


def written(separator, newline="\r\n"):
    """A CSV with everything quoted that needs it."""
    rows = [[f'"{cell.replace(chr(34), chr(34) * 2)}"' if cell != cell.strip(';,\t\n"') or any(c in cell for c in ';,\t\n"') else cell
             for cell in row] for row in ROWS]  # fmt: skip
    return newline.join(separator.join(row) for row in rows) + newline


def workbook(rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


DRESSES = {
    "UTF-8": written(",").encode(),
    "BOM": written(",").encode("utf-8-sig"),
    "semicolons": written(";").encode(),
    "tabs in UTF-16": written("\t").encode("utf-16"),
    "UTF-16 without a mark": written("\t").encode("utf-16-le"),
    "big-endian": written(";").encode("utf-16-be"),
    "sep=": b"sep=;\r\n" + written(";").encode(),
    "sep= in UTF-16": ("sep=\t\n" + written("\t", "\n")).encode("utf-16"),
    "quoted sep=": b'"sep=;"\n' + written(";").encode(),
    "NFD": unicodedata.normalize("NFD", written(",")).encode(),
    "empty rows": b"\r\n" + written(",").replace("\r\n13", "\r\n,,\r\n13").encode(),
    "xlsx": workbook(ROWS),
}


@pytest.mark.parametrize("data", DRESSES.values(), ids=DRESSES)
def test_a_table_is_the_same_in_every_dress(data):
    """Cells with separators, quotes and line ends included."""
    assert spreadsheets.read_table(data, "t").rows == ROWS


def test_what_windows_wrote_before_utf_8_is_read():
    """cp1252 where it is no UTF-8."""
    assert spreadsheets.read_table("id,name\n1,Zoë\n".encode("cp1252"), "t").rows[1] == ["1", "Zoë"]


def test_a_workbooks_cells_are_as_a_csv_would_have_them():
    """Whole numbers without a point, times in ISO 8601."""
    table = spreadsheets.read_table(workbook([["id", None, 1.5], [12.0, datetime.fromisoformat("2026-10-01T09:00"), True]]), "t.xlsx")

    assert table.rows == [["id", "", "1.5"], ["12", "2026-10-01T09:00:00", "True"]]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"PK\x03\x04broken", "t.xlsx: not an Excel workbook that can be read"),
        (b"\xd0\xcf\x11\xe0rest", r"t.xlsx: an old Excel workbook \(.xls\); save it as .xlsx or CSV"),
        (b'a,b\n"x', r"t.xlsx: not a table \(CSV\)"),
    ],
)
def test_what_is_no_table_is_explained(data, said):
    """With what to do."""
    with pytest.raises(UsageError, match=said):
        spreadsheets.read_table(data, "t.xlsx")


def test_a_workbook_that_is_a_bomb_is_not_unpacked(monkeypatch):
    """Its sizes are added up first."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(2_000_000))
    monkeypatch.setattr(spreadsheets, "MAX_UNPACKED_BYTES", 1_000_000)
    with pytest.raises(UsageError, match="the workbook unpacks to more than 1 MB"):
        spreadsheets.read_table(out.getvalue(), "t.xlsx")


CLASSES = [
    ('sep=;\r\nid;name\r\n="0012";Ada\r\n', "0012", "ada", "Ada"),
    ("Class list of 2026,,\n,,\nStudent ID,Last name,First name\n12,Lovelace,Ada\n", "12", "Ada Lovelace", "Ada Lovelace"),
    ("OrgDefinedId,Username,Last Name,First Name,End-of-Line Indicator\n#12,#ada,Lovelace,Ada,#\n", "12", "ADA", "Ada Lovelace"),
    ('"Last Name","First Name","Username","Student ID"\n"Lovelace","Ada","ada","12"\n', "12", "ada", "Ada Lovelace"),
    ("username,first_name,last_name,email,section,github_id\nada-l,Ada,Lovelace,a@x.org,1,99\n", "ada-l", "99", "Ada Lovelace"),
    ('Student,ID,SIS Login ID\n"Lovelace, Ada",12,ada\n', "12", "Ada Lovelace", "Lovelace, Ada"),
    ("id,name\n12,Jose\u0301\n", "12", "JOSÉ", "José"),
]


@pytest.mark.parametrize(("text", "student", "asked", "name"), CLASSES)
def test_whose_class_list_it_is_doesnt_matter(text, student, asked, name):
    """Headers of each host, a title above them, ids as spreadsheets keep them."""
    found = rosters.parse_roster(text, "r.csv").find_student(asked)

    assert (found.id, found.name) == (student, name)


STRANGERS = [
    ("Ada Lovelace", "Lovelace, Ada", False), ("lovelaceada", "Lovelace, Ada", False), ("Łukasz Ż", "lukaszz", False),
    ("Bob Smith", "Robert Smith", False), ("王伟", "Wang Wei", False), ("", "Ada", False), ("Ada", "Bo Boole", True),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other", "strange"), STRANGERS)
def test_strangers(one, other, strange):
    """Only where both are written in the same letters and share no word."""
    assert rosters.are_strangers(one, other) is rosters.are_strangers(other, one) is strange


@trying(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_table_or_a_message(data):
    """A roster comes from anywhere."""
    try:
        table = spreadsheets.read_table(data, "t")
    except UsageError:
        return
    assert all(any(cell.strip() for cell in row) for row in table.rows)


@trying(deadline=None)
@given(st.text(min_size=1, max_size=12).filter(lambda name: name.strip()), st.sampled_from(["NFC", "NFD"]))
def test_a_student_is_found_however_the_name_is_composed(name, form):
    """Identity is that of composed letters, whatever the case."""
    roster = rosters._build([["id", "name"], [unicodedata.normalize("NFC", name), ""]], "r")

    assert len(roster.students) == 0 or roster.find_student(unicodedata.normalize(form, name)) is roster.students[0]
