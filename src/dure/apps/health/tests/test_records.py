"""Records and consents, one rule of the README a test."""

import pytest

from dure.apps.health.contracts.records import AccessLogged, Basis
from dure.apps.health.stories import deposit
from dure.apps.health.tests.scene import RESEARCH, Scene, digest


def test_r1_a_hospital_files_only_for_who_came_to_it_and_once(scene: Scene) -> None:
    name = scene.file()
    assert scene.records.record_of(name).kind == "Observation"
    with scene.world.refused("the record is a patient's already"):
        scene.records.assign(by=scene.hospital, name=name, patient=scene.bob, kind="Condition")
    deposit(scene.records, scene.hospital, "other")
    other = {"name": digest("name of other"), "kind": "Condition"}
    with scene.world.refused("the patient did not come to this hospital"):
        scene.records.assign(by=scene.hospital, patient=scene.stranger, **other)
    with scene.world.refused("only the record's depositor"):
        scene.records.assign(by=scene.clinic, patient=scene.ann, **other)
    with scene.world.refused("a kind has 1 to 64 characters"):
        scene.records.assign(by=scene.hospital, patient=scene.ann, **{**other, "kind": ""})
    with scene.world.refused("that is no hospital"):
        scene.records.begin_care(by=scene.ann, hospital=scene.doctor)
    with scene.world.refused("the hospital does so already"):
        scene.records.begin_care(by=scene.ann, hospital=scene.hospital)
    scene.records.begin_care(by=scene.hospital, hospital=scene.hospital)
    with scene.world.refused("a hospital is no patient of its own"):
        scene.records.assign(by=scene.hospital, patient=scene.hospital, **other)


def test_r2_the_hospital_names_no_readers(scene: Scene) -> None:
    with scene.world.refused("the patient names the readers, not the hospital"):
        scene.records.deposit(
            by=scene.hospital,
            name=digest("name"),
            salted=digest("salted"),
            sealed=digest("sealed"),
            size=1,
            keepers=[scene.hospital],
            readers=[scene.doctor],
        )
    name = scene.file()
    with pytest.raises(AttributeError):
        scene.records.admit_reader(by=scene.hospital, name=name, reader=scene.doctor)


def test_r3_nobody_is_handed_a_key_without_a_reason_that_stands_here(scene: Scene) -> None:
    name = scene.file()
    for reader in ("doctor", "bob", "clinic", "stranger"):
        assert not scene.records.may_read(name, scene.who[reader])
        with scene.world.refused("no consent in force covers this reading"):
            scene.note(name, reader)
    scene.note(name, "ann")
    scene.note(name, "hospital")
    patient = scene.ann
    assert scene.records.access(patient, 1).basis is Basis.OWN
    assert scene.records.access(patient, 2).basis is Basis.CUSTODIAN
    with scene.world.refused("only a keeper of the record may do this"):
        scene.records.note_reading(by=scene.stranger, name=name, version=1, reader=scene.ann)


def test_r4_a_consent_covers_one_reader_kind_purpose_and_time(scene: Scene) -> None:
    name, other = scene.file(), scene.file("genome", kind="MolecularSequence")
    scene.consent("ann", "doctor", length=30)
    for wrong in (("stranger", "TREAT", name), ("doctor", RESEARCH, name)):
        with scene.world.refused("the patient's consent does not cover this"):
            scene.open(wrong[2], wrong[0], wrong[1])
    with scene.world.refused("the patient's consent does not cover this"):
        scene.open(other)
    scene.open(name)
    scene.note(name)
    scene.world.wait(days=31)
    with scene.world.refused("no consent in force covers this reading"):
        scene.note(name)
    scene.consent("ann", "doctor")
    with scene.world.refused("no consent in force covers this reading"):
        scene.note(name)
    scene.open(name)
    scene.note(name)


def test_r4_somebody_elses_consent_opens_nothing(scene: Scene) -> None:
    name = scene.file()
    scene.consent("bob", "doctor")
    with scene.world.refused("the patient's consent does not cover this"):
        scene.open(name)
    with scene.world.refused("there is no such record of a patient"):
        scene.open(digest("nothing"))


def test_r5_withdrawal_holds_from_the_next_reading_on(scene: Scene) -> None:
    name = scene.file()
    number = scene.consent("ann", "doctor")
    scene.open(name)
    scene.note(name)
    with scene.world.refused("only who consented may withdraw it"):
        scene.records.withdraw_consent(by=scene.doctor, number=number)
    scene.records.withdraw_consent(by=scene.ann, number=number)
    with scene.world.refused("no consent in force covers this reading"):
        scene.note(name)
    assert scene.records.uses_of(number) == 1


def test_r6_the_patient_sees_every_reading(scene: Scene) -> None:
    name = scene.file()
    number = scene.consent("ann", "doctor")
    scene.open(name)
    for _ in range(3):
        scene.note(name)
    assert scene.records.access_count(scene.ann) == 3 == len(scene.world.events(AccessLogged))
    entry = scene.records.access(scene.ann, 3)
    assert (entry.reader, entry.consent, entry.purpose) == (scene.doctor.address, number, "TREAT")
    with scene.world.refused("there is no such reading"):
        scene.records.access(scene.ann, 4)


def test_r7_an_emergency_opens_a_record_for_a_day(scene: Scene) -> None:
    name, reason = scene.file(), digest("reason")
    with scene.world.refused("emergency"):
        scene.records.open_in_emergency(by=scene.stranger, name=name, reason=reason)
    number = scene.records.open_in_emergency(by=scene.doctor, name=name, reason=reason)
    scene.note(name)
    entry = scene.records.access(scene.ann, 1)
    assert (entry.basis, entry.emergency) == (Basis.EMERGENCY, number)
    scene.world.wait(hours=24)
    with scene.world.refused("no consent in force covers this reading"):
        scene.note(name)
    scene.records.begin_care(by=scene.doctor, hospital=scene.hospital)
    own = scene.file("of the doctor", "doctor")
    with scene.world.refused("nobody overrides their own consent"):
        scene.records.open_in_emergency(by=scene.doctor, name=own, reason=reason)


def test_r8_the_patient_contests_and_the_ombudsman_decides(scene: Scene) -> None:
    name, reason = scene.file(), digest("reason")
    records = scene.records
    number = records.open_in_emergency(by=scene.doctor, name=name, reason=reason)
    with scene.world.refused("nobody contests this emergency"):
        records.decide(by=scene.ombudsman, number=number, is_justified=False)
    with scene.world.refused("only the patient may do this"):
        records.contest(by=scene.bob, number=number, grounds=reason)
    records.contest(by=scene.ann, number=number, grounds=reason)
    with scene.world.refused("the emergency was contested already"):
        records.contest(by=scene.ann, number=number, grounds=reason)
    with scene.world.refused("nobody decides about themselves"):
        records.decide(by=scene.doctor, number=number, is_justified=True)
    records.decide(by=scene.ombudsman, number=number, is_justified=False)
    assert records.is_barred(scene.doctor)
    with scene.world.refused("no consent in force covers this reading"):
        scene.note(name)
    with scene.world.refused("an emergency of theirs was not justified"):
        records.open_in_emergency(by=scene.doctor, name=name, reason=reason)
    with scene.world.refused("there is no such emergency"):
        records.emergency(9)


def test_r8_an_emergency_that_was_one_bars_nobody_and_contesting_has_its_time(scene: Scene) -> None:
    name, reason = scene.file(), digest("reason")
    first = scene.records.open_in_emergency(by=scene.doctor, name=name, reason=reason)
    scene.records.contest(by=scene.ann, number=first, grounds=reason)
    scene.records.decide(by=scene.ombudsman, number=first, is_justified=True)
    second = scene.records.open_in_emergency(by=scene.doctor, name=name, reason=reason)
    scene.world.wait(days=91)
    with scene.world.refused("it is too late to contest this"):
        scene.records.contest(by=scene.ann, number=second, grounds=reason)


def test_r9_an_erased_record_is_read_by_nobody(scene: Scene) -> None:
    name = scene.file()
    scene.consent("ann", "doctor")
    scene.open(name)
    scene.records.ask_erasure(by=scene.hospital, name=name)
    for reader in ("doctor", "ann", "hospital"):
        assert not scene.records.may_read(name, scene.who[reader])
    with scene.world.refused("the record is erased or being erased"):
        scene.open(name)


def test_lapsed_readers_make_room(scene: Scene) -> None:
    name = scene.file()
    number = scene.consent("ann", "doctor")
    scene.open(name)
    scene.records.withdraw_consent(by=scene.ann, number=number)
    scene.consent("ann", "substitute")
    scene.open(name, "substitute")
    readers = scene.records.sealed_entry(name).readers
    assert list(readers) == [scene.ann.address, scene.substitute.address]
    scene.open(name, "substitute")
    assert len(scene.records.sealed_entry(name).readers) == 2
