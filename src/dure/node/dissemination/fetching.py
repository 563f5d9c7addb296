"""A body of which envelopes are missing, and the messages that wait for it.

Rules
-----
1. Whoever names a body holds it, so whoever named it is asked, one after the other. Each question
   is given twice the time of the one before; after `QUESTIONS_MAX` of them the body is given up.
2. A peer has so many bodies and messages waiting and no more; its oldest give way, and its sender
   repeats what still matters. So nobody can take another one's room.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from dure.core.block import compute_envelope_id
from dure.core.errors import PeerViolation
from dure.core.types import EnvelopeId, Hash, Milliseconds, PublicKey
from dure.node.dissemination.bodies import Body, split_ids
from dure.node.messages import Envelopes, GetEnvelopes

PATIENCE_MS: Final = 200
"""How long the first question may take: less than the shortest round."""
QUESTIONS_MAX: Final = 6
"""Together some 13 seconds, longer than the longest round."""
BODIES_PER_PEER_MAX: Final = 4
MESSAGES_PER_PEER_MAX: Final = 4
"""That wait for the same body."""
BODY_BYTES_MAX: Final = 8 * 1024 * 1024
"""Of envelopes that are fetched for one body: no engine takes a longer block."""

FindEnvelope = Callable[[EnvelopeId], bytes | None]


@dataclass(slots=True)
class Fetch:
    """A body that somebody named and that is not complete."""

    transaction_root: Hash
    envelope_ids: bytes
    messages: dict[PublicKey, list[Any]] = field(default_factory=dict)
    """Bare messages that wait for the body, by who sent them."""
    asked: set[PublicKey] = field(default_factory=set)
    questions: int = 0
    fetched_bytes: int = 0
    _ids: list[EnvelopeId] = field(init=False)
    _envelopes: list[bytes | None] = field(init=False)

    def __post_init__(self) -> None:
        self._ids = split_ids(self.envelope_ids)
        self._envelopes = [None] * len(self._ids)

    @property
    def patience_ms(self) -> Milliseconds:
        """How long the question that was put last may take."""
        return Milliseconds(PATIENCE_MS << (self.questions - 1))

    @property
    def missing(self) -> list[int]:
        """The places of what is not here."""
        return [place for place, envelope in enumerate(self._envelopes) if envelope is None]

    def build_body(self) -> Body | None:
        """Return the body, or None where something is missing."""
        envelopes = tuple([envelope for envelope in self._envelopes if envelope is not None])
        is_complete = len(envelopes) == len(self._ids)
        return Body(self.envelope_ids, envelopes) if is_complete else None

    def fill(self, find: FindEnvelope) -> None:
        """Take what is to be found at home."""
        known = zip(self._ids, self._envelopes, strict=True)
        self._envelopes = [here or find(envelope_id) for envelope_id, here in known]

    def take(self, answer: Envelopes) -> int:
        """Take an answer in; return how many envelopes were new. Raise `PeerViolation`."""
        if len(answer.envelopes) != len(answer.places):
            raise PeerViolation("an answer with more or fewer envelopes than places")
        taken = 0
        for place, envelope in zip(answer.places, answer.envelopes, strict=True):
            if place >= len(self._ids) or compute_envelope_id(envelope) != self._ids[place]:
                raise PeerViolation("another envelope than the one that was asked for")
            if self._envelopes[place] is not None:
                continue
            self.fetched_bytes += len(envelope)
            if self.fetched_bytes > BODY_BYTES_MAX:
                raise PeerViolation("a body that is longer than any block")
            taken += 1
            self._envelopes[place] = envelope
        return taken

    def add_message(self, peer: PublicKey, message: object) -> None:
        """Have a message of a peer wait for the body."""
        waiting = self.messages.setdefault(peer, [])
        if message not in waiting:
            waiting.append(message)
            del waiting[:-MESSAGES_PER_PEER_MAX]

    def list_messages(self) -> Iterator[tuple[PublicKey, Any]]:
        """Yield who sent each message that waits, and the message."""
        for peer, messages in self.messages.items():
            for message in messages:
                yield peer, message

    def build_question(self) -> tuple[PublicKey, GetEnvelopes]:
        """Return what to ask next, and whom."""
        holders = list(self.messages)
        peer = holders[self.questions % len(holders)]
        self.questions += 1
        self.asked.add(peer)
        return peer, GetEnvelopes(self.transaction_root, tuple(self.missing))


class Fetches:
    """The bodies that are not complete, by their transaction root."""

    def __init__(self) -> None:
        self._fetches: dict[Hash, Fetch] = {}

    def __len__(self) -> int:
        return len(self._fetches)

    def find(self, transaction_root: Hash) -> Fetch | None:
        """Return what is being fetched under this root."""
        return self._fetches.get(transaction_root)

    def awaits(self, peer: PublicKey) -> bool:
        """Say whether a peer was asked for something that is still missing."""
        return any(peer in fetch.asked for fetch in self._fetches.values())

    def add(self, fetch: Fetch, peer: PublicKey, message: object) -> None:
        """Have a peer's message wait for a body; what waited longest for it gives way."""
        self._fetches[fetch.transaction_root] = fetch
        if peer not in fetch.messages:
            self._make_room(peer)
        fetch.add_message(peer, message)

    def remove(self, fetch: Fetch) -> None:
        """Forget a body."""
        del self._fetches[fetch.transaction_root]

    def _make_room(self, peer: PublicKey) -> None:
        named = [fetch for fetch in self._fetches.values() if peer in fetch.messages]
        if len(named) >= BODIES_PER_PEER_MAX:
            del named[0].messages[peer]
            if not named[0].messages:
                self.remove(named[0])
