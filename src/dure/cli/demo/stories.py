"""`dure demo stories`: the stories of any application, played on nodes that are processes.

The same text that is tested in memory drives signed transactions here. The network is founded for
the occasion in a temporary folder, as a test chain, and is gone afterwards.
"""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.markup import escape
from rich.table import Table

from dure.application import Application, Story, find_application, find_story
from dure.chain.genesis.document import Allocation, Asset, ChainKind, EngineKind
from dure.chain.parameters import DEFAULT_PARAMETERS, Parameters
from dure.chain.transaction import compute_asset_id
from dure.cli.access import (
    connect,
    load_account,
    load_authority,
    load_story_clock,
)
from dure.cli.demo.settling import NodeState, are_equal, wait_settled
from dure.cli.network.commands import parse_moment
from dure.cli.network.founding import Network, Plan, found_network
from dure.cli.network.processes import RunningNetwork
from dure.cli.output import JsonOption, err, out, print_json
from dure.cli.unlocking import unlock
from dure.core.errors import ConfigurationError
from dure.identity.keys import generate_key, save_key
from dure.sdk import Client, LocalAccount
from dure.testing import LiveStage, Office, Step, World
from dure.testing.recording import encode_record, record_story
from dure.testing.world.errors import explain_failure
from dure.testing.world.live import THE_CHAIN, THE_CLOCK
from dure.testing.world.stage import SUPPLY
from dure.testing.world.story import ASSETS, START

MEMBERS: Final = {EngineKind.PBFT: ("alpha", "beta", "gamma", "delta"), EngineKind.SOLO: ("alpha",)}
KINDS: Final = {EngineKind.PBFT: ChainKind.CONSORTIUM, EngineKind.SOLO: ChainKind.PRIVATE}
TREASURY: Final = "treasury.json"


@dataclass(frozen=True, slots=True)
class StoryResult:
    """What came of one story."""

    name: str
    says: str
    problem: str | None
    """What did not hold; None where all did."""
    transactions: int
    scheduled_calls: int
    refused: int
    """Transactions and scheduled calls that the chain refused, as the story expects."""
    money_conserved: bool
    balances: dict[str, dict[str, int]]
    """Proved minor units of each person at the end, by name and money."""
    seconds: float

    @property
    def is_right(self) -> bool:
        """Whether the story came out as it says."""
        return self.problem is None and self.money_conserved


class Narrator:
    """Counts what happens in a story, and tells it where somebody listens."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self.transactions = 0
        self.scheduled_calls = 0
        self.refused = 0

    def begin(self, name: str, says: str) -> None:
        """Say which story begins."""
        if not self._quiet:
            out.print(f"\n[bold]{name.replace('_', ' ')}[/bold]\n{escape(says)}")

    def hear(self, step: Step) -> None:
        """Take a step that has become final."""
        self.scheduled_calls += step.who == THE_CHAIN
        self.transactions += step.who != THE_CHAIN
        self.refused += step.refusal is not None
        if self._quiet:
            return
        style = "dim" if step.who == THE_CLOCK else "default"
        words = f"{step.height:>6}  {step.who}: {', '.join(step.did)}"
        if step.refusal is not None:
            words += f": refused ({step.refusal})"
        if step.said:
            words += f" → {', '.join(step.said)}"
        out.print(f"[{style}]{escape(words)}[/{style}]", highlight=False)


def play_stories(
    application: Annotated[
        str, typer.Argument(help="The application; `dure app list` names them all.")
    ],
    *,
    story: Annotated[str | None, typer.Option(help="Play this one alone.")] = None,
    engine: Annotated[
        EngineKind,
        typer.Option(help="How blocks are decided: by four validators, or by one alone."),
    ] = EngineKind.PBFT,
    record: Annotated[
        Path | None,
        typer.Option(
            help="Play the story in memory instead, and write what happened into this file."
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Play the stories of APPLICATION on a network of real nodes, and show what was proved.

    Each line is a transaction that became final, or a call that the chain made by itself, with the
    number of its block. Nothing is left behind. `dure demo APPLICATION` does the same where the
    application has no demo of its own.

    With --record one story is played in memory, where no node is needed; every step of it, what it
    moved and who held what afterwards stand in the file, as JSON, with the proof of each step.

    Exit code 0: all stories came out as they say. 1: one did not.

    Example: dure demo stories flight-delay --engine solo
    """
    begun = time.monotonic()
    found = find_application(application)
    chosen = _choose(found, story)
    if record is not None:
        _write_record(chosen, record, as_json=json)
        return
    with tempfile.TemporaryDirectory(prefix="dure-") as temporary:
        folder = Path(temporary)
        network = found_story_network(folder, engine)
        if not json:
            out.print(
                f"{found.title_en} on a test chain; {engine}, validators: {len(network.members)}"
            )
        with RunningNetwork(folder, network), connect(folder) as client:
            office = open_office(folder)
            results = [play_story(each, client, office, quiet=json) for each in chosen]
            nodes = asyncio.run(wait_settled(network))
    seconds = time.monotonic() - begun
    if json:
        print_json(_describe(found, network, results, nodes) | {"seconds": round(seconds, 2)})
    else:
        _print_report(results, nodes, seconds)
    if not (are_equal(nodes) and all(result.is_right for result in results)):
        raise typer.Exit(1)


def _write_record(chosen: Sequence[Story], file: Path, *, as_json: bool) -> None:
    if len(chosen) != 1:
        raise ConfigurationError("one story goes into one record: name it with --story")
    record = record_story(chosen[0])
    file.write_bytes(encode_record(record))
    facts: dict[str, Any] = {
        "story": record.name,
        "steps": len(record.steps),
        "file": str(file),
        "problem": record.verdict.problem,
        "money_conserved": record.verdict.money_conserved,
        "state_root": record.verdict.state_root,
    }
    if as_json:
        print_json(facts)
    else:
        out.print(f"{record.name}: {len(record.steps)} steps, written to {file}", highlight=False)
    if record.verdict.problem is not None:
        err.print(f"[red]did not hold[/red] {escape(record.verdict.problem)}", highlight=False)
        raise typer.Exit(1)


def found_story_network(
    folder: Path, engine: EngineKind, parameters: Parameters = DEFAULT_PARAMETERS
) -> Network:
    """Found a test network in `folder` whose treasury holds the money of all stories."""
    treasury = generate_key()
    account = LocalAccount(treasury)
    members = MEMBERS[engine]
    supplies = (SUPPLY,) * len(ASSETS)
    plan = Plan(
        name="stories",
        members=members,
        kind=KINDS[engine],
        engine=engine,
        parameters=parameters,
        story_start=parse_moment(START),
        assets=tuple(Asset(name, decimals, account.address) for name, decimals in ASSETS.items()),
        allocations=(Allocation(account.address, members[0], supplies),),
        first_api_port=0,
    )
    network = found_network(folder, plan)
    save_key(folder / TREASURY, treasury)
    return network


def open_office(folder: Path) -> Office:
    """Return the accounts behind the scenes of a network that `found_story_network` made."""
    treasury = LocalAccount(unlock(folder / TREASURY))
    first = next(name for names in MEMBERS.values() for name in names)
    return Office(
        member=load_account(folder, first),
        authority=load_authority(folder),
        treasury=treasury,
        story_clock=load_story_clock(folder),
        assets={name: compute_asset_id(treasury.address, name) for name in ASSETS},
    )


def play_story(story: Story, client: Client, office: Office, *, quiet: bool) -> StoryResult:
    """Play one story to its end, or to where it goes wrong."""
    begun = time.monotonic()
    says = " ".join((story.__doc__ or "").split())
    narrator = Narrator(quiet=quiet)
    narrator.begin(story.__name__, says)
    stage = LiveStage(client, office, tell=narrator.hear)
    problem: str | None = None
    try:
        story(World(stage))
    except Exception as wrong:  # a story is its author's code: whatever it raises is the result
        problem = explain_failure(story, wrong)
        err.print(f"[red]did not hold[/red] {escape(problem)}", highlight=False)
    return StoryResult(
        name=story.__name__,
        says=says,
        problem=problem,
        transactions=narrator.transactions,
        scheduled_calls=narrator.scheduled_calls,
        refused=narrator.refused,
        money_conserved=stage.is_conserved(),
        balances=_read_balances(stage),
        seconds=round(time.monotonic() - begun, 2),
    )


def _read_balances(stage: LiveStage) -> dict[str, dict[str, int]]:
    return {
        name: {
            code: stage.get_balance(asset, person.address) for code, asset in stage.assets.items()
        }
        for name, person in stage.people.items()
    }


def _choose(application: Application, name: str | None) -> Sequence[Story]:
    return application.stories if name is None else (find_story(application, name),)


def _describe(
    application: Application,
    network: Network,
    results: Sequence[StoryResult],
    nodes: Sequence[NodeState],
) -> dict[str, Any]:
    return {
        "application": application.slug,
        "engine": network.engine,
        "validators": len(network.members),
        "chain_id": network.chain_id,
        "height": max((node.height or 0 for node in nodes), default=0),
        "state_roots_equal": are_equal(nodes),
        "state_roots": {node.name: node.state_root for node in nodes},
        "stories": [asdict(result) for result in results],
    }


def _print_report(
    results: Sequence[StoryResult], nodes: Sequence[NodeState], seconds: float
) -> None:
    out.print()
    table = Table(title="What was proved", title_justify="left")
    table.add_column("story")
    for column in ("sent", "by itself", "refused", "seconds"):
        table.add_column(column, justify="right")
    table.add_column("came out")
    for each in results:
        figures = (each.transactions, each.scheduled_calls, each.refused, f"{each.seconds:.1f}")
        table.add_row(each.name.replace("_", " "), *map(str, figures), _judge(each))
    out.print(table)
    roots = "one state root" if are_equal(nodes) else "[red]NOT the same state[/red]"
    out.print(
        f"Nodes: {len(nodes)}, at block {nodes[0].height}, {roots}: {nodes[0].state_root[:32]}",
        highlight=False,
    )
    out.print("Every receipt and every balance came with its proof, which was checked.")
    out.print(f"{seconds:.1f} seconds")


def _judge(result: StoryResult) -> str:
    if result.problem is not None:
        return "[red]OTHERWISE[/red]"
    return "as it says" if result.money_conserved else "[red]MONEY NOT CONSERVED[/red]"
