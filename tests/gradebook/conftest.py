import pytest

from grader.gradebook import Gradebook


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'gradebook.db'}"


@pytest.fixture
def book(url):
    return Gradebook.open(url)
