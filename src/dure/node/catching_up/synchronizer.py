"""Catching up: which peer to ask for which blocks, and when to ask another.

A claimed height is only a reason to ask. What comes back goes to the engine, which checks the
certificate; a peer whose answer is empty, late or refused is asked again only after the others.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dure.core.types import Height, Instant, PublicKey
from dure.node.messages import BLOCKS_MAX, GetBlocks

ANSWER_TIMEOUT_MS = 3_000


@dataclass(frozen=True, slots=True)
class Request:
    """A question that is not answered yet."""

    peer: PublicKey
    start: Height
    sent: Instant


class Synchronizer:
    """Asks one peer at a time for the next blocks."""

    def __init__(self, ask: Callable[[PublicKey, GetBlocks], None]) -> None:
        self._ask = ask
        self._heights: dict[PublicKey, Height] = {}
        self._failures: dict[PublicKey, int] = {}
        self._request: Request | None = None

    def get_height(self, peer: PublicKey) -> Height | None:
        """Return the height that `peer` last claimed."""
        return self._heights.get(peer)

    def is_behind(self, height: Height, witnesses: int) -> bool:
        """Say whether so many peers claim to be more than one block ahead of `height`.

        One block may always be on its way. With as many witnesses as include a correct peer for
        certain, no liar can make a node call itself behind.
        """
        return sum(claimed > height + 1 for claimed in self._heights.values()) >= witnesses

    def on_proven(self, height: Height, holders: Iterable[PublicKey]) -> None:
        """Ask any of `holders` for blocks up to `height`.

        The engine has seen proof that they exist.
        """
        for peer in holders:
            self._heights[peer] = max(height, self._heights.get(peer, Height(0)))

    def on_status(self, peer: PublicKey, height: Height) -> None:
        """Note what a peer claims."""
        self._heights[peer] = height

    def is_asked(self, peer: PublicKey) -> bool:
        """Say whether an answer of this peer is awaited."""
        return self._request is not None and self._request.peer == peer

    def on_answer(self, peer: PublicKey, *, useful: bool) -> None:
        """Close the open request, where it was put to this peer."""
        if not self.is_asked(peer):
            return
        self._request = None
        if useful:
            self._failures.pop(peer, None)
        else:
            self._blame(peer)

    def advance(self, head: Height, now: Instant) -> None:
        """Ask for what lies above `head`, unless a request is open or nobody claims to have it."""
        if self._request is not None:
            if now - self._request.sent < ANSWER_TIMEOUT_MS:
                return
            self._blame(self._request.peer)
            self._request = None
        ahead = [peer for peer, height in self._heights.items() if height > head]
        if not ahead:
            return
        peer = min(ahead, key=lambda candidate: (self._failures.get(candidate, 0), candidate))
        start = Height(head + 1)
        self._request = Request(peer, start, now)
        self._ask(peer, GetBlocks(start=start, count=BLOCKS_MAX))

    def _blame(self, peer: PublicKey) -> None:
        self._failures[peer] = self._failures.get(peer, 0) + 1
        # A claim that was not kept counts for nothing until it is made again.
        self._heights.pop(peer, None)
