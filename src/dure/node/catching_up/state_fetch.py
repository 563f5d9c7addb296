"""The state of a later block, fetched in chunks that prove themselves, instead of all blocks.

| step | what happens | until |
|---|---|---|
| `OFFERS` | peers are asked for the state at one height | one offers it |
| `CHUNKS` | every subtree of the state is asked for, from all who offer it | none is missing |
| `WINDOW` | the blocks of the replay window are fetched (`window`) | all are here |
| `STAGING` | the state is written beside the old one, in parts | all is written |
| `ADOPTED` | it has become the state, in one step | |
| `FAILED` | nothing moved for a while, or nobody serves the state any more | |

Nothing is believed on the way: the header is final by the validators' history from the genesis,
each chunk hashes to the header's state root, and each block is the one named above it. A fetch that
failed leaves no trace.
"""

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Final

import structlog

from dure.chain.state_tree.gathering import Gathering
from dure.core.errors import InvalidProof
from dure.core.types import Height, Instant, PublicKey
from dure.node.catching_up import window
from dure.node.catching_up.asking import Means
from dure.node.catching_up.checks import find_offer_fault
from dure.node.catching_up.window import WindowFetch
from dure.node.messages import ChunkAnswer, GetChunk, GetSnapshot, History, SnapshotOffer

OFFER: Final = "offer"
CHUNK: Final = "chunk"
OTHERS_MS: Final = 2_000
"""After so long an offer of another height than the one asked for will do."""
FIRST_MS: Final = 4_000
"""So long nothing else is fetched, and no longer before somebody's offer is proved."""
STALLED_MS: Final = 20_000
"""Without any progress for so long the fetch has failed."""
STAGED_AT_ONCE: Final = 2_000
STAGED_BYTES: Final = 1024 * 1024
"""Keys, and bytes of keys and values, written in one go."""

log = structlog.get_logger()


class Step(Enum):
    """How far a fetch has come."""

    OFFERS = "waiting for offers of a state"
    CHUNKS = "fetching the state"
    WINDOW = "fetching the blocks before the state"
    STAGING = "writing the state"
    ADOPTED = "adopted"
    FAILED = "failed"


class StateFetch:
    """One attempt."""

    def __init__(
        self, means: Means, height: Height, now: Instant, *, on_chosen: Callable[[], None]
    ) -> None:
        """Begin to fetch the state at `height`, or at about that.

        `on_chosen` is called once, when an offered state is proved to be final.
        """
        self.step = Step.OFFERS
        self._means = means
        self._asking = means.asking
        self._executor = means.executor
        self._on_chosen = on_chosen
        self._height = height
        self._begun = self._progress = now
        self._offers: dict[PublicKey, SnapshotOffer] = {}
        self._asked_at: dict[PublicKey, Instant] = {}
        self._chosen: _Chosen | None = None
        log.info("state_fetch_begins", height=height, head=means.executor.head.header.height)

    @property
    def has_ended(self) -> bool:
        """Whether there is nothing more to do."""
        return self.step in {Step.ADOPTED, Step.FAILED}

    @property
    def is_chosen(self) -> bool:
        """Whether a state above the head was offered that is proved to be final."""
        return self._chosen is not None

    def is_first(self, now: Instant) -> bool:
        """Say whether everything else that is fetched waits for this."""
        return self.is_chosen or 0 <= now - self._begun < FIRST_MS

    def advance(self, now: Instant) -> None:
        """Ask for what is missing; give up where nothing moves."""
        # A clock that was set back keeps nobody waiting until it is where it was.
        self._begun, self._progress = min(self._begun, now), min(self._progress, now)
        chosen = self._chosen
        if self.step in {Step.OFFERS, Step.CHUNKS}:
            self._ask_for_offers(now)
        if self.step is Step.OFFERS and now >= self._begun + OTHERS_MS:
            self._choose_highest()
        elif self.step is Step.CHUNKS and chosen is not None:
            self._ask_for_chunks(chosen, now)
        elif self.step is Step.WINDOW and chosen is not None:
            chosen.window.advance(now)
        if now >= self._progress + STALLED_MS:
            log.warning("state_fetch_failed", height=self._height, step=self.step.value)
            self._end(Step.FAILED)

    def on_offer(self, peer: PublicKey, offer: SnapshotOffer, now: Instant) -> None:
        """Take in a peer's offer."""
        if not self._asking.close(peer, (OFFER, peer)):
            return
        if offer.header.height <= self._executor.head.header.height:
            self._asking.note_failure(peer)
            return
        fault = find_offer_fault(self._executor.genesis, offer)
        if fault is not None:
            self._asking.note_lie(peer, fault, now)
            return
        self._offers[peer] = offer
        if self.step is Step.OFFERS and offer.header.height == self._height:
            self._choose(offer)
            self._progress = now

    def on_chunk(self, peer: PublicKey, answer: ChunkAnswer, now: Instant) -> None:
        """Take in a chunk."""
        asked = self._asking.close(peer, (CHUNK, answer.height, answer.prefix))
        chosen = self._chosen
        if not asked or chosen is None or self.step is not Step.CHUNKS:
            return
        if answer.chunk is None:
            self._offers.pop(peer, None)
            self._asking.note_failure(peer)
            return
        try:
            is_new = chosen.gathering.add(answer.prefix, answer.chunk)
        except InvalidProof as problem:
            self._offers.pop(peer, None)
            self._asking.note_lie(peer, f"its chunk is wrong: {problem.message}", now)
            return
        self._asking.note_use(peer)
        if is_new:
            self._progress = now
        if chosen.gathering.is_complete:
            self._asking.forget(CHUNK)
            self.step = Step.WINDOW

    def on_history(self, peer: PublicKey, message: History, now: Instant) -> None:
        """Take in blocks of the replay window."""
        if self.step is Step.WINDOW and self._chosen is not None:
            self._chosen.window.on_history(peer, message, now)

    def work(self, now: Instant) -> bool:
        """Do one slice of what is here to be done; say whether there was something."""
        chosen = self._chosen
        if chosen is None or self.step not in {Step.WINDOW, Step.STAGING}:
            return False
        if self.step is Step.STAGING:
            self._stage(chosen)
            is_busy = True
        else:
            is_busy = chosen.window.work(now)
            if chosen.window.is_complete:
                self._means.disk.discard_staged()
                self.step, is_busy = Step.STAGING, True
        if is_busy:
            self._progress = now
        return is_busy

    def _ask_for_offers(self, now: Instant) -> None:
        for peer in self._means.claims.find_holders(self._height):
            again = self._asked_at.get(peer, Instant(0)) + OTHERS_MS
            if peer in self._list_sources() or self._asking.is_open((OFFER, peer)) or now < again:
                continue
            if self._asking.ask((OFFER, peer), GetSnapshot(height=self._height), [peer], now):
                self._asked_at[peer] = now

    def _choose_highest(self) -> None:
        """Take what there is, unless blocks have come as far meanwhile."""
        height = self._executor.head.header.height
        ahead = [offer for offer in self._offers.values() if offer.header.height > height]
        if ahead:
            self._choose(max(ahead, key=lambda offer: offer.header.height))

    def _choose(self, offer: SnapshotOffer) -> None:
        self._height = offer.header.height
        self._chosen = _Chosen(offer, WindowFetch(self._means, offer))
        self.step = Step.CHUNKS
        self._on_chosen()
        log.info("state_fetch_chosen", height=self._height)

    def _list_sources(self) -> list[PublicKey]:
        """Return who offers the chosen state."""
        if self._chosen is None:
            return []
        header = self._chosen.offer.header
        return [peer for peer, offer in self._offers.items() if offer.header == header]

    def _ask_for_chunks(self, chosen: "_Chosen", now: Instant) -> None:
        for prefix in chosen.gathering.missing:
            topic = (CHUNK, self._height, prefix)
            if self._asking.is_open(topic):
                continue
            question = GetChunk(height=self._height, prefix=prefix)
            if not self._asking.ask(topic, question, self._list_sources(), now):
                return

    def _stage(self, chosen: "_Chosen") -> None:
        batch = chosen.take_batch()
        if batch:
            self._means.disk.stage_state(batch)
            return
        header, gathering = chosen.offer.header, chosen.gathering
        recent, missing = chosen.window.list_recent(), chosen.window.list_missing()
        self._executor.adopt(header, gathering.items, gathering.build(), recent)
        self._means.disk.adopt_state(header.height, missing, chosen.offer.handovers)
        log.info("state_adopted", height=header.height, keys=len(gathering.items))
        self._end(Step.ADOPTED)

    def _end(self, step: Step) -> None:
        for kind in (OFFER, CHUNK, window.KIND):
            self._asking.forget(kind)
        self.step = step


class _Chosen:
    """The state that is being fetched, once it is known which."""

    def __init__(self, offer: SnapshotOffer, window: WindowFetch) -> None:
        self.offer = offer
        self.window = window
        self.gathering = Gathering(offer.header.state_root)
        self._waiting: Iterator[tuple[bytes, bytes]] | None = None

    def take_batch(self) -> list[tuple[bytes, bytes]]:
        """Return the next keys and values to be written; none at the end."""
        if self._waiting is None:
            self._waiting = iter(self.gathering.items.items())
        batch: list[tuple[bytes, bytes]] = []
        size = 0
        for key, value in self._waiting:
            batch.append((key, value))
            size += len(key) + len(value)
            if len(batch) == STAGED_AT_ONCE or size > STAGED_BYTES:
                break
        return batch
