"""What a provider says: id tokens that prove nothing, descriptions that are another's, and the file that names it."""

import base64
import hmac
import json
import time

import pytest
from openid_provider import CLIENT, SECRET, go_to, sign_again
from serve_samples import make_course, open_browser
from sign_in_samples import BASE, begin, build_provider, is_signed_in, sign_in

from grader import cli
from grader.errors import CourseError, UsageError
from grader.serve.provider_opening import read_provider
from grader.serve.sign_in_pages import BACK_PATH
from grader.serve.sign_in_settings import SECRET_VARIABLE, load_sign_in
from grader.serve.sign_ins import SignInError

NONE = b'{"alg":"none"}'
FILE = """\
schema: grade-sign-in/1
name: University <b>of</b> Example
issuer: {issuer}
client_id: grade
client_secret_file: secret
claim: student_number
scopes: [profile]
"""


def make_unsigned(_provider, text):
    return f"{encode_part(NONE)}.{text.split('.')[1]}."


def encode_part(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign_with_secret(text, secret):
    """By hand, as no library does it any more."""
    message = f"{encode_part(json.dumps({'alg': 'HS256', 'kid': 'first'}).encode())}.{text.split('.')[1]}"
    return f"{message}.{encode_part(hmac.digest(secret, message.encode(), 'sha256'))}"


def sign_with_published_key(provider, text):
    """As if that were a secret."""
    return sign_with_secret(text, provider.key.as_pem(private=False))


def sign_with_client_secret(_provider, text):
    return sign_with_secret(text, SECRET.encode())


def sign_with_another_key(provider, text):
    """Of the same name, and offered in the header."""
    other = provider.other_key
    return sign_again(other, text, header={"alg": "RS256", "jwk": other.as_dict(private=False)}, known=provider.key)


def change(**claims):
    return lambda provider, text: sign_again(provider.key, text, claims)


def leave_out(*names):
    return lambda provider, text: sign_again(provider.key, text, without=names)


SPOILT = {
    "unsigned": make_unsigned,
    "published-key": sign_with_published_key,
    "client-secret": sign_with_client_secret,
    "another-key": sign_with_another_key,
    "cut": lambda _provider, text: text[:-20],
    "no-token": lambda _provider, _text: "",
    "not-a-token": lambda _provider, _text: "a.b.c",
    "issuer": change(iss="https://evil.test"),
    "issuer-with-slash": lambda provider, text: sign_again(provider.key, text, {"iss": f"{provider.issuer}/"}),
    "audience": change(aud="another"),
    "audiences": change(aud=["another", "more"]),
    "party": change(aud=[CLIENT, "another"], azp="another"),
    "no-party": change(aud=[CLIENT, "another"]),
    "nonce": change(nonce="of-another-sign-in"),
    "expired": change(exp=int(time.time()) - 3600),
    "not-yet": change(nbf=int(time.time()) + 3600),
    "from-the-future": change(iat=int(time.time()) + 3600),
    "access-token": change(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "exp-is-text": change(exp="never"),
    "sub-is-a-list": change(sub=["ada"]),
    **{f"no-{name}": leave_out(name) for name in ("iss", "aud", "nonce", "exp", "iat", "sub")},
}


@pytest.mark.parametrize("kind", SPOILT)
def test_an_id_token_that_proves_nothing_signs_nobody_in(open_site, provider, kind):
    """Whatever is wrong with it; the same one as it should be does."""
    site = open_site()
    provider.spoil = SPOILT[kind]
    browser = open_browser(site)
    answer = sign_in(browser)

    assert (answer.status_code, is_signed_in(browser)) == (502, False)
    provider.spoil = None
    assert sign_in(browser).status_code == 303
    assert is_signed_in(browser)


def test_a_provider_s_new_key_is_fetched(open_site, provider):
    site = open_site()
    assert sign_in(open_browser(site)).status_code == 303
    provider.key = provider.other_key

    assert sign_in(open_browser(site)).status_code == 303


def test_a_provider_that_is_away_is_told_and_asked_again(open_site, provider):
    site = open_site()
    browser = open_browser(site)
    provider.do_openid_configuration = lambda _request: (503, "", [])
    assert browser.get("/sign-in").status_code == 503
    del provider.do_openid_configuration
    back = go_to(begin(browser))
    provider.do_token = lambda _request: (500, "oops", [])
    assert browser.get(back).status_code == 503
    del provider.do_token

    assert sign_in(browser).status_code == 303


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.test"},
        {"token_endpoint": "http://evil.test/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": "https://user@evil.test"},
        {"end_session_endpoint": "javascript:alert(1)"},
        {"jwks_uri": 7},
        {"token_endpoint": None},
    ],
)
def test_a_provider_that_says_something_else_of_itself_isn_t_believed(provider, metadata):
    provider.metadata = metadata
    with pytest.raises(SignInError) as caught:
        build_provider(provider).discover()

    assert caught.value.status == 502


@pytest.mark.parametrize("text", ["", "[]", "{", '"x"', " " * 1_500_000, "{}", "9" * 5000])
def test_an_answer_that_is_no_description_is_an_error_of_the_provider(provider, text):
    provider.do_openid_configuration = lambda _request: (200, text, [])
    with pytest.raises(SignInError):
        build_provider(provider).discover()


def test_a_client_may_send_its_secret_as_the_provider_wants(open_site, provider):
    provider.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert sign_in(open_browser(open_site())).status_code == 303

    assert next(data for path, data, _ in provider.asked if path == "/token")["client_secret"] == SECRET


def write_file(tmp_path, issuer, /, **changes):
    (tmp_path / "secret").write_text(SECRET + "\n")
    file = tmp_path / "sign-in.yaml"
    text = FILE.format(issuer=issuer)
    for key, line in changes.items():
        text = "".join(line + "\n" if old.startswith(f"{key}:") else old for old in text.splitlines(keepends=True))
    file.write_text(text)
    return file


def test_the_file_names_the_secret_and_doesn_t_have_it(tmp_path, monkeypatch):
    """Beside the file, or in the environment; a client may have none."""
    file = write_file(tmp_path, "https://login.example.edu")
    monkeypatch.setenv(SECRET_VARIABLE, "of-the-environment")
    assert load_sign_in(file)[1] == SECRET
    other = write_file(tmp_path, "https://login.example.edu", client_secret_file="")
    assert load_sign_in(other)[1] == "of-the-environment"
    monkeypatch.delenv(SECRET_VARIABLE)

    assert load_sign_in(other)[1] == ""


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("schema", ""),
        ("schema", "schema: grade-sign-in/2"),
        ("issuer", "issuer: http://login.example.edu"),
        ("issuer", "issuer: login.example.edu"),
        ("issuer", "issuer: https://login.example.edu/?x=1"),
        ("issuer", "issuer: https://me:pass@login.example.edu"),
        ("claim", ""),
        ("claim", 'claim: " "'),
        ("client_secret_file", "client_secret: abc"),
        ("scopes", "scopes: [a b]"),
        ("scopes", "clam: x"),
    ],
)
def test_faults_of_the_file_are_told_with_their_line(tmp_path, key, line):
    with pytest.raises(CourseError) as caught:
        load_sign_in(write_file(tmp_path, "https://login.example.edu", **{key: line}))

    assert all(problem.line >= 1 for problem in caught.value.problems)
    assert "abc" not in str(caught.value)


@pytest.mark.parametrize("content", [None, b"", b" \n", "gehéim".encode()])
def test_a_secret_that_can_t_be_read_is_told(tmp_path, content):
    file = write_file(tmp_path, "https://login.example.edu")
    (tmp_path / "secret").unlink()
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
    with pytest.raises(UsageError):
        load_sign_in(file)


def test_the_provider_is_tried_when_serving_begins(tmp_path, provider, capsys):
    """A wrong address ends it; one that doesn't answer now may do so later; what has to be registered is said."""
    file = write_file(tmp_path, provider.issuer)
    read_provider(file)(BASE)
    assert BASE + BACK_PATH in capsys.readouterr().err
    provider.metadata = {"issuer": "https://another.test"}
    with pytest.raises(UsageError, match="letter by letter"):
        read_provider(file)(BASE)
    provider.do_openid_configuration = lambda _request: (503, "", [])
    read_provider(file)(BASE)

    assert "personal links work" in capsys.readouterr().err


def test_sign_in_is_for_a_class(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    make_course(tmp_path / "course")
    file = write_file(tmp_path, "https://login.example.edu")

    assert cli.run_command_line(["serve", "--course", str(tmp_path / "course"), "--sign-in", str(file)]) == 2
    assert "--sign-in" in capsys.readouterr().err
