"""Catching up as the driver sees it: who is ahead, what to fetch and how, and answers for others.

Rules
-----
1. A node that is a little behind fetches blocks; one that is far behind by the word of so many that
   one of them is right (`claims`) fetches a state, where its settings allow that. When it has heard
   of fewer yet, of one that claims so much, it waits for their word before it fetches blocks.
2. From the moment on when an offered state is proved to be final, the node takes no other part: it
   neither votes nor admits transactions, for it could not know which were executed already. Claims
   alone silence nobody: who may be asked for a state need not be a validator.
3. Work is done in slices of a few milliseconds, each ordered by a timer, so that peers and clients
   are heard in between.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal, assert_never

import structlog

from dure.chain.executor import Executor
from dure.chain.genesis.document import get_first_height
from dure.consensus.quorum import VerifyMany
from dure.core.block import Block
from dure.core.certificate import Certificate
from dure.core.types import Height, Instant, Milliseconds, PublicKey
from dure.node import messages
from dure.node.catching_up.archive import Archive
from dure.node.catching_up.asking import Asking, Means
from dure.node.catching_up.block_sync import BlockSync
from dure.node.catching_up.claims import Claims
from dure.node.catching_up.serving import Server
from dure.node.catching_up.state_fetch import StateFetch, Step
from dure.node.ports import Clock, Disk, Network

NOW_MS: Final = Milliseconds(0)
PAUSE_MS: Final = Milliseconds(10)
"""Between slices of work that has time: the history far below the head."""
REST_MS: Final = 2_000
LONG_REST_MS: Final = 60_000
WORD_MS: Final = 4_000
"""So long after the first claim that was heard the word of others is waited for."""
FAILURES_MAX: Final = 3
"""After so many fetches of a state that failed, the rest before the next is a long one."""
BEHIND_MAX: Final = 8
"""Blocks that are fetched sooner than any state; further behind is worth a line in the log."""

log = structlog.get_logger()


class Slice(Enum):
    """Names the timer of the next slice of work."""

    WORK = "work"


@dataclass(frozen=True, slots=True)
class SyncSettings:
    """How one node catches up."""

    mode: Literal["auto", "blocks", "snapshot"] = "auto"
    snapshot_behind: int = 10_000
    """In mode auto: so many blocks behind, a state is fetched instead of all blocks."""
    history: Literal["archive", "pruned"] = "archive"
    signatures: Literal["sealed", "all"] = "sealed"
    """Whether those in blocks that a quorum sealed are checked again."""

    @property
    def behind_max(self) -> int | None:
        """How many blocks this node may be behind and still fetch all; None for any number."""
        match self.mode:
            case "blocks":
                return None
            case "snapshot":
                return BEHIND_MAX
            case "auto":
                return self.snapshot_behind


CatchingUpMessage = (
    messages.Status
    | messages.GetBlocks
    | messages.Blocks
    | messages.GetHistory
    | messages.History
    | messages.GetSnapshot
    | messages.SnapshotOffer
    | messages.GetChunk
    | messages.ChunkAnswer
)


@dataclass(frozen=True, slots=True)
class Hooks:
    """What catching up has the driver do."""

    learn: Callable[[Block, Certificate], None]
    """Hand a final block to the engine; the head has moved when it returns."""
    begin: Callable[[], None]
    """Begin anew at the executor's head, which may be another one, with a fresh engine."""


class CatchingUp:
    """Brings this node to where the others are, and helps others."""

    def __init__(
        self,
        executor: Executor,
        ports: tuple[Disk, Network, Clock],
        hooks: Hooks,
        *,
        settings: SyncSettings,
        verify: VerifyMany,
    ) -> None:
        disk, network, clock = ports
        self.claims = Claims()
        self._means = Means(executor, disk, Asking(network, self.claims.drop), self.claims, verify)
        self._clock = clock
        self._hooks = hooks
        self._settings = settings
        self._is_awake = False
        self._is_behind = False
        self._server = Server(executor, disk, network)
        self._blocks = BlockSync(self._means, hooks.learn)
        self._archive = Archive(self._means)
        self._state: StateFetch | None = None
        self._failures = 0
        self._rest_until = Instant(0)
        self._heard_since: Instant | None = None

    @property
    def is_fetching_state(self) -> bool:
        """Whether a state that is proved is being fetched: the node then takes no other part."""
        return self._state is not None and self._state.is_chosen

    @property
    def oldest(self) -> Height:
        """The height from which on this node has every block up to its head."""
        missing = self._means.disk.load_missing()
        first = get_first_height(self._means.executor.genesis)
        return Height(missing[-1][1] + 1) if missing else first

    def awaits(self, peer: PublicKey) -> bool:
        """Say whether that peer was asked for something that may still come."""
        return self._means.asking.awaits(peer)

    def describe(self) -> str | None:
        """Say in words what is being fetched, None where it is nothing but blocks."""
        return None if self._state is None else self._state.step.value

    # What happens

    def on_connected(self, peer: PublicKey) -> None:
        """A peer is there anew: what it was asked before is lost."""
        self._means.asking.forget_peer(peer)

    def on_message(self, peer: PublicKey, message: CatchingUpMessage) -> None:
        """Take in what a peer says or asks; raise `PeerViolation`."""
        now = self._clock.now()
        match message:
            case messages.Status():
                self._on_status(peer, message, now)
                return
            case messages.Blocks():
                self._blocks.on_blocks(peer, message, now)
            case messages.History():
                if self._state is not None:
                    self._state.on_history(peer, message, now)
                self._archive.on_history(peer, message, now)
            case messages.SnapshotOffer():
                if self._state is not None:
                    self._state.on_offer(peer, message, now)
            case messages.ChunkAnswer():
                if self._state is not None:
                    self._state.on_chunk(peer, message, now)
            case (
                messages.GetBlocks()
                | messages.GetHistory()
                | messages.GetSnapshot()
                | messages.GetChunk()
            ):
                self._server.on_question(peer, message)
            case _:
                assert_never(message)
        self._advance(now)
        self._wake(NOW_MS)

    def on_proven(self, height: Height, holders: set[PublicKey]) -> None:
        """The engine has seen proof that blocks up to `height` exist."""
        self.claims.on_proven(height, holders)
        # In the midst of a step of the engine, which is no time to replace it by another.
        self._ask_for_blocks(self._clock.now())

    def on_tick(self) -> None:
        """Look again: called about twice a second."""
        now = self._clock.now()
        self._server.on_tick(now)
        self._advance(now)

    def on_slice(self) -> None:
        """Do the next slice of work."""
        self._is_awake = False
        now = self._clock.now()
        is_serving = self._server.work(now)
        is_fetching = self._work_on_head(now)
        is_filling = not is_fetching and self._archive.work(now)
        if is_fetching or is_filling:
            self._advance(now)
        if is_serving or is_fetching:
            self._wake(NOW_MS)
        elif is_filling:
            self._wake(PAUSE_MS)

    # Inside

    def _on_status(self, peer: PublicKey, status: messages.Status, now: Instant) -> None:
        self.claims.on_status(peer, status.height, status.oldest)
        if self._heard_since is None:
            self._heard_since = now
        self._advance(now, is_patient=True)

    def _advance(self, now: Instant, *, is_patient: bool = False) -> None:
        """Ask for what is missing; a patient one lets a block that may be on its way come."""
        self._means.asking.expire(now)
        self._tell_progress()
        self._begin_state(now)
        if self._state is not None:
            if not self._state.has_ended:
                self._state.advance(now)
            if self._state.has_ended:
                self._end_state(self._state, now)
                return
        self._ask_for_blocks(now, is_patient=is_patient)

    def _work_on_head(self, now: Instant) -> bool:
        """Bring the head nearer to the others' by one slice; say whether anything was done."""
        if self._state is not None and self._state.is_chosen:
            return self._state.work(now)
        return self._blocks.work(now)

    def _ask_for_blocks(self, now: Instant, *, is_patient: bool = False) -> None:
        if self._state is not None and self._state.is_first(now):
            return
        behind = self.claims.find_top() - self._means.executor.head.header.height
        if behind > int(is_patient) and not self._awaits_word(behind, now):
            self._blocks.advance(now)
        if self._settings.history == "archive" and not self._is_known_behind():
            self._archive.advance(now)

    def _awaits_word(self, behind: int, now: Instant) -> bool:
        """Say whether a state may be the way, and too few were heard of yet to know it."""
        behind_max = self._settings.behind_max
        if behind_max is None or behind <= behind_max or self._heard_since is None:
            return False
        is_early = 0 <= now - self._heard_since < WORD_MS
        return is_early and self.claims.find_claimed(self._means.executor.head.validators) is None

    def _is_known_behind(self) -> bool:
        """Say whether so many claim to be ahead that it is true: one liar stops no history."""
        head = self._means.executor.head
        return self.claims.is_behind(head.header.height, head.validators)

    def _tell_progress(self) -> None:
        """Say in the log when this node falls behind, and when it is level again."""
        head = self._means.executor.head
        claimed = self.claims.find_claimed(head.validators)
        height = head.header.height
        if claimed is None:
            return
        if claimed > height + BEHIND_MAX and not self._is_behind:
            self._is_behind = True
            log.info("behind", height=height, others=claimed)
        elif claimed <= height and self._is_behind:
            self._is_behind = False
            log.info("level", height=height)

    def _begin_state(self, now: Instant) -> None:
        behind_max = self._settings.behind_max
        is_resting = 0 < self._rest_until - now <= LONG_REST_MS
        if behind_max is None or self._state is not None or is_resting:
            return
        head = self._means.executor.head
        ahead = self.claims.find_height_ahead(head.header.height, head.validators)
        if ahead is None or ahead - head.header.height <= behind_max:
            return
        self._stop_blocks()
        self._state = StateFetch(self._means, ahead, now, on_chosen=self._stop_blocks)

    def _stop_blocks(self) -> None:
        self._blocks.stop()
        self._archive.stop()

    def _end_state(self, state: StateFetch, now: Instant) -> None:
        self._state = None
        if state.step is Step.FAILED:
            self._failures += 1
            pause = LONG_REST_MS if self._failures >= FAILURES_MAX else REST_MS
            self._rest_until = Instant(now + pause)
        else:
            self._failures = 0
            self._server.stop()
        if state.is_chosen:
            self._hooks.begin()

    def _wake(self, after: Milliseconds) -> None:
        if not self._is_awake:
            self._is_awake = True
            self._clock.call_later(after, Slice.WORK)
