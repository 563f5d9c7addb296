"""The known answers about session keys, which an implementation in any language must give."""

from typing import Any

import pytest

from dure.chain import state
from dure.chain.execution.delegation import (
    charge_session,
    judge_session,
    key_sessions,
    save_sessions,
)
from dure.chain.transaction import Transaction, decode_transaction
from dure.core.errors import InvalidTransaction
from dure.core.signatures import verify_many
from dure.core.types import Address, Gas, Instant
from tests.unit.core.vectors import load_vectors

VECTORS = load_vectors("sessions")
ACCOUNT = Address(bytes.fromhex(VECTORS["account"]))


def read(case: dict[str, Any]) -> tuple[state.View, Transaction]:
    """Return a state that holds the session keys, and the transaction of a case."""
    opened = decode_transaction(bytes.fromhex(case["envelope"]))
    assert all(verify_many(list(opened.signatures)))
    return state.View({key_sessions(ACCOUNT): bytes.fromhex(case["sessions"])}), opened


@pytest.mark.parametrize("ending", ["done", "undone"])
@pytest.mark.parametrize("case", VECTORS["accepted"], ids=lambda case: case["why"])
def test_what_may_stand_in_a_block_leaves_this(case: dict[str, Any], ending: str) -> None:
    view, opened = read(case)
    left = judge_session(view, opened, Instant(case["time"]), "another policy")
    if ending == "done":
        save_sessions(view, ACCOUNT, left)
    charge_session(view, opened, Gas(case["gas_used"]))
    assert view.get(key_sessions(ACCOUNT)) == bytes.fromhex(case["after"][ending])


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: case["why"])
def test_what_may_not_is_refused(case: dict[str, Any]) -> None:
    view, opened = read(case)
    with pytest.raises(InvalidTransaction):
        judge_session(view, opened, Instant(case["time"]), "another policy")
