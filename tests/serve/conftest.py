"""A class's site and a learner's, each with a database of its own."""

import pytest
from serve_samples import HOST, PEOPLE, make_course, open_browser
from sign_in_samples import keys, open_site, provider  # noqa: F401 - fixtures

from grader.serve.opening import load_content, open_class_site, open_learner_site


@pytest.fixture
def make_site(tmp_path, monkeypatch):
    """Makes the site of a class: `make_site(head=…, settings=…, secure=…)`."""
    monkeypatch.setenv("GRADE_STATE", str(tmp_path / "state"))

    def make(*, secure=False, **course):
        found = make_course(tmp_path / "course", **course)
        url = f"sqlite:///{tmp_path}/gradebook.db"
        site, people = open_class_site(found, load_content(found), url, at_once=2, hosts=(HOST,), secure=secure)
        people.add_people(PEOPLE, change_roles=True)
        return site

    return make


@pytest.fixture
def site(make_site):
    return make_site()


@pytest.fixture
def ada(site):
    """A student's browser."""
    return open_browser(site, "ada")


@pytest.fixture
def learner(tmp_path, monkeypatch):
    """One learner's site, and the token that lets them in."""
    monkeypatch.setenv("GRADE_STATE", str(tmp_path / "state"))
    found = make_course(tmp_path / "course")
    return open_learner_site(found, load_content(found), f"sqlite:///{tmp_path}/learner.db", "ada", (HOST,))
