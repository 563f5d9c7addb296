"""Who is asked for what, how long an answer may take, and who has lied.

Rules
-----
1. So many questions are open at once and no more: with each peer, and in all. So what may arrive is
   bounded too.
2. A question that is not answered within a peer's patience may be put to another one. The late
   answer is still taken. Each failure doubles the patience with that peer, and puts it behind the
   others; the first useful answer restores it. So a slow peer is overtaken, and a slow network with
   nobody faster is still waited for.
3. A lie is an answer that no honest peer gives. It is named in the log; whoever lies repeatedly is
   disconnected for a while.
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Final

import structlog

from dure.chain.executor import Executor
from dure.consensus.quorum import VerifyMany
from dure.core.codec import encode
from dure.core.types import Instant, PublicKey
from dure.node.catching_up.claims import Claims
from dure.node.messages import PeerMessage
from dure.node.ports import Disk, Network

PATIENCE_MS: Final = 1_000
PATIENCE_MS_MAX: Final = 32_000
LATE_MS: Final = 60_000
"""How long an answer is still taken after it was due."""
OPEN_PER_PEER_MAX: Final = 2
OPEN_MAX: Final = 8
LIES_MAX: Final = 3
"""As many lies within `LIES_MS` end the connection."""
LIES_MS: Final = 60_000

Topic = tuple[Hashable, ...]
"""Names a question; its first part is the kind."""

log = structlog.get_logger()


@dataclass(slots=True)
class _Standing:
    """What is remembered of one peer."""

    open: int = 0
    failures: int = 0
    lies: list[Instant] = field(default_factory=list)

    @property
    def patience_ms(self) -> int:
        """How long its answers may take."""
        return int(min(PATIENCE_MS_MAX, PATIENCE_MS * 2 ** min(self.failures, 10)))


@dataclass(frozen=True, slots=True)
class _Open:
    peer: PublicKey
    due: Instant


@dataclass(frozen=True, slots=True)
class Means:
    """What every kind of fetching works with."""

    executor: Executor
    disk: Disk
    asking: "Asking"
    claims: Claims
    verify: VerifyMany


class Asking:
    """The questions of one node to its peers."""

    def __init__(self, network: Network, on_lie: Callable[[PublicKey], None]) -> None:
        """`on_lie` is told of each lie, so that what the peer claimed counts no longer."""
        self._network = network
        self._on_lie = on_lie
        self._standings: dict[PublicKey, _Standing] = {}
        self._open: dict[Topic, _Open] = {}
        self._late: dict[tuple[PublicKey, Topic], Instant] = {}

    def is_open(self, topic: Topic) -> bool:
        """Say whether an answer is awaited, in time."""
        return topic in self._open

    def ask(
        self, topic: Topic, question: PeerMessage, able: Iterable[PublicKey], now: Instant
    ) -> bool:
        """Put a question to the best of `able` that has room; say whether somebody was asked."""
        assert topic not in self._open, "a question is open once"
        free = [peer for peer in able if self._stand(peer).open < OPEN_PER_PEER_MAX]
        if not free or len(self._open) >= OPEN_MAX:
            return False
        peer = min(free, key=self._rank)
        standing = self._stand(peer)
        standing.open += 1
        self._open[topic] = _Open(peer, Instant(now + standing.patience_ms))
        self._network.send(peer, encode(question))
        return True

    def awaits(self, peer: PublicKey) -> bool:
        """Say whether an answer of that peer would still be taken."""
        is_asked = any(asked.peer == peer for asked in self._open.values())
        return is_asked or any(late_peer == peer for late_peer, _ in self._late)

    def close(self, peer: PublicKey, topic: Topic) -> bool:
        """Note an answer; say whether this peer was asked that."""
        asked = self._open.get(topic)
        if asked is not None and asked.peer == peer:
            self._close(topic)
            return True
        return self._late.pop((peer, topic), None) is not None

    def expire(self, now: Instant) -> None:
        """Give up waiting for what is due; whoever was asked stands behind the others.

        What is due too far ahead was asked before the clock was set back.
        """
        for topic, asked in [*self._open.items()]:
            if not asked.due - PATIENCE_MS_MAX <= now < asked.due:
                self._close(topic)
                self._late[asked.peer, topic] = Instant(now + LATE_MS)
                self.note_failure(asked.peer)
        self._late = {k: until for k, until in self._late.items() if 0 < until - now <= LATE_MS}

    def forget(self, kind: str) -> None:
        """Close every question of a kind; answers to them are no longer taken."""
        for topic in [topic for topic in self._open if topic[0] == kind]:
            self._close(topic)
        self._late = {key: until for key, until in self._late.items() if key[1][0] != kind}

    def forget_peer(self, peer: PublicKey) -> None:
        """Close every question to a peer: its connection is a new one."""
        for topic in [topic for topic, asked in self._open.items() if asked.peer == peer]:
            self._close(topic)
        self._late = {key: until for key, until in self._late.items() if key[0] != peer}

    def note_use(self, peer: PublicKey) -> None:
        """Note that an answer was of use."""
        self._stand(peer).failures = 0

    def note_failure(self, peer: PublicKey) -> None:
        """Note that an answer was of no use, or did not come."""
        self._stand(peer).failures += 1

    def note_lie(self, peer: PublicKey, reason: str, now: Instant) -> None:
        """Note an answer that no honest peer gives."""
        log.warning("peer_lied", peer=peer.hex()[:8], reason=reason)
        standing = self._stand(peer)
        standing.failures += 1
        standing.lies = [when for when in standing.lies if now < when + LIES_MS]
        standing.lies.append(now)
        self._on_lie(peer)
        if len(standing.lies) >= LIES_MAX:
            standing.lies.clear()
            self.forget_peer(peer)
            self._network.disconnect(peer, f"it lied repeatedly: {reason}")

    def _close(self, topic: Topic) -> None:
        self._stand(self._open.pop(topic).peer).open -= 1

    def _stand(self, peer: PublicKey) -> _Standing:
        return self._standings.setdefault(peer, _Standing())

    def _rank(self, peer: PublicKey) -> tuple[int, int, PublicKey]:
        standing = self._stand(peer)
        return standing.failures, standing.open, peer
