"""`dure contract view`: ask a contract."""

from typing import Annotated

import typer

from dure.cli.access import Arguments, NetworkOption, connect
from dure.cli.contracts.arguments import find_method, read_values, render_result
from dure.cli.output import JsonOption, fail, out, print_json
from dure.contract.shapes import READING_KINDS
from dure.core.address import decode_address
from dure.core.errors import ConfigurationError


def view(
    contract: Annotated[str, typer.Argument(help="The contract's address.")],
    method: Annotated[str, typer.Argument(help="The read-only method.")],
    arguments: Arguments = None,
    *,
    network: NetworkOption,
    json: JsonOption = False,
) -> None:
    """Ask a read-only METHOD of CONTRACT; nothing is signed and nothing changes.

    Example: dure contract view dure1… free_reserve --network my-network
    """
    with connect(network) as client:
        proxy = client.contract(decode_address(contract))
        known = find_method(proxy.interface, method)
        if known.kind not in READING_KINDS:
            fail(ConfigurationError(f"{method} changes things: use `dure contract call`"))
        given = read_values(proxy.interface, known, arguments)
        result = render_result(proxy.interface, method, getattr(proxy, method)(*given.values()))
    if json:
        print_json({"result": result})
    else:
        out.print(result)
