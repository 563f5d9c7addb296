"""What contracts and the ledger said in the outcomes that a proof shows, for people to read.

The ledger's own events (money that moved) are opened. What a contract's fields mean stands in its
interface, which no proof file carries: its events keep their name and their bytes.
"""

from dataclasses import dataclass

from dure.chain.money import LEDGER
from dure.core.types import Address
from dure.proof.claims import AllOutcomes, Claim, StateClaim
from dure.proof.json_form import Json
from dure.proof.ledger_words import name_event


@dataclass(frozen=True, slots=True)
class ShownEvent:
    """One event inside the proved outcomes."""

    contract: Address
    name: str
    fields: dict[str, Json] | None
    """Opened where the ledger itself said it; None for a contract's event."""
    data: bytes

    @property
    def is_ledger(self) -> bool:
        """Whether the ledger itself said it."""
        return self.contract == LEDGER


def list_events(claim: Claim) -> tuple[ShownEvent, ...]:
    """Return the events of the outcomes that the claim shows, in order."""
    if isinstance(claim, StateClaim):
        return ()
    shown = claim.receipt.shown
    outcomes = shown.outcomes if isinstance(shown, AllOutcomes) else (shown.outcome,)
    return tuple(
        ShownEvent(
            contract=event.contract,
            name=event.name,
            fields=name_event(event.name, event.data) if event.contract == LEDGER else None,
            data=event.data,
        )
        for outcome in outcomes
        for event in outcome.events
    )
