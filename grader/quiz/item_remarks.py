"""What an author may do about the questions of a quiz: sentences on an item analysis that say no more than it shows."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from grader.quiz.analysis import ItemAnalysis, ItemStatistics
from grader.quiz.screens import format_count
from grader.reports.cohort import ConfidenceInterval

# Ebel & Frisbie (1991): below 0.2 a question needs work, from 0.3 it is reasonable, from 0.4 very good.
MIN_DISCRIMINATION = 0.2
# Of the points; outside, a question tells hardly anyone from anyone.
MIN_FACILITY, MAX_FACILITY = 0.2, 0.95
# An option that fewer choose isn't a distractor (Haladyna & Downing, 1993).
MIN_OPTION_SHARE = 0.05
# Nunnally (1978): 0.7 where single decisions don't hang on a score.
MIN_ALPHA = 0.7
MIN_STUDENTS = 30
MIN_ITEMS = 10
# With fewer, an option that nobody chose can be chance.
MIN_FOR_OPTIONS = 20


class ItemRemark(Struct, frozen=True, kw_only=True):
    """A sentence, and how grave it is: 1 the key may be wrong, 2 mend it, 3 look at it, 4 may be chance."""

    gravity: int
    text: str


def list_cautions(found: ItemAnalysis) -> Iterator[str]:
    """When the figures as a whole say little."""
    if found.students < MIN_STUDENTS:
        yield f"only {format_count(found.students, 'student')}: with fewer than {MIN_STUDENTS} these figures can be chance"
    if len(found.items) < MIN_ITEMS:
        yield f"only {format_count(len(found.items), 'question')}: with fewer than {MIN_ITEMS}, {found.alpha_name} is low however good they are"
    if found.alpha is None and found.students > 1:
        yield "no reliability: the questions differ between students, or all scores are equal"
    elif found.alpha is not None and found.alpha < MIN_ALPHA and len(found.items) >= MIN_ITEMS:
        yield f"{found.alpha_name} is {found.alpha:.2f}: below {MIN_ALPHA} scores are too uncertain to decide much by"
    for item in found.items:
        # For a small class the caution above has said it for all questions.
        if item.asked < min(MIN_STUDENTS, found.students):
            yield f"only {format_count(item.asked, 'student')} {'was' if item.asked == 1 else 'were'} asked {item.question}"


def sort_worst_first(found: ItemAnalysis) -> list[ItemStatistics]:
    """The questions, those with the gravest remark first, of equally grave ones those that tell students apart least."""

    def rank(item: ItemStatistics) -> tuple[int, float]:
        gravest = min((remark.gravity for remark in list_item_remarks(item)), default=9)
        return gravest, 0.0 if item.item_rest is None or gravest == 9 else item.item_rest

    return sorted(found.items, key=rank)


def list_item_remarks(item: ItemStatistics) -> list[ItemRemark]:
    """What to look at in a question, the gravest first."""
    if not item.answered:
        # No answer says nothing about guessing, options or the key.
        return [ItemRemark(gravity=3, text=f"nobody answered it ({item.asked} were asked)")] if item.asked else []
    found = [*_remark_discrimination(item), *_remark_difficulty(item), *_remark_options(item)]
    return sorted(found, key=lambda remark: remark.gravity)


def _remark_discrimination(item: ItemStatistics) -> Iterator[ItemRemark]:
    figure, sure = item.item_rest, item.item_rest_95
    if figure is None or figure >= MIN_DISCRIMINATION:
        return
    if sure is None:
        yield ItemRemark(gravity=4, text=f"item-rest {_format_signed(figure)}: too few students to say more")
        return
    known = f"item-rest {_format_signed(figure)}, with 95 % certainty {_format_interval(sure)}"
    if sure.high < 0:
        # A wrong key explains best that strong students get a question wrong.
        yield ItemRemark(gravity=1, text=f"negative discrimination: check the key of `{item.question}` ({known})")
    elif figure < -(sure.high - sure.low) / 4:
        # Beyond one standard error: more likely than not, and no more than that.
        yield ItemRemark(
            gravity=2,
            text=f"negative discrimination, perhaps by chance: look at the key of `{item.question}` ({known})",
        )
    elif sure.high < MIN_DISCRIMINATION:
        yield ItemRemark(
            gravity=2, text=f"hardly tells strong from weak students ({known}; {MIN_DISCRIMINATION} or more is usable)"
        )
    else:
        yield ItemRemark(
            gravity=4,
            text=f"may tell strong from weak students or not: {item.asked} students are too few to know ({known})",
        )


def _remark_difficulty(item: ItemStatistics) -> Iterator[ItemRemark]:
    blank = item.asked - item.answered
    if 2 * blank > item.asked:
        yield ItemRemark(gravity=3, text=f"{blank} of {item.asked} gave no answer")
    tried, sure = item.answered_facility, item.facility_95
    share = f"{item.facility:.0%}" + (f", with 95 % certainty {sure.low:.0%} to {sure.high:.0%}" if sure else "")
    if item.guess is not None and tried is not None and tried <= item.guess:
        few = item.answered < MIN_STUDENTS
        text = f"no better than guessing ({tried:.0%} of the points among {item.answered} who answered; guessing gives {item.guess:.0%})"
        yield ItemRemark(gravity=4 if few else 2, text="as yet " * few + text)
    elif item.facility < MIN_FACILITY:
        yield _remark_extreme("very hard", share, certain=sure is None or sure.high < MIN_FACILITY)
    elif item.facility > MAX_FACILITY:
        yield _remark_extreme("very easy", share, certain=sure is None or sure.low > MAX_FACILITY)


def _remark_extreme(word: str, share: str, *, certain: bool) -> ItemRemark:
    return ItemRemark(gravity=3 if certain else 4, text=f"{word} ({share})" if certain else f"seems {word} ({share})")


def _remark_options(item: ItemStatistics) -> Iterator[ItemRemark]:
    # Both together hardly happen with a right key.
    doubtful = item.item_rest_95 is not None and item.item_rest_95.high < MIN_DISCRIMINATION
    for option in item.distractors:
        if not option.correct and option.rest is not None and option.rest.low > 0:
            text = f"the wrong option `{option.option}` draws strong students more than weak ones"
            yield ItemRemark(gravity=1 if doubtful else 2, text=text + ": is it the right one?" * doubtful)
    idle = [
        f"`{option.option}`" for option in item.distractors if not option.correct and option.share < MIN_OPTION_SHARE
    ]
    # In a question that all get right no wrong option can be popular.
    if idle and item.facility <= MAX_FACILITY and item.answered >= MIN_FOR_OPTIONS:
        yield ItemRemark(gravity=4, text=f"hardly anyone chooses {', '.join(idle)}")


def _format_interval(sure: ConfidenceInterval) -> str:
    return f"from {_format_signed(sure.low)} to {_format_signed(sure.high)}"


def _format_signed(figure: float) -> str:
    return f"{figure:.2f}".replace("-", "−").replace("−0.00", "0.00")
