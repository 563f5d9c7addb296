"""What every demo on a network of its own shares: founding it, counting, proving, staying up."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from dure.cli.network.commands import wait_for_end
from dure.cli.network.founding import (
    FIRST_API_PORT,
    PORT_MAX,
    Network,
    Plan,
    found_network,
    load_network,
)
from dure.cli.network.processes import RunningNetwork, refuse_running
from dure.cli.output import out
from dure.core.errors import ConfigurationError, NotFound
from dure.core.types import ChainId, Instant
from dure.proof.file import decode_proof, encode_proof
from dure.proof.trust import trust_chain
from dure.proof.verification import verify
from dure.sdk import AsyncClient

ExitOption = Annotated[
    bool, typer.Option("--exit", help="End when the story is over instead of staying up.")
]
DataOption = Annotated[Path, typer.Option(help="The demo network's folder.")]
PortOption = Annotated[
    int,
    typer.Option(min=0, max=PORT_MAX, help="First port to try for the pages; 0 chooses by lot."),
]
DEMO_DATA = Path("demo-data")
DEMO_PORT = FIRST_API_PORT


def clear_demo_folder(data: Path) -> None:
    """Remove an earlier demo's network; raise `ConfigurationError` for a folder of another kind."""
    if (data / "network.json").exists():
        refuse_running(data, load_network(data))
        shutil.rmtree(data)
    elif data.exists() and any(data.iterdir()):
        message = f"{data} is not empty and holds no network; choose another folder with --data"
        raise ConfigurationError(message, folder=str(data))


def found_demo_network(
    data: Path, *, name: str, members: Sequence[str], story_start: Instant, port: int
) -> Network:
    """Found a network in `data`, in the place of an earlier demo's; raise `ConfigurationError`."""
    clear_demo_folder(data)
    founding = Plan(name=name, members=tuple(members), story_start=story_start, first_api_port=port)
    return found_network(data, founding)


def stay_up_again(data: Path) -> None:
    """Start the network of an earlier demo, as it was, until the caller is interrupted."""
    network = load_network(data)
    refuse_running(data, network)
    with RunningNetwork(data, network) as running:
        stay_up(network, running)


def stay_up(network: Network, running: RunningNetwork) -> None:
    """Say where the pages are, and wait until the caller is interrupted."""
    out.print(f"The network stays up: [bold]{network.members[0].url}[/bold]")
    for member in network.members:
        out.print(f"  {member.name:<12}{member.url}", highlight=False)
    out.print(f"Kill any one of the nodes, it does not stop (this is process {os.getpid()}).")
    out.print("Ctrl-C ends all of them.")
    wait_for_end(running)


async def count_transactions(client: AsyncClient) -> int:
    """Return how many transactions stand in all blocks."""
    count, following = 0, 0
    while True:
        page = await client.list_blocks(following, 100)
        count += sum(block.transactions for block in page.blocks)
        if page.next is None:
            return count
        following = page.next


async def fetch_proof(client: AsyncClient, source: bytes) -> bytes:
    """Return the proof file of a transaction, or of a call that the chain made."""
    try:
        proof = await client.prove_scheduled(source)
    except NotFound:
        proof = await client.prove_transaction(source)
    return encode_proof(proof)


def is_proved(path: Path, chain_id: ChainId) -> bool:
    """Verify the file from the disk, as anybody could with all nodes stopped."""
    return verify(decode_proof(path.read_bytes()), trust_chain(chain_id)).is_proved
