"""In whatever order people act: no reading without a reason, no reward or medicine twice."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dure.apps.health.contracts.care import CareRewarded, MedicineDispensed
from dure.apps.health.contracts.records import AccessLogged, Basis
from dure.apps.health.contracts.sets import SharingRewarded
from dure.apps.health.tests.scene import RESEARCH, REWARD, RICH, TREATMENT, Scene, open_scene
from dure.contract.language import days
from dure.core.types import Hash
from dure.testing import Refused, World

PATIENTS = st.sampled_from(["ann", "bob", "cho"])
READERS = st.sampled_from(["doctor", "researcher", "stranger"])
PURPOSES = st.sampled_from([TREATMENT, RESEARCH])
PHARMACIES = st.sampled_from(["pharmacy", "other pharmacy", "stranger"])


class Dealings(RuleBasedStateMachine):
    """Consents, readings, emergencies, sets, results and time, by anybody and at any moment.

    The model knows when consents and emergencies end, and nothing else of the contract.
    """

    scene: Scene

    @initialize()
    def begin(self) -> None:
        self.scene = open_scene(World())
        self.names: dict[str, Hash] = {
            patient: self.scene.file(patient, patient) for patient in ("ann", "bob", "cho")
        }
        self.consents: dict[tuple[str, str, str], tuple[int, int]] = {}
        self.opened: dict[tuple[str, str], tuple[str, int]] = {}
        self.sets = 0

    @property
    def now(self) -> int:
        return self.scene.world.now.milliseconds

    @staticmethod
    def attempt(action: object) -> bool:
        assert callable(action)
        try:
            action()
        except Refused:
            return False
        return True

    def is_consented(self, patient: str, reader: str, purpose: str, number: int = 0) -> bool:
        known, ends = self.consents.get((patient, reader, purpose), (0, 0))
        return known > 0 and number in {0, known} and self.now < ends

    def may_read(self, patient: str, reader: str) -> bool:
        how, value = self.opened.get((patient, reader), ("", 0))
        if how == "EMERGENCY":
            return self.now < value
        return how != "" and self.is_consented(patient, reader, how, value)

    @rule(patient=PATIENTS, reader=READERS, purpose=PURPOSES, length=st.integers(1, 40))
    def consent(self, patient: str, reader: str, purpose: str, length: int) -> None:
        expected = not self.is_consented(patient, reader, purpose)
        ends = (self.scene.world.now + days(length)).milliseconds
        scene = self.scene
        done = self.attempt(lambda: scene.consent(patient, reader, purpose, length=length))
        assert done == expected
        if done:
            number = scene.records.find_consent(
                scene.who[patient], scene.who[reader], "Observation", purpose
            )
            self.consents[patient, reader, purpose] = (number, ends)

    @rule(patient=PATIENTS, reader=READERS, purpose=PURPOSES)
    def withdraw(self, patient: str, reader: str, purpose: str) -> None:
        number, _ = self.consents.pop((patient, reader, purpose), (0, 0))
        by, records = self.scene.who[patient], self.scene.records
        assert self.attempt(lambda: records.withdraw_consent(by=by, number=number)) == bool(number)

    @rule(patient=PATIENTS, reader=READERS, purpose=PURPOSES)
    def open_reading(self, patient: str, reader: str, purpose: str) -> None:
        done = self.attempt(lambda: self.scene.open(self.names[patient], reader, purpose))
        assert done == self.is_consented(patient, reader, purpose)
        if done:
            number, _ = self.consents[patient, reader, purpose]
            self.opened[patient, reader] = (purpose, number)

    @rule(patient=PATIENTS, reader=READERS)
    def open_in_emergency(self, patient: str, reader: str) -> None:
        name, by = self.names[patient], self.scene.who[reader]
        ends = (self.scene.world.now + days(1)).milliseconds
        records = self.scene.records
        done = self.attempt(lambda: records.open_in_emergency(by=by, name=name, reason=name))
        assert done == (reader == "doctor")
        if done:
            self.opened[patient, reader] = ("EMERGENCY", ends)

    @rule(patient=PATIENTS, reader=READERS)
    def read(self, patient: str, reader: str) -> None:
        done = self.attempt(lambda: self.scene.note(self.names[patient], reader))
        assert done == self.may_read(patient, reader)

    @rule(members=st.lists(PATIENTS, min_size=1, max_size=3))
    def release(self, members: list[str]) -> None:
        scene = self.scene
        self.sets += 1
        named = scene.shared(f"set {self.sets}", *members)
        self.attempt(scene.earn)
        willing = all(self.is_consented(each, "researcher", RESEARCH) for each in members)
        done = self.attempt(lambda: scene.sets.release(by=scene.hospital, **named))
        assert willing or not done

    @rule(cartridge=st.integers(1, 3))
    def prescribe(self, cartridge: int) -> None:
        self.attempt(lambda: self.scene.prescribe(f"cartridge {cartridge}"))

    @rule(number=st.integers(1, 3), pharmacy=PHARMACIES)
    def dispense(self, number: int, pharmacy: str) -> None:
        scene, by = self.scene, self.scene.who[pharmacy]
        self.attempt(
            lambda: scene.care.choose_pharmacy(by=scene.ann, number=number, pharmacy=by),
        )
        self.attempt(lambda: scene.dispense(number, pharmacy))
        self.attempt(lambda: scene.care.claim_reward(by=scene.ann, number=number))

    @rule(hours=st.integers(1, 600))
    def wait(self, hours: int) -> None:
        self.scene.world.wait(hours=hours)

    @invariant()
    def every_reading_had_its_reason(self) -> None:
        for event in self.scene.world.events(AccessLogged):
            assert event.basis is not Basis.NONE
            assert (event.consent > 0) == (event.basis is Basis.CONSENT)
            assert (event.emergency > 0) == (event.basis is Basis.EMERGENCY)

    @invariant()
    def nobody_is_rewarded_or_given_a_medicine_twice(self) -> None:
        world = self.scene.world
        shared = [each.patient for each in world.events(SharingRewarded)]
        assert len(shared) == len(set(shared))
        cared = [each.number for each in world.events(CareRewarded)]
        dispensed = [each.number for each in world.events(MedicineDispensed)]
        assert len(cared) == len(set(cared))
        assert len(dispensed) == len(set(dispensed)) == len(cared)
        paid = REWARD * (shared.count(self.scene.ann.address) + len(cared))
        assert self.scene.ann.won == RICH + paid

    @invariant()
    def money_is_conserved(self) -> None:
        assert self.scene.world.conserved()


Dealings.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestDealings = Dealings.TestCase
