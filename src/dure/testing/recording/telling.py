"""Opens what is bytes on the chain: calls and events by name, and the money that moved.

A contract is read from the state at that moment, so each call is told by the code that it met.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from dure.chain import state
from dure.chain.money import LEDGER
from dure.chain.receipt import Event
from dure.chain.transaction import Call
from dure.contract.bundle import Source
from dure.contract.interface import FieldInterface, Interface, build_interface
from dure.contract.values import (
    decode_arguments,
    decode_event,
    decode_result,
    get_method,
    to_json,
    to_json_fields,
)
from dure.core.address import encode_address
from dure.core.codec import decode
from dure.core.types import Address, Amount, AssetId, Hash
from dure.proof import ledger_words
from dure.proof.json_form import Json
from dure.testing.recording.record import (
    Actor,
    ActorKind,
    Asset,
    Movement,
    RecordedCall,
    RecordedEvent,
    Sum,
    Value,
)

LEDGER_NAME: Final = "ledger"
NOT_TOLD: Final = frozenset({"deploy", "upgrade"})
"""Calls whose arguments are a contract's source: told by what they brought."""


class Cast:
    """Who has an address, and what each of them holds by what the ledger said so far."""

    def __init__(self) -> None:
        self.actors: dict[Address, Actor] = {}
        self._held: Counter[tuple[str, str]] = Counter()

    def enter(
        self, address: Address, name: str, kind: ActorKind, *, since: int, contract_class: str = ""
    ) -> None:
        """Name an address from now on; a name that is taken gets a number."""
        taken = {actor.name for actor in self.actors.values()}
        turns = (name, *(f"{name} {number}" for number in range(2, len(taken) + 3)))
        free = next(each for each in turns if each not in taken)
        self.actors[address] = Actor(free, encode_address(address), kind, since, contract_class)

    def name(self, address: Address) -> str:
        """Return what the story calls an address, or the address as text."""
        if address == LEDGER:
            return LEDGER_NAME
        actor = self.actors.get(address)
        return encode_address(address) if actor is None else actor.name

    def move(self, movement: Movement) -> None:
        """Take money from one and give it to the other."""
        if movement.source is not None:
            self._held[movement.source, movement.asset] -= int(movement.amount)
        if movement.target is not None:
            self._held[movement.target, movement.asset] += int(movement.amount)

    def list_holdings(self) -> dict[str, dict[str, str]]:
        """Return what each person and contract holds, by name and asset; zeros are left out."""
        holdings: dict[str, dict[str, str]] = {
            actor.name: {} for actor in self.actors.values() if actor.kind != "office"
        }
        for (name, asset), amount in sorted(self._held.items()):
            if name in holdings and amount:
                holdings[name][asset] = str(amount)
        return holdings


class Teller:
    """Tells calls and events of one chain, whose state `read` returns by key."""

    def __init__(self, read: Callable[[bytes], bytes | None]) -> None:
        self.assets: dict[AssetId, Asset] = {}
        """The money that was told of so far."""
        self._read = read
        self._interfaces: dict[Hash, Interface] = {}

    def describe_asset(self, asset: AssetId) -> Asset:
        """Return an asset as the ledger knows it."""
        if asset not in self.assets:
            record = decode(state.AssetRecord, self._require(state.key_asset(asset)))
            self.assets[asset] = Asset(asset.hex(), record.code, record.decimals)
        return self.assets[asset]

    def find_source(self, contract: Address) -> Source:
        """Return a contract's present source."""
        record = decode(state.ContractRecord, self._require(state.key_contract(contract)))
        return decode(Source, self._require(state.key_source(record.code_hash)))

    def tell_call(self, call: Call, result: bytes | None, cast_: Cast) -> RecordedCall:
        """Return a call by name; `result` is None where it was refused."""
        if call.contract == LEDGER:
            return _tell_ledger_call(call)
        interface = self._find_interface(call.contract)
        method = get_method(interface, call.method)
        values = decode_arguments(interface, call.method, call.arguments)
        pays = None
        if call.pays is not None:
            pays = Sum(self.describe_asset(call.pays.asset).id, str(call.pays.amount))
        said: Json = None
        if result is not None:
            plain = decode_result(interface, call.method, result)
            said = cast("Json", to_json(interface, method.result, plain))
        arguments = _name_values(interface, method.parameters, values)
        return RecordedCall(cast_.name(call.contract), call.method, arguments, pays, said)

    def tell_event(self, event: Event, cast_: Cast) -> tuple[RecordedEvent, ...]:
        """Return a contract's event by name; nothing for one of the ledger."""
        if event.contract == LEDGER:
            return ()
        interface = self._find_interface(event.contract)
        values = decode_event(interface, event.name, event.data)
        fields = _name_values(interface, interface.events[event.name].fields, values)
        return (RecordedEvent(cast_.name(event.contract), event.name, fields),)

    def tell_movement(self, event: Event, cast_: Cast) -> Movement | None:
        """Return the money that an event of the ledger moved; None where it moved none."""
        if event.contract != LEDGER:
            return None
        source: Address | None = None
        target: Address | None = None
        match event.name:
            case "transferred" | "moved":
                asset, source, target, amount = decode(_BETWEEN, event.data)
            case "minted":
                asset, target, amount = decode(_AT_ONE, event.data)
            case "burned":
                asset, source, amount = decode(_AT_ONE, event.data)
            case _:
                return None
        return Movement(
            source=None if source is None else cast_.name(source),
            target=None if target is None else cast_.name(target),
            asset=self.describe_asset(asset).id,
            amount=str(amount),
        )

    def _find_interface(self, contract: Address) -> Interface:
        record = decode(state.ContractRecord, self._require(state.key_contract(contract)))
        if record.code_hash not in self._interfaces:
            self._interfaces[record.code_hash] = build_interface(self.find_source(contract))
        return self._interfaces[record.code_hash]

    def _require(self, key: bytes) -> bytes:
        data = self._read(key)
        assert data is not None, "what is called, speaks or moves is registered"
        return data


_BETWEEN: Final = tuple[AssetId, Address, Address, Amount]
_AT_ONE: Final = tuple[AssetId, Address, Amount]


def _tell_ledger_call(call: Call) -> RecordedCall:
    named: dict[str, Json] | None = None
    if call.method not in NOT_TOLD:
        named = ledger_words.name_arguments(call.method, call.arguments)
    arguments = tuple(Value(name, "", value) for name, value in (named or {}).items())
    return RecordedCall(LEDGER_NAME, call.method, arguments, None, None)


def _name_values(
    interface: Interface, fields: tuple[FieldInterface, ...], values: Mapping[str, Any]
) -> tuple[Value, ...]:
    forms = to_json_fields(interface, fields, values)
    return tuple(Value(each.name, each.type, cast("Json", forms[each.name])) for each in fields)
