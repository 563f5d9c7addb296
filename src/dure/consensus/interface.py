"""The one shape of every consensus engine: a pure state machine, `step(event, now) -> effects`.

The driver's duties, in this order
----------------------------------
1. Perform the effects of one step **strictly in order**. `Persist` is on disk before any later
   effect begins.
2. `SignDraft` goes to the `Signer` port, which refuses to contradict itself; the answer comes back
   as `DraftSigned`. An engine counts its own vote only then, so that no vote exists that was not
   journalled first.
3. `Finalize` (never undone) and `AdoptHead` (may be undone) go to the executor; when the block is
   durable the answer is `HeadChanged`, the only way by which an engine ever reaches another
   height.
4. A message is decoded by `decode_message`. Where the engine needs it (`is_needed`) its signatures
   (`collect_signatures`) are checked in one batch, and only then is it handed over as `Received`.
   What does not pass never reaches `step`; what is not needed is dropped unchecked. A driver may
   send a message without its block's body (`take_body`), and puts it back where it came without
   (`put_body`).
5. A timer replaces the earlier one of its kind. What fires although it was replaced or belongs to
   an older round is ignored by the engine.

An engine never opens a transaction, never does I/O, never reads a clock: `now` comes in with each
event. `step` never raises on anything that a peer can send. Source: the shape of etcd-raft's Ready
loop and Malachite's effects.
"""

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from dure.core.block import Block, Header
from dure.core.certificate import Certificate
from dure.core.signatures import SignedItem
from dure.core.types import BlockId, Height, Instant, Milliseconds, PublicKey, Round, Signature
from dure.core.validators import ValidatorSet

MessageT = TypeVar("MessageT")


@dataclass(frozen=True, slots=True)
class Timer:
    """What an engine waits for; a later one of the same kind replaces it."""

    kind: str
    height: Height
    round: Round


@dataclass(frozen=True, slots=True)
class Draft:
    """Something to be signed: the 32-byte message, and its place in the signer's order."""

    height: Height
    round: Round
    step: int
    """Rank inside one round.

    A signer refuses a lower (height, round, step) than the last, or another message at the same.
    """
    message: bytes
    payload: bytes
    """The engine's own note of what the signature is for; comes back unchanged in `DraftSigned`."""


@dataclass(frozen=True, slots=True)
class Head:
    """The newest block that the executor holds, and who decides the next one."""

    header: Header
    block_id: BlockId
    validators: ValidatorSet
    """Validators of the height after this head."""
    has_work: bool
    """Whether transactions wait or a scheduled call is due: the chain makes no empty blocks."""


# Events: what happened.


@dataclass(frozen=True, slots=True)
class Started:
    """The driver is ready: ports are open and the journal was replayed."""


@dataclass(frozen=True, slots=True)
class Received(Generic[MessageT]):
    """A peer's message, decoded, with every signature in it checked."""

    message: MessageT


@dataclass(frozen=True, slots=True)
class TimerFired:
    timer: Timer


@dataclass(frozen=True, slots=True)
class CandidateBuilt:
    """Answer to `BuildCandidate`; `block` is None where there was nothing to put into it."""

    height: Height
    round: Round
    block: Block | None


@dataclass(frozen=True, slots=True)
class CandidateJudged:
    """Answer to `JudgeCandidate`."""

    height: Height
    block_id: BlockId
    valid: bool


@dataclass(frozen=True, slots=True)
class DraftSigned:
    """Answer to `SignDraft`; `signature` is None where the signer refused."""

    draft: Draft
    signature: Signature | None


@dataclass(frozen=True, slots=True)
class WorkChanged:
    """Transactions began to wait, a scheduled call fell due, or nothing waits any more."""

    has_work: bool


@dataclass(frozen=True, slots=True)
class BlockLearned:
    """A block from a peer that is ahead. The engine checks its certificate itself."""

    block: Block
    certificate: Certificate


@dataclass(frozen=True, slots=True)
class HeadChanged:
    """The executor's head is now `head` and durable."""

    head: Head


@dataclass(frozen=True, slots=True)
class WorkFound:
    """Answer to `SeekWork`: the block, with a header for which the work was done."""

    block: Block


Event = (
    Started
    | Received[MessageT]
    | TimerFired
    | CandidateBuilt
    | CandidateJudged
    | DraftSigned
    | WorkChanged
    | BlockLearned
    | HeadChanged
    | WorkFound
)


# Effects: orders to the driver.


@dataclass(frozen=True, slots=True)
class Persist:
    """Append `record` to the journal and flush, before any later effect."""

    height: Height
    """The journal may drop records below the head's height."""
    record: bytes


@dataclass(frozen=True, slots=True)
class SignDraft:
    draft: Draft


@dataclass(frozen=True, slots=True)
class Send(Generic[MessageT]):
    """Send to one validator; silently lost where it is not connected."""

    to: PublicKey
    message: MessageT


@dataclass(frozen=True, slots=True)
class Broadcast(Generic[MessageT]):
    """Send to every other validator."""

    message: MessageT


@dataclass(frozen=True, slots=True)
class StartTimer:
    timer: Timer
    after: Milliseconds


@dataclass(frozen=True, slots=True)
class BuildCandidate:
    """Ask the executor for a block on `parent`; the answer is `CandidateBuilt`."""

    parent: BlockId
    height: Height
    round: Round
    time: Instant


@dataclass(frozen=True, slots=True)
class JudgeCandidate:
    """Ask the executor to execute `block` and compare every root; answered by `CandidateJudged`."""

    block: Block


@dataclass(frozen=True, slots=True)
class AdoptHead:
    """Make this block the head; a later one may undo it (proof of work, proof of stake)."""

    block: Block
    certificate: Certificate | None


@dataclass(frozen=True, slots=True)
class UndoHead:
    """Make the parent of this block, the head, the head again; answered by `HeadChanged`."""

    block_id: BlockId


@dataclass(frozen=True, slots=True)
class Settle:
    """Blocks up to this height are never undone any more: what undoes them may go."""

    height: Height


@dataclass(frozen=True, slots=True)
class SeekWork:
    """Look for a header with enough work; `WorkFound` answers.

    In place of any other search, and no longer than the head stays where it is.
    """

    block: Block
    target: int
    """What the header's work hash must not pass."""


@dataclass(frozen=True, slots=True)
class FetchBlock:
    """Ask peers for a block that was named as a parent and is not here; it comes as `Received`."""

    block_id: BlockId


@dataclass(frozen=True, slots=True)
class Finalize:
    """Make this block the head for ever."""

    block: Block
    certificate: Certificate


@dataclass(frozen=True, slots=True)
class CatchUp:
    """Somebody proved to be at `height` or beyond: fetch the blocks between."""

    height: Height


@dataclass(frozen=True, slots=True)
class Accuse:
    """A validator signed two contradicting statements; `evidence` proves it."""

    validator: PublicKey
    evidence: bytes


Effect = (
    Persist
    | SignDraft
    | Send[MessageT]
    | Broadcast[MessageT]
    | StartTimer
    | BuildCandidate
    | JudgeCandidate
    | AdoptHead
    | UndoHead
    | Settle
    | SeekWork
    | FetchBlock
    | Finalize
    | CatchUp
    | Accuse
)


class Engine(Protocol[MessageT]):
    """Built from its configuration, the head and the journal's records of the height after it."""

    @property
    def phase(self) -> str:
        """Where the engine stands, in one of a few fixed words."""
        ...

    def step(self, event: Event[MessageT], now: Instant) -> tuple[Effect[MessageT], ...]:
        """Take one event in and give orders out."""
        ...

    def encode_message(self, message: MessageT) -> bytes:
        """Return the message's bytes for the wire."""
        ...

    def decode_message(self, data: bytes, *, is_bare: bool = False) -> MessageT:
        """Return a peer's message; raise `InvalidEncoding`. Bounded before it is decoded.

        A bare one has a block without a body, if it has one, and is not yet fit for `step`.
        """
        ...

    def take_body(self, message: MessageT) -> tuple[MessageT, Block | None]:
        """Return the message without its block's body, and that block; None where it has none."""
        ...

    def put_body(self, message: MessageT, transactions: tuple[bytes, ...]) -> MessageT:
        """Return a bare message with its block's body.

        Raises `InvalidEncoding` where it is not the header's, or too long for `decode_message`.
        """
        ...

    def is_needed(self, message: MessageT) -> bool:
        """Say whether the message could change anything here, if its signatures are right.

        So a vote that a quorum does without costs no check. `step` ignores what is not needed.
        """
        ...

    def collect_signatures(self, message: MessageT) -> list[SignedItem]:
        """Return every signature inside; all must verify before the message is `Received`."""
        ...

    def describe(self) -> str:
        """Say in one line for an operator what the engine is doing and whom it waits for."""
        ...
