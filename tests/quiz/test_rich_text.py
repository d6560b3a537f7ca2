"""Pictures and formulas in quizzes: shown where a format can, told by their words or as lost where it can't."""

import base64
import re
import zipfile
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader import cli
from grader.courses.course import Course
from grader.quiz import key, loading, pictures
from grader.quiz.formula_markup import render_formula
from grader.quiz.page_titles import build_titles, render_rich
from grader.quiz.rich_text import Formula, Picture, convert_to_plain, split_rich

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
QUIZ = """\
schema: grade-quiz/1
id: week1
title: Week 1
questions:
  - id: width
    kind: single
    prompt: 'Look at ![a "filter" <of> 3x3](filter.png): which formula? It costs $5 or $6.'
    options: [{id: plus, text: "$n - k + 1$"}, {id: half, text: '$\\frac{n}{2}$'}, {id: shown, text: "![the second](two.png)"}]
"""


@pytest.fixture
def course(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADE_COURSE", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("quizzes", "solutions/quizzes"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "course.yaml").write_text("schema: grade-course/1\n")
    (tmp_path / "quizzes/week1.yaml").write_text(QUIZ)
    for name in (
        "quizzes/filter.png",
        "quizzes/two.png",
        "quizzes/canary-unused.png",
        "solutions/quizzes/canary-key.png",
    ):
        (tmp_path / name).write_bytes(PNG + name.encode() * ("canary" in name))
    digest = loading.hash_quiz(loading.load_quiz_bytes(QUIZ.encode()))
    (tmp_path / "solutions/quizzes/week1.yaml").write_text(
        f"schema: grade-key/1\nquiz: week1\nquiz_digest: {digest}\nanswers: {{width: {{correct: [plus], explain: as $n-k+1$}}}}\n"
    )
    return Course(root=tmp_path)


def run(capsys, *args):
    capsys.readouterr()
    code = cli.run_command_line(list(args))
    return code, *capsys.readouterr()


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("![a filter](f.png)", "[picture f.png: a filter]"), ("$n-k+1$", "n-k+1"), (r"$\frac{n-k}{2} \times 3$", "(n-k)/(2) × 3"),
        ("It costs $5 or $6.", "It costs $5 or $6."), ("$ 5 $", "$ 5 $"), (r"\$5$ and x$", r"\$5$ and x$"), ("$$x$$", "$$x$$"),
        ("![](f.png)", "[picture f.png]"), ("! [a](b)", "! [a](b)"), ("[a](f.png)", "[a](f.png)"),
    ],
)  # fmt: skip
def test_texts_for_the_terminal(text, plain):
    """A picture by its words, a formula as one would type it, and what is neither as it stands."""
    assert convert_to_plain(text) == plain


@given(st.text(alphabet="a$\\![]()5 \n{}_^<&\"'", max_size=60))
def test_no_text_is_lost_or_becomes_markup(text):
    """The parts hold every character, and pages escape all of it."""
    parts = list(split_rich(text))
    back = "".join(
        part
        if isinstance(part, str)
        else f"${part.tex}$"
        if isinstance(part, Formula)
        else f"![{part.alt}]({part.name})"
        for part in parts
    )

    assert re.sub(r"\[\s*|\s*\]", "", back) == re.sub(r"\[\s*|\s*\]", "", text)
    shown = str(render_rich(text, {}))
    assert set(re.findall(r"</?(\w+)", shown)) <= {
        "math",
        "mrow",
        "mi",
        "mn",
        "mo",
        "mspace",
        "msup",
        "msub",
        "msubsup",
        "mfrac",
        "msqrt",
        "code",
    }


@given(st.text(max_size=200) | st.text(alphabet="\\frac{}sqrt^_12ab+<>&", max_size=80))
def test_every_formula_is_wellformed(tex):
    """Whatever is typed; what isn't known is shown as it is."""
    shown = (
        re.sub(r"[^\x09\x0a\x0d\x20-\uffff]", "?", str(render_formula(tex)))
        .replace("\ufffe", "?")
        .replace("\uffff", "?")
    )
    ET.fromstring(re.sub(r"[\ud800-\udfff]", "?", shown))


def test_formulas_as_mathml():
    """Fractions, indices and signs, without a script."""
    assert "<mfrac><mrow><mi>n</mi></mrow><mrow><mn>2</mn></mrow></mfrac>" in str(render_formula(r"\frac{n}{2}"))
    assert "<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>" in str(render_formula("x_i^2"))
    assert str(render_formula(r"\begin{x}")) == r"<code>\begin{x}</code>"
    assert "&lt;" in str(render_formula("a < b"))


def test_the_page_shows_pictures_and_formulas(course, capsys):
    """Embedded, with their words, under a policy that allows pictures of the page only; the terminal has the words."""
    (course.root / "a.yaml").write_text(
        "{schema: grade-responses/1, quiz: week1, student: s, answers: {width: [half]}}"
    )
    code, out, _ = run(capsys, "quiz", "week1", "--answers", "a.yaml", "--html", "a.html")
    page = (course.root / "a.html").read_text()

    assert (code, '[picture filter.png: a "filter" <of> 3x3]' in " ".join(out.split())) == (1, True), out
    assert (
        f'src="data:image/png;base64,{base64.b64encode(PNG).decode()}" alt="a &#34;filter&#34; &lt;of&gt; 3x3"' in page
    )
    assert page.count("data:image/png") == 2
    assert "<mfrac>" in page
    assert "img-src data:" in page
    assert "$5 or $6" in page


def test_exports_that_can_hold_the_pictures(course, capsys):
    """Moodle in the question's own text, Canvas and QTI 2.1 as files of the package."""
    assert run(capsys, "quiz-export", "week1", "w.xml", "--format", "moodle")[0] == 0
    root = ET.parse(course.root / "w.xml").getroot()
    question = next(each for each in root.iter("question") if each.get("type") == "multichoice").find("questiontext")
    assert base64.b64decode(question.find("file").text) == PNG
    assert '<img src="@@PLUGINFILE@@/filter.png" alt="a &quot;filter&quot; &lt;of&gt; 3x3">' in question.findtext(
        "text"
    )
    assert [a.findtext("text") for a in root.iter("answer")][:2] == [r"\(n - k + 1\)", r"\(\frac{n}{2}\)"]

    assert run(capsys, "quiz-export", "week1", "w.zip", "--format", "qti12")[0] == 0
    with zipfile.ZipFile(course.root / "w.zip") as archive:
        assert archive.read("images/filter.png") == archive.read("images/two.png") == PNG
        (name,) = [each for each in archive.namelist() if re.fullmatch(r"([^/]+)/\1\.xml", each)]
        texts = [each.text for each in ET.fromstring(archive.read(name)).iterfind(".//{*}mattext")]
        assert any('src="%24IMS-CC-FILEBASE%24/images/filter.png"' in text for text in texts)
        assert any('data-equation-content="\\frac{n}{2}"' in text for text in texts)
        assert b'href="images/two.png"' in archive.read("imsmanifest.xml")

    code, _, err = run(capsys, "quiz-export", "week1", "w21.zip", "--format", "qti21")
    with zipfile.ZipFile(course.root / "w21.zip") as archive:
        item = ET.fromstring(archive.read("items/width.xml"))
        assert [(image.get("src"), image.get("alt")) for image in item.iterfind(".//{*}img")] == [
            ("filter.png", 'a "filter" <of> 3x3'),
            ("two.png", "the second"),
        ]
        assert archive.read("items/filter.png") == PNG
        assert b'href="items/two.png"' in archive.read("imsmanifest.xml")
    assert (code, "left out: formulas" in err, "left out: pictures" in err) == (0, True, False)


@pytest.mark.parametrize(("form", "lost"), [("gift", {"pictures", "formulas"}), ("jupyterquiz", {"pictures"})])
def test_exports_that_cant_say_so(course, capsys, form, lost):
    """The words stand in the picture's place, and the loss is listed."""
    code, out, err = run(capsys, "quiz-export", "week1", "-", "--format", form)

    assert (code, set(re.findall(r"left out: (pictures|formulas)", err))) == (0, lost)
    assert "picture filter.png" in out
    assert "![" not in out
    assert run(capsys, "quiz-export", "week1", "x", "--format", form, "--strict")[0] == 2


def test_pictures_leave_with_the_quiz_and_no_others(course, tmp_path, capsys):
    """What a question shows goes to students; what lies beside it, or beside the key, doesn't."""
    out = tmp_path.parent / f"{tmp_path.name}-students"
    assert run(capsys, "release", str(out))[0] == 0

    assert (out / "quizzes/filter.png").read_bytes() == PNG
    assert [path.name for path in out.rglob("*canary*")] == []


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("none.png", None, "isn't beside the quiz"), ("../../etc/x.png", None, "isn't the name of"), ("x.svg", b"<svg/>", "isn't the name of"),
        ("https://e.org/x.png", None, "isn't the name of"), ("text.png", b"text", "isn't a picture"), ("big.png", PNG + b"x" * 2_000_001, "is larger than"),
    ],
)  # fmt: skip
def test_pictures_that_cant_be_shown_are_faults(course, name, data, said):
    """`quiz-check` tells; everything else shows the words."""
    path = course.root / "quizzes/week1.yaml"
    path.write_text(QUIZ.replace("filter.png", name))
    if data is not None:
        (course.root / "quizzes" / name).write_bytes(data)
    quiz = loading.load_quiz(course, "week1")

    (fault,) = pictures.find_picture_faults(course, quiz)
    assert "E214" in fault
    assert said in fault
    assert set(pictures.load_pictures(course, quiz)) == {"two.png"}
    assert "[picture" in build_titles(quiz, {})["width"]


def test_a_picture_without_words_is_a_fault(course, capsys):
    """Nobody who can't see it could answer."""
    path = course.root / "quizzes/week1.yaml"
    path.write_text(QUIZ.replace("the second", ""))
    code, out, _ = run(capsys, "quiz-check")

    assert code == 3
    assert "E302" in out
    (fault,) = pictures.find_picture_faults(course, loading.load_quiz(course, "week1"))
    assert "has no description" in fault


def test_a_link_is_no_picture(course):
    """It could lead to a file that nobody may read."""
    (course.root / "quizzes/two.png").unlink()
    (course.root / "quizzes/two.png").symlink_to(course.root / "solutions/quizzes/canary-key.png")

    assert set(pictures.load_pictures(course, loading.load_quiz(course, "week1"))) == {"filter.png"}


def test_the_key_still_fits(course):
    """The wording, and so its digest, is the typed text."""
    quiz = loading.load_quiz(course, "week1")

    assert key.load_key(course, quiz)["width"].options == {"plus"}
    assert list(split_rich(quiz.questions[0].prompt))[1] == Picture(alt='a "filter" <of> 3x3', name="filter.png")
