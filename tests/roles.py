"""Which of the running processes is what."""

import psutil


def role(process):
    """`trainer`, `nursery of trainers`, `nursery of students`, or nothing, of a process that may just have ended."""
    words = _words(process)
    if "grader.trainer" in words:
        return "trainer"
    if "grader.trainer.nursery" in words:
        return "trainer" if _is_copy(process, words) else "nursery of trainers"
    return "nursery of students" if "grader.student.nursery" in words and not _is_copy(process, words) else ""


def _is_copy(process, words):
    """A copy has the words of its parent, and keeps them when the parent ends."""
    try:
        parent = process.parent()
    except psutil.NoSuchProcess:
        return False
    return parent is None or parent.pid == 1 or _words(parent) == words


def _words(process):
    try:
        return process.cmdline()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return []
