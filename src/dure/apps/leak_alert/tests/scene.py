"""The parties and the contract with which every test of this folder begins."""

from dataclasses import dataclass
from hashlib import sha256

from dure.apps.leak_alert.contract import LeakAlert
from dure.apps.leak_alert.identities import EpochKey
from dure.core.types import Hash
from dure.testing import Deployed, Person, World

INCIDENT = Hash(sha256(b"incident").digest())


def digest(number: int) -> Hash:
    return Hash(sha256(f"digest {number}".encode()).digest())


def case(number: int) -> Hash:
    return Hash(sha256(f"case {number}".encode()).digest())


def key(epoch: int, word: str = "key") -> EpochKey:
    return EpochKey(epoch, sha256(f"{word} {epoch}".encode()).digest())


@dataclass(frozen=True)
class Scene:
    world: World
    alert: Deployed
    supervisor: Person
    bank: Person
    broker: Person
    stranger: Person

    def report(self, *numbers: int, epoch: int = 1, by: Person | None = None) -> int:
        number = self.alert.report(
            by=by or self.supervisor,
            epoch=epoch,
            incident=INCIDENT,
            digests=[digest(each) for each in numbers],
        )
        assert isinstance(number, int)
        return number

    def open_cases(self, *numbers: int, by: Person | None = None) -> None:
        self.alert.open_cases(by=by or self.bank, cases=[case(each) for each in numbers])

    def tell(self, *numbers: int, by: Person | None = None) -> None:
        self.alert.record_told(by=by or self.bank, cases=[case(each) for each in numbers])


def open_alert(world: World) -> Scene:
    supervisor, bank, broker, stranger = world.people("supervisor", "bank", "broker", "stranger")
    alert = world.deploy(LeakAlert, by=supervisor, roles={"supervisor": supervisor})
    alert.admit(by=supervisor, member=bank)
    alert.admit(by=supervisor, member=broker)
    alert.begin_epoch(by=supervisor, key_check=key(1).key_check)
    return Scene(world, alert, supervisor, bank, broker, stranger)
