"""How every demo ends: it says what came of it, leaves a report with each node, and stays up."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import typer

from dure.application.reports import write_report
from dure.cli.demo.network import stay_up
from dure.cli.network.founding import Network
from dure.cli.network.processes import RunningNetwork
from dure.cli.output import out, print_json
from dure.node.configuration import REPORTS


class Checked(Protocol):
    """What a demo found, compared with what had to come out."""

    @property
    def is_right(self) -> bool:
        """Whether everything came out as it was reckoned."""
        ...

    def as_facts(self) -> Mapping[str, Any]:
        """Return the machine-readable form."""
        ...


def close_demo(
    slug: str,
    report: Checked,
    tell: Callable[[], None],
    *,
    data: Path,
    network: Network,
    running: RunningNetwork,
    as_json: bool,
    exit_: bool,
) -> None:
    """Show the report, in words by `tell` or as JSON; stay up unless `exit_`.

    The report is left in each node's folder, where the console finds it. Ends the command with
    exit code 1 where something came out otherwise.
    """
    facts = report.as_facts()
    for member in network.members:
        write_report(data / member.name / REPORTS, slug, facts)
    if as_json:
        print_json(facts)
    else:
        tell()
    if not exit_:
        page = f"{network.members[0].url}/apps/{slug}/report"
        out.print(f"The report with its drawings: [bold]{page}[/bold]")
        stay_up(network, running)
    if not report.is_right:
        raise typer.Exit(1)
