"""Runs of the engine as text that a newcomer can read, and that a test keeps true.

A transcript is prose (lines with `#`), commands, a line `----`, and what the members then did.
Write the first part, then let `DURE_REWRITE=1 pytest tests/transcripts` write the second, and read
whether it is what you meant.

    network 4            four members A, B, C, D with an empty chain
    work NAME [A B …]    a transaction reaches all members, or those named
    run MILLISECONDS     let time pass
    crash A [B …]        stop members; journal, chain and signer survive
    restart A [B …]      start them again
    cut A B | C D        no message passes between the groups
    heal                 all links work again
    status               what every member says that it waits for

Blocks are named by height and order of appearance: 3a is the first block proposed for height 3.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dure.consensus.interface import (
    BlockLearned,
    Broadcast,
    BuildCandidate,
    CatchUp,
    Finalize,
    Send,
    WorkChanged,
)
from dure.consensus.pbft.messages import Ballots, Decided, Proposal, RoundChange, Step
from dure.core.block import compute_block_id
from dure.core.types import BlockId, Height
from tests.simulation.network import Faults, Network, Node

HERE = Path(__file__).parent
MARK = "----"


@dataclass
class Narrator:
    """Carries out commands and says what happened."""

    lines: list[str] = field(default_factory=list)
    names: dict[BlockId, str] = field(default_factory=dict)
    said: set[tuple[str, str]] = field(default_factory=set)
    network: Network = field(init=False)

    def run(self, command: str) -> None:
        verb, _, rest = command.partition(" ")
        getattr(self, f"on_{verb}")(*rest.split())

    def on_network(self, size: str) -> None:
        self.network = Network(int(size), faults=Faults(delay_max=8), observe=self.observe)

    def on_work(self, name: str, *members: str) -> None:
        for node in self.network.nodes:
            if not members or node.name in members:
                node.executor.submit(name.encode())
                self.network.notice_work(node)

    def on_run(self, milliseconds: str) -> None:
        self.network.run_for(int(milliseconds))

    def on_crash(self, *members: str) -> None:
        for node in self.choose(*members):
            self.network.crash(node)

    def on_restart(self, *members: str) -> None:
        for node in self.choose(*members):
            self.network.start(node)

    def on_cut(self, *words: str) -> None:
        bar = words.index("|")
        left, right = self.choose(*words[:bar]), self.choose(*words[bar + 1 :])
        for one in left:
            for other in right:
                self.network.blocked |= {(one.index, other.index), (other.index, one.index)}

    def on_heal(self) -> None:
        self.network.blocked.clear()

    def on_status(self) -> None:
        for node in self.network.nodes:
            doing = node.engine.describe() if node.engine else "stopped"
            self.lines.append(f"        {node.name} is at {node.height}; {doing}")

    def choose(self, *members: str) -> list[Node]:
        return [node for node in self.network.nodes if node.name in members]

    def observe(self, node: Node, happened: object) -> None:
        text = self.tell(happened)
        if text and (node.name, text) not in self.said:
            self.said.add((node.name, text))
            self.lines.append(f"{self.network.tell_time():>6}  {node.name} {text}")

    def tell(self, happened: object) -> str:
        match happened:
            case WorkChanged(has_work=True):
                return "has work"
            case BuildCandidate(_, height):
                return f"builds a block for height {height}"
            case Broadcast(message):
                return self.tell_message(message)
            case Send(to, Decided(block)):
                name = next(node.name for node in self.network.nodes if node.key == to)
                return f"sends {name} the decision of height {block.header.height}"
            case Finalize(block, certificate):
                sealers = [seal.validator for seal in certificate.seals]
                names = " ".join(node.name for node in self.network.nodes if node.key in sealers)
                block_name = self.name(compute_block_id(block.header), block.header.height)
                return f"FINALIZES {block_name}, sealed in round {certificate.round} by {names}"
            case CatchUp(height):
                return f"is behind and asks for the blocks up to height {height}"
            case BlockLearned(block):
                name = self.name(compute_block_id(block.header), block.header.height)
                return f"learns {name} from a peer"
            case _:
                return ""

    def tell_message(self, message: object) -> str:
        match message:
            case Proposal(vote):
                ballot = vote.ballot
                proof = f", showing {len(message.round_changes)} round changes"
                name = self.name(ballot.block_id, ballot.height)
                return f"proposes {name} in round {ballot.round}" + (proof if ballot.round else "")
            case Ballots(vote):
                ballot = vote.ballot
                verb = "prepares" if ballot.step is Step.PREPARE else "seals"
                return f"{verb} {self.name(ballot.block_id, ballot.height)} in round {ballot.round}"
            case RoundChange(vote):
                ballot = vote.ballot
                text = f"enters round {ballot.round} of height {ballot.height}"
                if ballot.block_id is None:
                    return f"{text}, nothing prepared"
                name = self.name(ballot.block_id, ballot.height)
                return f"{text}, claiming {name} prepared in round {ballot.prepared_round}"
            case _:
                return ""

    def name(self, block_id: BlockId | None, height: Height) -> str:
        assert block_id is not None
        if block_id not in self.names:
            count = sum(name.startswith(f"{height}") for name in self.names.values())
            self.names[block_id] = f"{height}{'abcdefgh'[count]}"
        return self.names[block_id]


def replay(text: str) -> Iterator[str]:
    """Yield the lines of the transcript as they should be."""
    narrator = Narrator()
    skipping = False
    for line in text.splitlines():
        if skipping and line.strip():
            continue
        skipping = line == MARK
        yield line
        if skipping:
            yield from narrator.lines
            narrator.lines.clear()
        elif line.strip() and not line.startswith("#"):
            narrator.run(line)


@pytest.mark.parametrize("path", sorted(HERE.glob("*.txt")), ids=lambda path: path.stem)
def test_the_transcript_is_what_happens(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    expected = "\n".join(replay(text)) + "\n"
    if os.environ.get("DURE_REWRITE"):
        path.write_text(expected, encoding="utf-8")
        return
    assert text == expected
