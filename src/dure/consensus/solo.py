"""Solo: one organisation decides alone. The smallest engine, under the same discipline.

Rules
-----
1. The one validator builds a block when there is work, and only then.
2. The block is journalled before it is sealed. A restarted validator seals the journalled block
   again and never another one of that height.
3. The certificate is one seal of round 0. A node that is not the validator follows through
   `BlockLearned`.
4. After `Finalize` nothing happens until `HeadChanged`.
5. Where the signer refuses, the engine stays mute at this height and says so.

No message is ever sent: followers fetch blocks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Never, assert_never

from dure.consensus.body import has_own_body
from dure.consensus.interface import (
    BlockLearned,
    BuildCandidate,
    CandidateBuilt,
    CandidateJudged,
    Draft,
    DraftSigned,
    Effect,
    Event,
    Finalize,
    Head,
    HeadChanged,
    Persist,
    Received,
    SignDraft,
    Started,
    TimerFired,
    WorkChanged,
    WorkFound,
)
from dure.consensus.quorum import VerifyMany, validate_certificate
from dure.core.block import Block, compute_block_id
from dure.core.certificate import Certificate, Seal, SealStatement, compute_seal_message
from dure.core.codec import Wire, decode, encode
from dure.core.errors import InvalidCertificate, InvalidEncoding
from dure.core.signatures import SignedItem, verify_many
from dure.core.types import ChainId, Height, Instant, PublicKey, Round, Signature

SEAL_STEP = 0
ONLY_ROUND = Round(0)


class SoloRecord(Wire, frozen=True, tag="solo1.block"):
    """Journal: this block, and no other of its height, will be sealed."""

    block: Block


SoloEffects = tuple[Effect[Never], ...]


def read_place(data: bytes) -> tuple[int, int, int]:
    """Return (height, round, step) of the seal that a record announces."""
    return decode(SoloRecord, data).block.header.height, ONLY_ROUND, SEAL_STEP


@dataclass(slots=True)
class _Height:
    """What is known of the height being decided."""

    block: Block | None = None
    building: bool = False
    decided: bool = False
    refused: bool = False


@dataclass(slots=True)
class SoloEngine:
    """The engine of a private chain with one validator. A key that is not in the set follows."""

    own_key: PublicKey
    chain_id: ChainId
    head: Head
    journal: Sequence[bytes]
    verify: VerifyMany = verify_many
    _now: _Height = field(init=False)

    def __post_init__(self) -> None:
        self._now = _Height()
        for data in self.journal:
            record = decode(SoloRecord, data)
            if record.block.header.height == self.head.header.height + 1:
                self._now.block = record.block

    def step(self, event: Event[Never], now: Instant) -> SoloEffects:
        """Take one event in and give orders out."""
        match event:
            case Started() if self._now.block is not None:
                return self._seal(self._now.block)
            case Started() | CandidateJudged() | TimerFired() | Received() | WorkFound():
                pass
            case WorkChanged(has_work):
                self.head = replace(self.head, has_work=has_work)
            case CandidateBuilt():
                return self._on_built(event)
            case DraftSigned(draft, signature):
                return self._on_signed(draft, signature)
            case BlockLearned(block, certificate):
                return self._finalize(block, certificate)
            case HeadChanged(head):
                if head.header.height > self.head.header.height:
                    self._now = _Height()
                    self.head = head
            case _:
                assert_never(event)
        return self._build(now)

    def _build(self, now: Instant) -> SoloEffects:
        state, parent = self._now, self.head.header
        idle = not self.head.has_work or self.own_key not in self.head.validators
        if idle or state.building or state.block is not None or state.decided:
            return ()
        state.building = True
        time = Instant(max(now, parent.time + 1))
        return (BuildCandidate(self.head.block_id, self._height, ONLY_ROUND, time),)

    def _on_built(self, built: CandidateBuilt) -> SoloEffects:
        state = self._now
        if built.height != self._height or not state.building or state.decided:
            return ()
        state.building = False
        if built.block is None:
            self.head = replace(self.head, has_work=False)
            return ()
        state.block = built.block
        record = encode(SoloRecord(block=built.block))
        return (Persist(self._height, record), *self._seal(built.block))

    def _seal(self, block: Block) -> SoloEffects:
        statement = SealStatement(
            chain_id=self.chain_id,
            height=self._height,
            round=ONLY_ROUND,
            block_id=compute_block_id(block.header),
        )
        message = compute_seal_message(statement)
        return (SignDraft(Draft(self._height, ONLY_ROUND, SEAL_STEP, message, b"")),)

    def _on_signed(self, draft: Draft, signature: Signature | None) -> SoloEffects:
        block = self._now.block
        if draft.height != self._height or block is None:
            return ()
        if signature is None:
            self._now.refused = True
            return ()
        seal = Seal(validator=self.own_key, signature=signature)
        return self._finalize(block, Certificate(round=ONLY_ROUND, seals=(seal,)))

    def _finalize(self, block: Block, certificate: Certificate) -> SoloEffects:
        header = block.header
        place = (header.chain_id, header.height, header.previous)
        follows = place == (self.chain_id, self._height, self.head.block_id)
        if self._now.decided or not follows or not has_own_body(block):
            return ()
        try:
            validate_certificate(header, certificate, self.head.validators, verify=self.verify)
        except InvalidCertificate:
            return ()
        self._now.decided = True
        return (Finalize(block, certificate),)

    @property
    def _height(self) -> Height:
        return Height(self.head.header.height + 1)

    def encode_message(self, message: Never) -> bytes:
        """Never called: there are no messages."""
        assert_never(message)

    def decode_message(self, data: bytes, *, is_bare: bool = False) -> Never:
        """Refuse whatever a peer sends."""
        text = f"a solo chain has no consensus messages, yet {len(data)} bytes came"
        raise InvalidEncoding(text)

    def take_body(self, message: Never) -> tuple[Never, Block | None]:
        """Never called: there are no messages."""
        assert_never(message)

    def put_body(self, message: Never, transactions: tuple[bytes, ...]) -> Never:
        """Never called: there are no messages."""
        assert_never(message)

    def is_needed(self, message: Never) -> bool:
        """Never called: there are no messages."""
        assert_never(message)

    def collect_signatures(self, message: Never) -> list[SignedItem]:
        """Never called: there are no messages."""
        assert_never(message)

    @property
    def phase(self) -> str:
        """Where the engine stands: idle, building a block, or writing the final block."""
        if self._now.decided:
            return "writing the final block"
        at_work = self._now.building or self._now.block is not None
        return "building a block" if at_work else "idle"

    def describe(self) -> str:
        """Say in one line what the engine waits for."""
        height = self._height
        if self._now.decided:
            return f"height {height}: decided, waiting for the disk"
        if self._now.refused:
            return f"height {height}: the signer refused; this validator is mute at this height"
        if self.own_key not in self.head.validators:
            return f"height {height}: following; the validator's next block has not arrived"
        if self._now.building or self._now.block is not None:
            return f"height {height}: building and sealing a block"
        return f"height {height}: idle, no transaction waits"
