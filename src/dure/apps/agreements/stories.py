"""Runs of agreements as a reader should see them: demo, test and documentation from one text."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count

from dure.apps.agreements.commitments import Debt, build_change, build_pledge, compute_asset
from dure.apps.agreements.contract import Agreements, AgreementState, ProposalState
from dure.apps.agreements.loans import (
    LendingRules,
    add_months,
    build_debts,
    check_loan,
    read_loan,
)
from dure.contract.language import Time, days
from dure.contract.library.obligations import ObligationBegun, ObligationState
from dure.contract.library.versions import VersionAccepted
from dure.core.types import Hash
from dure.testing import Deployed, Person, World

GRACE = 3 * 86_400_000
LOAN = """# Loan agreement
## 1. Lender
Hanbit Bank
## 2. Borrower
Namhae Mill
## 3. Loan
The lender lends KRW 90,000,000 on {lent}.
## 4. Interest
The borrower pays {rate} per cent a year, for each day of a year of 365 days.
## 5. Default interest
What is paid late bears {late_rate} per cent a year.
## 6. Repayment
The borrower repays in 3 equal instalments, the first on {first}, then every 1 months.
## 7. Maturity
Everything is repaid on {last} at the latest.
## 8. Grace
A payment up to 3 days late is no default.
## 9. Covenants
The debt to equity is at most 2.5, tested every 3 months.
"""


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
    ship = build_pledge(holder.address, "ship registry", digest("the ship's secret"))
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
    assert record.secures(compute_asset(ship)) == 1
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


def draw_in_order() -> Iterator[bytes]:
    """Yield blindings that are the same in every run of a story."""
    for number in count():
        yield digest(f"blinding {number}")


def write_loan(now: Time, rate: str, late_rate: str) -> str:
    """Return the text of a loan that begins tomorrow."""
    lent = datetime.fromtimestamp(now.milliseconds // 1000, UTC).date() + timedelta(days=1)
    first = add_months(lent, 1)
    last = add_months(first, 2)
    return LOAN.format(lent=lent, first=first, last=last, rate=rate, late_rate=late_rate)


def loan_is_read_checked_and_kept(world: World) -> None:
    """A loan agreement is read: usury is found, the sound one becomes obligations on the chain."""
    bank, mill = world.people("bank", "mill")
    rules = LendingRules(covenants={"debt to equity": "at most"})
    usury, _ = read_loan(write_loan(world.now, "24", "26"))
    assert usury is not None
    assert {finding.rule for finding in check_loan(usury, rules)} == {"rate-above-cap"}
    unclear, findings = read_loan(write_loan(world.now, "about 5", "8"))
    assert unclear is None
    assert [finding.clause for finding in findings] == ["interest"]

    text = write_loan(world.now, "5.25", "8")
    terms, findings = read_loan(text)
    assert terms is not None
    assert findings == check_loan(terms, rules) == ()
    draw = draw_in_order().__next__
    debts = build_debts(terms, lender=bank.address, borrower=mill.address, draw=draw)
    record = world.deploy(Agreements, by=bank)
    record.begin(
        by=bank,
        parties=[bank, mill],
        auditors=[],
        change=build_change(digest(text), debts),
        answer_by=world.now + days(1),
    )
    sign(record, 1, mill)
    owed = find_obligations(world)
    assert len(owed) == 3

    for debt, obligation in zip(debts, owed, strict=True):
        world.wait_until(Time(debt.due - GRACE))
        record.declare(by=mill, obligation=obligation, evidence=digest(debt.what))
        record.confirm(by=bank, obligation=obligation, evidence=digest(debt.what))
    assert record.count_open(1) == 0
    change = build_change(digest("repaid"))
    head = record.state_of(1).head
    record.end(by=mill, agreement=1, base=head, change=change, answer_by=world.now + days(1))
    sign(record, 2, bank)
    assert record.state_of(1).state is AgreementState.ENDED
