"""`dure console --admin`: the pages by which an operator runs networks on this host.

A node serves the public console by itself (`dure node run`); this is the other one. It listens on
loopback, answers to `localhost` only, and lets in whoever has a passkey of the operator's. Nodes
that it starts go on when it ends, like those of `dure network up --detach`.
"""

import asyncio
import signal
from pathlib import Path
from typing import Annotated, Final

import typer

from dure import api
from dure.api import ApiSettings, bind_public
from dure.cli.network.founding import LOOPBACK, PORT_MAX
from dure.cli.network.hosting.creating import sweep_unready
from dure.cli.network.hosting.host import Host
from dure.cli.output import out
from dure.console.admin import build_admin_console
from dure.core.errors import ConfigurationError

PORT: Final = 8690
CONNECTIONS_MAX: Final = 64
OPERATOR: Final = "operator"
"""Folder of passkeys and audit log, beside the networks; no network can be called so."""


def run_console(
    folder: Annotated[Path, typer.Argument(help="The folder that holds the networks' folders.")],
    *,
    admin: Annotated[
        bool, typer.Option("--admin", help="Say that you mean it: whoever is let in runs networks.")
    ] = False,
    port: Annotated[
        int, typer.Option(min=1, max=PORT_MAX, help="Where it listens on this host.")
    ] = PORT,
    new_passkey: Annotated[
        bool, typer.Option("--new-passkey", help="Print a token that adds one more passkey.")
    ] = False,
) -> None:
    """Run networks of this host on pages: found, start, watch, change, stop and remove them.

    Where no passkey is known yet it prints a token by which the first one is registered. FOLDER is
    made where it is not there; its part `operator` holds passkeys and audit log.

    Example: dure console --admin networks
    """
    if not admin:
        message = "each node serves its own pages; the one for networks is `dure console --admin`"
        raise ConfigurationError(message)
    try:
        (folder / OPERATOR).mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        message = f"{folder} cannot be used: {problem.strerror}"
        raise ConfigurationError(message, folder=str(folder)) from problem
    swept = sweep_unready(folder)
    if swept:
        out.print(f"Swept away, for making them was cut off: {', '.join(swept)}", soft_wrap=True)
    host = Host(folder)
    try:
        asyncio.run(_serve(host, folder / OPERATOR, port, is_new=new_passkey))
    finally:
        host.close()


async def _serve(host: Host, operator: Path, port: int, *, is_new: bool) -> None:
    console = build_admin_console(host, operator, port)
    settings = ApiSettings(allowed_hosts=frozenset(), connections_max=CONNECTIONS_MAX)
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with api.serve(console.app, bind_public(LOOPBACK, port), settings):
        out.print(f"The admin console is at http://localhost:{port}/", soft_wrap=True)
        if is_new or not console.passkeys.all:
            token = console.passkeys.draw_token()
            out.print(f"Register a passkey there with this token: {token}", soft_wrap=True)
            out.print("It is good once, and until this process ends.")
        out.print("Ctrl-C ends the console; networks go on.")
        await stopping.wait()
