"""Checks the CSV files of a dataset that is a table against its description."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from grader.courses.yaml_nodes import Problems, YamlNode
from grader.protocol.datasets import DatasetDescription
from grader.protocol.table_files import TableFault, read_table

TABLE_PATTERN = re.compile(r"[\w-][\w.-]{0,99}\.csv", re.ASCII)


def check_tables(about: DatasetDescription, folder: Path, tree: YamlNode, problems: Problems) -> None:
    """Both files lie beside the description, are the ones that it means, and hold a number in each of its cells."""
    if about.file == about.test_file:
        problems.add(tree.find_nearest("test_file"), f"the training rows are in {about.file} already")
        return
    for key, digest, rows in (("file", "sha256", about.splits.train), ("test_file", "test_sha256", about.splits.test)):
        name, node = getattr(about, key), tree.find_nearest(key)
        path = folder / name
        if not TABLE_PATTERN.fullmatch(name):
            problems.add(node, f'"{name}" is no name of a .csv file beside dataset.yaml')
        elif path.is_symlink() or not path.is_file():
            problems.add(node, f"there is no file {name} beside dataset.yaml")
        elif (found := hashlib.sha256(data := path.read_bytes()).hexdigest()) != getattr(about, digest):
            words = f"{name} is another file; if it is the one that you mean, write {digest}: {found}"
            problems.add(tree.find_nearest(digest), words)
        else:
            try:
                read_table(data, about, rows)
            except TableFault as fault:
                problems.add(node, f"{name}: {fault}")
