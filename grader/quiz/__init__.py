"""Quizzes: questions that students hold, keys that they never do, marking, statistics and other systems' formats."""
