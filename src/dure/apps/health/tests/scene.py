"""The people, contracts and records with which every test of this folder begins."""

from dataclasses import dataclass
from typing import Any

from dure.apps.health.contracts.care import Care
from dure.apps.health.contracts.records import HealthRecords
from dure.apps.health.contracts.sets import SharedSets
from dure.apps.health.signing import sign_result
from dure.apps.health.stories import PLACE, READING_KEY, RESEARCH, TREATMENT, deposit, digest
from dure.contract.language import days
from dure.core.types import Hash
from dure.identity.keys import SigningKey
from dure.testing import Deployed, Person, World

RICH = 1_000_000
REWARD = 5_000
FUND = 100_000
BLOCKS_FOR_SET = 2
DEVICE = SigningKey(b"\x07" * 32)
NAMES = (
    *("hospital", "clinic", "ann", "bob", "cho", "doctor", "substitute", "pharmacy"),
    *("other pharmacy", "researcher", "sponsor", "maker", "ombudsman", "stranger"),
)


@dataclass(frozen=True)
class Scene:
    """Ann, Bob and Cho are patients of the hospital; the device is Ann's."""

    world: World
    records: Deployed
    sets: Deployed
    care: Deployed
    who: dict[str, Person]

    def __getattr__(self, name: str) -> Person:
        """Return a person by the name, with underscores."""
        try:
            return self.who[name.replace("_", " ")]
        except KeyError:
            raise AttributeError(name) from None

    def file(self, word: str = "record", patient: str = "ann", kind: str = "Observation") -> Hash:
        """Have the hospital seal a record about somebody; return its name."""
        deposit(self.records, self.hospital, word)
        name = digest(f"name of {word}")
        self.records.assign(by=self.hospital, name=name, patient=self.who[patient], kind=kind)
        return name

    def consent(
        self, patient: str, reader: str, purpose: str = TREATMENT, *, length: int = 30
    ) -> int:
        number = self.records.give_consent(
            by=self.who[patient],
            reader=self.who[reader],
            kind="Observation",
            purpose=purpose,
            terms=digest("terms"),
            begins=self.world.now,
            ends=self.world.now + days(length),
        )
        assert isinstance(number, int)
        return number

    def open(self, name: Hash, reader: str = "doctor", purpose: str = TREATMENT) -> None:
        self.records.open_reading(by=self.who[reader], name=name, purpose=purpose)

    def note(self, name: Hash, reader: str = "doctor") -> object:
        """Have the keeper hand the key out."""
        return self.records.note_reading(
            by=self.hospital, name=name, version=1, reader=self.who[reader]
        )

    def shared(self, word: str = "set", *members: str, kind: str = "Observation") -> dict[str, Any]:
        """Have a set kept; return what its release is called with."""
        deposit(self.sets, self.hospital, word)
        return {
            "name": digest(f"name of {word}"),
            "researcher": self.researcher,
            "kind": kind,
            "members": [self.who[each] for each in members or ("ann", "bob")],
        }

    def earn(self, blocks: int = BLOCKS_FOR_SET) -> None:
        first = self.sets.last_counted(self.researcher) + 1
        self.sets.count_blocks(
            by=self.hospital,
            researcher=self.researcher,
            first=first,
            last=first + blocks - 1,
            proposed=blocks,
        )

    def report(self, word: str = "cartridge", by: str = "stranger") -> int:
        """Have the device sign a result, and somebody relay it."""
        cartridge, result = digest(word), digest(f"result of {word}")
        number = self.care.report(
            by=self.who[by],
            device=DEVICE.public,
            cartridge=cartridge,
            result=result,
            signature=sign_result(DEVICE, self.care.address, cartridge, result),
        )
        assert isinstance(number, int)
        return number

    def prescribe(self, word: str = "cartridge") -> int:
        """Report, look, prescribe and choose the pharmacy."""
        number = self.report(word)
        self.care.acknowledge(by=self.doctor, number=number)
        ends = self.world.now + days(30)
        medicine = digest("statin")
        self.care.prescribe(by=self.doctor, number=number, medicine=medicine, ends=ends)
        self.care.choose_pharmacy(by=self.ann, number=number, pharmacy=self.pharmacy)
        return number

    def dispense(self, number: int, by: str = "pharmacy", word: str = "statin") -> None:
        self.care.dispense(by=self.who[by], number=number, medicine=digest(word))


def open_scene(world: World) -> Scene:
    """Open all contracts; nobody has consented to anything."""
    who = dict(zip(NAMES, world.people(*NAMES, won=RICH), strict=True))
    hospital, doctor, money = who["hospital"], who["doctor"], world.asset("won")
    kept = {"depositor": [hospital, who["clinic"]], "keeper": [hospital]}
    also = {"emergency": [doctor], "ombudsman": [who["ombudsman"], doctor]}
    records = world.deploy(HealthRecords, by=hospital, roles={**kept, **also})
    sets = world.deploy(
        SharedSets,
        by=who["sponsor"],
        roles={**kept, "researcher": [who["researcher"], hospital]},
        money=money,
        records=records.address,
        reward=REWARD,
        blocks_for_set=BLOCKS_FOR_SET,
        members_min=2,
    )
    care = world.deploy(
        Care,
        by=who["sponsor"],
        roles={
            "doctor": [doctor, who["substitute"]],
            "pharmacy": [who["pharmacy"], who["other pharmacy"]],
            "maker": [who["maker"]],
        },
        money=money,
        reward=REWARD,
    )
    for contract in (records, sets):
        contract.announce_keeper(by=hospital, title="hospital", place=PLACE)
        for person in who.values():
            contract.name_reading_key(by=person, reading_key=READING_KEY)
    for contract in (sets, care):
        contract.fund(by=who["sponsor"], pay=FUND)
    for patient in ("ann", "bob", "cho"):
        records.begin_care(by=who[patient], hospital=hospital)
    care.endorse_device(by=who["maker"], device=DEVICE.public)
    care.take_device(
        by=who["ann"], device=DEVICE.public, doctor=doctor, substitute=who["substitute"]
    )
    return Scene(world, records, sets, care, who)


__all__ = ["RESEARCH", "TREATMENT", "Scene", "digest", "open_scene"]
