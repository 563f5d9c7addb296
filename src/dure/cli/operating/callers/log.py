"""`dure access audit`: what was done to a node, and whether its log was tampered with."""

import re
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

from dure.api.access.audit import Entry, Place, read_entries
from dure.api.access.audit_check import Finding, check_log
from dure.cli.operating.callers.tokens import find_configuration, show
from dure.cli.output import EXIT_FAILED, JsonOption, out, print_facts, print_json
from dure.core.errors import ConfigurationError
from dure.node.configuration import load_configuration, locate_files
from dure.sdk.connection.credentials import find_credentials
from dure.sdk.connection.exchange import get
from dure.sdk.connection.transport import SyncTransport

LIMIT_MAX: Final = 500
LOG_SUFFIX: Final = ".jsonl"
ANCHOR: Final = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})", re.ASCII)

BLIND_SPOTS: Final = (
    "This check alone cannot see entries cut off at the end, a log written anew by somebody who "
    "may write the file, or what was never written. Note the end elsewhere, and give it as "
    "--anchor the next time: then the first two are seen."
)


class _Page(msgspec.Struct, frozen=True):
    """What a node answers."""

    entries: list[Entry]


def show_log(
    node: Annotated[
        str,
        typer.Argument(
            metavar="NODE", help="The node's folder, its node.toml, its log, or its address."
        ),
    ],
    *,
    after: Annotated[int, typer.Option(min=0, help="Only entries behind this number.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=LIMIT_MAX, help="How many at most.")] = 100,
    json: JsonOption = False,
) -> None:
    """Show who did what to a node. By its address this takes an auditor's token in DURE_TOKEN.

    Example: dure access audit show my-network/bank --after 200
    """
    if node.startswith(("http://", "https://")):
        entries = _fetch(node.rstrip("/"), after, limit)
    else:
        entries = read_entries(_find_log(Path(node)), after, limit)
    if json:
        print_json({"entries": [msgspec.to_builtins(entry) for entry in entries]})
        return
    for entry in entries:
        facts = ", ".join(f"{name} {value}" for name, value in entry.facts.items())
        text = f"{entry.number:>6}  {show(entry.time)}  {entry.act:<14} {entry.by}  {facts}"
        out.print(text, markup=False, highlight=False, soft_wrap=True)


def verify_log(
    node: Annotated[
        Path, typer.Argument(metavar="NODE", help="The node's folder, its node.toml, or its log.")
    ],
    *,
    anchor: Annotated[
        str | None,
        typer.Option(help="NUMBER:HASH of an entry that was noted before; it must be there."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Check that nobody changed, moved or removed entries of a node's log. Ends with 1 if so.

    Example: dure access audit verify my-network/bank
    """
    finding = check_log(_find_log(node), None if anchor is None else parse_anchor(anchor))
    if json:
        print_json(_describe(finding))
    else:
        end = f"{finding.end.number}:{finding.end.hash}"
        print_facts(
            "The log is whole" if finding.is_sound else "The log was tampered with, or is damaged",
            [("entries", finding.entries), ("oldest", finding.first), ("end", end)],
        )
        for problem in finding.problems:
            out.print(problem, markup=False, highlight=False, soft_wrap=True)
        out.print(BLIND_SPOTS, highlight=False)
    if not finding.is_sound:
        raise typer.Exit(EXIT_FAILED)


def parse_anchor(text: str) -> Place:
    """Return the entry that was noted; raise `ConfigurationError`."""
    found = ANCHOR.fullmatch(text)
    if found is None:
        raise ConfigurationError("an anchor is NUMBER:HASH, as this command prints the end")
    return Place(int(found.group(1)), found.group(2))


def _describe(finding: Finding) -> dict[str, Any]:
    return {
        "sound": finding.is_sound,
        "entries": finding.entries,
        "first": finding.first,
        "end": f"{finding.end.number}:{finding.end.hash}",
        "problems": finding.problems,
        "not_seen": BLIND_SPOTS,
    }


def _find_log(node: Path) -> Path:
    """Return a node's log, or the file itself where a log was named: the admin console's."""
    if node.suffix == LOG_SUFFIX:
        return node
    configuration = find_configuration(node)
    return locate_files(configuration, load_configuration(configuration)).audit


def _fetch(address: str, after: int, limit: int) -> list[Entry]:
    transport = SyncTransport(address, None, find_credentials())
    try:
        return transport.run(get(_Page, "/v1/audit", after=after, limit=limit)).entries
    finally:
        transport.close()
