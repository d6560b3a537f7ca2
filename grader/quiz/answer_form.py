"""How a file of answers to a quiz looks, with this quiz's own questions and options. Knows nothing of the key."""

from __future__ import annotations

from collections.abc import Iterator

from grader.quiz.model import Question, Quiz

EXAMPLES = {"numeric": "27", "text": "your answer", "shape": '"5x7"'}


def render_answer_form(quiz: Quiz) -> str:
    """A response file to fill in: what a question takes is in a comment beside it, and no answer is given."""
    return "\n".join(["schema: grade-responses/1", f"quiz: {quiz.id}", "student: YOUR NAME", "answers:", *_render_answers(quiz)])


def _render_answers(quiz: Quiz) -> Iterator[str]:
    rows = [(f"  {question.id}: {'[]' if question.choices else 'null'}", _describe_answer(question)) for question in quiz.questions]
    width = max(len(answer) for answer, _ in rows)
    yield from (f"{answer.ljust(width)}  # {remark}" for answer, remark in rows)


def _describe_answer(question: Question) -> str:
    if not question.choices:
        return f"such as {EXAMPLES[question.kind]}"
    names = ", ".join(option.id for option in question.choices)
    return f"all that apply of {names}" if question.kind == "multiple" else f"one of {names}"
