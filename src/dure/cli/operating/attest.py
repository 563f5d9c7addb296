"""`dure node attest`: have a node say, signed by its consensus key, that it runs and is in sync.

The members put such attestations into a change of the validators. The node makes them for whoever
may open its admin socket, so this runs on the node's own host; the file is then sent to whoever
prepares the change.
"""

from pathlib import Path
from typing import Annotated, Any, Final, cast

import msgspec
import typer

from dure.chain.system import PRESENCE_MS
from dure.cli.operating.admin import OwnNode, ask_admin
from dure.cli.output import JsonOption, out, print_facts, print_json
from dure.core.attestation import Attestation
from dure.core.errors import ConfigurationError, InvalidEncoding
from dure.identity.files import write_new_file
from dure.proof import json_form

FILE_BYTES_MAX: Final = 4096


def attest(
    configuration: OwnNode,
    *,
    file: Annotated[
        Path | None, typer.Option("--out", help="Write it into this new file instead.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Have a running node sign that it runs, is in sync and holds its validator key.

    It counts for ten minutes. A node that follows, catches up or is mute says so instead: mute
    nodes and nodes that are behind sign nothing, and whoever only follows may.

    Example: dure node attest my-network/echo/node.toml --out echo.attestation.json
    """
    attestation = request_attestation(configuration)
    form = render_attestation(attestation)
    if file is not None:
        write_new_file(file, msgspec.json.format(msgspec.json.encode(form)) + b"\n", mode=0o644)
    if json or file is None:
        print_json(form)
        return
    statement = attestation.statement
    print_facts(
        f"Attestation in {file}",
        [
            ("validator key", statement.validator.hex()),
            ("chain", statement.chain_id.hex()),
            ("newest final block", statement.height),
        ],
    )
    minutes = PRESENCE_MS // 60_000
    out.print(f"It counts for {minutes} minutes: send it to whoever prepares the change.")


def request_attestation(configuration: Path) -> Attestation:
    """Return the word of the node that runs by this configuration; raise `Unavailable`."""
    content = ask_admin(configuration, "/v1/admin/attest")
    return _read(content, "attestation", f"the answer of {configuration}'s node")


def load_attestation(file: Path) -> Attestation:
    """Return the attestation in a file; raise `ConfigurationError`."""
    try:
        with file.open("rb") as opened:
            data = opened.read(FILE_BYTES_MAX + 1)
    except OSError as problem:
        message = f"the attestation {file} cannot be read: {problem.strerror}"
        raise ConfigurationError(message, file=str(file)) from problem
    return _read(data, None, str(file))


def render_attestation(attestation: Attestation) -> dict[str, Any]:
    """Return the JSON object that the file holds."""
    return cast("dict[str, Any]", json_form.render(Attestation, attestation))


def _read(data: bytes, inside: str | None, where: str) -> Attestation:
    try:
        if len(data) > FILE_BYTES_MAX:
            raise InvalidEncoding(f"it has more than {FILE_BYTES_MAX} bytes")
        form = msgspec.json.decode(data)
        return json_form.parse(Attestation, form if inside is None else form[inside])
    except (InvalidEncoding, msgspec.MsgspecError, RecursionError, KeyError, TypeError) as problem:
        message = f"{where} holds no attestation of `dure node attest`: {problem}"
        raise ConfigurationError(message, file=where) from problem
