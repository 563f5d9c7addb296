"""What members say to each other, and the one form in which it is said.

Everything that is signed is a `Ballot`: a step of a round of a height, and what it is for.

| step | meaning |
|---|---|
| ROUND_CHANGE | I entered this round; `block_id` was prepared in `prepared_round`, or both null |
| PROPOSAL | as the round's proposer I propose `block_id` |
| PREPARE | I accepted the proposal of `block_id` and its block is valid |
| COMMIT | I saw a quorum of PREPARE for `block_id` in this round; the signature is its **seal** |

Rules
-----
1. The steps rank inside a round in the order of the table, and a ROUND_CHANGE belongs to the round
   that it enters. A correct member only ever moves up in (height, round, step), so a signer can
   refuse every step back.
2. A COMMIT signs the seal statement, so that a quorum of COMMITs *is* the certificate. The others
   sign their ballot together with the chain id under the domain `vote`.
3. Lists of votes have at most one entry a validator, sorted by key. Bytes are bounded before
   anything is decoded.
4. A message that could come from no correct member whatever the state (wrong shape, block and id
   disagree, body and header disagree) is refused by `decode_message` and never reaches the engine.
5. A bare message is one whose block came without its body. Everything about it is checked but the
   body, which `put_body` checks.

The version of the format is part of every tag.
"""

from enum import IntEnum
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, assert_never, cast

from msgspec import Meta
from msgspec.structs import replace

from dure.consensus.body import has_own_body
from dure.consensus.quorum import collect_seals
from dure.core import hashing
from dure.core.block import Block, compute_block_id
from dure.core.certificate import Certificate, SealStatement, compute_seal_message
from dure.core.codec import Wire, decode, encode
from dure.core.errors import InvalidEncoding
from dure.core.signatures import SignedItem
from dure.core.types import NO_HASH, BlockId, ChainId, Height, PublicKey, Round, Signature
from dure.core.validators import VALIDATORS_MAX

VOTE_BYTES_MAX = 256
"""No vote takes more bytes on the wire."""
VOTES_BYTES_MAX = 2 * VALIDATORS_MAX * VOTE_BYTES_MAX
"""Nor does all that stands around a message's block."""


class Step(IntEnum):
    """Rank of a ballot inside its round."""

    ROUND_CHANGE = 0
    PROPOSAL = 1
    PREPARE = 2
    COMMIT = 3


class Ballot(Wire, frozen=True):
    """What is signed; the table above says what each step means by its fields."""

    step: Step
    height: Height
    round: Round
    block_id: BlockId | None
    prepared_round: Round | None


class Vote(Wire, frozen=True):
    """A ballot and the signature of one validator."""

    ballot: Ballot
    validator: PublicKey
    signature: Signature


Votes = Annotated[tuple[Vote, ...], Meta(max_length=VALIDATORS_MAX)]
"""Votes of distinct validators, sorted by key."""


class Proposal(Wire, frozen=True, tag="pbft1.proposal"):
    """A block for a round.

    From round 1 on it shows a quorum of round changes, and the prepares that bind the choice.
    """

    vote: Vote
    block: Block
    round_changes: Votes
    prepares: Votes


class Ballots(Wire, frozen=True, tag="pbft1.vote"):
    """One PREPARE or COMMIT."""

    vote: Vote


class RoundChange(Wire, frozen=True, tag="pbft1.round-change"):
    """A ROUND_CHANGE. With a claim come its proof, a quorum of PREPARE, and the prepared block."""

    vote: Vote
    prepares: Votes
    block: Block | None


class Decided(Wire, frozen=True, tag="pbft1.decided"):
    """A final block, for a member that is still trying to decide its height."""

    block: Block
    certificate: Certificate


Message = Proposal | Ballots | RoundChange | Decided


class _SignedBallot(Wire, frozen=True):
    """What the signature of every ballot but a COMMIT covers."""

    chain_id: ChainId
    ballot: Ballot


@lru_cache(maxsize=64)
def compute_ballot_message(chain_id: ChainId, ballot: Ballot) -> bytes:
    """Return the 32 bytes that are signed. Kept, because members of a quorum sign the same."""
    if ballot.step is Step.COMMIT:
        return compute_seal_message(
            SealStatement(
                chain_id=chain_id,
                height=ballot.height,
                round=ballot.round,
                block_id=ballot.block_id or BlockId(NO_HASH),
            )
        )
    return hashing.compute_hash(
        hashing.VOTE, encode(_SignedBallot(chain_id=chain_id, ballot=ballot))
    )


def sort_votes(votes: list[Vote]) -> tuple[Vote, ...]:
    """Return the votes in the order of their validators' keys."""
    return tuple(sorted(votes, key=lambda vote: vote.validator))


def collect_signatures(chain_id: ChainId, message: Message) -> list[SignedItem]:
    """Return every signature in `message`, embedded votes included."""
    if isinstance(message, Decided):
        return collect_seals(message.block.header, message.certificate)
    return [
        (vote.validator, compute_ballot_message(chain_id, vote.ballot), vote.signature)
        for vote in _list_votes(message)
    ]


def _list_votes(message: Proposal | Ballots | RoundChange) -> tuple[Vote, ...]:
    match message:
        case Proposal():
            return (message.vote, *message.round_changes, *message.prepares)
        case Ballots():
            return (message.vote,)
        case RoundChange():
            return (message.vote, *message.prepares)
        case _:
            assert_never(message)


def decode_message(data: bytes, *, block_bytes_max: int, is_bare: bool = False) -> Message:
    """Return the message; raise `InvalidEncoding` for what no correct member sends.

    The length is bounded before anything is decoded.
    """
    bytes_max = block_bytes_max + VOTES_BYTES_MAX
    message = cast("Message", decode(cast("type[Wire]", Message), data, bytes_max=bytes_max))
    problem = find_defect(message, is_bare=is_bare)
    if problem is not None:
        raise InvalidEncoding(problem)
    return message


def take_body(message: Message) -> tuple[Message, Block | None]:
    """Return the message without its block's body, and that block; None where it has none."""
    if isinstance(message, Ballots) or message.block is None:
        return message, None
    bare = Block(header=message.block.header, transactions=())
    return replace(message, block=bare), message.block


def put_body(message: Message, transactions: tuple[bytes, ...], *, block_bytes_max: int) -> Message:
    """Return a bare message with its block's body.

    Raises `InvalidEncoding` where it is not the header's, or longer than any message.
    """
    _, bare = take_body(message)
    assert bare is not None, "only what carries a block has a body"
    size, size_max = sum(map(len, transactions)), block_bytes_max + VOTES_BYTES_MAX
    if size > size_max:
        text = f"a body of {size} bytes; {size_max} are allowed"
        raise InvalidEncoding(text, size=size, size_max=size_max)
    block = Block(header=bare.header, transactions=transactions)
    problem = _find_body_defect(block, is_bare=False)
    if problem is not None:
        raise InvalidEncoding(problem)
    return replace(message, block=block)


def find_defect(message: Message, *, is_bare: bool = False) -> str | None:
    """Return what is wrong with a message whatever the state of its reader, or None."""
    match message:
        case Proposal(vote, block, round_changes, prepares):
            return (
                _find_vote_defect(vote, Step.PROPOSAL)
                or _find_list_defect(round_changes, Step.ROUND_CHANGE)
                or _find_list_defect(prepares, Step.PREPARE)
                or _find_block_defect(block, vote.ballot, is_bare=is_bare)
            )
        case Ballots(vote):
            step = Step.COMMIT if vote.ballot.step is Step.COMMIT else Step.PREPARE
            return _find_vote_defect(vote, step)
        case RoundChange(vote, prepares, block):
            return (
                _find_vote_defect(vote, Step.ROUND_CHANGE)
                or _find_list_defect(prepares, Step.PREPARE)
                or _find_claim_defect(message)
                or _find_block_defect(block, vote.ballot, is_bare=is_bare)
            )
        case Decided(block):
            return _find_body_defect(block, is_bare=is_bare)
        case _:
            assert_never(message)


def _find_list_defect(votes: tuple[Vote, ...], step: Step) -> str | None:
    if any(left.validator >= right.validator for left, right in pairwise(votes)):
        return "the votes are not sorted by distinct keys"
    return next(filter(None, (_find_vote_defect(vote, step) for vote in votes)), None)


def _find_vote_defect(vote: Vote, step: Step) -> str | None:
    if vote.ballot.step is not step:
        return f"a vote is no {step.name}"
    if not _is_well_formed(vote.ballot):
        return f"the fields of a {step.name} do not fit together"
    return None


def _is_well_formed(ballot: Ballot) -> bool:
    if ballot.step is not Step.ROUND_CHANGE:
        return ballot.block_id is not None and ballot.prepared_round is None
    if ballot.prepared_round is None or ballot.block_id is None:
        return ballot.prepared_round is None and ballot.block_id is None
    return ballot.prepared_round < ballot.round


def _find_claim_defect(message: RoundChange) -> str | None:
    claims = message.vote.ballot.block_id is not None
    if claims != (message.block is not None) or claims != bool(message.prepares):
        return "a claim comes with its block and its prepares, and nothing else does"
    return None


def _find_block_defect(block: Block | None, ballot: Ballot, *, is_bare: bool) -> str | None:
    if block is None:
        return None
    if block.header.height != ballot.height or compute_block_id(block.header) != ballot.block_id:
        return "the block is not the one that the vote names"
    return _find_body_defect(block, is_bare=is_bare)


def _find_body_defect(block: Block, *, is_bare: bool) -> str | None:
    if is_bare:
        return "a bare message has a body" if block.transactions else None
    return None if has_own_body(block) else "the body is not the header's"
