"""`dure bench state`: the command, and its table."""

from typing import Annotated, Any

import typer

from dure.cli.bench.proving.state import StatePlan, measure_state
from dure.cli.output import JsonOption, err, print_facts, print_json

Fact = tuple[str, object]
"""A line of the table: what it is, and its value."""


def state(
    *,
    keys: Annotated[
        list[int] | None,
        typer.Option(help="Keys of a state; repeat it for several.", min=1_000, max=20_000_000),
    ] = None,
    json: JsonOption = False,
) -> None:
    """What a key costs in the state's tree: its root, its proofs, its memory.

    The tree alone, on one thread: no network, no disk, no transactions.

    Example: dure bench state --keys 100000 --keys 1000000
    """
    if not json:
        err.print("building states; a million keys take half a minute …")
    figures = measure_state(StatePlan(tuple(keys)) if keys else StatePlan())
    if json:
        print_json(figures)
        return
    for each in figures["states"]:
        print_facts(f"A state of {each['keys']:,} keys", _list_facts(each))
    machine = figures["machine"]
    print_facts(
        "Where",
        [
            ("machine", f"{machine['cores']} cores, {machine['cpu']}, Python {machine['python']}"),
            ("load average of the machine", figures["load_average"]),
        ],
    )


def _list_facts(figures: dict[str, Any]) -> list[Fact]:
    return [
        *(
            (f"the root, for each of {size} keys of a block", f"{each:.2f} µs")
            for size, each in figures["update_us_per_key"].items()
        ),
        ("the root, for a new key", f"{figures['insert_us_per_key']:.2f} µs"),
        ("the first root, for each key", f"{figures['build_us_per_key']:.2f} µs"),
        ("a proof, built / checked", f"{figures['proof_us']:.1f} / {figures['check_us']:.1f} µs"),
        ("a proof's length", f"{figures['proof_bytes']:,.0f} bytes"),
        ("memory of the tree, for each key", _describe_bytes(figures["tree_bytes_per_key"])),
        ("memory of key and value", _describe_bytes(figures["values_bytes_per_key"])),
    ]


def _describe_bytes(count: float | None) -> str:
    return "unknown" if count is None else f"{count:,.0f} bytes"
