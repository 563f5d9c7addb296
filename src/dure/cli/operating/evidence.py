"""`dure node evidence`: which validators a node caught contradicting themselves."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from dure.cli.operating.folders import open_store
from dure.cli.output import JsonOption, out, print_json
from dure.consensus.pbft.votes import Equivocation, validate_evidence
from dure.core.codec import decode
from dure.core.errors import InvalidEncoding, InvalidProof
from dure.core.types import ChainId, PublicKey

NodeFolder = Annotated[
    Path, typer.Argument(help="The node's node.toml, its folder, or its folder of data.")
]


def show_evidence(node: NodeFolder, *, json: JsonOption = False) -> None:
    """List the validators that this node caught signing two contradicting statements.

    Each proof holds both statements with their signatures, and is checked here once more: whoever
    knows the chain's id can check it again from the bytes that `--json` prints.

    Example: dure node evidence my-network/bank
    """
    with open_store(node) as store:
        head = store.load_head()
        chain_id = None if head is None else head.block.header.chain_id
        found = [
            _describe(chain_id, key, evidence)
            for _, key, evidence in store.load_evidence()
            if chain_id is not None
        ]
    if json:
        chain = None if chain_id is None else chain_id.hex()
        print_json({"chain_id": chain, "evidence": found})
        return
    if not found:
        out.print("no validator was caught contradicting itself here")
        return
    table = Table(title="Contradictions", title_justify="left")
    for column in ("validator", "height", "round", "step", "first", "second", "proved"):
        table.add_column(column)
    for each in found:
        row = [each[name] for name in ("validator", "height", "round", "step", "first", "second")]
        table.add_row(*[str(value)[:8] for value in row], "yes" if each["proved"] else "no")
    out.print(table)


def _describe(chain_id: ChainId, validator: PublicKey, evidence: bytes) -> dict[str, Any]:
    pair = decode(Equivocation, evidence)
    place = pair.first.ballot
    return {
        "validator": validator.hex(),
        "height": place.height,
        "round": place.round,
        "step": place.step.name.lower(),
        "first": _name(pair.first.ballot.block_id),
        "second": _name(pair.second.ballot.block_id),
        "proved": _is_proved(chain_id, validator, evidence),
        "evidence": evidence.hex(),
    }


def _name(block_id: bytes | None) -> str | None:
    return None if block_id is None else block_id.hex()


def _is_proved(chain_id: ChainId, validator: PublicKey, evidence: bytes) -> bool:
    try:
        return validate_evidence(chain_id, evidence) == validator
    except (InvalidProof, InvalidEncoding):
        return False
