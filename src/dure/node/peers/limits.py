"""What one peer may cost us."""

from dataclasses import dataclass
from typing import Final

from dure.core.codec import MESSAGE_BYTES_MAX

MEBIBYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class PeerLimits:
    """Bounds of the peer network; the defaults suit a consortium of a few dozen nodes."""

    frame_bytes_max: int = MESSAGE_BYTES_MAX
    """The largest frame that is sent or taken."""
    queue_bytes_max: int = 2 * MESSAGE_BYTES_MAX
    """What may wait for one peer before its connection is given up."""
    received_bytes_per_second: int = 512 * MEBIBYTE
    """Beyond this the peer's connection is read more slowly, and the peer has to wait."""
    received_frames_per_second: int = 100_000
    handshakes_max: int = 64
    """Callers that have not yet shown their certificate; further ones are turned away."""
    handshake_seconds: float = 5.0
    """Time for the TLS handshake, and again for the hello."""
    retry_seconds_min: float = 0.1
    retry_seconds_max: float = 1.0
    """Pauses between attempts to reach a peer grow from the first to the second.

    The second is short, because who calls whom is fixed: a node that comes back after a while must
    wait to be called, and a quorum may need it at once.
    """
    barred_seconds: float = 10.0
    """How long a peer that broke a rule stays out."""


class RateLimit:
    """A token bucket that holds one second's worth; time is given to it, in seconds."""

    __slots__ = ("_balance", "_per_second", "_then")

    def __init__(self, per_second: int, now: float) -> None:
        self._per_second = per_second
        self._balance = float(per_second)
        self._then = now

    def spend(self, amount: int, now: float) -> float:
        """Take `amount`; return the seconds to wait before the next, 0 where there is no need."""
        earned = max(0.0, now - self._then) * self._per_second
        self._balance = min(self._balance + earned, self._per_second) - amount
        self._then = now
        return max(0.0, -self._balance / self._per_second)
