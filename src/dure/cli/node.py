"""`dure node`: one organisation's node, with its API, its pages and its admin socket.

`run` stands here; what is asked of a node that runs stands in `dure.cli.operating`.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from dure import api
from dure.api import bind_admin, bind_public, build_access, build_admin_app, build_public_app
from dure.api.access.callers import load_callers
from dure.application import find_applications, list_tables
from dure.chain.genesis.document import GenesisDocument, decode_genesis_file
from dure.cli.network.processes import find_process
from dure.cli.operating.attest import attest
from dure.cli.operating.diff import show_difference
from dure.cli.operating.door import open_door
from dure.cli.operating.evidence import show_evidence
from dure.cli.operating.keeper import open_keeper
from dure.cli.operating.new_key import new_key
from dure.cli.operating.peers import reload_peers
from dure.cli.operating.status import show_status
from dure.cli.unlocking import unlock
from dure.console import build_pages
from dure.contract.ports import Machine
from dure.core.errors import ConfigurationError
from dure.core.types import Milliseconds
from dure.index import Index, follow
from dure.node.catching_up import SyncSettings
from dure.node.collector import settle_collector
from dure.node.configuration import (
    NodeConfiguration,
    NodeFiles,
    load_configuration,
    locate_files,
)
from dure.node.logs import configure_logs
from dure.node.mempool import MempoolLimits
from dure.node.peers.directory import load_peers
from dure.node.pressure import Turns, open_watched_loop
from dure.node.runtime import Node, NodeParts
from dure.node.sealed.party import keep
from dure.node.verification.choice import choose_count
from dure.node.workers.choice import open_machine

app = typer.Typer(no_args_is_help=True, help="Run one organisation's node.")


@app.callback()
def about() -> None:
    """Run one organisation's node."""


app.command("attest")(attest)
app.command("diff")(show_difference)
app.command("evidence")(show_evidence)
app.command("new-key")(new_key)
app.command("reload-peers")(reload_peers)
app.command("status")(show_status)


@app.command("run")
def run(
    configuration: Annotated[Path, typer.Argument(help="The node's configuration, node.toml.")],
    *,
    votes_lost: Annotated[
        bool,
        typer.Option(
            "--votes-lost",
            help="Admit that this validator's journal or guard was lost; it stays mute until the "
            "chain is past all that it can have voted on.",
        ),
    ] = False,
) -> None:
    """Run a node until it is asked to stop (Ctrl-C, or SIGTERM).

    The passphrase of a sealed validator key, or the PIN of the token that holds it, is the first
    line of the file that the environment variable DURE_PASSPHRASE_FILE names, or is asked for.

    Example: dure node run my-network/insurer/node.toml
    """
    settings = load_configuration(configuration)
    configure_logs(settings.log.level, settings.log.format)
    with _noted_process(configuration.parent / "node.pid"):
        files = locate_files(configuration, settings)
        turns = Turns()
        with asyncio.Runner(loop_factory=lambda: open_watched_loop(turns)) as runner:
            runner.run(serve(settings, files, turns, votes_lost=votes_lost))


@contextmanager
def _noted_process(file: Path) -> Iterator[None]:
    """Say in `file` which process this is.

    So that `dure network down` finds nodes started by hand. Raise `ConfigurationError` where the
    file tells of a node that runs: it would not be found any more.
    """
    other = find_process(file.parent)
    if other not in {None, os.getpid()}:
        message = f"this node runs already, as process {other}: stop it first"
        raise ConfigurationError(message, pid=other)
    own = f"{os.getpid()}\n"
    file.write_text(own)
    try:
        yield
    finally:
        with suppress(FileNotFoundError):
            if file.read_text() == own:
                file.unlink()


async def serve(
    settings: NodeConfiguration, files: NodeFiles, turns: Turns, *, votes_lost: bool = False
) -> None:
    """Run a node with everything around it; return when it was stopped.

    `turns` are those of the event loop in which it runs.
    """
    genesis_file = _read_genesis(files.genesis)
    document = decode_genesis_file(genesis_file)
    with open_machine(settings.node.contract_workers, document.genesis.kind) as machine:
        parts = _build_parts(settings, files, document, machine)
        parts = replace(parts, votes_lost=votes_lost, turns=turns)
        await _serve_parts(parts, settings, files, genesis_file)


async def _serve_parts(
    parts: NodeParts, settings: NodeConfiguration, files: NodeFiles, genesis_file: bytes
) -> None:
    node = Node(parts)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, node.stop)
    tables = list_tables(find_applications())
    index = Index(f"sqlite:///{files.data / 'index.sqlite'}", node.executor.chain_id, tables)
    try:
        await node.start()
        settle_collector()
        async with _following(node, index), _serving(settings, files, node, index, genesis_file):
            await node.wait_stopped()
    finally:
        await node.close()
        index.close()


@asynccontextmanager
async def _following(node: Node, index: Index) -> AsyncIterator[None]:
    task = asyncio.create_task(follow(node, index))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def _serving(
    settings: NodeConfiguration, files: NodeFiles, node: Node, index: Index, genesis_file: bytes
) -> AsyncIterator[None]:
    door = open_door(settings, files, node)
    limits = door.limits
    access = build_access(node, limits, door.callers)
    party = open_keeper(node, settings.sealed, files)
    pages = build_pages(node, index, find_applications(), access, files.reports)
    public = build_public_app(
        node,
        index,
        settings=limits,
        genesis_file=genesis_file,
        access=access,
        pages=pages,
        sealed=None if party is None else party.desk,
    )
    admin = build_admin_app(
        node,
        audit=door.audit,
        callers=door.callers,
        shutdown=node.stop,
        reload_peers=lambda: _reload_peers(node, files),
        load_callers=lambda: load_callers(files.callers),
    )
    async with (
        api.serve(public, bind_public(settings.api.host, settings.api.port), limits, door.tls),
        api.serve(admin, bind_admin(files.admin_socket), limits),
        keep(party),
    ):
        yield


def _reload_peers(node: Node, files: NodeFiles) -> int:
    peers = load_peers(files.peers)
    node.change_peers(peers)
    return len(peers)


def _build_parts(
    settings: NodeConfiguration, files: NodeFiles, document: GenesisDocument, machine: Machine
) -> NodeParts:
    mempool = settings.mempool
    key, peers = unlock(files.key), load_peers(files.peers)
    return NodeParts(
        name=settings.node.name,
        document=document,
        genesis=files.genesis,
        machine=machine,
        key=key,
        guard=files.guard,
        data=files.data,
        peers=peers,
        host=settings.peers.host,
        port=settings.peers.port,
        certificate=files.certificate,
        tls_key=files.tls_key,
        authority=files.authority,
        limits=MempoolLimits(
            transactions_max=mempool.transactions_max,
            bytes_max=mempool.bytes_max,
            per_sender_max=mempool.per_sender_max,
        ),
        interval=Milliseconds(settings.blocks.interval_ms),
        fill=Milliseconds(settings.blocks.fill_ms),
        sync=SyncSettings(
            mode=settings.sync.mode,
            snapshot_behind=settings.sync.snapshot_behind,
            history=settings.sync.history,
            signatures=settings.sync.signatures,
        ),
        verify_workers=choose_count(settings.node.verify_workers, peers, key.public),
    )


def _read_genesis(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        message = f"the genesis file {path} cannot be read: {problem.strerror}"
        raise ConfigurationError(message, file=str(path)) from problem
