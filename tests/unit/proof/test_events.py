"""What a proof says happened, in words that a person can read."""

from pathlib import Path

import pytest

from dure.chain.money import LEDGER
from dure.core.address import encode_address
from dure.proof import decode_proof
from dure.proof.claims import AllOutcomes, OneOutcome, StateClaim
from dure.proof.events import list_events

VECTORS = Path(__file__).parents[2] / "vectors" / "proof"
FILES = sorted(path for path in VECTORS.glob("*.json") if path.name != "expected.json")


def test_there_are_vectors() -> None:
    assert FILES


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_event_of_the_outcomes_shown_is_listed_and_no_other(file: Path) -> None:
    claim = decode_proof(file.read_bytes()).claim
    listed = [(event.contract, event.name, event.data) for event in list_events(claim)]
    if isinstance(claim, StateClaim):
        assert listed == []
        return
    shown = claim.receipt.shown
    assert isinstance(shown, AllOutcomes | OneOutcome)
    outcomes = shown.outcomes if isinstance(shown, AllOutcomes) else (shown.outcome,)
    assert listed == [(e.contract, e.name, e.data) for o in outcomes for e in o.events]


def test_money_that_moved_is_named() -> None:
    moved = [
        event
        for file in FILES
        for event in list_events(decode_proof(file.read_bytes()).claim)
        if event.contract == LEDGER and event.name == "transferred"
    ]
    assert moved
    for event in moved:
        assert event.fields is not None
        assert set(event.fields) == {"asset", "source", "target", "amount"}
        assert event.fields["source"] != encode_address(LEDGER)
