"""A member's real keys in the wrong hands: speaks the frame protocol, tells lies and signs them."""

import random
import socket
import ssl
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from dure.chain.genesis.document import decode_genesis_file
from dure.consensus.pbft.messages import (
    Ballot,
    Ballots,
    Decided,
    Message,
    Proposal,
    RoundChange,
    Step,
    Vote,
    compute_ballot_message,
)
from dure.core.block import Block, compute_block_id
from dure.core.certificate import Certificate, Seal
from dure.core.codec import decode, encode
from dure.core.types import INT_MAX, BlockId, ChainId, Height, PublicKey, Round, Signature
from dure.identity.certificates import build_client_context
from dure.identity.keys import load_key
from dure.node.messages import Blocks, CertifiedBlock, EngineMessage, GetBlocks, PeerMessage
from dure.node.peers.directory import Peer, load_peers
from dure.node.peers.hello import Hello, encode_hello
from tests.e2e.processes import Town, wait_until

CONNECT_TIMEOUT_S = 10.0
BARRED_TIMEOUT_S = 30.0


class Line:
    """One TLS connection to a node, greeted or not."""

    def __init__(self, connection: ssl.SSLSocket) -> None:
        self._connection = connection
        self._taken = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def send_raw(self, data: bytes) -> None:
        """Send bytes as they are; a closed connection swallows them."""
        try:
            self._connection.sendall(data)
        except (OSError, ssl.SSLError):
            return

    def send(self, frame: bytes) -> None:
        """Send one frame."""
        self.send_raw(len(frame).to_bytes(4, "big") + frame)

    def say(self, message: PeerMessage) -> None:
        """Send one message."""
        self.send(encode(message))

    def read_frame(self) -> bytes | None:
        """Return the next frame, None where the node has closed."""
        while len(self._taken) < 4 or len(self._taken) < 4 + self._length:
            try:
                part = self._connection.recv(65_536)
            except TimeoutError:
                raise
            except (OSError, ssl.SSLError):
                return None
            if not part:
                return None
            self._taken += part
        end = 4 + self._length
        frame, self._taken = self._taken[4:end], self._taken[end:]
        return frame

    @property
    def _length(self) -> int:
        return int.from_bytes(self._taken[:4], "big")

    def wait_closed(self) -> None:
        """Return when the node has hung up; fail where it goes on talking."""
        for _ in range(1_000):
            if self.read_frame() is None:
                return
        raise AssertionError("the node goes on talking with a peer that broke a rule")

    def ask_blocks(self, start: int, count: int) -> tuple[CertifiedBlock, ...]:
        """Return blocks, as any peer may ask for them."""
        self.say(GetBlocks(start=Height(start), count=count))
        while True:
            frame = self.read_frame()
            assert frame is not None, "the node hung up on a question"
            message = decode(PeerMessage, frame)
            if isinstance(message, Blocks):
                return message.items


class Impostor:
    """Whoever holds the files of one member's node."""

    def __init__(self, town: Town, name: str) -> None:
        home = town.folder / name
        self.name = name
        self.chain_id = town.chain_id
        self.key = load_key(home / "validator.json")
        self._peers = {peer.name: peer for peer in load_peers(town.folder / "peers.toml")}
        genesis = decode_genesis_file((town.folder / "genesis.dure").read_bytes()).genesis
        named = [member.authority for member in genesis.organisations]
        authorities = [der for der in named if der is not None]
        self.tls = build_client_context(home / "tls.pem", home / "tls.key", [], authorities)

    def get_peer(self, name: str) -> Peer:
        """Return where a node listens."""
        return self._peers[name]

    def dial(self, victim: str) -> Line:
        """Return a connection after the TLS handshake, nothing said yet."""
        peer = self._peers[victim]
        plain = socket.create_connection((peer.host, peer.port), timeout=CONNECT_TIMEOUT_S)
        try:
            return Line(self.tls.wrap_socket(plain))
        except BaseException:
            plain.close()
            raise

    def call(self, victim: str) -> Line:
        """Return a connection whose other side has said hello; wait while it bars this member."""
        admitted: list[Line] = []

        def is_admitted() -> bool:
            line = self.dial(victim)
            frame = line.read_frame()
            if frame is None:
                line.close()
                return False
            decode(Hello, frame)
            admitted.append(line)
            return True

        what = f"{victim} admits {self.name}"
        wait_until(is_admitted, what, timeout_s=BARRED_TIMEOUT_S)
        return admitted[0]

    def greet(self, victim: str) -> Line:
        """Return an open connection: both sides have said hello."""
        line = self.call(victim)
        line.send(encode_hello(self.chain_id, self.key.public))
        frame = line.read_frame()
        assert frame is not None, "the node did not take a correct hello"
        return line

    # Lies

    def vote(self, step: Step, height: int, round_: int, block_id: BlockId | None) -> Vote:
        """Return a ballot that this member really signed."""
        ballot = Ballot(step, Height(height), Round(round_), block_id, None)
        signature = self.key.sign(compute_ballot_message(self.chain_id, ballot))
        return Vote(ballot, self.key.public, signature)

    def list_signed_lies(self, head: CertifiedBlock, seed: int) -> Iterator[EngineMessage]:
        """Yield messages in good form and well signed, that no correct member would send."""
        lot = random.Random(seed)
        next_height = head.block.header.height + 1
        heights = (0, 1, next_height - 1, next_height, next_height + 1, next_height + 11, INT_MAX)
        for _ in range(150):
            height = lot.choice(heights)
            round_ = lot.choice((0, 0, 1, 2, 2**24, INT_MAX))
            block_id = BlockId(lot.choice((lot.randbytes(32), compute_block_id(head.block.header))))
            step = lot.choice((Step.PREPARE, Step.COMMIT))
            yield wrap(Ballots(self.vote(step, height, round_, block_id)))
            yield wrap(RoundChange(self.vote(Step.ROUND_CHANGE, height, round_, None), (), None))
            yield wrap(self._propose(head.block, height, round_, lot))
            yield wrap(self._decide(head, height, lot))

    def _propose(self, block: Block, height: int, round_: int, lot: random.Random) -> Message:
        forged = forge(block, height, lot)
        vote = self.vote(Step.PROPOSAL, height, round_, compute_block_id(forged.header))
        change = self.vote(Step.ROUND_CHANGE, height, round_, None)
        return Proposal(vote, forged, (change,) if round_ else (), ())

    def _decide(self, head: CertifiedBlock, height: int, lot: random.Random) -> Message:
        forged = forge(head.block, height, lot)
        vote = self.vote(Step.COMMIT, height, 0, compute_block_id(forged.header))
        seal = Seal(self.key.public, vote.signature)
        return Decided(forged, Certificate(Round(0), (seal,)))


def forge(block: Block, height: int, lot: random.Random) -> Block:
    """Return the block at another height, on the real head, with a state of the liar's own."""
    header = block.header
    kinds = (
        {"previous": compute_block_id(header)},
        {"state_root": lot.randbytes(32)},
        {"time": INT_MAX},
        {"version": 2},
        {"chain_id": ChainId(lot.randbytes(32))},
    )
    fields = {name: getattr(header, name) for name in header.__struct_fields__}
    changed = fields | {"height": Height(height), "previous": compute_block_id(header)}
    return Block(type(header)(**(changed | lot.choice(kinds))), block.transactions)


def wrap(message: Message) -> EngineMessage:
    """Return a message of the engine as peers send it."""
    return EngineMessage(data=encode(message))


def forge_signature(vote: Vote, validator: PublicKey | None = None) -> Ballots:
    """Return a vote that its validator never signed."""
    return Ballots(Vote(vote.ballot, validator or vote.validator, Signature(b"\1" * 64)))
