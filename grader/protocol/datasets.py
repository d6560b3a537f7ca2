"""What a dataset is, as its `dataset.yaml` says (schema `grade-dataset/1`), and where its files lie; holds no data."""

from __future__ import annotations

from hashlib import sha256
from math import prod
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct, json, structs

Task = Literal["classification", "binary", "regression", "sequences"]
ExampleKind = Literal["image", "row", "sequence"]
MAX_VALUES = 4_000_000_000
MAX_LENGTH = 100_000
# Single precision, in which models compute, holds every whole number below it.
MAX_TOKEN = 2**24 - 1
# As Keras's own `load_data(num_words=…)` has it.
UNKNOWN_TOKEN = 2
MAX_FEATURES = 500
SPLITS = ("train", "test")
# What most files train on: what is done beforehand is done with it.
USUAL_DATASET = "mnist"
Side = Annotated[int, Meta(ge=1, le=4096)]
Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", description="64 digits from 0 to 9 and a to f")]


class Splits(Struct, frozen=True, kw_only=True):
    """How many examples each split has."""

    train: Annotated[int, Meta(ge=2, le=10_000_000)]
    test: Annotated[int, Meta(ge=1, le=10_000_000)]


class ArrayDigests(Struct, frozen=True, kw_only=True):
    """BLAKE3 of each array's bytes; with them the arrays are decoded once per machine, and shared from a cache."""

    x_train: Digest
    y_train: Digest
    x_test: Digest
    y_test: Digest


class StudentNames(Struct, frozen=True, kw_only=True):
    """How students' files ask for a dataset.

    Args:
        keras: as a module of `keras.datasets`, whose `load_data()` gives it.
        tfds: by its name in `tensorflow_datasets`.
        files: by a file's name, with any folder before it, for `np.load`, or of a table for `pd.read_csv` and the like.
        folders: of image folders: by a folder's name, with any folder before it; `train/` and `test/` lie in it. A zip
            of this name holds the same.
        train_folders: likewise, with the training images' classes in it.
        test_folders: likewise, with the test images' classes in it.
    """

    keras: tuple[str, ...] = ()
    tfds: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    train_folders: tuple[str, ...] = ()
    test_folders: tuple[str, ...] = ()


class DatasetDescription(Struct, frozen=True, kw_only=True):
    """The file `dataset.yaml`: images of one shape or sequences of numbers with a class each, or the rows of a table with a label each.

    Args:
        shape: of one image: height and width, and 3 for colours, or nothing for grey; a table has none.
        classes: their names, in the order of the labels from 0 on; a regression has none.
        task: what a table's labels are for; or that the examples are sequences.
        length: of sequences that are padded to one length; others are lists.
        unknown: of sequences, the number in the place of those that `load_data(num_words=…)` leaves out.
        example: what one example is called.
        features: the names of a table's columns that a model may be given.
        label: the name of the column in a CSV file that a model is to predict.
        file: the archive's name beside the description: `x_train`, `y_train`, `x_test` and `y_test`, as `np.savez` writes them;
            of a table it may be a CSV file of the training rows. Without one, the images are `train/<class>/*.png` and
            `test/<class>/*.png` beside the description.
        sha256: that file's digest, or that of all images.
        test_file: beside a CSV file, the one of the test rows.
        test_sha256: that one's digest.
    """

    schema: Literal["grade-dataset/1"]
    id: str
    title: str
    licence: str
    splits: Splits
    file: str = ""
    sha256: Digest
    shape: tuple[Side, ...] = ()
    classes: tuple[str, ...] = ()
    task: Task = "classification"
    features: tuple[str, ...] = ()
    label: str = ""
    test_file: str = ""
    test_sha256: Digest | None = None
    length: Annotated[int, Meta(ge=1, le=MAX_LENGTH)] | None = None
    unknown: Annotated[int, Meta(ge=0, le=MAX_TOKEN)] = UNKNOWN_TOKEN
    example: Annotated[str, Meta(pattern="^([a-z]{2,20})?$", description="a word in small letters")] = ""
    arrays: ArrayDigests | None = None
    names: StudentNames = StudentNames()

    def __post_init__(self) -> None:
        if self.is_sequences:
            _check_sequence_form(self)
        elif self.length is not None or self.unknown != UNKNOWN_TOKEN:
            raise ValueError('"length" and "unknown" are for task: sequences')
        elif self.is_table:
            _check_table_form(self)
        elif not self.shape:
            raise ValueError('"shape" is missing: of one image; a table has "features" instead, and sequences have task: sequences')
        elif len(self.shape) not in (2, 3) or self.shape[2:] not in ((), (1,), (3,)):
            raise ValueError(f"shape must be [height, width] or [height, width, 3], got {list(self.shape)}")
        elif self.label or self.test_file or self.test_sha256 or self.task != "classification":
            raise ValueError('"label", "test_file", "test_sha256" and "task" are for tables, which have "features"')
        if self.task != "regression" and not 2 <= len(self.classes) <= 256:
            raise ValueError(f"classes must be 2 to 256 names, got {len(self.classes)}")
        if prod(self.example_shape) * (self.splits.train + self.splits.test) > MAX_VALUES:
            raise ValueError(f"the examples have more than {MAX_VALUES:,} values together")

    @property
    def is_table(self) -> bool:
        """Whether its examples are rows of numbers, with a name for each column."""
        return bool(self.features)

    @property
    def is_sequences(self) -> bool:
        """Whether its examples are whole numbers in a row, such as the words of texts."""
        return self.task == "sequences"

    @property
    def kind(self) -> ExampleKind:
        """What its examples are."""
        return "sequence" if self.is_sequences else "row" if self.is_table else "image"

    @property
    def unit(self) -> str:
        """What one example is called."""
        return self.example or self.kind

    @property
    def takes_signed_labels(self) -> bool:
        """Whether its labels may be -1 and 1 instead of 0 and 1."""
        return self.kind != "image" and len(self.classes) == 2

    @property
    def is_csv(self) -> bool:
        return self.is_table and self.file.endswith(".csv")

    @property
    def example_shape(self) -> tuple[int, ...]:
        """The shape of an image, of a row or of a padded sequence; that of a list is empty."""
        if self.is_sequences:
            return () if self.length is None else (self.length,)
        return (len(self.features),) if self.is_table else self.shape

    @property
    def channel_count(self) -> int:
        """How many channels an image has: 1 or 3."""
        return (*self.shape, 1)[2]

    @property
    def is_folders(self) -> bool:
        """Whether the images are files in folders."""
        return not self.file

    @property
    def array_shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each array of the archive."""
        splits = {"train": self.splits.train, "test": self.splits.test}
        images = {f"x_{split}": (count, *self.example_shape) for split, count in splits.items()}
        return images | {f"y_{split}": (count,) for split, count in splits.items()}


def _check_sequence_form(about: DatasetDescription) -> None:
    """Raises: ValueError: what sequences say of themselves doesn't fit together."""
    if about.shape or about.features or about.label or about.test_file or about.test_sha256 or about.arrays is not None:
        raise ValueError('task: sequences has neither "shape" nor "arrays", and nothing that a table has')
    if not about.file:
        raise ValueError('"file" is missing: sequences are an .npz archive')
    if about.names.tfds:
        raise ValueError('"tfds" is for images; students reach sequences by "files" and "keras"')


def _check_table_form(about: DatasetDescription) -> None:
    """Raises: ValueError: what a table says of itself doesn't fit together."""
    if about.shape or about.arrays is not None:
        raise ValueError('a table has "features", and neither "shape" nor "arrays"')
    if not about.file:
        raise ValueError('"file" is missing: a table is a CSV file or an .npz archive')
    if len(about.features) > MAX_FEATURES or len(set(about.features)) < len(about.features):
        raise ValueError(f"features must be 1 to {MAX_FEATURES:,} different names, got {len(about.features)}")
    if about.task == "regression" and about.classes:
        raise ValueError('"classes" is for task: classification and task: binary; a regression has none')
    if about.task == "binary" and len(about.classes) != 2:
        raise ValueError(f"task: binary has two classes, got {len(about.classes)}")
    if about.is_csv and not (about.label and about.test_file.endswith(".csv") and about.test_sha256):
        raise ValueError(
            'a CSV file needs "label", the column to predict, and "test_file" with "test_sha256", for the test rows'
        )
    if about.names.tfds:
        raise ValueError('"tfds" is for images; students reach a table by "files" and "keras"')
    if about.label in about.features:
        raise ValueError(f'the label "{about.label}" is among the features')
    if not about.is_csv and (about.label or about.test_file or about.test_sha256):
        raise ValueError('"label", "test_file" and "test_sha256" are for CSV files')


class DatasetSource(Struct, frozen=True, kw_only=True):
    """A dataset that a course brings.

    Args:
        folder: where its files lie, as an absolute path.
        held_out: the archive of the secret split, which only the trainer reads; empty where there is none, and in what a
            student process is sent.
        held_out_sha256: that archive's digest.
    """

    about: DatasetDescription
    folder: str
    held_out: str = ""
    held_out_sha256: str = ""

    @property
    def path(self) -> Path:
        return Path(self.folder) / self.about.file

    @property
    def readable(self) -> tuple[Path, ...]:
        """What of it a student process reads: the files, or the folders of images."""
        folder = Path(self.folder)
        if self.about.is_csv:
            return self.path, folder / self.about.test_file
        return tuple(folder / split for split in SPLITS) if self.about.is_folders else (self.path,)

    def hide_held_out(self) -> DatasetSource:
        """The same for a process that must not know of the secret split."""
        return structs.replace(self, held_out="", held_out_sha256="")

    @property
    def key(self) -> str:
        """What stands for its content: equal keys, equal data."""
        about = self.about
        # Of one table several columns may be the label, and the test rows are a file of their own; labels are those of classes.
        described = (about.task, about.label, about.features, about.test_sha256, about.classes, about.length)
        return ":".join((about.id, about.sha256, self.held_out_sha256, sha256(json.encode(described)).hexdigest()))


# An embedded dataset by its id, or a course's own.
DatasetRef = str | DatasetSource


def get_dataset_id(dataset: DatasetRef) -> str:
    """The id by which exercises and verdicts call a dataset."""
    return dataset if isinstance(dataset, str) else dataset.about.id


def make_dataset_key(dataset: DatasetRef) -> str:
    """What stands for the content of a dataset in a store."""
    return dataset if isinstance(dataset, str) else dataset.key
