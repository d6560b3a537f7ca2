"""Groups, banks, pictures and formulas of other systems: what is taken over, and one list of what isn't."""

import io
import zipfile

import pytest

from grader.quiz.formats import gift_reader, qti12_reader
from grader.quiz.formats.draft import read_rendered, render_draft
from grader.quiz.formats.formulas import find_formula, read_mathml
from grader.quiz.formats.plain import convert_from_html


def item(number, prompt, options=("Dense", "Flatten"), points=1):
    labels = "".join(
        f"<response_label ident='{index}'><material><mattext texttype='text/html'>{text}</mattext></material></response_label>"
        for index, text in enumerate(options)
    )
    return (
        f"<item ident='i{number}' title='Question'><itemmetadata><qtimetadata>"
        "<qtimetadatafield><fieldlabel>question_type</fieldlabel><fieldentry>multiple_choice_question</fieldentry></qtimetadatafield>"
        f"<qtimetadatafield><fieldlabel>points_possible</fieldlabel><fieldentry>{points}</fieldentry></qtimetadatafield>"
        f"</qtimetadata></itemmetadata><presentation><material><mattext texttype='text/html'>{prompt}</mattext></material>"
        f"<response_lid><render_choice>{labels}</render_choice></response_lid></presentation><resprocessing><respcondition>"
        "<conditionvar><varequal>0</varequal></conditionvar><setvar>100</setvar></respcondition></resprocessing></item>"
    )


def group(items, picked=1, points=None, bank="", title="Sizes"):
    worth = f"<selection_extension><points_per_item>{points}</points_per_item></selection_extension>" if points else ""
    source = f"<sourcebank_ref>{bank}</sourcebank_ref>" if bank else ""
    return (
        f"<section title='{title}'><selection_ordering><selection>{source}<selection_number>{picked}</selection_number>{worth}"
        f"</selection></selection_ordering>{''.join(items)}</section>"
    )


def read(*parts):
    body = "".join(parts)
    return qti12_reader.read_qti12(
        f"<questestinterop><assessment title='T'><section>{body}</section></assessment></questestinterop>".encode(), "x.xml"
    )


def test_a_groups_points_are_those_of_its_questions():
    """Three stay three, whatever the questions say by themselves."""
    draft = read(group([item(1, "a"), item(2, "b", points=5)], points="3.0"), item(3, "c"))
    quiz, _ = read_rendered(*render_draft(draft, "x", "x.xml"))

    assert [question.points for question in quiz.questions] == [3, 3, 1]
    assert [(pool.pick, pool.questions) for pool in quiz.pools] == [(1, ["q1", "q2"])]
    assert draft.lost == []


def test_a_bank_that_is_not_in_the_file_is_told():
    """And the rest is imported."""
    draft = read(group([], bank="bank_of_layers", points="2.0", title="From the bank"), item(1, "a"))

    assert [question.prompt for question in draft.questions] == ["a"]
    assert draft.lost == [
        'group "From the bank": 1 of the bank "bank_of_layers", worth 2.0 each; the bank isn\'t in the file, so they are left out'
    ]


def test_unlike_points_in_a_group_leave_the_fewer_out():
    """A draw of unlike points would be another test for each student."""
    draft = read(group([item(1, "a"), item(2, "b"), item(3, "odd one", points=4)]))
    render_draft(draft, "x", "x.xml")

    assert [question.prompt for question in draft.questions] == ["a", "b"]
    assert draft.lost == ['question "odd one": worth 4 in a group of 1; it is left out']


def test_a_group_that_asks_more_than_is_left_is_told():
    """Its picture questions are gone."""
    draft = read(group([item(1, "a"), item(2, "see &lt;img src='x.png'&gt;")], picked=2))

    assert draft.lost == [
        'question 2 "see": the picture "x.png" is part of it; it is left out',
        'group "Sizes": asks 2 questions, of which 1 could be taken over',
    ]


def test_two_groups_of_one_name_stay_two():
    """Canvas allows it."""
    draft = read(group([item(1, "a"), item(2, "b")]), group([item(3, "c"), item(4, "d")]))

    assert draft.pools == {"Sizes": 1, "Sizes-2": 1}


PICTURES = [
    item(1, "&lt;p&gt;What is it?&lt;/p&gt;&lt;img src='a%20b.png' alt='a cat'&gt;"),
    item(1, "What is it?", ("&lt;img src='a b.png'&gt;", "x")),
    item(1, "&lt;img src='https://example.org/a%20b.png'&gt;"),
]


@pytest.mark.parametrize("picture", PICTURES)
def test_a_question_with_a_picture_is_left_out_and_told(picture):
    """In the prompt, in an option, as the whole prompt; the others are imported."""
    draft = read(picture, item(2, "b"))

    assert [question.prompt for question in draft.questions] == ["b"]
    assert len(draft.lost) == 1
    assert 'the picture "a b.png" is part of it; it is left out' in draft.lost[0]


FORMULAS = [
    ({"data-equation-content": "n^2", "alt": "LaTeX: other"}, "n^2"),
    ({"class": "equation_image", "alt": "LaTeX: n-2", "src": "/x"}, "n-2"),
    ({"data-mathml": "<math><msup><mi>n</mi><mn>2</mn></msup></math>"}, "n^2"),
    ({"src": "/equation_images/n-2", "title": "n-2"}, "n-2"),
    ({"class": "equation_image", "alt": ""}, None),
    ({"src": "cat.png", "alt": "a cat"}, None),
]


@pytest.mark.parametrize(("attributes", "formula"), FORMULAS)
def test_formulas_are_told_from_pictures(attributes, formula):
    """By whatever Canvas left of them."""
    assert find_formula(attributes) == formula


MATH = [
    ("<math><mfrac><mi>a</mi><mrow><mi>b</mi><mo>+</mo><mn>1</mn></mrow></mfrac></math>", "a/(b+1)"),
    ("<math xmlns='http://www.w3.org/1998/Math/MathML'><msqrt><mi>x</mi></msqrt></math>", "√(x)"),
    ("<math><msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup></math>", "x_i^2"),
    ("<!DOCTYPE a [<!ENTITY b 'c'>]><math>&b;</math>", ""),
    ("<math><mi>", ""),
    ("<mrow>" * 5000 + "</mrow>" * 5000, ""),
]


@pytest.mark.parametrize(("text", "shown"), MATH)
def test_mathml_is_read_as_one_would_type_it(text, shown):
    """And nothing that means harm."""
    assert read_mathml(text) == shown


def test_math_within_a_text_stays_where_it_stands():
    """New Quizzes writes MathML into the text."""
    lost = []

    assert convert_from_html("<p>Is <math><mi>n</mi><mo>&lt;</mo><mn>2</mn></math>?</p>", lost.append) == "Is n<2?"
    assert convert_from_html("<img class='equation_image' alt='LaTeX: \\frac{1}{2}'>", lost.append) == "\\frac{1}{2}"
    assert lost == ['the formula "\\frac{1}{2}"']


GIFT_PICTURES = [
    r'::K::[html]<p><img src\="@@PLUGINFILE@@/a%20b.png" alt\=""></p>{=x ~y}',
    r'[html]<p>Which one?</p>{=<img src\="@@PLUGINFILE@@/a%20b.png"> ~y}',
    r"[markdown]Which one? ![a](@@PLUGINFILE@@/a%20b.png){=x ~y}",
]


@pytest.mark.parametrize("text", GIFT_PICTURES)
def test_gift_with_pictures_likewise(text):
    """The question is named by its words or its title; a picture in the feedback costs only itself."""
    other = r"Which? {=x#[html]<img src\=c.png> ~y}"
    draft = gift_reader.read_gift(f"{text}\n\n{other}\n", "x.gift")

    assert [question.prompt for question in draft.questions] == ["Which?"]
    assert 'the picture "a b.png" is part of it; the question is left out' in draft.lost[0]
    assert draft.lost[0].startswith(('line 1 "K"', 'line 1 "Which one?'))
    assert draft.lost[1] == 'line 3 "Which?": the picture "c.png" of the feedback'


def test_matching_becomes_choices_that_share_the_points():
    """One for each thing; matches without a thing are options, too."""
    draft = gift_reader.read_gift("Who? {=a -> 1 =b -> 2 =c -> 3 =-> 4}", "x.gift")

    assert [(q.prompt, [o.text for o in q.options if o.right], len(q.options)) for q in draft.questions] == [
        ("Who?\na", ["1"], 4), ("Who?\nb", ["2"], 4), ("Who?\nc", ["3"], 4)]  # fmt: skip
    assert sum(question.points for question in draft.questions) == 1
    assert gift_reader.read_gift("Who? {=a -> 1 =b -> 1}", "x.gift").questions == []


def test_strict_writes_nothing_where_anything_is_lost(tmp_path, monkeypatch, capsys):
    """Not even the other questions."""
    from grader import cli

    (tmp_path / "quizzes").mkdir()
    with zipfile.ZipFile(tmp_path / "q.zip", "w") as archive:
        body = item(1, "a") + PICTURES[1]
        archive.writestr("q.xml", f"<questestinterop><assessment title='T'><section>{body}</section></assessment></questestinterop>")
    monkeypatch.setenv("GRADE_COURSE", str(tmp_path))

    assert cli.run_command_line(["quiz-import", str(tmp_path / "q.zip"), "--id", "q", "--strict"]) == 2
    assert "a b.png" in capsys.readouterr().err
    assert list((tmp_path / "quizzes").iterdir()) == []
    assert cli.run_command_line(["quiz-import", str(tmp_path / "q.zip"), "--id", "q"]) == 0
    assert io.StringIO((tmp_path / "quizzes" / "q.yaml").read_text()).read().count("prompt:") == 1
