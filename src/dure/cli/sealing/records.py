"""`dure seal put`, `renew`, `grant`, `revoke`, `get`, `list` and `erase`."""

from pathlib import Path
from typing import Annotated

import typer

from dure.cli.access import AccountOption, AsOption, NetworkOption, find_address
from dure.cli.output import JsonOption, out, print_json
from dure.cli.sealing.options import (
    WORK,
    ContractOption,
    KeyOption,
    RecordArgument,
    TimeoutOption,
    WorkOption,
    describe,
    open_data,
    read_name,
    show,
)
from dure.core.types import Hash
from dure.sdk.sealed import SealedData

WAIT_S = 120.0

ReaderOption = Annotated[
    str, typer.Option("--reader", help="A member's name, a key file or an address.")
]


def put(
    file: Annotated[Path, typer.Argument(help="The file, at most 1 GiB.", dir_okay=False)],
    *,
    contract: ContractOption,
    keeper: Annotated[
        list[str], typer.Option(help="Whose node keeps it: a member's name or an address. Repeat.")
    ],
    as_: AsOption,
    network: NetworkOption,
    reader: Annotated[
        list[str] | None, typer.Option(help="Who may read it beside you. Repeat.")
    ] = None,
    key: KeyOption = None,
    work: WorkOption = WORK,
    timeout: TimeoutOption = WAIT_S,
    json: JsonOption = False,
) -> None:
    """Seal FILE and have it kept. Type the same again to go on where it was interrupted.

    Example: dure seal put contract.pdf --contract dure1… --keeper bank --keeper insurer --reader
    supervisor --as insurer --network my-network
    """
    with open_data(network, contract, as_, key=key, work=work) as data:
        sealed = data.put(
            file,
            keepers=[find_address(network, each) for each in keeper],
            readers=[find_address(network, each) for each in reader or []],
        )
        _show_kept(data, sealed.name, timeout, json=json)


def renew(
    record: RecordArgument,
    file: Annotated[Path, typer.Argument(help="The new content.", dir_okay=False)],
    *,
    contract: ContractOption,
    as_: AsOption,
    network: NetworkOption,
    key: KeyOption = None,
    work: WorkOption = WORK,
    timeout: TimeoutOption = WAIT_S,
    json: JsonOption = False,
) -> None:
    """Replace the content of RECORD by FILE, under a new key, for the same readers.

    Example: dure seal renew 5f… contract-2.pdf --contract dure1… --as insurer --network my-network
    """
    with open_data(network, contract, as_, key=key, work=work) as data:
        sealed = data.renew(read_name(record), file)
        _show_kept(data, sealed.name, timeout, json=json)


def grant(
    record: RecordArgument,
    *,
    reader: ReaderOption,
    contract: ContractOption,
    as_: AsOption,
    network: NetworkOption,
    key: KeyOption = None,
    json: JsonOption = False,
) -> None:
    """Let somebody read RECORD: its key is sealed to them.

    Example: dure seal grant 5f… --reader bank --contract dure1… --as insurer --network my-network
    """
    with open_data(network, contract, as_, key=key) as data:
        name = read_name(record)
        data.grant(name, find_address(network, reader))
        show("May read", describe(data.describe(name)), json=json)


def revoke(
    record: RecordArgument,
    *,
    reader: ReaderOption,
    contract: ContractOption,
    as_: AsOption,
    network: NetworkOption,
    key: KeyOption = None,
    work: WorkOption = WORK,
    timeout: TimeoutOption = WAIT_S,
    json: JsonOption = False,
) -> None:
    """Let somebody read RECORD no longer: it is sealed anew for the others, under another key.

    What they read before, they have.

    Example: dure seal revoke 5f… --reader bank --contract dure1… --as insurer --network my-network
    """
    with open_data(network, contract, as_, key=key, work=work) as data:
        sealed = data.revoke(read_name(record), find_address(network, reader))
        _show_kept(data, sealed.name, timeout, json=json)


def get(
    record: RecordArgument,
    target: Annotated[Path, typer.Argument(help="The file to write; none may be there.")],
    *,
    contract: ContractOption,
    as_: AsOption,
    network: NetworkOption,
    account: AccountOption = None,
    key: KeyOption = None,
    work: WorkOption = WORK,
    json: JsonOption = False,
) -> None:
    """Read RECORD into TARGET. The chain has the entry about it before the key is handed out.

    Example: dure seal get 5f… contract.pdf --contract dure1… --as supervisor --network my-network
    """
    with open_data(network, contract, as_, account=account, key=key, work=work) as data:
        opened = data.get(read_name(record), target)
    facts = {
        "record": opened.name.hex(),
        "version": opened.version,
        "bytes": opened.size,
        "reading": opened.reading,
        "file": str(target),
    }
    show("Read", facts, json=json)


def list_records(
    *,
    contract: ContractOption,
    as_: AsOption,
    network: NetworkOption,
    account: AccountOption = None,
    all_: Annotated[bool, typer.Option("--all", help="Also those that are none of yours.")] = False,
    json: JsonOption = False,
) -> None:
    """List the records that you deposited, may read or keep, as the chain has them.

    Example: dure seal list --contract dure1… --as insurer --network my-network
    """
    with open_data(network, contract, as_, account=account) as data:
        found = [describe(each) for each in data.list(everybody=all_)]
    if json:
        print_json({"records": found})
        return
    for facts in found:
        show(f"Record {facts['record'][:16]}", facts, json=False)
    if not found:
        out.print("no records")


def erase(
    record: RecordArgument,
    *,
    contract: ContractOption,
    as_: AsOption,
    network: NetworkOption,
    timeout: TimeoutOption = WAIT_S,
    json: JsonOption = False,
) -> None:
    """Have every keeper destroy file and keys of RECORD and sign a receipt on the chain.

    Copies that a reader has written elsewhere are not reached by it.

    Example: dure seal erase 5f… --contract dure1… --as insurer --network my-network
    """
    with open_data(network, contract, as_) as data:
        name = read_name(record)
        data.erase(name)
        listed = data.wait_erased(name, timeout) if timeout else data.describe(name)
    show("Erased" if not listed.receipts_missing else "Erasing", describe(listed), json=json)


def _show_kept(data: SealedData, name: Hash, timeout: float, *, json: bool) -> None:
    listed = data.wait_kept(name, timeout) if timeout else data.describe(name)
    show("Sealed", describe(listed), json=json)
