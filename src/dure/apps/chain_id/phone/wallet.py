"""The wallet: one file beside the key file, readable by its owner alone.

The key file holds the account's key under a PIN or password (`dure key new --passphrase`). The
wallet holds what the key belongs to: the register, its nodes, and the certificate with all its
disclosures, which is personal data and leaves the device only as a presentation.
"""

from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

import msgspec

from dure.core.address import decode_address
from dure.core.errors import ConfigurationError
from dure.core.types import Address, ChainId
from dure.identity.files import read_private_file, replace_file, write_new_file

FORMAT: Final = "dure-chain-id-wallet"
FILE_BYTES_MAX: Final = 64 * 1024


class Wallet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`wallet.json`. Without a certificate, `certificate` is empty."""

    format: Literal["dure-chain-id-wallet"]
    version: Literal[1]
    chain_id: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    nodes: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=20)]
    contract: str
    key_file: str
    certificate: str

    @property
    def chain(self) -> ChainId:
        return ChainId(bytes.fromhex(self.chain_id))

    @property
    def contract_address(self) -> Address:
        return decode_address(self.contract)


def build_wallet(chain_id: str, nodes: tuple[str, ...], contract: str, key_file: Path) -> Wallet:
    """Return a wallet without a certificate; raise `ConfigurationError` for what cannot be used."""
    decode_address(contract)
    unusable = [node for node in nodes if not _is_web_address(node)]
    if unusable:
        raise ConfigurationError(f"{unusable[0]!r} is no node's address, as http://HOST:PORT is")
    made = Wallet(FORMAT, 1, chain_id, nodes, contract, str(key_file), "")
    try:
        return msgspec.convert(msgspec.to_builtins(made), Wallet)
    except msgspec.ValidationError as problem:
        raise ConfigurationError(f"that makes no wallet: {problem}") from problem


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def save_wallet(path: Path, wallet: Wallet, *, is_new: bool) -> None:
    """Write the file; raise `ConfigurationError` where a new one would replace another."""
    data = msgspec.json.format(msgspec.json.encode(wallet), indent=2) + b"\n"
    write: Any = write_new_file if is_new else replace_file
    write(path, data, mode=0o600)


def load_wallet(path: Path) -> Wallet:
    """Return the wallet; raise `ConfigurationError` where it cannot be used."""
    data = read_private_file(path, bytes_max=FILE_BYTES_MAX)
    try:
        return msgspec.json.decode(data, type=Wallet)
    except (msgspec.DecodeError, RecursionError) as problem:
        raise ConfigurationError(f"{path} is no wallet: {problem}", file=str(path)) from problem
