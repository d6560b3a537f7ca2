"""Exports read by other people's programs: text2qti, moodle-xml-parser, onyx2moodle and, where npm is there, gift-pegjs."""

import html
import io
import json
import os
import re
import subprocess
import zipfile
from collections import Counter
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from moodle_xml_parser import parser as moodle_parser
from onyx2moodle.classifier import classify
from onyx2moodle.parser import parse_item
from quiz_places import REPOSITORY
from quiz_samples import key_of, quiz_of
from quiz_strategies import quizzes
from real_parts import find_program, require
from text2qti.config import Config
from text2qti.qti import QTI
from text2qti.quiz import Quiz as Theirs

from grader.courses.course import Course
from grader.quiz import key, loading
from grader.quiz.formats import gift, jupyterquiz, moodle, qti12, qti12_reader, qti21, text2qti_reader
from grader.quiz.formats.draft import read_rendered, render_draft
from grader.quiz.formats.losses import QuizExportError, list_losses

COURSE = Course(root=REPOSITORY)
PAIRS = {
    "week2": (loading.load_quiz(COURSE, "week2"), key.load_key(COURSE, loading.load_quiz(COURSE, "week2"))),
    "week3": (loading.load_quiz(COURSE, "week3"), key.load_key(COURSE, loading.load_quiz(COURSE, "week3"))),
    "kinds": (quiz_of(), key_of(quiz_of())),
}
EACH = pytest.mark.parametrize("name", list(PAIRS))


def opened(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {item: archive.read(item) for item in archive.namelist() if not item.endswith("/")}


# QTI 1.2 against text2qti


def as_text2qti(quiz, solutions):
    """The same quiz in text2qti's plain text."""
    out = [f"Quiz title: {quiz.title}", "Show correct answers: false"]
    out += ["Shuffle answers: true"] if quiz.shuffle.options else []
    for number, question in enumerate(quiz.questions, 1):
        solved = solutions[question.id]
        out += ["", f"Title: {question.id}", f"Points: {question.points:g}", f"{number}.  {question.prompt}"]
        out += [f"... {solved.answer.explain}"] if solved.answer.explain else []
        for place, option in enumerate(question.choices):
            right = option.id in solved.options
            star = "*" if right else ""
            many = f"[{star or ' '}] {option.text}"
            out.append(many if question.kind == "multiple" else f"{star}{chr(97 + place)}) {option.text}")
            out += [f"... {solved.answer.feedback[option.id]}"] if option.id in solved.answer.feedback else []
        if question.kind == "numeric":
            out.append(f"= {solved.answer.correct[0]} +- {solved.answer.tolerance}")
        elif not question.choices:
            out += [f"* {text}" for text in qti12.list_accepted_texts(question, solved)]
    return "\n".join(out)


def outline(data):
    """A tree as nested lists, with identifiers replaced by the order in which they come."""
    seen = {}

    def text(value):
        plain = (value or "").strip()
        if re.fullmatch(r"-?\d+\.\d+|-?\d+", plain):
            return float(plain)
        plain = re.sub(
            r"(?:text2qti_|grade\.)[\w.-]+?(?=_fb$|,|/|\.xml|$)",
            lambda m: f"<{seen.setdefault(m[0], len(seen))}>",
            plain,
        )
        plain = html.unescape(plain).replace("…", "...")
        return re.sub("[‘’]", "'", plain)

    def tree(element):
        tag = element.tag.rpartition("}")[2]
        attributes = {name.rpartition("}")[2]: text(value) for name, value in element.attrib.items()}
        return [tag, sorted(attributes.items()), text(element.text), [tree(child) for child in element]]

    return tree(ET.fromstring(data))


@EACH
def test_qti12_has_the_structure_of_text2qtis(name):
    """The assessment, the settings and the manifest's resources equal text2qti's for the same quiz.

    But for one setting: text2qti hides all results along with the correct answers, we hide only the latter.
    """
    quiz, solutions = PAIRS[name]
    quiz = loading.msgspec.structs.replace(quiz, attempts=1)
    ours = opened(qti12.render(quiz, solutions))
    stream = io.BytesIO()
    QTI(Theirs(as_text2qti(quiz, solutions), config=Config())).write(stream)
    theirs = {
        path: data.replace(b"<hide_results>always</hide_results>", b"<hide_results></hide_results>")
        for path, data in opened(stream.getvalue()).items()
    }

    def one(files, part):
        return outline(next(data for path, data in files.items() if part(path)))

    for part in (
        lambda path: path.endswith("meta.xml"),
        lambda path: path.endswith(".xml") and "/" in path and not path.endswith("meta.xml"),
    ):
        assert one(ours, part) == one(theirs, part)
    resources = [one(files, lambda path: path == "imsmanifest.xml")[3][2] for files in (ours, theirs)]
    assert resources[0] == resources[1]


def test_text2qtis_archive_and_its_plain_text_give_the_same_questions():
    """Our readers of the two forms agree on prompts, options, right ones, points, explanations and feedback."""
    quiz, solutions = PAIRS["week3"]
    source = as_text2qti(quiz, solutions)
    stream = io.BytesIO()
    QTI(Theirs(source, config=Config())).write(stream)

    from_text = text2qti_reader.read_text2qti(source, "x.txt").questions
    from_archive = qti12_reader.read_qti12(stream.getvalue(), "x.zip").questions

    def plain(question):
        said = [(option.text, option.right, option.feedback) for option in question.options]
        return re.sub("[‘’]", "'", json.dumps([question.prompt, question.explain, said], ensure_ascii=False))

    assert [plain(question) for question in from_archive] == [plain(question) for question in from_text]


POOLED = (
    "schema: grade-quiz/1\nid: p\ntitle: P\ntime_limit: 20min\nshuffle: {questions: true}\nquestions:\n"
    + "".join(f"  - {{id: q{number}, kind: truefalse, prompt: Q{number}?, points: 2}}\n" for number in range(4))
    + "pools: [{id: some, pick: 1, questions: [q1, q3]}]\n"
)
POOLED_KEY = "schema: grade-key/1\nquiz: p\nquiz_digest: DIGEST\nanswers:\n" + "".join(
    f"  q{number}: {{correct: [true]}}\n" for number in range(4)
)


def test_a_pool_is_a_section_from_which_canvas_draws():
    """The pool's questions stand in a section of their own; the settings count only what is picked; minutes are whole."""
    quiz = quiz_of(POOLED)
    files = opened(qti12.render(quiz, key_of(quiz, POOLED_KEY)))
    root = ET.fromstring(files["grade.p.assessment/grade.p.assessment.xml"])
    space = {"q": "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"}
    section = root.find(".//q:section/q:section", space)

    assert section.findtext(".//q:selection_number", namespaces=space) == "1"
    assert section.findtext(".//q:points_per_item", namespaces=space) == "2"
    assert [item.get("title") for item in section.findall("q:item", space)] == ["q1", "q3"]
    assert [item.get("title") for item in root.findall(".//q:assessment/q:section/q:item", space)] == ["q0", "q2"]
    settings_ = files["grade.p.assessment/assessment_meta.xml"].decode()
    assert "<points_possible>6.0</points_possible>" in settings_
    assert "<time_limit>20</time_limit>" in settings_


def test_a_pool_comes_back_from_qti12():
    """Our reader makes a pool of it again, with the same number to pick, and keeps the time limit."""
    quiz = quiz_of(POOLED)
    draft = qti12_reader.read_qti12(qti12.render(quiz, key_of(quiz, POOLED_KEY)), "x.zip")
    again, _ = read_rendered(*render_draft(draft, "p", "x.zip"))

    assert [(pool.id, pool.pick, pool.questions) for pool in again.pools] == [("some", 1, ["q1", "q3"])]
    assert again.time_limit == quiz.time_limit


def test_a_pool_is_a_selection_in_qti21():
    """The test draws one of the pool's items, shuffles its questions and ends after the time limit in seconds."""
    quiz = quiz_of(POOLED)
    root = ET.fromstring(opened(qti21.render(quiz, key_of(quiz, POOLED_KEY)))["test.xml"])
    space = {"q": "http://www.imsglobal.org/xsd/imsqti_v2p1"}
    inner = root.find(".//q:assessmentSection/q:assessmentSection", space)

    assert inner.find("q:selection", space).get("select") == "1"
    assert [item.get("identifier") for item in inner.findall("q:assessmentItemRef", space)] == ["q_q1", "q_q3"]
    assert root.find("q:testPart/q:assessmentSection/q:ordering", space).get("shuffle") == "true"
    assert root.find("q:timeLimits", space).get("maxTime") == "1200"


# Moodle XML


@EACH
def test_moodle_xml_parser_reads_the_same_choices(name):
    """Texts, fractions, feedback, points and settings of every choice question come out as they went in."""
    quiz, solutions = PAIRS[name]
    found = moodle_parser.parse_bytes(moodle.render(quiz, solutions))["multichoice"]
    wanted = [question for question in quiz.questions if question.kind in ("single", "multiple")]

    assert len(found) == len(wanted)
    for theirs, ours in zip(found, wanted, strict=True):
        solved = solutions[ours.id]
        assert (theirs.name, theirs.text_pre_parse, theirs.default_grade) == (ours.id, ours.prompt, ours.points)
        assert (theirs.single, theirs.shuffle_answers) == (ours.kind == "single", quiz.shuffle.options)
        assert theirs.general_feedback == solved.answer.explain
        assert [option.answer for option in theirs.options] == [option.text for option in ours.options]
        assert [option.score_fraction > 0 for option in theirs.options] == [
            o.id in solved.options for o in ours.options
        ]
        assert [option.feedback for option in theirs.options] == [
            solved.answer.feedback.get(o.id, "") for o in ours.options
        ]


@settings(max_examples=20, deadline=None)
@given(quizzes())
def test_moodle_xml_parser_reads_any_text(pair):
    """Whatever the texts hold, the peer sees the prompt and the options as they are."""
    quiz, solutions = pair
    found = moodle_parser.parse_bytes(moodle.render(quiz, solutions))["multichoice"]
    wanted = [question for question in quiz.questions if question.kind in ("single", "multiple")]

    assert [theirs.text_pre_parse for theirs in found] == [ours.prompt.replace("\n", "<br>") for ours in wanted]
    assert [[option.answer for option in theirs.options] for theirs in found] == [
        [o.text for o in q.options] for q in wanted
    ]


def test_moodle_fractions_are_of_its_list():
    """Three correct options are 33.33333 % each; seven 14.28571 %; eleven can't be said and are an error."""
    for count, share in ((3, "33.33333"), (7, "14.28571")):
        quiz, solutions = many(count)
        text = moodle.render(quiz, solutions).decode()
        assert Counter(re.findall(r'fraction="([^"]+)"', text)) == {share: count, f"-{share}": 1}
    with pytest.raises(
        QuizExportError, match='question "many" has 11 correct options; Moodle has no fraction for 1/11'
    ):
        moodle.render(*many(11))
    with pytest.raises(QuizExportError, match="no fraction for 1/11"):
        gift.render(*many(11))


def many(count):
    """A question with so many correct options and a wrong one."""
    options = ", ".join(f"{{id: o{number}, text: T{number}}}" for number in range(count + 1))
    quiz = quiz_of(
        "schema: grade-quiz/1\nid: m\ntitle: M\nquestions:\n"
        f"  - {{id: many, kind: multiple, partial: net-correct, prompt: Many?, options: [{options}]}}\n"
    )
    correct = ", ".join(f"o{number}" for number in range(count))
    return quiz, key_of(
        quiz, f"schema: grade-key/1\nquiz: m\nquiz_digest: DIGEST\nanswers: {{many: {{correct: [{correct}]}}}}\n"
    )


# GIFT


@pytest.fixture(scope="session")
def pegjs(tmp_path_factory):
    """Reads GIFT by gift-pegjs; skipped where npm or its registry isn't there, but not in CI."""
    require("npm")
    npm, node = find_program("npm"), find_program("node")
    folder = tmp_path_factory.mktemp("npm")
    (folder / "package.json").write_text("{}")
    command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "gift-pegjs@1.0.2"]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=60, check=False)
    if done.returncode and os.environ.get("CI") != "true":
        pytest.skip("gift-pegjs can't be installed")
    assert done.returncode == 0, done.stderr
    script = (
        "const {parse} = require('gift-pegjs');"
        "const texts = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
        "console.log(JSON.stringify(texts.map(text => parse(text))));"
    )

    def read(*texts):
        done = subprocess.run(
            [node, "-e", script],
            cwd=folder,
            input=json.dumps(texts),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return [[question for question in found if question["type"] != "Category"] for found in json.loads(done.stdout)]

    return read


KINDS = {"single": "MC", "multiple": "MC", "truefalse": "TF", "numeric": "Numerical", "text": "Short", "shape": "Short"}


def same_question(theirs, question, solved):
    assert (theirs["type"], theirs["title"]) == (KINDS[question.kind], question.id)
    assert theirs["stem"]["format"] == "plain"
    assert theirs["stem"]["text"].split() == question.prompt.split()
    if question.kind in ("single", "multiple"):
        assert [choice["text"]["text"] for choice in theirs["choices"]] == [option.text for option in question.options]
        right = [choice["isCorrect"] or (choice["weight"] or 0) > 0 for choice in theirs["choices"]]
        assert right == [option.id in solved.options for option in question.options]
        said = [choice["feedback"] and choice["feedback"]["text"] for choice in theirs["choices"]]
        assert said == [solved.answer.feedback.get(option.id) for option in question.options]
    elif question.kind == "truefalse":
        assert theirs["isTrue"] == ("true" in solved.options)
    elif question.kind == "text":
        expected = [text.replace("*", "\\*") for text in solved.answer.correct]
        assert [choice["text"]["text"] for choice in theirs["choices"]] == expected
    said = theirs["globalFeedback"] and theirs["globalFeedback"]["text"]
    assert said == (solved.answer.explain or None)


@pytest.mark.train
def test_gift_pegjs_reads_the_course(pegjs):
    """The two quizzes and one of every kind parse, with the same texts, answers and feedback."""
    for (quiz, solutions), found in zip(
        PAIRS.values(), pegjs(*(gift.render(*pair).decode() for pair in PAIRS.values())), strict=True
    ):
        for theirs, question in zip(found, quiz.questions, strict=True):
            same_question(theirs, question, solutions[question.id])


def matching(solutions):
    """Whether an accepted text has an arrow, which GIFT can't say."""
    return any("->" in text for solved in solutions.values() for text in solved.answer.correct)


@pytest.mark.train
def test_gift_pegjs_reads_any_text(pegjs):
    """Forty random quizzes, full of control characters, come out as they went in."""
    pairs = []

    @settings(max_examples=40, deadline=None, database=None, derandomize=True)
    @given(quizzes())
    def collect(pair):
        pairs.append(pair)

    collect()
    written = [
        (quiz, solutions, gift.render(quiz, solutions).decode()) for quiz, solutions in pairs if not matching(solutions)
    ]
    for (quiz, solutions, _), found in zip(written, pegjs(*(text for _, _, text in written)), strict=True):
        for theirs, question in zip(found, quiz.questions, strict=True):
            same_question(theirs, question, solutions[question.id])


# QTI 2.1


@EACH
def test_qti21_items_are_read_by_a_converter_to_moodle(tmp_path, name):
    """onyx2moodle finds each item's kind, options, correct response and feedback; the manifest names every file."""
    quiz, solutions = PAIRS[name]
    files = opened(qti21.render(quiz, solutions))
    kinds = {"single": "multichoice", "multiple": "multichoice", "truefalse": "multichoice"}
    for question in quiz.questions:
        path = tmp_path / f"{question.id}.xml"
        path.write_bytes(files[f"items/{question.id}.xml"])
        item, solved = parse_item(path), solutions[question.id]
        assert classify(item).target == kinds.get(question.kind, "shortanswer")
        if question.choices:
            assert [choice.html for choice in item.interactions[0].choices] == [
                option.text for option in question.choices
            ]
            assert set(item.response_decls["RESPONSE"].correct_values) == {f"o_{name}" for name in solved.options}
            assert {feedback.identifier for feedback in item.feedback if feedback.identifier != "explain"} == {
                f"o_{name}" for name in solved.answer.feedback
            }
    hrefs = set(re.findall(r'href="([^"]+)"', files["imsmanifest.xml"].decode()))
    assert hrefs == files.keys() - {"imsmanifest.xml"}
    assert re.findall(r'href="([^"]+)"', files["test.xml"].decode()) == [f"items/{q.id}.xml" for q in quiz.questions]


# JupyterQuiz


def test_jupyterquiz_has_its_own_forms():
    """Kinds, right options, ranges without their upper end and texts are as JupyterQuiz's script reads them."""
    found = json.loads(jupyterquiz.render(*PAIRS["kinds"]))

    assert [question["type"] for question in found] == [
        "multiple_choice", "many_choice", "multiple_choice", "numeric", "string", "string",
    ]  # fmt: skip
    assert [answer["correct"] for answer in found[0]["answers"]] == [False, True, False]
    assert found[0]["answers"][1]["feedback"] == "Yes. B it is."
    assert [(answer["type"], answer.get("range"), answer.get("value")) for answer in found[3]["answers"]] == [
        ("range", [26.5, 27.5], None), ("value", None, 27.5),
    ]  # fmt: skip
    assert [answer["answer"] for answer in found[4]["answers"]] == ["relu", "rectified linear unit"]
    assert all("feedback" in answer for question in found for answer in question["answers"])


# What can't be said


@pytest.mark.parametrize(
    ("head", "points", "message"),
    [
        ("", "1.25", 'question "q" has 1.25 points; Canvas takes whole or half points'),
        ("time_limit: 90s\n", "1", "the time limit is 90 s; Canvas takes whole minutes"),
    ],
)
def test_canvas_refuses_loudly_here(head, points, message):
    """What Canvas would drop without a word is an error of ours."""
    question = f"{{id: q, kind: truefalse, prompt: Q, points: {points}}}"
    quiz = quiz_of(f"schema: grade-quiz/1\nid: c\ntitle: C\n{head}questions: [{question}]\n")
    solutions = key_of(quiz, "schema: grade-key/1\nquiz: c\nquiz_digest: DIGEST\nanswers: {q: {correct: [true]}}\n")

    with pytest.raises(QuizExportError, match=re.escape(message)):
        qti12.render(quiz, solutions)


@pytest.mark.parametrize(
    ("prompt", "accepted", "message"),
    [
        ("a &&058; b", "x", 'question "q" holds "&&058", which GIFT reads as an escaped character'),
        ("a", "x -> y", 'question "q" accepts "x -> y", which GIFT reads as a pair to match'),
    ],
)
def test_gift_refuses_what_it_would_read_otherwise(prompt, accepted, message):
    """Texts that no escape protects are an error."""
    quiz = quiz_of(f"schema: grade-quiz/1\nid: g\ntitle: G\nquestions: [{{id: q, kind: text, prompt: {prompt}}}]\n")
    solutions = key_of(
        quiz, f"schema: grade-key/1\nquiz: g\nquiz_digest: DIGEST\nanswers: {{q: {{correct: [{accepted}]}}}}\n"
    )

    with pytest.raises(QuizExportError, match=re.escape(message)):
        gift.render(quiz, solutions)


def test_losses_are_listed_by_feature():
    """Each feature that a format hasn't is one line, with the questions that it concerns."""
    quiz, solutions = PAIRS["kinds"]

    assert list_losses(quiz, solutions, gift.CAN) == [
        "the pass mark",
        "points (many, count)",
        "all or nothing: the other system gives partial credit of its own (many)",
        "shapes: taken as texts, in the usual spellings (size)",
        "our comparison of texts: the other system compares by its own rules (name)",
    ]
