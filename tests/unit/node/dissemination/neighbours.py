"""Two nodes that say blocks to each other, with the wire and the time in the test's hands."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from dure.consensus.pbft.engine import PbftEngine
from dure.consensus.pbft.messages import Decided, Message
from dure.core.block import Block, compute_envelope_id, compute_transaction_root
from dure.core.codec import decode
from dure.core.types import ChainId, Instant, Milliseconds, PublicKey
from dure.node import messages
from dure.node.dissemination import Again, Dissemination, Hooks
from tests.conformance.fakes import make_genesis, make_validators
from tests.unit.node.blocks import build_stored

ALICE, BOB, EVE = (PublicKey(name * 32) for name in (b"a", b"b", b"e"))


@dataclass
class Wire:
    """`Network` and `Clock` of one node."""

    sent: list[tuple[PublicKey, Any]] = field(default_factory=list)
    cut_off: list[PublicKey] = field(default_factory=list)
    timers: list[tuple[Milliseconds, object]] = field(default_factory=list)
    now_ms: int = 1_000_000

    def send(self, peer: PublicKey, data: bytes) -> None:
        self.sent.append((peer, decode(messages.PeerMessage, data)))

    def broadcast(self, data: bytes) -> None:
        raise AssertionError("nothing is said to all")

    def disconnect(self, peer: PublicKey, reason: str) -> None:
        self.cut_off.append(peer)

    def now(self) -> Instant:
        return Instant(self.now_ms)

    def call_later(self, after: Milliseconds, name: object) -> None:
        self.timers.append((after, name))


class Node:
    """One node's dissemination, and what its engine was given."""

    def __init__(self, known: Iterable[bytes] = ()) -> None:
        self.wire = Wire()
        self.received: list[Message] = []
        self.envelopes = {compute_envelope_id(envelope): envelope for envelope in known}
        validators = make_validators(4)
        engine = PbftEngine(validators.keys[0], ChainId(bytes(32)), make_genesis(validators), ())
        hooks = Hooks(lambda: engine, self.envelopes.get, self.received.append)
        self.engine = engine
        self.dissemination = Dissemination(self.wire, self.wire, hooks)

    def learn(self, *envelopes: bytes) -> None:
        self.envelopes |= {compute_envelope_id(envelope): envelope for envelope in envelopes}

    def hear(self, peer: PublicKey, frame: bytes) -> None:
        """Take a frame in as the driver does, but for signatures."""
        match decode(messages.PeerMessage, frame):
            case messages.BareMessage(data=data, envelope_ids=envelope_ids):
                bare = self.engine.decode_message(data, is_bare=True)
                self.dissemination.on_bare(peer, bare, envelope_ids)
            case messages.GetEnvelopes() as question:
                self.dissemination.on_question(peer, question)
            case messages.Envelopes() as answer:
                self.dissemination.on_answer(peer, answer)
            case other:
                raise AssertionError(other)

    def take_said(self) -> list[tuple[PublicKey, Any]]:
        """Return what was sent since the last time."""
        said, self.wire.sent = self.wire.sent, []
        return said

    def ring(self) -> None:
        """Let every timer fire that was started."""
        timers, self.wire.timers = self.wire.timers, []
        for _, name in timers:
            assert isinstance(name, Again)
            self.dissemination.on_again(name)


def make_message(*transactions: bytes, height: int = 1) -> Decided:
    """Return a message that carries a block; nobody sealed it, which is not looked at here."""
    _, stored = build_stored(height)
    root = compute_transaction_root(transactions)
    header = replace(stored.block.header, transaction_root=root)
    return Decided(Block(header, transactions), stored.certificate)
