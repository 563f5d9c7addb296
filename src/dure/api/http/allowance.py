"""Token buckets: how much each client address or caller may ask for, in bounded memory."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from dure.api.http.errors import TooManyRequests

CLIENTS_MAX: Final = 8192


@dataclass(frozen=True, slots=True)
class Rate:
    """How much a client may take."""

    per_second: float
    """On average."""
    burst: float
    """… and at once."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_s: float


class Allowance:
    """One bucket a client.

    The client unseen for longest is forgotten first, which only makes its bucket full again.
    """

    def __init__(
        self,
        per_second: float,
        burst: float,
        clock: Callable[[], float],
        *,
        limit: str = "transactions of an address",
    ) -> None:
        """`clock` tells seconds that only ever grow; `limit` is what refusals call this one."""
        self._rate = Rate(per_second, burst)
        self._clock = clock
        self._limit = limit
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, client: str, count: int = 1, rate: Rate | None = None) -> None:
        """Take `count` tokens of the client's; raise `TooManyRequests` where there are fewer.

        `rate` is the client's own, where it has one.
        """
        now, own = self._clock(), rate or self._rate
        bucket = self._buckets.setdefault(client, _Bucket(own.burst, now))
        self._buckets.move_to_end(client)
        grown = bucket.tokens + (now - bucket.filled_s) * own.per_second
        bucket.tokens, bucket.filled_s = min(own.burst, grown), now
        if len(self._buckets) > CLIENTS_MAX:
            self._buckets.popitem(last=False)
        if bucket.tokens < count:
            missing = count - bucket.tokens
            seconds = missing / own.per_second
            message = f"too much at once; try again in {seconds:.1f} seconds"
            wait_ms = round(seconds * 1000)
            raise TooManyRequests(message, retry_after_ms=wait_ms, limit=self._limit)
        bucket.tokens -= count
