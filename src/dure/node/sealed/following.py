"""For which contracts a node keeps, and how far it has followed each: two small files."""

from pathlib import Path
from typing import Annotated, Final

import msgspec

from dure.core.address import decode_address, encode_address
from dure.core.errors import ConfigurationError, InvalidEncoding
from dure.core.types import Address
from dure.identity.files import replace_file

FILE_BYTES_MAX: Final = 64 * 1024
CONTRACTS_MAX: Final = 256

CONTRACTS: Final = "contracts.json"
CURSOR: Final = "cursor.json"

_Contracts = Annotated[list[str], msgspec.Meta(max_length=CONTRACTS_MAX)]


def load_contracts(folder: Path) -> tuple[Address, ...]:
    """Return the contracts for which the node keeps; raise `ConfigurationError`."""
    file = folder / CONTRACTS
    try:
        named = msgspec.json.decode(file.read_bytes()[:FILE_BYTES_MAX], type=_Contracts)
        return tuple(decode_address(each) for each in named)
    except FileNotFoundError:
        return ()
    except (msgspec.MsgspecError, InvalidEncoding) as problem:
        message = f"{file} is no list of addresses: {problem}"
        raise ConfigurationError(message, file=str(file)) from problem


def add_contract(folder: Path, contract: Address) -> None:
    """Have the node keep for a contract; it reads the list again while it runs."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    known = load_contracts(folder)
    if contract in known:
        return
    if len(known) >= CONTRACTS_MAX:
        raise ConfigurationError(f"a node keeps for at most {CONTRACTS_MAX} contracts")
    named = [encode_address(each) for each in (*known, contract)]
    replace_file(folder / CONTRACTS, msgspec.json.encode(named), mode=0o600)


class Following:
    """The list as it stands, and the cursors."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamp = 0
        self._contracts: tuple[Address, ...] = ()
        self._cursors = self._load_cursors()

    def list_contracts(self) -> tuple[Address, ...]:
        """Return the contracts; the file is read where it changed."""
        try:
            stamp = (self._folder / CONTRACTS).stat().st_mtime_ns
        except FileNotFoundError:
            stamp = 0
        if stamp != self._stamp:
            self._contracts = load_contracts(self._folder)
            self._stamp = stamp
        return self._contracts

    def is_followed(self, contract: Address) -> bool:
        """Say whether the node keeps for a contract."""
        return contract in self.list_contracts()

    def get_cursor(self, contract: Address) -> int:
        """Return how many changes of the contract's records were looked at."""
        return self._cursors.get(encode_address(contract), 0)

    def move_cursor(self, contract: Address, number: int) -> None:
        """Note that so many changes were looked at."""
        self._cursors[encode_address(contract)] = number
        replace_file(self._folder / CURSOR, msgspec.json.encode(self._cursors), mode=0o600)

    def _load_cursors(self) -> dict[str, int]:
        # A cursor that is lost only means that every change is looked at again.
        try:
            return msgspec.json.decode((self._folder / CURSOR).read_bytes(), type=dict[str, int])
        except (FileNotFoundError, msgspec.MsgspecError):
            return {}
