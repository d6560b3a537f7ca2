"""What an item analysis means, in plain words: thresholds, remarks on questions, and when figures say little."""

from __future__ import annotations

from collections.abc import Iterator

from grader.quiz.analysis import Analysis, Item

# Ebel & Frisbie (1991): below 0.2 a question needs work, from 0.3 it is reasonable, from 0.4 very good.
POOR = 0.2
# Of the points; outside, a question tells hardly anyone from anyone.
TOO_HARD, TOO_EASY = 0.2, 0.95
# An option that fewer choose isn't a distractor (Haladyna & Downing, 1993).
UNUSED = 0.05
# Nunnally (1978): 0.7 where single decisions don't hang on a score.
RELIABLE = 0.7
FEW_STUDENTS = 30
FEW_ITEMS = 10


def cautions(found: Analysis) -> Iterator[str]:
    """When the figures as a whole say little."""
    if found.students < FEW_STUDENTS:
        yield f"only {found.students} students: with fewer than {FEW_STUDENTS} these figures can be chance"
    if len(found.items) < FEW_ITEMS:
        yield f"only {len(found.items)} questions: with fewer than {FEW_ITEMS}, {found.alpha_name} is low however good they are"
    if found.alpha is None and found.students > 1:
        yield "no reliability: the questions differ between students, or all scores are equal"
    elif found.alpha is not None and found.alpha < RELIABLE and len(found.items) >= FEW_ITEMS:
        yield f"{found.alpha_name} is {found.alpha:.2f}: below {RELIABLE} scores are too uncertain to decide much by"
    for item in found.items:
        if item.asked < min(FEW_STUDENTS, found.students):
            yield f"only {item.asked} students were asked {item.question}"


def remarks(item: Item) -> Iterator[str]:
    """What to look at in a question, the gravest first."""
    if item.item_rest is not None and item.item_rest < 0:
        yield f"negative discrimination: check the key of `{item.question}`"
    elif item.item_rest is not None and item.item_rest < POOR:
        yield f"hardly tells strong from weak students ({item.item_rest:.2f}; {POOR} or more is usable)"
    if item.guess is not None and item.facility <= item.guess:
        yield f"no better than guessing ({item.facility:.0%}, guessing gives {item.guess:.0%})"
    elif item.facility < TOO_HARD:
        yield f"very hard ({item.facility:.0%})"
    elif item.facility > TOO_EASY:
        yield f"very easy ({item.facility:.0%})"
    for option in item.distractors:
        if not option.correct and option.upper > option.lower and option.share >= UNUSED:
            yield f"the wrong option `{option.option}` draws strong students more than weak ones"
    idle = [f"`{option.option}`" for option in item.distractors if not option.correct and option.share < UNUSED]
    if idle and item.facility <= TOO_EASY:
        yield f"hardly anyone chooses {', '.join(idle)}"
