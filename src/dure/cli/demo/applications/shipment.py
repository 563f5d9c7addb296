"""`dure demo shipment`: reefers cross the sea on four validators; what breaks, everybody knows.

What must come of it is drawn before anything is on the chain, and then compared.
"""

import asyncio
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from dure.apps.shipment.voyage import (
    SETTLED_FOR,
    VoyagePlan,
    VoyageResult,
    plan_voyage,
    play_voyage,
)
from dure.chain.genesis.document import EngineKind
from dure.cli.access import connect
from dure.cli.demo.closing import close_demo
from dure.cli.demo.network import ExitOption, count_transactions, fetch_proof, is_proved
from dure.cli.demo.settling import NodeState, are_equal, wait_settled
from dure.cli.demo.stories import found_story_network, open_office
from dure.cli.network.founding import Network
from dure.cli.network.processes import RunningNetwork
from dure.cli.output import JsonOption, out
from dure.core.types import ChainId
from dure.sdk import AsyncClient, Client
from dure.testing import LiveStage, World


@dataclass(frozen=True, slots=True)
class Report:
    """What the demo shows, checked."""

    chain_id: str
    plan: VoyagePlan
    result: VoyageResult
    transactions: int
    money_conserved: bool
    nodes: tuple[NodeState, ...]
    proof_verified: bool
    seconds: float

    @property
    def pairs(self) -> dict[str, int]:
        """What came out under each name, and under `expected_` what had to, by the lots alone."""
        plan, result = self.plan, self.result
        found = {
            "alerts": (result.alerts, plan.expected_alerts),
            "settled": (result.settled, plan.expected_alerts),
            "delivered": (result.delivered, len(plan.reefers)),
            "carrier_paid": (result.carrier_paid, plan.expected_carrier_paid),
            "consignee_paid": (result.consignee_paid, plan.expected_consignee_paid),
            "anchored": (result.anchored, result.events),
        }
        pairs: dict[str, int] = {}
        for name, (came, expected) in found.items():
            pairs |= {name: came, f"expected_{name}": expected}
        return pairs

    @property
    def is_right(self) -> bool:
        """Whether everything came out as the plan says it must."""
        pairs = self.pairs
        names = [name for name in pairs if not name.startswith("expected_")]
        alike = all(pairs[name] == pairs[f"expected_{name}"] for name in names)
        return alike and self.proof_verified and self.money_conserved and are_equal(self.nodes)

    def as_facts(self) -> dict[str, Any]:
        """Return the machine-readable form."""
        return {
            "chain_id": self.chain_id,
            "validators": len(self.nodes),
            "containers": len(self.plan.reefers),
            **self.pairs,
            "transactions": self.transactions,
            "money_conserved": self.money_conserved,
            "proof_verified": self.proof_verified,
            "state_roots_equal": are_equal(self.nodes),
            "seconds": round(self.seconds, 2),
        }


def demonstrate_shipment(
    *,
    containers: Annotated[int, typer.Option(help="How many reefers sail.")] = 4,
    seed: Annotated[int, typer.Option(help="Another number draws other temperatures.")] = 1,
    exit_: ExitOption = False,
    json: JsonOption = False,
) -> None:
    """Reefers sail from Busan to Rotterdam; shipper, carrier, terminals and customs do their acts.

    Devices sign temperatures. Who was warm for longer than agreed raises an alert by itself, and
    the freight waits until the claim is settled. Each act is an EPCIS event outside of the chain;
    its standard hash is what the chain holds. The network is gone afterwards.

    Example: dure demo shipment --containers 4
    """
    begun = time.monotonic()
    plan = plan_voyage(containers, seed)
    with tempfile.TemporaryDirectory(prefix="dure-") as temporary:
        folder = Path(temporary)
        network = found_story_network(folder, EngineKind.PBFT)
        with RunningNetwork(folder, network) as running, connect(folder) as client:
            report = _play(folder, network, plan, client, begun)
            close_demo(
                "shipment",
                report,
                partial(_print_report, report),
                data=folder,
                network=network,
                running=running,
                as_json=json,
                exit_=exit_,
            )


def _play(folder: Path, network: Network, plan: VoyagePlan, client: Client, begun: float) -> Report:
    stage = LiveStage(client, open_office(folder))
    result = play_voyage(World(stage), plan)
    nodes = asyncio.run(wait_settled(network))
    source = next(
        bytes.fromhex(item.source)
        for item in client.list_events()
        if item.event.name == ("AlertRaised" if plan.expected_alerts else "ContainerMoved")
    )
    transactions, proof_verified = asyncio.run(_prove(folder, network, source))
    return Report(
        chain_id=network.chain_id,
        plan=plan,
        result=result,
        transactions=transactions,
        money_conserved=stage.is_conserved(),
        nodes=nodes,
        proof_verified=proof_verified,
        seconds=time.monotonic() - begun,
    )


async def _prove(folder: Path, network: Network, source: bytes) -> tuple[int, bool]:
    """Return how many transactions there were, and whether what `source` did is proved."""
    chain_id = ChainId(bytes.fromhex(network.chain_id))
    urls = [member.url for member in network.members]
    async with AsyncClient(urls, chain_id=chain_id) as client:
        proof = folder / "alert.proof.json"
        proof.write_bytes(await fetch_proof(client, source))
        return await count_transactions(client), is_proved(proof, chain_id)


def _print_report(report: Report) -> None:
    count = len(report.plan.reefers)
    table = Table(title=f"{count} reefers, {SETTLED_FOR:,} won a claim", title_justify="left")
    for column in ("", "by the lots", "on the chain"):
        table.add_column(column, justify="left" if not column else "right")
    pairs = report.pairs
    for name in ("alerts", "settled", "delivered", "carrier_paid", "consignee_paid", "anchored"):
        label = name.replace("_", " ")
        table.add_row(label, f"{pairs[f'expected_{name}']:,}", f"{pairs[name]:,}")
    out.print(table)
    out.print(f"Money conserved: {report.money_conserved}; proof: {report.proof_verified}")
    out.print(f"{report.transactions} transactions, {report.seconds:.1f} seconds")
