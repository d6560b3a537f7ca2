"""When the names of files count as a host's, and when as one file or folder per student."""

import pytest

from grader.batch.sources.names import METADATA, is_doubtful, recognize_naming

MOODLE = "Ada Lovelace_{}_assignsubmission_file_/solution.py"


def recognize(names, around="class", **more):
    return recognize_naming(names, around, packed=True, **more)


@pytest.mark.parametrize(("hosts", "strays", "system"), [(3, 3, "moodle"), (3, 4, "plain"), (1, 9, "plain"), (1, 0, "moodle")])
def test_half_of_the_files_make_a_naming(hosts, strays, system):
    """Stray files beside a host's own are usual; one file that happens to look like a host's isn't a class."""
    names = [*(MOODLE.format(number) for number in range(hosts)), *(f"student{number}.py" for number in range(strays))]

    assert recognize(names).system == system


def test_gradescope_s_own_file_is_surer_than_any_name():
    """But where the instructor names another system, that is asked for."""
    names = [METADATA, *(MOODLE.format(number) for number in range(4))]

    assert [recognize(names).system, recognize(names, system="moodle").system] == ["gradescope", "moodle"]


@pytest.mark.parametrize(
    ("names", "root"),
    [(["ada.py"], ""), (["class/ada.py", "class/bob.py"], "class/"), (["ada/solution.py"], ""), (["one/ada.py", "bob.py"], "")],
)
def test_a_folder_around_everything_is_the_packing_s(names, root):
    """A file alone is no folder, and a folder with one file is a student's."""
    assert recognize(names).root == root


def test_a_repository_has_a_name_behind_the_assignment_s():
    """Other folders, files, and a folder that is called as the assignment belong to nobody."""
    found = recognize(["hw1-ada/solution.py", "hw1-bob/solution.py"], around="hw1-submissions")

    assert (found.system, found.find_owner("hw1-ada/solution.py").student) == ("github", "ada")
    assert [found.find_owner(name) for name in ("hw1-/solution.py", "hw1-ada", "hw2-ada/solution.py", "notes.txt")] == [None] * 4


@pytest.mark.parametrize(("name", "doubtful"), [("ada", False), ("Pooling", True), ("attempt_2", True), ("1999-12-31", True)])
def test_what_no_student_is_called_is_doubtful(name, doubtful):
    """Dates, a host's words, and the exercises' own names, each for itself."""
    assert is_doubtful(name, ["pooling"]) is doubtful
