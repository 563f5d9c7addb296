"""A voting process is killed at random moments, again and again, and never contradicts itself."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from dure.node.durable.recollection import recollect
from dure.node.durable.storage import RocksDisk
from tests.unit.node.durable.voting import KEY, read_place

LIVES = 12
LINES_MAX = 120
SECONDS = 60

pytestmark = pytest.mark.timeout(240)


class Witness:
    """Hears what the lives of one validator say, and compares."""

    def __init__(self) -> None:
        self.signed: dict[tuple[int, int, int], str] = {}
        self.final = -1
        self.lines = 0

    def hear(self, line: str) -> None:
        """Take in one line; fail where it contradicts what was said before."""
        self.lines += 1
        word, _, rest = line.partition(" ")
        if word == "signed":
            height, round_, step, message = rest.split(" ")
            place = int(height), int(round_), int(step)
            assert self.signed.setdefault(place, message) == message, f"two votes at {place}"
        elif word == "final":
            self.final = max(self.final, int(rest))

    def compare(self, folder: Path) -> None:
        """Look whether the disk still has all that was told."""
        disk = RocksDisk(folder / "data", KEY.public)
        memory = recollect(disk, folder / "guard", KEY, read_place=read_place, votes_lost=False)
        head = disk.load_head()
        assert memory.loss is None
        assert head is None or head.block.header.height >= self.final
        height = -1 if head is None else head.block.header.height
        journalled = {read_place(record): record for record in disk.load_whole_journal()}
        for place, message in self.signed.items():
            assert place <= memory.signer.last.place
            assert place[0] <= height or message.encode() in journalled[place].split(b" ")
        memory.signer.close()
        disk.close()


def live(folder: Path, seed: int, *prefix: str, heights: int = 1_000_000) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            *prefix,
            sys.executable,
            "-m",
            "tests.unit.node.durable.voting",
            folder,
            *map(str, (seed, heights)),
        ],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )


def read_lines(process: subprocess.Popen[str]) -> Iterator[str]:
    assert process.stdout is not None
    with process.stdout as output:
        for line in output:
            yield line.rstrip("\n")


def test_no_kill_ever_makes_it_forget_or_contradict_itself(tmp_path: Path) -> None:
    random, witness = Random(4), Witness()
    for seed in range(LIVES):
        process = live(tmp_path, seed)
        wanted = random.randint(1, LINES_MAX)
        for number, line in enumerate(read_lines(process)):
            witness.hear(line)
            if number == wanted:
                process.send_signal(signal.SIGKILL)
        assert process.wait(SECONDS) == -signal.SIGKILL, "it ended by itself"
        witness.compare(tmp_path)
    assert witness.lines > LIVES * 10, "it must say enough to prove anything"
    assert len(witness.signed) > LIVES


def test_a_limit_on_every_file_stops_it_with_one_sentence_and_without_it_it_goes_on(
    tmp_path: Path,
) -> None:
    witness = Witness()
    for seed, kibibytes in enumerate((24, 40, 64, 96, 160)):
        limited = live(tmp_path, seed, "/bin/sh", "-c", f'ulimit -f {kibibytes}; exec "$@"', "sh")
        lines = list(read_lines(limited))
        for line in lines:
            witness.hear(line)
        assert limited.wait(SECONDS) == 3, lines[-3:]
        assert lines[-1].startswith("refused ")
        assert "Free space or replace the disk, and start the node again" in lines[-1]
        witness.compare(tmp_path)
    free = live(tmp_path, 99, heights=3)
    for line in read_lines(free):
        witness.hear(line)
    assert free.wait(SECONDS) == 0
    witness.compare(tmp_path)


NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount", "/bin/sh", "-c")
MOUNT = 'mount -t tmpfs -o size=16m none "$1"'
FULL = f"""
{MOUNT}
mkdir "$1/node"
head -c 15M /dev/zero > "$1/ballast"
shift_folder="$1"; shift
"$@"; echo "ended $?"
rm "$shift_folder/ballast"
"$@"; echo "ended $?"
"""


def test_a_full_file_system_stops_it_and_free_space_lets_it_go_on(tmp_path: Path) -> None:
    if subprocess.run([*NAMESPACE, MOUNT, "sh", tmp_path], check=False).returncode != 0:
        pytest.skip("this machine does not permit a mount in a namespace of one's own")
    process = live(tmp_path / "node", 1, *NAMESPACE, FULL, "sh", str(tmp_path), heights=800)
    lines = list(read_lines(process))
    assert process.wait(SECONDS) == 0
    witness = Witness()
    for line in lines:
        witness.hear(line)
    assert [line for line in lines if line.startswith("ended")] == ["ended 3", "ended 0"]
    (refusal,) = [line for line in lines if line.startswith("refused")]
    assert "No space left on device" in refusal
    assert "Free space or replace the disk, and start the node again" in refusal
    assert lines.count("started") == 2
    assert witness.final >= 800
