"""`dure access token`: callers of nodes whose folders lie on this host."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.table import Table

from dure.api.access.callers import (
    BURST_DEFAULT,
    NAME,
    RATE_BOUNDS,
    RATE_DEFAULT,
    CallerRecord,
    CallersFile,
    add_caller,
    load_callers,
    locked_callers,
    remove_caller,
    save_callers,
)
from dure.api.access.roles import Role
from dure.api.access.tokens import generate_token
from dure.api.app import read_wall_ms
from dure.cli.operating.admin import ask_admin
from dure.cli.operating.folders import CONFIGURATION
from dure.cli.operating.noting import write_down
from dure.cli.output import JsonOption, err, out, print_facts, print_json
from dure.core.errors import ConfigurationError, Unavailable
from dure.node.configuration import load_configuration, locate_files

Nodes = Annotated[
    list[Path], typer.Argument(metavar="NODE...", help="Each node's folder, or its node.toml.")
]
NodeArgument = Annotated[
    Path, typer.Argument(metavar="NODE", help="The node's folder, or its node.toml.")
]
UNITS_MS: Final = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}
DAYS_MAX: Final = 3_660


def create_token(
    nodes: Nodes,
    *,
    name: Annotated[str, typer.Option("--name", help="What the log calls the caller.")],
    role: Annotated[Role, typer.Option("--role", help="What the caller may do.")],
    expires: Annotated[
        str, typer.Option("--expires", help="For how long, such as 12h or 90d; or never.")
    ] = "90d",
    rate: Annotated[
        float, typer.Option(help="Requests a second, on average.", min=RATE_BOUNDS[0])
    ] = RATE_DEFAULT,
    burst: Annotated[float, typer.Option(help="Requests at once.", min=1)] = BURST_DEFAULT,
    json: JsonOption = False,
) -> None:
    """Give out a token. It is shown this once; the nodes keep only its hash.

    A reader reads, a submitter sends transactions too, an auditor reads and sees the log of
    administration, an operator may do all of these. Several nodes take the same token.

    Example: dure access token create my-network/bank --name reporting --role reader
    """
    if not NAME.fullmatch(name):
        raise ConfigurationError("a caller's name has 1 to 64 letters, digits and . _ -")
    if rate > RATE_BOUNDS[1] or burst > RATE_BOUNDS[1]:
        raise ConfigurationError(f"nobody asks more than {RATE_BOUNDS[1]:,.0f} times a second")
    token, now = generate_token(), read_wall_ms()
    record = CallerRecord(
        id=token.caller_id,
        name=name,
        role=role,
        token_digest=token.digest,
        created=now,
        expires=parse_expiry(expires, now),
        requests_per_second=rate,
        requests_burst=burst,
    )
    facts = {"caller": name, "id": record.id, "role": role.value, "expires": show(record.expires)}
    untold = _change_all(nodes, "token_created", facts, lambda file: add_caller(file, record))
    if json:
        print_json({"token": token.text, "nodes_untold": untold} | facts)
        return
    print_facts(f"A token for {name}", facts.items())
    out.print("Keep it as a password; it is not shown again:")
    typer.echo(token.text)
    _warn(untold)


def list_tokens(node: NodeArgument, *, json: JsonOption = False) -> None:
    """List the callers that a node's file names.

    Example: dure access token list my-network/bank
    """
    configuration = find_configuration(node)
    files = locate_files(configuration, load_configuration(configuration))
    callers = load_callers(files.callers).callers
    if json:
        fields = ("id", "name", "role", "created", "expires")
        rates = ("requests_per_second", "requests_burst")
        rows = [{name: getattr(each, name) for name in fields + rates} for each in callers]
        print_json({"callers": rows})
        return
    table = Table("name", "role", "expires", "requests a second", "id", box=None)
    for each in callers:
        rate = f"{each.requests_per_second:g}, {each.requests_burst:g} at once"
        expires = show(each.expires)
        if each.expires is not None and each.expires <= read_wall_ms():
            expires += " (over)"
        table.add_row(each.name, each.role.value, expires, rate, each.id)
    out.print(table)


def revoke_token(
    nodes: Nodes,
    *,
    name: Annotated[str, typer.Option("--name", help="The caller's name or id.")],
    json: JsonOption = False,
) -> None:
    """Make a token worth nothing, at once; streams that it opened end within a second.

    Example: dure access token revoke my-network/bank --name reporting
    """
    facts = {"caller": name}
    untold = _change_all(nodes, "token_revoked", facts, lambda file: remove_caller(file, name))
    if json:
        print_json({"nodes_untold": untold} | facts)
        return
    out.print(f"{name} is unknown from now on", highlight=False)
    _warn(untold)


def find_configuration(node: Path) -> Path:
    """Return the file that a node's folder holds, or that was named."""
    return node / CONFIGURATION if node.is_dir() else node


def parse_expiry(text: str, now: int) -> int | None:
    """Return until when, in milliseconds since 1970; raise `ConfigurationError`."""
    if text == "never":
        return None
    found = re.fullmatch(r"([0-9]{1,7})([mhd])", text, re.ASCII)
    lasts = int(found.group(1)) * UNITS_MS[found.group(2)] if found else 0
    if not 0 < lasts <= DAYS_MAX * UNITS_MS["d"]:
        message = f"say for how long as 30m, 12h or 90d, at most {DAYS_MAX} days; or never"
        raise ConfigurationError(message)
    return now + lasts


def show(moment: int | None) -> str:
    """Return a moment as people read it, in UTC."""
    if moment is None:
        return "never"
    return datetime.fromtimestamp(moment / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _change_all(
    nodes: list[Path],
    act: str,
    facts: dict[str, str],
    change: Callable[[CallersFile], CallersFile],
) -> list[str]:
    """Change each node's file; return the nodes that do not run, or could not be told."""
    configurations = [find_configuration(node) for node in nodes]
    # All are looked at first, so that a mistake changes none of them.
    for configuration in configurations:
        files = locate_files(configuration, load_configuration(configuration))
        change(load_callers(files.callers))
    return [
        str(each) for each in configurations if not _change(each, act, facts=facts, change=change)
    ]


def _change(
    configuration: Path,
    act: str,
    *,
    facts: dict[str, str],
    change: Callable[[CallersFile], CallersFile],
) -> bool:
    """Change one node's file; return whether the node knows."""
    settings = load_configuration(configuration)
    files = locate_files(configuration, settings)
    with locked_callers(files.callers):
        changed = change(load_callers(files.callers))
        write_down(settings, files, act, facts)
        save_callers(files.callers, changed)
    try:
        ask_admin(configuration, "/v1/admin/access")
    except Unavailable as problem:
        err.print(problem.message, highlight=False, soft_wrap=True)
        return False
    return True


def _warn(untold: list[str]) -> None:
    for node in untold:
        text = f"{node} was not told: it reads the file when it starts"
        err.print(text, highlight=False, soft_wrap=True)
