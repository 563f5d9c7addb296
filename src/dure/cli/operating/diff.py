"""`dure node diff A B`: where two nodes' chains, states or results first part."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from dure.chain.executor import Executor
from dure.chain.inspection.comparison import describe_key, find_first_writer
from dure.cli.network.regenesis.last_state import load_genesis
from dure.cli.operating.folders import CONFIGURATION, find_data, find_files, open_store
from dure.cli.output import JsonOption, err, out, print_json
from dure.contract.machine import InProcessMachine
from dure.core.errors import DureError
from dure.core.types import Height
from dure.node.durable.comparing import Comparison, Side, compare

EXIT_DIFFERENT = 1
VALUE_SHOWN = 64
"""Bytes of a value that a person is shown; `--json` has all."""

NodeFolder = Annotated[
    Path, typer.Argument(help="The node's node.toml, its folder, or its folder of data.")
]


def show_difference(left: NodeFolder, right: NodeFolder, *, json: JsonOption = False) -> None:
    """Say where two nodes of one chain first part: block, transaction and key.

    Both are read where they lie; they may be running. A node that refused a final block has left a
    dump (halt-*.json) in its folder of data, which is compared with what the other node holds. Ends
    with 0 where nothing differs and with 1 where something does.

    Example: dure node diff my-network/bank my-network/insurer
    """
    with _open_side(left) as one, _open_side(right) as other:
        found = compare(one, other)
        writer = _find_writer(left, one, other, found)
    if json:
        print_json(_describe(found, writer))
    else:
        _print(found, writer, (one.name, other.name))
    if found.finding != "nothing":
        raise typer.Exit(EXIT_DIFFERENT)


@contextmanager
def _open_side(path: Path) -> Iterator[Side]:
    with open_store(path) as store:
        name = path.parent.name if path.name == CONFIGURATION else path.name
        yield Side(name, find_data(path), store)


def _find_writer(path: Path, left: Side, right: Side, found: Comparison) -> int | None:
    """Return the index of the first transaction that writes the key that differs.

    The block is executed again on the state of the left node, where its genesis is at hand.
    """
    files = find_files(path)
    if found.finding != "other results" or found.difference is None or files is None:
        return None
    stored = left.store.load_block(found.height) or right.store.load_block(found.height)
    if stored is None:
        return None
    try:
        executor = Executor(load_genesis(files.genesis), InProcessMachine())
        left.restore(executor, Height(found.height - 1))
        return find_first_writer(executor, stored.block, found.difference.key)
    except DureError as problem:
        err.print(f"the block cannot be executed again here: {problem.message}")
        return None


def _describe(found: Comparison, writer: int | None) -> dict[str, Any]:
    difference = found.difference
    return {
        "finding": found.finding,
        "height": found.height,
        "words": list(found.words),
        "receipt": found.record,
        "transaction": writer,
        "key": None if difference is None else difference.key.hex(),
        "key_words": None if difference is None else describe_key(difference.key),
        "left": None if difference is None else _hex(difference.left),
        "right": None if difference is None else _hex(difference.right),
    }


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()


def _print(found: Comparison, writer: int | None, names: tuple[str, str]) -> None:
    for sentence in found.words:
        out.print(sentence, highlight=False, soft_wrap=True)
    if found.difference is None:
        return
    out.print(f"first key that differs: {describe_key(found.difference.key)}", soft_wrap=True)
    for name, value in zip(names, (found.difference.left, found.difference.right), strict=True):
        shown = "nothing" if value is None else value[:VALUE_SHOWN].hex()
        out.print(f"  {name}: {shown}", highlight=False, soft_wrap=True)
    if writer is not None:
        out.print(f"first written by transaction {writer} of the block", highlight=False)
