"""What reports say of the rows of a table, or the sequences, that a file trains on. Judges nothing."""

from __future__ import annotations

from grader.checks.wording import format_count
from grader.records.run import DataMatch


def describe_foreign_rows(data: DataMatch, wanted: str) -> str:
    """Examples that aren't those of the dataset `wanted`, and why not, where that is known.

    >>> data = DataMatch(dataset=None, examples=600, trained_on=600, unit="row", fault="column 4 of 4 is the label, or was made from it")
    >>> describe_foreign_rows(data, "houses")
    'the 600 examples in the training are not rows of houses: column 4 of 4 is the label, or was made from it'
    """
    why = f": {data.fault}" if data.fault else ""
    return f"the {format_count(data.examples, 'example')} in the training are not {data.unit}s of {wanted}{why}"


def describe_row_remedy(data: DataMatch) -> str | None:
    """What to change first, where a table is trained on."""
    if data.dataset is None or data.unknown:
        return (
            "Give `fit` columns of the table, and no others: drop the label and the rows' numbers, and scale each column by its "
            "own mean and standard deviation, or by its range."
        )
    if data.labels_wrong:
        return "Keep the labels as the table has them, in the order of their rows: scale only the features."
    return "Give each row once in an epoch." if data.repeated else None


def describe_sequence_remedy(data: DataMatch) -> str | None:
    """What to change first, where sequences are trained on."""
    if data.dataset is None or data.unknown:
        return (
            f"Give `fit` the {data.unit}s themselves, all made in one way: `pad_sequences` with one `maxlen`, `padding` and "
            "`truncating`, and the numbers as they are, neither scaled nor numbered anew."
        )
    if data.labels_wrong:
        return f"Keep the labels as the dataset has them, in the order of their {data.unit}s."
    return f"Give each {data.unit} once in an epoch." if data.repeated else None
