"""`dure bench storage`: the command, and its table."""

from typing import Annotated, Any, Final

import typer

from dure.cli.bench.storing.storage import ACCOUNTS, StoragePlan, measure_storage
from dure.cli.output import JsonOption, err, print_facts, print_json

ACCOUNTS_MAX: Final = 4_000_000
"""No genesis names more."""


def storage(
    *,
    transactions: Annotated[
        int,
        typer.Option(
            help="Length of the chain from which a node starts again.", min=1, max=100_000_000
        ),
    ] = 1_000_000,
    accounts: Annotated[
        list[int] | None,
        typer.Option(
            help=f"Accounts that hold money; again for more. [default: {ACCOUNTS}]",
            min=1,
            max=ACCOUNTS_MAX,
            show_default=False,
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """What a block costs the disk of a node, what it leaves there, and how soon a node is back.

    One store in one process: nothing is executed or signed while the clock runs.

    Example: dure bench storage --transactions 100000 --accounts 10000
    """
    if not json:
        err.print("making up chains and writing them …")
    figures = measure_storage(StoragePlan(transactions, tuple(accounts or (ACCOUNTS,))))
    if json:
        print_json(figures)
    else:
        print_facts("Storage", _list_facts(figures))


def _list_facts(figures: dict[str, Any]) -> list[tuple[str, str]]:
    facts = [
        (
            f"{each['accounts']:,} accounts, blocks of {each['block_transactions']:,}",
            f"{each['cpu_us_per_transaction']} µs of processor time a transaction",
        )
        for each in figures["commits"]
    ]
    return facts + [
        (
            f"{each['accounts']:,} accounts, {figures['transactions']:,} transactions",
            f"{each['bytes_per_transaction']} bytes each, started again in {each['seconds']} s",
        )
        for each in figures["restarts"]
    ]
