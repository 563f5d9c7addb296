"""`dure demo securities`: a session at a market and a bond's life, on four nodes.

What must come of it is reckoned before anything is on the chain, and then compared.
"""

import asyncio
import time
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from dure.apps.securities.session import Outcome, SessionPlan, plan_session, play_session
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
    seconds: float

    @property
    def is_right(self) -> bool:
        """Whether everything came out as it was reckoned."""
        proved = self.proof_verified or not self.outcome.trades
        alike = self.outcome == self.plan.expected
        return alike and proved and self.conserved and are_equal(self.nodes)

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
            "validators": len(self.nodes),
            "orders": len(self.plan.orders),
            **self.pairs,
            "transactions": self.transactions,
            "money_conserved": self.conserved,
            "proof_verified": self.proof_verified,
            "state_roots_equal": are_equal(self.nodes),
            "seconds": round(self.seconds, 2),
        }


def demonstrate_securities(
    *,
    orders: Annotated[int, typer.Option(help="How many orders are sent to the market.")] = 60,
    seed: Annotated[int, typer.Option(help="Another number draws other orders.")] = 1,
    exit_: ExitOption = False,
    data: DataOption = DEMO_DATA,
    json: JsonOption = False,
) -> None:
    """Five traders send orders, which settle as they meet; a bond pays until it is paid back.

    Units and money of each trade change hands in one call. Coupons and redemption come by
    themselves, at the moments and in the amounts that were computed outside of the chain. A second
    order book on plain lists says what every trader must hold at the end.

    Example: dure demo securities --orders 60
    """
    begun = time.monotonic()
    plan = plan_session(orders, seed)
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
            "securities",
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
        settled = await client.list_events(name="Settled")
        proof = data / "settled.proof.json"
        if settled:
            proof.write_bytes(await fetch_proof(client, bytes.fromhex(settled[0].source)))
        return Report(
            chain_id=network.chain_id,
            plan=plan,
            outcome=outcome,
            transactions=await count_transactions(client),
            nodes=nodes,
            conserved=conserved,
            proof_verified=bool(settled) and is_proved(proof, chain_id),
            seconds=0.0,
        )


def _print_report(report: Report) -> None:
    table = Table(title=f"{len(report.plan.orders)} orders", title_justify="left")
    for column in ("", "reckoned", "on the chain"):
        table.add_column(column, justify="right" if column else "left")
    pairs = report.pairs
    for name in asdict(report.outcome):
        table.add_row(name.replace("_", " "), str(pairs[f"expected_{name}"]), str(pairs[name]))
    out.print(table)
    out.print(f"Money conserved: {report.conserved}; proof: {report.proof_verified}")
    out.print(f"{report.transactions} transactions, {report.seconds:.1f} seconds")
