"""Which image each example is, once it is known how the examples were made."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.trainer.match.canonical import UNKNOWN, CanonicalImages, build_mask_index, has_black_ground, hash_masks
from grader.trainer.match.masks import InkSignature, build_signature
from grader.trainer.match.preprocessing import MIN_SHARE, Preprocessing, iter_chunks

Array = npt.NDArray[Any]
MAX_CANDIDATES = 8


def locate_images(x: Array, labels: Array, canon: CanonicalImages, preparation: Preprocessing) -> Array:
    """For each example the number of its image, or -1: int32 of shape (n,)."""
    source = np.full(len(x), UNKNOWN, np.int32)
    # Most orders keep the images in place, and a plain comparison is far faster than a search.
    for offset in (0, canon.train_count):
        _match_in_order(x, source, canon, preparation, offset)
    _match_by_ink(x, source, canon, preparation)
    _resolve_twins(source, labels, canon, preparation)
    return source


def _match_in_order(x: Array, source: Array, canon: CanonicalImages, preparation: Preprocessing, offset: int) -> None:
    """Examples that stand where they stand in the dataset; given up where the beginning doesn't."""
    for part, rows in enumerate(iter_chunks(x)):
        rows = rows[(rows + offset < len(canon.labels)) & (source[rows] == UNKNOWN)]  # noqa: PLW2901
        if len(rows):
            whole = slice(rows[0], rows[-1] + 1) if rows[-1] - rows[0] + 1 == len(rows) else rows
            # A slice is a view; picking by numbers would copy.
            places = rows + offset if whole is rows else slice(rows[0] + offset, rows[-1] + offset + 1)
            held = preparation.match_examples(x[whole], canon.pick_planes(places))
            source[rows[held]] = rows[held] + offset
            if part == 0 and held.mean() < MIN_SHARE:
                return


def _match_by_ink(x: Array, source: Array, canon: CanonicalImages, preparation: Preprocessing) -> None:
    """Examples that stand anywhere: found by their ink, then compared."""
    if (source != UNKNOWN).all():
        return
    signature = _build_signature(canon, preparation)
    known = build_mask_index(canon.source, signature.index_key)
    for rows in iter_chunks(x):
        rows = rows[source[rows] == UNKNOWN]  # noqa: PLW2901
        if len(rows) == 0:
            continue
        examples = x[rows]
        first, count = known.find_images(hash_masks(signature.masks(preparation.layout.split_planes(examples)[0])))
        # Several images may share one mask, so each candidate is compared pixel by pixel.
        for attempt in range(MAX_CANDIDATES):
            open_ = np.flatnonzero((count > attempt) & (source[rows] == UNKNOWN))
            if len(open_) == 0:
                break
            at = known.order[first[open_] + attempt]
            held = preparation.match_examples(examples[open_], canon.pick_planes(at))
            source[rows[open_[held]]] = at[held]


def _build_signature(canon: CanonicalImages, preparation: Preprocessing) -> InkSignature:
    return build_signature(preparation.tones[0], black_ground=has_black_ground(canon.source))


def _resolve_twins(source: Array, labels: Array, canon: CanonicalImages, preparation: Preprocessing) -> None:
    """Of images that are equal, or were made so, each example gets one of its own, by label if it can."""
    used, counts = np.unique(source[source != UNKNOWN], return_counts=True)
    if len(used) == 0 or counts.max() == 1:
        return
    twins = _find_twins(canon, preparation)
    # The first image of a group stands for all of its rows, whichever twin the search met.
    free = {image: images for images in twins for image in images}
    rows_of: dict[int, list[int]] = defaultdict(list)
    for row in np.flatnonzero(np.isin(source, np.fromiter(free, np.int32, len(free)))):
        rows_of[free[int(source[row])][0]].append(int(row))
    for images in twins:
        _pick_distinct_images(rows_of[images[0]], images, source, labels, canon)


def _pick_distinct_images(
    rows: list[int], images: list[int], source: Array, labels: Array, canon: CanonicalImages
) -> None:
    """Each row keeps its image if the label agrees and nobody has it, else takes a free one with its label."""
    free, waiting = dict.fromkeys(images), []
    for row in rows:
        own = int(source[row])
        if own in free and canon.labels[own] == labels[row]:
            del free[own]
        else:
            waiting.append(row)
    pools: dict[int, list[int]] = defaultdict(list)
    for image in reversed(free):  # training images are taken before test images
        pools[int(canon.labels[image])].append(image)
    any_of = {int(canon.labels[image]): image for image in images}
    for row in waiting:
        # Nobody can tell equal images apart, so the student is given the one that fits the label.
        label = int(labels[row])
        source[row] = pools[label].pop() if pools[label] else any_of.get(label, source[row])


def _find_twins(canon: CanonicalImages, preparation: Preprocessing) -> list[list[int]]:
    """Groups of images that are equal after the change."""
    groups: dict[bytes, list[int]] = defaultdict(list)
    known = build_mask_index(canon.source, _build_signature(canon, preparation).index_key)
    same = np.concatenate([[False], known.keys[1:] == known.keys[:-1]])
    for image in known.order[same | np.append(same[1:], False)].tolist():
        content = preparation.apply_to_planes(canon.pick_planes(slice(image, image + 1)))
        groups[hashlib.blake2b(b"".join(plane.tobytes() for plane in content), digest_size=16).digest()].append(image)
    return [images for images in groups.values() if len(images) > 1]
