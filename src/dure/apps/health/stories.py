"""Narrated runs: records, sets and care as patients, hospitals and researchers live them."""

from dataclasses import dataclass
from hashlib import sha256

from dure.apps.health.contracts.care import Care
from dure.apps.health.contracts.records import HealthRecords
from dure.apps.health.contracts.sets import SharedSets
from dure.apps.health.signing import sign_result
from dure.contract.language import days, hours
from dure.core.types import Hash
from dure.identity.keys import SigningKey
from dure.testing import Deployed, Person, World

MONEY = 1_000_000
REWARD = 5_000
READING_KEY = b"an X25519 public key of 32 bytes"
PLACE = "https://hospital.example:8700"
TREATMENT, RESEARCH = "TREAT", "HRESCH"


def digest(word: str) -> Hash:
    return Hash(sha256(word.encode()).digest())


@dataclass(frozen=True)
class House:
    """A hospital with its contract of records, and who comes to it."""

    world: World
    records: Deployed
    hospital: Person
    patient: Person
    doctor: Person
    ombudsman: Person

    def file(self, word: str, patient: Person, kind: str = "Observation") -> Hash:
        """Have the hospital seal a record about a patient; return its name."""
        name = digest(f"name of {word}")
        deposit(self.records, self.hospital, word)
        self.records.begin_care(by=patient, hospital=self.hospital)
        self.records.assign(by=self.hospital, name=name, patient=patient, kind=kind)
        return name

    def consent(self, patient: Person, reader: Person, purpose: str) -> int:
        number = self.records.give_consent(
            by=patient,
            reader=reader,
            kind="Observation",
            purpose=purpose,
            terms=digest("the wording of the consent"),
            begins=self.world.now,
            ends=self.world.now + days(365),
        )
        assert isinstance(number, int)
        return number


def deposit(contract: Deployed, hospital: Person, word: str) -> None:
    """Have something kept that was sealed under a name of its own."""
    contract.deposit(
        by=hospital,
        name=digest(f"name of {word}"),
        salted=digest(f"{word}, salted"),
        sealed=digest(f"{word}, sealed"),
        size=1_000,
        keepers=[hospital],
        readers=[],
    )


def open_house(world: World) -> House:
    """Have a hospital begin: it keeps, and everybody names a reading key."""
    hospital, patient, doctor = world.people("hospital", "patient", "doctor", won=MONEY)
    ombudsman = world.person("ombudsman")
    records = world.deploy(
        HealthRecords,
        by=hospital,
        roles={
            "depositor": [hospital],
            "keeper": [hospital],
            "emergency": [doctor],
            "ombudsman": [ombudsman],
        },
    )
    records.announce_keeper(by=hospital, title="hospital", place=PLACE)
    for person in (hospital, patient, doctor):
        records.name_reading_key(by=person, reading_key=READING_KEY)
    return House(world, records, hospital, patient, doctor, ombudsman)


def patient_decides_who_reads(world: World) -> None:
    """A doctor reads because the patient consented, and no more once it is withdrawn.

    The patient sees in the log who read what, when, and why.
    """
    house = open_house(world)
    records, hospital, patient, doctor = house.records, house.hospital, house.patient, house.doctor
    name = house.file("blood pressure", patient)
    with world.refused("the patient's consent does not cover this"):
        records.open_reading(by=doctor, name=name, purpose=TREATMENT)
    number = house.consent(patient, doctor, TREATMENT)
    with world.refused("the patient's consent does not cover this"):
        records.open_reading(by=doctor, name=name, purpose=RESEARCH)
    records.open_reading(by=doctor, name=name, purpose=TREATMENT)
    records.note_reading(by=hospital, name=name, version=1, reader=doctor)
    assert records.access_count(patient) == 1
    assert records.access(patient, 1).consent == number
    records.withdraw_consent(by=patient, number=number)
    with world.refused("no consent in force covers this reading"):
        records.note_reading(by=hospital, name=name, version=1, reader=doctor)


def emergency_is_seen_and_contested(world: World) -> None:
    """A doctor overrides missing consent; the patient sees it, contests it, and is right.

    Whoever opened a record with no emergency opens none so again.
    """
    house = open_house(world)
    records, patient, doctor = house.records, house.patient, house.doctor
    name = house.file("blood pressure", patient)
    number = records.open_in_emergency(by=doctor, name=name, reason=digest("unconscious, salted"))
    records.note_reading(by=house.hospital, name=name, version=1, reader=doctor)
    assert records.access(patient, 1).basis.name == "EMERGENCY"
    world.wait(hours=25)
    assert not records.may_read(name, doctor)
    records.contest(by=patient, number=number, grounds=digest("I was at work, salted"))
    records.decide(by=house.ombudsman, number=number, is_justified=False)
    with world.refused("an emergency of theirs was not justified"):
        records.open_in_emergency(by=doctor, name=name, reason=digest("again, salted"))


def researcher_earns_a_set(world: World) -> None:
    """Who keeps the ledger going gets a de-identified set; each patient in it is paid, once.

    The rule is that of MedRec: blocks are paid with data, and data with the patients' consent.
    """
    house = open_house(world)
    hospital, patient = house.hospital, house.patient
    researcher, neighbour = world.people("researcher", "neighbour", won=MONEY)
    sets = world.deploy(
        SharedSets,
        by=researcher,
        roles={"depositor": [hospital], "keeper": [hospital], "researcher": [researcher]},
        money=world.asset("won"),
        records=house.records.address,
        reward=REWARD,
        blocks_for_set=2,
        members_min=2,
    )
    sets.fund(by=researcher, pay=10 * REWARD)
    sets.announce_keeper(by=hospital, title="hospital", place=PLACE)
    for person in (hospital, researcher):
        sets.name_reading_key(by=person, reading_key=READING_KEY)
    deposit(sets, hospital, "set 1")
    given = [house.consent(each, researcher, RESEARCH) for each in (patient, neighbour)]
    named = {
        "name": digest("name of set 1"),
        "researcher": researcher,
        "kind": "Observation",
        "members": [patient, neighbour],
    }
    with world.refused("the researcher has not earned a set"):
        sets.release(by=hospital, **named)
    sets.count_blocks(by=hospital, researcher=researcher, first=1, last=2, proposed=2)
    sets.release(by=hospital, **named)
    assert (patient.won, neighbour.won) == (MONEY + REWARD, MONEY + REWARD)
    sets.note_reading(by=hospital, name=digest("name of set 1"), version=1, reader=researcher)
    house.records.withdraw_consent(by=neighbour, number=given[1])
    assert not sets.may_read(digest("name of set 1"), researcher)


def result_at_home_leads_to_the_medicine(world: World) -> None:
    """A device at home signs a result; a day later another doctor is told, and prescribes.

    The pharmacy hands the medicine over once, and the patient is rewarded once.
    """
    sponsor, patient, pharmacy = world.people("sponsor", "patient", "pharmacy", won=MONEY)
    doctor, substitute, maker = (world.person(each) for each in ("doctor", "substitute", "maker"))
    care = world.deploy(
        Care,
        by=sponsor,
        roles={"doctor": [doctor, substitute], "pharmacy": [pharmacy], "maker": [maker]},
        money=world.asset("won"),
        reward=REWARD,
    )
    care.fund(by=sponsor, pay=10 * REWARD)
    key = SigningKey(b"\x07" * 32)
    device = key.public
    care.endorse_device(by=maker, device=device)
    care.take_device(by=patient, device=device, doctor=doctor, substitute=substitute)
    cartridge, result = digest("cartridge 1"), digest("cholesterol, salted")
    signed = sign_result(key, care.address, cartridge, result)
    report = {"device": device, "cartridge": cartridge, "result": result, "signature": signed}
    number = care.report(by=patient, **report)
    with world.refused("the cartridge was used before"):
        care.report(by=patient, **report)
    world.wait(hours=25)
    medicine = digest("a statin, salted")
    care.acknowledge(by=substitute, number=number)
    care.prescribe(by=substitute, number=number, medicine=medicine, ends=world.now + days(30))
    care.choose_pharmacy(by=patient, number=number, pharmacy=pharmacy)
    care.dispense(by=pharmacy, number=number, medicine=medicine)
    with world.refused("the result is not at that point"):
        care.dispense(by=pharmacy, number=number, medicine=medicine)
    assert patient.won == MONEY + REWARD
    assert hours(24) < world.now - care.test_result(number).reported
