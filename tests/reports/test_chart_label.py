"""Where the words beside the line to cross are."""

import pytest

from grader.records.verdict import LineToCross, TrainingRecord
from grader.reports.chart import build_chart
from grader.reports.chart_label import place_label

EDGES = (52, 388, 190)
SHORT = "line to cross: 99.8 %"


def place(points, line_y=60.0, text=SHORT):
    found = place_label(text, line_y, [points], EDGES)
    return found.anchor, found.y > line_y


def test_a_free_place_is_taken():
    """Above the line on the left where nothing is; else where the curve doesn't run, also between its points."""
    assert place([]) == ("start", False)
    assert place([(64.0, 180.0), (376.0, 66.0)]) == ("start", False)
    assert place([(64.0, 50.0), (120.0, 50.0), (376.0, 55.0)]) == ("start", True)
    assert place([(64.0, 50.0), (190.0, 120.0), (376.0, 180.0)]) == ("end", False)
    assert place([(64.0, 20.0), (64.1, 180.0), (376.0, 180.0)]) == ("end", False)  # a steep one
    assert place([(64.0, 180.0), (120.0, 20.0), (376.0, 20.0)]) == ("end", False)


def test_a_missing_figure_is_no_curve():
    """As in the drawing, which has a gap there."""
    assert place([(64.0, 50.0), (120.0, float("nan")), (376.0, 180.0)]) == ("start", False)


def test_a_label_stays_in_the_chart():
    """Below the lowest line there is no room; where every place is taken, the words stay where they are looked for."""
    assert place([(64.0, 170.0), (376.0, 170.0)], line_y=178.0) == ("start", False)
    assert place([(64.0, 55.0), (220.0, 64.0), (221.0, 20.0), (222.0, 180.0), (376.0, 57.0)])[0] in {"start", "end"}


@pytest.mark.parametrize("figures", [[0.9, 0.997, 0.9985], [0.9990, 0.9991, 0.9992], [0.5], [0.999, 0.2, 0.999]])
def test_a_chart_says_where_its_label_is(figures):
    """And has none without a line."""
    record = TrainingRecord(epochs=[{"epoch": float(i), "accuracy": each} for i, each in enumerate(figures)], stopped_by="epochs", examples=1, seed=0)
    chart = build_chart(record, LineToCross(metric="accuracy", above=0.998))

    assert 10 < chart.label_place.y < 190
    assert build_chart(record, None).label_place is None
