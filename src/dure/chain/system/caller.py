"""What a call of the ledger's own may know and use, and what the simplest ones cost."""

from typing import Final

import msgspec

from dure.chain import state
from dure.chain.execution.rules import Rules
from dure.chain.execution.session import Session
from dure.chain.parameters import Parameters
from dure.contract.ports import Meter, Refusal, Running
from dure.core.codec import encode
from dure.core.types import Address, Instant, TransactionId

GAS_PER_TRANSFER: Final = 1_000
GAS_PER_CHANGE: Final = 5_000

NOTHING: Final = encode(None)
"""The result of a call that has nothing to say."""


class Caller(msgspec.Struct, gc=False):
    """Who calls the ledger, and inside of what: one for all calls of a transaction."""

    session: Session
    running: Running
    """The transaction in the machine."""
    meter: Meter
    sender: Address
    transaction_id: TransactionId
    header_time: Instant
    """Wall time of the block; `session.time` is ledger time."""
    parameters: Parameters
    rules: Rules
    call_index: int = 0
    """Which of the transaction's calls runs."""

    def require_authority(self) -> None:
        """Refuse everybody but the authority account."""
        if self.sender != self.rules.authority:
            raise Refusal(
                "not_authority",
                "only the members together, through the authority account, may do that",
            )

    def get_contract(self, address: Address) -> state.ContractRecord:
        """Return what stands at the address; refuse `unknown_contract`."""
        record = self.session.view.load(state.ContractRecord, state.key_contract(address))
        if record is None:
            raise Refusal("unknown_contract", "there is no contract at that address")
        return record
