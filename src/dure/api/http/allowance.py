"""Token buckets: how much each client address may ask for, in bounded memory."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from dure.api.http.errors import TooManyRequests

CLIENTS_MAX: Final = 8192


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_s: float


class Allowance:
    """One bucket a client.

    The client unseen for longest is forgotten first, which only makes its bucket full again.
    """

    def __init__(self, per_second: float, burst: float, clock: Callable[[], float]) -> None:
        """`clock` tells seconds that only ever grow."""
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, client: str, count: int = 1) -> None:
        """Take `count` tokens of the client's; raise `TooManyRequests` where there are fewer."""
        now = self._clock()
        bucket = self._buckets.setdefault(client, _Bucket(self._burst, now))
        self._buckets.move_to_end(client)
        grown = bucket.tokens + (now - bucket.filled_s) * self._per_second
        bucket.tokens, bucket.filled_s = min(self._burst, grown), now
        if len(self._buckets) > CLIENTS_MAX:
            self._buckets.popitem(last=False)
        if bucket.tokens < count:
            missing = count - bucket.tokens
            seconds = missing / self._per_second
            message = f"too much at once; try again in {seconds:.1f} seconds"
            raise TooManyRequests(message, retry_after_ms=round(seconds * 1000))
        bucket.tokens -= count
