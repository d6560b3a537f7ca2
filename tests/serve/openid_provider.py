"""An OpenID Connect provider on a real port: Authlib's server side, whose answers a test can spoil."""

import json
import os
import threading
import time
from functools import partial
from urllib.parse import parse_qsl, urlsplit
from wsgiref.simple_server import WSGIRequestHandler, make_server

import httpx2
from authlib.oauth2 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core.grants import OpenIDCode
from joserfc import jwt

CLIENT, SECRET = "grade", "a-secret-of-the-client"


class Client:
    """The one client that is registered."""

    client_id = CLIENT
    id_token_signed_response_alg = "RS256"

    def __init__(self, redirect_uri):
        self.redirect_uri = redirect_uri

    def get_client_id(self):
        return CLIENT

    def get_default_redirect_uri(self):
        return self.redirect_uri

    def get_allowed_scope(self, scope):
        return scope

    def check_redirect_uri(self, uri):
        return uri == self.redirect_uri

    def check_client_secret(self, secret):
        return secret == SECRET

    def check_endpoint_auth_method(self, method, _endpoint):
        return method in ("client_secret_basic", "client_secret_post")

    def check_response_type(self, kind):
        return kind == "code"

    def check_grant_type(self, kind):
        return kind == "authorization_code"


class Code:
    """A code that was given out, with what it was asked for with."""

    def __init__(self, code, request):
        self.code, self.user, data = code, request.user, request.payload.data
        self.redirect_uri, self.scope, self.nonce = data.get("redirect_uri"), data.get("scope"), data.get("nonce")
        self.code_challenge = data.get("code_challenge")
        self.code_challenge_method = data.get("code_challenge_method")

    def get_redirect_uri(self):
        return self.redirect_uri

    def get_scope(self):
        return self.scope

    def get_nonce(self):
        return self.nonce

    def get_auth_time(self):
        return int(time.time())

    def get_acr(self):
        return None

    def get_amr(self):
        return None


class CodeGrant(grants.AuthorizationCodeGrant):
    """Codes are in memory, and each is good for once."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")

    def save_authorization_code(self, code, request):
        self.server.codes[code] = Code(code, request)

    def query_authorization_code(self, code, _client):
        return self.server.codes.get(code)

    def delete_authorization_code(self, authorization_code):
        del self.server.codes[authorization_code.code]

    def authenticate_user(self, authorization_code):
        return authorization_code.user


class IdTokens(OpenIDCode):
    """Id tokens as the test has them."""

    def __init__(self, provider):
        super().__init__(require_nonce=True)
        self.provider = provider

    def exists_nonce(self, nonce, _request):
        return any(code.nonce == nonce for code in self.provider.server.codes.values())

    def resolve_client_private_key(self, _client):
        return self.provider.key

    def get_encode_header(self, _client):
        return {"alg": "RS256", "kid": self.provider.key.kid}

    def get_client_claims(self, _client):
        return {"iss": self.provider.issuer, "aud": [CLIENT]}

    def generate_user_info(self, user, _scope):
        return {"sub": user["sub"], **{name: value for name, value in user.items() if name not in self.provider.only_userinfo}}

    def encode_id_token(self, token, request):
        text = super().encode_id_token(token, request)
        return self.provider.spoil(self.provider, text) if self.provider.spoil else text


class Server(AuthorizationServer):
    """Authlib's, for requests that are two dictionaries."""

    def __init__(self, provider):
        super().__init__()
        self.provider, self.codes, self.tokens = provider, {}, {}
        self.register_token_generator("default", BearerTokenGenerator(lambda *_a, **_k: os.urandom(16).hex()))
        self.register_grant(CodeGrant, [CodeChallenge(required=True), IdTokens(provider)])

    def query_client(self, client_id):
        return self.provider.client if client_id == CLIENT else None

    def save_token(self, token, request):
        self.tokens[token["access_token"]] = request.user

    def send_signal(self, *_args, **_kwargs):
        pass

    def create_oauth2_request(self, request):
        method, path, data, headers = request
        made = OAuth2Request(method, f"https://provider.test{path}", headers=headers)
        made.payload = BasicOAuth2Payload(data)
        # `args` and `form` are what some grants read.
        made.__class__ = type("Request", (OAuth2Request,), {"args": data, "form": data})
        return made

    def handle_response(self, status, body, headers):
        return status, json.dumps(body) if isinstance(body, dict) else body, list(headers)


class Quiet(WSGIRequestHandler):
    def log_message(self, *_args):
        pass


class OpenIdProvider:
    """The provider: `user` is who is signed in there, `spoil` changes id tokens, `metadata` what is said of itself."""

    def __init__(self, redirect_uri, key):
        self.client, self.user, self.spoil = Client(redirect_uri), {}, None
        self.metadata, self.only_userinfo, self.published, self.asked = {}, set(), None, []
        self.key = key
        self.http = make_server("127.0.0.1", 0, self.answer, handler_class=Quiet)
        self.issuer = f"http://127.0.0.1:{self.http.server_port}"
        self.server = Server(self)
        self.thread = threading.Thread(target=partial(self.http.serve_forever, poll_interval=0.01), daemon=True)
        self.thread.start()

    def stop(self):
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()

    def describe(self):
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "end_session_endpoint": f"{self.issuer}/logout",
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            **self.metadata,
        }

    def answer(self, environ, start):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode()
        data = dict(parse_qsl(environ.get("QUERY_STRING", "")) + parse_qsl(body))
        headers = {"Authorization": environ.get("HTTP_AUTHORIZATION", "")}
        self.asked.append((environ["PATH_INFO"], data, headers))
        request = (environ["REQUEST_METHOD"], environ["PATH_INFO"], data, headers)
        status, text, more = getattr(self, f"do_{environ['PATH_INFO'].rpartition('/')[2].replace('-', '_')}")(request)
        start(f"{status} .", [(name, value) for name, value in more] or [("Content-Type", "application/json")])
        return [text.encode()]

    def do_openid_configuration(self, _request):
        return 200, json.dumps(self.describe()), []

    def do_keys(self, _request):
        listed = [key.as_dict(private=False) for key in (self.published or [self.key])]
        return 200, json.dumps({"keys": [{"kty": "unheard-of"}, *listed]}), []

    def do_authorize(self, request):
        made = self.server.create_oauth2_request(request)
        grant = self.server.get_consent_grant(request, self.user)
        return self.server.create_authorization_response(made, grant_user=self.user or None, grant=grant)

    def do_token(self, request):
        return self.server.create_token_response(request)

    def do_userinfo(self, request):
        user = self.server.tokens.get(request[3]["Authorization"].removeprefix("Bearer "))
        return (200, json.dumps(user), []) if user else (401, "{}", [])

    def do_logout(self, _request):
        return 200, "{}", []


def sign_again(key, text, changes=None, *, header=None, without=(), known=None):
    """An id token with other claims, signed by a key."""
    decoded = jwt.decode(text, known or key)
    claims = {name: value for name, value in decoded.claims.items() if name not in without}
    return jwt.encode({**decoded.header, **(header or {})}, {**claims, **(changes or {})}, key, [(header or decoded.header)["alg"]])


def go_to(address):
    """Where a browser that is signed in at the provider is sent back to, as a path."""
    answer = httpx2.get(address, follow_redirects=False)
    assert answer.status_code == 302, answer.text
    parts = urlsplit(answer.headers["location"])
    return f"{parts.path}?{parts.query}"
