"""A class that signs in at a provider of the test: its fixtures are in `conftest.py`."""

from urllib.parse import urlencode

import pytest
from joserfc import jwk
from openid_provider import CLIENT, SECRET, OpenIdProvider, go_to
from serve_samples import HOST, PEOPLE, make_course

from grader.serve.opening import load_content, open_class_site
from grader.serve.provider import Provider
from grader.serve.sign_in_pages import BACK_PATH
from grader.serve.sign_in_settings import SignInSettings

BASE = f"http://{HOST}"


@pytest.fixture(scope="module")
def keys():
    """The provider's, and another of the same name: making one takes a while."""
    return [jwk.RSAKey.generate_key(2048, {"kid": "first", "use": "sig"}) for _ in range(2)]


@pytest.fixture
def provider(keys):
    made = OpenIdProvider(BASE + BACK_PATH, keys[0])
    made.other_key = keys[1]
    made.user = {"sub": "0-1-2", "student_number": "ada"}
    yield made
    made.stop()


def build_provider(provider, *, redirect_uri=BASE + BACK_PATH, **changes):
    fields = {"name": "University <b>of</b> Example", "issuer": provider.issuer, "client_id": CLIENT, "claim": "student_number"}
    return Provider(SignInSettings(schema="grade-sign-in/1", **{**fields, **changes}), SECRET, redirect_uri)


@pytest.fixture
def open_site(tmp_path, provider):
    """Opens the class's site; several of them are several processes of one class."""
    course = make_course(tmp_path / "course")

    def make(**changes):
        site, people = open_class_site(
            course,
            load_content(course),
            f"sqlite:///{tmp_path}/gradebook.db",
            at_once=1,
            hosts=(HOST,),
            secure=changes.pop("secure", False),
            provider=build_provider(provider, **changes),
        )
        people.add_people(PEOPLE, change_roles=True)
        return site

    return make


def begin(browser, to="/"):
    """The address of the provider that the browser is sent to."""
    answer = browser.get(f"/sign-in?{urlencode({'to': to})}")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def sign_in(browser, to="/"):
    """The page that the browser lands on when it comes back."""
    return browser.get(go_to(begin(browser, to)))


def is_signed_in(browser):
    return browser.get("/").status_code != 401
