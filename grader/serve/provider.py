"""An OpenID Connect provider, by Authlib: its addresses discovered, its answers checked before anything in them counts."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwk, jwt
from joserfc.errors import JoseError
from msgspec import Struct

from grader.records.student_ids import to_student_id
from grader.serve.sign_in_settings import SignInSettings, is_safe_address
from grader.serve.sign_ins import SignInAttempt, SignInError

DISCOVERY = "/.well-known/openid-configuration"
# Signatures by a key that only the provider has: neither `none` nor what the published key itself could sign.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
MAX_KEYS = 50
MAX_ANSWER_BYTES = 1_000_000
TIMEOUT_S = (5.0, 10.0)
# By which the clocks of the two servers may differ.
LEEWAY_S = 60
MAX_AGE_S = 3600.0
ERROR_CODE = re.compile(r"[a-z_]{1,40}", re.ASCII)


class Metadata(Struct, frozen=True, kw_only=True):
    """What a provider says of itself, as far as it is used here."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    end_session_endpoint: str = ""
    token_endpoint_auth_methods_supported: list[str] = []


class Provider:
    """One provider, for one client.

    Args:
        settings: of the class.
        secret: the client's; empty where it has none.
        redirect_uri: where the provider sends browsers back to.
    """

    def __init__(self, settings: SignInSettings, secret: str, redirect_uri: str) -> None:
        self._settings, self._secret, self._redirect_uri = settings, secret, redirect_uri
        self._lock = threading.Lock()
        self._metadata: tuple[float, Metadata] | None = None
        self._keys: list[jwk.Key] = []

    @property
    def name(self) -> str:
        """As people know it."""
        return self._settings.name

    @property
    def logout_address(self) -> str:
        """Where one signs out there; empty where that isn't known."""
        address = self._metadata[1].end_session_endpoint if self._metadata else ""
        joint = "&" if "?" in address else "?"
        return f"{address}{joint}{urlencode({'client_id': self._settings.client_id})}" if address else ""

    def discover(self) -> Metadata:
        """What the provider says of itself, asked for once in an hour. Raises: SignInError: it says nothing usable."""
        with self._lock:
            found = self._metadata
        if found is not None and time.monotonic() - found[0] < MAX_AGE_S:
            return found[1]
        metadata = self._check_metadata(self._get_json(self._settings.issuer.rstrip("/") + DISCOVERY))
        with self._lock:
            self._metadata = (time.monotonic(), metadata)
        return metadata

    def _check_metadata(self, told: object) -> Metadata:
        try:
            metadata = msgspec.convert(told, Metadata)
        except msgspec.ValidationError as error:
            raise self._distrust("metadata") from error
        # Another's answers would be taken for this one's.
        if metadata.issuer != self._settings.issuer:
            raise self._distrust("issuer")
        local = self._settings.issuer.startswith("http:")
        needed = (metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri)
        extra = [each for each in (metadata.userinfo_endpoint, metadata.end_session_endpoint) if each]
        if not all(is_safe_address(each, insecure=local) for each in (*needed, *extra)):
            raise self._distrust("address")
        return metadata

    def build_address(self, attempt: SignInAttempt) -> str:
        """Where the browser goes to sign in. Raises: SignInError: the provider doesn't answer as it should."""
        metadata = self.discover()
        with self._open_session(metadata) as session:
            url, _ = session.create_authorization_url(
                metadata.authorization_endpoint,
                state=attempt.state,
                nonce=attempt.nonce,
                code_verifier=attempt.verifier,
            )
        return str(url)

    def find_id(self, attempt: SignInAttempt, answer: Mapping[str, Any]) -> str:
        """The roster's id of whoever signed in. Raises: SignInError: the answer proves nothing, or has no id."""
        metadata = self.discover()
        if answer.get("iss", metadata.issuer) != metadata.issuer:
            raise self._distrust("answer_of_another_issuer")
        if "error" in answer:
            raise self._explain_refusal(str(answer["error"]))
        token = self._fetch_token(metadata, attempt, str(answer.get("code", "")))
        claims = self._check_id_token(metadata, attempt, token)
        # Some tell only there what one asked for.
        needed = {self._settings.claim, *(["email_verified"] if self._settings.claim == "email" else [])}
        if metadata.userinfo_endpoint and not needed <= claims.keys():
            claims = {**claims, **self._fetch_userinfo(metadata, token, claims["sub"])}
        return self._read_id(claims)

    def _open_session(self, metadata: Metadata) -> OAuth2Session:
        methods = metadata.token_endpoint_auth_methods_supported
        posts = "client_secret_basic" not in methods and "client_secret_post" in methods
        method = "client_secret_post" if posts else "client_secret_basic"
        return OAuth2Session(
            self._settings.client_id,
            self._secret or None,
            token_endpoint_auth_method=method if self._secret else "none",
            scope=" ".join(dict.fromkeys(["openid", *self._settings.scopes])),
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
            default_timeout=TIMEOUT_S,
        )

    def _fetch_token(self, metadata: Metadata, attempt: SignInAttempt, code: str) -> Mapping[str, Any]:
        if not code:
            raise self._distrust("no_code")
        try:
            with self._open_session(metadata) as session:
                token: Mapping[str, Any] = session.fetch_token(
                    metadata.token_endpoint,
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=attempt.verifier,
                    allow_redirects=False,
                )
        except AuthlibBaseError as error:
            raise self._distrust(f"token_{_clean_code(str(error.error))}") from error
        except (requests.RequestException, ValueError) as error:
            raise self._miss("token") from error
        return token

    def _check_id_token(
        self, metadata: Metadata, attempt: SignInAttempt, token: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """The claims, signed by the provider, for this client, in answer to this attempt, and now."""
        text = token.get("id_token")
        if not isinstance(text, str):
            raise self._distrust("no_id_token")
        decoded = self._verify(metadata, text)
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            options={
                "iss": {"essential": True, "value": metadata.issuer},
                "aud": {"essential": True, "value": self._settings.client_id},
                "sub": {"essential": True},
            },
            params={
                "nonce": attempt.nonce,
                "client_id": self._settings.client_id,
                "access_token": token.get("access_token"),
            },
        )
        try:
            claims.validate(leeway=LEEWAY_S)
        except JoseError as error:
            raise self._distrust(f"claim_{_clean_code(str(getattr(error, 'claim', '') or error.error))}") from error
        except (TypeError, ValueError, AttributeError) as error:  # of a claim that is of another kind
            raise self._distrust("claim") from error
        return dict(claims)

    def _verify(self, metadata: Metadata, text: str) -> jwt.Token:
        for keys in (self._keys, None):
            # A provider changes its keys; the new ones are fetched when the known ones don't fit.
            for key in self._fetch_keys(metadata) if keys is None else keys:
                try:
                    return jwt.decode(text, key, algorithms=ALGORITHMS)
                except (JoseError, ValueError, TypeError):
                    continue
        raise self._distrust("signature")

    def _fetch_keys(self, metadata: Metadata) -> list[jwk.Key]:
        told = self._get_json(metadata.jwks_uri)
        listed = told.get("keys") if isinstance(told, dict) else None
        keys: list[jwk.Key] = []
        for each in listed[:MAX_KEYS] if isinstance(listed, list) else []:
            # Others are for encryption, or of a kind that is too new: they don't matter here.
            if isinstance(each, dict) and each.get("use", "sig") == "sig" and each.get("kty") != "oct":
                try:
                    keys.append(jwk.import_key(each))
                except (JoseError, ValueError, TypeError, KeyError):
                    continue
        if not keys:
            raise self._distrust("no_keys")
        self._keys = keys
        return keys

    def _fetch_userinfo(self, metadata: Metadata, token: Mapping[str, Any], subject: str) -> Mapping[str, Any]:
        """More of whom the id token names, and of nobody else."""
        headers = {"Authorization": f"Bearer {token.get('access_token', '')}"}
        told = self._get_json(metadata.userinfo_endpoint, headers)
        if not isinstance(told, dict) or told.get("sub") != subject:
            raise self._distrust("userinfo_of_another")
        return {name: value for name, value in told.items() if name != "sub"}

    def _read_id(self, claims: Mapping[str, Any]) -> str:
        name = self._settings.claim
        value = claims.get(name)
        # Some providers let people write down any address as theirs.
        if name == "email" and claims.get("email_verified") is not True:
            raise SignInError(
                "unverified_email",
                f"{self.name} doesn't say that your e-mail address is verified, so it can't be used here. "
                "Verify it there, or ask your instructor.",
            )
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        found = to_student_id(value) if isinstance(value, str) else ""
        if not found:
            raise SignInError("no_claim", f"{self.name} didn't say your “{name}”. Tell your instructor.")
        return found

    def _get_json(self, address: str, headers: Mapping[str, str] | None = None) -> object:
        """An answer of the provider. Raises: SignInError: there is none, or it is no JSON."""
        try:
            with requests.get(
                address, headers=headers, timeout=TIMEOUT_S, allow_redirects=False, stream=True
            ) as answer:
                answer.raise_for_status()
                data = b""
                for part in answer.iter_content(65_536):
                    data += part
                    if len(data) > MAX_ANSWER_BYTES:
                        break
                # Cut off, it is no JSON any more.
                return msgspec.json.decode(data[:MAX_ANSWER_BYTES])
        except (requests.RequestException, OSError, ValueError) as error:
            raise self._miss(address.rpartition("/")[2]) from error

    def _explain_refusal(self, error: str) -> SignInError:
        code = _clean_code(error)
        return SignInError(f"refused_{code}", f"{self.name} didn't sign you in ({code}).")

    def _distrust(self, code: str) -> SignInError:
        message = f"{self.name} gave an answer that can't be trusted ({code}), so you are not signed in."
        return SignInError(code, message, 502)

    def _miss(self, what: str) -> SignInError:
        message = f"{self.name} doesn't answer now. Try again in a minute."
        return SignInError(f"no_answer_{_clean_code(what.replace('-', '_'))}", message, 503)


def _clean_code(text: str) -> str:
    """A word that was sent, where it is one; anybody may have written it."""
    return text if ERROR_CODE.fullmatch(text) else "unknown"
