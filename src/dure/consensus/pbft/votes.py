"""Votes of one step of one height, counted by distinct validator; and proof of a contradiction.

Rules
-----
1. The first vote of a validator in a round counts. A second one for the same block changes
   nothing; one for another block never counts, and the pair is returned as evidence.
2. A validator's votes are kept for at most `ROUNDS_MAX` rounds; its own lowest round gives way. So
   a spammer only pushes out its own votes, and late commits of older rounds still decide.
3. Evidence is a pair of one validator's ballots for the same height, round and step that differ.
   Anybody who knows the chain id can check it.
"""

from dataclasses import dataclass, field

from dure.consensus.pbft.messages import Vote, compute_ballot_message, sort_votes
from dure.consensus.quorum import VerifyMany
from dure.core.codec import Wire, decode, encode
from dure.core.errors import InvalidProof
from dure.core.signatures import verify_many
from dure.core.types import BlockId, ChainId, PublicKey, Round

ROUNDS_MAX = 64


@dataclass(slots=True)
class Tally:
    """The votes of one step."""

    _rounds: dict[Round, dict[PublicKey, Vote]] = field(default_factory=dict)
    _kept: dict[PublicKey, list[Round]] = field(default_factory=dict)

    def add(self, vote: Vote) -> Vote | None:
        """Keep a vote; return the earlier vote that it contradicts, if there is one."""
        round_, validator = vote.ballot.round, vote.validator
        cast = self._rounds.setdefault(round_, {})
        first = cast.get(validator)
        if first is None:
            cast[validator] = vote
            self._forget_lowest(validator, round_)
        return None if first is None or first.ballot == vote.ballot else first

    def _forget_lowest(self, validator: PublicKey, added: Round) -> None:
        kept = self._kept.setdefault(validator, [])
        kept.append(added)
        if len(kept) > ROUNDS_MAX:
            lowest = min(kept)
            kept.remove(lowest)
            del self._rounds[lowest][validator]
            if not self._rounds[lowest]:
                del self._rounds[lowest]

    def get_vote(self, round_: Round, validator: PublicKey) -> Vote | None:
        """Return the vote of a validator that counts in a round."""
        votes = self._rounds.get(round_)
        return None if votes is None else votes.get(validator)

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


class Equivocation(Wire, frozen=True, tag="pbft1.equivocation"):
    """Two votes of one validator for one place."""

    first: Vote
    second: Vote


def encode_evidence(first: Vote, second: Vote) -> bytes:
    """Return the evidence's bytes for `Accuse`."""
    return encode(Equivocation(first=first, second=second))


def contradict(first: Vote, second: Vote) -> bool:
    """Say whether one validator cannot honestly have cast both votes."""
    one, two = first.ballot, second.ballot
    same_place = (one.height, one.round, one.step) == (two.height, two.round, two.step)
    return first.validator == second.validator and same_place and one != two


def validate_evidence(
    chain_id: ChainId, evidence: bytes, *, verify: VerifyMany = verify_many
) -> PublicKey:
    """Return who is guilty; raise `InvalidProof` or `InvalidEncoding` where nothing is proved."""
    pair = decode(Equivocation, evidence)
    if not contradict(pair.first, pair.second):
        raise InvalidProof("the two votes do not contradict each other", check="contradiction")
    items = [
        (vote.validator, compute_ballot_message(chain_id, vote.ballot), vote.signature)
        for vote in (pair.first, pair.second)
    ]
    if not all(verify(items)):
        raise InvalidProof("a signature of the pair does not verify", check="signature")
    return pair.first.validator
