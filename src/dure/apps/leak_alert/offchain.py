"""Outside of the chain: what the supervisor reports, and what a member finds among its customers.

```
supervisor                      chain                         member
list of identities ─ digests ▶ report ─ LeakReported ▶ Watch ─ matches ▶ Desk: freeze, tell
                                clear ── AlarmsCleared ▶ Watch ─ frees ──▶ Desk: release
```

Rules
-----
1. `Watch` is pure: events in, orders out, in the order of the chain. What is not later than the
   last event orders nothing. `follow_alerts` keeps what a watch knows in a file, after each event
   that was carried out: a member that begins anew frees whom it froze before, and freezes nobody
   twice. Only the event during which it stopped comes again, with the same case numbers.
2. A customer is frozen while at least one alarm about them stands, and is one case, whatever of
   theirs leaked meanwhile.
3. What leaves the member are case numbers. A case number is the hash of digest and blinding: it
   tells nothing until the member shows both, and then cannot be denied.
4. Batches are filled up with digests of nothing and shuffled, so that the length of a batch does
   not say how many have leaked.
"""

import hmac
import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol

from dure.apps.leak_alert.contract import DIGESTS_MAX, LeakAlert
from dure.apps.leak_alert.identities import EpochKey, Identity
from dure.apps.leak_alert.state import (
    EventPlace,
    OpenCase,
    StandingAlarm,
    WatchState,
    load_state,
    save_state,
)
from dure.contract.interface import Interface, build_interface
from dure.contract.source import read_source
from dure.contract.values import decode_event
from dure.core.codec import encode
from dure.core.errors import ConfigurationError
from dure.core.types import Address, Hash
from dure.sdk import follow
from dure.sdk.answers import EventItem

BATCH_MIN: Final = 64
"""Digests of a batch at least, those of nothing included."""
_CASE: Final = "dure leak-alert case 1"


@dataclass(frozen=True, slots=True)
class LeakSeen:
    """`LeakReported`, as a member's node told it."""

    batch: int
    epoch: int
    digests: tuple[Hash, ...]


@dataclass(frozen=True, slots=True)
class ClearSeen:
    """`AlarmsCleared`, as a member's node told it."""

    digests: tuple[Hash, ...]
    reason: str


Seen = LeakSeen | ClearSeen


@dataclass(frozen=True, slots=True)
class Freeze:
    """Freeze this customer's accounts for review, under this case."""

    customer: str
    case: Hash
    batch: int


@dataclass(frozen=True, slots=True)
class Release:
    """No alarm about this customer stands any more: free the accounts, and keep the record."""

    customer: str
    case: Hash
    reason: str


@dataclass(frozen=True, slots=True)
class Opening:
    """What shows who a case is about: `compute_case(digest, blinding)` is its number."""

    digest: Hash
    blinding: bytes


class Desk(Protocol):
    """The port to a member's own systems. Each order may come again after a crash."""

    def freeze(self, order: Freeze) -> None:
        """Freeze the accounts and tell the customer; return when that is sure to happen."""
        ...

    def release(self, order: Release) -> None:
        """Free the accounts and tell the customer."""
        ...


class Watch:
    """A member's customers, as the digests under which they might be reported."""

    def __init__(
        self,
        customers: Mapping[str, Iterable[Identity]],
        keys: Iterable[EpochKey],
        *,
        case_secret: bytes,
    ) -> None:
        """Take each customer's identities, the keys of all epochs, and a secret of the member's."""
        self._customers = {name: tuple(held) for name, held in customers.items()}
        self._case_secret = case_secret
        self._by_digest: dict[int, dict[Hash, tuple[str, ...]]] = {}
        self._place: EventPlace | None = None
        self._standing: dict[Hash, tuple[str, ...]] = {}
        self._alarms: dict[str, set[Hash]] = {}
        self._cases: dict[str, Opening] = {}
        for key in keys:
            self.add_key(key)

    def add_key(self, key: EpochKey) -> None:
        """Learn an epoch's key: every identity gets its digest of that epoch."""
        found: dict[Hash, tuple[str, ...]] = {}
        for name, identities in self._customers.items():
            for identity in identities:
                digest = key.compute_digest(identity)
                found[digest] = (*found.get(digest, ()), name)
        self._by_digest[key.epoch] = found

    def take(self, seen: Seen, *, place: EventPlace | None = None) -> list[Freeze | Release]:
        """Return what follows from an event; raise `ConfigurationError` without its key.

        Nothing follows from an event whose place is not later than the last one that was taken.
        """
        if place is not None and self._place is not None and place <= self._place:
            return []
        orders = self._take_leak(seen) if isinstance(seen, LeakSeen) else self._take_clear(seen)
        self._place = place or self._place
        return orders

    @property
    def place(self) -> EventPlace | None:
        """Where the last event stood that was taken."""
        return self._place

    def export(self) -> WatchState:
        """Return all that the watch has to remember."""
        return WatchState(
            place=self._place,
            alarms=tuple(StandingAlarm(*alarm) for alarm in self._standing.items()),
            cases=tuple(
                OpenCase(name, opening.digest, opening.blinding)
                for name, opening in self._cases.items()
            ),
        )

    def restore(self, state: WatchState) -> None:
        """Know what `export` returned, and nothing else of the past."""
        self._place = state.place
        self._standing = {Hash(alarm.digest): alarm.customers for alarm in state.alarms}
        self._alarms = {}
        for digest, names in self._standing.items():
            for name in names:
                self._alarms.setdefault(name, set()).add(digest)
        self._cases = {
            case.customer: Opening(Hash(case.digest), case.blinding) for case in state.cases
        }

    def get_opening(self, customer: str) -> Opening:
        """Return what shows that the customer's open case is about them; raises `KeyError`."""
        return self._cases[customer]

    def list_frozen(self) -> list[str]:
        """Return the customers about whom an alarm stands."""
        return sorted(name for name, alarms in self._alarms.items() if alarms)

    def _take_leak(self, seen: LeakSeen) -> list[Freeze | Release]:
        index = self._by_digest.get(seen.epoch)
        if index is None:
            raise ConfigurationError(
                f"the key of epoch {seen.epoch} is not here: ask the supervisor for it",
                epoch=seen.epoch,
            )
        orders: list[Freeze | Release] = []
        for digest in seen.digests:
            for name in index.get(digest, ()):
                alarms = self._alarms.setdefault(name, set())
                if not alarms:
                    orders.append(self._open_case(name, digest, seen.batch))
                alarms.add(digest)
                holders = self._standing.get(digest, ())
                if name not in holders:
                    self._standing[digest] = (*holders, name)
        return orders

    def _take_clear(self, seen: ClearSeen) -> list[Freeze | Release]:
        orders: list[Freeze | Release] = []
        for digest in seen.digests:
            # Whoever was frozen for it, be they a customer still or not.
            for name in self._standing.pop(digest, ()):
                alarms = self._alarms[name]
                alarms.remove(digest)
                if not alarms:
                    opening = self._cases.pop(name)
                    case = compute_case(opening.digest, opening.blinding)
                    orders.append(Release(name, case, seen.reason))
        return orders

    def _open_case(self, name: str, digest: Hash, batch: int) -> Freeze:
        blinding = hmac.digest(self._case_secret, encode((_CASE, name, batch)), sha256)
        self._cases[name] = Opening(digest, blinding)
        return Freeze(name, compute_case(digest, blinding), batch)


def compute_case(digest: Hash, blinding: bytes) -> Hash:
    """Return the number of the case that was opened about a digest."""
    return Hash(sha256(encode((_CASE, digest, blinding))).digest())


def build_batches(
    identities: Iterable[Identity],
    key: EpochKey,
    *,
    batch_min: int = BATCH_MIN,
    draw: Callable[[], bytes] = lambda: secrets.token_bytes(32),
) -> list[list[Hash]]:
    """Return the batches in which the identities are reported, each once, in no known order."""
    digests = sorted({key.compute_digest(identity) for identity in identities})
    batches: list[list[Hash]] = []
    for start in range(0, len(digests), DIGESTS_MAX):
        batch = digests[start : start + DIGESTS_MAX]
        batch += [Hash(draw()) for _ in range(batch_min - len(batch))]
        # Digests and lots look alike; in order, none of them stands out.
        batches.append(sorted(batch))
    return batches


@lru_cache(maxsize=1)
def _get_interface() -> Interface:
    return build_interface(read_source(LeakAlert))


def read_event(name: str, data: bytes) -> Seen | None:
    """Return what an event of the contract means to a member; None where it is about no alarm."""
    if name not in ("LeakReported", "AlarmsCleared"):
        return None
    fields = decode_event(_get_interface(), name, data)
    digests = tuple(Hash(digest) for digest in fields["digests"])
    if name == "LeakReported":
        return LeakSeen(fields["batch"], fields["epoch"], digests)
    return ClearSeen(digests, str(fields["reason"]))


@dataclass(frozen=True, slots=True)
class Handled:
    """An event that was carried out at the member's desk."""

    height: int
    seen: Seen
    orders: Sequence[Freeze | Release]


async def follow_alerts(
    url: str, contract: Address, watch: Watch, desk: Desk, *, state_file: Path, from_height: int
) -> AsyncIterator[Handled]:
    """Carry out every alert from a height on, as the member's own node tells it.

    Each is yielded when the desk has its orders: the caller then writes to the chain what is to be
    known there. When it asks for the next, `state_file` is written. Where that file is there, it
    says what the watch knows and where to begin. Raises `Unavailable` as `follow` does, and
    `ConfigurationError` as `load_state` and `save_state` do.
    """
    watch.restore(load_state(state_file))
    if watch.place is not None:
        from_height = max(from_height, watch.place[0])
    async for item in follow(url, from_height=from_height, contract=contract):
        if not isinstance(item, EventItem) or item.finality != "final":
            continue
        place = (item.height, item.index, item.call, item.number)
        seen = read_event(item.event.name, bytes.fromhex(item.event.data))
        if seen is None or (watch.place is not None and place <= watch.place):
            continue
        orders = watch.take(seen, place=place)
        for order in orders:
            if isinstance(order, Freeze):
                desk.freeze(order)
            else:
                desk.release(order)
        yield Handled(item.height, seen, orders)
        save_state(state_file, watch.export())
