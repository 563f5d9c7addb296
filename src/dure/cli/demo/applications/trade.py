"""`dure demo trade`: a season of letters of credit, from their MT700 messages to their payment."""

import asyncio
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.table import Table

from dure.apps.trade.season import Cast, Fate, Season, SeasonPlay, SeasonResult, plan_season
from dure.cli.access import load_account, load_authority, load_story_clock
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
from dure.cli.output import JsonOption, out
from dure.core.types import ChainId, Instant
from dure.identity.keys import generate_key
from dure.sdk import AsyncClient, LocalAccount

MEMBERS: Final = ("issuing-bank", "advising-bank", "carrier", "supervisor")
STORY_START: Final = "2026-01-05T00:00:00Z"
HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class Report:
    """What the demo shows, checked."""

    chain_id: str
    season: Season
    result: SeasonResult
    transactions: int
    nodes: tuple[NodeState, ...]
    proof_verified: bool
    seconds: float

    @property
    def pairs(self) -> dict[str, tuple[int, int]]:
        """What came out under each name, and what had to, by the lots alone."""
        season, result = self.season, self.result
        honoured = season.count(Fate.COMPLY, Fate.WAIVED, Fate.SILENT)
        return {
            "paid": (result.paid, season.expected_paid),
            "payments": (result.payments, honoured),
            "returned": (result.returned, season.count(Fate.REFUSED)),
            "precluded": (result.precluded, season.count(Fate.SILENT)),
            "titles": (result.titles, honoured),
        }

    @property
    def is_right(self) -> bool:
        """Whether everything came out as it was drawn, and is proved."""
        alike = all(came == expected for came, expected in self.pairs.values())
        proved = self.proof_verified or not self.result.payments
        return alike and proved and self.result.conserved and are_equal(self.nodes)

    def as_facts(self) -> dict[str, Any]:
        """Return the machine-readable form."""
        facts: dict[str, Any] = {
            "chain_id": self.chain_id,
            "validators": len(self.nodes),
            "credits": len(self.season.amounts),
        }
        for name, (came, expected) in self.pairs.items():
            facts |= {name: came, f"expected_{name}": expected}
        return facts | {
            "transactions": self.transactions,
            "money_conserved": self.result.conserved,
            "proof_verified": self.proof_verified,
            "state_roots_equal": are_equal(self.nodes),
            "seconds": round(self.seconds, 2),
        }


def demonstrate_trade(
    *,
    credits_drawn: Annotated[
        int, typer.Option("--credits", help="How many letters of credit there are.")
    ] = 12,
    seed: Annotated[int, typer.Option(help="Another number draws other amounts.")] = 1,
    exit_: ExitOption = False,
    data: DataOption = DEMO_DATA,
    port: PortOption = DEMO_PORT,
    json: JsonOption = False,
) -> None:
    """Four organisations trade under letters of credit that come in as MT700 messages.

    Documents comply, or are refused and waived, or go back; now and then the bank keeps silent
    for five banking days, and pays by itself. Each bill of lading goes where its money came from.

    Example: dure demo trade --credits 12
    """
    begun = time.monotonic()
    season = plan_season(credits_drawn, seed)
    start = parse_moment(STORY_START)
    network = found_demo_network(
        data, name="trade-demo", members=MEMBERS, story_start=start, port=port
    )
    with RunningNetwork(data, network) as running:
        report = asyncio.run(_play(data, network, season, Instant(start + HOUR_MS), begun))
        close_demo(
            "trade",
            report,
            partial(_print_report, report),
            data=data,
            network=network,
            running=running,
            as_json=json,
            exit_=exit_,
        )


async def _play(
    data: Path, network: Network, season: Season, begins: Instant, begun: float
) -> Report:
    chain_id = ChainId(bytes.fromhex(network.chain_id))
    issuing, advising, carrier, _ = (load_account(data, name) for name in MEMBERS)
    cast = Cast(
        issuing=issuing,
        advising=advising,
        carrier=carrier,
        authority=load_authority(data),
        story_clock=load_story_clock(data),
        importer=LocalAccount(generate_key()),
        exporter=LocalAccount(generate_key()),
    )
    urls = [member.url for member in network.members]
    async with AsyncClient(urls, chain_id=chain_id) as client:
        result = await SeasonPlay(client, cast, season).play(begins)
        nodes = await wait_settled(network)
        proof = data / "paid.proof.json"
        if result.source:
            proof.write_bytes(await fetch_proof(client, result.source))
        return Report(
            chain_id=network.chain_id,
            season=season,
            result=result,
            transactions=await count_transactions(client),
            nodes=nodes,
            proof_verified=bool(result.source) and is_proved(proof, chain_id),
            seconds=time.monotonic() - begun,
        )


def _print_report(report: Report) -> None:
    table = Table(title=f"{len(report.season.amounts)} letters of credit", title_justify="left")
    for column in ("", "drawn", "on the chain"):
        table.add_column(column, justify="left" if not column else "right")
    for name, (came, expected) in report.pairs.items():
        table.add_row(name, f"{expected:,}", f"{came:,}")
    out.print(table)
    out.print(f"Money conserved: {report.result.conserved}; proof: {report.proof_verified}")
    out.print(f"{report.transactions} transactions, {report.seconds:.1f} seconds")
