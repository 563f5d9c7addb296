"""The callers that a running node knows, and by what it knows them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from dure.api.access.callers import BURST_DEFAULT, NO_CALLERS, RATE_DEFAULT, CallersFile
from dure.api.access.roles import Role
from dure.api.access.tokens import is_digest_of, read_caller_id
from dure.api.http.allowance import Allowance, Rate

RATE: Final = Rate(RATE_DEFAULT, BURST_DEFAULT)
"""Of callers to whom nobody gave another one."""

_NO_DIGEST: Final = "0" * 64


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody whom the node knows."""

    id: str
    """A token's public part, or what names a certificate."""
    name: str
    role: Role
    rate: Rate = RATE


ReadCertificate = Callable[[bytes], Caller | None]
"""Whose a client certificate is, by its DER bytes, now; None for nobody's.

The handshake has shown that the caller holds its key.
"""


def know_no_certificate(_certificate: bytes) -> None:
    """Know nobody by a certificate."""


class KnownCallers:
    """Whom tokens and certificates belong to, at this moment, and how much each has asked for."""

    def __init__(
        self,
        wall_ms: Callable[[], int],
        clock: Callable[[], float],
        read_certificate: ReadCertificate = know_no_certificate,
    ) -> None:
        """`wall_ms` tells milliseconds since 1970, `clock` seconds that only ever grow."""
        self._wall_ms = wall_ms
        self._read_certificate = read_certificate
        self._file = NO_CALLERS
        self._by_id = {each.id: each for each in self._file.callers}
        self._allowance = Allowance(RATE_DEFAULT, BURST_DEFAULT, clock, limit="caller")

    @property
    def file(self) -> CallersFile:
        """What was read last."""
        return self._file

    def change(self, file: CallersFile) -> None:
        """Know those of `file` from now on, and nobody else."""
        self._file = file
        self._by_id = {each.id: each for each in file.callers}

    def find_by_token(self, text: str) -> Caller | None:
        """Return whose token this is; None where it is nobody's, or has expired."""
        caller_id = read_caller_id(text)
        if caller_id is None:
            return None
        record = self._by_id.get(caller_id)
        # Compared in any case, so that the time taken does not tell which ids there are.
        fits = is_digest_of(_NO_DIGEST if record is None else record.token_digest, text)
        if record is None or not fits:
            return None
        if record.expires is not None and self._wall_ms() >= record.expires:
            return None
        rate = Rate(record.requests_per_second, record.requests_burst)
        return Caller(record.id, record.name, record.role, rate)

    def find_by_certificate(self, certificate: bytes) -> Caller | None:
        """Return whose certificate this is."""
        return self._read_certificate(certificate)

    def charge(self, caller: Caller, count: int) -> None:
        """Count what a caller asks for; raise `TooManyRequests`."""
        self._allowance.take(caller.id, count, caller.rate)
