"""Runs of the engine as text that a newcomer can read, and that a test keeps true.

A transcript is prose (lines with `#`), commands, a line `----`, and what the members then did.
Write the first part, then let `DURE_REWRITE=1 pytest tests/transcripts` write the second, and read
whether it is what you meant.

    network 4 [1]        four members A, B, C, D with an empty chain, and maybe one that follows
    liar B HABIT …       the member lies in these ways; before `network`
    work [A B …]         a transfer reaches all members, or those named
    validators A B …     these members decide, from two blocks after the next one on
    run MILLISECONDS     let time pass
    crash A [B …]        stop members; journal, chain and signer survive
    wipe A               take a stopped member's disk away
    votes-lost A         restart a mute member with its operator's word that votes are lost
    restart A [B …]      start them again
    cut A B | C D        no message passes between the groups
    heal                 all links work again
    status               what every member says that it waits for

Blocks are named by height and order of appearance: 3a is the first block proposed for height 3.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from dure.testing.simulation import Faults, Narrator, Simulation
from dure.testing.simulation.founding import Founding
from dure.testing.simulation.liars import HABITS, Habit
from dure.testing.simulation.members import SimulatedNode, describe_engine

HERE = Path(__file__).parent
MARK = "----"
SEED = 4


class Teller:
    """Carries out commands and says what happened."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.liars: dict[str, list[type[Habit]]] = {}
        self.network: Simulation
        self.narrator: Narrator
        self.works = 0

    def run(self, command: str) -> None:
        verb, _, rest = command.partition(" ")
        getattr(self, f"on_{verb.replace('-', '_')}")(*rest.split())

    def take_lines(self) -> list[str]:
        lines, self.lines = self.narrator.take_lines() + self.lines, []
        return lines

    def on_liar(self, member: str, *habits: str) -> None:
        chosen = [habit for habit in HABITS if habit.name in habits]
        assert len(chosen) == len(habits), habits
        self.liars[member] = chosen

    def on_network(self, members: str, spares: str = "0") -> None:
        founding = Founding(int(members), int(spares))
        letters = {founding.get_letter(index): index for index in range(len(founding.names))}
        self.network = Simulation(
            SEED,
            members=int(members),
            spares=int(spares),
            faults=Faults(delay_ms_max=8),
            liars={letters[letter]: habits for letter, habits in self.liars.items()},
        )
        self.narrator = Narrator(self.network)

    def on_work(self, *members: str) -> None:
        self.works += 1
        envelope = self.network.transfer(amount=self.works, valid_ms=110_000)
        self._hand_in(envelope, *members)

    def on_validators(self, *members: str) -> None:
        chosen = [node.index for node in self.choose(*members)]
        self._hand_in(self.network.change_validators(*chosen))

    def _hand_in(self, envelope: bytes, *members: str) -> None:
        for node in self.network.nodes:
            if node.driver is not None and (not members or node.letter in members):
                self.network.submit(node.index, envelope)

    def on_run(self, milliseconds: str) -> None:
        self.network.run_for(int(milliseconds))

    def on_crash(self, *members: str) -> None:
        for node in self.choose(*members):
            self.network.crash(node.index)

    def on_restart(self, *members: str) -> None:
        for node in self.choose(*members):
            self.network.restart(node.index)

    def on_wipe(self, *members: str) -> None:
        for node in self.choose(*members):
            self.network.wipe(node.index)

    def on_votes_lost(self, *members: str) -> None:
        for node in self.choose(*members):
            assert self.network.declare_votes_lost(node.index)

    def on_cut(self, *words: str) -> None:
        bar = words.index("|")
        left, right = self.choose(*words[:bar]), self.choose(*words[bar + 1 :])
        self.network.partition([node.index for node in left], [node.index for node in right])

    def on_heal(self) -> None:
        self.network.links.cut = set()

    def on_status(self) -> None:
        for node in sorted(self.network.nodes, key=lambda node: node.letter):
            doing = describe_engine(node)
            for other in self.network.nodes:
                doing = doing.replace(other.name, other.letter)
            height = "" if node.driver is None else f" at {self.network.height(node.index)};"
            self.lines.append(f"        {node.letter} is{height} {doing}")

    def choose(self, *members: str) -> list[SimulatedNode]:
        return [node for node in self.network.nodes if node.letter in members]


def replay(text: str) -> Iterator[str]:
    """Yield the lines of the transcript as they should be."""
    teller = Teller()
    skipping = False
    for line in text.splitlines():
        if skipping and line.strip():
            continue
        skipping = line == MARK
        yield line
        if skipping:
            yield from teller.take_lines()
        elif line.strip() and not line.startswith("#"):
            teller.run(line)


@pytest.mark.parametrize("path", sorted(HERE.glob("*.txt")), ids=lambda path: path.stem)
def test_the_transcript_is_what_happens(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    expected = "\n".join(replay(text)) + "\n"
    if os.environ.get("DURE_REWRITE"):
        path.write_text(expected, encoding="utf-8")
        return
    assert text == expected
