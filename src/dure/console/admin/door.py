"""Letting the operator in: challenge, registration, signing in and out.

Rules
-----
1. Everything that somebody can try is counted before it is looked at: challenges, attempts with a
   challenge and attempts without one each for all browsers together, the words of somebody who is
   inside for each session. So whoever knocks at random keeps nobody from coming in, and nobody
   outside keeps the operator from acting.
2. What was tried is written to the audit log, whether it worked or not; of what strangers were
   refused, how many times.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from dure.api.app import read_wall_ms
from dure.api.http.allowance import Allowance, Rate
from dure.console.admin.auditing import STRANGER, Auditing, Refusals
from dure.console.admin.passkeys import (
    TOKEN_LENGTH,
    AssertionForm,
    AssertionRefused,
    CredentialId,
    Key,
    OperatorPasskey,
    OperatorPasskeys,
    PasskeyName,
)
from dure.console.admin.requests import (
    DOOR_COOKIE,
    SESSION_COOKIE,
    TOKEN_HEADER,
    answer_json,
    forget_cookie,
    read_body,
    read_cookie,
    set_cookie,
)
from dure.console.admin.sessions import Session, Sessions
from dure.core.errors import AccessDenied
from dure.core.types import Digest

DRAWN: Final = Rate(10.0, 100.0)
"""Challenges: they cost nothing, so that whoever draws many hardly delays another."""
INVITED: Final = Rate(5.0, 20.0)
"""Attempts with a challenge, which cost looking at a signature."""
ATTEMPTS: Final = Rate(0.5, 10.0)
"""Attempts without a challenge; and words for acts, of each session."""
ID_TOLD: Final = 64
"""Digits of a passkey's id in the log."""


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A body that says nothing."""


class Registration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One more passkey, with the proof that its key is at hand."""

    token: Annotated[str, Meta(min_length=1, max_length=TOKEN_LENGTH)]
    id: CredentialId
    key: Key
    name: PasskeyName
    assertion: AssertionForm


class SigningIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An assertion over the challenge."""

    id: CredentialId
    assertion: AssertionForm


class KnownPasskey(msgspec.Struct, frozen=True):
    """What a browser needs to ask its authenticator."""

    id: str
    name: str


class ChallengeAnswer(msgspec.Struct, frozen=True):
    """What is to be signed, and by which passkeys."""

    challenge: str
    passkeys: list[KnownPasskey]


class SignedIn(msgspec.Struct, frozen=True):
    """The half of a session that pages keep."""

    token: str


class Door:
    """Who may come in, and who is inside."""

    def __init__(
        self,
        passkeys: OperatorPasskeys,
        sessions: Sessions,
        auditing: Auditing,
        clock: Callable[[], float],
    ) -> None:
        self._passkeys = passkeys
        self._sessions = sessions
        self._auditing = auditing
        self._refusals = Refusals(auditing, clock)
        self._attempts = Allowance(
            ATTEMPTS.per_second, ATTEMPTS.burst, clock, limit="attempts to sign in"
        )
        self._words = Allowance(
            ATTEMPTS.per_second, ATTEMPTS.burst, clock, limit="words of a passkey"
        )

    def find(self, request: Request) -> Session:
        """Return whose request this is; raise `CallerUnknown`."""
        return self._sessions.find(
            read_cookie(request, SESSION_COOKIE), request.headers.get(TOKEN_HEADER, "")
        )

    def confirm(
        self, session: Session, credential: str, challenge: Digest, assertion: AssertionForm
    ) -> str:
        """Return the name of the passkey that signed an act; raise `AssertionRefused`."""
        self._words.take(session.token.hex())
        return self._passkeys.verify(credential, challenge, assertion).name

    async def draw(self, request: Request) -> Response:
        """Answer with a challenge that belongs to this browser."""
        self._attempts.take("drawing", rate=DRAWN)
        await read_body(request, Nothing)
        door, challenge = self._sessions.draw_challenge()
        known = [KnownPasskey(each.id, each.name) for each in self._passkeys.all]
        answer = answer_json(ChallengeAnswer(challenge.hex(), known))
        set_cookie(request, answer, DOOR_COOKIE, door)
        return answer

    async def register(self, request: Request) -> Response:
        """Add a passkey, and sign in with it."""
        self._count_attempt(request)
        given = await read_body(request, Registration)
        passkey = OperatorPasskey(given.id, given.key, given.name, read_wall_ms())
        with self._telling_refusals("passkey_refused", given.id):
            challenge = self._take_challenge(request)
            self._passkeys.examine(given.token, passkey, challenge, given.assertion)
        self._auditing.write("passkey_registered", STRANGER, _describe(given.id, given.name))
        self._passkeys.add(passkey)
        return self._let_in(request, passkey)

    async def enter(self, request: Request) -> Response:
        """Begin a session for whoever signed the challenge."""
        self._count_attempt(request)
        given = await read_body(request, SigningIn)
        with self._telling_refusals("sign_in_refused", given.id):
            challenge = self._take_challenge(request)
            passkey = self._passkeys.verify(given.id, challenge, given.assertion)
        return self._let_in(request, passkey)

    async def leave(self, request: Request) -> Response:
        """End the session."""
        session = self.find(request)
        await read_body(request, Nothing)
        self._auditing.write("signed_out", session.passkey)
        self._sessions.end(read_cookie(request, SESSION_COOKIE))
        answer = answer_json(Nothing())
        forget_cookie(request, answer, SESSION_COOKIE)
        return answer

    def _count_attempt(self, request: Request) -> None:
        if self._sessions.has_challenge(read_cookie(request, DOOR_COOKIE)):
            self._attempts.take("invited", rate=INVITED)
        else:
            self._attempts.take("at random")

    def _take_challenge(self, request: Request) -> Digest:
        challenge = self._sessions.take_challenge(read_cookie(request, DOOR_COOKIE))
        if challenge is None:
            raise AssertionRefused("this browser has no challenge that counts; ask for another")
        return challenge

    def _let_in(self, request: Request, passkey: OperatorPasskey) -> Response:
        self._refusals.settle()
        self._auditing.write("signed_in", passkey.name, {"id": passkey.id[:ID_TOLD]})
        cookie, token = self._sessions.begin(passkey.name)
        answer = answer_json(SignedIn(token))
        forget_cookie(request, answer, DOOR_COOKIE)
        set_cookie(request, answer, SESSION_COOKIE, cookie)
        return answer

    @contextmanager
    def _telling_refusals(self, act: str, credential: str) -> Iterator[None]:
        try:
            yield
        except AccessDenied as problem:
            self._refusals.add(act, _describe(credential, problem.message))
            raise


def _describe(credential: str, words: str) -> dict[str, str]:
    return {"id": credential[:ID_TOLD], "words": words}
