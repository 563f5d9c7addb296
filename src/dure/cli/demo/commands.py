"""`dure demo`: found a network, play a real day on it, show what came of it, stay up."""

import asyncio
import time
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from typer.core import TyperGroup

from dure.apps.flight_delay.offchain import DayPlan, plan_day
from dure.cli.demo.applications.ballot import demonstrate_ballot
from dure.cli.demo.applications.energy import demonstrate_energy
from dure.cli.demo.applications.health import demonstrate_health
from dure.cli.demo.applications.payments import demonstrate_payments
from dure.cli.demo.applications.securities import demonstrate_securities
from dure.cli.demo.applications.shipment import demonstrate_shipment
from dure.cli.demo.applications.trade import demonstrate_trade
from dure.cli.demo.closing import close_demo
from dure.cli.demo.flight_delay import Report, play, print_report
from dure.cli.demo.network import (
    DEMO_DATA,
    DEMO_PORT,
    DataOption,
    ExitOption,
    PortOption,
    found_demo_network,
    stay_up_again,
)
from dure.cli.demo.stories import play_stories
from dure.cli.network.founding import Network
from dure.cli.network.processes import RunningNetwork
from dure.cli.output import JsonOption, err
from dure.core.errors import ConfigurationError
from dure.core.types import Instant


class DemoGroup(TyperGroup):
    """Takes the name of an application that has no demo of its own for its stories."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Read `dure demo APP` as `dure demo stories APP` where APP is no command."""
        known = args[0] in self.commands
        return super().resolve_command(ctx, args if known else ["stories", *args])


app = typer.Typer(
    cls=DemoGroup,
    no_args_is_help=True,
    help="See a network settle something real. `dure demo APP` plays the stories of any "
    "application that has no demo of its own.",
)

MEMBERS = ("insurer", "airline", "bank", "supervisor")
HOUR_MS = 3_600_000


@app.callback()
def about() -> None:
    """See a network settle something real: `dure demo flight-delay`."""


@app.command("flight-delay")
def flight_delay(
    *,
    day: Annotated[
        str, typer.Option("--date", help="A day of 2013, when the flights really flew.")
    ] = "2013-03-08",
    policies: Annotated[int, typer.Option(help="How many covers are sold.")] = 400,
    seed: Annotated[int, typer.Option(help="Another number draws other flights.")] = 1,
    exit_: ExitOption = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Start the network of the last demo again, as it was.")
    ] = False,
    data: DataOption = DEMO_DATA,
    port: PortOption = DEMO_PORT,
    json: JsonOption = False,
) -> None:
    """Four organisations, each with a node of its own, insure real flights of one day of 2013.

    Travellers buy covers by signed transactions, the airline data provider reports arrivals in
    order of time, and the contract pays by itself whoever landed two hours late or more. Nobody
    files a claim.

    Example: dure demo flight-delay --date 2013-03-08 --policies 400
    """
    begun = time.monotonic()
    if keep and exit_:
        raise ConfigurationError("--keep starts the network to stay up: leave out --exit")
    if keep and (data / "network.json").exists():
        stay_up_again(data)
        return
    plan = plan_day(_parse_day(day), policies, seed)
    network = found_demo_network(
        data,
        name="flight-delay-demo",
        members=MEMBERS,
        story_start=Instant(plan.begins - HOUR_MS),
        port=port,
    )
    with RunningNetwork(data, network) as running:
        report = asyncio.run(_play(data, network, plan, seed=seed, begun=begun, quiet=json))
        close_demo(
            "flight-delay",
            report,
            partial(print_report, report),
            data=data,
            network=network,
            running=running,
            as_json=json,
            exit_=exit_,
        )


app.command("payments")(demonstrate_payments)
app.command("shipment")(demonstrate_shipment)
app.command("trade")(demonstrate_trade)
app.command("energy")(demonstrate_energy)
app.command("securities")(demonstrate_securities)
app.command("health")(demonstrate_health)
app.command("ballot")(demonstrate_ballot)
app.command("stories")(play_stories)


async def _play(
    data: Path, network: Network, plan: DayPlan, *, seed: int, begun: float, quiet: bool
) -> Report:
    columns = (
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, disable=quiet, transient=True) as progress:
        total = len(plan.sales) + len(plan.reports)
        task = progress.add_task(f"{plan.day}: covers and arrivals", total=total)

        def tell(count: int) -> None:
            progress.advance(task, count)

        return await play(data, network, plan, seed=seed, begun=begun, on_progress=tell)


def _parse_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"not a date: {text!r}; write it like 2013-03-08"
        raise ConfigurationError(message) from None
