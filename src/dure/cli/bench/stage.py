"""A ledger in memory for contracts alone: no transactions, no signatures, no blocks.

What a call asks of the ledger it asks of the chain's own session over the chain's own view. State
that was begun here lies under every slice of a measurement and never changes.
"""

from typing import Final

from dure.chain import state, system
from dure.chain.execution.session import Moment, Session
from dure.chain.parameters import DEFAULT_PARAMETERS, GAS_PER_OUTPUT_BYTE
from dure.chain.receipt import Kind, Receipt, build_receipt, build_refusal
from dure.chain.state_tree.tree import compute_value_digest
from dure.contract.machine import InProcessMachine
from dure.contract.ports import Invocation, Meter, Refusal
from dure.contract.source import bundle
from dure.core.codec import encode
from dure.core.merkle import compute_leaf
from dure.core.types import Address, ChainId, Hash, Height, Instant

_HEIGHT: Final = Height(1)
_IDENTITY: Final = bytes(32)
_BEGIN_GAS: Final = 10**12


class Stage:
    """Contracts with what they stored, and the machine that runs them."""

    def __init__(self, *, is_metered: bool = True) -> None:
        self.machine = InProcessMachine(is_metered=is_metered)
        self._state: dict[bytes, bytes] = {}

    def deploy(self, address: Address, source: str, class_name: str) -> None:
        """Put a contract there; nobody has begun it yet."""
        code_hash = self.machine.load(bundle(source, class_name))
        record = state.ContractRecord(
            owner=address,
            code_hash=code_hash,
            version=1,
            deployed=_HEIGHT,
            changed=_HEIGHT,
            stopped=None,
        )
        self._state[state.key_contract(address)] = encode(record)

    def prepare(self, call: Invocation) -> None:
        """Run a call whose writes lie under all slices."""
        view = self.open_view()
        self.machine.open(self.open_session(view), Meter(_BEGIN_GAS)).invoke(call)
        self._state.update({key: value for key, value in view.top.items() if value is not None})

    def open_view(self) -> state.View:
        """Return the state in which one block would begin."""
        return state.View(self._state)

    def open_session(self, view: state.View) -> Session:
        """Return what one transaction sees of the ledger."""
        return Session(view, _MOMENT)

    def execute(self, view: state.View, call: Invocation, gas: int) -> Receipt:
        """Do with one call all that the ledger does with a transaction of one call.

        From the call to the hashed leaf of its receipt, with the digests of all values that it
        leaves behind; see `dure.chain.execution.block`.
        """
        meter, fork = Meter(gas), view.fork()
        session = self.open_session(fork)
        try:
            result = self.machine.open(session, meter).invoke(call)
            outcome = session.end_call(result)
            meter.charge(GAS_PER_OUTPUT_BYTE * len(outcome))
        except Refusal as refusal:
            receipt = build_refusal(
                Kind.TRANSACTION, _IDENTITY, gas_used=meter.used, refusal=refusal, failed_call=0
            )
        else:
            view.merge(fork)
            receipt = build_receipt(
                Kind.TRANSACTION, _IDENTITY, gas_used=meter.used, outcomes=(outcome,)
            )
            for value in fork.top.values():
                if value is not None:
                    compute_value_digest(value)
        compute_leaf(encode(receipt))
        return receipt


def _load_nothing(view: state.View, code_hash: Hash) -> None:
    """Stand in for the executor: `Stage.deploy` has loaded every program."""


_MOMENT: Final = Moment(
    chain_id=ChainId(bytes(32)),
    height=_HEIGHT,
    time=Instant(1_000_000),
    scheduled_gas_max=DEFAULT_PARAMETERS.scheduled_gas_max,
    consult=system.consult,
    load_program=_load_nothing,
)
