"""A `Ledger` in two dictionaries, for tests of the contract machine alone."""

from dataclasses import dataclass, field
from hashlib import sha256

from dure.contract.bundle import Source
from dure.contract.machine import InProcessMachine
from dure.contract.ports import (
    Installed,
    Invocation,
    Meter,
    Payment,
    Refusal,
    TransferRule,
    split_place,
)
from dure.contract.shapes import READING_KINDS
from dure.contract.source import bundle
from dure.contract.values import decode_result, encode_arguments
from dure.core.codec import encode
from dure.core.types import Address, Amount, AssetId, ChainId, Gas, Hash, Height, Instant

GAS_LIMIT = 10_000_000


def person(number: int) -> Address:
    """Return an address."""
    return Address(bytes([number]) * 32)


def asset(number: int) -> AssetId:
    """Return an asset that no contract issued."""
    return AssetId(bytes([number]) * 32)


@dataclass
class FakeLedger:
    """State, money, roles, events and scheduled calls, each in the plainest form."""

    height: Height = Height(7)
    time: Instant = Instant(1_000_000)
    chain_id: ChainId = ChainId(bytes(32))
    state: dict[tuple[Address, bytes], bytes] = field(default_factory=dict)
    programs: dict[Address, Hash] = field(default_factory=dict)
    roles: set[tuple[Address, str, Address]] = field(default_factory=set)
    events: list[tuple[Address, str, bytes]] = field(default_factory=list)
    waiting: dict[int, tuple[Address, Instant, str, bytes, Gas]] = field(default_factory=dict)
    balances: dict[tuple[AssetId, Address], int] = field(default_factory=dict)
    issuers: dict[AssetId, Address] = field(default_factory=dict)
    frozen: set[tuple[AssetId, Address]] = field(default_factory=set)
    scheduled: int = 0
    stopped: set[Address] = field(default_factory=set)
    rules: dict[AssetId, TransferRule] = field(default_factory=dict)
    pays_for_schedules: bool = False

    def read(self, place: bytes) -> bytes | None:
        return self.state.get(split_place(place))

    def write(self, place: bytes, value: bytes | None) -> None:
        if value is None:
            self.state.pop(split_place(place), None)
        else:
            self.state[split_place(place)] = value

    def get_program(self, contract: Address) -> Installed:
        if contract not in self.programs:
            raise Refusal("unknown_contract", "no contract lives there")
        return Installed(self.programs[contract], contract in self.stopped)

    def has_role(self, contract: Address, role: str, holder: Address) -> bool:
        return (contract, role, holder) in self.roles

    def emit(self, contract: Address, name: str, data: bytes) -> None:
        self.events.append((contract, name, data))

    def schedule(
        self, contract: Address, at: Instant, method: str, arguments: bytes, gas: Gas
    ) -> int:
        self.scheduled += 1
        self.waiting[self.scheduled] = (contract, at, method, arguments, gas)
        return self.scheduled

    def cancel(self, contract: Address, number: int) -> bool:
        found = self.waiting.get(number)
        if found is None or found[0] != contract:
            return False
        del self.waiting[number]
        return True

    def get_balance(self, asset: AssetId, holder: Address) -> Amount:
        return Amount(self.balances.get((asset, holder), 0))

    def transfer(self, asset: AssetId, source: Address, target: Address, amount: Amount) -> None:
        if (asset, source) in self.frozen:
            raise Refusal("frozen", "the holder is frozen")
        if self.get_balance(asset, source) < amount:
            raise Refusal("insufficient_balance", "not enough money")
        self.balances[asset, source] = self.get_balance(asset, source) - amount
        self.balances[asset, target] = self.get_balance(asset, target) + amount

    def create_asset(self, issuer: Address, code: str, decimals: int) -> AssetId:
        del decimals
        created = AssetId(sha256(issuer + code.encode()).digest())
        self.issuers[created] = issuer
        return created

    def mint(self, issuer: Address, asset: AssetId, target: Address, amount: Amount) -> None:
        self._check_issuer(issuer, asset)
        self.balances[asset, target] = self.get_balance(asset, target) + amount

    def burn(self, issuer: Address, asset: AssetId, source: Address, amount: Amount) -> None:
        self._check_issuer(issuer, asset)
        if self.get_balance(asset, source) < amount:
            raise Refusal("insufficient_balance", "not enough money")
        self.balances[asset, source] = self.get_balance(asset, source) - amount

    def freeze(self, issuer: Address, asset: AssetId, holder: Address, frozen: bool) -> None:
        self._check_issuer(issuer, asset)
        (self.frozen.add if frozen else self.frozen.discard)((asset, holder))

    def move(
        self, issuer: Address, asset: AssetId, source: Address, target: Address, amount: Amount
    ) -> None:
        self._check_issuer(issuer, asset)
        self.transfer(asset, source, target, amount)

    def set_transfer_rule(self, issuer: Address, asset: AssetId, method: str) -> None:
        self._check_issuer(issuer, asset)
        self.rules[asset] = TransferRule(issuer, method)

    def get_transfer_rule(self, asset: AssetId) -> TransferRule | None:
        return self.rules.get(asset)

    def consult(self, method: str, arguments: bytes) -> bytes:
        return encode(("consulted", method, arguments))

    def perform(self, contract: Address, method: str, arguments: bytes) -> bytes:
        return encode(("performed", contract, method, arguments))

    def _check_issuer(self, issuer: Address, asset: AssetId) -> None:
        if self.issuers.get(asset) != issuer:
            raise Refusal("not_issuer", "only the issuing contract may do that")


@dataclass
class Bench:
    """A machine and a ledger with one contract of a given source, for tests of a few lines."""

    source: str | Source
    class_name: str = "Example"
    ledger: FakeLedger = field(default_factory=FakeLedger)
    machine: InProcessMachine = field(default_factory=InProcessMachine)
    address: Address = person(200)
    gas_used: int = 0

    def __post_init__(self) -> None:
        self.add(self.address, self.source, self.class_name)

    def add(self, address: Address, source: str | Source, class_name: str = "Example") -> None:
        """Deploy another contract beside the first."""
        whole = source if isinstance(source, Source) else bundle(source, class_name)
        self.ledger.programs[address] = self.machine.load(whole)

    def call(
        self,
        method: str,
        *arguments: object,
        by: Address = person(1),
        pay: Payment | None = None,
        gas: int = GAS_LIMIT,
        at: Address | None = None,
    ) -> object:
        """Run a method with plain values; return its plain result."""
        target = at or self.address
        interface = self.machine.get_interface(self.ledger.programs[target])
        called = interface.initialiser if method == "init" else interface.methods.get(method)
        data = (
            b"\x90" if called is None else encode_arguments(interface, called.name, arguments, {})
        )
        if pay is not None:
            self.ledger.transfer(pay.asset, by, target, pay.amount)
        meter = Meter(gas)
        reads = called is not None and called.kind in READING_KINDS
        running = self.machine.open(self.ledger, meter)
        run = running.view if reads else running.invoke
        try:
            result = run(Invocation(target, method, data, by, pay))
        finally:
            self.gas_used = meter.used
        return None if called is None else decode_result(interface, called.name, result)
