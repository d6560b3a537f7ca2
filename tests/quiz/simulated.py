"""A class that answers by ability and difficulty (the Rasch model), the same for the same seed."""

import json
import math
import random

from grader.quiz.loading import hash_quiz


def write_class(folder, quiz, solutions, students, seed=7, kinds=("json", "yaml")):
    """Writes a response file for each student; returns how many answers were right, by student."""
    chance = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    right = {}
    for number in range(students):
        student = f"s{number:04}"
        ability = chance.gauss(0, 1.2)
        answers = {}
        for place, question in enumerate(quiz.questions):
            difficulty = 1.5 * math.sin(place) - 0.5
            wrong = [option.id for option in question.choices if option.id not in solutions[question.id].options]
            knows = chance.random() < 1 / (1 + math.exp(difficulty - ability))
            if chance.random() < 0.03:
                continue
            answers[question.id] = sorted(solutions[question.id].options) if knows else [chance.choice(wrong)]
        right[student] = sum(set(given) == solutions[name].options for name, given in answers.items())
        record = {
            "schema": "grade-responses/1", "quiz": quiz.id, "student": student, "quiz_digest": hash_quiz(quiz), "answers": answers,
        }  # fmt: skip
        path = folder / f"{student}.{kinds[number % len(kinds)]}"
        path.write_text(json.dumps(record) if path.suffix == ".json" else as_yaml(record))
    return right


def as_yaml(record):
    lines = [f"{name}: {value}" for name, value in record.items() if name != "answers"]
    return "\n".join(
        [*lines, "answers:", *(f"  {name}: [{', '.join(given)}]" for name, given in record["answers"].items())]
    )
