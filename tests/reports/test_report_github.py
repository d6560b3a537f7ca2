"""GitHub Actions: annotations as the runner parses them, the summary as a Markdown parser reads it."""

import re
from html.parser import HTMLParser

import pytest
import report_samples as samples
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from grader.errors import GraderError
from grader.messages.text import escape_line
from grader.records.verdict import Note
from grader.reports import github, markdown, terminal

anything = st.text(st.characters(exclude_categories=()), max_size=60)
tokens = st.sampled_from(
    ["::", "error", "##[", "]", "\n", "\r", "%0A", "%", ",", ":", "file=", " ", "`", "|", "<b>", "*"]
)
nasty = st.lists(tokens, max_size=20).map("".join)
NAMES = {
    "error",
    "warning",
    "notice",
    "debug",
    "add-mask",
    "stop-commands",
    "group",
    "set-output",
    "save-state",
    "echo",
}


def unescaped(text, table):
    for escape, letter in table.items():
        text = text.replace(escape, letter)
    return text


def runner(log):
    """The commands that the runner finds in a log: the new form first, then the old one, line by line."""
    found = []
    data = {"%0D": "\r", "%0A": "\n", "%25": "%"}
    properties = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}
    for row in re.split("\r\n|\n|\r", log):
        new = re.match(r"\s*::(\S+?)(?: (.*?))?::(.*)", row, re.DOTALL)
        old = re.search(r"##\[(\S+?)(?: (.*?))?\](.*)", row)
        if new and new[1] in NAMES:
            pairs = [item.split("=", 1) for item in (new[2] or "").split(",") if "=" in item]
            found.append((new[1], {key: unescaped(value, properties) for key, value in pairs}, unescaped(new[3], data)))
        elif old and old[1].lower() in NAMES:
            found.append((old[1], {}, old[3]))
    return found


class Tags(HTMLParser):
    """What a page holds: its tags, its attributes and its text."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.words = [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.extend(name for name, _ in attrs)

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return "".join(self.words)


def page(text):
    return Tags(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text))


def test_a_failed_check_is_an_error_at_its_line():
    """File, line, title and message arrive at the runner as they were."""
    verdict = samples.gated()
    (found,) = runner(github.render([verdict]))

    check = verdict.checks[1]
    assert found == (
        "error",
        {"title": check.title, "file": "my_solution.py", "line": "23"},
        f"{check.message}\nHint: {check.hint}",
    )


def test_notes_are_warnings():
    """A remark that costs nothing is a warning at its line."""
    found = runner(github.render([samples.passed()]))

    assert [(kind, properties["line"]) for kind, properties, _ in found] == [("warning", "6"), ("warning", "24")]


def test_a_line_within_an_errors_text_is_no_place():
    """JSON's "line 1 column 5", or what a student wrote into an exception, moves no annotation."""
    words = "JSONDecodeError: Expecting value: line 1 column 5 (char 4) of line 99"
    (at,) = runner(github.render([samples.make(checks=[], end="crashed", end_message=words, end_line=7, status="failed")]))
    (nowhere,) = runner(github.render([samples.make(checks=[], end="crashed", end_message=words, status="failed")]))

    assert at[1]["line"] == "7"
    assert "line" not in nowhere[1]


def test_a_crash_is_one_error_at_the_line_it_happened():
    """Skipped checks aren't annotated; the crash is, where the message names its line."""
    ((kind, properties, message),) = runner(github.render([samples.crashed()]))

    assert (kind, properties["line"]) == ("error", "23")
    assert message.startswith("Your code stopped with an error.\nValueError")


@given(st.one_of(anything, nasty), st.one_of(anything, nasty))
def test_student_text_forges_no_command(name, message):
    """Whatever names and messages hold, the runner finds the commands that we made, and these alone."""
    check = samples.check("one-conv", "failed", title=name, message=message, hint=message, line=3)
    verdict = samples.make(
        checks=[check],
        submission=samples.SubmissionRef(path=name, sha256=""),
        notes=[Note(line=None, message=message)],
    )
    found = runner(github.render([verdict]))

    assert [kind for kind, _, _ in found] == ["error", "warning"]
    assert found[0][1]["title"] == escape_line(name, 200)
    assert found[0][1].keys() <= {"title", "file", "line"}


@given(st.one_of(anything, nasty), st.integers(24, 100))
def test_the_terminal_report_forges_none_either(text, width):
    """In a job the report itself is in the log, wrapped at any width."""
    verdict = samples.make(
        title=text,
        checks=[samples.check("one-conv", "failed", message=text, got=f"x {text}", hint=text)],
        end="crashed",
        end_message=f"{text}\n{text}",
        stdout=text,
        returned=text,
        notes=[Note(line=1, message=text)],
    )
    screen = terminal.Screen(width=width, verbose=True)

    assert runner(terminal.render([verdict], screen)) == []
    assert runner(terminal.render([verdict, verdict], screen)) == []


def test_at_most_ten_of_a_kind():
    """GitHub shows ten; the tenth says how many more there are."""
    notes = [Note(line=i + 1, message="`acc` is TF 1") for i in range(30)]
    verdict = samples.make(checks=samples.all_checks(one_conv=samples.check("one-conv", "failed")), notes=notes)
    found = runner(github.render([verdict] * 12))

    assert [kind for kind, _, _ in found] == ["error"] * 10 + ["warning"] * 10
    assert found[9][2] == "3 more are in the summary"
    assert found[-1][2] == "351 more are in the summary"


def test_ten_are_shown_whole():
    """Ten of a kind need no remark about more."""
    found = runner(github.render([samples.gated()] * 10))

    assert len(found) == 10
    assert "more are" not in found[-1][2]


def test_publish_writes_the_summary_and_prints_the_annotations(tmp_path, capsys):
    """The summary is appended to the runner's file, the annotations go to stdout."""
    path = tmp_path / "summary.md"
    path.write_text("before\n", encoding="utf-8")
    github.publish_annotations([samples.gated()], {"GITHUB_STEP_SUMMARY": str(path)})

    assert capsys.readouterr().out == github.render([samples.gated()])
    assert path.read_text(encoding="utf-8") == "before\n" + markdown.render([samples.gated()]) + "\n"


def test_without_a_summary_file_there_are_annotations_only(capsys):
    """Outside GitHub nothing is written."""
    github.publish_annotations([samples.gated()], {})

    assert capsys.readouterr().out == github.render([samples.gated()])


def test_a_summary_file_that_cannot_be_written(tmp_path):
    """The message names the file."""
    with pytest.raises(GraderError, match=r"the step summary .*nowhere/s.md can't be written: No such file"):
        github.write_summary([samples.passed()], tmp_path / "nowhere" / "s.md")


@pytest.mark.parametrize("before", [0, 900_000, github.MAX_SUMMARY_BYTES])
def test_the_summary_file_stays_within_a_mebibyte(tmp_path, before):
    """A class of three hundred hostile submissions fits, also behind what other commands wrote."""
    path = tmp_path / "summary.md"
    path.write_bytes(b"x" * before)
    github.write_summary([samples.hostile(), samples.long_names()] * 150, path)

    assert path.stat().st_size <= github.MAX_SUMMARY_BYTES
    if before < 1_000_000:
        assert "more submissions are not shown" in path.read_text(encoding="utf-8")


def test_a_class_has_a_table_and_the_failures_first():
    """Each submission is a row; those that didn't pass are told in full before the others."""
    text = markdown.render(samples.every())
    table = page(text.split("\n## ", 1)[0])
    marks = re.findall(r"(?m)^## (\D\S*) \w+: ", text)

    assert table.tags.count("tr") == len(samples.SAMPLES) + 1
    assert len(marks) == len(samples.SAMPLES)
    assert "✅" not in marks[:-2]
    assert marks[-2:] == ["✅", "✅"]


def test_a_huge_class_is_cut_in_the_table():
    """A thousand rows are shown, the rest counted."""
    text = markdown.render([samples.quiz()] * 1200, limit=400_000)

    assert "… 200 more." in text
    assert len(text.encode()) <= 400_000


@pytest.mark.parametrize(
    "text", ["https://x.org", "www.x.org", ":tada:", "@everyone", "#1", "$x^2$", "~~a~~", "[a](b)"]
)
def test_what_github_adds_to_markdown_is_dead_too(text):
    """Links, emoji, mentions, issue numbers and formulas lose the character that opens them."""
    assert text not in markdown.escape_markdown(text)
    assert page(f"- {markdown.escape_markdown(text)}").text.strip() == text


def test_hostile_text_is_text_in_the_summary():
    """A Markdown parser finds no markup in what a student wrote, and all of its words."""
    found = page(markdown.render([samples.hostile()]))

    assert set(found.tags) <= {
        "h2",
        "p",
        "code",
        "strong",
        "pre",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "ul",
        "li",
    }
    assert set(found.attributes) <= {"style"}
    assert escape_line(samples.HOSTILE, 600) in found.text
    assert found.tags.count("tr") == 2


@given(st.one_of(anything, nasty))
def test_any_text_survives_markdown_as_itself(text):
    """What a reader of the rendered summary sees is the visible form of the text."""
    found = page(f"- {markdown.format_code(text)}")

    assert set(found.tags) <= {"ul", "li", "code"}
    assert " ".join(found.text.split()) == " ".join(escape_line(text, 600).split())


def test_the_summary_stays_as_it_was_checked(golden):
    """The Markdown and the commands, as they were checked by hand."""
    golden("gated.summary.md", markdown.render([samples.gated()]))
    golden("attempts.summary.md", markdown.render([samples.attempts()]))
    golden("hostile.summary.md", markdown.render([samples.hostile()]))
    golden("hostile.annotations.txt", github.render([samples.hostile()]))
