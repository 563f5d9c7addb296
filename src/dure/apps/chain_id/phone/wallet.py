"""The wallet: one file, readable by its owner alone.

It holds what the person's key belongs to (the register, its nodes, the certificate with all its
disclosures) and says what signs: a key file, which lies beside it under a PIN or password (`dure
key new --passphrase`), or passkeys, which stay in the device's authenticator. The certificate is
personal data and leaves the device only as a presentation. Nothing in the file signs anything.
"""

from collections.abc import Container
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

import msgspec

from dure.chain.transaction import KeyPolicy, PasskeyPolicy, compute_address
from dure.core.address import decode_address
from dure.core.errors import ConfigurationError
from dure.core.types import Address, ChainId, PasskeyKey
from dure.identity.files import read_private_file, replace_file, write_new_file
from dure.identity.keys import load_public_key

FORMAT: Final = "dure-chain-id-wallet"
FILE_BYTES_MAX: Final = 64 * 1024
PASSKEYS_MAX: Final = 20


class KeyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="key-file"):
    """A key file signs."""

    path: str

    def compute_account(self) -> Address:
        """Return the account, while the file stays locked."""
        return compute_address(KeyPolicy(load_public_key(Path(self.path))))


class Passkey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a page tells of a passkey that it has made, in hexadecimal."""

    credential: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{2}){1,1023}\Z")]
    """By what its authenticator knows it."""
    key: Annotated[str, msgspec.Meta(pattern=r"^0[23][0-9a-f]{64}\Z")]


class PasskeyRing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="passkeys"):
    """Passkeys sign, one at a time: the last of them that the chain lets act for the account."""

    origin: str
    """Of the phone's pages: `http://localhost:8790`. No other page gets a signature that counts."""
    passkeys: Annotated[tuple[Passkey, ...], msgspec.Meta(max_length=PASSKEYS_MAX)]
    """In the order in which they were made; the account is named after the first."""

    @property
    def policies(self) -> tuple[PasskeyPolicy, ...]:
        rp_id = urlsplit(self.origin).hostname or ""
        return tuple(
            PasskeyPolicy(PasskeyKey(bytes.fromhex(each.key)), rp_id, (self.origin,))
            for each in self.passkeys
        )

    def compute_account(self) -> Address:
        """Return the account; raise `ConfigurationError` before there is a passkey."""
        if not self.passkeys:
            raise ConfigurationError("this wallet has no passkey yet: make one on the phone's page")
        return compute_address(self.policies[0])


class Wallet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`wallet.json`. Without a certificate, `certificate` is empty."""

    format: Literal["dure-chain-id-wallet"]
    version: Literal[1]
    chain_id: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    nodes: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=20)]
    contract: str
    signs_with: KeyFile | PasskeyRing
    certificate: str

    @property
    def chain(self) -> ChainId:
        return ChainId(bytes.fromhex(self.chain_id))

    @property
    def contract_address(self) -> Address:
        return decode_address(self.contract)

    @property
    def key_file(self) -> Path:
        """The key file; raise `ConfigurationError` where passkeys sign."""
        if isinstance(self.signs_with, PasskeyRing):
            raise ConfigurationError(
                "this wallet signs with a passkey, which only its page can ask: use `phone`"
            )
        return Path(self.signs_with.path)


def build_wallet(
    chain_id: str, nodes: tuple[str, ...], contract: str, signs_with: KeyFile | PasskeyRing
) -> Wallet:
    """Return a wallet without a certificate; raise `ConfigurationError` for what cannot be used."""
    decode_address(contract)
    unusable = [node for node in nodes if not _is_web_address(node)]
    if unusable:
        raise ConfigurationError(f"{unusable[0]!r} is no node's address, as http://HOST:PORT is")
    made = Wallet(FORMAT, 1, chain_id, nodes, contract, signs_with, "")
    try:
        return msgspec.convert(msgspec.to_builtins(made), Wallet)
    except msgspec.ValidationError as problem:
        raise ConfigurationError(f"that makes no wallet: {problem}") from problem


def drop_passkeys(wallet: Wallet, keep: Container[str]) -> Wallet:
    """Return the wallet with its first passkey, and those of the others whose keys are named."""
    ring = wallet.signs_with
    assert isinstance(ring, PasskeyRing), "who asks has looked"
    first, *later = ring.passkeys
    kept = (first, *(each for each in later if each.key in keep))
    return msgspec.structs.replace(wallet, signs_with=msgspec.structs.replace(ring, passkeys=kept))


def add_passkey(wallet: Wallet, credential: str, key: str) -> Wallet:
    """Return the wallet with one more passkey; raise `ConfigurationError` for what is none."""
    ring = wallet.signs_with
    assert isinstance(ring, PasskeyRing), "who asks has looked"
    if any(each.key == key for each in ring.passkeys):
        raise ConfigurationError("this wallet has that passkey already")
    try:
        passkeys = (*ring.passkeys, Passkey(credential, key))
        grown = msgspec.structs.replace(ring, passkeys=passkeys)
        return msgspec.convert(
            msgspec.to_builtins(msgspec.structs.replace(wallet, signs_with=grown)), Wallet
        )
    except msgspec.ValidationError as problem:
        raise ConfigurationError(f"that is no passkey: {problem}") from problem


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
