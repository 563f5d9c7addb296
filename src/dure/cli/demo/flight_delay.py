"""The flight-delay demo.

Play the day through the SDK, then check everything that the demo claims.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from dure.apps.flight_delay.day import Cast, Day, DayResult
from dure.apps.flight_delay.offchain import DayPlan
from dure.cli.access import load_account, load_authority, load_story_clock
from dure.cli.demo.network import count_transactions, fetch_proof, is_proved
from dure.cli.demo.settling import NodeState, are_equal, wait_settled
from dure.cli.network.founding import Network
from dure.cli.output import out
from dure.core.types import ChainId
from dure.identity.keys import generate_key
from dure.sdk import AsyncClient, LocalAccount


@dataclass(frozen=True, slots=True)
class Report:
    """What the demo shows, checked."""

    chain_id: str
    validators: int
    plan: DayPlan
    seed: int
    result: DayResult
    transactions: int
    nodes: tuple[NodeState, ...]
    proof_file: str | None
    """None on a day without a payout."""
    proof_verified: bool
    seconds: float

    @property
    def state_roots_equal(self) -> bool:
        """Whether all nodes that answer hold the same state, and a quorum answers."""
        return are_equal(self.nodes)

    @property
    def is_right(self) -> bool:
        """Whether everything came out as the data set says it must."""
        proved = self.proof_verified or not self.result.payouts
        counted = len(self.result.payouts) == self.plan.expected_payouts
        return proved and counted and self.state_roots_equal and self.result.conserved

    def as_facts(self) -> dict[str, Any]:
        """Return the machine-readable form; `docs/reference/cli.md` says what each field is."""
        heights = [node.height for node in self.nodes if node.height is not None]
        return {
            "date": self.plan.day.isoformat(),
            "seed": self.seed,
            "chain_id": self.chain_id,
            "validators": self.validators,
            "height": max(heights, default=0),
            "transactions": self.transactions,
            "policies": len(self.plan.sales),
            "late_flights": self.plan.late_flights,
            "payouts": len(self.result.payouts),
            "expected_payouts": self.plan.expected_payouts,
            "refunds": self.result.refunds,
            "expected_refunds": self.plan.expected_refunds,
            "state_roots_equal": self.state_roots_equal,
            "state_roots": {node.name: node.state_root for node in self.nodes},
            "money_conserved": self.result.conserved,
            "proof_file": self.proof_file,
            "proof_verified": self.proof_verified,
            "seconds": round(self.seconds, 2),
        }


async def play(
    data: Path,
    network: Network,
    plan: DayPlan,
    *,
    seed: int,
    begun: float,
    on_progress: Callable[[int], None],
) -> Report:
    """Play the plan's day on a running network and check what came of it."""
    chain_id = ChainId(bytes.fromhex(network.chain_id))
    urls = [member.url for member in network.members]
    cast = Cast(
        insurer=load_account(data, "insurer"),
        airline=load_account(data, "airline"),
        bank=load_account(data, "bank"),
        authority=load_authority(data),
        story_clock=load_story_clock(data),
        travellers=tuple(LocalAccount(generate_key()) for _ in range(plan.travellers)),
    )
    async with AsyncClient(urls, chain_id=chain_id) as client:
        result = await Day(client, cast, plan).play(on_progress)
        nodes = await wait_settled(network)
        proof_file = await _write_proof(client, data, result)
        return Report(
            chain_id=network.chain_id,
            validators=len(network.members),
            plan=plan,
            seed=seed,
            result=result,
            transactions=await count_transactions(client),
            nodes=nodes,
            proof_file=None if proof_file is None else str(proof_file),
            proof_verified=proof_file is not None and is_proved(proof_file, chain_id),
            seconds=time.monotonic() - begun,
        )


async def _write_proof(client: AsyncClient, data: Path, result: DayResult) -> Path | None:
    if not result.payouts:
        return None
    path = data / "payout.proof.json"
    path.write_bytes(await fetch_proof(client, bytes.fromhex(result.payouts[0].source)))
    return path


def print_report(report: Report) -> None:
    """Print the tables at the end of the demo."""
    plan, result = report.plan, report.result
    table = Table(
        title=f"{plan.day}: {len(plan.sales)} covers on real flights", title_justify="left"
    )
    table.add_column("")
    table.add_column("from the data set", justify="right")
    table.add_column("on the chain", justify="right")
    table.add_row("policies sold", str(len(plan.sales)), str(len(plan.sales)))
    table.add_row("late flights among them", str(plan.late_flights), "")
    table.add_row("payouts", str(plan.expected_payouts), str(len(result.payouts)))
    table.add_row("refunds", str(plan.expected_refunds), str(result.refunds))
    out.print(table)
    money = Table(title="Money, in won", title_justify="left")
    for column, justify in (("", "left"), ("before", "right"), ("after", "right")):
        money.add_column(column, justify="right" if justify == "right" else "left")
    money.add_row("insurer", f"{result.insurer_before:,}", f"{result.insurer_after:,}")
    money.add_row("travellers", f"{result.travellers_before:,}", f"{result.travellers_after:,}")
    money.add_row(
        "in all", f"{result.supply:,}", "the same" if result.conserved else "NOT THE SAME"
    )
    out.print(money)
    chain = Table(title=f"{report.transactions} transactions", title_justify="left")
    for column in ("node", "height", "state root"):
        chain.add_column(column)
    for node in report.nodes:
        height = "does not answer" if node.height is None else str(node.height)
        chain.add_row(node.name, height, node.state_root[:32])
    out.print(chain)
    if report.proof_file is not None:
        verdict = "verified offline" if report.proof_verified else "NOT VERIFIED"
        out.print(f"One payout's proof: {report.proof_file} ({verdict}). Check it yourself:")
        out.print(
            f"  dure verify {report.proof_file} --chain {report.chain_id}",
            highlight=False,
            soft_wrap=True,
        )
    out.print(f"{report.seconds:.1f} seconds")
