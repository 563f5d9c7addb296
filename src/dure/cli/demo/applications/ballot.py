"""`dure demo ballot`: an election with a missing and a cheating trustee, on four nodes.

What must come of it is counted on plain lists before anything is on the chain, and then compared.
"""

import asyncio
import time
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from dure.apps.ballot.offchain.cambridge import CANDIDATES
from dure.apps.ballot.session import TRUSTEES, Outcome, SessionPlan, plan_session, play_session
from dure.chain.genesis.document import EngineKind
from dure.cli.access import connect
from dure.cli.demo.closing import close_demo
from dure.cli.demo.network import (
    DEMO_DATA,
    DataOption,
    ExitOption,
    clear_demo_folder,
    count_transactions,
    fetch_proof,
    is_proved,
)
from dure.cli.demo.settling import NodeState, are_equal, wait_settled
from dure.cli.demo.stories import found_story_network, open_office
from dure.cli.network.founding import Network
from dure.cli.network.processes import RunningNetwork
from dure.cli.output import JsonOption, out
from dure.core.types import ChainId
from dure.sdk import AsyncClient
from dure.testing import LiveStage, World


@dataclass(frozen=True, slots=True)
class Report:
    """What the demo shows, checked."""

    chain_id: str
    plan: SessionPlan
    outcome: Outcome
    transactions: int
    nodes: tuple[NodeState, ...]
    conserved: bool
    proof_verified: bool
    contract: str
    seconds: float

    @property
    def is_right(self) -> bool:
        """Whether everything came out as it was reckoned."""
        alike = self.outcome == self.plan.expected
        return alike and self.proof_verified and self.conserved and are_equal(self.nodes)

    @property
    def pairs(self) -> dict[str, Any]:
        """What came out under each name, and under `expected_` what had to."""
        expected = asdict(self.plan.expected)
        pairs: dict[str, Any] = {}
        for name, came in asdict(self.outcome).items():
            pairs |= {name: came, f"expected_{name}": expected[name]}
        return pairs

    def as_facts(self) -> dict[str, Any]:
        """Return the machine-readable form."""
        return {
            "chain_id": self.chain_id,
            "contract": self.contract,
            "validators": len(self.nodes),
            "trustees": TRUSTEES,
            "rankings": "votekit 3.5.0, Cambridge 2009 to 2017, types of ballots",
            "candidates": CANDIDATES,
            "voters": len(self.plan.marks),
            **self.pairs,
            "transactions": self.transactions,
            "money_conserved": self.conserved,
            "proof_verified": self.proof_verified,
            "state_roots_equal": are_equal(self.nodes),
            "seconds": round(self.seconds, 2),
        }


def demonstrate_ballot(
    *,
    voters: Annotated[int, typer.Option(help="How many honest voters take part, 4 to 60.")] = 16,
    seed: Annotated[int, typer.Option(help="Another number draws other ballots.")] = 1,
    exit_: ExitOption = False,
    data: DataOption = DEMO_DATA,
    json: JsonOption = False,
) -> None:
    """A town votes on three questions; ballots stay sealed, and anybody counts again.

    Rankings are drawn from ballots of Cambridge. One of five trustees is missing and one gives a
    false part; one voter marks twice, one copies another's ballot, and a stranger is refused.

    Example: dure demo ballot --voters 16
    """
    begun = time.monotonic()
    plan = plan_session(voters, seed)
    clear_demo_folder(data)
    data.mkdir(parents=True, exist_ok=True)
    network = found_story_network(data, EngineKind.PBFT)
    with RunningNetwork(data, network) as running:
        with connect(data) as client:
            stage = LiveStage(client, open_office(data))
            outcome = play_session(World(stage), plan)
            conserved = stage.is_conserved()
        report = asyncio.run(_conclude(data, network, plan, outcome, conserved=conserved))
        report = replace(report, seconds=time.monotonic() - begun)
        close_demo(
            "ballot",
            report,
            partial(_print_report, report),
            data=data,
            network=network,
            running=running,
            as_json=json,
            exit_=exit_,
        )


async def _conclude(
    data: Path, network: Network, plan: SessionPlan, outcome: Outcome, *, conserved: bool
) -> Report:
    chain_id = ChainId(bytes.fromhex(network.chain_id))
    urls = [member.url for member in network.members]
    async with AsyncClient(urls, chain_id=chain_id) as client:
        nodes = await wait_settled(network)
        (declared,) = await client.list_events(name="ResultDeclared")
        proof = data / "declared.proof.json"
        proof.write_bytes(await fetch_proof(client, bytes.fromhex(declared.source)))
        return Report(
            chain_id=network.chain_id,
            plan=plan,
            outcome=outcome,
            transactions=await count_transactions(client),
            nodes=nodes,
            conserved=conserved,
            proof_verified=is_proved(proof, chain_id),
            contract=declared.event.contract,
            seconds=0.0,
        )


def _print_report(report: Report) -> None:
    table = Table(title=f"{len(report.plan.marks)} honest voters", title_justify="left")
    for column in ("", "counted beforehand", "on the chain"):
        table.add_column(column, justify="right" if column else "left")
    pairs = report.pairs
    for name in asdict(report.outcome):
        table.add_row(name.replace("_", " "), str(pairs[f"expected_{name}"]), str(pairs[name]))
    out.print(table)
    out.print(f"Money conserved: {report.conserved}; proof: {report.proof_verified}")
    out.print(f"{report.transactions} transactions, {report.seconds:.1f} seconds")
    out.print(f"Count again: python -m dure.apps.ballot audit --contract {report.contract} …")
