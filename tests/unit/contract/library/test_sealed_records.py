"""Records are kept sealed, read by those who may, and erased by all who keep them."""

import pytest

from dure.chain.transaction import Call
from dure.contract.interface import build_interface
from dure.contract.library.sealed_keeping import (
    SEALED_BYTES_MAX,
    ErasureReceipt,
    ReaderWithdrawn,
    RecordRead,
    RecordSealed,
    SealedState,
)
from dure.contract.library.sealed_records import SealedRecords
from dure.contract.source import read_source
from dure.contract.values import decode_arguments
from dure.core.types import Hash
from dure.identity.envelopes.files import FILE_BYTES_MAX, Digests
from dure.sdk.sealed import entries
from dure.testing import Deployed, Person, World

NAME, OTHER = Hash(b"n" * 32), Hash(b"o" * 32)
SALTED, SEALED, SEALED_ANEW = Hash(b"1" * 32), Hash(b"2" * 32), Hash(b"3" * 32)
SIZE = 1_000
PLACE = "https://bank.example:8700"
READING_KEY = b"x" * 32


class Scene:
    """An insurer and a bank that keep, and people who read."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.insurer, self.bank, self.ann, self.stranger = world.people(
            "insurer", "bank", "ann", "stranger"
        )
        self.officer = world.person("officer")
        self.records: Deployed = world.deploy(
            SealedRecords,
            by=self.bank,
            roles={
                "keeper": [self.insurer, self.bank],
                "depositor": [self.insurer],
                "eraser": [self.officer],
            },
        )
        for keeper in (self.insurer, self.bank):
            self.records.announce_keeper(by=keeper, title=keeper.name, place=PLACE)
        for reader in (self.insurer, self.ann):
            self.records.name_reading_key(by=reader, reading_key=READING_KEY)

    def deposit(self, *readers: Person, name: Hash = NAME, by: Person | None = None) -> None:
        self.records.deposit(
            by=by or self.insurer,
            name=name,
            salted=SALTED,
            sealed=SEALED,
            size=SIZE,
            keepers=[self.insurer, self.bank],
            readers=list(readers),
        )

    def withdraw(self, reader: Person, by: Person | None = None) -> None:
        self.records.withdraw_reader(
            by=by or self.insurer,
            name=NAME,
            reader=reader,
            salted=SALTED,
            sealed=SEALED_ANEW,
            size=SIZE + 1,
        )

    def erase(self) -> None:
        self.deposit()
        self.records.ask_erasure(by=self.insurer, name=NAME)

    @property
    def state(self) -> SealedState:
        found = self.records.sealed_entry(NAME).state
        assert isinstance(found, SealedState)
        return found


@pytest.fixture
def scene(world: World) -> Scene:
    return Scene(world)


def test_a_record_is_kept_and_its_readers_may_read(scene: Scene) -> None:
    scene.deposit(scene.ann)
    entry = scene.records.sealed_entry(NAME)
    assert (entry.version, entry.size, entry.state) == (1, SIZE, SealedState.KEPT)
    assert [scene.records.may_read(NAME, each) for each in (scene.insurer, scene.ann)] == [True] * 2
    assert not scene.records.may_read(NAME, scene.bank), "who keeps it does not read it"
    assert not scene.records.may_read(OTHER, scene.ann)
    (event,) = scene.world.events(RecordSealed)
    assert (event.name, event.version) == (NAME, 1)


def test_keepers_confirm_what_they_have(scene: Scene) -> None:
    scene.deposit()
    assert scene.records.kept_version(NAME, scene.bank) == 0
    scene.records.confirm_kept(by=scene.bank, name=NAME, version=1)
    assert scene.records.kept_version(NAME, scene.bank) == 1
    with scene.world.refused("it is confirmed already"):
        scene.records.confirm_kept(by=scene.bank, name=NAME, version=1)
    with scene.world.refused("that is not the present version"):
        scene.records.confirm_kept(by=scene.bank, name=NAME, version=2)
    with scene.world.refused("only a keeper of the record may do this"):
        scene.records.confirm_kept(by=scene.stranger, name=NAME, version=1)


def test_every_reading_leaves_an_entry(scene: Scene) -> None:
    scene.deposit(scene.ann)
    assert scene.records.reading_count(NAME) == 0
    number = scene.records.note_reading(by=scene.bank, name=NAME, version=1, reader=scene.ann)
    assert (number, scene.records.reading_count(NAME)) == (1, 1)
    reading = scene.records.reading(NAME, 1)
    assert (reading.reader, reading.keeper) == (scene.ann.address, scene.bank.address)
    (event,) = scene.world.events(RecordRead)
    assert event.reader == scene.ann.address
    with scene.world.refused("the reader may not read the record"):
        scene.records.note_reading(by=scene.bank, name=NAME, version=1, reader=scene.stranger)
    with scene.world.refused("that is not the present version"):
        scene.records.note_reading(by=scene.bank, name=NAME, version=2, reader=scene.ann)
    with scene.world.refused("only a keeper of the record may do this"):
        scene.records.note_reading(by=scene.ann, name=NAME, version=1, reader=scene.ann)


def test_a_reader_is_admitted_and_withdrawn_by_the_depositor_alone(scene: Scene) -> None:
    scene.deposit()
    with scene.world.refused("only the record's depositor may do this"):
        scene.records.admit_reader(by=scene.ann, name=NAME, reader=scene.ann)
    scene.records.admit_reader(by=scene.insurer, name=NAME, reader=scene.ann)
    assert scene.records.may_read(NAME, scene.ann)
    with scene.world.refused("they may read the record already"):
        scene.records.admit_reader(by=scene.insurer, name=NAME, reader=scene.ann)
    with scene.world.refused("only the record's depositor may do this"):
        scene.withdraw(scene.ann, by=scene.ann)
    scene.withdraw(scene.ann)
    assert not scene.records.may_read(NAME, scene.ann)
    entry = scene.records.sealed_entry(NAME)
    assert (entry.version, entry.sealed, entry.size) == (2, SEALED_ANEW, SIZE + 1)
    assert scene.world.events(ReaderWithdrawn)
    with scene.world.refused("they may not read the record"):
        scene.withdraw(scene.ann)


def test_a_new_version_has_another_key(scene: Scene) -> None:
    scene.deposit(scene.ann)
    new = {"name": NAME, "salted": SALTED, "size": SIZE}
    with scene.world.refused("a new version is sealed with another key"):
        scene.records.renew(by=scene.insurer, sealed=SEALED, **new)
    scene.records.renew(by=scene.insurer, sealed=SEALED_ANEW, **new)
    assert scene.records.sealed_entry(NAME).version == 2
    assert scene.records.may_read(NAME, scene.ann)


def test_an_erasure_is_over_when_every_keeper_signed(scene: Scene) -> None:
    scene.erase()
    assert scene.state.name == "ERASING"
    assert scene.records.missing_receipts(NAME) == ["insurer", "bank"]
    assert not scene.records.may_read(NAME, scene.insurer)
    scene.records.confirm_erased(by=scene.bank, name=NAME)
    assert scene.records.has_confirmed_erasure(NAME, scene.bank)
    assert scene.records.missing_receipts(NAME) == ["insurer"]
    with scene.world.refused("it is confirmed already"):
        scene.records.confirm_erased(by=scene.bank, name=NAME)
    scene.records.confirm_erased(by=scene.insurer, name=NAME)
    assert scene.state.name == "ERASED"
    assert scene.records.missing_receipts(NAME) == []
    assert [each.missing for each in scene.world.events(ErasureReceipt)] == [1, 0]


def test_what_is_erased_does_not_come_back(scene: Scene) -> None:
    scene.erase()
    gone = "the record is erased or being erased"
    with scene.world.refused(gone):
        scene.records.admit_reader(by=scene.insurer, name=NAME, reader=scene.ann)
    with scene.world.refused(gone):
        scene.records.ask_erasure(by=scene.insurer, name=NAME)
    with scene.world.refused(gone):
        scene.records.confirm_kept(by=scene.bank, name=NAME, version=1)
    with scene.world.refused("the reader may not read the record"):
        scene.records.note_reading(by=scene.bank, name=NAME, version=1, reader=scene.insurer)
    with scene.world.refused("there is a record of that name already"):
        scene.deposit()


def test_who_may_ask_for_an_erasure(scene: Scene) -> None:
    scene.deposit()
    with scene.world.refused("only the record's depositor or an eraser may do this"):
        scene.records.ask_erasure(by=scene.bank, name=NAME)
    with scene.world.refused("there is no erasure to confirm"):
        scene.records.confirm_erased(by=scene.bank, name=NAME)
    scene.records.ask_erasure(by=scene.officer, name=NAME)
    assert scene.state == SealedState.ERASING


def test_what_a_deposit_must_be(scene: Scene) -> None:
    ready: dict[str, object] = {"name": NAME, "salted": SALTED, "sealed": SEALED, "size": SIZE}
    keepers = [scene.insurer, scene.bank]
    wrong: list[tuple[dict[str, object], str]] = [
        ({"keepers": []}, "a record has 1 to 16 keepers"),
        ({"keepers": [scene.bank] * 17}, "a record has 1 to 16 keepers"),
        ({"keepers": [scene.bank, scene.bank]}, "a keeper is named twice"),
        ({"keepers": [scene.stranger]}, "a keeper has not announced itself"),
        ({"readers": [scene.ann] * 65}, "a record has at most 64 readers"),
        ({"readers": [scene.ann, scene.ann]}, "a reader is named twice"),
        ({"readers": [scene.stranger]}, "a reader has not named a reading key"),
        ({"size": 0}, "a sealed file holds at most 1 GiB"),
        ({"size": SEALED_BYTES_MAX + 1}, "a sealed file holds at most 1 GiB"),
    ]
    for change, reason in wrong:
        with scene.world.refused(reason):
            given = {"keepers": keepers, "readers": [], **ready, **change}
            scene.records.deposit(by=scene.insurer, **given)
    with scene.world.refused("not_permitted"):
        scene.deposit(by=scene.bank)


def test_what_keepers_and_readers_must_say(scene: Scene) -> None:
    wrong = [
        ({"title": ""}, "a keeper's name has 1 to 64 characters"),
        ({"place": "ftp://bank"}, "a keeper's address is a web address"),
        ({"place": PLACE + "/" * 200}, "a keeper's address has at most 200 characters"),
    ]
    for change, reason in wrong:
        with scene.world.refused(reason):
            given = {"title": "bank", "place": PLACE, **change}
            scene.records.announce_keeper(by=scene.bank, **given)
    with scene.world.refused("not_permitted"):
        scene.records.announce_keeper(by=scene.stranger, title="stranger", place=PLACE)
    with scene.world.refused("a reading key has 32 bytes"):
        scene.records.name_reading_key(by=scene.ann, reading_key=b"short")
    assert scene.records.keeper(scene.bank).title == "bank"
    assert scene.records.reading_key_of(scene.ann) == READING_KEY
    assert scene.records.reading_key_of(scene.stranger) == b""
    with scene.world.refused("they are no keeper"):
        scene.records.keeper(scene.stranger)


def test_what_nobody_deposited_is_unknown(scene: Scene) -> None:
    nothing = "there is no such record"
    with scene.world.refused(nothing):
        scene.records.sealed_entry(NAME)
    with scene.world.refused(nothing):
        scene.records.missing_receipts(NAME)
    with scene.world.refused(nothing):
        scene.records.confirm_erased(by=scene.bank, name=NAME)
    with scene.world.refused(nothing):
        scene.records.ask_erasure(by=scene.insurer, name=NAME)
    with scene.world.refused(nothing):
        scene.withdraw(scene.ann)


def test_changes_are_told_in_order_a_hundred_at_once(scene: Scene) -> None:
    names = [Hash(bytes([number]) * 32) for number in range(101)]
    for name in names:
        scene.deposit(name=name)
    assert scene.records.changes_since(0) == names[:100]
    assert scene.records.changes_since(100) == names[100:]
    assert scene.records.changes_since(101) == []


def test_programs_read_and_call_what_the_contract_has(scene: Scene) -> None:
    scene.deposit(scene.ann)
    scene.records.confirm_kept(by=scene.bank, name=NAME, version=1)
    stage = scene.world._stage
    executor = stage._executor  # type: ignore[attr-defined]  # the stage is in memory
    state = entries.SealedState(executor.chain_id, scene.records.address, executor.view().get)
    entry = state.get_entry(NAME)
    assert entry is not None
    assert entry.may_read == (scene.insurer.address, scene.ann.address)
    assert entry.keepers == (scene.insurer.address, scene.bank.address)
    assert (entry.state, entry.version) == (entries.KEPT, 1)
    assert entry.digests == Digests(SALTED, SEALED, SIZE)
    assert state.get_entry(OTHER) is None
    keeper = state.get_keeper(scene.bank.address)
    assert keeper is not None
    assert (keeper.title, keeper.place) == ("bank", PLACE)
    assert state.get_reading_key(scene.ann.address) == READING_KEY
    assert state.get_kept_version(NAME, scene.bank.address) == 1
    assert state.get_kept_version(NAME, scene.insurer.address) == 0
    assert (state.get_changes(), state.get_changed(1)) == (1, NAME)
    assert not state.has_confirmed_erasure(NAME, scene.bank.address)
    assert SEALED_BYTES_MAX == FILE_BYTES_MAX


def list_calls(scene: Scene) -> list[Call]:
    calls = entries.SealedCalls(scene.records.address)
    digests = Digests(SALTED, SEALED_ANEW, SIZE)
    bank, ann = scene.bank.address, scene.ann.address
    return [
        calls.name_reading_key(READING_KEY),
        calls.announce_keeper("bank", PLACE),
        calls.deposit(NAME, digests, (bank,), (ann,)),
        calls.renew(NAME, digests),
        calls.admit_reader(NAME, ann),
        calls.withdraw_reader(NAME, ann, digests),
        calls.ask_erasure(NAME),
        calls.confirm_kept(NAME, 1),
        calls.note_reading(NAME, 1, ann),
        calls.confirm_erased(NAME),
    ]


def test_the_calls_that_programs_make_fit_the_contract(scene: Scene) -> None:
    interface = build_interface(read_source(SealedRecords))
    calls = list_calls(scene)
    for call in calls:
        assert decode_arguments(interface, call.method, call.arguments)
    callable_ = {each.name for each in interface.methods.values() if each.kind == "call"}
    assert {call.method for call in calls} == callable_
