"""What a call of the ledger's own may know and use, and what the simplest ones cost."""

from typing import Final

import msgspec

from dure.chain import state
from dure.chain.execution.rules import Rules
from dure.chain.execution.session import Session
from dure.chain.parameters import Parameters
from dure.chain.transaction import PasskeyPolicy, Policy, get_keys, validate_policy
from dure.contract.ports import Meter, Refusal, Running
from dure.core.codec import encode
from dure.core.errors import InvalidTransaction
from dure.core.types import Address, Instant, TransactionId
from dure.core.validators import Name

GAS_PER_TRANSFER: Final = 1_000
GAS_PER_CHANGE: Final = 5_000
GAS_PER_KEY: Final = 8_000
"""Whether an Ed25519 key is sound takes 150 µs to find out: 20 ms for a million gas."""
GAS_PER_PASSKEY: Final = 2_500
"""The same question about a P-256 key takes a third of that."""
GAS_PER_KEPT_BYTE: Final = 20
"""Of what the state keeps: every node stores, hashes and serves it."""

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

    def require_policy(self, policy: Policy) -> None:
        """Charge for looking at a policy that shall act; refuse an unsound one: `bad_policy`."""
        flaw = self.find_flaw(policy)
        if flaw is not None:
            raise Refusal("bad_policy", flaw)

    def find_flaw(self, policy: Policy) -> str | None:
        """Charge for looking at a policy that shall act; return why it may not, if so."""
        self.meter.charge(GAS_PER_KEPT_BYTE * len(encode(policy)))
        for key in get_keys(policy):
            self.meter.charge(GAS_PER_PASSKEY if isinstance(key, PasskeyPolicy) else GAS_PER_KEY)
        try:
            validate_policy(policy)
        except InvalidTransaction as problem:
            return problem.message
        return None

    def get_contract(self, address: Address) -> state.ContractRecord:
        """Return what stands at the address; refuse `unknown_contract`."""
        record = self.session.view.load(state.ContractRecord, state.key_contract(address))
        if record is None:
            raise Refusal("unknown_contract", "there is no contract at that address")
        return record
