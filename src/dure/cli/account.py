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
from dure.chain.transaction import Call, KeyPolicy
from dure.cli.access import (
    AccountOption,
    AsOption,
    HolderArgument,
    NetworkOption,
    connect,
    find_address,
    load_account,
    load_signer,
)
from dure.cli.network.regenesis.typed import parse_policy
from dure.cli.output import JsonOption, out, print_json, print_tree
from dure.core.address import encode_address
from dure.core.errors import ConfigurationError
from dure.core.types import INT_MAX, Address, AssetId, Instant, Milliseconds
from dure.identity.keys import load_public_key
from dure.sdk import Client, ledger_calls

DAY_MS: Final = 86_400_000

app = typer.Typer(
    no_args_is_help=True,
    help="Say who acts for an account: new keys, session keys with limits, guardians.",
)

KeyArgument = Annotated[Path, typer.Argument(help="The session key's file.")]


@app.command("show")
def show(
    account: HolderArgument,
    *,
    network: NetworkOption,
    json: JsonOption = False,
) -> None:
    """Show what the chain knows of an account: policy, money, session keys, guardians.

    Example: dure account show alice.json --network my-network
    """
    with connect(network) as client:
        asked = client.get_account(find_address(network, account))
    found: dict[str, Any] = msgspec.to_builtins(asked)
    if json:
        print_json(found)
    else:
        print_tree("Account", found)


@app.command("enrol")
def enrol(
    accounts: Annotated[
        list[str], typer.Argument(help="Addresses or key files; at most 100 at once.")
    ],
    *,
    network: NetworkOption,
    by: AsOption,
    json: JsonOption = False,
) -> None:
    """Take accounts under the quota of a member, so that they can send transactions.

    A person tells the member an address, and keeps the key.

    Example: dure account enrol dure1… --network my-network --as bank
    """
    found = [find_address(network, each) for each in accounts]
    with connect(network) as client:
        height = client.enrol(found, by=load_account(network, by)).height
    names = [encode_address(each) for each in found]
    if json:
        print_json({"accounts": names, "decided": height})
        return
    for name in names:
        out.print(f"{name}: enrolled in block {height}.")


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
    gas: Annotated[
        int,
        typer.Option(
            "--gas", min=0, max=INT_MAX, help="Gas that the account pays for in the whole session."
        ),
    ] = ledger_calls.SESSION_GAS,
    days: Annotated[
        int, typer.Option("--days", min=1, max=SESSION_MS_MAX // DAY_MS, help="How long.")
    ] = 1,
    network: NetworkOption,
    by: AsOption,
    account: AccountOption = None,
    json: JsonOption = False,
) -> None:
    """Let another key make these calls for an account, and spend no more than budget and gas.

    What it may spend is counted over the whole session, not for each payment. A key that has a
    session gets this one instead.

    Example: dure account allow car.json --call transfer --budget KRW=50000 --gas 5000000 --days 30
    --network my-network --as alice.json
    """
    methods = [_parse_call(network, text) for text in call]
    with connect(network) as client:
        spend = dict(_parse_budget(client, text) for text in budget or ())
        until = Instant(client.get_status().block_time + days * DAY_MS)
    session = KeyPolicy(load_public_key(key))
    granted = ledger_calls.grant_session(session, methods, until=until, budget=spend, gas=gas)
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
    address = None if guardians == "nobody" else find_address(network, guardians)
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
    call = ledger_calls.begin_recovery(find_address(network, lost), parse_policy(policy))
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
    call = ledger_calls.stop_recovery(find_address(network, guarded))
    _send(network, by, account, call, json=json)


def _send(network: Path, by: str, account: str | None, call: Call, *, json: bool) -> None:
    signer = load_signer(network, by, account)
    with connect(network) as client:
        height = client.submit_and_wait([call], by=signer).height
    facts = {"account": encode_address(signer.address), "call": call.method, "decided": height}
    if json:
        print_json(facts)
    else:
        out.print(f"{call.method} of {facts['account']}: decided in block {height}.")


def _parse_call(network: Path, text: str) -> tuple[Address, str]:
    if text == "transfer":
        return LEDGER, text
    contract, mark, method = text.partition(":")
    if not mark or not method:
        raise ConfigurationError(f"a call is `transfer` or CONTRACT:METHOD, not {text!r}")
    return find_address(network, contract), method


def _parse_budget(client: Client, text: str) -> tuple[AssetId, int]:
    code, mark, amount = text.partition("=")
    if not mark or not (amount.isascii() and amount.isdigit()) or int(amount[:20]) > INT_MAX:
        raise ConfigurationError(f"a budget is CODE=AMOUNT, not {text!r}")
    return client.find_asset(code), int(amount)
