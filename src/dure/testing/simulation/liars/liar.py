"""A member that lies: what it knows, what it can sign, and how its habits come to word."""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from random import Random
from typing import TYPE_CHECKING, ClassVar, Final

from msgspec.structs import replace

from dure.chain.executor import Executor
from dure.consensus.pbft.messages import (
    Ballot,
    Ballots,
    Message,
    Proposal,
    RoundChange,
    Step,
    Vote,
    compute_ballot_message,
)
from dure.core.block import Block, compute_block_id
from dure.core.codec import encode
from dure.core.errors import InvalidBlock
from dure.core.types import Height, Instant, PublicKey, Round
from dure.node.messages import Blocks, GetBlocks, Status
from dure.node.ports import StoredBlock
from dure.testing.simulation.members import Said, SimulatedNode
from dure.testing.simulation.ports.frames import wrap
from dure.testing.simulation.ports.network import SimulatedNetwork

if TYPE_CHECKING:
    from dure.testing.simulation.network import Simulation

SEEN_MAX: Final = 200
"""Messages and frames that a liar remembers."""

Speech = list[tuple[PublicKey, bytes]]
"""What goes out: frames and to whom."""


class Habit:
    """One way to lie. What is not overridden is done as an honest member would do it."""

    name: ClassVar[str]
    """Under which its lies are counted."""

    def __init__(self, liar: "Liar") -> None:
        self.liar = liar

    def twist(self, speech: Speech, message: Message | None) -> Speech:
        """Return what goes out instead of `speech`; `message` is what the engine says by it."""
        return speech

    def add(self, message: Message | None) -> None:
        """Say something more, after the own engine said `message` or the own clock ticked."""

    def answer(self, question: GetBlocks) -> Blocks | None:
        """Return what is served to who catches up; None to leave the answer to the own driver."""
        return None

    def tell(self, *, lies: int = 1) -> None:
        """Count lies."""
        self.liar.lies[self.name] += lies


class Liar:
    """A Byzantine member's mind."""

    def __init__(
        self, simulation: "Simulation", node: SimulatedNode, habits: Iterable[type[Habit]]
    ) -> None:
        self.random = Random(f"liar {simulation.seed} {node.index}")
        self.lies: Counter[str] = Counter()
        self.seen: deque[Proposal | Ballots | RoundChange] = deque(maxlen=SEEN_MAX)
        """Members' messages, own ones included, oldest first."""
        self.frames: deque[bytes] = deque(maxlen=SEEN_MAX)
        """Frames of all kinds that it received."""
        self._status: Status | None = None
        """What its driver said last of where it stands."""
        self._simulation = simulation
        self._node = node
        self._habits = [habit(self) for habit in habits]

    # What it knows

    @property
    def key(self) -> PublicKey:
        """Its voting key."""
        return self._node.key.public

    @property
    def executor(self) -> Executor:
        """Its ledger."""
        assert self._node.driver is not None, "only a running liar speaks"
        return self._node.driver.executor

    @property
    def height(self) -> Height:
        """The height that it is deciding."""
        return Height(self.executor.head.header.height + 1)

    @property
    def members(self) -> tuple[PublicKey, ...]:
        """The validators of that height."""
        return self.executor.head.validators.keys

    @property
    def others(self) -> list[PublicKey]:
        """Everybody else that is there."""
        return self._simulation.links.list_others(self.key)

    # What it can make

    def build_vote(self, ballot: Ballot) -> Vote:
        """Sign anything with its own key."""
        message = compute_ballot_message(self._simulation.founding.chain_id, ballot)
        return Vote(ballot=ballot, validator=self.key, signature=self._node.key.sign(message))

    def build_ballot(
        self, step: Step, block: Block, round_: int, prepared_round: int | None = None
    ) -> Ballot:
        """Return a ballot for a block."""
        return Ballot(
            step=step,
            height=block.header.height,
            round=Round(round_),
            block_id=compute_block_id(block.header),
            prepared_round=None if prepared_round is None else Round(prepared_round),
        )

    def build_block(self, not_before: int = 0) -> Block | None:
        """Return a valid block of its own on the head, unless nothing waits."""
        head = self.executor.head
        assert self._node.driver is not None, "only a running liar speaks"
        now = self._simulation.scheduler.now_ms
        time = Instant(max(head.header.time + 1, now, not_before))
        try:
            candidate = self.executor.propose(
                head.block_id,
                time=time,
                proposer=self.key,
                transactions=self._node.driver.mempool.iterate(),
            )
        except InvalidBlock:
            return None
        return None if candidate is None else candidate.block

    def load_block(self, height: int) -> StoredBlock | None:
        """Return a final block that it holds."""
        return self._node.disk.load_block(Height(height))

    def sign_anything(self, message: bytes) -> bytes:
        """Return its signature over any bytes."""
        return self._node.key.sign(message)

    # How it speaks

    def say(self, message: Message, targets: Sequence[PublicKey] | None = None) -> None:
        """Send an engine's message to some, or to all."""
        self.emit([(target, wrap(message)) for target in self._choose(targets)])

    def say_frame(self, frame: bytes, targets: Sequence[PublicKey] | None = None) -> None:
        """Send any bytes to some, or to all."""
        self.emit([(target, frame) for target in self._choose(targets)])

    def emit(self, speech: Speech) -> None:
        """Put frames on the links."""
        simulation = self._simulation
        for target, frame in speech:
            message = simulation.reader.read(frame).engine_message
            if message is not None:
                simulation.show(self._node, Said(message, target))
            simulation.links.carry(self.key, target, frame)

    def speak(self, frame: bytes, targets: Sequence[PublicKey]) -> None:
        """Say what its driver says, in its own way."""
        opened = self._simulation.reader.read(frame)
        message = opened.engine_message
        if isinstance(message, Proposal | Ballots | RoundChange):
            self.seen.append(message)
        if isinstance(opened.peer_message, Status):
            self._status = opened.peer_message
        speech: Speech = [(target, frame) for target in targets]
        for habit in self._habits:
            speech = habit.twist(speech, message)
        self.emit(speech)
        for habit in self._habits:
            habit.add(message)

    def receive(self, source: PublicKey, frame: bytes) -> bool:
        """Overhear a frame; say whether it was answered in place of the own driver."""
        opened = self._simulation.reader.read(frame)
        self.frames.append(frame)
        if isinstance(opened.engine_message, Proposal | Ballots | RoundChange):
            self.seen.append(opened.engine_message)
        if self._node.driver is None or not isinstance(opened.peer_message, GetBlocks):
            return False
        for habit in self._habits:
            answer = habit.answer(opened.peer_message)
            if answer is not None:
                self.say_frame(encode(answer), [source])
                return True
        return False

    def rest(self) -> None:
        """Be honest from now on."""
        self._habits.clear()

    def claim_height(self, height: int, targets: Sequence[PublicKey] | None = None) -> None:
        """Claim to hold the chain up to `height`, in a word that its driver said before."""
        if self._status is not None:
            self.say_frame(encode(replace(self._status, height=Height(height))), targets)

    def build_network(self, honest: SimulatedNetwork) -> "LyingNetwork":
        """Return the network port that its driver gets."""
        return LyingNetwork(self, honest)

    def _choose(self, targets: Sequence[PublicKey] | None) -> Sequence[PublicKey]:
        return self.others if targets is None else targets


class LyingNetwork:
    """`dure.node.ports.Network` of a liar: nothing goes out as the driver meant it."""

    def __init__(self, liar: Liar, honest: SimulatedNetwork) -> None:
        self._liar = liar
        self._honest = honest

    def send(self, peer: PublicKey, data: bytes) -> None:
        self._liar.speak(data, [peer])

    def broadcast(self, data: bytes) -> None:
        self._liar.speak(data, self._liar.others)

    def disconnect(self, peer: PublicKey, reason: str) -> None:
        self._honest.disconnect(peer, reason)
