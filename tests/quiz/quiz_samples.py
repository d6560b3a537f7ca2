"""Small quizzes and keys that several tests use."""

from grader.quiz import key, loading

EVERY_KIND = b"""\
schema: grade-quiz/1
id: kinds
title: Every kind
questions:
  - {id: one, kind: single, prompt: One?, options: [{id: a, text: A}, {id: b, text: B}, {id: c, text: C}]}
  - id: many
    kind: multiple
    points: 4
    prompt: Many?
    options: [{id: a, text: A}, {id: b, text: B}, {id: c, text: C}, {id: d, text: D, pinned: true}]
  - {id: yes, kind: truefalse, prompt: True?}
  - {id: count, kind: numeric, prompt: How many?, points: 2}
  - {id: name, kind: text, prompt: Which?}
  - {id: size, kind: shape, prompt: How big?}
"""
EVERY_ANSWER = """\
schema: grade-key/1
quiz: kinds
quiz_digest: DIGEST
answers:
  one: {correct: [b], explain: B it is., feedback: {a: Not A., b: Yes.}}
  many: {correct: [a, c]}
  yes: {correct: [true]}
  count: {correct: [27], tolerance: 0.5}
  name: {correct: [relu, rectified linear unit]}
  size: {correct: [26x26]}
"""


def quiz_of(text=EVERY_KIND):
    return loading.load_quiz_bytes(text if isinstance(text, bytes) else text.encode())


def key_of(quiz, text=EVERY_ANSWER):
    return key.load_key_bytes(text.replace("DIGEST", loading.hash_quiz(quiz)).encode(), quiz)
