"""A sign-in from its beginning to its tokens, without HTTP.

Rules
-----
1. A sign-in is begun by a browser and answered by a phone. The phone's answer is two proofs of the
   same identity: an entry on the chain for this challenge, and a presentation for this provider and
   this challenge; one signature covers both where the account is a passkey (`challenges`). The
   browser that began it, and no other, is given the code.
2. A sign-in is answered once, a code is exchanged once, and both within minutes. A code that comes
   a second time ends the tokens of the first (RFC 6749, 4.1.2).
3. The register is asked at each step: what is suspended after the sign-in gets no token, and a
   token that is out already tells nothing any more.
4. The phone shows no claim that was not asked for, and none that its entry does not name.
"""

import hmac
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from secrets import token_hex, token_urlsafe
from typing import Any, Final

from dure.apps.chain_id.challenges import Asked
from dure.apps.chain_id.contract import Entry, Purpose, Status
from dure.apps.chain_id.offchain import (
    CLAIM_NAMES,
    Presented,
    Register,
    find_entry,
    verify_presentation,
)
from dure.apps.chain_id.presentations import PresentationRefused
from dure.apps.chain_id.provider.requests import (
    AuthorizationRequest,
    RequestDenied,
    authenticate_client,
    is_verifier_right,
)
from dure.apps.chain_id.provider.settings import Secrets, Settings
from dure.apps.chain_id.provider.stores import ExpiringStore
from dure.apps.chain_id.provider.tokens import ID_TOKEN_LIFETIME_S, compute_subject, sign_id_token
from dure.core.errors import ConfigurationError, NotFound

SIGN_INS_MAX: Final = 10_000
SIGN_IN_LIFETIME_S: Final = 300
CODE_LIFETIME_S: Final = 60
TOKEN_LIFETIME_S: Final = 600


@dataclass(frozen=True, slots=True)
class SignIn:
    """Somebody wants to sign in. `browser` is the secret of the browser that began it."""

    request: AuthorizationRequest
    asked: Asked
    browser: str
    answered: Presented | None


@dataclass(frozen=True, slots=True)
class Grant:
    """Somebody has signed in at an application."""

    request: AuthorizationRequest
    presented: Presented
    at_s: int


async def require_site(register: Register, settings: Settings) -> None:
    """Raise `ConfigurationError` unless the register has this provider as its institution's site.

    No phone would answer it: see `phone.answering`, rule 2.
    """
    site = await register.get_site(settings.institution_address)
    if site != settings.url:
        message = f"the register has {site!r} as the site of this institution, not {settings.url}"
        raise ConfigurationError(f"{message}: the institution calls set_site")


def validate_entry(entry: Entry, presented: Presented, asked: Collection[str]) -> None:
    """Raise `PresentationRefused` unless the entry is for signing in and names all that is shown.

    `asked` are the claims that the application may be shown.
    """
    if entry.purpose is not Purpose.SIGN_IN:
        raise PresentationRefused("the entry on the chain is for another purpose")
    if not presented.claims.keys() <= {CLAIM_NAMES[claim] for claim in entry.claims}:
        raise PresentationRefused("the entry on the chain does not name all that is shown")
    if not presented.claims.keys() <= set(asked):
        raise PresentationRefused("more is shown than was asked for")


class Desk:
    """Remembers sign-ins, codes and tokens; asks the register."""

    def __init__(
        self,
        settings: Settings,
        secrets: Secrets,
        register: Register,
        clock: Callable[[], float],
    ) -> None:
        self.settings = settings
        self.secrets = secrets
        self.register = register
        self._clock = clock
        most = SIGN_INS_MAX
        self._sign_ins = ExpiringStore[SignIn](
            entries_max=most, lifetime_s=SIGN_IN_LIFETIME_S, clock=clock
        )
        self._codes = ExpiringStore[Grant](
            entries_max=most, lifetime_s=CODE_LIFETIME_S, clock=clock
        )
        self._tokens = ExpiringStore[Grant](
            entries_max=most, lifetime_s=TOKEN_LIFETIME_S, clock=clock
        )
        self._spent = ExpiringStore[str](entries_max=most, lifetime_s=TOKEN_LIFETIME_S, clock=clock)

    def begin(self, request: AuthorizationRequest) -> tuple[str, str]:
        """Begin a sign-in; return its ticket, and the secret that the browser keeps."""
        ticket, browser = token_urlsafe(32), token_urlsafe(32)
        asked = Asked(
            audience=self.settings.url,
            institution=self.settings.institution,
            contract=self.settings.contract,
            application=request.client.name,
            application_url=request.redirect_uri,
            claims=request.claims,
            request=request.digest,
            salt=token_hex(32),
        )
        self._sign_ins.put(ticket, SignIn(request, asked, browser, None))
        return ticket, browser

    def find(self, ticket: str) -> SignIn:
        """Return a sign-in; raise `NotFound` where there is none any more."""
        found = self._sign_ins.get(ticket)
        if found is None:
            raise NotFound("this sign-in is over: begin again at the application")
        return found

    async def answer(self, ticket: str, presentation: str) -> None:
        """Take the phone's answer; raise `PresentationRefused`."""
        sign_in = self.find(ticket)
        presented = await verify_presentation(
            presentation,
            self.register,
            institution=self.settings.institution_address,
            audience=self.settings.url,
            nonce=sign_in.asked.challenge.hex(),
            now_s=int(self._clock()),
        )
        entry = presented.entry or await self._find_entry(sign_in, presented)
        validate_entry(entry, presented, sign_in.asked.claims)
        # The register was asked meanwhile: whoever answered first has answered.
        current = self.find(ticket)
        if current.answered is not None:
            raise PresentationRefused("this sign-in was answered already")
        self._sign_ins.replace(ticket, replace(current, answered=presented))

    async def _find_entry(self, sign_in: SignIn, presented: Presented) -> Entry:
        institution = self.settings.institution_address
        challenge = sign_in.asked.challenge
        return await find_entry(self.register, institution, challenge, presented.identity)

    def finish(self, ticket: str, browser: str) -> str | None:
        """Return the address to which the browser goes on, None while the phone has not answered.

        Raise `RequestDenied` for another browser than the one that began.
        """
        sign_in = self.find(ticket)
        if not hmac.compare_digest(sign_in.browser.encode(), browser.encode()):
            raise RequestDenied("access_denied", "another browser has begun this sign-in")
        if sign_in.answered is None:
            return None
        code = token_urlsafe(32)
        self._codes.put(code, Grant(sign_in.request, sign_in.answered, int(self._clock())))
        self._sign_ins.take(ticket)
        return sign_in.request.build_redirect(code=code, iss=self.settings.url)

    async def exchange(self, form: Mapping[str, str], authorization: str | None) -> dict[str, Any]:
        """Return the tokens for a code; raise `RequestDenied`."""
        client = authenticate_client(form, authorization, self.settings)
        if form.get("grant_type") != "authorization_code":
            raise RequestDenied("unsupported_grant_type", "codes only")
        code = form.get("code", "")
        grant = self._codes.take(code)
        if grant is None:
            self._end_tokens_of(code)
            raise RequestDenied("invalid_grant", "that code is unknown, spent or too old")
        request = grant.request
        if request.client != client or form.get("redirect_uri") != request.redirect_uri:
            raise RequestDenied("invalid_grant", "that code was given to somebody else")
        if not is_verifier_right(form.get("code_verifier", ""), request.code_challenge):
            raise RequestDenied("invalid_grant", "code_verifier is not that of the request")
        token = token_urlsafe(32)
        # Before the register is asked: a second copy of the code finds what it has to end.
        self._spent.put(code, token)
        await self._require_valid(grant, "invalid_grant")
        if self._spent.get(code) is None:
            raise RequestDenied("invalid_grant", "that code came twice")
        self._tokens.put(token, grant)
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": TOKEN_LIFETIME_S,
            "scope": " ".join(request.scopes),
            "id_token": sign_id_token(self.secrets, self._build_id_claims(grant)),
        }

    async def tell(self, token: str) -> dict[str, Any]:
        """Return what an application may know of the person; raise `RequestDenied`."""
        grant = self._tokens.get(token)
        if grant is None:
            raise RequestDenied("invalid_token", "that token is unknown or too old")
        await self._require_valid(grant, "invalid_token")
        return {"sub": self._compute_subject(grant), **grant.presented.claims}

    async def _require_valid(self, grant: Grant, error: str) -> None:
        if await self.register.get_status(grant.presented.identity) is not Status.VALID:
            raise RequestDenied(error, "the identity is not valid any more")

    def _end_tokens_of(self, code: str) -> None:
        token = self._spent.take(code)
        if token is not None:
            self._tokens.take(token)

    def _build_id_claims(self, grant: Grant) -> dict[str, Any]:
        now_s = int(self._clock())
        nonce = {} if grant.request.nonce is None else {"nonce": grant.request.nonce}
        return {
            "iss": self.settings.url,
            "sub": self._compute_subject(grant),
            "aud": grant.request.client.client_id,
            "iat": now_s,
            "exp": now_s + ID_TOKEN_LIFETIME_S,
            "auth_time": grant.at_s,
            **nonce,
        }

    def _compute_subject(self, grant: Grant) -> str:
        identity = grant.presented.identity
        client = grant.request.client
        return compute_subject(self.secrets.subject_key, client.client_id, identity)
