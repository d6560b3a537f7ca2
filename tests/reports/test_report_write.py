"""Writing a report."""

import errno
import io
import os
import resource
import stat
import sys
from pathlib import Path

import pytest

from grader.errors import Exit, GraderError, UsageError
from grader.reports.write import _explain_error, write_folder, write_text


def refusal(path, kind=UsageError, text="x"):
    with pytest.raises(kind) as caught:
        write_text(path, text)
    return str(caught.value)


def test_the_file_holds_the_text_in_utf_8_with_its_line_ends(tmp_path):
    """What is written is what was given, byte for byte, and nothing else is left in the folder."""
    write_text(tmp_path / "report.html", "é\n✓\r\n")

    assert (tmp_path / "report.html").read_bytes() == "é\n✓\r\n".encode()
    assert os.listdir(tmp_path) == ["report.html"]


def test_a_file_that_is_there_is_replaced_with_its_permissions(tmp_path):
    """The new text comes whole; who may read the file stays as it was."""
    path = tmp_path / "report.json"
    path.write_text("a much longer text than the new one")
    path.chmod(0o640)
    write_text(path, "new")

    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_new_file_has_the_usual_permissions(tmp_path):
    """A report isn't secret to its owner's group, if the umask says so."""
    write_text(tmp_path / "report.json", "new")
    (tmp_path / "plain").touch()

    assert (tmp_path / "report.json").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_link_is_followed(tmp_path):
    """The file that a link names is written; the link stays a link."""
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_text(tmp_path / "link", "x")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "x"


def test_a_device_is_written_and_not_replaced():
    """`--json /dev/null` leaves the device a device."""
    write_text(Path("/dev/null"), "x")

    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_a_dash_is_standard_output(capsysbinary):
    """UTF-8, whatever the terminal's encoding is."""
    write_text(Path("-"), "✓\n")

    assert capsysbinary.readouterr().out == "✓\n".encode()


def test_a_missing_folder_is_named_with_a_remedy(tmp_path):
    """The nearest folder's name is suggested, else the command that makes it."""
    (tmp_path / "reports").mkdir()

    assert refusal(tmp_path / "report" / "a.html").endswith(
        f'there is no folder {tmp_path}/report; did you mean "reports"?'
    )
    assert refusal(tmp_path / "out" / "deep" / "a.html").endswith(
        f"there is no folder {tmp_path}/out; make it with: mkdir -p {tmp_path}/out"
    )


def test_a_folder_is_no_file(tmp_path):
    """A folder's name gets a file's name suggested."""
    assert (
        refusal(tmp_path)
        == f"can't write {tmp_path}: it is a folder; give the name of a file in it, such as {tmp_path}/report"
    )


def test_a_file_in_the_path_is_no_folder(tmp_path):
    """A file where a folder should be is named as what it is."""
    (tmp_path / "file").touch()

    assert "a part of its path is a file, not a folder" in refusal(tmp_path / "file" / "a.html")


def test_a_name_that_is_too_long(tmp_path):
    """The system's limit on names is told in words."""
    assert "the name is too long; give a shorter one" in refusal(tmp_path / ("x" * 300))


def test_a_name_with_a_nul(tmp_path):
    """What the system can't even look up is a usage error too."""
    assert "can't write" in refusal(tmp_path / "a\0b")


@pytest.mark.skipif(not os.path.isdir("/sys/kernel"), reason="needs Linux's /sys, which takes files from nobody")
def test_no_permission():
    """Also root can't make files there; the message says what to do instead."""
    assert "give another folder" in refusal(Path("/sys/kernel/report.json"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_no_permission_for_an_ordinary_user(tmp_path):
    """A folder without write permission is refused with a remedy."""
    tmp_path.chmod(0o500)

    assert "you may not write there; give another folder" in refusal(tmp_path / "a.json")


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs Linux's /proc")
def test_a_folder_that_takes_no_files():
    """A folder that is there and yet knows no new names gets its own words."""
    assert "its folder doesn't take new files" in refusal(Path("/proc/report.json"))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk():
    """A full disk is the machine's fault, exit code 4, and says what to do; what was printed before it can't know."""
    message = refusal(Path("/dev/full"), GraderError)

    assert message == "can't write /dev/full: the disk is full; make room, or give another folder"
    assert GraderError.exit_code == Exit.FAULT


def test_a_disk_that_fills_up_leaves_the_old_file_alone(tmp_path):
    """When the system stops in the middle, the old report stays whole and no half of the new one remains."""
    path = tmp_path / "report.html"
    write_text(path, "old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        message = refusal(path, GraderError, "x" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert "the disk is full" in message
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["report.html"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_behind_standard_output(monkeypatch):
    """Redirected to a full disk, standard output isn't said to hold the verdict."""
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        message = refusal(Path("-"), GraderError)
        monkeypatch.undo()
        with pytest.raises(OSError, match="No space"):
            full.close()

    assert message == "can't write standard output: the disk is full"


def test_a_closed_pipe_is_left_to_the_command_line(monkeypatch):
    """`grade … --json - | head -1` ends quietly; that is decided above."""
    reader, writer = os.pipe()
    os.close(reader)
    raw = io.FileIO(writer, "w")
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BufferedWriter(raw)))
    try:
        with pytest.raises(BrokenPipeError):
            write_text(Path("-"), "x")
    finally:
        stream = sys.stdout
        monkeypatch.undo()
        with pytest.raises(BrokenPipeError):
            stream.close()


def test_any_other_refusal_keeps_the_systems_words():
    """What has no remedy of its own is told as the system tells it."""
    said = _explain_error(Path("a"), OSError(errno.EIO, "Input/output error"))

    assert str(said) == "can't write a: Input/output error"


def test_pages_go_into_their_folders(tmp_path):
    """Folders are made where they are missing."""
    write_folder(tmp_path / "out", {"index.html": "i", "students/ada.html": "a"})

    assert (tmp_path / "out" / "index.html").read_text() == "i"
    assert (tmp_path / "out" / "students" / "ada.html").read_text() == "a"


def test_a_folder_that_cannot_be_made(tmp_path):
    """A file in the way of a folder is refused like any other path."""
    (tmp_path / "out").touch()

    with pytest.raises(UsageError, match=r"can't write .*out: it is a file; give the name of a folder"):
        write_folder(tmp_path / "out", {"index.html": "i"})
