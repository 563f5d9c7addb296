"""What the events of contracts mean: each contract's versions, by the heights that brought them.

The chain keeps every code that a contract ever had, with the height of the block that brought it.
So what an event of height h means is a fact of the chain up to h, whenever it is read: rows made
long ago and rows made again are the same. `learn` reads the state and belongs to the node's event
loop; everything else is asked in the thread that writes.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from dure.chain.state import (
    ContractRecord,
    VersionRecord,
    View,
    key_contract,
    key_source,
    key_version,
)
from dure.contract.bundle import Source
from dure.contract.interface import Interface, build_interface
from dure.contract.problems import UnsafeSource
from dure.core.types import Address, Hash, Height

CONTRACTS_MAX: Final = 10_000
INTERFACES_MAX: Final = 64
"""How many of each are remembered; the others are read again when they are needed."""


@dataclass(frozen=True, slots=True)
class _Version:
    height: Height
    code_hash: Hash
    class_name: str


class Catalogue:
    """Remembers the contracts whose events came last."""

    def __init__(self, wanted: Iterable[str]) -> None:
        """Keep the interfaces of contract classes of these names; of others only the name."""
        self._wanted = frozenset(wanted)
        self._versions: OrderedDict[Address, list[_Version]] = OrderedDict()
        self._codes: OrderedDict[Hash, Source | Interface | None] = OrderedDict()
        """Sources, and once one is asked for, its interface in its place."""

    def learn(self, view: View, contracts: Mapping[Address, Height]) -> None:
        """Read what the next blocks need: contracts with the height of their newest event there."""
        self._forget_old()
        for address, height in contracts.items():
            record = view.load(ContractRecord, key_contract(address))
            known = self._versions.setdefault(address, [])
            self._versions.move_to_end(address)
            for number in range(len(known) + 1, 0 if record is None else record.version + 1):
                known.append(_read_version(view, address, number))
            for version in known:
                if version.height <= height and version.class_name in self._wanted:
                    self._keep_source(view, version.code_hash)

    def forget(self) -> None:
        """Begin anew: a block was taken back, and what it brought was something else."""
        self._versions.clear()
        self._codes.clear()

    def get_name(self, contract: Address, height: Height) -> str:
        """Return the class name at a height; empty where `learn` found no contract."""
        if contract not in self._versions:
            return ""
        return next((each.class_name for each in self._list_valid(contract, height)), "")

    def list_meanings(self, contract: Address, height: Height) -> Iterator[tuple[str, Interface]]:
        """Yield class name and interface of each version that may have spoken in a block.

        The newest first. More than one, where the block itself brought another.
        """
        for version in self._list_valid(contract, height):
            interface = self._get_interface(version)
            if interface is not None:
                yield version.class_name, interface

    def _list_valid(self, contract: Address, height: Height) -> Iterator[_Version]:
        assert contract in self._versions, "the contract's events are written before it is learned"
        for version in reversed(self._versions[contract]):
            if version.height <= height:
                yield version
                if version.height < height:
                    return

    def _get_interface(self, version: _Version) -> Interface | None:
        if version.class_name not in self._wanted:
            return None
        code = self._codes[version.code_hash]
        if isinstance(code, Source):
            code = self._codes[version.code_hash] = _open(code)
        return code

    def _keep_source(self, view: View, code_hash: Hash) -> None:
        if code_hash not in self._codes:
            self._codes[code_hash] = view.require(Source, key_source(code_hash))
        self._codes.move_to_end(code_hash)

    def _forget_old(self) -> None:
        while len(self._versions) > CONTRACTS_MAX:
            self._versions.popitem(last=False)
        while len(self._codes) > INTERFACES_MAX:
            self._codes.popitem(last=False)


def _read_version(view: View, contract: Address, number: int) -> _Version:
    version = view.require(VersionRecord, key_version(contract, number))
    source = view.require(Source, key_source(version.code_hash))
    return _Version(version.height, version.code_hash, source.class_name)


def _open(source: Source) -> Interface | None:
    """Return the interface; None of a source that today's checker would refuse."""
    try:
        return build_interface(source)
    except UnsafeSource:
        return None
