"""`dure contract call`: call a method and wait until it is final."""

from typing import Annotated, Any

import typer

from dure.cli.access import Arguments, AsOption, NetworkOption, connect, load_account
from dure.cli.contracts.arguments import find_method, read_values, render_result
from dure.cli.output import JsonOption, fail, print_facts, print_json
from dure.contract.shapes import READING_KINDS
from dure.core.address import decode_address
from dure.core.errors import ConfigurationError


def call(
    contract: Annotated[str, typer.Argument(help="The contract's address.")],
    method: Annotated[str, typer.Argument(help="The method to call.")],
    arguments: Arguments = None,
    *,
    as_: AsOption,
    network: NetworkOption,
    pay: Annotated[int, typer.Option(help="Money to pay with the call, in minor units.")] = 0,
    json: JsonOption = False,
) -> None:
    """Call METHOD of CONTRACT and wait until it is final.

    The proof of its receipt is checked on the way.

    Example: dure contract call dure1… buy flight=UA1545 --pay 5000 --as insurer --network my-
    network
    """
    with connect(network) as client:
        proxy = client.contract(decode_address(contract))
        known = find_method(proxy.interface, method)
        if known.kind in READING_KINDS:
            fail(ConfigurationError(f"{method} only reads: ask it with `dure contract view`"))
        if pay and not known.pays:
            fail(ConfigurationError(f"{method} accepts no money: leave --pay out"))
        given = read_values(proxy.interface, known, arguments)
        order = {"pay": pay} if pay else {}
        done = getattr(proxy, method)(*given.values(), by=load_account(network, as_), **order)
    facts: dict[str, Any] = {
        "transaction_id": done.receipt.transaction_id.hex(),
        "height": done.receipt.height,
        "result": render_result(proxy.interface, method, done.result),
        "gas_used": done.receipt.receipt.gas_used,
    }
    if json:
        print_json(facts)
    else:
        print_facts("Final", [("transaction", facts.pop("transaction_id")), *facts.items()])
