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
from dure.core.validators import Name

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
        """Refuse everybody but the authority: the members' account, or the governance contract."""
        if self.sender != state.get_authority(self.session.view):
            raise Refusal("not_authority", "only the members together may do that")

    def require_organisation(self) -> Name:
        """Return the member organisation whose own account calls; refuse `not_member`."""
        name = state.find_organisation(self.session.view, self.sender)
        if name is None:
            raise Refusal("not_member", "only a member organisation's account may do that")
        return name

    def get_contract(self, address: Address) -> state.ContractRecord:
        """Return what stands at the address; refuse `unknown_contract`."""
        record = self.session.view.load(state.ContractRecord, state.key_contract(address))
        if record is None:
            raise Refusal("unknown_contract", "there is no contract at that address")
        return record
