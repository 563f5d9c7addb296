"""Who is signed in: challenges before, sessions after, numbers that count once. All in memory.

Rules
-----
1. A session is two secrets. Its id is in a cookie that no script reads; its token is handed to the
   page once, which keeps it in the storage of its own origin and sends it in a header. A cookie
   goes to every port of this host, the token to this console alone: neither opens anything alone.
2. A challenge for signing in belongs to the door's cookie of the browser that asked for it. It
   counts once, for two minutes. Signing in always begins a new session.
3. A number for an act belongs to its session and counts once, for two minutes.
4. A session ends after a quarter of an hour without a request, and after eight hours.
5. Everything is bounded: the oldest goes first.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from dure.core import hashing
from dure.core.errors import CallerUnknown
from dure.core.types import Digest

CHALLENGES_MAX: Final = 2_048
"""More than the door hands out while one counts (`door.DRAWN`): nobody pushes another's out."""
SESSIONS_MAX: Final = 16
NONCES_MAX: Final = 16
FRESH_S: Final = 120.0
IDLE_S: Final = 15 * 60.0
LASTS_S: Final = 8 * 3_600.0
SECRET_BYTES: Final = 32
SECRET_LENGTH: Final = 2 * SECRET_BYTES

T = TypeVar("T")


class _Fresh(Generic[T]):
    """Values that count once, for a while; at most so many, the oldest goes first."""

    def __init__(self, clock: Callable[[], float], limit: int) -> None:
        self._clock = clock
        self._limit = limit
        self._values: OrderedDict[str, tuple[float, T]] = OrderedDict()

    def put(self, name: str, value: T) -> None:
        """Keep a value under a name."""
        self._values[name] = (self._clock() + FRESH_S, value)
        while len(self._values) > self._limit:
            self._values.popitem(last=False)

    def has(self, name: str) -> bool:
        """Say whether there is a value of that name, and leave it there."""
        until, _ = self._values.get(name, (0.0, None))
        return self._clock() < until

    def take(self, name: str) -> T | None:
        """Return the value of that name and forget it; None where there is none any more."""
        until, value = self._values.pop(name, (0.0, None))
        return value if self._clock() < until else None


@dataclass(slots=True)
class Session:
    """Somebody who signed in."""

    passkey: str
    """Name of the passkey."""
    token: Digest
    """Hash of the page's token."""
    began_s: float
    seen_s: float
    nonces: _Fresh[bytes] = field(repr=False)

    def draw_nonce(self) -> bytes:
        """Return a number for one act."""
        nonce = secrets.token_bytes(SECRET_BYTES)
        self.nonces.put(nonce.hex(), nonce)
        return nonce

    def take_nonce(self, text: str) -> bytes | None:
        """Return a number that this session was given, and forget it."""
        return self.nonces.take(text)


class Sessions:
    """Everybody at the door and inside."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` tells seconds that only ever grow."""
        self._clock = clock
        self._challenges: _Fresh[bytes] = _Fresh(clock, CHALLENGES_MAX)
        self._sessions: OrderedDict[Digest, Session] = OrderedDict()

    def draw_challenge(self) -> tuple[str, bytes]:
        """Return the door's cookie and the challenge that belongs to it."""
        door, challenge = secrets.token_hex(SECRET_BYTES), secrets.token_bytes(SECRET_BYTES)
        self._challenges.put(door, challenge)
        return door, challenge

    def has_challenge(self, door: str) -> bool:
        """Say whether a door's cookie has a challenge that still counts."""
        return self._challenges.has(door)

    def take_challenge(self, door: str) -> bytes | None:
        """Return the challenge of a door's cookie, and forget it."""
        return self._challenges.take(door)

    def begin(self, passkey: str) -> tuple[str, str]:
        """Return the cookie and the token of a new session."""
        cookie, token = secrets.token_hex(SECRET_BYTES), secrets.token_hex(SECRET_BYTES)
        now = self._clock()
        self._sessions[_hash(cookie)] = Session(
            passkey, _hash(token), now, now, _Fresh(self._clock, NONCES_MAX)
        )
        while len(self._sessions) > SESSIONS_MAX:
            self._sessions.popitem(last=False)
        return cookie, token

    def find(self, cookie: str, token: str) -> Session:
        """Return the session of both secrets; raise `CallerUnknown`."""
        key, now = _hash(cookie), self._clock()
        session = self._sessions.get(key)
        if session is not None and _is_over(session, now):
            del self._sessions[key]
            session = None
        if session is None or not secrets.compare_digest(session.token, _hash(token)):
            raise CallerUnknown("sign in with a passkey of the operator's")
        session.seen_s = now
        return session

    def end(self, cookie: str) -> None:
        """Forget a session."""
        self._sessions.pop(_hash(cookie), None)


def _is_over(session: Session, now: float) -> bool:
    return now - session.seen_s >= IDLE_S or now - session.began_s >= LASTS_S


def _hash(secret: str) -> Digest:
    return hashing.compute_hash(hashing.TOKEN, secret[: SECRET_LENGTH + 1].encode())
