"""No honest member contradicts itself on the wire, in all its lives together.

Every frame that an honest member sends is looked at: two different ballots of its own at one
(height, round, step) are a violation, whatever was in between. So is a correct member that is shut
out by another one, or accused of lying by one.
"""

from typing import Final

from dure.consensus.pbft.messages import (
    Ballot,
    Decided,
    Message,
    Vote,
    compute_ballot_message,
)
from dure.consensus.pbft.votes import Equivocation
from dure.core.codec import decode
from dure.core.types import ChainId, PublicKey
from dure.testing.simulation.checks.violations import SafetyViolation
from dure.testing.simulation.verification import SharedVerification

HEIGHTS_KEPT: Final = 64


class WireWatch:
    """Remembers what each member said of each place."""

    def __init__(self, chain_id: ChainId, verification: SharedVerification) -> None:
        self.accused: dict[PublicKey, int] = {}
        """Whom honest members accused, and how many times."""
        self._chain_id = chain_id
        self._verification = verification
        self._said: dict[PublicKey, dict[tuple[int, int, int], Ballot]] = {}

    def on_said(self, name: str, key: PublicKey, message: Message) -> None:
        """An honest member sends an engine's message."""
        if isinstance(message, Decided) or message.vote.validator != key:
            return
        ballot = message.vote.ballot
        said = self._said.setdefault(key, {})
        place = (ballot.height, ballot.round, int(ballot.step))
        known = said.get(place)
        if known is None:
            self._remember(said, place, ballot)
            self._check_signature(name, message.vote)
        elif known != ballot:
            raise SafetyViolation(
                f"{name} contradicts itself at height {ballot.height}, round {ballot.round}, "
                f"step {ballot.step.name}"
            )

    def on_accused(self, name: str, validator: PublicKey, evidence: bytes) -> None:
        """An honest member accuses a validator: the evidence must prove it."""
        pair = decode(Equivocation, evidence)
        first, second = pair.first, pair.second
        places = {
            (vote.validator, vote.ballot.height, vote.ballot.round, vote.ballot.step)
            for vote in (first, second)
        }
        signed = all(map(self._is_signed, (first, second)))
        if first.validator != validator or len(places) != 1 or first.ballot == second.ballot:
            raise SafetyViolation(f"{name} accuses somebody with evidence that proves nothing")
        if not signed:
            raise SafetyViolation(f"{name} accuses somebody with forged evidence")
        self.accused[validator] = self.accused.get(validator, 0) + 1

    def _remember(
        self,
        said: dict[tuple[int, int, int], Ballot],
        place: tuple[int, int, int],
        ballot: Ballot,
    ) -> None:
        said[place] = ballot
        lowest = place[0] - HEIGHTS_KEPT
        oldest = next(iter(said))
        if oldest[0] < lowest:
            del said[oldest]

    def _check_signature(self, name: str, vote: Vote) -> None:
        if not self._is_signed(vote):
            raise SafetyViolation(f"{name} sends a vote whose signature is wrong")

    def _is_signed(self, vote: Vote) -> bool:
        message = compute_ballot_message(self._chain_id, vote.ballot)
        return self._verification.verify_many([(vote.validator, message, vote.signature)])[0]
