"""Proof that a validator contradicted itself: two signatures that no correct member gives both.

Two ballots of the same height, round and step that differ. The first one counted, the second never
does. Anybody who knows the chain id and the validator's key can check the pair.
"""

from dure.consensus.pbft.messages import Vote, compute_ballot_message
from dure.consensus.quorum import VerifyMany
from dure.core.codec import Wire, decode, encode
from dure.core.errors import InvalidProof
from dure.core.signatures import verify_many
from dure.core.types import ChainId, PublicKey


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
