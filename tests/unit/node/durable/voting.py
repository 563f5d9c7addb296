"""A process that votes on a real disk until it dies: `python -m voting FOLDER SEED HEIGHTS`.

It keeps the engine's rules (a ballot is journalled, then signed, then told) and makes up its votes
by lot, unless the journal says what it was about to say. It tells what it did, a line each:

```
started               it remembers all its votes
signed H R S MESSAGE  the signature was given out
final H               the block is durable
refused MESSAGE       the disk took no more; the process ends
```
"""

import sys
from pathlib import Path
from random import Random

from dure.core.errors import StorageError
from dure.core.types import Height
from dure.identity.keys import SigningKey
from dure.node.durable.recollection import recollect
from dure.node.durable.signer import FileSigner, Place, create_guard
from dure.node.durable.storage import RocksDisk
from tests.unit.node.blocks import build_stored

KEY = SigningKey(b"k" * 32)
STEPS = 4
JOURNAL_BYTES_MAX = 20_000
"""Small, so that the journal is rewritten often."""


def read_place(record: bytes) -> Place:
    height, round_, step, _ = record.split(b" ", 3)
    return int(height), int(round_), int(step)


class Voter:
    """One life of the process."""

    def __init__(self, folder: Path, random: Random) -> None:
        self._random = random
        self._disk = RocksDisk(folder / "data", KEY.public)
        if not (folder / "guard").exists():
            create_guard(folder / "guard", KEY.public)
        memory = recollect(
            self._disk, folder / "guard", KEY, read_place=read_place, votes_lost=False
        )
        assert memory.loss is None, memory.loss
        self._signer: FileSigner = memory.signer
        self._disk._journal._size_max = JOURNAL_BYTES_MAX

    def run(self, heights: int) -> None:
        """Decide that many heights."""
        head = self._disk.load_head()
        start = 0 if head is None else head.block.header.height + 1
        tell("started")
        for height in range(start, start + heights):
            if height > 0:
                self._vote(height)
            block_id, stored = build_stored(height)
            ballast = {b"key": self._random.randbytes(2_000)}
            self._disk.commit_block(block_id, stored, [], writes=ballast, undo={})
            tell(f"final {height}")

    def _vote(self, height: int) -> None:
        said = {read_place(r): r for r in self._disk.load_journal(Height(height))}
        for round_ in range(max([1, *(place[1] + 1 for place in said)])):
            for step in range(STEPS):
                place = (height, round_, step)
                if place not in said:
                    said[place] = self._make_up(place)
                    self._disk.append_journal(Height(height), said[place])
                message = said[place].split(b" ")[3]
                if self._signer.sign(*place, message) is not None:
                    tell(f"signed {height} {round_} {step} {message.decode()}")

    def _make_up(self, place: Place) -> bytes:
        ballast = self._random.randbytes(self._random.choice((0, 0, 1_500))).hex()
        word = self._random.randbytes(8).hex()
        return f"{place[0]} {place[1]} {place[2]} {word} {ballast}".encode()


def tell(text: str) -> None:
    """Say what is done; a kill after this cannot take it back."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Vote until somebody ends it, or the disk is full."""
    folder, seed, heights = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    try:
        Voter(folder, Random(seed)).run(heights)
    except StorageError as problem:
        tell(f"refused {problem.message}")
        sys.exit(3)


if __name__ == "__main__":
    main()
