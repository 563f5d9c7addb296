"""What a validator remembers of its votes: lost, set back or copied, it starts mute, or whole."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from dure.core.certificate import Certificate, Seal
from dure.core.errors import ConfigurationError, StorageError
from dure.core.types import Height, Round, Signature
from dure.identity.keys import SigningKey
from dure.node.durable.loss import Loss
from dure.node.durable.recollection import recollect
from dure.node.durable.signer import FileSigner, Place, create_guard
from dure.node.durable.storage import RocksDisk
from tests.unit.node.blocks import build_stored

KEY = SigningKey(b"k" * 32)
COMMIT = 3


def read_place(record: bytes) -> Place:
    height, round_, step = map(int, record.split(b","))
    return height, round_, step


@dataclass
class Validator:
    """A validator's folder, and what it does while it runs."""

    folder: Path
    key: SigningKey = KEY

    @property
    def guard(self) -> Path:
        return self.folder / "guard"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @contextmanager
    def running(self, *, votes_lost: bool = False) -> Iterator[tuple[RocksDisk, FileSigner]]:
        disk = RocksDisk(self.data, self.key.public)
        try:
            memory = recollect(
                disk, self.guard, self.key, read_place=read_place, votes_lost=votes_lost
            )
            self.loss = memory.loss
            yield disk, memory.signer
            memory.signer.close()
        finally:
            disk.close()

    def start(self, *, votes_lost: bool = False) -> Loss | None:
        """Start and stop it; return why it is mute."""
        with self.running(votes_lost=votes_lost):
            return self.loss

    def vote(self, *places: Place, flushed: bool = True) -> None:
        """Start it and have it vote; the last signature is not asked for where not `flushed`."""
        with self.running() as (disk, signer):
            for place in places:
                disk.append_journal(Height(place[0]), b"%d,%d,%d" % place)
                if flushed or place != places[-1]:
                    assert signer.sign(*place, b"vote") is not None

    def follow(self, *heights: int, sealed_in_round: int | None = None) -> None:
        """Start it and have it write final blocks; its own seal may be among those of the last."""
        with self.running() as (disk, _):
            for height in heights:
                write_block(disk, height, self.key if sealed_in_round is not None else None)

    def copy_aside(self, *names: str) -> Path:
        """Make a backup of a part of the folder."""
        backup = self.folder.with_name("backup")
        for name in names:
            source = self.folder / name
            target = backup / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
        return backup

    def restore(self, *names: str) -> None:
        for name in names:
            source, target = self.folder.with_name("backup") / name, self.folder / name
            if target.is_dir():
                shutil.rmtree(target)
            shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)


def write_block(disk: RocksDisk, height: int, sealer: SigningKey | None = None) -> None:
    block_id, stored = build_stored(height)
    if sealer is not None:
        seals = (Seal(sealer.public, Signature(bytes(64))),)
        stored = msgspec.structs.replace(stored, certificate=Certificate(Round(0), seals))
    disk.commit_block(block_id, stored, (), writes={}, undo={})


@pytest.fixture
def validator(tmp_path: Path) -> Validator:
    folder = tmp_path / "node"
    folder.mkdir()
    create_guard(folder / "guard", KEY.public)
    validator = Validator(folder)
    validator.follow(0)
    return validator


def test_a_new_validator_is_not_mute(tmp_path: Path) -> None:
    create_guard(tmp_path / "guard", KEY.public)
    assert Validator(tmp_path).start() is None


def test_one_that_lost_nothing_is_not_mute_however_it_ended(validator: Validator) -> None:
    validator.vote((1, 0, 1), (1, 0, 2))
    assert validator.start() is None
    validator.vote((1, 1, 0), flushed=False)
    assert validator.start() is None
    validator.follow(1, sealed_in_round=0)
    assert validator.start() is None
    validator.vote((2, 0, 2), (2, 0, 3), (2, 1, 0), flushed=False)
    assert validator.start(votes_lost=True) is None


@pytest.mark.parametrize("votes_lost", [False, True])
def test_a_wiped_disk_with_an_intact_guard_is_mute_and_stays_it(
    validator: Validator, *, votes_lost: bool
) -> None:
    validator.vote((1, 0, 2), (1, 0, 3))
    shutil.rmtree(validator.data)
    assert validator.start(votes_lost=votes_lost) is Loss.STORE_BEHIND
    validator.follow(*range(4))
    assert validator.start() is Loss.STORE_BEHIND


def test_a_lost_journal_is_mute(validator: Validator) -> None:
    validator.vote((1, 0, 2))
    (validator.data / "journal").unlink()
    assert validator.start() is Loss.MISSING
    assert validator.start(votes_lost=True) is Loss.MISSING


def test_a_journal_that_is_put_back_whole_ends_it(validator: Validator) -> None:
    validator.vote((1, 0, 2))
    journal = validator.data / "journal"
    journal.rename(validator.folder / "elsewhere")
    assert validator.start() is Loss.MISSING
    (validator.folder / "elsewhere").rename(journal)
    assert validator.start() is None


def test_a_last_record_that_was_acted_on_is_no_torn_tail(validator: Validator) -> None:
    validator.vote((1, 0, 2), (1, 0, 3))
    journal = validator.data / "journal"
    content = bytearray(journal.read_bytes())
    content[-1] ^= 1
    journal.write_bytes(content)
    assert validator.start() is Loss.STORE_BEHIND


def test_a_record_that_was_torn_before_it_was_acted_on_is_no_loss(validator: Validator) -> None:
    validator.vote((1, 0, 2), (1, 0, 3), flushed=False)
    journal = validator.data / "journal"
    journal.write_bytes(journal.read_bytes()[:-1])
    assert validator.start() is None


def test_an_older_journal_of_the_same_height_is_noticed(validator: Validator) -> None:
    validator.vote((1, 0, 2))
    validator.copy_aside("data/journal")
    validator.vote((1, 0, 3))
    validator.restore("data/journal")
    assert validator.start() is Loss.STORE_BEHIND


def test_a_whole_folder_but_the_guard_from_a_backup_is_mute(validator: Validator) -> None:
    validator.vote((1, 0, 2))
    validator.copy_aside("data")
    validator.vote((1, 0, 3))
    validator.follow(1)
    validator.vote((2, 0, 2))
    validator.restore("data")
    assert validator.start() is Loss.STORE_BEHIND
    validator.follow(1, 2, 3)
    assert validator.start() is Loss.STORE_BEHIND


def test_an_older_store_beside_the_newest_journal_is_mute_for_its_head_went_back(
    validator: Validator,
) -> None:
    validator.vote((1, 0, 2))
    validator.copy_aside("data/rocks", "data/blocks")
    validator.follow(1)
    validator.vote((2, 0, 2))
    validator.restore("data/rocks", "data/blocks")
    assert validator.start() is Loss.STORE_BEHIND


def test_an_older_database_beside_the_newest_log_of_blocks_has_forgotten_nothing(
    validator: Validator,
) -> None:
    validator.vote((1, 0, 2))
    validator.copy_aside("data/rocks")
    validator.follow(1)
    validator.vote((2, 0, 2))
    validator.restore("data/rocks")
    assert validator.start() is None


def test_an_older_log_of_blocks_beside_the_newest_database_is_refused(
    validator: Validator,
) -> None:
    validator.copy_aside("data/blocks")
    validator.follow(1)
    validator.restore("data/blocks")
    with pytest.raises(StorageError, match="ends at byte"):
        validator.start()


def test_an_old_guard_beside_a_newer_journal_is_mute(validator: Validator) -> None:
    validator.vote((1, 0, 2))
    validator.copy_aside("guard")
    validator.vote((1, 0, 3), (1, 1, 0))
    validator.restore("guard")
    assert validator.start() is Loss.GUARD_BEHIND
    validator.follow(1, 2)
    assert validator.start() is Loss.GUARD_BEHIND


def test_an_old_guard_beside_a_head_with_the_own_seal_is_mute(validator: Validator) -> None:
    validator.vote((1, 0, 2))
    validator.copy_aside("guard")
    validator.vote((1, 0, 3))
    validator.follow(1, 2, sealed_in_round=0)
    validator.restore("guard")
    assert validator.start() is Loss.GUARD_BEHIND


def test_a_guard_made_by_hand_for_a_key_that_has_voted_is_mute(validator: Validator) -> None:
    validator.vote((1, 0, 2), (1, 0, 3))
    validator.guard.unlink()
    create_guard(validator.guard, KEY.public)
    assert validator.start() is Loss.GUARD_BEHIND


@pytest.mark.parametrize("damage", ["missing", "damaged"])
def test_a_lost_guard_stops_it_until_the_operator_says_that_votes_were_lost(
    validator: Validator, damage: str
) -> None:
    validator.vote((1, 0, 2), (1, 0, 3))
    if damage == "missing":
        validator.guard.unlink()
    else:
        validator.guard.write_bytes(b"garbage")
    with pytest.raises((ConfigurationError, StorageError), match="Recover a validator"):
        validator.start()
    assert validator.start(votes_lost=True) is Loss.GUARD_REPLACED
    validator.follow(1, 2)
    assert validator.start() is Loss.GUARD_REPLACED


def test_a_crash_before_the_guard_is_made_anew_leaves_no_blank_one(
    validator: Validator, monkeypatch: pytest.MonkeyPatch
) -> None:
    validator.vote((1, 0, 2))
    validator.guard.unlink()

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("dure.node.durable.recollection.replace_guard", die)
        with pytest.raises(KeyboardInterrupt):
            validator.start(votes_lost=True)
    create_guard(validator.guard, KEY.public)
    assert validator.start() is Loss.GUARD_REPLACED


def test_a_new_key_with_its_own_guard_begins_with_a_journal_of_its_own(
    validator: Validator,
) -> None:
    validator.vote((1, 0, 2), (1, 0, 3))
    validator.guard.unlink()
    renewed = Validator(validator.folder, SigningKey(b"n" * 32))
    create_guard(renewed.guard, renewed.key.public)
    renewed.vote((1, 0, 2), (1, 0, 3))
    assert renewed.start() is None
    assert (renewed.data / "journal.lost-1").exists()


def test_the_old_key_with_its_old_guard_finds_its_journal_gone(validator: Validator) -> None:
    validator.vote((1, 0, 2))
    validator.copy_aside("guard")
    validator.guard.unlink()
    renewed = Validator(validator.folder, SigningKey(b"n" * 32))
    create_guard(renewed.guard, renewed.key.public)
    renewed.vote((1, 0, 2))
    validator.restore("guard")
    assert validator.start() is Loss.ANOTHER_KEY


def test_the_guard_of_another_key_is_never_thrown_away(validator: Validator) -> None:
    other = Validator(validator.folder, SigningKey(b"n" * 32))
    before = validator.guard.read_bytes()
    for votes_lost in (False, True):
        with pytest.raises(ConfigurationError, match="belongs to another key"):
            other.start(votes_lost=votes_lost)
    assert validator.guard.read_bytes() == before


def test_one_that_speaks_again_has_lost_nothing_any_more(validator: Validator) -> None:
    validator.vote((1, 0, 2))
    shutil.rmtree(validator.data)
    validator.follow(0, 1, 2, sealed_in_round=0)
    with validator.running(votes_lost=True) as (disk, signer):
        write_block(disk, 3, KEY)
        signer.renounce(3)
        disk.begin_journal_anew()
    assert validator.start() is None
    validator.vote((4, 0, 2), (4, 0, 3))
    assert validator.start() is None


def test_two_copies_of_a_folder_cannot_run_on_one_guard(validator: Validator) -> None:
    with (
        validator.running(),
        pytest.raises(ConfigurationError, match="another process signs with this key"),
    ):
        FileSigner(validator.guard, KEY)
