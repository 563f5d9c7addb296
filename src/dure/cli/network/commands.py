"""`dure network`: found a network on this host, run it, look at it, stop it."""

import asyncio
import signal
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import httpx
import msgspec
import typer
from rich.table import Table

from dure.chain.genesis.document import ChainKind, EngineKind
from dure.chain.genesis.governance import VotingRule
from dure.chain.parameters import DEFAULT_PARAMETERS
from dure.cli.network.founding import (
    FIRST_API_PORT,
    PORT_MAX,
    Network,
    Plan,
    Voting,
    found_network,
    load_network,
)
from dure.cli.network.hosting import commands as hosting
from dure.cli.network.hosting.life import hold
from dure.cli.network.membership import commands as membership
from dure.cli.network.membership.joining import add_node
from dure.cli.network.processes import (
    NodeProcess,
    RunningNetwork,
    refuse_running,
    stop_by_pid,
    wait_for_nodes,
)
from dure.cli.network.regenesis import commands as regenesis
from dure.cli.output import JsonOption, err, out, print_facts, print_json
from dure.core.errors import ConfigurationError
from dure.core.types import Instant, Milliseconds
from dure.sdk.connection.credentials import find_credentials

app = typer.Typer(no_args_is_help=True, help="Found, run, watch and stop a network on this host.")
app.add_typer(regenesis.app, name="regenesis")
app.add_typer(membership.app, name="validators")
app.command("add-node")(add_node)
app.command("add-member")(hosting.add)
app.command("list")(hosting.show_list)
app.command("watch")(hosting.watch)
app.command("kill")(hosting.kill)
app.command("revive")(hosting.revive)
app.command("remove")(hosting.remove)

Folder = Annotated[Path, typer.Argument(help="The network's folder.")]


@app.command("init")
def init(
    folder: Folder,
    *,
    members: Annotated[
        str, typer.Option(help="Names of the member organisations, separated by commas.")
    ] = "alpha,beta,gamma,delta",
    kind: Annotated[ChainKind, typer.Option(help="Who may take part.")] = ChainKind.CONSORTIUM,
    engine: Annotated[EngineKind, typer.Option(help="How blocks are decided.")] = EngineKind.PBFT,
    story_start: Annotated[
        str | None,
        typer.Option(
            help="Make a test chain whose ledger time begins here, e.g. 2013-03-08T00:00."
        ),
    ] = None,
    name: Annotated[str, typer.Option(help="What the chain calls itself.")] = "dure",
    closed: Annotated[
        bool, typer.Option("--closed", help="Have nodes read out to callers that they know only.")
    ] = False,
    governance: Annotated[
        VotingRule | None,
        typer.Option(
            help="Have the members decide by votes, by this rule; without it by an account that "
            "more than two thirds of them share."
        ),
    ] = None,
    approvers: Annotated[
        str, typer.Option(help="The members that decide by the rule `named`, with commas.")
    ] = "",
    voting_period: Annotated[
        str, typer.Option(help="How long a proposal is open: 7d, 12h, 30m or 90s.")
    ] = "7d",
    first_api_port: Annotated[
        int,
        typer.Option(
            min=0, max=PORT_MAX, help="First port to try for the public APIs; 0 chooses by lot."
        ),
    ] = FIRST_API_PORT,
    json: JsonOption = False,
) -> None:
    """Make keys, certificates, genesis and one folder a member in FOLDER.

    Example: dure network init my-network --members insurer,airline,bank,supervisor
    """
    names = _split(members)
    start = None if story_start is None else parse_moment(story_start)
    plan = Plan(
        name=name,
        members=names,
        kind=kind,
        engine=engine,
        story_start=start,
        voting=_choose_voting(governance, approvers, voting_period),
        parameters=msgspec.structs.replace(DEFAULT_PARAMETERS, open_reading=not closed),
        first_api_port=first_api_port,
    )
    network = found_network(folder, plan)
    if json:
        print_json(describe(network))
    else:
        _print_founded(folder, network)


def _print_founded(folder: Path, network: Network) -> None:
    kind = f"{network.engine}, {network.kind}" + (", TEST CHAIN" if network.test else "")
    urls = [(member.name, member.url) for member in network.members]
    print_facts(f"Network in {folder}", [("chain id", network.chain_id), ("engine", kind), *urls])
    out.print(f"Start it with: [bold]dure network up {folder}[/bold]")


@app.command("up")
def up(
    folder: Folder,
    *,
    detach: Annotated[
        bool, typer.Option("--detach", help="Leave the nodes running and return.")
    ] = False,
) -> None:
    """Start all nodes of the network and wait until they answer. Ctrl-C stops them all.

    Example: dure network up my-network --detach
    """
    if detach:
        _print_addresses(_start_detached(folder))
        return
    with ExitStack() as stack:
        # Nobody else starts, stops or changes it meanwhile; once it runs, others may.
        with hold(folder) as network:
            refuse_running(folder, network)
            running = stack.enter_context(RunningNetwork(folder, network))
        _print_addresses(network)
        out.print("Ctrl-C stops the network.")
        wait_for_end(running)


def _start_detached(folder: Path) -> Network:
    with hold(folder) as network:
        refuse_running(folder, network)
        nodes = [NodeProcess(folder, member) for member in network.members]
        for node in nodes:
            node.start()
        wait_for_nodes(nodes)
        return network


@app.command("down")
def down(folder: Folder, *, json: JsonOption = False) -> None:
    """Stop nodes that `dure network up --detach` started.

    Example: dure network down my-network
    """
    with hold(folder) as network:
        stopped = stop_by_pid(folder, network)
    if json:
        print_json({"stopped": stopped})
        return
    out.print(f"stopped: {', '.join(stopped) if stopped else 'none was running'}")


@app.command("status")
def status(folder: Folder, *, json: JsonOption = False) -> None:
    """Ask every node where it stands, and say who is missing.

    Example: dure network status my-network
    """
    network = load_network(folder)
    answers = asyncio.run(_ask_all(network))
    if json:
        print_json({"members": answers})
        return
    table = Table(title=f"{network.name} ({network.engine})", title_justify="left")
    for column in ("member", "height", "state root", "waiting", "peers", "what it does"):
        table.add_column(column)
    for answer in answers:
        table.add_row(*_format_row(answer))
    out.print(table)
    for sentence, members in _collect_wrongs(answers).items():
        says = f"{', '.join(members)} {'says' if len(members) == 1 else 'say'}"
        out.print(f"{says}: {sentence}", highlight=False, soft_wrap=True)


def describe(network: Network) -> dict[str, Any]:
    """Return the machine-readable form of `network.json`."""
    return {
        "name": network.name,
        "chain_id": network.chain_id,
        "kind": network.kind,
        "engine": network.engine,
        "test": network.test,
        "members": [
            {"name": m.name, "url": m.url, "validator_key": m.validator_key}
            for m in network.members
        ],
    }


def _choose_voting(rule: VotingRule | None, approvers: str, period: str) -> Voting | None:
    named = _split(approvers)
    if rule is None:
        if named:
            raise ConfigurationError("--approvers goes with --governance named")
        return None
    return Voting(rule, named, parse_period(period))


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def parse_period(text: str) -> Milliseconds:
    """Return a length of time that is written as a number and a unit: 7d, 12h, 30m, 90s."""
    units = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000}
    number, unit = text[:-1], text[-1:]
    if unit not in units or not (number.isascii() and number.isdigit() and len(number) < 7):
        message = f"not a length of time: {text!r}; write it like 7d, 12h, 30m or 90s"
        raise ConfigurationError(message)
    return Milliseconds(int(number) * units[unit])


def parse_moment(text: str) -> Instant:
    """Return an ISO 8601 moment as milliseconds; without an offset it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        message = f"not a moment: {text!r}; write it like 2013-03-08T00:00"
        raise ConfigurationError(message) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return Instant(int(moment.timestamp() * 1000))


def wait_for_end(running: RunningNetwork) -> None:
    """Return at Ctrl-C or a polite end; say so when a node ends by itself."""
    ended: set[str] = set()
    stopping = False

    def stop(_number: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    while not stopping:
        for node in running.nodes:
            if not node.is_running() and node.member.name not in ended:
                ended.add(node.member.name)
                err.print(f"the node of {node.member.name} ended; its log: {node.log_file}")
        time.sleep(0.2)
    out.print("stopping …")


def _print_addresses(network: Network) -> None:
    print_facts("Running", [(member.name, member.url) for member in network.members])


async def _ask_all(network: Network) -> list[dict[str, Any]]:
    async with httpx.AsyncClient(timeout=3) as client:
        return list(await asyncio.gather(*(_ask(client, m.name, m.url) for m in network.members)))


async def _ask(client: httpx.AsyncClient, name: str, url: str) -> dict[str, Any]:
    try:
        headers = find_credentials().build_headers([url])
        answer = await client.get(f"{url}/v1/status", headers=headers)
        answer.raise_for_status()
    except httpx.ConnectError:
        return {"member": name, "url": url, "up": False, "problem": "nobody answers there"}
    except httpx.HTTPError as problem:
        reason = str(problem) or "it does not answer in time"
        return {"member": name, "url": url, "up": False, "problem": reason}
    facts: dict[str, Any] = answer.json()
    return {"member": name, "url": url, "up": True} | facts


def _collect_wrongs(answers: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Return what is wrong in the nodes' own sentences, each with the members that say so."""
    wrongs: dict[str, list[str]] = {}
    for answer in answers:
        for sentence in answer["explanation"][1:] if answer["up"] else ():
            wrongs.setdefault(sentence, []).append(answer["member"])
    return wrongs


def _format_row(answer: dict[str, Any]) -> tuple[str, ...]:
    if not answer["up"]:
        return (str(answer["member"]), "[red]down[/red]", "", "", "", str(answer["problem"]))
    return (
        str(answer["member"]),
        str(answer["height"]),
        str(answer["state_root"])[:12],
        str(answer["waiting"]),
        f"{answer['peers_connected']}/{answer['peers']}",
        str(answer["activity"]),
    )
