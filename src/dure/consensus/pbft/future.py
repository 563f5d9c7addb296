"""What is kept for heights that are not reached yet, and the knowledge that others are ahead.

Rules
-----
1. Messages for at most `HEIGHTS_AHEAD_MAX` heights ahead are kept, at most `MESSAGES_MAX` and
   `BLOCKS_MAX` with a block for each sender; what comes beyond that is dropped, and repeated by
   its sender if it still matters.
2. A validator that votes at height H holds the final block H-1. When f+1 distinct validators were
   seen at H or beyond, one of them is correct, so block H-1 is final and can be fetched.
"""

from collections import Counter
from dataclasses import dataclass, field

from dure.consensus.pbft.messages import Ballots, Proposal, RoundChange
from dure.core.types import Height, PublicKey

HEIGHTS_AHEAD_MAX = 10
MESSAGES_MAX = 64
BLOCKS_MAX = 2

MemberMessage = Proposal | Ballots | RoundChange


@dataclass(slots=True)
class Future:
    """Messages by height, and the highest height at which each validator was seen."""

    _messages: dict[Height, list[MemberMessage]] = field(default_factory=dict)
    _seen: dict[PublicKey, Height] = field(default_factory=dict)

    def add(self, message: MemberMessage, current: Height) -> None:
        """Note the sender's height and keep the message where it fits the bounds."""
        height, sender = message.vote.ballot.height, message.vote.validator
        self._seen[sender] = max(height, self._seen.get(sender, height))
        if height <= current + HEIGHTS_AHEAD_MAX and self._has_room(message):
            self._messages.setdefault(height, []).append(message)

    def _has_room(self, message: MemberMessage) -> bool:
        sender = message.vote.validator
        kept = [
            other
            for messages in self._messages.values()
            for other in messages
            if other.vote.validator == sender
        ]
        if len(kept) >= MESSAGES_MAX or message in kept:
            return False
        with_block = Counter(_has_block(other) for other in kept)[True]
        return not _has_block(message) or with_block < BLOCKS_MAX

    def take(self, height: Height) -> list[MemberMessage]:
        """Return what was kept for `height`, and forget it and everything below."""
        taken = self._messages.get(height, [])
        self._messages = {key: kept for key, kept in self._messages.items() if key > height}
        return taken

    def forget_strangers(self, members: tuple[PublicKey, ...]) -> None:
        """Forget who is no validator any more."""
        self._seen = {key: height for key, height in self._seen.items() if key in members}

    def compute_proven(self, weak_quorum: int) -> Height:
        """Return the highest block that f+1 validators are known to hold, or 0."""
        heights = sorted(self._seen.values(), reverse=True)
        if len(heights) < weak_quorum:
            return Height(0)
        return Height(heights[weak_quorum - 1] - 1)


def _has_block(message: MemberMessage) -> bool:
    return isinstance(message, Proposal) or (
        isinstance(message, RoundChange) and message.block is not None
    )
