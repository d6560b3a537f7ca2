"""Signing in at an OpenID Connect provider: a real one on a port of its own; who comes in, as whom, and in which browser."""

import base64
import json
import time
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from openid_provider import CLIENT, SECRET, go_to
from serve_samples import HOST, PEOPLE, open_browser
from sign_in_samples import BASE, begin, is_signed_in, sign_in

from grader.serve.sign_in_pages import BACK_PATH, find_own_path


def change_query(address, **changes):
    path, _, query = address.partition("?")
    return f"{path}?{urlencode({**dict(parse_qsl(query)), **changes})}"


def test_the_claim_that_the_instructor_chose_signs_in(open_site, provider):
    """As whom the roster has; and on goes the page that was asked for."""
    browser = open_browser(open_site())
    refused = browser.get("/exercises/pooling")
    assert refused.status_code == 401
    assert '"/sign-in?to=%2Fexercises%2Fpooling"' in refused.text
    assert "University &lt;b&gt;of" in refused.text
    answer = sign_in(browser, "/exercises/pooling")

    assert (answer.status_code, answer.headers["location"]) == (303, "/exercises/pooling")
    assert "Ada" in browser.get("/").text


def test_what_is_asked_for_binds_code_and_token_to_this_browser(open_site, provider):
    """State, nonce, and a challenge whose answer only the server's request has; the secret goes in a header."""
    site = open_site(scopes=["profile", "openid"])
    browser = open_browser(site)
    address = begin(browser)
    asked = parse_qs(urlsplit(address).query)
    browser.get(go_to(address))
    sent, headers = next((data, headers) for path, data, headers in provider.asked if path == "/token")

    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [BASE + BACK_PATH]
    assert asked["scope"] == ["openid profile"]
    assert len(asked["state"][0]) >= 43 <= len(asked["nonce"][0])
    assert sent["code_verifier"] not in address
    assert "client_secret" not in sent
    assert base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode() == f"{CLIENT}:{SECRET}"


@pytest.mark.parametrize(("user", "home"), [("asta", "/class"), ("ines", "/class")])
def test_roles_are_the_table_s(open_site, provider, user, home):
    """Whatever the provider says of them."""
    provider.user = {"sub": "1", "student_number": user}
    browser = open_browser(open_site())
    sign_in(browser)
    assert browser.get("/").headers["location"] == home
    provider.user = {"sub": "2", "student_number": "ada", "role": "instructor", "roles": ["instructor"], "groups": ["staff"]}
    other = open_browser(open_site())
    sign_in(other)

    assert other.get("/class").status_code == 403


def test_who_isn_t_in_the_class_stays_outside(open_site, provider):
    """Also somebody whose access was taken back; the page says which id it was, harmlessly."""
    site = open_site()
    for claims in ({"student_number": "<i>eve"}, {"student_number": "ADA"}, {"student_number": "bob"}):
        site.access._people.change_access("bob", revoked=True)
        provider.user = {"sub": "1", **claims}
        browser = open_browser(site)
        answer = sign_in(browser)
        assert (answer.status_code, is_signed_in(browser)) == (403, False), claims
        assert "<i>eve" not in answer.text


@pytest.mark.parametrize("value", [None, "", " ", ["ada"], {"id": "ada"}, True, "\u200b", 1.5])
def test_a_claim_that_is_no_id_signs_nobody_in(open_site, provider, value):
    """Nor one that is missing."""
    provider.user = {"sub": "ada", **({} if value is None else {"student_number": value})}
    browser = open_browser(open_site())

    assert sign_in(browser).status_code == 403
    assert not is_signed_in(browser)


def test_a_number_is_an_id(open_site, provider):
    site = open_site()
    site.access._people.add_people([PEOPLE[0].__class__(id="4711", name="Number")], change_roles=False)
    provider.user = {"sub": "1", "student_number": 4711}
    browser = open_browser(site)
    sign_in(browser)

    assert "Number" in browser.get("/").text


@pytest.mark.parametrize(("verified", "status"), [(True, 303), (False, 403), (None, 403), ("true", 403), (1, 403)])
@pytest.mark.parametrize("where", ["token", "userinfo"])
def test_an_email_counts_only_where_it_is_verified(open_site, provider, verified, status, where):
    """At some providers one writes down any address as one's own."""
    site = open_site(claim="email")
    site.access._people.add_people([PEOPLE[0].__class__(id="ada@example.edu", name="Ada")], change_roles=False)
    provider.user = {"sub": "1", "email": "ada@example.edu", **({} if verified is None else {"email_verified": verified})}
    provider.only_userinfo = {"email", "email_verified"} if where == "userinfo" else set()

    assert sign_in(open_browser(site)).status_code == status


def test_a_claim_may_be_told_on_request_only(open_site, provider):
    """But of nobody else than the id token is about."""
    provider.only_userinfo = {"student_number"}
    browser = open_browser(open_site())
    assert sign_in(browser).status_code == 303
    provider.do_userinfo = lambda _request: (200, json.dumps({"sub": "another", "student_number": "ines"}), [])
    other = open_browser(open_site())

    assert sign_in(other).status_code == 502
    assert not is_signed_in(other)


# ---- what a browser must not bring back ----


def test_an_answer_signs_in_once(open_site, provider):
    """By the same browser, by one that kept its cookie, and in another process of the class."""
    site = open_site()
    browser = open_browser(site)
    back = go_to(begin(browser))
    kept = browser.client.cookies[f"{site.cookie_name}-sign-in"]
    assert browser.get(back).status_code == 303
    for other in (site, open_site()):
        again = open_browser(other)
        again.client.cookies.set(f"{site.cookie_name}-sign-in", kept, domain=HOST, path="/")
        answer = again.get(back)
        assert (answer.status_code, is_signed_in(again)) == (400, False)
    assert sum(path == "/token" for path, _, _ in provider.asked) == 1


def test_an_answer_is_for_the_browser_that_asked(open_site, provider):
    """A student who is sent another's address of the way back isn't signed in as the other."""
    site = open_site()
    eve, victim = open_browser(site), open_browser(site)
    back = go_to(begin(eve))
    assert victim.get(back).status_code == 400
    begin(victim)
    assert victim.get(back).status_code == 400
    for changed in (change_query(back, state=""), change_query(back, state="ü"), BACK_PATH):
        assert victim.get(changed).status_code == 400

    assert not is_signed_in(victim)
    assert not any(path == "/token" for path, _, _ in provider.asked)


def test_forged_and_old_cookies_are_no_attempt(open_site, monkeypatch):
    site = open_site()
    browser = open_browser(site)
    back = go_to(begin(browser))
    name = f"{site.cookie_name}-sign-in"
    kept = browser.client.cookies[name]
    for text in (kept[:-1], "x", site.signer.sign_link(PEOPLE[0]), ""):
        browser.client.cookies.set(name, text, domain=HOST, path="/")
        assert browser.get(back).status_code == 400, text
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 3600)
    browser.client.cookies.set(name, kept, domain=HOST, path="/")

    assert browser.get(back).status_code == 400


def test_a_code_of_another_sign_in_is_worth_nothing(open_site, provider):
    """The provider wants the verifier of the browser that asked for it."""
    site = open_site()
    eve, other = open_browser(site), open_browser(site)
    code = dict(parse_qsl(urlsplit(go_to(begin(other))).query))["code"]
    answer = eve.get(change_query(go_to(begin(eve)), code=code))

    assert (answer.status_code, is_signed_in(eve)) == (502, False)


def test_a_refusal_is_told_in_our_words(open_site, provider):
    """Nothing of what the address says gets onto the page but a plain code."""
    provider.user = {}
    site = open_site()
    for error, shown in (("access_denied", "(access_denied)"), ("<b>x</b>", "(unknown)"), ("A" * 500, "(unknown)")):
        browser = open_browser(site)
        state = parse_qs(urlsplit(begin(browser)).query)["state"][0]
        answer = browser.get(f"{BACK_PATH}?{urlencode({'state': state, 'error': error, 'error_description': 'LURE'})}")
        assert (answer.status_code, shown in answer.text, "LURE" in answer.text) == (403, True, False)


def test_an_answer_of_another_provider_is_refused(open_site):
    """Where an answer says whose it is."""
    browser = open_browser(open_site())

    assert browser.get(change_query(go_to(begin(browser)), iss="https://evil.test")).status_code == 502


@pytest.mark.parametrize(
    "to",
    ["https://evil.test", "//evil.test", "/\\evil.test", "\\\\evil.test", "/\tevil", "javascript:alert(1)", "/a//evil.test",
     "evil.test", "/%0d%0aSet-Cookie:x", "/a?to=//evil", "/" + "a" * 400, "", "/@evil.test", "///evil.test"],
)  # fmt: skip
def test_nobody_is_led_to_another_site(open_site, to):
    """Before, after, and instead of signing in."""
    site = open_site()
    browser = open_browser(site)
    landed = [sign_in(browser, to).headers["location"]]
    landed.append(browser.get(f"/sign-in?{urlencode({'to': to})}").headers["location"])

    assert all(each == "/" or each.startswith("/%0d%0a") for each in landed), landed
    assert all("\r" not in each for each in landed)


def test_who_is_signed_in_as_another_stays_that(open_site, provider):
    """Until they sign out; and whoever is signed in isn't sent away."""
    site = open_site()
    browser = open_browser(site)
    back = go_to(begin(browser))
    bob = open_browser(site, "bob")
    bob.client.cookies.update(browser.client.cookies)
    answer = bob.get(back)

    assert (answer.status_code, "Ada" in answer.text) == (409, True)
    assert "Bob" in bob.get("/").text
    assert bob.get("/sign-in").headers["location"] == "/"


@pytest.mark.parametrize("secure", [True, False])
def test_the_cookie_between_is_kept_from_scripts_and_other_sites(open_site, secure):
    """It goes back with the one visit that it is for, and is gone afterwards."""
    site = open_site(secure=secure)
    browser = open_browser(site)
    cookie = browser.get("/sign-in").headers["set-cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert ("Secure" in cookie, cookie.startswith("__Host-")) == (secure, secure)
    gone = browser.get(BACK_PATH).headers["set-cookie"]
    assert gone.startswith(f'{site.cookie_name}-sign-in=""; ')
    assert "Max-Age=0" in gone


def test_signing_out_says_where_one_is_still_signed_in(open_site, provider):
    """The provider's page is a link: a form of ours may lead nowhere else."""
    site = open_site()
    browser = open_browser(site)
    sign_in(browser)
    csrf = site.signer.read_session(browser.client.cookies[site.cookie_name]).csrf
    answer = browser.client.post("/leave", data={"csrf": csrf}, follow_redirects=False)

    assert not is_signed_in(browser)
    assert f'href="{provider.issuer}/logout?client_id=grade"' in answer.text
    assert "Ada" not in answer.text


def test_paths_of_this_site_are_kept():
    """Those that pages have."""
    for path in ("/exercises/pooling", "/submissions/12", "/quizzes/week3/questions/1", "/class"):
        assert find_own_path(path) == path
