"""`dure bench overload` and `soak`: what the command line says of them."""

from typing import Annotated, Any

import typer

from dure.cli.bench.endurance.overload import OverloadPlan, measure_overload
from dure.cli.bench.endurance.soak import SoakPlan, measure_soak
from dure.cli.bench.running.commands import AccountsOption, ValidatorsOption, end_politely
from dure.cli.output import JsonOption, err, print_facts, print_json

Fact = tuple[str, object]
"""A line of the table: what it is, and its value."""

RateOption = Annotated[
    float | None,
    typer.Option(
        help="Transactions a second that the network carries; found out where it is not given.",
        min=1,
        max=1_000_000,
    ),
]


def overload(
    *,
    validators: ValidatorsOption = 4,
    rate: RateOption = None,
    times: Annotated[
        float, typer.Option(help="The overload, as a multiple of that rate.", min=1, max=100)
    ] = 3,
    seconds: Annotated[
        float, typer.Option(help="How long the overload lasts.", min=1, max=1800)
    ] = 60,
    accounts: AccountsOption = 10_000,
    memory_max: Annotated[
        int, typer.Option(help="What a node may hold in memory, in mebibytes.", min=64, max=65_536)
    ] = 512,
    json: JsonOption = False,
) -> None:
    """What becomes of transactions, memory and speed under more load than a network can carry.

    Sends at a rate that the network carries, then at three times that rate, then at the first rate
    again. Fails where a transaction that a node had taken did not become final, or where a node
    held more memory than it may.

    Example: dure bench overload --seconds 60 --json

    Example at a rate that is known: dure bench overload --rate 2000 --times 5
    """
    end_politely()
    if not json:
        err.print("founding a network and signing transactions …")
    plan = OverloadPlan(
        validators=validators,
        seconds=seconds,
        accounts=accounts,
        times=times,
        memory_mb_max=memory_max,
        rate=rate,
    )
    figures = measure_overload(plan)
    if json:
        print_json(figures)
    else:
        print_facts("Overload", _list_overload_facts(figures))
    kept = figures["state_roots_equal"] and figures["memory_bounded"]
    if figures["lost"] or figures["doubled"] or not kept:
        raise typer.Exit(1)


def soak(
    *,
    validators: ValidatorsOption = 4,
    minutes: Annotated[float, typer.Option(help="How long.", min=0.1, max=10_000)] = 30,
    rate: Annotated[
        float | None,
        typer.Option(
            help="Transactions a second; half of what the network carries where it is not given.",
            min=1,
            max=1_000_000,
        ),
    ] = None,
    accounts: AccountsOption = 10_000,
    json: JsonOption = False,
) -> None:
    """Whether memory or latency grow on a network that runs at half load for a long time.

    Fails where they do, and where a transaction that a node had taken did not become final. Under
    ten minutes no verdict is given on what grows.

    Example: dure bench soak --minutes 30 --json
    """
    end_politely()
    if not json:
        err.print(f"founding a network; then {minutes:g} minutes at half load …")
    plan = SoakPlan(validators=validators, minutes=minutes, accounts=accounts, rate=rate)
    figures = measure_soak(plan)
    if json:
        print_json(figures)
    else:
        print_facts("Soak", _list_soak_facts(figures))
    grows = False in {figures["memory_flat"], figures["latency_flat"]}
    if figures["lost"] or figures["doubled"] or grows or not figures["state_roots_equal"]:
        raise typer.Exit(1)


def _list_overload_facts(figures: dict[str, Any]) -> list[Fact]:
    facts: list[Fact] = [
        (
            "carried / overload",
            f"{figures['sustainable_rate']:,.0f} / {figures['overload_rate']:,.0f} a second",
        ),
    ]
    for name in ("before", "during", "after"):
        facts += _list_phase_facts(name, figures[name])
    recovered = figures["recovered_after_s"]
    return [
        *facts,
        ("as quick as before", "not again" if recovered is None else f"after {recovered} s"),
        (
            "lost / doubled / unanswered",
            f"{figures['lost']:,} / {figures['doubled']:,} / {figures['unanswered']:,}",
        ),
        (
            "most memory of a node",
            f"{max(figures['memory_mb']):,.0f} MiB of {figures['memory_mb_max']:,} MiB",
        ),
        *_list_place_facts(figures),
    ]


def _list_place_facts(figures: dict[str, Any]) -> list[Fact]:
    machine = figures["machine"]
    return [
        ("all nodes hold the same state", "yes" if figures["state_roots_equal"] else "NO"),
        ("network", f"{figures['validators']} validators, {figures['accounts']:,} accounts"),
        ("machine", f"{machine['cores']} cores, {machine['cpu']}, Python {machine['python']}"),
        ("load average of the machine", figures["load_average"]),
    ]


def _list_phase_facts(name: str, phase: dict[str, Any]) -> list[Fact]:
    counts = (phase["sent"], phase["accepted"], phase["refused"])
    latencies = (phase["latency_ms_p50"], phase["latency_ms_p95"], phase["latency_ms_max"])
    return [
        (f"{name}: final a second", f"{phase['tx_per_second']:,.0f}"),
        (f"{name}: sent / accepted / refused", " / ".join(f"{each:,}" for each in counts)),
        (
            f"{name}: refusals",
            ", ".join(f"{c}: {n:,}" for c, n in phase["refusals"].items()) or "-",
        ),
        (
            f"{name}: latency, median / 95 of 100 / longest",
            " / ".join(f"{each:,.0f} ms" for each in latencies),
        ),
    ]


def _list_soak_facts(figures: dict[str, Any]) -> list[Fact]:
    first, last = figures["parts"][0], figures["parts"][-1]
    verdicts = {True: "no", False: "YES", None: "too short to tell"}
    return [
        ("final transactions a second", f"{figures['tx_per_second']:,.0f}"),
        ("latency, 95 of 100, at first", f"{first['latency_ms_p95']:,.1f} ms"),
        ("latency, 95 of 100, at last", f"{last['latency_ms_p95']:,.1f} ms"),
        ("memory of the largest node, at first", f"{max(first['memory_mb']):,.1f} MiB"),
        ("memory of the largest node, at last", f"{max(last['memory_mb']):,.1f} MiB"),
        ("memory grows", verdicts[figures["memory_flat"]]),
        ("latency grows", verdicts[figures["latency_flat"]]),
        ("disk a transaction", f"{figures['disk_bytes_per_transaction']:,.0f} bytes a node"),
        (
            "sent / final / refused",
            " / ".join(f"{figures[name]:,}" for name in ("sent", "final", "refused")),
        ),
        ("lost / doubled", f"{figures['lost']:,} / {figures['doubled']:,}"),
        *_list_place_facts(figures),
    ]
