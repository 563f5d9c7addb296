"""Contracts as answers: source, interface, and the names behind the bytes of calls and events.

What a contract's bytes mean is read from its interface, which is made from its source once a
version and kept. An event of an older version that no longer fits is shown as bytes alone.
"""

from collections import OrderedDict
from typing import Final, cast

import msgspec

from dure.api.answers.inherited import Inherited
from dure.api.answers.shapes import (
    ContractAnswer,
    ContractSummary,
    EventAnswer,
    LibraryAnswer,
    VersionAnswer,
    VersionList,
    VersionSummary,
)
from dure.chain import state
from dure.chain.money import LEDGER
from dure.contract.bundle import Source
from dure.contract.interface import Interface, build_interface
from dure.contract.ports import Invocation, Refusal
from dure.contract.shapes import READING_KINDS
from dure.contract.values import (
    decode_arguments,
    decode_event,
    decode_result,
    encode_arguments,
    from_json,
    get_method,
    to_json,
    to_json_fields,
)
from dure.core.address import encode_address
from dure.core.errors import InvalidEncoding, NotFound, ViewRefused
from dure.core.types import Address, Hash
from dure.node.gateway import Gateway
from dure.proof import ledger_words as ledger
from dure.proof.json_form import Json

INTERFACES_MAX: Final = 256

Fields = dict[str, Json]


class Contracts:
    """Reads contracts at the head of one node's ledger. Used on the node's event loop only."""

    def __init__(self, gateway: Gateway) -> None:
        self.inherited = Inherited(gateway)
        self._gateway = gateway
        self._interfaces: OrderedDict[Hash, Interface] = OrderedDict()

    def summarise(self, address: Address) -> ContractSummary:
        """Return a contract for a list; raise `NotFound`."""
        record, source = self.load(address)
        return ContractSummary(
            address=encode_address(address),
            name=source.class_name,
            owner=encode_address(record.owner),
            version=record.version,
            deployed=record.deployed,
            stopped=_tell_stop(record),
        )

    def describe(self, address: Address) -> ContractAnswer:
        """Return a contract with source and interface; raise `NotFound`."""
        record, source = self.load(address)
        return ContractAnswer(
            address=encode_address(address),
            name=source.class_name,
            owner=encode_address(record.owner),
            version=record.version,
            deployed=record.deployed,
            changed=record.changed,
            stopped=_tell_stop(record),
            code_hash=record.code_hash.hex(),
            source=source.text,
            library=_describe_library(source),
            interface=msgspec.to_builtins(self._read_interface(record.code_hash, source)),
        )

    def list_versions(self, address: Address) -> VersionList:
        """Return every code that a contract has had; raise `NotFound`."""
        record, _ = self.load(address)
        return VersionList(
            address=encode_address(address),
            versions=[
                _summarise_version(number, self._load_version(address, number))
                for number in range(1, record.version + 1)
            ],
        )

    def describe_version(self, address: Address, number: int) -> VersionAnswer:
        """Return one version of a contract with source and interface; raise `NotFound`."""
        self.load(address)
        version = self._load_version(address, number)
        view = self._gateway.executor.view()
        source = view.require(Source, state.key_source(version.code_hash))
        return VersionAnswer(
            address=encode_address(address),
            version=number,
            height=version.height,
            name=source.class_name,
            code_hash=version.code_hash.hex(),
            source=source.text,
            library=_describe_library(source),
            interface=msgspec.to_builtins(self._read_interface(version.code_hash, source)),
        )

    def get_interface(self, address: Address) -> Interface:
        """Return the interface of a contract's present version; raise `NotFound`."""
        record, source = self.load(address)
        return self._read_interface(record.code_hash, source)

    def _read_interface(self, code_hash: Hash, source: Source) -> Interface:
        known = self._interfaces.get(code_hash)
        if known is None:
            known = build_interface(source)
            self._interfaces[code_hash] = known
            if len(self._interfaces) > INTERFACES_MAX:
                self._interfaces.popitem(last=False)
        return known

    def describe_event(self, contract: Address, name: str, data: bytes) -> EventAnswer:
        """Return an event with its fields named, where they can be."""
        return EventAnswer(
            contract=encode_address(contract),
            name=name,
            data=data.hex(),
            fields=self._name_event(contract, name, data),
        )

    def name_arguments(self, contract: Address, method: str, arguments: bytes) -> Fields | None:
        """Return a call's arguments by name; None where they do not fit the method."""
        if contract == LEDGER:
            return ledger.name_arguments(method, arguments)
        try:
            interface = self.get_interface(contract)
            values = decode_arguments(interface, method, arguments)
        except (InvalidEncoding, NotFound):
            return None
        parameters = get_method(interface, method).parameters
        return cast("Fields", to_json_fields(interface, parameters, values))

    def call_view(
        self, address: Address, method: str, arguments: Fields | list[Json], sender: Address
    ) -> Json:
        """Run a read-only method at the head.

        Raise `ViewRefused`, `InvalidEncoding`, `NotFound`.
        """
        interface = self.get_interface(address)
        if method not in interface.methods or interface.methods[method].kind not in READING_KINDS:
            raise NotFound("the contract has no read-only method of that name")
        data = encode_json_arguments(interface, method, arguments)
        call = Invocation(address, method, data, sender, None)
        try:
            result = self._gateway.executor.call_view(call)
        except Refusal as refusal:
            raise ViewRefused(refusal.message, refusal=refusal.code) from None
        value = decode_result(interface, method, result)
        return cast("Json", to_json(interface, interface.methods[method].result, value))

    def load(self, address: Address) -> tuple[state.ContractRecord, Source]:
        """Return what stands on the chain of a contract; raise `NotFound`."""
        view = self._gateway.executor.view()
        record = view.load(state.ContractRecord, state.key_contract(address))
        if record is None:
            raise NotFound("there is no contract at that address")
        return record, view.require(Source, state.key_source(record.code_hash))

    def _name_event(self, contract: Address, name: str, data: bytes) -> Fields | None:
        if contract == LEDGER:
            return ledger.name_event(name, data)
        try:
            interface = self.get_interface(contract)
            values = decode_event(interface, name, data)
        except (InvalidEncoding, NotFound):
            return None
        fields = interface.events[name].fields
        return cast("Fields", to_json_fields(interface, fields, values))

    def _load_version(self, address: Address, number: int) -> state.VersionRecord:
        view = self._gateway.executor.view()
        version = view.load(state.VersionRecord, state.key_version(address, number))
        if version is None:
            raise NotFound("the contract has no version of that number")
        return version


def _summarise_version(number: int, version: state.VersionRecord) -> VersionSummary:
    return VersionSummary(version=number, code_hash=version.code_hash.hex(), height=version.height)


def _tell_stop(record: state.ContractRecord) -> str | None:
    return None if record.stopped is None else record.stopped.reason


def _describe_library(source: Source) -> list[LibraryAnswer]:
    return [LibraryAnswer(name=module.name, text=module.text) for module in source.library]


def encode_json_arguments(
    interface: Interface, method: str, arguments: Fields | list[Json]
) -> bytes:
    """Return the canonical bytes of arguments given by name, or in order.

    Raise `InvalidValue` naming the parameter, for a method that the interface has.
    """
    types = {each.name: each.type for each in interface.methods[method].parameters}
    if isinstance(arguments, list):
        given = [
            from_json(interface, text, value)
            for text, value in zip(types.values(), arguments, strict=False)
        ]
        # Too many or too few are refused by their number alone.
        return encode_arguments(interface, method, given + arguments[len(given) :], {})
    named = {
        name: from_json(interface, types[name], value) if name in types else value
        for name, value in arguments.items()
    }
    return encode_arguments(interface, method, [], named)
