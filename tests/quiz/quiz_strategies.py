"""Random quizzes with their keys for property tests; texts are full of what other formats give a meaning."""

from hypothesis import strategies as st

from grader.quiz import loading
from grader.quiz.formats.draft import DraftOption, DraftQuestion, QuizDraft, read_rendered, render_draft

# What GIFT, XML, HTML, Markdown, YAML and spreadsheets would take for theirs.
TRAPS = [
    "~", "=", "#", "{", "}", ":", "\\", "\\n", "%50%", "%", "[html]", "->", "//", "####", "::", "&amp;", "<b>", "<", ">", "&",
    "]]>", "'", '"', "*", "$x$", "- ", "null", "1e-3", "TRUE", "é", "漢字", "😀", " ", "a", "b c", "T", "F#x", "{}", "=1+1", "$CATEGORY",
]  # fmt: skip
PIECES = st.lists(
    st.one_of(st.sampled_from(TRAPS), st.text("abcxyz 0123", min_size=1, max_size=6)), min_size=1, max_size=6
)


def lines(pieces):
    """A text as authors write it: no space at its ends or doubled, since HTML and GIFT show those as one."""
    return " ".join("".join(pieces).split())


TEXT = PIECES.map(lines).filter(lambda text: text.strip(" ."))
MULTI = st.lists(TEXT, min_size=1, max_size=3).map("\n".join)
SAID = st.one_of(st.just(""), TEXT)
NUMBER = st.decimals(-1000, 1000, places=2, allow_nan=False, allow_infinity=False).map(lambda value: format(value, "f"))


@st.composite
def choices(draw, several):
    texts = draw(st.lists(TEXT, min_size=2, max_size=5, unique_by=loading.normalize_option_text))
    right = draw(st.sets(st.sampled_from(range(len(texts))), min_size=1, max_size=len(texts) if several else 1))
    return [DraftOption(text=text, right=index in right, feedback=draw(SAID)) for index, text in enumerate(texts)]


@st.composite
def questions(draw):
    kind = draw(st.sampled_from(["single", "multiple", "truefalse", "numeric", "text"]))
    fields = {
        "kind": kind,
        "prompt": draw(MULTI),
        "explain": draw(SAID),
        "points": draw(st.sampled_from([1.0, 2.5, 3.0])),
    }
    if kind in ("single", "multiple"):
        fields |= {
            "options": draw(choices(kind == "multiple")),
            "partial": "net-correct" if kind == "multiple" else "off",
        }
    elif kind == "truefalse":
        right = draw(st.booleans())
        fields["options"] = [
            DraftOption(text=text, right=right == (text == "True"), feedback=draw(SAID)) for text in ("True", "False")
        ]
    elif kind == "text":
        fields["correct"] = draw(st.lists(TEXT, min_size=1, max_size=3, unique=True))
    elif draw(st.booleans()):
        fields |= {"correct": [draw(NUMBER)], "tolerance": draw(st.sampled_from(["", "0.5", "1%"]))}
    else:
        fields["range"] = sorted([draw(NUMBER), draw(NUMBER)], key=float)
    return DraftQuestion(**fields)


@st.composite
def quizzes(draw, size=3):
    """A quiz and its answers, loaded from files as an author would write them."""
    draft = QuizDraft(
        title=draw(TEXT), questions=draw(st.lists(questions(), min_size=1, max_size=size)), description=draw(SAID)
    )
    return read_rendered(*render_draft(draft, "random", "random"))


def content(quiz, solutions, *, points=True):
    """What marking and students see of a quiz, without names that formats may change."""
    return [
        (
            question.kind, question.prompt, question.points if points else 1.0, question.partial,
            [(option.text, option.id in solved.options) for option in question.options],
            solved.options if question.kind == "truefalse" else None,
            [(interval.low, interval.high) for interval in solved.numbers], solved.texts, solved.answer.explain,
            [solved.answer.feedback.get(option.id, "") for option in question.choices],
        )
        for question in quiz.questions
        for solved in [solutions[question.id]]
    ]  # fmt: skip
