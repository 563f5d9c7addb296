"""`dure bench api` and `dure bench console`: the commands, and their tables."""

from typing import Annotated, Any, Final

import typer

from dure.cli.bench.profiling.recording import find_sampler
from dure.cli.bench.reading.api import ApiPlan, measure_api
from dure.cli.bench.reading.console import ConsolePlan, measure_console
from dure.cli.bench.running.commands import Fact, ProfileOption, ValidatorsOption, end_politely
from dure.cli.output import JsonOption, err, print_facts, print_json

SUBSCRIBERS_MAX: Final = 500
"""A node takes 512 WebSockets; those that watch and send need some."""

_NAMES: Final = {
    "status": "status of the chain",
    "block": "block with receipts",
    "transaction_proof": "proof of a transaction",
    "account": "account",
}


def api(
    *,
    validators: ValidatorsOption = 4,
    seconds: Annotated[
        float,
        typer.Option(help="Time for each kind of read, and for the blocks.", min=1, max=1800),
    ] = 5,
    connections: Annotated[
        int, typer.Option(help="HTTP connections that ask at once.", min=1, max=256)
    ] = 8,
    subscribers: Annotated[
        int, typer.Option(help="WebSockets that follow the blocks.", min=1, max=SUBSCRIBERS_MAX)
    ] = SUBSCRIBERS_MAX,
    rate: Annotated[
        float, typer.Option(help="Blocks a second that they follow.", min=0.1, max=100)
    ] = 2,
    profile: ProfileOption = None,
    json: JsonOption = False,
) -> None:
    """Reads a second over HTTP, and how soon a block reaches each of 500 subscribers.

    Asks the first node of a network of its own, from processes of their own.

    Example: dure bench api --seconds 5 --subscribers 500

    Example with a flame graph of the reads: dure bench api --profile api.svg
    """
    end_politely()
    if profile is not None:
        find_sampler()
    if not json:
        err.print("founding a network; then its first node is read …")
    plan = ApiPlan(
        validators=validators,
        seconds=seconds,
        connections=connections,
        subscribers=subscribers,
        rate=rate,
        profile=profile,
    )
    figures = measure_api(plan)
    if json:
        print_json(figures)
    else:
        print_facts("The API of a node", _list_facts(figures))
    failed = sum(read["failed"] for read in figures["reads"].values())
    if failed or figures["lost"] or figures["cut_off"] or not figures["state_roots_equal"]:
        raise typer.Exit(1)


def _list_facts(figures: dict[str, Any]) -> list[Fact]:
    machine = figures["machine"]
    each = figures["node_cpu_us_per_block_and_subscriber"]
    delays = (figures[f"delay_ms_{name}"] for name in ("p50", "p95", "max"))
    return [
        *((_NAMES[name], _describe_read(read)) for name, read in figures["reads"].items()),
        ("subscribers / blocks", f"{figures['subscribers']:,} / {figures['blocks']:,}"),
        ("blocks a second", figures["blocks_per_second"]),
        ("delay, median / 95 of 100 / longest", " / ".join(f"{ms:.1f} ms" for ms in delays)),
        ("blocks lost / subscribers cut off", f"{figures['lost']:,} / {figures['cut_off']:,}"),
        ("for a block and a subscriber", "unknown" if each is None else f"{each:.0f} µs"),
        ("all nodes hold the same state", "yes" if figures["state_roots_equal"] else "NO"),
        ("network", f"{figures['validators']} validators, {figures['accounts']:,} accounts"),
        ("machine", f"{machine['cores']} cores, {machine['cpu']}, Python {machine['python']}"),
        ("load average of the machine", figures["load_average"]),
    ]


def _describe_read(read: dict[str, Any]) -> str:
    cpu = "?" if read["node_cpu_us"] is None else f"{read['node_cpu_us']:.0f}"
    return (
        f"{read['requests_per_second']:,.0f} a second, median {read['latency_ms_p50']:.1f} ms, "
        f"{cpu} µs of the node"
    )


def console(
    *,
    validators: ValidatorsOption = 4,
    seconds: Annotated[
        float,
        typer.Option(
            help="Time of the blocks, with nobody looking and again with viewers.", min=1, max=1800
        ),
    ] = 20,
    viewers: Annotated[
        int, typer.Option(help="WebSockets that look at the overview.", min=1, max=SUBSCRIBERS_MAX)
    ] = SUBSCRIBERS_MAX,
    rate: Annotated[float, typer.Option(help="Blocks a second.", min=0.1, max=100)] = 1,
    paints: Annotated[
        int, typer.Option(help="Cold loads of the overview in Chromium.", min=0, max=100)
    ] = 7,
    json: JsonOption = False,
) -> None:
    """How soon a page shows something, and what 500 viewers of it cost the node.

    Loads the overview of the first node of a network of its own in Chromium, where there is one,
    and looks at it over as many WebSockets, from a process of its own.

    Example: dure bench console --viewers 500 --seconds 20
    """
    end_politely()
    if not json:
        err.print("founding a network; then its first node is looked at …")
    plan = ConsolePlan(
        validators=validators, seconds=seconds, viewers=viewers, rate=rate, paints=paints
    )
    figures = measure_console(plan)
    if json:
        print_json(figures)
    else:
        print_facts("The console of a node", _list_console_facts(figures))
    if figures["cut_off"] or not figures["state_roots_equal"]:
        raise typer.Exit(1)


def _list_console_facts(figures: dict[str, Any]) -> list[Fact]:
    machine = figures["machine"]
    paint = figures["first_paint_ms"]
    return [
        ("first contentful paint, cold", "no Chromium" if paint is None else f"{paint:.0f} ms"),
        ("viewers / that never read", f"{figures['viewers']:,} / {figures['stalled']:,}"),
        ("of one core, with nobody looking", _show_share(figures["alone_cpu_share"])),
        ("of one core, with viewers", _show_share(figures["viewed_cpu_share"])),
        ("of one core, for the viewers", _show_share(figures["viewers_cpu_share"])),
        ("between blocks, nobody looking", _show_intervals(figures, "alone")),
        ("between blocks, with viewers", _show_intervals(figures, "viewed")),
        ("messages / bytes of one", f"{figures['messages']:,} / {figures['message_bytes']:,}"),
        ("fewest of a viewer / cut off", f"{figures['fewest_messages']} / {figures['cut_off']}"),
        ("all nodes hold the same state", "yes" if figures["state_roots_equal"] else "NO"),
        ("network", f"{figures['validators']} validators, {figures['rate']:g} blocks a second"),
        ("machine", f"{machine['cores']} cores, {machine['cpu']}, Python {machine['python']}"),
        ("load average of the machine", figures["load_average"]),
    ]


def _show_share(share: float | None) -> str:
    return "unknown" if share is None else f"{share:.1%}"


def _show_intervals(figures: dict[str, Any], phase: str) -> str:
    times = (figures[f"{phase}_interval_ms_{name}"] for name in ("p50", "p95", "max"))
    return " / ".join(f"{ms:.0f} ms" for ms in times)
