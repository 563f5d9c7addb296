"""What a frame says, for whoever looks on: hostile links, checkers, narrators and liars.

A message that only names the envelopes of its block is shown with them, from what was passed on.
Reading is the real decoding, remembered by the frame's bytes, because one broadcast is looked at by
many. Receivers decode for themselves what is around an engine's message.
"""

from dataclasses import dataclass
from typing import Final

from dure.consensus.pbft.messages import (
    Ballots,
    Message,
    Step,
    decode_message,
    put_body,
    take_body,
)
from dure.core.block import compute_envelope_id
from dure.core.codec import decode, encode
from dure.core.errors import InvalidEncoding
from dure.core.types import EnvelopeId
from dure.node import messages
from dure.node.dissemination.bodies import split_ids
from dure.node.messages import BareMessage, EngineMessage, Gossip, PeerMessage

FRAMES_MAX: Final = 2_000
"""Frames that are remembered; past that all are forgotten."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame, opened; both parts are None where it does not open."""

    peer_message: PeerMessage | None
    engine_message: Message | None

    @property
    def is_gossip(self) -> bool:
        """Whether it passes transactions on."""
        return isinstance(self.peer_message, Gossip)

    @property
    def commit_place(self) -> tuple[int, int] | None:
        """Height and round of a commit, None for anything else."""
        message = self.engine_message
        if not isinstance(message, Ballots) or message.vote.ballot.step is not Step.COMMIT:
            return None
        return message.vote.ballot.height, message.vote.ballot.round


class FrameReader:
    """Opens frames and engine messages, each distinct one once."""

    def __init__(self, block_bytes_max: int) -> None:
        self._block_bytes_max = block_bytes_max
        self._frames: dict[bytes, Frame] = {}
        self._messages: dict[tuple[bytes, bool], Message] = {}
        self._envelopes: dict[EnvelopeId, bytes] = {}

    def read(self, data: bytes) -> Frame:
        """Return what a frame says."""
        known = self._frames.get(data)
        if known is None:
            if len(self._frames) > FRAMES_MAX:
                self._frames.clear()
            known = self._frames[data] = self._open(data)
        return known

    def decode_message(self, data: bytes, *, is_bare: bool = False) -> Message:
        """Return an engine's message; raise `InvalidEncoding` as the engine would."""
        known = self._messages.get((data, is_bare))
        if known is None:
            if len(self._messages) > FRAMES_MAX:
                self._messages.clear()
            known = decode_message(data, block_bytes_max=self._block_bytes_max, is_bare=is_bare)
            self._messages[data, is_bare] = known
        return known

    def _open(self, data: bytes) -> Frame:
        try:
            peer_message: PeerMessage = decode(messages.PeerMessage, data)
        except InvalidEncoding:
            return Frame(None, None)
        if isinstance(peer_message, Gossip):
            self._note(peer_message.envelopes)
        return Frame(peer_message, self._open_engine_message(peer_message))

    def _open_engine_message(self, message: PeerMessage) -> Message | None:
        try:
            match message:
                case EngineMessage(data=data):
                    return self.decode_message(data)
                case BareMessage(data=data, envelope_ids=envelope_ids):
                    return self._put_body(self.decode_message(data, is_bare=True), envelope_ids)
                case _:
                    return None
        except InvalidEncoding:
            return None

    def _put_body(self, bare: Message, envelope_ids: bytes) -> Message:
        """Return the whole message, or the bare one where nobody passed its envelopes on."""
        if take_body(bare)[1] is None:
            return bare
        known = map(self._envelopes.get, split_ids(envelope_ids))
        body = tuple([envelope for envelope in known if envelope is not None])
        try:
            return put_body(bare, body, block_bytes_max=self._block_bytes_max)
        except InvalidEncoding:
            return bare

    def _note(self, envelopes: tuple[bytes, ...]) -> None:
        for envelope in envelopes:
            self._envelopes[compute_envelope_id(envelope)] = envelope


def wrap(message: Message) -> bytes:
    """Return the frame that carries an engine's message."""
    return encode(EngineMessage(data=encode(message)))
