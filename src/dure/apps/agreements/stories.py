"""Runs of agreements as a reader should see them: demo, test and documentation from one text."""

from hashlib import sha256

from dure.apps.agreements.commitments import Debt, build_change, compute_asset
from dure.apps.agreements.contract import (
    Agreements,
    AgreementState,
    ProposalState,
    VersionAccepted,
)
from dure.contract.language import Time, days
from dure.contract.library.obligations import ObligationBegun, ObligationState
from dure.core.types import Hash
from dure.testing import Deployed, Person, World

GRACE = 3 * 86_400_000


def digest(word: str) -> Hash:
    """Return a digest that stands for a sealed document; in a story nothing is secret."""
    return Hash(sha256(word.encode()).digest())


def owe(debtor: Person, creditor: Person, due: Time, amount: int, what: str) -> Debt:
    """Return a debt in won with three days of grace."""
    return Debt(
        debtor=debtor.address,
        creditor=creditor.address,
        due=due.milliseconds,
        grace=GRACE,
        amount=amount,
        currency="KRW",
        what=what,
        blinding=digest(f"blinding of {what}"),
    )


def sign(record: Deployed, proposal: int, *signers: Person) -> None:
    """Have everybody accept what was proposed, to the last digit."""
    for signer in signers:
        record.accept(by=signer, proposal=proposal, digest=record.proposal(proposal).digest)


def find_obligations(world: World) -> list[Hash]:
    """Return the numbers of all obligations, the oldest first."""
    return [Hash(event.obligation) for event in world.events(ObligationBegun)]


def both_sides_hold_the_same_version(world: World) -> None:
    """Two banks agree on commercial paper and amend it; the chain holds digests only."""
    seller, buyer, auditor, stranger = world.people("seller", "buyer", "auditor", "stranger")
    record = world.deploy(Agreements, by=seller)
    price = owe(buyer, seller, world.now + days(2), 98_500_000, "price")
    redemption = owe(seller, buyer, world.now + days(90), 100_000_000, "redemption")
    change = build_change(digest("terms, version 1"), [price, redemption])
    number = record.begin(
        by=seller,
        parties=[seller, buyer],
        auditors=[auditor],
        change=change,
        answer_by=world.now + days(1),
    )
    with world.refused("something else was proposed"):
        record.accept(by=buyer, proposal=1, digest=digest("what the buyer had understood"))
    sign(record, 1, buyer)
    first, second = find_obligations(world)

    record.declare(by=buyer, obligation=first, evidence=digest("payment order"))
    record.confirm(by=seller, obligation=first, evidence=digest("bank statement"))
    assert record.obligation(first).state is ObligationState.PERFORMED

    later = owe(seller, buyer, world.now + days(120), 101_200_000, "redemption, a month later")
    base = record.state_of(number).head
    change = build_change(digest("terms, version 2"), [later], replaces=[second])
    with world.refused("only a party of the agreement"):
        record.amend(
            by=stranger, agreement=1, base=base, change=change, answer_by=world.now + days(1)
        )
    record.amend(by=buyer, agreement=1, base=base, change=change, answer_by=world.now + days(1))
    sign(record, 2, seller)
    assert [event.version for event in world.events(VersionAccepted)] == [1, 2]
    assert record.obligation(second).state is ObligationState.REPLACED
    with world.refused("the agreement has a newer version"):
        record.amend(
            by=seller, agreement=1, base=base, change=change, answer_by=world.now + days(1)
        )


def nothing_is_used_twice(world: World) -> None:
    """One claim is sold twice, and one ship is pledged to two banks: the second is refused."""
    debtor, holder, first, second = world.people("debtor", "holder", "first", "second")
    record = world.deploy(Agreements, by=holder)
    ship = compute_asset("ship registry", digest("the ship's secret"))
    claim = owe(debtor, holder, world.now + days(60), 40_000_000, "charter")
    answer_by = world.now + days(5)
    change = build_change(digest("charter"), [claim], pledges=[ship])
    record.begin(
        by=holder, parties=[holder, debtor], auditors=[], change=change, answer_by=answer_by
    )
    sign(record, 1, debtor)
    (owed,) = find_obligations(world)

    for buyer in (first, second):
        sold = owe(debtor, buyer, world.now + days(60), 40_000_000, f"charter, {buyer.name}")
        record.novate(by=holder, obligation=owed, terms=sold.terms, answer_by=answer_by)
    sign(record, 2, debtor, first)
    with world.refused("the obligation is used up"):
        sign(record, 3, debtor, second)
    assert record.obligation(owed).state is ObligationState.NOVATED

    change = build_change(digest("another loan"), pledges=[ship])
    record.begin(
        by=holder, parties=[holder, second], auditors=[], change=change, answer_by=answer_by
    )
    with world.refused("the asset secures an agreement already"):
        sign(record, 4, second)
    assert record.secures(ship) == 1
    world.wait(days=6)
    assert record.proposal(4).state is ProposalState.LAPSED
    assert record.state_of(2).state is AgreementState.FAILED


def what_is_due_breaches_by_itself(world: World) -> None:
    """A borrower misses an instalment; after the days of grace everything left falls due."""
    lender, borrower, auditor = world.people("lender", "borrower", "auditor")
    record = world.deploy(Agreements, by=lender)
    instalments = [
        owe(borrower, lender, world.now + days(30 * month), 10_000_000, f"instalment {month}")
        for month in (1, 2, 3)
    ]
    record.begin(
        by=lender,
        parties=[lender, borrower],
        auditors=[auditor],
        change=build_change(digest("loan"), instalments),
        answer_by=world.now + days(1),
    )
    sign(record, 1, borrower)
    first, second, third = find_obligations(world)

    world.wait(days=29)
    record.declare(by=borrower, obligation=first, evidence=digest("a transfer slip"))
    world.wait(days=6)
    # The lender kept silent for five days.
    assert record.obligation(first).state is ObligationState.PERFORMED

    world.wait(days=25)
    assert record.obligation(second).state is ObligationState.DUE
    world.wait(days=3)
    assert record.obligation(second).state is ObligationState.BREACHED
    record.break_off(by=lender, obligation=second, others=[third])
    assert record.state_of(1).state is AgreementState.BROKEN
    assert record.obligation(third).state is ObligationState.DUE

    record.declare(by=borrower, obligation=third, evidence=digest("another slip"))
    record.dispute(by=lender, obligation=third, evidence=digest("nothing arrived"))
    record.decide(
        by=auditor, obligation=third, is_performed=False, evidence=digest("the account was read")
    )
    world.wait(days=3)
    assert record.obligation(third).state is ObligationState.BREACHED
