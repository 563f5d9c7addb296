"""What goes out without its body, and what comes in so.

Rules
-----
1. Ids that are not those under the header's transaction root, an envelope that is not the one asked
   for, and a question for places that no such body has, or for one of them twice, are violations.
2. A question is answered from bodies that this node named itself, or joined lately. So much a
   second goes to one peer and no more; what is beyond that, or not here, is not answered.
3. What a node said itself is kept apart from what it heard: nobody can have it forgotten.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import structlog

from dure.consensus.interface import Engine
from dure.core.block import Block
from dure.core.codec import encode
from dure.core.errors import InvalidEncoding, PeerViolation
from dure.core.merkle import compute_root
from dure.core.types import Hash, PublicKey
from dure.node.dissemination.bodies import Body, KeptBodies, join_ids, split_ids
from dure.node.dissemination.fetching import QUESTIONS_MAX, Fetch, Fetches, FindEnvelope
from dure.node.messages import (
    HASH_LENGTH,
    BareMessage,
    EngineMessage,
    Envelopes,
    GetEnvelopes,
)
from dure.node.peers.limits import MEBIBYTE, RateLimit
from dure.node.ports import Clock, Network

SAID_MAX: Final = 4
"""Own bodies that are kept: more than a node names in the time that a question takes."""
HEARD_MAX: Final = 8
ANSWERED_BYTES_PER_SECOND: Final = 32 * MEBIBYTE
"""To one peer: a few of the largest blocks."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Again:
    """Names the timer of a question."""

    transaction_root: Hash


@dataclass(frozen=True, slots=True)
class Hooks:
    """What dissemination needs of the driver."""

    get_engine: Callable[[], Engine[Any]]
    find_envelope: FindEnvelope
    receive: Callable[[Any], None]
    """Hand a whole message to the engine; its signatures were checked."""


@dataclass(slots=True)
class BodyCounts:
    """What became of it all since the node started, for operators."""

    bytes_spared: int = 0
    """Of envelopes that were named and not sent, once a message, to however many peers."""
    bodies_joined: int = 0
    envelopes_fetched: int = 0


class Dissemination:
    """Takes bodies out of what the engine says, and puts them back into what it hears."""

    def __init__(self, network: Network, clock: Clock, hooks: Hooks) -> None:
        self.counts = BodyCounts()
        self._network = network
        self._clock = clock
        self._hooks = hooks
        self._said = KeptBodies(SAID_MAX)
        self._heard = KeptBodies(HEARD_MAX)
        self._fetches = Fetches()
        self._answered: dict[PublicKey, RateLimit] = {}

    def pack(self, message: object) -> bytes:
        """Return the frame that carries an engine's message."""
        engine = self._hooks.get_engine()
        bare, block = engine.take_body(message)
        if block is None or not block.transactions:
            return encode(EngineMessage(data=engine.encode_message(message)))
        body = self._keep_said(block)
        self.counts.bytes_spared += body.size - len(body.envelope_ids)
        return encode(BareMessage(engine.encode_message(bare), body.envelope_ids))

    def awaits(self, peer: PublicKey) -> bool:
        """Say whether that peer was asked for envelopes that may still come."""
        return self._fetches.awaits(peer)

    def on_bare(self, peer: PublicKey, message: object, envelope_ids: bytes) -> None:
        """A message came without its body, its signatures checked. Raise `PeerViolation`."""
        _, block = self._hooks.get_engine().take_body(message)
        if block is None or len(envelope_ids) % HASH_LENGTH:
            raise PeerViolation("names envelopes, and no block that they stand in")
        root = block.header.transaction_root
        known = self._find_body(root)
        if known is not None:
            self._validate_same(known.envelope_ids, envelope_ids)
            self._join(peer, message, known)
            return
        fetch = self._fetches.find(root)
        if fetch is not None:
            self._validate_same(fetch.envelope_ids, envelope_ids)
            self._fetches.add(fetch, peer, message)
            return
        self._begin(Fetch(root, envelope_ids), peer, message)

    def on_question(self, peer: PublicKey, question: GetEnvelopes) -> None:
        """A peer asks for envelopes that it lacks. Raise `PeerViolation`."""
        # So an answer is never longer than the body.
        if any(place >= later for place, later in pairwise(question.places)):
            raise PeerViolation("asks for places that are not in rising order")
        body = self._find_body(question.transaction_root)
        if body is None:
            return
        if question.places[-1] >= len(body.envelopes):
            raise PeerViolation("asks for envelopes that no such body has")
        envelopes = tuple([body.envelopes[place] for place in question.places])
        now = self._clock.now() / 1000
        limit = self._answered.setdefault(peer, RateLimit(ANSWERED_BYTES_PER_SECOND, now))
        if limit.spend(sum(map(len, envelopes)), now) > 0:
            log.info("question_not_answered", peer=peer.hex()[:8])
            return
        answer = Envelopes(question.transaction_root, question.places, envelopes)
        self._network.send(peer, encode(answer))

    def on_answer(self, peer: PublicKey, answer: Envelopes) -> None:
        """Envelopes came, maybe late or twice. Raise `PeerViolation`."""
        fetch = self._fetches.find(answer.transaction_root)
        if fetch is None or peer not in fetch.asked:
            return
        self.counts.envelopes_fetched += fetch.take(answer)
        self._settle(fetch)

    def on_again(self, again: Again) -> None:
        """A question has had its time."""
        fetch = self._fetches.find(again.transaction_root)
        if fetch is None:
            return
        fetch.fill(self._hooks.find_envelope)
        if self._settle(fetch):
            return
        if fetch.questions < QUESTIONS_MAX:
            self._ask(fetch)
        else:
            log.warning("body_given_up", missing=len(fetch.missing))
            self._fetches.remove(fetch)

    # Inside

    def _begin(self, fetch: Fetch, peer: PublicKey, message: object) -> None:
        """Join a body that was not here before, or ask for what is missing."""
        fetch.fill(self._hooks.find_envelope)
        body = fetch.build_body()
        if body is not None:
            self._join(peer, message, body)
            return
        if compute_root(split_ids(fetch.envelope_ids)) != fetch.transaction_root:
            raise PeerViolation("names envelopes that do not stand in the block")
        self._fetches.add(fetch, peer, message)
        self._ask(fetch)

    def _ask(self, fetch: Fetch) -> None:
        peer, question = fetch.build_question()
        self._network.send(peer, encode(question))
        self._clock.call_later(fetch.patience_ms, Again(fetch.transaction_root))

    def _settle(self, fetch: Fetch) -> bool:
        """Let messages through whose body is complete; say whether it is."""
        body = fetch.build_body()
        if body is None:
            return False
        self._fetches.remove(fetch)
        for peer, message in fetch.list_messages():
            self._join(peer, message, body)
        return True

    def _join(self, peer: PublicKey, message: object, body: Body) -> None:
        engine = self._hooks.get_engine()
        try:
            whole = engine.put_body(message, body.envelopes)
        except InvalidEncoding as problem:
            # Its fault who sent the message, and not whose frame completed the body.
            log.warning("peer_violation", peer=peer.hex()[:8], reason=problem.message)
            self._network.disconnect(peer, problem.message)
            return
        _, block = engine.take_body(whole)
        assert block is not None, "a body is put into a block"
        if self._find_body(block.header.transaction_root) is None:
            self._heard.add(block.header.transaction_root, body)
        self.counts.bodies_joined += 1
        self._hooks.receive(whole)

    def _keep_said(self, block: Block) -> Body:
        root = block.header.transaction_root
        body = self._said.find(root)
        if body is None:
            heard = self._heard.find(root)
            body = heard or Body(join_ids(block.transactions), block.transactions)
            self._said.add(root, body)
        return body

    def _find_body(self, transaction_root: Hash) -> Body | None:
        return self._said.find(transaction_root) or self._heard.find(transaction_root)

    @staticmethod
    def _validate_same(known: bytes, envelope_ids: bytes) -> None:
        if known != envelope_ids:
            raise PeerViolation("names envelopes that do not stand in the block")
