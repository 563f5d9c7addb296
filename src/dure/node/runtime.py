"""A real node: the driver on RocksDB, TLS and wall time, inside one asyncio event loop.

Anything that the driver raises past its own handling (the disk refused, the ledger diverged, an
assertion of ours failed) ends the node at once with the reason: a node that no longer knows what is
true says nothing.
"""

import asyncio
import datetime as dt
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from dure.chain.executor import Executor
from dure.chain.genesis.document import EngineKind, GenesisDocument, get_first_height
from dure.chain.transaction import Transaction
from dure.consensus import solo
from dure.consensus.interface import Engine, Head
from dure.consensus.pbft import records
from dure.consensus.pbft.engine import PbftEngine
from dure.consensus.pbft.messages import Decided
from dure.consensus.solo import SoloEngine
from dure.contract.ports import Machine
from dure.core.attestation import Attestation
from dure.core.errors import DureError, InvalidTransaction, TimedOut, Unavailable
from dure.core.types import Height, Milliseconds, PublicKey, TransactionId
from dure.identity.keys import Key
from dure.node.catching_up import SyncSettings
from dure.node.clock import SystemClock
from dure.node.diagnosis import Standing, explain
from dure.node.dissemination import BodyCounts
from dure.node.driver import Driver, DriverSettings, Ports
from dure.node.driver.execution import FILL_MS_DEFAULT
from dure.node.driver.halt import Halt, write_dump
from dure.node.driver.muteness import Muteness
from dure.node.driver.phases import Phases
from dure.node.durable.inheritance import load_inherited
from dure.node.durable.recollection import recollect
from dure.node.durable.signer import FileSigner
from dure.node.durable.storage import JOURNAL_NAME, RocksDisk
from dure.node.durable.store import DATABASE_NAME, LOG_NAME
from dure.node.gateway import (
    KeptHistory,
    NodeStatus,
    Notice,
    PeerStatus,
    StorageUse,
    WaitingTransaction,
)
from dure.node.mempool import MempoolLimits
from dure.node.messages import split_envelopes
from dure.node.peers.admission import ChainAdmission
from dure.node.peers.directory import Peer
from dure.node.peers.network import LocalNode, PeerNetwork
from dure.node.peers.renewal import Renewal
from dure.node.ports import StoredBlock
from dure.node.presence import build_statement
from dure.node.pressure import Gate, Lanes, Turns
from dure.node.pressure.gate import TURN_WAIT_S
from dure.node.subscriptions import Subscriptions
from dure.node.verification.arrivals import Arrivals
from dure.node.verification.pool import Pool
from dure.node.verification.requests import Counts
from dure.proof.file import Handover

SUBMIT_CHUNK = 50
"""Envelopes checked in one go: about four milliseconds of the event loop."""
SUBMIT_BYTES = 32 * 1024
"""Bytes of them: one envelope may hold 64 signatures, and these few together 330: 15 ms."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class NodeParts:
    """What a node is made of."""

    name: str
    document: GenesisDocument
    genesis: Path
    """The document's file; what a chain with a predecessor begins with lies beside it."""
    machine: Machine
    key: Key
    guard: Path
    """File of the signer's memory."""
    data: Path
    """Folder of the store and the journal."""
    peers: tuple[Peer, ...]
    host: str
    port: int
    certificate: Path
    tls_key: Path
    limits: MempoolLimits
    authority: Path | None = None
    """Folder of the organisation's authority, where the node renews its certificate by itself."""
    sync: SyncSettings = field(default_factory=SyncSettings)
    interval: Milliseconds = field(default=Milliseconds(0))
    """Between two blocks that it makes: `driver.spacing`."""
    fill: Milliseconds = field(default=Milliseconds(FILL_MS_DEFAULT))
    """How long it fills a block at least: `driver.execution`."""
    votes_lost: bool = False
    """The operator's word that this validator may have forgotten votes: `driver.muteness`."""
    turns: Turns = field(default_factory=Turns)
    """Of the event loop in which the node runs, where they are noted."""
    verify_workers: int = 0
    """Processes that check clients' signatures ahead of the driver."""


class Node:
    """A running node: `dure.node.gateway.Gateway` for whatever runs in the same process."""

    def __init__(self, parts: NodeParts) -> None:
        self._parts = parts
        self._subscriptions = Subscriptions()
        self._stopped = asyncio.Event()
        self._failure: BaseException | None = None
        self._disk = RocksDisk(parts.data, parts.key.public)
        is_fresh = self._disk.load_head() is None
        genesis = parts.document.genesis
        inherited = load_inherited(parts.genesis, genesis) if is_fresh else None
        self._executor = Executor(parts.document, parts.machine, inherited)
        self._signer, self._muteness = self._open_signer()
        self._clock = SystemClock(lambda name: self._guard(self._driver.on_timer, name))
        local = LocalNode(
            key=parts.key.public,
            chain_id=self._executor.chain_id,
            host=parts.host,
            port=parts.port,
            certificate=parts.certificate,
            tls_key=parts.tls_key,
        )
        self._lanes = Lanes(lambda peer, data: self._guard(self._driver.on_frame, peer, data))
        self._gate = Gate(time.monotonic)
        self._clients_turn = asyncio.Lock()
        """Clients' chunks are taken one after the other, in the order in which they came."""
        self._pool = Pool(parts.verify_workers)
        self._arrivals = Arrivals(self._executor, self._pool, self._lanes.put)
        on_frame = self._arrivals.put if parts.verify_workers else self._lanes.put
        self._network = PeerNetwork(
            local,
            parts.peers,
            on_frame,
            on_change=self._on_peer_change,
            admission=ChainAdmission(
                self._executor.view, lambda: self._executor.head.validators, self._clock.now
            ),
        )
        self._renewal = Renewal(
            parts.certificate,
            parts.tls_key,
            parts.authority,
            get_time=lambda: dt.datetime.now(dt.UTC),
            on_changed=self._network.reload_certificate,
        )
        self._renewing: asyncio.Task[None] | None = None
        signer = self._muteness or self._signer
        ports = Ports(self._disk, self._network, self._clock, signer)
        self._driver = Driver(
            self._executor,
            ports,
            engine_factory=self._build_engine,
            observer=self,
            settings=DriverSettings(parts.limits, parts.sync, parts.interval, parts.fill),
        )

    # Life

    async def start(self) -> None:
        """Listen, dial and begin to take part."""
        self._pool.start()
        await self._network.start()
        self._renewing = asyncio.create_task(self._renewal.run())
        self._guard(self._driver.start)
        # Until here only the genesis was known; who certifies whom may have changed since.
        self._network.review()
        log.info("node_started", node=self._parts.name, height=self._executor.head.header.height)

    async def wait_stopped(self) -> None:
        """Return when somebody stopped the node; raise what made it stop by itself."""
        await self._stopped.wait()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Ask the node to stop."""
        self._stopped.set()

    def change_peers(self, peers: tuple[Peer, ...]) -> None:
        """Know these peers from now on; raise `ConfigurationError`, and nothing has changed."""
        self._network.change_peers(peers)

    async def close(self) -> None:
        """Give everything back; the store is closed cleanly."""
        self._stopped.set()
        self._clock.close()
        self._lanes.close()
        self._subscriptions.close()
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.gather(self._renewing, return_exceptions=True)
        await self._network.close()
        await self._pool.close()
        self._signer.close()
        self._disk.close()

    # Gateway

    @property
    def executor(self) -> Executor:
        """The ledger at the head."""
        return self._executor

    @property
    def document(self) -> GenesisDocument:
        """The genesis document of the chain."""
        return self._parts.document

    @property
    def phases(self) -> Phases:
        return self._driver.phases

    @property
    def turns(self) -> Turns:
        return self._parts.turns

    @property
    def bodies(self) -> BodyCounts:
        return self._driver.dissemination.counts

    @property
    def verification(self) -> Counts:
        return self._pool.counts

    def get_status(self) -> NodeStatus:
        head, executor = self._executor.head, self._executor
        peers = tuple(
            PeerStatus(
                key=peer.key,
                name=peer.name,
                connected=peer.is_connected,
                height=self._driver.catching_up.claims.get_height(peer.key),
                bytes_sent=peer.bytes_sent,
                frames_sent=peer.frames_sent,
            )
            for peer in self._network.status()
        )
        standing = self._build_standing(peers)
        return NodeStatus(
            name=self._parts.name,
            chain_id=executor.chain_id,
            chain_name=executor.genesis.name,
            test=executor.genesis.test,
            height=head.header.height,
            block_time=head.header.time,
            ledger_time=executor.ledger_time,
            state_root=head.header.state_root,
            validator_key=self._signer.key,
            is_validator=self._signer.key in head.validators,
            engine=self._describe_activity(standing.activity),
            explanation=explain(standing),
            waiting=len(self._driver.mempool),
            peers=peers,
            syncing=standing.height_ahead is not None,
        )

    def list_waiting(self, count: int) -> list[WaitingTransaction]:
        return [WaitingTransaction(*each) for each in self._driver.mempool.list_oldest(count)]

    def measure_storage(self) -> StorageUse:
        data = self._parts.data
        return StorageUse(
            log_bytes=_measure(data / LOG_NAME),
            state_bytes=_measure(data / DATABASE_NAME),
            journal_bytes=_measure(data / JOURNAL_NAME),
            history=self._parts.sync.history,
        )

    def _build_standing(self, peers: Sequence[PeerStatus]) -> Standing:
        head = self._executor.head
        return Standing(
            height=head.header.height,
            head_age=Milliseconds(self._clock.now() - head.header.time),
            has_work=self._driver.has_work,
            activity=self._driver.engine.describe(),
            validators=head.validators,
            own_key=self._signer.key,
            peers={peer.key: peer.height for peer in peers if peer.connected},
            silence=self._describe_silence(),
            mute=self._driver.mute_peers,
            fetching=self._driver.catching_up.describe(),
        )

    async def submit(self, envelopes: Sequence[bytes]) -> list[TransactionId | InvalidTransaction]:
        if self._driver.catching_up.is_fetching_state:
            raise Unavailable("this node is fetching the chain's state: ask another, or later")
        answers: list[TransactionId | InvalidTransaction] = []
        chunks = split_envelopes(envelopes, count_max=SUBMIT_CHUNK, bytes_max=SUBMIT_BYTES)
        async for chunk in self._arrivals.check_ahead(chunks, lambda: self._count_room() > 0):
            answers += await self._submit_chunk(chunk)
        return answers

    async def _submit_chunk(
        self, envelopes: Sequence[bytes]
    ) -> list[TransactionId | InvalidTransaction]:
        """Hand over as many as there is room for, when it is their turn; refuse the others."""
        asked = time.monotonic()
        answers: list[TransactionId | InvalidTransaction] = []
        async with self._clients_turn:
            is_late = time.monotonic() - asked > TURN_WAIT_S
            room = 0 if is_late else self._count_room()
            if room > 0:
                answers += self._guard(self._driver.submit, envelopes[:room]) or []
                # Whoever comes next has a turn of the loop after this one.
                await asyncio.sleep(0)
        refused = len(envelopes) - room
        if refused > 0:
            answers += [self._gate.refuse(len(self._driver.mempool))] * refused
        return answers

    def _count_room(self) -> int:
        mempool, block_gas = self._driver.mempool, self._executor.parameters.block_gas_max
        return self._gate.count_room(len(mempool), mempool.gas, block_gas)

    async def wait_final(
        self, transaction_id: TransactionId, timeout_s: float
    ) -> tuple[StoredBlock, int]:
        found = self.find_transaction(transaction_id)
        if found is None:
            await self._subscriptions.wait(transaction_id, timeout_s)
            found = self.find_transaction(transaction_id)
        if found is None:
            raise TimedOut("not final yet; it may still become so")
        stored = self.load_block(found[0])
        assert stored is not None, "an indexed block is stored"
        return stored, found[1]

    def load_block(self, height: Height) -> StoredBlock | None:
        return self._disk.load_block(height)

    def load_handover(self, height: Height) -> Handover | None:
        return self._disk.load_handover(height)

    def get_history(self) -> KeptHistory:
        oldest = self._driver.catching_up.oldest
        has_gap = bool(self._disk.load_missing())
        return KeptHistory(oldest, has_gap and self._parts.sync.history == "archive")

    def find_transaction(self, transaction_id: TransactionId) -> tuple[Height, int] | None:
        return self._disk.find_transaction(transaction_id)

    def attest(self) -> Attestation:
        silence = self._describe_silence()
        if silence is not None:
            raise Unavailable(f"this node signs nothing: it is {silence}")
        statement = build_statement(self.get_status(), self._executor.head, self._clock.now())
        return Attestation(statement, self._signer.attest(statement))

    def subscribe(self, from_height: Height) -> AsyncIterator[Notice]:
        first = Height(max(from_height, get_first_height(self._executor.genesis)))
        return self._subscriptions.subscribe(first, self._disk.load_block)

    # Observer of the driver

    def on_block(self, stored: StoredBlock, transaction_ids: Sequence[TransactionId]) -> None:
        """Tell subscribers and those who wait."""
        self._gate.on_block(len(transaction_ids), len(self._driver.mempool))
        self._subscriptions.on_block(stored, transaction_ids)
        # Whoever the block expelled is cut off with it.
        self._network.review()

    def on_dropped(self, transaction: Transaction, reason: InvalidTransaction) -> None:
        """Tell those who wait."""
        self._subscriptions.on_dropped(transaction, reason)

    # Inside

    def _build_engine(self, head: Head, journal: Sequence[bytes]) -> Engine[Any]:
        key, chain_id = self._signer.key, self._executor.chain_id
        if self._executor.genesis.engine is EngineKind.SOLO:
            return SoloEngine(key, chain_id, head, journal)
        newest = self._disk.load_head()
        decided = None if newest is None else Decided(newest.block, newest.certificate)
        return PbftEngine(key, chain_id, head, journal, decided=decided)

    def _open_signer(self) -> tuple[FileSigner, Muteness | None]:
        """Return the guarded signer, and what keeps it silent where votes may be forgotten."""
        parts = self._parts
        is_solo = parts.document.genesis.engine is EngineKind.SOLO
        memory = recollect(
            self._disk,
            parts.guard,
            parts.key,
            read_place=solo.read_place if is_solo else records.read_place,
            votes_lost=parts.votes_lost,
        )
        if memory.loss is None:
            if parts.votes_lost:
                log.warning("no_votes_lost", node=parts.name, reason="journal and guard are whole")
            return memory.signer, None
        muteness = Muteness(
            memory.signer,
            memory.loss.describe(),
            votes_lost=parts.votes_lost,
            begin_journal_anew=self._disk.begin_journal_anew,
        )
        log.error("node_is_mute", node=parts.name, reason=memory.loss.describe())
        return memory.signer, muteness

    def _describe_silence(self) -> str | None:
        return None if self._muteness is None else self._muteness.describe()

    def _describe_activity(self, engine: str) -> str:
        silence = self._describe_silence()
        fetching = self._driver.catching_up.describe()
        return "; ".join(text for text in (silence, fetching or engine) if text is not None)

    def _on_peer_change(self, peer: PublicKey, is_connected: bool) -> None:  # noqa: FBT001
        if is_connected:
            self._guard(self._driver.on_connected, peer)
        else:
            self._arrivals.forget(peer)
            self._lanes.forget(peer)

    def _guard(self, action: Callable[..., Any], *arguments: object) -> Any:
        if self._stopped.is_set():
            return None
        try:
            return action(*arguments)
        except Exception as problem:  # the outer edge: nothing may go on after an unexpected error
            # First of all: where the disk is full, the log may be on it.
            self._failure = problem
            self._stopped.set()
            self._tell_why(problem)
            return None

    def _tell_why(self, problem: Exception) -> None:
        ours = not isinstance(problem, DureError)
        log.critical("node_stops", node=self._parts.name, reason=repr(problem), exc_info=ours)
        if isinstance(problem, Halt):
            file = write_dump(self._parts.data, problem)
            log.critical("node_left_a_dump", node=self._parts.name, file=str(file))


def _measure(path: Path) -> int:
    """Return the bytes of a file, or of the files in a folder; some may go away meanwhile."""
    files = path.rglob("*") if path.is_dir() else (path,)
    total = 0
    for file in files:
        with suppress(OSError):
            total += file.stat().st_size
    return total
