"""The rules that the contract keeps, each by the tests that carry its number."""

import pytest

from dure.apps.leak_alert.contract import (
    AlarmsCleared,
    ClearReason,
    LeakReported,
    Standing,
    Totals,
)
from dure.apps.leak_alert.tests.scene import INCIDENT, Scene, case, digest, key
from dure.contract.library.cases import (
    CaseClosed,
    CaseState,
    LookReason,
    NoticeOverdue,
    ReviewOverdue,
)


def test_r1_only_the_supervisor_reports_and_clears(scene: Scene) -> None:
    with scene.world.refused("not_permitted"):
        scene.report(1, by=scene.bank)
    scene.report(1)
    with scene.world.refused("not_permitted"):
        scene.alert.clear(by=scene.bank, digests=[digest(1)], reason=ClearReason.NOTHING_LEAKED)


def test_r1_only_the_supervisor_says_who_takes_part_and_which_key_is_used(scene: Scene) -> None:
    for by in (scene.bank, scene.stranger):
        with scene.world.refused("not_permitted"):
            scene.alert.admit(by=by, member=scene.stranger)
        with scene.world.refused("not_permitted"):
            scene.alert.dismiss(by=by, member=scene.broker)
        with scene.world.refused("not_permitted"):
            scene.alert.begin_epoch(by=by, key_check=key(2).key_check)


def test_r4_a_report_is_made_with_the_key_of_this_epoch(scene: Scene) -> None:
    scene.alert.begin_epoch(by=scene.supervisor, key_check=key(2).key_check)
    for epoch in (0, 1, 3):
        with scene.world.refused("with the key of this epoch"):
            scene.report(1, epoch=epoch)
    scene.report(1, epoch=2)
    assert scene.world.events(LeakReported) == [LeakReported(1, 2, INCIDENT, [digest(1)])]


def test_r4_a_key_is_never_used_again(scene: Scene) -> None:
    scene.alert.begin_epoch(by=scene.supervisor, key_check=key(2).key_check)
    with scene.world.refused("that key was used before"):
        scene.alert.begin_epoch(by=scene.supervisor, key_check=key(1).key_check)


def test_r5_nothing_is_reported_under_a_key_that_somebody_took_along(scene: Scene) -> None:
    scene.alert.dismiss(by=scene.supervisor, member=scene.broker)
    with scene.world.refused("begin an epoch with another key first"):
        scene.report(1)
    assert scene.alert.begin_epoch(by=scene.supervisor, key_check=key(2).key_check) == 2
    assert scene.report(1, epoch=2) == 1


@pytest.mark.parametrize("leaver", ["bank", "broker"])
def test_r5_whoever_is_dismissed_takes_part_no_longer(scene: Scene, leaver: str) -> None:
    gone = getattr(scene, leaver)
    stays = scene.broker if gone is scene.bank else scene.bank
    scene.report(1)
    scene.alert.dismiss(by=scene.supervisor, member=gone)
    assert scene.alert.missing(1) == [stays.address]
    with scene.world.refused("not_permitted"):
        scene.open_cases(1, by=gone)
    with scene.world.refused("there is no such member"):
        scene.alert.dismiss(by=scene.supervisor, member=gone)


def test_r6_a_digest_is_reported_once_until_it_is_cleared(scene: Scene) -> None:
    scene.report(1, 2)
    for again in ((2, 3), (3, 3)):
        with scene.world.refused("a digest is reported already"):
            scene.report(*again)
    assert scene.alert.standing(digest(3)) is Standing.UNKNOWN
    scene.alert.clear(by=scene.supervisor, digests=[digest(2)], reason=ClearReason.NO_LONGER_USED)
    assert scene.report(2, 3) == 2
    assert scene.alert.standing(digest(2)) is Standing.REPORTED


@pytest.mark.parametrize("count", [0, 1_001])
def test_r6_a_batch_has_a_bound(scene: Scene, count: int) -> None:
    with scene.world.refused("a batch has 1 to 1000 digests"):
        scene.report(*range(count))


def test_r6_the_largest_batch_is_reported_and_cleared(scene: Scene) -> None:
    numbers = range(1_000)
    scene.report(*numbers)
    digests = [digest(each) for each in numbers]
    scene.alert.clear(by=scene.supervisor, digests=digests, reason=ClearReason.NOTHING_LEAKED)
    assert scene.alert.totals() == Totals(1, 1_000, 1_000)
    assert scene.alert.batch(1).cleared == 1_000


def test_r8_members_who_have_not_compared_a_batch_are_named(scene: Scene) -> None:
    batch = scene.report(1)
    assert scene.alert.missing(batch) == [scene.bank.address, scene.broker.address]
    scene.alert.acknowledge(by=scene.broker, batch=batch)
    assert scene.alert.missing(batch) == [scene.bank.address]
    with scene.world.refused("acknowledged already"):
        scene.alert.acknowledge(by=scene.broker, batch=batch)
    for missing in (0, 2):
        with scene.world.refused("there is no such batch"):
            scene.alert.acknowledge(by=scene.bank, batch=missing)
    assert scene.alert.compared_by(scene.broker) == 1


def test_r10_who_does_not_tell_within_a_day_is_named(scene: Scene) -> None:
    scene.open_cases(1, 2)
    scene.tell(1)
    scene.world.wait(hours=23)
    assert scene.world.events(NoticeOverdue) == []
    scene.world.wait(hours=1)
    assert scene.world.events(NoticeOverdue) == [NoticeOverdue(case(2), scene.bank.address)]
    assert scene.alert.work_of(scene.bank).told_late == 1


def test_r10_who_does_not_decide_within_ten_days_is_named(scene: Scene) -> None:
    scene.open_cases(1, 2)
    scene.tell(1, 2)
    scene.alert.close_case(by=scene.bank, case=case(1), state=CaseState.RELEASED)
    scene.world.wait(days=10)
    assert scene.world.events(NoticeOverdue) == []
    assert scene.world.events(ReviewOverdue) == [ReviewOverdue(case(2), scene.bank.address)]
    assert scene.alert.work_of(scene.bank).reviewed_late == 1


def test_r10_the_largest_list_of_cases_is_checked_by_itself(scene: Scene) -> None:
    scene.open_cases(*range(100))
    scene.world.wait(days=10)
    assert len(scene.world.events(NoticeOverdue)) == 100
    assert len(scene.world.events(ReviewOverdue)) == 100


def test_r11_accounts_are_freed_once_and_for_a_reason(scene: Scene) -> None:
    scene.open_cases(1)
    with scene.world.refused("the person was not told yet"):
        scene.alert.close_case(by=scene.bank, case=case(1), state=CaseState.RENEWED)
    scene.tell(1)
    with scene.world.refused("the person was told already"):
        scene.tell(1)
    with scene.world.refused("by freeing the accounts"):
        scene.alert.close_case(by=scene.bank, case=case(1), state=CaseState.FROZEN)
    scene.alert.close_case(by=scene.bank, case=case(1), state=CaseState.RENEWED)
    with scene.world.refused("the case is closed"):
        scene.alert.close_case(by=scene.bank, case=case(1), state=CaseState.UNDONE)
    closed = CaseClosed(case(1), scene.bank.address, CaseState.RENEWED)
    assert scene.world.events(CaseClosed) == [closed]


def test_r11_only_the_own_cases_are_told_and_closed(scene: Scene) -> None:
    scene.open_cases(1)
    for by in (scene.broker, scene.supervisor, scene.stranger):
        with scene.world.refused("the case is another member's"):
            scene.tell(1, by=by)
        with scene.world.refused("the case is another member's"):
            scene.alert.close_case(by=by, case=case(1), state=CaseState.RELEASED)


def test_r12_what_is_called_off_stays_on_the_record(scene: Scene) -> None:
    scene.report(1, 2)
    reason = ClearReason.WRONG_IDENTITY
    scene.alert.clear(by=scene.supervisor, digests=[digest(1)], reason=reason)
    assert scene.alert.standing(digest(1)) is Standing.CLEARED
    assert scene.alert.standing(digest(2)) is Standing.REPORTED
    assert scene.world.events(AlarmsCleared) == [AlarmsCleared([digest(1)], reason)]
    with scene.world.refused("there is no such alarm"):
        scene.alert.clear(by=scene.supervisor, digests=[digest(1)], reason=reason)
    with scene.world.refused("there is no such alarm"):
        scene.alert.clear(by=scene.supervisor, digests=[digest(3)], reason=reason)


def test_r12_an_undone_freeze_is_counted(scene: Scene) -> None:
    scene.open_cases(1)
    scene.tell(1)
    scene.alert.close_case(by=scene.bank, case=case(1), state=CaseState.UNDONE)
    work = scene.alert.work_of(scene.bank)
    assert (work.opened, work.told, work.closed, work.undone) == (1, 1, 1, 1)


def test_r13_whoever_looks_leaves_an_entry(scene: Scene) -> None:
    scene.open_cases(1)
    scene.alert.look(by=scene.bank, case=case(1), reason=LookReason.REVIEW)
    scene.alert.look(by=scene.supervisor, case=case(1), reason=LookReason.SUPERVISION)
    looks = scene.alert.looks_at(case(1), 0)
    assert [(look.by, look.reason) for look in looks] == [
        (scene.bank.address, LookReason.REVIEW),
        (scene.supervisor.address, LookReason.SUPERVISION),
    ]
    assert scene.alert.looks_at(case(1), 1) == looks[1:]
    assert scene.alert.work_of(scene.bank).looks == 2


def test_r13_another_member_and_a_stranger_do_not_look(scene: Scene) -> None:
    scene.open_cases(1)
    with scene.world.refused("the case is another member's"):
        scene.alert.look(by=scene.broker, case=case(1), reason=LookReason.REVIEW)
    with scene.world.refused("not_permitted"):
        scene.alert.look(by=scene.stranger, case=case(1), reason=LookReason.REVIEW)


def test_r14_a_member_that_was_dismissed_finishes_its_cases(scene: Scene) -> None:
    scene.open_cases(1)
    scene.alert.dismiss(by=scene.supervisor, member=scene.bank)
    scene.tell(1)
    scene.alert.close_case(by=scene.bank, case=case(1), state=CaseState.RENEWED)
    with scene.world.refused("not_permitted"):
        scene.open_cases(2)
