"""Members open, tell, close and look at cases; who keeps silent is named."""

import pytest

from dure.contract.library.cases import (
    CaseClosed,
    CaseLookedAt,
    CasesOpened,
    CaseState,
    LookReason,
    MemberAdmitted,
    MemberDismissed,
    NoticeOverdue,
    PersonsTold,
    ReviewOverdue,
)
from dure.core.types import Hash
from dure.testing import Deployed, Person, World
from tests.unit.contract.library.chancery import Chancery

FIRST, SECOND = Hash(b"1" * 32), Hash(b"2" * 32)


@pytest.fixture
def people(world: World) -> tuple[Person, ...]:
    return world.people("bank", "broker", "supervisor")


@pytest.fixture
def book(world: World, people: tuple[Person, ...]) -> Deployed:
    bank, broker, supervisor = people
    made = world.deploy(Chancery, by=supervisor, roles={"supervisor": supervisor})
    made.admit(by=supervisor, member=bank)
    made.admit(by=supervisor, member=broker)
    return made


def test_members_come_and_go_in_any_order(
    world: World, book: Deployed, people: tuple[Person, ...]
) -> None:
    bank, broker, supervisor = people
    with world.refused("the member takes part already"):
        book.admit(by=supervisor, member=bank)
    book.dismiss(by=supervisor, member=bank)
    with world.refused("there is no such member"):
        book.dismiss(by=supervisor, member=bank)
    with world.refused("not_permitted"):
        book.open_cases(by=bank, cases=[FIRST])
    book.open_cases(by=broker, cases=[FIRST])
    assert [event.member for event in world.events(MemberAdmitted)] == [
        bank.address,
        broker.address,
    ]
    assert world.events(MemberDismissed) == [MemberDismissed(bank.address)]


def test_a_case_is_opened_told_and_closed_by_its_member(
    world: World, book: Deployed, people: tuple[Person, ...]
) -> None:
    bank, broker, _ = people
    with world.refused("1 to 100 cases are opened at once"):
        book.open_cases(by=bank, cases=[])
    book.open_cases(by=bank, cases=[FIRST, SECOND])
    with world.refused("there is such a case already"):
        book.open_cases(by=broker, cases=[FIRST])
    with world.refused("1 to 100 cases are recorded at once"):
        book.record_told(by=bank, cases=[])
    with world.refused("the case is another member's"):
        book.record_told(by=broker, cases=[FIRST])
    with world.refused("the person was not told yet"):
        book.close_case(by=bank, case=FIRST, state=CaseState.RELEASED)
    book.record_told(by=bank, cases=[FIRST])
    with world.refused("the person was told already"):
        book.record_told(by=bank, cases=[FIRST])
    with world.refused("a case is closed by freeing the accounts"):
        book.close_case(by=bank, case=FIRST, state=CaseState.FROZEN)
    book.close_case(by=bank, case=FIRST, state=CaseState.UNDONE)
    with world.refused("the case is closed"):
        book.close_case(by=bank, case=FIRST, state=CaseState.UNDONE)
    work = book.work_of(bank)
    assert (work.opened, work.told, work.closed, work.undone) == (2, 1, 1, 1)
    assert book.case(FIRST).state is CaseState.UNDONE
    assert world.events(CasesOpened) == [CasesOpened(bank.address, [FIRST, SECOND])]
    assert world.events(PersonsTold) == [PersonsTold(bank.address, [FIRST])]
    assert world.events(CaseClosed) == [CaseClosed(FIRST, bank.address, CaseState.UNDONE)]


def test_who_keeps_silent_is_named_by_the_contract(
    world: World, book: Deployed, people: tuple[Person, ...]
) -> None:
    bank = people[0]
    book.open_cases(by=bank, cases=[FIRST, SECOND])
    book.record_told(by=bank, cases=[FIRST])
    world.wait(days=1)
    assert world.events(NoticeOverdue) == [NoticeOverdue(SECOND, bank.address)]
    book.close_case(by=bank, case=FIRST, state=CaseState.RENEWED)
    world.wait(days=9)
    assert world.events(ReviewOverdue) == [ReviewOverdue(SECOND, bank.address)]
    assert (book.work_of(bank).told_late, book.work_of(bank).reviewed_late) == (1, 1)


def test_whoever_looks_leaves_an_entry(
    world: World, book: Deployed, people: tuple[Person, ...]
) -> None:
    bank, broker, supervisor = people
    book.open_cases(by=bank, cases=[FIRST])
    with world.refused("there is no such case"):
        book.look(by=bank, case=SECOND, reason=LookReason.REVIEW)
    with world.refused("the case is another member's"):
        book.look(by=broker, case=FIRST, reason=LookReason.REVIEW)
    book.look(by=bank, case=FIRST, reason=LookReason.REQUEST)
    book.look(by=supervisor, case=FIRST, reason=LookReason.SUPERVISION)
    with world.refused("places count from 0"):
        book.looks_at(FIRST, -1)
    assert [look.by for look in book.looks_at(FIRST, 0)] == [bank.address, supervisor.address]
    assert [look.reason for look in book.looks_at(FIRST, 1)] == [LookReason.SUPERVISION]
    assert [event.by for event in world.events(CaseLookedAt)] == [bank.address, supervisor.address]
