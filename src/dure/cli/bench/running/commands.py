"""`dure bench transfer`, `payments`, `latency` and `scale`: a load on a running network.

Each founds a network, sends, prints what came of it, and fails where a promise was broken: where
something was lost or stands twice, where nodes hold different states, or a proof does not hold.
"""

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from dure.application import find_application, find_applications
from dure.chain.transaction import CALLS_MAX
from dure.cli.bench.latency import LatencyPlan, measure_latency
from dure.cli.bench.payments import PaymentsPlan, measure_payments
from dure.cli.bench.profiling.recording import find_sampler
from dure.cli.bench.running.apps import AppsPlan, measure_apps
from dure.cli.bench.scale import ScalePlan, measure_scale
from dure.cli.bench.transfer import TransferPlan, measure_transfer
from dure.cli.output import JsonOption, err, print_facts, print_json
from dure.core.errors import ConfigurationError, NodeBusy

Fact = tuple[str, object]
"""A line of the table: what it is, and its value."""

APPS_SIZES: Final = (1, 4)
"""Members of the networks on which applications are measured."""
SIZES: Final = (1, 4, 7, 10)
"""Members of the networks that `scale` compares: each further three stand one more liar."""

ValidatorsOption = Annotated[
    int, typer.Option(help="How many validators, each a process.", min=1, max=32)
]
SecondsOption = Annotated[
    float, typer.Option(help="Measured time of one run, after the warm-up.", min=1, max=1800)
]
AccountsOption = Annotated[
    int, typer.Option(help="Accounts that hold money.", min=2, max=4_000_000)
]
RunsOption = Annotated[
    int, typer.Option(help="How often to measure; the medians count.", min=1, max=100)
]
ProfileOption = Annotated[
    Path | None,
    typer.Option(
        help="Draw in this SVG file where one node's time goes; needs py-spy.", dir_okay=False
    ),
]


def transfer(
    *,
    validators: ValidatorsOption = 4,
    seconds: SecondsOption = 10,
    rate: Annotated[
        float | None,
        typer.Option(
            help="Send so many a second, whatever the nodes do (open loop).", min=1, max=1_000_000
        ),
    ] = None,
    accounts: AccountsOption = 10_000,
    in_flight: Annotated[
        int,
        typer.Option(help="Without a rate: transactions on their way at once.", min=1, max=100_000),
    ] = 2_000,
    verify_workers: Annotated[
        int | None,
        typer.Option(
            help="Processes that check signatures at each node.",
            min=0,
            max=64,
            show_default="as many as the nodes themselves choose",
        ),
    ] = None,
    runs: RunsOption = 1,
    profile: ProfileOption = None,
    json: JsonOption = False,
) -> None:
    """Signed transfers a second that become final, and how long each takes.

    Founds a network in a temporary folder, measures, and leaves nothing behind.

    Example: dure bench transfer --validators 4 --seconds 10

    Example at a fixed rate: dure bench transfer --rate 5000 --seconds 30 --json

    Example with a flame graph: dure bench transfer --profile transfer.svg

    Example with more cores than nodes: dure bench transfer --validators 1 --verify-workers 2
    """
    _begin(json=json, profile=profile)
    plan = TransferPlan(
        validators=validators,
        seconds=seconds,
        accounts=accounts,
        in_flight=in_flight,
        rate=rate,
        runs=runs,
        profile=profile,
        verify_workers=verify_workers,
    )
    _report("Signed transfers", measure_transfer(plan), _list_transfer_facts, json=json)


def payments(
    *,
    validators: ValidatorsOption = 4,
    payments_per_transaction: Annotated[
        int, typer.Option(help="Payments under one signature.", min=1, max=CALLS_MAX)
    ] = 100,
    seconds: SecondsOption = 10,
    accounts: AccountsOption = 10_000,
    in_flight: Annotated[
        int, typer.Option(help="Transactions on their way at once.", min=1, max=100_000)
    ] = 200,
    runs: RunsOption = 1,
    accounts_beside: Annotated[
        int | None,
        typer.Option(
            help="Measure a second network with so many accounts too.", min=2, max=4_000_000
        ),
    ] = None,
    proof: Annotated[
        Path | None,
        typer.Option(help="Leave the proof of one payment, drawn by lot, in this file."),
    ] = None,
    profile: ProfileOption = None,
    json: JsonOption = False,
) -> None:
    """Payments a second that become final where one signature covers many, each provable alone.

    One payment is drawn by lot, and its proof file is checked by the code of dure verify.

    Example: dure bench payments --payments-per-transaction 100 --accounts-beside 1000000

    Example, with a proof to keep: dure bench payments --proof payment.proof.json --json
    """
    _begin(json=json, profile=profile)
    plan = PaymentsPlan(
        validators=validators,
        seconds=seconds,
        accounts=accounts,
        per_transaction=payments_per_transaction,
        in_flight=in_flight,
        runs=runs,
        proof_file=proof,
        accounts_beside=accounts_beside,
        profile=profile,
    )
    _report("Payments", measure_payments(plan), _list_payment_facts, json=json)


def latency(
    *,
    validators: ValidatorsOption = 4,
    rate: Annotated[float, typer.Option(help="Transactions a second.", min=1, max=1_000_000)] = 500,
    seconds: SecondsOption = 10,
    accounts: AccountsOption = 1_000,
    runs: RunsOption = 1,
    profile: ProfileOption = None,
    json: JsonOption = False,
) -> None:
    """How long a signed transfer takes on a network that has little to do.

    Example: dure bench latency --rate 500 --seconds 10 --runs 5
    """
    _begin(json=json, profile=profile)
    plan = LatencyPlan(
        validators=validators,
        rate=rate,
        seconds=seconds,
        accounts=accounts,
        runs=runs,
        profile=profile,
    )
    _report("Latency", measure_latency(plan), _list_latency_facts, json=json)


def scale(
    *,
    validators: Annotated[
        list[int] | None,
        typer.Option(
            help="Validators of a network; give it once for each size.",
            min=1,
            max=32,
            show_default="1, 4, 7 and 10",
        ),
    ] = None,
    seconds: Annotated[
        float, typer.Option(help="Measured time of each of a size's two loads.", min=1, max=1800)
    ] = 10,
    accounts: AccountsOption = 10_000,
    in_flight: Annotated[
        int, typer.Option(help="Transactions on their way at once.", min=1, max=100_000)
    ] = 1_000,
    json: JsonOption = False,
) -> None:
    """What another member costs: rate, latency, processor time and messages, size by size.

    Example: dure bench scale --seconds 10

    Example of two sizes: dure bench scale --validators 4 --validators 13 --json
    """
    _begin(json=json)
    plan = ScalePlan(
        sizes=tuple(sorted(set(validators or SIZES))),
        seconds=seconds,
        accounts=accounts,
        in_flight=in_flight,
    )
    figures = measure_scale(plan, err.print)
    if json:
        print_json(figures)
    else:
        print_facts("What another member costs", _list_scale_facts(figures))
    if any(size["lost"] or size["doubled"] for size in figures["sizes"]) or not all(
        size["state_roots_equal"] for size in figures["sizes"]
    ):
        raise typer.Exit(1)


def _begin(*, json: bool, profile: Path | None = None) -> None:
    end_politely()
    if profile is not None:
        find_sampler()
    if not json:
        err.print("founding a network and signing transactions …")


def apps(
    *,
    application: Annotated[
        list[str] | None,
        typer.Option("--app", help="Measure this one alone; may be given more than once."),
    ] = None,
    validators: Annotated[
        list[int] | None,
        typer.Option(
            help="One validator alone, or four; may be given more than once.",
            show_default="1 and 4",
        ),
    ] = None,
    seconds: SecondsOption = 5,
    in_flight: Annotated[
        int, typer.Option(help="Transactions on their way at once.", min=1, max=100_000)
    ] = 400,
    json: JsonOption = False,
) -> None:
    """Calls a second of each application's hottest call, through one validator and through four.

    Every application names its hottest call itself. Each is measured on a network of its own.

    Example: dure bench apps --seconds 10

    Example of one: dure bench apps --app payments --validators 4 --json
    """
    end_politely()
    sizes = tuple(sorted(set(validators or APPS_SIZES)))
    if not set(sizes) <= set(APPS_SIZES):
        message = "applications are measured with 1 validator or with 4"
        raise ConfigurationError(message, validators=str(sizes))
    chosen = find_applications()
    if application:
        chosen = tuple(find_application(slug) for slug in dict.fromkeys(application))
    plan = AppsPlan(applications=chosen, sizes=sizes, seconds=seconds, in_flight=in_flight)
    figures = measure_apps(plan, lambda words: None if json else err.print(words))
    if json:
        print_json(figures)
    else:
        print_facts("The applications' hottest calls", _list_apps_facts(figures))
    if not all(are_promises_kept(row) and not _is_refused(row) for row in figures["applications"]):
        raise typer.Exit(1)


def _list_apps_facts(figures: dict[str, Any]) -> list[Fact]:
    machine = figures["machine"]
    return [
        *(
            (
                f"{row['method']}, {row['validators']} validators",
                _describe_row(row),
            )
            for row in figures["applications"]
        ),
        ("say nothing of theirs", ", ".join(figures["none_declared"]) or "none"),
        ("machine", f"{machine['cores']} cores, {machine['cpu']}, Python {machine['python']}"),
    ]


def _is_refused(row: dict[str, Any]) -> bool:
    """Say whether a contract refused a call; a node that had enough to do is no contract."""
    return bool(row["refusals"].keys() - {NodeBusy.code})


def _describe_row(row: dict[str, Any]) -> str:
    rate, gas, median = row["calls_per_second"], row["gas"], row["latency_ms_p50"]
    return f"{rate:,.0f} a second, {gas:,} gas, median {median:,.0f} ms"


def _report(
    title: str,
    figures: dict[str, Any],
    list_facts: Callable[[dict[str, Any]], list[Fact]],
    *,
    json: bool,
) -> None:
    """Print the figures, and end with exit code 1 where a promise was broken."""
    if json:
        print_json(figures)
    else:
        print_facts(title, [*list_facts(figures), *_list_common_facts(figures)])
    if not are_promises_kept(figures):
        raise typer.Exit(1)


def are_promises_kept(figures: dict[str, Any]) -> bool:
    """Say whether nothing was lost, doubled, differed or failed to be proved, beside it neither."""
    if "beside" in figures and not are_promises_kept(figures["beside"]):
        return False
    proved = figures["state_roots_equal"] and figures.get("payment_proved", True)
    return proved and not figures["lost"] and not figures["doubled"]


def end_politely() -> None:
    """Let SIGTERM unwind before nodes run too, so that no folder outlives the bench."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # A shell starts background work with Ctrl-C ignored; later SIGTERM is passed on as Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _list_transfer_facts(figures: dict[str, Any]) -> list[Fact]:
    return [
        ("final transactions a second", f"{figures['tx_per_second']:,.0f}"),
        ("bound by signatures alone", f"{figures['signature_bound_tx_per_second']:,.0f} a second"),
        ("share of that bound", f"{figures['bound_ratio']:.3f}"),
        ("one signature check", f"{figures['verify_us']:.1f} µs"),
    ]


def _list_payment_facts(figures: dict[str, Any]) -> list[Fact]:
    each = figures["node_cpu_us_per_payment"]
    beside = figures.get("beside")
    return [
        ("final payments a second", f"{figures['payments_per_second']:,.0f}"),
        *([] if beside is None else [_describe_beside(beside)]),
        ("payments under one signature", figures["payments_per_transaction"]),
        ("processor time a payment", "unknown" if each is None else f"{each:.1f} µs a node"),
        ("one payment proved by a file", "yes" if figures["payment_proved"] else "NO"),
        ("length of that file", f"{figures['proof_bytes']:,} bytes"),
        ("final transactions a second", f"{figures['tx_per_second']:,.0f}"),
    ]


def _describe_beside(beside: dict[str, Any]) -> Fact:
    name = f"… beside it, with {beside['accounts']:,} accounts"
    return name, f"{beside['payments_per_second']:,.0f}"


def _list_latency_facts(figures: dict[str, Any]) -> list[Fact]:
    return [("blocks a second", f"{figures['blocks_per_second']:,.0f}")]


def _list_scale_facts(figures: dict[str, Any]) -> list[Fact]:
    machine = figures["machine"]
    more = figures["node_cpu_us_per_block_per_member"], figures["frames_per_block_per_member"]
    unknown = "unknown: it takes two sizes above one"
    return [
        *((f"{size['validators']} validators", _describe_size(size)) for size in figures["sizes"]),
        (
            "one more member costs each node",
            unknown
            if None in more
            else f"{more[0]:.0f} µs and {more[1]:.1f} messages a small block",
        ),
        ("members at twice the cost of four", figures["members_at_double_cost"] or "unknown"),
        ("machine", f"{machine['cores']} cores, {machine['cpu']}, Python {machine['python']}"),
    ]


def _describe_size(size: dict[str, Any]) -> str:
    cpu = size["node_cpu_us"]
    return (
        f"{size['tx_per_second']:,.0f} a second, {'?' if cpu is None else f'{cpu:.0f}'} µs a node; "
        f"light load: {size['latency_ms_p50']:.1f} ms, {size['frames_per_block']:.0f} messages "
        f"and {size['bytes_per_block']:,} bytes a block and node"
    )


def _list_common_facts(figures: dict[str, Any]) -> list[Fact]:
    machine = figures["machine"]
    load = figures["rate"] and f"{figures['rate']:,.0f} a second"
    return [
        ("latency, median", f"{figures['latency_ms_p50']:,.1f} ms"),
        ("latency, 95 of 100 below", f"{figures['latency_ms_p95']:,.1f} ms"),
        ("latency, 99 of 100 below", f"{figures['latency_ms_p99']:,.1f} ms"),
        ("latency, longest", f"{figures['latency_ms_max']:,.1f} ms"),
        ("processor time a transaction", _describe_cpu(figures)),
        ("sent / final / refused", _describe_counts(figures)),
        ("lost / doubled", f"{figures['lost']:,} / {figures['doubled']:,}"),
        ("blocks", figures["blocks"]),
        ("all nodes hold the same state", "yes" if figures["state_roots_equal"] else "NO"),
        ("load", load or f"{figures['in_flight']:,} on their way at once"),
        ("network", f"{figures['validators']} validators, {figures['accounts']:,} accounts"),
        ("machine", f"{machine['cores']} cores, {machine['cpu']}, Python {machine['python']}"),
        ("load average of the machine", figures["load_average"]),
        *_list_profile_facts(figures),
    ]


def _list_profile_facts(figures: dict[str, Any]) -> list[Fact]:
    """Return where the time of the profiled node went, if one was."""
    if "profile" not in figures:
        return []
    node, parts = figures["profile"]["node"], figures["profile"]["parts"]
    return [
        (f"{node}: {part['part']}", _describe_part(part)) for part in parts if part["share"] > 0
    ]


def _describe_part(part: dict[str, Any]) -> str:
    share = f"{100 * part['share']:.1f} %"
    return share if part["us"] is None else f"{share}, {part['us']:.1f} µs a transaction"


def _describe_counts(figures: dict[str, Any]) -> str:
    return f"{figures['sent']:,} / {figures['final']:,} / {figures['refused']:,}"


def _describe_cpu(figures: dict[str, Any]) -> str:
    node = figures["node_cpu_us"]
    nodes = "unknown" if node is None else f"{node:.0f} µs"
    return f"{nodes} a node, {figures['client_cpu_us']:.0f} µs the client"
