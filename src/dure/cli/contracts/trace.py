"""`dure contract trace`: what a transaction of a running chain did, line by line."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table
from rich.tree import Tree

from dure.chain.inspection.retracing import Retraced, Retracing, describe_trace
from dure.cli.access import NetworkOption
from dure.cli.contracts.replay import retrace
from dure.cli.output import JsonOption, err, fail, out, print_facts, print_json
from dure.core.errors import ConfigurationError

ID_DIGITS: Final = 64
BLOCKS_MAX: Final = 100_000


def trace(
    transaction: Annotated[
        str, typer.Argument(help="Id of a transaction or of a scheduled call, 64 hex digits.")
    ],
    *,
    network: NetworkOption,
    blocks_max: Annotated[
        int, typer.Option(min=1, help="Refuse to execute more blocks than these again.")
    ] = BLOCKS_MAX,
    json: JsonOption = False,
) -> None:
    """Execute the chain again up to TRANSACTION and show what it did.

    Each line with its gas, every read and write, events, money and calls, and where it was refused.
    Every block is checked from the genesis on, so no node has to be believed.

    Example: dure contract trace 3f9a… --network my-network
    """
    retracing, found = _run(network, _parse(transaction), blocks_max)
    described = describe_trace(retracing, found)
    if json:
        print_json(described)
    else:
        show(described)


def show(described: dict[str, Any]) -> None:
    """Print a trace for people."""
    facts = [
        ("what", f"{described['kind']} {described['id']}"),
        ("block", f"{described['height']}, receipt {described['index']}"),
        ("came to", f"{described['status']} {described['message']}".strip()),
        ("gas used", described["gas_used"]),
        ("of it outside of contracts", described["gas_outside"]),
    ]
    print_facts("Executed again, with the same receipt", facts)
    for visit in described["visits"]:
        for step in visit["steps"]:
            if step["step"] == "call":
                _show_call(step)
        if visit["steps_left_out"]:
            out.print(f"{visit['steps_left_out']} more steps are not shown")


def _run(network: Path, identity: bytes, blocks_max: int) -> tuple[Retracing, Retraced]:
    with Progress(console=err, transient=True) as progress:
        task = progress.add_task("executing blocks again", total=None)

        def tell(height: int, last: int) -> None:
            progress.update(task, completed=height, total=last)

        return retrace(network, identity, blocks_max=blocks_max, tell=tell)


def _parse(text: str) -> bytes:
    try:
        identity = bytes.fromhex(text)
    except ValueError:
        identity = b""
    if len(text) != ID_DIGITS or len(identity) != ID_DIGITS // 2:
        fail(ConfigurationError(f"an id has {ID_DIGITS} hexadecimal digits, not {text!r}"))
    return identity


def _show_call(call: dict[str, Any]) -> None:
    arguments = ", ".join(f"{name}={value!r}" for name, value in call["arguments"].items())
    title = f"{call['class']}.{call['method']}({arguments})"
    out.print()
    table = Table(title=escape(title), title_justify="left", title_style="bold", box=None)
    for name in ("line", "hits", "gas"):
        table.add_column(name, justify="right")
    table.add_column("source", overflow="fold")
    table.add_row("", "", str(call["entry_gas"]), "[dim]entering and leaving[/dim]")
    for line in call["lines"]:
        place = f"{line['module']}:{line['line']}" if line["module"] else str(line["line"])
        table.add_row(place, str(line["hits"]), str(line["gas"]), escape(line["text"]))
    if call["unreached_gas"]:
        told = "[dim]charged ahead for lines not reached[/dim]"
        table.add_row("", "", str(call["unreached_gas"]), told)
    out.print(table, highlight=False)
    tree = Tree("in order")
    for step in call["steps"]:
        tree.add(_tell(step))
    if call["refusal"]:
        refusal = call["refusal"]
        tree.add(f"[red]{refusal['code']}[/red] {escape(refusal['message'])} {_place(refusal)}")
    out.print(tree, highlight=False)
    for step in call["steps"]:
        if step["step"] == "call":
            _show_call(step)


def _tell(step: dict[str, Any]) -> str:
    members = {k: v for k, v in step.items() if k not in {"step", "module", "line"}}
    match step["step"]:
        case "call":
            told = f"{step['class']}.{step['method']}, gas {step['gas_used']}"
        case "read" | "write" if "field" in step:
            keys = "".join(f"[{key!r}]" for key in members.pop("keys"))
            told = f"{members.pop('field')}{keys} {_join(members)}"
        case _:
            told = _join(members)
    return f"{escape(step['step'])} {escape(told)} {_place(step)}"


def _join(members: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in members.items())


def _place(where: dict[str, Any]) -> str:
    if where["line"] is None:
        return ""
    module = f"{where['module']}:" if where["module"] else "line "
    return f"[dim]{module}{where['line']}[/dim]"
