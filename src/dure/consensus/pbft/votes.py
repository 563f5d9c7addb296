"""Votes of one step of one height, counted by distinct validator.

Rules
-----
1. The first vote of a validator in a round counts. A second one for the same block changes
   nothing; one for another block never counts, and the pair is returned as evidence.
2. A validator's votes are kept for at most `ROUNDS_MAX` rounds; its own lowest round gives way. So
   a spammer only pushes out its own votes, and late commits of older rounds still decide.
"""

from dataclasses import dataclass, field

from dure.consensus.pbft.messages import Vote, sort_votes
from dure.core.types import BlockId, PublicKey, Round

ROUNDS_MAX = 64


@dataclass(slots=True)
class Tally:
    """The votes of one step."""

    _rounds: dict[Round, dict[PublicKey, Vote]] = field(default_factory=dict)
    _kept: dict[PublicKey, list[Round]] = field(default_factory=dict)

    def add(self, vote: Vote) -> Vote | None:
        """Keep a vote; return the earlier vote that it contradicts, if there is one."""
        round_, validator = vote.ballot.round, vote.validator
        first = self._rounds.setdefault(round_, {}).setdefault(validator, vote)
        if first is vote:
            self._forget_lowest(validator, round_)
        return None if first.ballot == vote.ballot else first

    def _forget_lowest(self, validator: PublicKey, added: Round) -> None:
        kept = self._kept.setdefault(validator, [])
        kept.append(added)
        if len(kept) > ROUNDS_MAX:
            lowest = min(kept)
            kept.remove(lowest)
            del self._rounds[lowest][validator]
            if not self._rounds[lowest]:
                del self._rounds[lowest]

    def get_votes(self, round_: Round, block_id: BlockId) -> tuple[Vote, ...]:
        """Return the votes of a round for a block, sorted by validator."""
        votes = self._rounds.get(round_, {}).values()
        return sort_votes([vote for vote in votes if vote.ballot.block_id == block_id])

    def get_voters(self, round_: Round) -> frozenset[PublicKey]:
        """Return who voted in a round, for whatever block."""
        return frozenset(self._rounds.get(round_, {}))

    def find_decision(self, quorum: int) -> tuple[Vote, ...]:
        """Return a quorum of votes of **one** round for one block, or nothing."""
        for round_, votes in self._rounds.items():
            if len(votes) < quorum:
                continue
            for block_id in {vote.ballot.block_id for vote in votes.values()}:
                agreeing = self.get_votes(round_, block_id) if block_id is not None else ()
                if len(agreeing) >= quorum:
                    return agreeing
        return ()

    def __len__(self) -> int:
        return sum(len(votes) for votes in self._rounds.values())
