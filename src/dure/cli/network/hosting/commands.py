"""`dure network list`, `watch`, `remove`, `add-member`, `kill`, `revive`: what an operator does.

`dure console --admin` does the same on pages, by the same functions.
"""

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from dure.cli.network.founding import load_network
from dure.cli.network.hosting.growing import add_member
from dure.cli.network.hosting.life import kill_node, remove_network, revive_node
from dure.cli.network.hosting.views import NodeView
from dure.cli.network.hosting.watching import describe_line, list_folders, watch_network
from dure.cli.network.processes import refuse_running
from dure.cli.output import JsonOption, out, print_json

Folder = Annotated[Path, typer.Argument(help="The network's folder.")]
Node = Annotated[str, typer.Argument(help="Whose node.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it; without this nothing changes.")]

MEBIBYTE = 1024 * 1024


def show_list(
    folder: Annotated[Path, typer.Argument(help="The folder that holds the networks' folders.")],
    *,
    json: JsonOption = False,
) -> None:
    """List the networks in a folder, and how many of their nodes run.

    Example: dure network list networks
    """
    lines = [describe_line(each) for each in list_folders(folder)]
    if json:
        print_json({"networks": msgspec.to_builtins(lines)})
        return
    table = Table(title=f"Networks in {folder}", title_justify="left")
    for column in ("network", "engine", "organisations", "running"):
        table.add_column(column)
    for line in lines:
        count = f"{line.running}/{len(line.organisations)}"
        table.add_row(line.name, line.engine, ", ".join(line.organisations), count)
    out.print(table)


def watch(folder: Folder, *, json: JsonOption = False) -> None:
    """Show each node's process: height, memory, disk, and what it says of itself.

    Example: dure network watch my-network
    """
    view = watch_network(folder)
    if json:
        print_json(msgspec.to_builtins(view))
        return
    table = Table(title=f"{view.name} ({view.engine})", title_justify="left")
    for column in ("node", "process", "height", "peers", "memory", "disk", "what it says"):
        table.add_column(column)
    for node in view.nodes:
        table.add_row(*_format_row(node))
    out.print(table)


def remove(folder: Folder, *, yes: Yes = False, json: JsonOption = False) -> None:
    """Delete a network that does not run: its keys and its blocks are gone for good.

    Nothing else in FOLDER is touched. Without --yes only say what would be deleted.

    Example: dure network remove my-network --yes
    """
    network = load_network(folder)
    refuse_running(folder, network)
    left = remove_network(folder) if yes else []
    if json:
        print_json({"network": network.name, "removed": yes, "left": left})
    elif yes:
        out.print(f"removed {network.name}" + (f"; left: {', '.join(left)}" if left else ""))
    else:
        names = ", ".join(member.name for member in network.members)
        out.print(f"{network.name} with the keys and blocks of {names} would be deleted.")
        out.print("Nothing was deleted. With --yes it is.")


def add(
    folder: Folder,
    organisation: Annotated[str, typer.Argument(help="The new organisation.")],
    *,
    json: JsonOption = False,
) -> None:
    """Make one more organisation, start its node, and have the members let it decide.

    All nodes of the network run. It is `add-node`, starting it, and `validators set` in one, with
    the members' keys that lie in FOLDER. An attempt that was cut off goes on where it ended.

    Example: dure network add-member my-network echo
    """
    from_height = add_member(folder, organisation)
    if json:
        print_json({"organisation": organisation, "from_height": from_height})
    else:
        out.print(f"{organisation} decides from block {from_height} on.", highlight=False)


def kill(folder: Folder, node: Node, *, json: JsonOption = False) -> None:
    """End a node of a test network at once, as a power cut would.

    Example: dure network kill my-network bank
    """
    _tell(node, "killed", kill_node(folder, node), json=json)


def revive(folder: Folder, node: Node, *, json: JsonOption = False) -> None:
    """Start a node of a test network again.

    Example: dure network revive my-network bank
    """
    _tell(node, "started", revive_node(folder, node), json=json)


def _tell(node: str, what: str, changed: bool, *, json: bool) -> None:
    if json:
        print_json({"node": node, what: changed})
    else:
        out.print(f"{node}: {what}" if changed else f"{node}: nothing to do")


def _format_row(node: NodeView) -> tuple[str, ...]:
    return (
        node.name,
        "[red]stopped[/red]" if node.pid is None else f"{node.pid}, {node.state}",
        "" if node.height is None else str(node.height),
        "" if node.peers is None else f"{node.peers_connected}/{node.peers}",
        "" if node.memory_bytes is None else f"{node.memory_bytes / MEBIBYTE:.0f} MiB",
        f"{node.disk_bytes / MEBIBYTE:.1f} MiB",
        " ".join(node.explanation),
    )
