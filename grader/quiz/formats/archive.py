"""Archives that other systems exchange: written the same for the same quiz, read within bounds."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

from grader.errors import UsageError

MAX_ARCHIVE_MEMBERS = 2000
MAX_ARCHIVE_BYTES = 20_000_000
ZIP_TIMESTAMP = (1980, 1, 1, 0, 0, 0)


def pack_zip(files: Mapping[str, bytes]) -> bytes:
    """A zip archive with these files; the same files give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            # Without a fixed time the same quiz would give another archive every time.
            info = zipfile.ZipInfo(name, ZIP_TIMESTAMP)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)
    return out.getvalue()


def unpack_xml_files(data: bytes, name: str) -> dict[str, bytes]:
    """The XML files of a zip archive; nothing is written to disk.

    Args:
        name: what messages call the archive.

    Raises:
        UsageError: no archive, a broken one, or one that grows beyond the bounds.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [item for item in archive.infolist() if item.filename.lower().endswith((".xml", ".qti"))]
            _check_bounds(members, name)
            return {item.filename: _read_bounded(archive, item, name) for item in members}
    except UsageError:
        raise
    except Exception as error:  # zlib, lzma and the zip reader each have errors of their own
        raise UsageError(f"{name}: not a zip archive that can be read: {error}") from error


def _check_bounds(members: Sequence[zipfile.ZipInfo], name: str) -> None:
    if len(members) > MAX_ARCHIVE_MEMBERS or sum(item.file_size for item in members) > MAX_ARCHIVE_BYTES:
        raise UsageError(f"{name}: more than {MAX_ARCHIVE_MEMBERS:,} files or {MAX_ARCHIVE_BYTES:,} bytes inside")


def _read_bounded(archive: zipfile.ZipFile, item: zipfile.ZipInfo, name: str) -> bytes:
    with archive.open(item) as file:
        # One byte more than promised shows an archive whose directory lies about the size.
        data = file.read(item.file_size + 1)
    if len(data) > item.file_size:
        raise UsageError(f"{name}: {item.filename[:60]!a} is larger than the archive says")
    return data


def render_xml(root: ET.Element) -> bytes:
    """An XML file."""
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return text + b"\n"


def add_element(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
    """A new child element."""
    element = ET.SubElement(parent, name, attributes)
    element.text = text
    return element
