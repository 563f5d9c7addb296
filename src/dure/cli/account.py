"""`dure account`: who acts for an account, within which limits, and who recovers it.

A key that an account has taken later has another address of its own; `--account` then says for
which account it signs.
"""

from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

from dure.chain.money import LEDGER
from dure.chain.system import DELAY_BOUNDS, SESSION_MS_MAX
from dure.chain.transaction import Call, KeyPolicy, compute_address
from dure.cli.access import AsOption, NetworkOption, connect, load_account
from dure.cli.network.regenesis.typed import parse_policy
from dure.cli.output import JsonOption, out, print_json, print_tree
from dure.core.address import decode_address, encode_address
from dure.core.errors import ConfigurationError, InvalidEncoding
from dure.core.types import INT_MAX, Address, AssetId, Instant, Milliseconds
from dure.identity.keys import load_public_key
from dure.sdk import Account, Client, LocalAccount, ledger_calls

DAY_MS: Final = 86_400_000

app = typer.Typer(
    no_args_is_help=True,
    help="Say who acts for an account: new keys, session keys with limits, guardians.",
)

AccountOption = Annotated[
    str | None,
    typer.Option("--account", help="Its address, where that is not the signing key's own."),
]
KeyArgument = Annotated[Path, typer.Argument(help="The session key's file.")]


@app.command("show")
def show(
    account: Annotated[str, typer.Argument(help="Its address, or a key file.")],
    *,
    network: NetworkOption,
    json: JsonOption = False,
) -> None:
    """Show what the chain knows of an account: policy, money, session keys, guardians.

    Example: dure account show alice.json --network my-network
    """
    with connect(network) as client:
        found: dict[str, Any] = msgspec.to_builtins(client.get_account(_find_address(account)))
    if json:
        print_json(found)
    else:
        print_tree("Account", found)


@app.command("rotate")
def rotate(
    policy: Annotated[str, typer.Argument(help="KEY, or N:KEY,KEY,… (hexadecimal public keys).")],
    *,
    network: NetworkOption,
    by: AsOption,
    account: AccountOption = None,
    json: JsonOption = False,
) -> None:
    """Let other keys act for an account from now on; its address stays, its session keys end.

    Example: dure account rotate 2:KEY,KEY,KEY --network my-network --as alice.json
    """
    _send(network, by, account, ledger_calls.set_policy(parse_policy(policy)), json=json)


@app.command("allow")
def allow(
    key: KeyArgument,
    *,
    call: Annotated[
        list[str], typer.Option("--call", help="`transfer`, or CONTRACT:METHOD; may be repeated.")
    ],
    budget: Annotated[
        list[str] | None,
        typer.Option("--budget", help="CODE=AMOUNT in minor units, for the whole session."),
    ] = None,
    days: Annotated[
        int, typer.Option("--days", min=1, max=SESSION_MS_MAX // DAY_MS, help="How long.")
    ] = 1,
    network: NetworkOption,
    by: AsOption,
    account: AccountOption = None,
    json: JsonOption = False,
) -> None:
    """Let another key make these calls for an account, and spend no more than the budget.

    What it may spend is counted over the whole session, not for each payment. A key that has a
    session gets this one instead.

    Example: dure account allow car.json --call transfer --budget KRW=50000 --days 30
    --network my-network --as alice.json
    """
    methods = [_parse_call(text) for text in call]
    with connect(network) as client:
        spend = dict(_parse_budget(client, text) for text in budget or ())
        until = Instant(client.get_status().block_time + days * DAY_MS)
    session = KeyPolicy(load_public_key(key))
    granted = ledger_calls.grant_session(session, methods, until=until, budget=spend)
    _send(network, by, account, granted, json=json)


@app.command("withdraw")
def withdraw(
    key: KeyArgument,
    *,
    network: NetworkOption,
    by: AsOption,
    account: AccountOption = None,
    json: JsonOption = False,
) -> None:
    """Take back what a session key was allowed, from the next block on.

    Example: dure account withdraw car.json --network my-network --as alice.json
    """
    session = KeyPolicy(load_public_key(key))
    _send(network, by, account, ledger_calls.withdraw_session(session), json=json)


@app.command("guard")
def guard(
    guardians: Annotated[
        str, typer.Argument(help="Their account: an address, a key file, or `nobody`.")
    ],
    *,
    days: Annotated[
        int,
        typer.Option("--days", min=1, max=DELAY_BOUNDS[1] // DAY_MS, help="How long they wait."),
    ] = 7,
    network: NetworkOption,
    by: AsOption,
    account: AccountOption = None,
    json: JsonOption = False,
) -> None:
    """Name who may recover an account whose key is lost, after a delay in which you can stop it.

    Example: dure account guard friends.json --days 7 --network my-network --as alice.json
    """
    address = None if guardians == "nobody" else _find_address(guardians)
    call = ledger_calls.set_guardians(address, delay=Milliseconds(days * DAY_MS))
    _send(network, by, account, call, json=json)


@app.command("recover")
def recover(
    lost: Annotated[str, typer.Argument(help="The account's address.")],
    policy: Annotated[str, typer.Argument(help="KEY, or N:KEY,KEY,… that shall act.")],
    *,
    network: NetworkOption,
    by: AsOption,
    account: AccountOption = None,
    json: JsonOption = False,
) -> None:
    """Begin, as a guardian, to let a new key act for an account; its delay runs from now.

    Example: dure account recover ADDRESS KEY --network my-network --as friend.json
    """
    call = ledger_calls.begin_recovery(_find_address(lost), parse_policy(policy))
    _send(network, by, account, call, json=json)


@app.command("stop")
def stop(
    guarded: Annotated[str, typer.Argument(help="The account's address.")],
    *,
    network: NetworkOption,
    by: AsOption,
    account: AccountOption = None,
    json: JsonOption = False,
) -> None:
    """Stop a recovery that waits, as the account itself or as its guardian.

    Example: dure account stop ADDRESS --network my-network --as alice.json
    """
    call = ledger_calls.stop_recovery(_find_address(guarded))
    _send(network, by, account, call, json=json)


def _send(network: Path, by: str, account: str | None, call: Call, *, json: bool) -> None:
    signer = _load(network, by, account)
    with connect(network) as client:
        height = client.submit_and_wait([call], by=signer).height
    facts = {"account": encode_address(signer.address), "call": call.method, "decided": height}
    if json:
        print_json(facts)
    else:
        out.print(f"{call.method} of {facts['account']}: decided in block {height}.")


def _load(network: Path, by: str, account: str | None) -> Account:
    """Return who signs: the key's own account, or another one whose key it is by now."""
    found = load_account(network, by)
    if account is None:
        return found
    assert isinstance(found, LocalAccount), "a name or a key file is one key"
    return LocalAccount(found.keys[0], address=_find_address(account))


def _find_address(words: str) -> Address:
    path = Path(words)
    if path.exists():
        return compute_address(KeyPolicy(load_public_key(path)))
    try:
        return decode_address(words)
    except InvalidEncoding:
        raise ConfigurationError(f"{words!r} is neither an address nor a key file") from None


def _parse_call(text: str) -> tuple[Address, str]:
    if text == "transfer":
        return LEDGER, text
    contract, mark, method = text.partition(":")
    if not mark or not method:
        raise ConfigurationError(f"a call is `transfer` or CONTRACT:METHOD, not {text!r}")
    return _find_address(contract), method


def _parse_budget(client: Client, text: str) -> tuple[AssetId, int]:
    code, mark, amount = text.partition("=")
    if not mark or not (amount.isascii() and amount.isdigit()) or int(amount[:20]) > INT_MAX:
        raise ConfigurationError(f"a budget is CODE=AMOUNT, not {text!r}")
    return client.find_asset(code), int(amount)
