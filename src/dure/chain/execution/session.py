"""The ledger as one running call sees it: `dure.contract.ports.Ledger` over a view of the state.

A session lives as long as one transaction or one scheduled call. All that it does lands in its
view, which the execution merges when every call succeeded and drops otherwise.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import msgspec

from dure.chain import state
from dure.chain.execution import waiting
from dure.chain.execution.quota import OwnersShare
from dure.chain.membership import has_chain_role
from dure.chain.money import Money
from dure.chain.transaction import METHOD_NAME_MAX
from dure.contract.limits import VALUE_BYTES_MAX
from dure.contract.ports import Installed, Refusal
from dure.core.types import (
    INT_MAX,
    Address,
    ChainId,
    Gas,
    Hash,
    Height,
    Instant,
    Unsigned,
)

SCHEDULED_GAS_MIN: Final = 10_000
"""What finding a due call, entering it and leaving its receipt cost anyway.

Without a least, millions of calls with gas for nothing could be due in one block.
"""
_record_decoder: Final = msgspec.msgpack.Decoder(state.ContractRecord)


@dataclass(frozen=True, slots=True)
class Moment:
    """What all calls that run at one point of a block have in common."""

    chain_id: ChainId
    height: Height
    time: Instant
    """Ledger time."""
    scheduled_gas_max: Gas
    consult: Callable[[state.View, str, bytes], bytes]
    """Answers what a contract asks of the ledger itself."""
    load_program: Callable[[state.View, Hash], None]
    """Makes the machine know the program of that code hash, whose source the view holds."""
    installed: dict[bytes, Installed] = field(default_factory=dict, compare=False)
    """What contracts' records say, and that the machine knows their programs: asked by every call.
    """


class Session(Money, gc=False):
    """One transaction's or scheduled call's access to the ledger: its money, and all the rest.

    A struct, because one is made for every transaction.
    """

    _moment: Moment
    _share: OwnersShare | None = None
    """Pays for what a scheduled call schedules."""
    _installed: dict[Address, Installed] = msgspec.field(default_factory=dict)
    door: Callable[["Session", Address, str, bytes], bytes] | None = None
    """Does what a contract has the ledger do, where a transaction runs.

    It is handed the session and must not hold it: nobody would ever collect such a ring.
    """

    @property
    def chain_id(self) -> ChainId:
        return self._moment.chain_id

    @property
    def height(self) -> Height:
        return self._moment.height

    @property
    def time(self) -> Instant:
        return self._moment.time

    def read(self, place: bytes) -> bytes | None:
        # What every contract does most: as `View.get`, without going there.
        view = self.view
        top = view.top
        if place in top:
            return top[place]
        for layer in view.below:
            if place in layer:
                return layer[place]
        return view.base.get(place)

    def write(self, place: bytes, value: bytes | None) -> None:
        self.view.top[place] = value

    def get_program(self, contract: Address) -> Installed:
        known = self._installed
        return known[contract] if contract in known else self._find_program(contract)

    def save_contract(self, contract: Address, record: state.ContractRecord) -> None:
        """Write what stands at a contract's address from now on."""
        self._installed.pop(contract, None)
        self.view.save(state.key_contract(contract), record)

    def has_role(self, contract: Address, role: str, holder: Address) -> bool:
        view = self.view
        if view.get(state.key_role(contract, holder, role)) is not None:
            return True
        return has_chain_role(view, holder, role)

    def schedule(
        self, contract: Address, at: Instant, method: str, arguments: bytes, gas: Gas
    ) -> int:
        if not SCHEDULED_GAS_MIN <= gas <= self._moment.scheduled_gas_max:
            raise Refusal(
                "bad_schedule",
                f"a scheduled call asks for {SCHEDULED_GAS_MIN} of gas at least, and for no more "
                "than a block gives to one",
            )
        if not 0 <= at <= INT_MAX:
            raise Refusal("bad_schedule", "that is no moment")
        if not 1 <= len(method) <= METHOD_NAME_MAX or len(arguments) > VALUE_BYTES_MAX:
            raise Refusal("bad_schedule", "the method's name or its arguments are too long")
        if self._share is not None:
            self._share.take(gas)
        due = max(at, self.time)
        number = self._take_number()
        call = state.ScheduledCall(contract=contract, method=method, arguments=arguments, gas=gas)
        waiting.plan(self.view, due, number, call)
        return number

    @property
    def pays_for_schedules(self) -> bool:
        return self._share is not None

    def cancel(self, contract: Address, number: int) -> bool:
        return waiting.withdraw(self.view, contract, number)

    def consult(self, method: str, arguments: bytes) -> bytes:
        return self._moment.consult(self.view, method, arguments)

    def perform(self, contract: Address, method: str, arguments: bytes) -> bytes:
        if self.door is None:
            raise Refusal("not_authority", "nothing is decided by a scheduled call")
        return self.door(self, contract, method, arguments)

    def _find_program(self, contract: Address) -> Installed:
        data = self.view.get(state.CONTRACT + contract)
        if data is None:
            raise Refusal("unknown_contract", "there is no contract at that address")
        known = self._moment.installed
        found = known[data] if data in known else self._install(data)
        self._installed[contract] = found
        return found

    def _install(self, data: bytes) -> Installed:
        record = _record_decoder.decode(data)
        self._moment.load_program(self.view, record.code_hash)
        installed = Installed(record.code_hash, is_stopped=record.stopped is not None)
        self._moment.installed[data] = installed
        return installed

    def _take_number(self) -> int:
        number = self.view.load(Unsigned, state.SEQUENCE) or 0
        self.view.save(state.SEQUENCE, number + 1)
        return number
