"""Zip archives that tests hand to the commands."""

import zipfile


def write_zip(path, members):
    """Writes an archive of texts, by their names in it."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
