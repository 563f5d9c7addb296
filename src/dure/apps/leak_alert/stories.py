"""Runs of the alert as a reader should see them: demo, test and documentation from one text."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import count

from dure.apps.leak_alert.contract import (
    AlarmsCleared,
    ClearReason,
    LeakAlert,
    LeakReported,
    Standing,
)
from dure.apps.leak_alert.identities import EpochKey, Identity, IdentityKind, read_identity
from dure.apps.leak_alert.offchain import (
    ClearSeen,
    LeakSeen,
    Watch,
    build_batches,
    compute_case,
)
from dure.contract.library.cases import CaseState, LookReason, NoticeOverdue, ReviewOverdue
from dure.core.types import Hash
from dure.testing import Deployed, Person, World

KIM = read_identity(IdentityKind.PHONE, "010-2345-6789")
LEE = read_identity(IdentityKind.RESIDENT_NUMBER, "900101-1234567")
INCIDENT = Hash(sha256(b"a stolen laptop, and a salt").digest())


def draw_lots(batch: int) -> Iterator[bytes]:
    """Yield digests of nothing, the same in every run of a story."""
    for number in count():
        yield sha256(f"batch {batch}, lot {number}".encode()).digest()


@dataclass(frozen=True, slots=True)
class Town:
    """A supervisor and its members, and the key that they share outside of the chain."""

    alert: Deployed
    supervisor: Person
    key: EpochKey

    def report(self, *identities: Identity) -> LeakSeen:
        """Report identities; return what every member's node is told."""
        lots = draw_lots(self.alert.totals().batches)
        (digests,) = build_batches(identities, self.key, batch_min=8, draw=lambda: next(lots))
        number = self.alert.report(
            by=self.supervisor, epoch=self.key.epoch, incident=INCIDENT, digests=digests
        )
        return LeakSeen(number, self.key.epoch, tuple(digests))


def open_town(world: World, supervisor: Person, *members: Person) -> Town:
    """Admit the members, and begin the first epoch."""
    alert = world.deploy(LeakAlert, by=supervisor, roles={"supervisor": supervisor})
    for member in members:
        alert.admit(by=supervisor, member=member)
    # In a story the key is the same in every run. Everywhere else it is drawn by lot.
    key = EpochKey(1, sha256(b"the key of a story").digest())
    alert.begin_epoch(by=supervisor, key_check=key.key_check)
    return Town(alert, supervisor, key)


def leaked_identity_is_frozen_everywhere(world: World) -> None:
    """A phone number leaks; one block later both banks that know it have frozen the accounts."""
    supervisor, north, south = world.people("supervisor", "north bank", "south bank")
    town = open_town(world, supervisor, north, south)
    watches = {
        north: Watch({"kim": [KIM], "lee": [LEE]}, [town.key], case_secret=b"north"),
        south: Watch({"customer 7": [KIM]}, [town.key], case_secret=b"south"),
    }
    seen = town.report(KIM)
    assert len(world.events(LeakReported)) == 1
    assert town.alert.missing(seen.batch) == [north.address, south.address]

    for bank, watch in watches.items():
        (freeze,) = watch.take(seen)
        town.alert.acknowledge(by=bank, batch=seen.batch)
        town.alert.open_cases(by=bank, cases=[freeze.case])
        town.alert.record_told(by=bank, cases=[freeze.case])
    assert watches[north].list_frozen() == ["kim"]
    assert watches[south].list_frozen() == ["customer 7"]
    assert town.alert.missing(seen.batch) == []

    world.wait(days=3)
    for bank, watch in watches.items():
        (customer,) = watch.list_frozen()
        opening = watch.get_opening(customer)
        case = compute_case(opening.digest, opening.blinding)
        town.alert.close_case(by=bank, case=case, state=CaseState.RENEWED)
    world.wait(days=8)
    assert world.events(NoticeOverdue) == []
    assert world.events(ReviewOverdue) == []


def member_that_keeps_silent_is_named(world: World) -> None:
    """A bank freezes an account and tells nobody; after a day, and after ten, everybody sees it."""
    supervisor, bank = world.people("supervisor", "bank")
    town = open_town(world, supervisor, bank)
    watch = Watch({"kim": [KIM]}, [town.key], case_secret=b"bank")
    (freeze,) = watch.take(town.report(KIM))
    town.alert.open_cases(by=bank, cases=[freeze.case])

    world.wait(days=1)
    assert world.events(NoticeOverdue) == [NoticeOverdue(freeze.case, bank.address)]
    world.wait(days=9)
    assert world.events(ReviewOverdue) == [ReviewOverdue(freeze.case, bank.address)]
    assert town.alert.missing(1) == [bank.address]


def false_alarm_is_undone_and_stays_on_record(world: World) -> None:
    """Another person was meant: the alarm is called off, the accounts are free, all on record."""
    supervisor, bank, stranger = world.people("supervisor", "bank", "stranger")
    town = open_town(world, supervisor, bank)
    watch = Watch({"lee": [LEE]}, [town.key], case_secret=b"bank")

    (freeze,) = watch.take(town.report(LEE))
    town.alert.open_cases(by=bank, cases=[freeze.case])
    town.alert.record_told(by=bank, cases=[freeze.case])
    town.alert.look(by=bank, case=freeze.case, reason=LookReason.REVIEW)
    with world.refused("not_permitted"):
        town.alert.look(by=stranger, case=freeze.case, reason=LookReason.REQUEST)

    digest = town.key.compute_digest(LEE)
    reason = ClearReason.WRONG_IDENTITY
    town.alert.clear(by=supervisor, digests=[digest], reason=reason)
    assert world.events(AlarmsCleared) == [AlarmsCleared([digest], reason)]
    (release,) = watch.take(ClearSeen((digest,), reason.name))
    town.alert.close_case(by=bank, case=release.case, state=CaseState.UNDONE)

    assert town.alert.standing(digest) is Standing.CLEARED
    assert town.alert.case(freeze.case).state is CaseState.UNDONE
    assert [look.by for look in town.alert.looks_at(freeze.case, 0)] == [bank.address]
    assert town.alert.work_of(bank).undone == 1
    assert watch.list_frozen() == []


def member_that_leaves_knows_no_key_in_use(world: World) -> None:
    """A member is dismissed; nothing more is reported until all others have another key."""
    supervisor, bank, leaver = world.people("supervisor", "bank", "leaver")
    town = open_town(world, supervisor, bank, leaver)
    town.report(LEE)

    town.alert.dismiss(by=supervisor, member=leaver)
    with world.refused("begin an epoch with another key first"):
        town.report(KIM)
    new = Town(town.alert, supervisor, EpochKey(2, sha256(b"the next key").digest()))
    town.alert.begin_epoch(by=supervisor, key_check=new.key.key_check)
    seen = new.report(KIM)

    left = Watch({"kim": [KIM]}, [EpochKey(2, sha256(b"a guess").digest())], case_secret=b"left")
    assert left.take(seen) == []
    watch = Watch({"kim": [KIM]}, [town.key, new.key], case_secret=b"bank")
    assert [order.customer for order in watch.take(seen)] == ["kim"]
