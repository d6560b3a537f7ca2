"""`cases.npz`: the fixed cases with what is right, for those who have no reference; written and read here alone.

It holds arrays and one text in JSON; it is never unpickled.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from grader.protocol.calls import Prepare
from grader.protocol.values import Array, UnreadableValue, ValueEncoder, decode_value
from grader.referee.cases import Case

INDEX_NAME = "index"
MAX_FILE_BYTES = 50_000_000
ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # so that the same cases give the same file


class BadCasesFile(Exception):
    """`cases.npz` can't be read, or belongs to another `exercise.yaml`."""


def describe_origin(prepare: Prepare) -> str:
    """What the fixed cases follow from, as text."""
    # What changes no case, such as a tolerance, may change without making the file anew.
    wanted = {"function": prepare.function, "arguments": prepare.arguments, "seed": prepare.seed,
              "asked": [{"id": one.id, "cases": one.cases, "random": one.random} for one in prepare.asked]}  # fmt: skip
    return msgspec.json.encode(wanted, order="sorted").decode()


def pack_cases(cases: Sequence[Case], prepare: Prepare) -> bytes:
    """The file's content."""
    seal, entries = ValueEncoder(), []
    for case in cases:
        values = []
        for value in (*case.arguments, case.expected):
            # Each value has an encoder of its own, and so the full bounds; `first` says where its arrays begin.
            one = ValueEncoder()
            sealed = one.encode_value(value)
            values.append({"value": sealed, "first": len(seal.arrays)})
            seal.arrays += one.arrays
        entries.append({"owner": case.owner, "values": values})
    index = json.dumps({"made_from": describe_origin(prepare), "cases": entries}, separators=(",", ":"))
    arrays = {
        INDEX_NAME: np.frombuffer(index.encode(), np.uint8),
        **{f"a{i}": one for i, one in enumerate(seal.arrays)},
    }
    return _pack_arrays(arrays)


def _pack_arrays(arrays: dict[str, Array]) -> bytes:
    """As `np.savez_compressed`, without the time of day in it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, array, allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content.getvalue())
    return file.getvalue()


def read_cases(path: Path, prepare: Prepare) -> list[Case]:
    """The shipped cases.

    Raises:
        BadCasesFile: missing, damaged, too large, or made from another `exercise.yaml`.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise BadCasesFile(f"the file is larger than {MAX_FILE_BYTES:,} bytes")
        # The file comes with the course and isn't trusted to run code.
        with np.load(path, allow_pickle=False) as content:
            index = json.loads(content[INDEX_NAME].tobytes())
            arrays = [content[f"a{number}"] for number in range(len(content.files) - 1)]
        cases = [_build_case(entry, arrays) for entry in index["cases"]]
    except FileNotFoundError as error:
        raise BadCasesFile(
            "the file is missing; `grade selfcheck --write-cases` makes it, where the reference is"
        ) from error
    except (
        OSError,
        EOFError,
        ValueError,
        KeyError,
        TypeError,
        zipfile.BadZipFile,
        zlib.error,
        UnreadableValue,
    ) as error:
        raise BadCasesFile(f"the file is damaged ({type(error).__name__}: {error})") from error
    # Cases of an earlier version would judge by answers that no longer hold.
    if index.get("made_from") != describe_origin(prepare):
        raise BadCasesFile(
            "the file was made from another exercise.yaml; `grade selfcheck --write-cases` makes it anew"
        )
    return cases


def _build_case(entry: dict[str, Any], arrays: list[Array]) -> Case:
    values = [decode_value(each["value"], arrays[each["first"] :]) for each in entry["values"]]
    return Case(owner=str(entry["owner"]), arguments=tuple(values[:-1])).fill_expected(values[-1])
