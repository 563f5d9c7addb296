"""Who may do what over the public listener: the seam where a chain's own rule goes.

Issue "who may read" will make reading a chain parameter; until then everybody may do everything
that is public.
"""

from enum import StrEnum
from typing import Protocol

from starlette.requests import HTTPConnection


class Act(StrEnum):
    """What a request is about to do."""

    READ = "read"
    SUBMIT = "submit"


class AccessPolicy(Protocol):
    """Decides on every request and every WebSocket."""

    def authorize(self, connection: HTTPConnection, act: Act) -> None:
        """Raise `AccessDenied` unless the caller may do that."""
        ...


class OpenAccess:
    """Everybody may read and submit; the ledger alone decides what a transaction may do."""

    def authorize(self, connection: HTTPConnection, act: Act) -> None:
        """Let everybody through."""
