"""Callers for tests: a closed chain with one caller of each role."""

from dataclasses import dataclass, field
from typing import Any

from dure.api.access.callers import CallerRecord, CallersFile
from dure.api.access.known import KnownCallers
from dure.api.access.roles import Role
from dure.api.access.tokens import Token, generate_token
from dure.api.app import build_access
from tests.unit.api.serving import Desk

NOW = 1_800_000_000_000


def build_record(token: Token, role: Role, **changes: Any) -> CallerRecord:
    """Return a caller's record; `changes` replace what it has otherwise."""
    fields: dict[str, Any] = {
        "id": token.caller_id,
        "name": f"{role.value}-{token.caller_id[:4]}",
        "role": role,
        "token_digest": token.digest,
        "created": NOW,
        "expires": None,
        "requests_per_second": 1_000.0,
        "requests_burst": 1_000.0,
    }
    return CallerRecord(**fields | changes)


@dataclass
class Gate:
    """Who is known to a desk's API, with the clocks in the test's hand."""

    desk: Desk
    wall_ms: int = NOW
    seconds: float = 0.0
    records: dict[str, CallerRecord] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.known = KnownCallers(lambda: self.wall_ms, lambda: self.seconds)
        self.desk.access = build_access(self.desk.chain, self.desk.settings, self.known)

    def admit(self, role: Role, **changes: Any) -> str:
        """Make somebody known; return the token."""
        token = generate_token()
        self.records[token.text] = build_record(token, role, **changes)
        self._tell()
        return token.text

    def revoke(self, token: str) -> None:
        """Make somebody unknown."""
        del self.records[token]
        self._tell()

    def _tell(self) -> None:
        self.known.change(CallersFile(1, tuple(self.records.values())))


def show(token: str) -> dict[str, str]:
    """Return the header that shows a token."""
    return {"authorization": f"Bearer {token}"}
