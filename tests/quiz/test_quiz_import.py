"""Taking over quizzes from other systems: what is read, what is listed as lost, and what is refused."""

import io
import re
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from quiz_samples import key_of, quiz_of
from quiz_strategies import TRAPS

from grader.courses.course import Course
from grader.errors import UsageError
from grader.quiz.formats import gift_reader, qti12, qti12_reader, text2qti_reader
from grader.quiz.formats.draft import QuizImportError, make_question_ids, render_draft
from grader.quiz.loading import load_quiz

MOODLE_GIFT = r"""// question: 1  name: switch
$CATEGORY: $course$/top/Week 9

::Q1:: What's between orange and green in the spectrum?
{ =yellow # right; good! ~red # wrong, it's orange
  ~blue # wrong, it's green #### The order is ROYGBIV }

[html]<p>Two <b>correct</b> &amp; one wrong</p>{
~%50%one
~%50%two
~%-50%three }

Who's buried in Grant's tomb?{=no one =nobody =%40%Grant}

Grant is {~buried =entombed ~living} in Grant's tomb.

When was Ulysses S. Grant born? {#1822:1}

Between 1 and 5?{#1..5}

The sun rises in the west.{F#No.#Yes, in the east.}

Match. { =canada -> Ottawa =italy -> Rome }

Write an essay. {}

A description.

Escaped \= \{ \} \~ \# \: \\ \n end{T}
"""


def test_gift_as_moodle_documents_it():
    """Choices, weights, short answers, blanks, numbers and truth are read; matching as choices; essays and descriptions are listed."""
    draft = gift_reader.read_gift(MOODLE_GIFT, "x.gift")

    assert draft.title == "Week 9"
    assert [(q.kind, q.prompt) for q in draft.questions] == [
        ("single", "What's between orange and green in the spectrum?"),
        ("multiple", "Two correct & one wrong"),
        ("text", "Who's buried in Grant's tomb?"),
        ("single", "Grant is _____ in Grant's tomb."),
        ("numeric", "When was Ulysses S. Grant born?"),
        ("numeric", "Between 1 and 5?"),
        ("truefalse", "The sun rises in the west."),
        ("single", "Match.\ncanada"),
        ("single", "Match.\nitaly"),
        ("truefalse", "Escaped = { } ~ # : \\\n end"),
    ]
    first, two, tomb, _, born, between, sun, canada, italy, _ = draft.questions
    assert [(o.text, o.right) for o in italy.options] == [("Ottawa", False), ("Rome", True)]
    assert canada.points + italy.points == 1
    assert (first.title, first.explain) == ("Q1", "The order is ROYGBIV")
    assert [(o.text, o.right, o.feedback) for o in first.options] == [
        ("yellow", True, "right; good!"), ("red", False, "wrong, it's orange"), ("blue", False, "wrong, it's green"),
    ]  # fmt: skip
    assert ([o.right for o in two.options], two.partial) == ([True, True, False], "net-correct")
    assert tomb.correct == ["no one", "nobody"]
    assert (born.correct, born.tolerance, between.range) == (["1822"], "1", ["1", "5"])
    assert [(o.text, o.right, o.feedback) for o in sun.options] == [
        ("True", False, "No."), ("False", True, "Yes, in the east."),
    ]  # fmt: skip
    assert [re.sub(r'^line \d+ "[^"]*": ', "", text) for text in draft.lost] == [
        "<b> is kept as its text only",
        'the answer "Grant", which earns 40 %',
        "an essay, which nobody can mark but a person; the question is left out",
        "a description without a question; the question is left out",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("::Q1 no end {T}", "x.gift:1: the title isn't closed; write ::title::"),
        ("// c\n\nQ {=a\n\n~b}", "x.gift:3: the braces don't match, or a blank line stands between them"),
        ("Q }", "x.gift:1: a } without its {"),
        ("Q {#many}", 'x.gift:1: expected a number such as 27, 27:0.5 or 26..28, got "many"'),
        ("Q {nothing ~a}", "x.gift:1: options begin with"),
        ("Q \U000f0041 {T}", "x.gift: holds characters that can't be shown"),
    ],
)
def test_broken_gift_is_told_with_its_line(text, message):
    """What Moodle would refuse too is refused, with file and line."""
    with pytest.raises(QuizImportError, match=re.escape(message)):
        gift_reader.read_gift(text, "x.gift")


@pytest.mark.parametrize(
    ("answers", "lost"),
    [
        ("{=a =b ~c}", "2 options that are each right by themselves; the question is left out"),
        ("{=a ~%50%b ~c}", "options that earn a part or lose points; they count as wrong"),
        (
            "{~%80%a ~%20%b ~c}",
            "weights of options; each correct one now gives, and each wrong one takes, the same share",
        ),
        ("{=a*b}", "the wildcard * of a typed answer, now an asterisk"),
        ("{=a#Good.}", "feedback for a typed answer"),
        ("{#=1#Good.}", "feedback for a number"),
        ("{#=1 =%50%2}", "a number that earns 50 %"),
        ("{#=1:0.5 =2:0.1}", "several numbers with different tolerances; the question is left out"),
    ],
)
def test_what_our_format_cannot_say_is_listed(answers, lost):
    """No part of a GIFT question vanishes without a line."""
    assert gift_reader.read_gift(f"Q {answers}", "x.gift").lost == [f'line 1 "Q": {lost}']


TEXT2QTI = """\
Quiz title: Convolutions
Quiz description: First line
  second line
shuffle answers: true
Show correct answers: false

% a comment
COMMENT
1. Not this one
*a) no
b) no
END_COMMENT

Title: size
Points: 2.5
1.  How big is it?

    A second paragraph.
... Because.
*a) 26x26
... Yes.
b) 28x28

2. Which?
[*] one
[ ] two
[*] three

Text: Some text between.

GROUP
pick: 1
points per question: 3

3. Three?
= 27 +- 0.5

4. Range?
= [1, 3]

END_GROUP

5. Name?
* relu
* ReLU unit

6. True?
*a) True
b) False

7. Essay
___
"""


def test_text2qti_as_it_documents_itself():
    """Settings, paragraphs, comments, groups, points and every kind are read; what is lost is listed by line."""
    draft = text2qti_reader.read_text2qti(TEXT2QTI, "x.txt")

    assert (draft.title, draft.description) == ("Convolutions", "First line\nsecond line")
    assert (draft.settings, draft.pools) == ({"shuffle": {"options": "true"}}, {"pool1": 1})
    assert [(q.kind, q.points, q.pool) for q in draft.questions] == [
        ("single", 2.5, ""), ("multiple", 1.0, ""), ("numeric", 3.0, "pool1"), ("numeric", 3.0, "pool1"), ("text", 1.0, ""),
        ("truefalse", 1.0, ""),
    ]  # fmt: skip
    size, which, three, between, name, _ = draft.questions
    assert (size.title, size.prompt, size.explain) == ("size", "How big is it?\n\nA second paragraph.", "Because.")
    assert [(o.text, o.right, o.feedback) for o in size.options] == [("26x26", True, "Yes."), ("28x28", False, "")]
    assert [o.right for o in which.options] == [True, False, True]
    assert (three.correct, three.tolerance, between.range, name.correct) == (
        ["27"],
        "0.5",
        ["1", "3"],
        ["relu", "ReLU unit"],
    )
    assert [re.sub(r"^line \d+: ", "", text) for text in draft.lost] == [
        "a setting of Canvas",
        "a text between questions",
        "Canvas's partial credit; only the whole answer counts",
        "a question that only a person can mark; it is left out",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1. Q\nnonsense", 'x.txt:2: text2qti has no line such as "nonsense"; indent what goes on'),
        ("*a) first", 'x.txt:1: "right" stands before any question'),
        ("1. Q\n```{.python .run}\nimport os\n```", "x.txt:2: "),
        ("Points: none\n1. Q", 'x.txt:1: expected a number greater than 0, got "none"'),
        ("1. Q\n= many", 'x.txt:2: expected 27, 27 +- 0.5 or [26, 28], got "many"'),
        ("1. Q\n= [3, 1]", 'x.txt:2: expected 27, 27 +- 0.5 or [26, 28], got "[3, 1]"'),
    ],
)
def test_broken_text2qti_is_told_with_its_line(text, message):
    """Lines that text2qti refuses, and code that it would run, are refused with file and line."""
    with pytest.raises(QuizImportError, match=re.escape(message)):
        text2qti_reader.read_text2qti(text, "x.txt")


# QTI 1.2

QUIZ = quiz_of()
ZIP = qti12.render(QUIZ, key_of(QUIZ))
BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><questestinterop>&b;</questestinterop>'
OUTSIDE = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><questestinterop>&a;</questestinterop>'
)


def zipped(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("_", "."), data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (BOMB, "x.zip: DTDs and entities are refused"),
        (OUTSIDE, "x.zip: DTDs and entities are refused"),
        (b"<questestinterop", "x.zip: not well-formed XML"),
        (b"", "x.zip: not well-formed XML"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "x.zip: not well-formed XML"),
        (b"<quiz/>", "x.zip: expected one QTI 1.2 quiz, found no quiz"),
        (b"PK not a zip", "x.zip: not a zip archive that can be read"),
        (ZIP[: len(ZIP) // 2], "x.zip: not a zip archive that can be read"),
        (zipped(a_xml=b"<a>" + b" " * 21_000_000 + b"</a>"), "x.zip: more than 2,000 files or 20,000,000 bytes inside"),
        (zipped(a_xml=b"<questestinterop><item/></questestinterop>" * 1, b_xml=b"<questestinterop><item/></questestinterop>"),
         "x.zip: expected one QTI 1.2 quiz, found 2 quizzes; import them one by one"),
        (b" " * 20_000_001, "x.zip: larger than 20,000,000 bytes"),
    ],
)  # fmt: skip
def test_hostile_and_broken_archives_are_refused(data, message):
    """Bombs, outside entities, halves and wrong files end with one message."""
    with pytest.raises(UsageError, match=re.escape(message)):
        qti12_reader.read_qti12(data, "x.zip")


def item(kind, processing="", presentation=""):
    return (
        "<questestinterop><assessment title='T'><section><item ident='i' title='Q'><itemmetadata><qtimetadata>"
        f"<qtimetadatafield><fieldlabel>question_type</fieldlabel><fieldentry>{kind}</fieldentry></qtimetadatafield>"
        f"</qtimetadata></itemmetadata><presentation><material><mattext>Why?</mattext></material>{presentation}</presentation><resprocessing>{processing}</resprocessing>"
        "</item></section></assessment></questestinterop>"
    ).encode()


def condition(test, share=100):
    return f"<respcondition><conditionvar>{test}</conditionvar><setvar>{share}</setvar></respcondition>"


@pytest.mark.parametrize(
    ("data", "lost"),
    [
        (item("essay_question"), "essay_question, which our kinds of question don't have; it is left out"),
        (item(""), "an unknown kind, which our kinds of question don't have; it is left out"),
        (item("multiple_choice_question"), "not exactly one right option; it is left out"),
        (item("short_answer_question", condition("<varequal>a</varequal>", 50)), "answers that earn a part of the points; it is left out"),
        (item("numerical_question", condition("<vargte>1</vargte>")), "a number without its bounds; it is left out"),
        (item("numerical_question"), "several numbers with different tolerances; it is left out"),
    ],
)  # fmt: skip
def test_what_qti_says_beyond_us_is_listed(data, lost):
    """A question that can't be taken over is named with the reason, and a quiz of none is refused."""
    draft = qti12_reader.read_qti12(data, "x.xml")

    assert draft.lost == [f'question 1 "Why?": {lost}']
    with pytest.raises(QuizImportError, match="x.xml: no question that can be taken over"):
        render_draft(draft, "x", "x.xml")


def test_settings_of_canvas_are_taken_over():
    """Attempts, which counts, shuffle and time limit come from the settings file."""
    settings_ = (
        "<quiz><allowed_attempts>-1</allowed_attempts><scoring_policy>keep_latest</scoring_policy>"
        "<shuffle_answers>true</shuffle_answers><time_limit>20</time_limit></quiz>"
    )
    processing = condition("<varequal>relu</varequal>")
    draft = qti12_reader.read_qti12(
        zipped(a_xml=item("short_answer_question", processing), m_xml=settings_.encode()), "x.zip"
    )

    assert draft.settings == {"attempts": "100", "keep": "last", "shuffle": {"options": "true"}, "time_limit": "20min"}
    assert draft.lost == ["attempts without limit: 100 are allowed now"]


# From the command line


def test_an_imported_quiz_is_ready_to_mark(inside, tmp_path):
    """quiz-import writes both files into the course, lists the losses, and the answers can be marked at once."""
    for name in ("exercises", "quizzes"):
        (tmp_path / "course" / name).mkdir(parents=True)
    (tmp_path / "q.gift").write_text(MOODLE_GIFT)
    env = {"GRADE_COURSE": str(tmp_path / "course")}

    done = inside("quiz-import", "q.gift", "--id", "week9", env=env)
    assert done.returncode == 0
    assert "week9.yaml (10 questions) and" in done.stdout
    assert (
        'left out: line 25 "Write an essay.": an essay, which nobody can mark but a person; the question is left out'
        in done.stderr
    )

    assert "Shuffled the options of " in done.stderr
    quiz = load_quiz(Course(root=tmp_path / "course"), "week9")
    yellow = next(option.id for option in quiz.find_question("Q1").options if option.text == "yellow")
    (tmp_path / "a.yaml").write_text(
        f"{{schema: grade-responses/1, quiz: week9, student: s, answers: {{Q1: [{yellow}], q5: 1823}}}}"
    )
    assert inside("quiz", "week9", "--answers", "a.yaml", "-q", env=env).stdout == "week9: failed, 2/9\n"
    assert (
        "is there already; give another --id, or remove it"
        in inside("quiz-import", "q.gift", "--id", "week9", env=env).stderr
    )


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("quiz-import", "q.doc"), "grade: q.doc: which format is it? Give --format gift, text2qti or qti12"),
        (("quiz-import", "none.gift"), "grade: none.gift: can't be read: No such file or directory"),
        (("quiz-import", "bad.gift"), "grade: bad.gift:1:1: not UTF-8 text"),
        (("quiz-import", "q.gift", "--id", "../x"), "grade: --id must be letters, digits, - and _"),
        (("quiz-import", "essay.gift"), 'grade: essay.gift: no question that can be taken over\nline 1 "Q": an essay'),
        (("quiz-import", "twice.gift"), 'twice.gift as quizzes/twice.yaml:11:5: E204 question "q1" has two options with the text "a"'),
        (("quiz-import", "part.gift", "--strict"), "grade: part.gift: our format can't say all of it:\n  line 1 \"Q\": feedback"),
        (("quiz-export", "week3", "o.x", "--format", "gift", "--strict"), "grade: GIFT (Moodle) can't say all of week3:"),
        (("quiz-export", "week3", "no/o.x", "--format", "gift"), "grade: can't write no/o.x: there is no folder"),
        (("quiz-export", "week4", "o.x", "--format", "gift"), 'grade: no quiz "week4"; did you mean "week3"?'),
    ],
)  # fmt: skip
def test_wrong_usage_is_told(inside, tmp_path, args, message):
    """Each mistake ends with 2 and writes nothing."""
    (tmp_path / "q.gift").write_text("Q {T}")
    (tmp_path / "q.doc").write_text("Q {T}")
    (tmp_path / "bad.gift").write_bytes(b"\xff")
    (tmp_path / "essay.gift").write_text("Q {}")
    (tmp_path / "twice.gift").write_text("Q {=a ~a}")
    (tmp_path / "part.gift").write_text("Q {=a#Good.}")
    before = sorted(tmp_path.iterdir())

    done = inside(*args)

    assert message in done.stderr
    assert done.returncode == 2
    assert sorted(tmp_path.iterdir()) == before


def test_an_export_lists_what_is_left_out(inside, tmp_path):
    """The file is written, the losses stand on stderr, and the holder of the file is warned."""
    done = inside("quiz-export", "week3", "w.gift", "--format", "gift")

    assert done.stdout == "Wrote w.gift (GIFT (Moodle)). It holds the answers: keep it from students.\n"
    assert done.stderr.splitlines()[:3] == [
        "left out: the number of attempts", "left out: which attempt counts", "left out: the pass mark",
    ]  # fmt: skip
    assert (tmp_path / "w.gift").read_text().count("::conv-out::") == 1


def test_ids_come_from_titles_and_never_clash():
    """A title that is an id stays, others are made into one, empty ones are numbered, doubles get a number."""
    assert make_question_ids(["conv-out", "How big?", "", "conv-out", "漢字", "-x-"]) == [
        "conv-out", "How-big", "q3", "conv-out-2", "q5", "x",
    ]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(st.sampled_from([*TRAPS, "\n", "\n\n", "1. ", "*a) ", "{", "}", "= "]), st.text(max_size=5)),
        max_size=25,
    )
)
def test_any_text_is_a_draft_or_a_clean_error(pieces):
    """Readers of plain text end with a quiz or a message, whatever they get."""
    text = "".join(pieces)
    for read in (gift_reader.read_gift, text2qti_reader.read_text2qti):
        try:
            render_draft(read(text, "x"), "x", "x")
        except UsageError:
            continue


@settings(max_examples=30, deadline=None)
@given(st.integers(0, len(ZIP) - 1), st.binary(min_size=1, max_size=4))
def test_a_damaged_archive_is_a_draft_or_a_clean_error(place, noise):
    """Bytes changed anywhere in an archive never end in anything else."""
    try:
        render_draft(qti12_reader.read_qti12(ZIP[:place] + noise + ZIP[place + len(noise) :], "x.zip"), "x", "x.zip")
    except UsageError:
        return
