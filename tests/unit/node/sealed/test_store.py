"""What a keeper has on its disk: parts become files, keys lie apart, destroyed is gone."""

from functools import partial
from pathlib import Path

import pytest

from dure.core.errors import NotFound, Unavailable
from dure.core.types import Address, ChainId, Hash
from dure.identity.envelopes.files import FileDigest, Place
from dure.identity.envelopes.sealing import SEALED_KEY_BYTES
from dure.node.sealed.shelf import FolderShelf
from dure.node.sealed.store import SealedStoreFull, Store, WrongPart, compute_store_name

PLACE = Place(ChainId(b"c" * 32), Address(b"k" * 32), Hash(b"n" * 32), 1)
OTHER = Place(ChainId(b"c" * 32), Address(b"k" * 32), Hash(b"o" * 32), 1)
FILE = b"sealed bytes " * 100
ANN, BOB = Address(b"a" * 32), Address(b"b" * 32)
KEY = b"k" * SEALED_KEY_BYTES


def digest(data: bytes) -> Hash:
    state = FileDigest()
    state.add(data)
    return state.finish()


def open_store(folder: Path, bytes_max: int = 10_000) -> Store:
    return Store(folder, FolderShelf(folder / "files"), bytes_max=bytes_max)


def append(store: Store, offset: int, data: bytes, place: Place = PLACE) -> int:
    return store.append(place, size=len(FILE), sealed=digest(FILE), offset=offset, data=data)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path)


def test_parts_become_a_file_also_after_a_restart(store: Store, tmp_path: Path) -> None:
    assert append(store, 0, FILE[:500]) == 500
    again = open_store(tmp_path)
    assert (again.get_received(PLACE), again.is_whole(PLACE)) == (500, False)
    with pytest.raises(NotFound):
        again.read(PLACE, 0, 1)
    assert append(again, 500, FILE[500:]) == len(FILE)
    assert again.is_whole(PLACE)
    assert again.read(PLACE, 13, 26) == FILE[13:39]
    assert again.list_places() == [PLACE]


@pytest.mark.parametrize(
    ("offset", "data"), [(1, b"x"), (0, b""), (0, FILE + b"x"), (len(FILE), b"x")]
)
def test_a_part_that_does_not_go_on_is_refused(store: Store, offset: int, data: bytes) -> None:
    with pytest.raises(WrongPart, match="does not go on"):
        append(store, offset, data)


def test_parts_that_make_another_file_are_thrown_away(store: Store) -> None:
    with pytest.raises(WrongPart, match="another file"):
        append(store, 0, bytes(len(FILE)))
    assert store.get_received(PLACE) == 0
    assert append(store, 0, FILE) == len(FILE)


class FullShelf(FolderShelf):
    """Does not take anything while `is_full`."""

    is_full = True

    def put(self, name: str, file: Path) -> None:
        if self.is_full:
            raise Unavailable("the store does not answer")
        super().put(name, file)


def open_complete(folder: Path) -> tuple[Store, FullShelf]:
    """Return a store with a part that has all its bytes and was not put away."""
    shelf = FullShelf(folder / "files")
    store = Store(folder, shelf, bytes_max=10_000)
    with pytest.raises(Unavailable):
        append(store, 0, FILE)
    assert (store.get_received(PLACE), store.is_whole(PLACE)) == (len(FILE), False)
    return store, shelf


def test_a_part_that_was_not_put_away_is_finished_later(tmp_path: Path) -> None:
    store, shelf = open_complete(tmp_path)
    shelf.is_full = False
    assert store.finish(PLACE, size=len(FILE), sealed=digest(FILE))
    assert store.read(PLACE, 0, len(FILE)) == FILE
    assert not store.finish(PLACE, size=len(FILE), sealed=digest(FILE))


def test_another_part_finishes_what_was_not_put_away(tmp_path: Path) -> None:
    store, shelf = open_complete(tmp_path)
    shelf.is_full = False
    assert append(store, len(FILE), b"") == len(FILE)
    assert store.is_whole(PLACE)


def test_a_part_left_with_wrong_bytes_is_not_put_away(store: Store, tmp_path: Path) -> None:
    append(store, 0, FILE[:-1])
    part = tmp_path / "parts" / compute_store_name(PLACE)
    part.write_bytes(bytes(len(FILE)))
    with pytest.raises(WrongPart, match="another file"):
        append(store, len(FILE), b"")
    assert append(store, 0, FILE) == len(FILE)


def test_bytes_of_one_source_do_not_spoil_those_of_another(store: Store) -> None:
    append(store, 0, FILE[:500])
    add = partial(store.append, PLACE, size=len(FILE), sealed=digest(FILE))
    add(offset=0, data=bytes(700), source=ANN)
    assert (store.get_received(PLACE), store.get_received(PLACE, ANN)) == (500, 700)
    add(offset=0, data=FILE[:600], source=BOB)
    assert store.get_received(PLACE, ANN) == 0, "only one keeper's part takes room"
    add(offset=600, data=FILE[600:], source=BOB)
    assert store.read(PLACE, 0, len(FILE)) == FILE
    assert append(store, 500, FILE[500:]) == len(FILE), "the depositor's goes on as if it were its"


def test_keys_from_elsewhere_replace_none(store: Store) -> None:
    store.save_keys(PLACE, {ANN: KEY})
    store.add_keys(PLACE, {ANN: bytes(SEALED_KEY_BYTES), BOB: KEY})
    assert store.load_keys(PLACE) == {ANN: KEY, BOB: KEY}
    store.save_keys(PLACE, {BOB: KEY[::-1]})
    assert store.load_key(PLACE, BOB) == KEY[::-1], "the depositor's own replace any"


def test_the_quota_counts_what_is_to_come(tmp_path: Path) -> None:
    store = open_store(tmp_path, bytes_max=len(FILE) + 5)
    append(store, 0, FILE[:1])
    assert store.used == len(FILE)
    with pytest.raises(SealedStoreFull):
        append(store, 0, FILE[:1], OTHER)
    with pytest.raises(SealedStoreFull):
        append(open_store(tmp_path, bytes_max=len(FILE) + 5), 0, FILE[:1], OTHER)
    store.destroy(PLACE)
    assert append(store, 0, FILE[:1], OTHER) == 1


def test_keys_lie_apart_and_are_destroyed_one_by_one(store: Store, tmp_path: Path) -> None:
    store.save_keys(PLACE, {ANN: KEY, BOB: KEY[::-1]})
    assert store.load_keys(PLACE) == {ANN: KEY, BOB: KEY[::-1]}
    folder = tmp_path / "keys" / compute_store_name(PLACE)
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}
    store.destroy_key(PLACE, ANN)
    store.destroy_key(PLACE, ANN)
    assert store.load_key(PLACE, ANN) is None
    assert store.load_key(PLACE, BOB) == KEY[::-1]
    with pytest.raises(WrongPart, match="bytes"):
        store.save_keys(PLACE, {ANN: b"short"})


def test_a_key_is_overwritten_before_it_is_removed(store: Store, tmp_path: Path) -> None:
    store.save_keys(PLACE, {ANN: KEY})
    file = tmp_path / "keys" / compute_store_name(PLACE) / ANN.hex()
    # Another name of the same file shows what was in it when it was removed.
    (tmp_path / "seen").hardlink_to(file)
    store.destroy_key(PLACE, ANN)
    assert (tmp_path / "seen").read_bytes() == bytes(SEALED_KEY_BYTES)


def test_what_is_destroyed_leaves_nothing(store: Store, tmp_path: Path) -> None:
    append(store, 0, FILE)
    append(store, 0, FILE[:7], OTHER)
    store.append(OTHER, size=9, sealed=digest(FILE), offset=0, data=b"part", source=ANN)
    store.save_keys(PLACE, {ANN: KEY})
    for place in (PLACE, OTHER, OTHER):
        store.destroy(place)
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []
    assert (store.used, store.list_places()) == (0, [])


def test_what_belongs_to_no_version_is_swept_away(store: Store, tmp_path: Path) -> None:
    append(store, 0, FILE)
    store.save_keys(PLACE, {ANN: KEY})
    for folder in ("parts", "files"):
        (tmp_path / folder / ("f" * 64)).write_bytes(b"left behind")
    store.save_keys(OTHER, {ANN: KEY})
    store.sweep()
    assert store.read(PLACE, 0, 5) == FILE[:5]
    assert store.load_key(PLACE, ANN) == KEY
    assert store.load_keys(OTHER) == {}
    assert not (tmp_path / "files" / ("f" * 64)).exists()
    assert not (tmp_path / "parts" / ("f" * 64)).exists()


def test_names_on_the_disk_tell_nothing(store: Store, tmp_path: Path) -> None:
    append(store, 0, FILE)
    store.save_keys(PLACE, {ANN: KEY})
    names = {each.name.removesuffix(".json") for each in (tmp_path / "notes").iterdir()}
    assert names == {compute_store_name(PLACE)}
    assert {each.name for each in (tmp_path / "files").iterdir()} == names
    assert PLACE.name.hex() not in names
