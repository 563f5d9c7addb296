"""A run as text that a newcomer can read: who did what, when, in the protocol's own words.

Members are A, B, C …; blocks are named by height and order of appearance: 3a is the first block
that was seen for height 3. What a member says again and again is told once.
"""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final

from dure.consensus.interface import (
    Accuse,
    BlockLearned,
    BuildCandidate,
    CatchUp,
    WorkChanged,
)
from dure.consensus.pbft.messages import (
    Ballot,
    Ballots,
    Decided,
    Message,
    Proposal,
    RoundChange,
    Step,
)
from dure.consensus.pbft.votes import Equivocation
from dure.core.block import compute_block_id
from dure.core.codec import decode
from dure.core.types import BlockId, Height, PublicKey
from dure.node.ports import StoredBlock
from dure.testing.simulation.members import MadeFinal, Said, SimulatedNode, Told
from dure.testing.simulation.network import Simulation

NAMES: Final = "abcdefghijklmnopqrstuvwxyz"


class Narrator:
    """Remembers what happens in a simulation, and tells it."""

    def __init__(self, simulation: Simulation, events_max: int | None = None) -> None:
        """Begin to listen; of more than `events_max` happenings the oldest are forgotten."""
        self._simulation = simulation
        self._happened: deque[tuple[int, SimulatedNode, object]] = deque(maxlen=events_max)
        self._names: dict[BlockId, str] = {}
        self._told: set[tuple[int, int, str]] = set()
        simulation.watch = self._listen

    def take_lines(self) -> list[str]:
        """Tell what happened since the last time."""
        lines = [line for line in self._tell_all() if line]
        self._happened.clear()
        return lines

    def _listen(self, node: SimulatedNode, happened: object) -> None:
        self._happened.append((self._simulation.scheduler.elapsed_ms, node, happened))

    def _tell_all(self) -> Iterator[str]:
        for elapsed_ms, node, happened in self._happened:
            text = self._tell(happened)
            place = (node.index, node.lives, text)
            if text and (place not in self._told or isinstance(happened, Told)):
                self._told.add(place)
                yield f"{elapsed_ms:>6}  {node.letter} {text}"

    def _tell(self, happened: object) -> str:
        tellers: dict[type, Callable[[Any], str]] = {
            WorkChanged: self._tell_work,
            BuildCandidate: self._tell_building,
            CatchUp: self._tell_catching_up,
            BlockLearned: self._tell_learned,
            MadeFinal: self._tell_final,
            Accuse: self._tell_accusation,
            Told: self._tell_told,
            Said: self._tell_said,
        }
        teller = tellers.get(type(happened))
        return "" if teller is None else teller(happened)

    # The words for each kind of happening

    def _tell_work(self, happened: WorkChanged) -> str:
        return "has work" if happened.has_work else ""

    def _tell_building(self, happened: BuildCandidate) -> str:
        return f"builds a block for height {happened.height}"

    def _tell_catching_up(self, happened: CatchUp) -> str:
        return f"is behind and asks for the blocks up to height {happened.height}"

    def _tell_learned(self, happened: BlockLearned) -> str:
        header = happened.block.header
        return f"learns {self._name(compute_block_id(header), header.height)} from a peer"

    def _tell_final(self, happened: MadeFinal) -> str:
        stored: StoredBlock = happened.stored
        header, certificate = stored.block.header, stored.certificate
        sealers = [seal.validator for seal in certificate.seals]
        letters = [n.letter for n in self._simulation.nodes if n.key.public in sealers]
        names = " ".join(sorted(letters))
        block = self._name(compute_block_id(header), header.height)
        return f"FINALIZES {block}, sealed in round {certificate.round} by {names}"

    def _tell_accusation(self, happened: Accuse) -> str:
        pair = decode(Equivocation, happened.evidence)
        names = [self._name_choice(vote.ballot) for vote in (pair.first, pair.second)]
        place = pair.first.ballot
        return (
            f"ACCUSES {self._find_letter(happened.validator)}: in round {place.round} of height "
            f"{place.height} it signed a {place.step.name} for {names[0]} and one for {names[1]}"
        )

    def _tell_told(self, happened: Told) -> str:
        return happened.text

    def _tell_said(self, happened: Said) -> str:
        message, target = happened.message, happened.target
        text = self._tell_message(message, target)
        if target is None or not text or isinstance(message, Decided):
            return text
        return f"{text}, to {self._find_letter(target)}"

    def _tell_message(self, message: Message, target: PublicKey | None) -> str:
        match message:
            case Proposal(vote=vote):
                ballot = vote.ballot
                proof = f", showing {len(message.round_changes)} round changes"
                return f"proposes {self._name_choice(ballot)} in round {ballot.round}" + (
                    proof if ballot.round else ""
                )
            case Ballots(vote=vote):
                ballot = vote.ballot
                verb = "prepares" if ballot.step is Step.PREPARE else "seals"
                return f"{verb} {self._name_choice(ballot)} in round {ballot.round}"
            case RoundChange(vote=vote):
                return self._tell_round_change(vote.ballot)
            case Decided(block=block):
                to = "everybody" if target is None else self._find_letter(target)
                return f"sends {to} the decision of height {block.header.height}"

    def _tell_round_change(self, ballot: Ballot) -> str:
        text = f"enters round {ballot.round} of height {ballot.height}"
        if ballot.block_id is None:
            return f"{text}, nothing prepared"
        block = self._name_choice(ballot)
        return f"{text}, claiming {block} prepared in round {ballot.prepared_round}"

    # Names

    def _name_choice(self, ballot: Ballot) -> str:
        return "nothing" if ballot.block_id is None else self._name(ballot.block_id, ballot.height)

    def _name(self, block_id: BlockId, height: Height) -> str:
        if block_id not in self._names:
            count = sum(name.rstrip(NAMES) == str(height) for name in self._names.values())
            self._names[block_id] = f"{height}{NAMES[count % len(NAMES)]}"
        return self._names[block_id]

    def _find_letter(self, key: PublicKey) -> str:
        return next((n.letter for n in self._simulation.nodes if n.key.public == key), "?")
