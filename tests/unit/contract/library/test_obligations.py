"""Obligations fall due by their dates, and each is used up once."""

import pytest

from dure.contract.language import Duration, days
from dure.contract.library.obligations import (
    ObligationBegun,
    ObligationChanged,
    Obligations,
    ObligationState,
    ObligationTerms,
)
from dure.core.types import Hash
from dure.testing import Deployed, Person, World
from tests.unit.contract.library.chancery import Chancery

SEALED, SLIP = Hash(b"s" * 32), Hash(b"e" * 32)


@pytest.fixture
def people(world: World) -> tuple[Person, ...]:
    return world.people("debtor", "creditor", "stranger")


@pytest.fixture
def book(world: World, people: tuple[Person, ...]) -> Deployed:
    return world.deploy(Obligations, by=people[2])


def promise(
    world: World, book: Deployed, people: tuple[Person, ...], due: int = 30, grace: int = 3
) -> Hash:
    debtor, creditor, _ = people
    times = {"due": world.now + days(due), "grace": days(grace)}
    return Hash(book.promise(by=debtor, creditor=creditor, sealed=SEALED, **times))


def test_an_obligation_goes_by_its_dates(
    world: World, book: Deployed, people: tuple[Person, ...]
) -> None:
    number = promise(world, book, people)
    states = []
    for wait in (29, 1, 3):
        world.wait(days=wait)
        states.append(book.obligation(number).state)
    assert states == [ObligationState.OPEN, ObligationState.DUE, ObligationState.BREACHED]
    assert book.obligation(number).breached
    (begun,) = world.events(ObligationBegun)
    assert (begun.obligation, begun.group, begun.sealed) == (number, 0, SEALED)


def test_without_grace_what_is_due_is_breached(
    world: World, book: Deployed, people: tuple[Person, ...]
) -> None:
    number = promise(world, book, people, due=1, grace=0)
    world.wait(days=1)
    assert book.obligation(number).state is ObligationState.BREACHED
    assert [event.state for event in world.events(ObligationChanged)] == [ObligationState.BREACHED]


def test_what_is_performed_is_used_up(
    world: World, book: Deployed, people: tuple[Person, ...]
) -> None:
    debtor, creditor, stranger = people
    number = promise(world, book, people)
    for by in (creditor, stranger):
        with world.refused("only the debtor may do this"):
            book.declare(by=by, obligation=number, evidence=SLIP)
    book.declare(by=debtor, obligation=number, evidence=SLIP)
    with world.refused("that was declared already"):
        book.declare(by=debtor, obligation=number, evidence=SLIP)
    for by in (debtor, stranger):
        with world.refused("only the creditor may do this"):
            book.confirm(by=by, obligation=number, evidence=SLIP)
    book.confirm(by=creditor, obligation=number, evidence=SLIP)
    assert book.count_open(0) == 0
    with world.refused("the obligation is used up"):
        book.confirm(by=creditor, obligation=number, evidence=SLIP)
    world.wait(days=40)
    assert book.obligation(number).state is ObligationState.PERFORMED


def test_silence_confirms_and_a_dispute_does_not(
    world: World, book: Deployed, people: tuple[Person, ...]
) -> None:
    debtor, creditor, _ = people
    silent, disputed = promise(world, book, people), promise(world, book, people, due=31)
    with world.refused("nothing was declared"):
        book.dispute(by=creditor, obligation=disputed, evidence=SLIP)
    for number in (silent, disputed):
        book.declare(by=debtor, obligation=number, evidence=SLIP)
    book.dispute(by=creditor, obligation=disputed, evidence=SLIP)
    world.wait(days=5)
    assert book.obligation(silent).state is ObligationState.PERFORMED
    assert book.obligation(disputed).state is ObligationState.OPEN
    assert book.count_open(0) == 1
    # Nobody decides a promise that stands alone: it goes on by its dates.
    world.wait(days=29)
    assert book.obligation(disputed).state is ObligationState.BREACHED


def test_a_declaration_stops_no_date(
    world: World, book: Deployed, people: tuple[Person, ...]
) -> None:
    number = promise(world, book, people)
    world.wait(days=32)
    book.declare(by=people[0], obligation=number, evidence=SLIP)
    world.wait(days=1)
    found = book.obligation(number)
    assert (found.state, found.breached) == (ObligationState.DECLARED, True)
    # It was declared in time, and by silence it holds good.
    world.wait(days=4)
    found = book.obligation(number)
    assert (found.state, found.breached) == (ObligationState.PERFORMED, False)


@pytest.mark.parametrize(
    ("due", "grace", "words"),
    [
        (days(0), days(0), "an obligation is due later"),
        (days(11_001), days(0), "an obligation is due later"),
        (days(1), days(367), "days of grace last a year at most"),
        (days(1), days(-1), "days of grace last a year at most"),
    ],
)
def test_dates_stay_within_bounds(
    world: World,
    book: Deployed,
    people: tuple[Person, ...],
    due: Duration,
    grace: Duration,
    words: str,
) -> None:
    debtor, creditor, _ = people
    with world.refused(words):
        book.promise(by=debtor, creditor=creditor, due=world.now + due, grace=grace, sealed=SEALED)


def test_nobody_owes_themselves_and_nothing_is_declared_that_is_not_there(
    world: World, book: Deployed, people: tuple[Person, ...]
) -> None:
    debtor = people[0]
    with world.refused("debtor and creditor are two"):
        book.promise(
            by=debtor, creditor=debtor, due=world.now + days(1), grace=days(0), sealed=SEALED
        )
    with world.refused("there is no such obligation"):
        book.declare(by=debtor, obligation=SLIP, evidence=SLIP)


@pytest.fixture
def chancery(world: World, people: tuple[Person, ...]) -> Deployed:
    return world.deploy(Chancery, by=people[2])


def owe(world: World, chancery: Deployed, debtor: Person, creditor: Person, group: int = 1) -> Hash:
    due = world.now + days(30)
    terms = ObligationTerms(debtor.address, creditor.address, due, days(3), SEALED)
    return Hash(chancery.owe(by=debtor, group=group, terms=terms))


@pytest.mark.parametrize(
    ("is_performed", "state"),
    [(True, ObligationState.PERFORMED), (False, ObligationState.OPEN)],
)
def test_a_dispute_is_settled_for_one_side_or_leaves_it_to_the_dates(
    world: World,
    chancery: Deployed,
    people: tuple[Person, ...],
    is_performed: bool,
    state: ObligationState,
) -> None:
    debtor, creditor, judge = people
    number = owe(world, chancery, debtor, creditor)
    with world.refused("there is no dispute"):
        chancery.decide(by=judge, number=number, is_performed=is_performed)
    chancery.declare(by=debtor, obligation=number, evidence=SLIP)
    chancery.dispute(by=creditor, obligation=number, evidence=SLIP)
    chancery.decide(by=judge, number=number, is_performed=is_performed)
    assert chancery.obligation(number).state is state


def test_after_a_breach_the_same_debt_of_a_group_falls_due_and_no_other(
    world: World, chancery: Deployed, people: tuple[Person, ...]
) -> None:
    debtor, creditor, third = people
    breached = owe(world, chancery, debtor, creditor)
    mine, elsewhere = (owe(world, chancery, debtor, creditor, group) for group in (1, 2))
    to_another = owe(world, chancery, debtor, third)
    with world.refused("that is another agreement's"):
        chancery.hurry(by=creditor, number=elsewhere, breached=breached)
    with world.refused("the breach is between others"):
        chancery.hurry(by=creditor, number=to_another, breached=breached)
    chancery.hurry(by=creditor, number=mine, breached=breached)
    assert chancery.obligation(mine).state is ObligationState.DUE
    assert chancery.obligation(mine).terms.due == world.now
