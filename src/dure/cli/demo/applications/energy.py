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

from dure.apps.energy.day import play_day
from dure.apps.energy.offchain import LOSSES, Outcome, Quarter, plan_day, reckon_day
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
class DayPlan:
    """The day as it is played, and what must come of it."""

    quarters: tuple[Quarter, ...]
    expected: Outcome


@dataclass(frozen=True, slots=True)
class Report:
    """What the demo shows, checked."""

    chain_id: str
    plan: DayPlan
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
            "profiles": "ev2gym residential_loads, pv_netherlands",
            "prices": "ev2gym Netherlands day-ahead, 2019",
            "houses": len(self.outcome.money),
            "quarters": len(self.plan.quarters),
            "orders": sum(len(each.orders) for each in self.plan.quarters),
            **self.pairs,
            "transactions": self.transactions,
            "money_conserved": self.conserved,
            "proof_verified": self.proof_verified,
            "state_roots_equal": are_equal(self.nodes),
            "seconds": round(self.seconds, 2),
        }


def demonstrate_energy(
    *,
    houses: Annotated[int, typer.Option(help="How many houses take part.")] = 8,
    quarters: Annotated[int, typer.Option(help="How many quarter-hours, from 10 o'clock.")] = 12,
    day: Annotated[int, typer.Option(help="Which day of 2019, counted from 0.")] = 170,
    exit_: ExitOption = False,
    data: DataOption = DEMO_DATA,
    json: JsonOption = False,
) -> None:
    """Neighbours trade quarter-hours with real profiles and prices; the chain clears and settles.

    Meters sign each reading. A second market on plain lists says, before anything is on the
    chain, what every house must hold at the end.

    Example: dure demo energy --houses 8 --quarters 12
    """
    begun = time.monotonic()
    planned = plan_day(houses=houses, quarters=quarters, day=day)
    expected = reckon_day(planned, [number % len(LOSSES) for number in range(houses)])
    plan = DayPlan(tuple(planned), expected)
    clear_demo_folder(data)
    data.mkdir(parents=True, exist_ok=True)
    network = found_story_network(data, EngineKind.PBFT)
    with RunningNetwork(data, network) as running:
        with connect(data) as client:
            stage = LiveStage(client, open_office(data))
            outcome = play_day(World(stage), planned, houses)
            conserved = stage.is_conserved()
        report = asyncio.run(_conclude(data, network, plan, outcome, conserved=conserved))
        report = replace(report, seconds=time.monotonic() - begun)
        close_demo(
            "energy",
            report,
            partial(_print_report, report),
            data=data,
            network=network,
            running=running,
            as_json=json,
            exit_=exit_,
        )


async def _conclude(
    data: Path, network: Network, plan: DayPlan, outcome: Outcome, *, conserved: bool
) -> Report:
    chain_id = ChainId(bytes.fromhex(network.chain_id))
    urls = [member.url for member in network.members]
    async with AsyncClient(urls, chain_id=chain_id) as client:
        nodes = await wait_settled(network)
        traded = await client.list_events(name="Traded")
        proof = data / "traded.proof.json"
        if traded:
            proof.write_bytes(await fetch_proof(client, bytes.fromhex(traded[0].source)))
        return Report(
            chain_id=network.chain_id,
            plan=plan,
            outcome=outcome,
            transactions=await count_transactions(client),
            nodes=nodes,
            conserved=conserved,
            proof_verified=bool(traded) and is_proved(proof, chain_id),
            seconds=0.0,
        )


def _print_report(report: Report) -> None:
    table = Table(title=f"{len(report.plan.quarters)} quarter-hours", title_justify="left")
    for column in ("", "reckoned", "on the chain"):
        table.add_column(column, justify="right" if column else "left")
    pairs = report.pairs
    for name in asdict(report.outcome):
        table.add_row(name.replace("_", " "), str(pairs[f"expected_{name}"]), str(pairs[name]))
    out.print(table)
    out.print(f"Money conserved: {report.conserved}; proof: {report.proof_verified}")
    out.print(f"{report.transactions} transactions, {report.seconds:.1f} seconds")
