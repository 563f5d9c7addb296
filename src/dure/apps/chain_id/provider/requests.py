"""What applications ask, read by the standards' rules; nothing here remembers or sends anything.

Rules
-----
1. An unknown application, or an address that is not exactly one of its own, is told to the person
   and never redirected to (RFC 6749, 4.1.2.1; RFC 9700, 2.1).
2. Any other mistake goes back to the application with its `state`.
3. Codes only, with PKCE by S256 for every application (RFC 7636; RFC 9700, 2.1.1).
4. A parameter that stands twice is refused (RFC 6749, 3.1), and so is a request object.
"""

import hmac
import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qsl, unquote_plus, urlencode

from dure.apps.chain_id.presentations import encode_base64
from dure.apps.chain_id.provider.settings import SCOPES, Client, Settings
from dure.core.codec import encode
from dure.core.errors import AccessDenied

PARAMETERS_MAX: Final = 30
TEXT_MAX: Final = 500
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class RequestDenied(AccessDenied):
    """What an application sent is refused, by a code of OAuth or OpenID Connect."""

    def __init__(self, error: str, message: str) -> None:
        super().__init__(message, error=error)
        self.error = error


class RedirectedDenial(RequestDenied):
    """The application is known: it is told at its own address."""

    def __init__(self, error: str, message: str, location: str) -> None:
        super().__init__(error, message)
        self.location = location


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """An application asks that somebody sign in."""

    client: Client
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str | None
    nonce: str | None
    code_challenge: str

    @property
    def claims(self) -> tuple[str, ...]:
        """The claims of a certificate that the application asks for."""
        return tuple(claim for scope in self.scopes for claim in SCOPES[scope])

    @property
    def digest(self) -> str:
        """What stands for the request in a challenge, in hexadecimal."""
        parts = (self.client.client_id, self.redirect_uri, self.scopes, self.state, self.nonce)
        return sha256(encode((*parts, self.code_challenge))).hexdigest()

    def build_redirect(self, **answer: str) -> str:
        """Return the application's address with an answer to it."""
        state = {} if self.state is None else {"state": self.state}
        return build_redirect(self.redirect_uri, answer | state)


def read_parameters(text: str) -> dict[str, str]:
    """Return a query's or a form's parameters; raise `RequestDenied`."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=PARAMETERS_MAX)
    except ValueError as problem:
        raise RequestDenied("invalid_request", "the request cannot be read") from problem
    found = {name: value for name, value in pairs if value}
    if len({name for name, _ in pairs}) != len(pairs):
        raise RequestDenied("invalid_request", "a parameter stands twice")
    if any(len(value) > TEXT_MAX for value in found.values()):
        raise RequestDenied("invalid_request", f"a parameter has more than {TEXT_MAX} characters")
    return found


def read_authorization(text: str, settings: Settings) -> AuthorizationRequest:
    """Return the request; raise `RequestDenied`, `RedirectedDenial` where the address is safe."""
    given = read_parameters(text)
    client = settings.by_id.get(given.get("client_id", ""))
    if client is None:
        raise RequestDenied("invalid_client", "that application is not known here")
    address = given.get("redirect_uri", "")
    if address not in client.redirect_uris:
        raise RequestDenied("invalid_request", "that address is not one of the application's")
    state = {"state": given["state"]} if "state" in given else {}
    wrong = find_mistake(given, client)
    if wrong is not None:
        error, message = wrong
        answer = {"error": error, "error_description": message, "iss": settings.url} | state
        raise RedirectedDenial(error, message, build_redirect(address, answer))
    return AuthorizationRequest(
        client=client,
        redirect_uri=address,
        scopes=tuple(dict.fromkeys(given["scope"].split())),
        state=given.get("state"),
        nonce=given.get("nonce"),
        code_challenge=given["code_challenge"],
    )


def find_mistake(given: Mapping[str, str], client: Client) -> tuple[str, str] | None:
    """Return the first mistake as code and words, None where there is none."""
    scopes = set(given.get("scope", "").split())
    checks: Sequence[tuple[bool, str, str]] = (
        ("request" in given, "request_not_supported", "request objects are not read"),
        ("request_uri" in given, "request_uri_not_supported", "request objects are not read"),
        (given.get("response_type") != "code", "unsupported_response_type", "codes only"),
        (given.get("response_mode", "query") != "query", "invalid_request", "query only"),
        ("openid" not in scopes, "invalid_scope", "the scope openid is missing"),
        (not scopes <= set(client.scopes), "invalid_scope", "the application may not ask that"),
        (given.get("code_challenge_method") != "S256", "invalid_request", "PKCE with S256 only"),
        (
            not _CHALLENGE.fullmatch(given.get("code_challenge", "")),
            "invalid_request",
            "code_challenge is missing or malformed",
        ),
        (given.get("prompt") == "none", "login_required", "a person has to sign in"),
    )
    return next(((error, words) for is_wrong, error, words in checks if is_wrong), None)


def authenticate_client(
    form: Mapping[str, str], authorization: str | None, settings: Settings
) -> Client:
    """Return who asks for a token; raise `RequestDenied` where that is not proved."""
    if authorization is None:
        client_id, secret = form.get("client_id", ""), form.get("client_secret")
    else:
        client_id, secret = read_basic(authorization)
        if form.get("client_id", client_id) != client_id or "client_secret" in form:
            raise RequestDenied("invalid_request", "the application names itself twice")
    client = settings.by_id.get(client_id)
    if client is None or not is_secret_right(client, secret):
        raise RequestDenied("invalid_client", "unknown application or wrong secret")
    return client


def is_secret_right(client: Client, secret: str | None) -> bool:
    """Say whether a client may pass with this secret; a public client has none."""
    if client.secret_sha256 is None:
        return secret is None
    found = sha256((secret or "").encode()).hexdigest()
    return hmac.compare_digest(found, client.secret_sha256)


def read_basic(header: str) -> tuple[str, str]:
    """Return user and password of HTTP Basic as RFC 6749, 2.3.1 writes them."""
    kind, _, text = header.partition(" ")
    try:
        user, mark, password = b64decode(text, validate=True).decode().partition(":")
    except ValueError as problem:
        raise RequestDenied("invalid_client", "the secret cannot be read") from problem
    if kind.lower() != "basic" or not mark:
        raise RequestDenied("invalid_client", "secrets come as HTTP Basic or in the form")
    return unquote_plus(user), unquote_plus(password)


def is_verifier_right(verifier: str, challenge: str) -> bool:
    """Say whether a PKCE verifier belongs to its challenge (RFC 7636, 4.6)."""
    if not _VERIFIER.fullmatch(verifier):
        return False
    found = encode_base64(sha256(verifier.encode("ascii")).digest())
    return hmac.compare_digest(found, challenge)


def build_redirect(address: str, answer: Mapping[str, str]) -> str:
    """Return an address with an answer in its query."""
    return f"{address}{'&' if '?' in address else '?'}{urlencode(answer)}"
