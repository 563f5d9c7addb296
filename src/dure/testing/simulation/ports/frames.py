"""What a frame says, for whoever looks on: hostile links, checkers, narrators and liars.

Reading is the real decoding, remembered by the frame's bytes, because one broadcast is looked at by
many. Receivers decode for themselves what is around an engine's message.
"""

from dataclasses import dataclass
from typing import Final

from dure.consensus.pbft.messages import Ballots, Message, Step, decode_message
from dure.core.codec import decode, encode
from dure.core.errors import InvalidEncoding
from dure.node import messages
from dure.node.messages import EngineMessage, Gossip, PeerMessage

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
        self._messages: dict[bytes, Message] = {}

    def read(self, data: bytes) -> Frame:
        """Return what a frame says."""
        known = self._frames.get(data)
        if known is None:
            if len(self._frames) > FRAMES_MAX:
                self._frames.clear()
            known = self._frames[data] = self._open(data)
        return known

    def decode_message(self, data: bytes) -> Message:
        """Return an engine's message; raise `InvalidEncoding` as the engine would."""
        known = self._messages.get(data)
        if known is None:
            if len(self._messages) > FRAMES_MAX:
                self._messages.clear()
            known = decode_message(data, block_bytes_max=self._block_bytes_max)
            self._messages[data] = known
        return known

    def _open(self, data: bytes) -> Frame:
        try:
            peer_message: PeerMessage = decode(messages.PeerMessage, data)
        except InvalidEncoding:
            return Frame(None, None)
        if not isinstance(peer_message, EngineMessage):
            return Frame(peer_message, None)
        try:
            return Frame(peer_message, self.decode_message(peer_message.data))
        except InvalidEncoding:
            return Frame(peer_message, None)


def wrap(message: Message) -> bytes:
    """Return the frame that carries an engine's message."""
    return encode(EngineMessage(data=encode(message)))
