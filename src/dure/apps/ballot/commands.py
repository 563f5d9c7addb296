"""The commands of `python -m dure.apps.ballot`: what anybody may do who can reach a node."""

import json
from typing import Annotated, Any, Final

import typer

from dure.apps.ballot.offchain.audit import Audit, audit, find_standing, split_counts
from dure.apps.ballot.offchain.record import ElectionRecord, gather, read_event
from dure.core.address import decode_address, encode_address
from dure.core.errors import ConfigurationError
from dure.core.types import Address, ChainId
from dure.sdk import Client

DIGEST_BYTES: Final = 32

app = typer.Typer(
    no_args_is_help=True,
    help="Verifiable elections: count again from what the chain told.",
    pretty_exceptions_enable=False,
)

NodeOption = Annotated[list[str], typer.Option("--node", help="A node's address; may stand again.")]
ChainOption = Annotated[str, typer.Option("--chain", help="The chain's id, in hexadecimal.")]
ContractOption = Annotated[str, typer.Option("--contract", help="The contract's address.")]
ElectionOption = Annotated[int, typer.Option("--election", help="The number of the election.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object for machines.")]


@app.callback()
def about() -> None:
    """Count an election again, or look a receipt up."""


@app.command("audit")
def count_again(
    *,
    node: NodeOption,
    chain: ChainOption,
    contract: ContractOption,
    election: ElectionOption = 1,
    json_form: JsonOption = False,
) -> None:
    """Recompute every proof, the key and the count; say who said something false.

    Example: … audit --node http://127.0.0.1:8650 --chain 5f… --contract dure1… --election 1
    """
    record = fetch_record(node, chain, contract, election)
    found = audit(record)
    facts = build_facts(record, found)
    if json_form:
        typer.echo(json.dumps(facts, ensure_ascii=False))
    else:
        for name, value in facts.items():
            typer.echo(f"{name}: {value}")
    false = [each for each in found.findings if each.what != "INVALID_BALLOT"]
    if false or not found.agrees:
        raise typer.Exit(1)


@app.command("receipt")
def check_receipt(
    digest: Annotated[str, typer.Argument(help="The digest on the receipt, in hexadecimal.")],
    *,
    node: NodeOption,
    chain: ChainOption,
    contract: ContractOption,
    election: ElectionOption = 1,
) -> None:
    """Say whether a ballot stands and its proofs hold; what is marked in it stays sealed.

    Example: … receipt 3c… --node http://127.0.0.1:8650 --chain 5f… --contract dure1…
    """
    wanted = read_hexadecimal(digest, "a receipt's digest")
    record = fetch_record(node, chain, contract, election)
    typer.echo(describe_receipt(record, wanted))


def describe_receipt(record: ElectionRecord, digest: bytes) -> str:
    """Return what became of a ballot, in words."""
    found = next((each for each in record.ballots if each.digest == digest), None)
    if found is None:
        return "there is no such ballot in this box"
    if find_standing(record.ballots)[found.voter] != found:
        return "replaced by a later ballot of the same voter: it does not count"
    if record.booth.read(found.voter, found.ballot) is None:
        return "it stands, but its proofs do not hold: it counts for nobody"
    return "it stands and its proofs hold: it counts"


def fetch_record(nodes: list[str], chain: str, contract: str, election: int) -> ElectionRecord:
    """Return what a node tells of an election."""
    chain_id = ChainId(read_hexadecimal(chain, "a chain's id"))
    address: Address = decode_address(contract)
    with Client(nodes, chain_id=chain_id) as client:
        items = client.list_events(contract=address)
    told = [read_event(each.event.name, bytes.fromhex(each.event.data)) for each in items]
    return gather(address, election, [each for each in told if each is not None])


def build_facts(record: ElectionRecord, found: Audit) -> dict[str, Any]:
    """Return what came of a count as plain values."""
    counts = None if found.counts is None else split_counts(record, found.counts)
    return {
        "title": record.title,
        "ballots": len(record.ballots),
        "voters": len(find_standing(record.ballots)),
        "counted": found.counted,
        "not_counted": [each.hex() for each in found.refused],
        "counts": counts,
        "declared": None if record.counts is None else split_counts(record, record.counts),
        "agrees": found.agrees,
        "opened_by": [encode_address(Address(each)) for each in found.opened_by],
        "gave_no_part": [encode_address(Address(each)) for each in found.missing],
        "findings": [
            {"what": each.what, "who": encode_address(Address(each.who)) if each.who else "node"}
            for each in found.findings
        ],
    }


def read_hexadecimal(text: str, what: str) -> bytes:
    """Return 32 bytes; raise `ConfigurationError` that says what was expected."""
    try:
        data = bytes.fromhex(text)
    except ValueError:
        data = b""
    if len(data) != DIGEST_BYTES:
        raise ConfigurationError(f"{what} has 64 hexadecimal digits, not {text!r}")
    return data
