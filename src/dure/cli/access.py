"""How commands reach a network.

Its folder says where the nodes are and holds the keys of this host's members.
"""

from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import httpx
import msgspec
import typer

from dure.chain.genesis.document import decode_genesis_file
from dure.chain.genesis.governance import GovernancePlan
from dure.chain.transaction import KeyPolicy, ThresholdPolicy, compute_address
from dure.cli.network.founding import load_network
from dure.cli.unlocking import unlock
from dure.core.address import decode_address
from dure.core.errors import ConfigurationError, InvalidEncoding, NotFound, Unavailable
from dure.core.types import Address, ChainId
from dure.identity.keys import load_public_key
from dure.sdk import Account, Authority, Client, LocalAccount, ThresholdAccount, Voters
from dure.sdk.connection.credentials import find_credentials

NetworkOption = Annotated[
    Path, typer.Option("--network", help="The network's folder.", envvar="DURE_NETWORK")
]
AsOption = Annotated[
    str, typer.Option("--as", help="Who signs: a member's name, or a key file's path.")
]
AccountOption = Annotated[
    str | None,
    typer.Option("--account", help="Its address, where that is not the signing key's own."),
]
HolderArgument = Annotated[
    str, typer.Argument(help="An account: its address, a member's name, or a key file.")
]
RolesOption = Annotated[
    list[str] | None,
    typer.Option("--role", help="ROLE=ADDRESS or ROLE=MEMBER, as often as needed."),
]
Arguments = Annotated[
    list[str] | None, typer.Argument(help="Arguments as name=value; values are JSON or plain text.")
]


def connect(folder: Path) -> Client:
    """Return a client of the network's nodes, pinned to its chain."""
    network = load_network(folder)
    urls = [member.url for member in network.members]
    return Client(urls, chain_id=ChainId(bytes.fromhex(network.chain_id)))


def fetch(folder: Path, path: str) -> dict[str, Any]:
    """Return a node's answer to a GET request.

    The members' nodes are asked in turn until one answers.
    """
    for member in load_network(folder).members:
        try:
            headers = find_credentials().build_headers([member.url])
            response = httpx.get(
                f"{member.url}{path}", headers=headers, timeout=10, trust_env=False
            )
        except httpx.TransportError:
            continue
        answer: dict[str, Any] = response.json()
        if response.is_error:
            problem = answer["error"]
            raise NotFound(problem["message"], code=problem["code"])
        return answer
    raise Unavailable("no node of the network answers")


def load_account(folder: Path, name: str) -> Account:
    """Return a member's account by the member's name, or any account by its key file."""
    path = folder / name / "account.json"
    if not path.exists():
        path = Path(name)
    if not path.exists():
        message = f"{name!r} is neither a member in {folder} nor a key file"
        raise ConfigurationError(message, name=name)
    return LocalAccount(unlock(path))


def load_signer(folder: Path, name: str, account: str | None) -> Account:
    """Return who signs: the key's own account, or another one for which it acts by now."""
    found = load_account(folder, name)
    if account is None:
        return found
    assert isinstance(found, LocalAccount), "a name or a key file is one key"
    return LocalAccount(found.keys[0], address=find_address(folder, account))


def find_address(folder: Path, words: str) -> Address:
    """Return the account that an address, a member's name or a key file means; no key is opened.

    An address is itself, whatever files are called. Raise `ConfigurationError` where the words are
    none of these.
    """
    with suppress(InvalidEncoding):
        return decode_address(words)
    for path in (folder / words / "account.json", Path(words)):
        if path.is_file():
            return compute_address(KeyPolicy(load_public_key(path)))
    message = f"{words!r} is neither an address nor a member in {folder} nor a key file"
    raise ConfigurationError(message, name=words)


def parse_roles(folder: Path, given: list[str] | None) -> dict[str, list[Address]]:
    """Return the holders of each role of `RolesOption`; raise `ConfigurationError`."""
    roles: dict[str, list[Address]] = {}
    for text in given or []:
        role, mark, holder = text.rpartition("=")
        if not mark:
            message = f"a role is given as ROLE=ADDRESS or ROLE=MEMBER, not {text!r}"
            raise ConfigurationError(message)
        roles.setdefault(role, []).append(find_address(folder, holder))
    return roles


def load_authority(folder: Path) -> Authority:
    """Return who acts for the members, with the keys that lie in the network's folder.

    That is their common account, or, where they vote, the account of each.
    """
    network = load_network(folder)
    document = decode_genesis_file((folder / "genesis.dure").read_bytes())
    genesis = document.genesis
    before = genesis.predecessor
    policy = genesis.authority if before is None else before.authority
    files = [folder / member.name / "account.json" for member in network.members]
    if isinstance(genesis.authority, GovernancePlan):
        return Voters(tuple(LocalAccount(unlock(file)) for file in files if file.exists()))
    if not isinstance(policy, ThresholdPolicy):
        raise ConfigurationError("this chain's authority is not an account of its members")
    given = [unlock(file) for file in files if file.exists()]
    keys = [key for key in given if key.public in policy.keys]
    return ThresholdAccount(
        policy.threshold,
        policy.keys,
        keys[: policy.threshold],
        address=compute_address(genesis.authority),
    )


def load_story_clock(folder: Path) -> Account:
    """Return the account that moves a test chain's time."""
    path = folder / "story-clock.json"
    if not path.exists():
        raise ConfigurationError(f"{folder} is no test chain: its time cannot be moved")
    return LocalAccount(unlock(path))


def parse_arguments(given: list[str] | None) -> dict[str, str]:
    """Return `name=value` arguments as texts; raise `ConfigurationError`."""
    parsed: dict[str, str] = {}
    for text in given or []:
        name, mark, value = text.partition("=")
        if not mark or not name or name in parsed:
            message = f"an argument is given as name=value, each name once, not {text!r}"
            raise ConfigurationError(message)
        parsed[name] = value
    return parsed


def parse_value(text: str, type_: str) -> object:
    """Return JSON where the text reads as such, the text itself otherwise.

    For a parameter that is text, quotes alone make it JSON: a flight may be called 1545.
    """
    if type_ == "str" and not text.startswith('"'):
        return text
    try:
        value: object = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
    return value
