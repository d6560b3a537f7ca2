"""Images in folders, as arrays and as files that every program reads alike; what isn't a described image is refused."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

from grader.errors import GraderError
from grader.protocol.datasets import SPLITS, DatasetDescription, DatasetSource
from grader.protocol.image_trees import (
    ImageFile,
    compute_tree_digest,
    is_plain,
    iter_image_files,
    read_image_header,
)


def decode_image_folders(source: DatasetSource) -> dict[str, Any]:
    """`x_train`, `y_train`, `x_test` and `y_test`, as uint8.

    Raises:
        GraderError: the images aren't those that the description means.
    """
    files = list(iter_image_files(source.about, source.path))
    contents = [(file.name, _read_image(source, file)) for file in files]
    if compute_tree_digest(contents) != source.about.sha256:
        raise GraderError(
            f'{source.path}: the images of the dataset "{source.about.id}" have changed; check its sha256'
        )
    arrays: dict[str, Any] = {}
    for split in SPLITS:
        chosen = [(file, data) for file, (_, data) in zip(files, contents, strict=True) if file.split == split]
        images = [_decode_image(source.about, file.name, data) for file, data in chosen]
        arrays[f"x_{split}"] = np.stack(images).reshape(-1, *source.about.shape)
        arrays[f"y_{split}"] = np.array([file.label for file, _ in chosen], np.uint8)
    for key, shape in source.about.array_shapes.items():
        if arrays[key].shape != shape:
            raise GraderError(f"{source.path}: {key} has the shape {arrays[key].shape}, not {shape}")
    return arrays


def iter_student_files(source: DatasetSource, split: str) -> Iterator[tuple[str, bytes]]:
    """A split's images as files, by `<class>/<name>`: as they are, or as PNG where programs would differ.

    Raises:
        GraderError: an image can't be read.
    """
    for file in iter_image_files(source.about, source.path):
        if file.split == split:
            data = _read_image(source, file)
            header = read_image_header(data)
            if header is None or not is_plain(header, source.about):
                data = _encode_png(_decode_image(source.about, file.name, data))
            yield file.name.removeprefix(f"{split}/"), data


def _read_image(source: DatasetSource, file: ImageFile) -> bytes:
    try:
        return (source.path / file.name).read_bytes()
    except OSError as error:
        raise GraderError(f"{source.path / file.name} can't be read: {error.strerror}") from error


def _decode_image(about: DatasetDescription, name: str, data: bytes) -> Any:
    """The pixels, of shape (height, width) or (height, width, 3)."""
    height, width = about.shape[:2]
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as image:
            # Before a pixel is decoded: a small file may hold a huge image.
            if image.size != (width, height):
                raise GraderError(f"{name} has {image.size[1]} × {image.size[0]} pixels, not {height} × {width}")
            return np.asarray(image.convert("RGB" if about.channel_count == 3 else "L"), np.uint8)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise GraderError(f"{name} can't be decoded: {error}") from error


def _encode_png(pixels: Any) -> bytes:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG", compress_level=1)
    return content.getvalue()
