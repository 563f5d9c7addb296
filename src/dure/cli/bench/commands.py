"""`dure bench`: one command a measurement."""

from typing import Annotated, Any

import typer

from dure.cli.bench.catchup import CatchUpPlan, measure_catch_up
from dure.cli.bench.contract import ContractPlan, measure_contract
from dure.cli.bench.endurance.commands import overload, soak
from dure.cli.bench.failover import FAILOVER_VALIDATORS_MIN, FailoverPlan, measure_failover
from dure.cli.bench.proving.commands import state
from dure.cli.bench.reading.commands import api, console
from dure.cli.bench.running import commands as running
from dure.cli.bench.running.commands import end_politely
from dure.cli.bench.storing.commands import storage
from dure.cli.output import JsonOption, err, print_facts, print_json

app = typer.Typer(no_args_is_help=True, help="Measure, on this machine, what Dure can do.")


@app.callback()
def about() -> None:
    """Measure, on this machine, what Dure can do."""


app.command("transfer")(running.transfer)
app.command("payments")(running.payments)
app.command("latency")(running.latency)
app.command("scale")(running.scale)
app.command("apps")(running.apps)
app.command("api")(api)
app.command("console")(console)
app.command("storage")(storage)
app.command("overload")(overload)
app.command("soak")(soak)
app.command("state")(state)


@app.command("contract")
def contract(
    *,
    seconds: Annotated[float, typer.Option(help="Time of one run.", min=0.1, max=1800)] = 10,
    runs: Annotated[
        int, typer.Option(help="How often to measure; the medians count.", min=1, max=100)
    ] = 3,
    json: JsonOption = False,
) -> None:
    """Calls of contracts a second, what metering takes, and the dearest code for its gas.

    The engine alone, on one thread: no network, no disk, no signatures.

    Example: dure bench contract --runs 5
    """
    if not json:
        err.print("checking and deploying contracts …")
    figures = measure_contract(ContractPlan(seconds=seconds, runs=runs))
    if json:
        print_json(figures)
    else:
        print_facts("Contracts", _list_contract_facts(figures))


@app.command("failover")
def failover(
    *,
    validators: Annotated[
        int,
        typer.Option(
            help="How many validators, each a process.", min=FAILOVER_VALIDATORS_MIN, max=32
        ),
    ] = 4,
    kills: Annotated[int, typer.Option(help="How often to kill one.", min=1, max=1000)] = 10,
    rate: Annotated[
        float, typer.Option(help="Transactions a second of the light load.", min=1, max=1000)
    ] = 20,
    json: JsonOption = False,
) -> None:
    """How long the chain is silent when the validator whose turn it is dies, and what is lost.

    Kills the first proposer of the next height with SIGKILL, again and again, under a light load of
    real clients, and starts it again each time. At the end every transaction that a client was told
    is final must stand once in the store of every node.

    Example: dure bench failover --kills 10
    """
    end_politely()
    if not json:
        err.print("founding a network; then one node after the other is killed …")
    figures = measure_failover(FailoverPlan(validators=validators, kills=kills, rate=rate))
    if json:
        print_json(figures)
    else:
        print_facts("Failover", _list_failover_facts(figures))
    broken = figures["acknowledged_lost"] or figures["acknowledged_doubled"]
    if broken or not figures["state_roots_equal"]:
        raise typer.Exit(1)


@app.command("catchup")
def catch_up(
    *,
    validators: Annotated[
        int, typer.Option(help="How many validators, each a process.", min=4, max=32)
    ] = 4,
    seconds: Annotated[
        float, typer.Option(help="How long the chain is made under load.", min=1, max=1800)
    ] = 30,
    accounts: Annotated[
        int, typer.Option(help="Accounts that hold money.", min=1, max=10_000_000)
    ] = 10_000,
    in_flight: Annotated[
        int, typer.Option(help="Transactions on their way at once.", min=1, max=100_000)
    ] = 500,
    verify_all: Annotated[
        bool,
        typer.Option(
            "--verify-all",
            help="By blocks: check every client's signature again, and not the quorum's alone.",
        ),
    ] = False,
    json: JsonOption = False,
) -> None:
    """How fast a node that lost everything catches up: by all blocks, and by a snapshot and tail.

    Makes a chain under load, takes one node's store away, and starts it again, once each way.

    Example: dure bench catchup --seconds 60
    """
    end_politely()
    if not json:
        err.print("founding a network and making a chain …")
    plan = CatchUpPlan(
        validators=validators,
        seconds=seconds,
        accounts=accounts,
        in_flight=in_flight,
        signatures="all" if verify_all else "sealed",
    )
    figures = measure_catch_up(plan)
    if json:
        print_json(figures)
    else:
        print_facts("Catching up", _list_catch_up_facts(figures))
    if not figures["state_roots_equal"]:
        raise typer.Exit(1)


def _list_catch_up_facts(figures: dict[str, Any]) -> list[tuple[str, object]]:
    machine = figures["machine"]
    by_blocks, by_state = figures["blocks_ratio"], figures["snapshot_ratio"]
    return [
        ("live, transactions a second", f"{figures['live_tx_per_second']:,.0f}"),
        (
            "by blocks",
            f"{figures['transactions_per_second_by_blocks']:,.0f}, {by_blocks:.1f} times",
        ),
        (
            "by snapshot and tail",
            f"{figures['transactions_per_second_by_snapshot']:,.0f}, {by_state:.1f} times",
        ),
        ("blocks a second", f"{figures['blocks_per_second']:,.0f}"),
        (
            "time, by blocks / by snapshot",
            f"{figures['blocks_seconds']:.1f} s / {figures['snapshot_seconds']:.1f} s",
        ),
        ("the chain", f"{figures['blocks']:,} blocks, {figures['transactions']:,} transactions"),
        ("signatures of clients by blocks", figures["signatures"]),
        ("all nodes hold the same state", "yes" if figures["state_roots_equal"] else "NO"),
        ("network", f"{figures['validators']} validators, {figures['accounts']:,} accounts"),
        ("machine", f"{machine['cores']} cores, {machine['cpu']}, Python {machine['python']}"),
        ("load average of the machine", figures["load_average"]),
    ]


def _list_failover_facts(figures: dict[str, Any]) -> list[tuple[str, object]]:
    machine = figures["machine"]
    silent, back = "new_block_after_primary_kill_ms", "back_after_restart_ms"
    kept = f"{figures['acknowledged']:,} / {figures['acknowledged_lost']:,}"
    return [
        ("new block after a kill, median", f"{figures[f'{silent}_p50']:,.0f} ms"),
        ("new block after a kill, longest", f"{figures[f'{silent}_max']:,.0f} ms"),
        ("back after a restart, median", f"{figures[f'{back}_p50']:,.0f} ms"),
        ("back after a restart, longest", f"{figures[f'{back}_max']:,.0f} ms"),
        ("acknowledged / lost / doubled", f"{kept} / {figures['acknowledged_doubled']:,}"),
        ("refused / unanswered", f"{figures['refused']:,} / {figures['unanswered']:,}"),
        ("all nodes hold the same state", "yes" if figures["state_roots_equal"] else "NO"),
        ("kills", figures["kills"]),
        ("load", f"{figures['rate']:,.0f} a second"),
        ("network", f"{figures['validators']} validators"),
        ("machine", f"{machine['cores']} cores, {machine['cpu']}, Python {machine['python']}"),
        ("load average of the machine", figures["load_average"]),
    ]


def _list_contract_facts(figures: dict[str, Any]) -> list[tuple[str, object]]:
    machine = figures["machine"]
    worst, transfer = figures["worst_ms_per_million_gas"], figures["transfer_ms_per_million_gas"]
    return [
        ("transfers a second, with receipts", f"{figures['transfers_per_second']:,.0f}"),
        ("calls a second in a batch", f"{figures['calls_per_second_in_batch']:,.0f}"),
        ("with charges, times as long", f"{figures['metering_factor']:.3f}"),
        ("a million gas of transfers", f"{transfer:.2f} ms"),
        ("a million gas of the worst", f"{worst:.2f} ms ({figures['worst_program']})"),
        ("worst / transfers", f"{figures['worst_ratio']:.2f}"),
        ("checking 100 lines", f"{figures['check_ms_per_100_lines']:.2f} ms"),
        ("programs", figures["programs"]),
        ("machine", f"{machine['cores']} cores, {machine['cpu']}, Python {machine['python']}"),
        ("load average of the machine", figures["load_average"]),
    ]
