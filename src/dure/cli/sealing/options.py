"""What the commands share: whose records, of which contract, and how progress is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

from dure.cli.access import connect, load_signer
from dure.cli.output import err, out, print_facts, print_json
from dure.cli.unlocking import unlock
from dure.core.address import decode_address, encode_address
from dure.core.errors import ConfigurationError
from dure.core.types import Hash
from dure.identity.keys import SigningKey
from dure.sdk import LocalAccount
from dure.sdk.sealed import Listed, SealedData

ContractOption = Annotated[
    str, typer.Option("--contract", help="Address of the contract of sealed records.")
]
KeyOption = Annotated[
    Path | None,
    typer.Option("--key", help="Key file to read with; without it, that of whoever signs."),
]
WorkOption = Annotated[
    Path,
    typer.Option("--work", help="Folder for what is on its way; an interrupted command uses it."),
]
RecordArgument = Annotated[str, typer.Argument(help="The record's name, 64 hexadecimal digits.")]
TimeoutOption = Annotated[
    float, typer.Option("--timeout", help="Seconds to wait for all keepers; 0 does not wait.")
]

WORK = Path(".dure-seal")


@contextmanager
def open_data(
    network: Path,
    contract: str,
    as_: str,
    *,
    account: str | None = None,
    key: Path | None = None,
    work: Path = WORK,
) -> Iterator[SealedData]:
    """Give the records of a contract as an account sees them for which one key signs."""
    signer = load_signer(network, as_, account)
    if not isinstance(signer, LocalAccount):
        raise ConfigurationError("sealed data is asked for by an account of one key")
    reading = None if key is None else _load_reading_key(key)
    with connect(network) as client, _tell_progress() as report:
        yield SealedData(
            client, decode_address(contract), by=signer, work=work, key=reading, report=report
        )


def read_name(text: str) -> Hash:
    """Return the name of a record."""
    try:
        name = bytes.fromhex(text)
    except ValueError:
        name = b""
    if len(name) != 32:
        raise ConfigurationError("a record's name has 64 hexadecimal digits; see `dure seal list`")
    return Hash(name)


def describe(listed: Listed) -> dict[str, Any]:
    """Return a record for people and machines."""
    entry = listed.entry
    return {
        "record": listed.name.hex(),
        "state": entry.state.lower(),
        "version": entry.version,
        "sealed_bytes": entry.size,
        "depositor": encode_address(entry.depositor),
        "readers": [encode_address(each) for each in entry.readers],
        "keepers": [encode_address(each) for each in entry.keepers],
        "kept_by": list(listed.kept_by),
        "keepers_missing": list(listed.keepers_missing),
        "receipts_missing": list(listed.receipts_missing),
    }


def show(title: str, facts: dict[str, Any], *, json: bool) -> None:
    """Print what came of a command."""
    if json:
        print_json(facts)
        return
    lines = {
        name: ", ".join(map(str, value)) or "nobody" if isinstance(value, list) else value
        for name, value in facts.items()
    }
    print_facts(title, lines.items())
    out.file.flush()


def _load_reading_key(path: Path) -> SigningKey:
    key = unlock(path)
    if not isinstance(key, SigningKey):
        raise ConfigurationError(f"the key of {path} cannot leave its token: read with another")
    return key


@contextmanager
def _tell_progress() -> Iterator[Any]:
    """Give a function that draws how far a transfer is, where somebody looks."""
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("", total=None)

        def report(done: int, size: int) -> None:
            bar.update(task, completed=done, total=size)

        yield report
