"""The hottest call: companies propose agreements to one another."""

from collections.abc import Iterator
from itertools import count

from dure.application import HottestCall
from dure.apps.agreements.commitments import build_change
from dure.apps.agreements.contract import Agreements
from dure.apps.agreements.stories import digest, owe
from dure.contract.language import days
from dure.testing import DraftCall, World, draft_call

COMPANIES = 20


def begin_agreements(world: World) -> Iterator[DraftCall]:
    """Yield agreements of one debt each, proposed by each of twenty companies to the next."""
    companies = world.people(*(f"company {n}" for n in range(COMPANIES)))
    record = world.deploy(Agreements, by=companies[0])
    due, answer_by = world.now + days(90), world.now + days(30)
    for number in count():
        buyer = companies[number % COMPANIES]
        seller = companies[(number + 1) % COMPANIES]
        debt = owe(buyer, seller, due, 1_000_000, f"price {number}")
        yield draft_call(
            record,
            "begin",
            by=buyer,
            parties=[buyer, seller],
            auditors=[],
            change=build_change(digest(f"terms {number}"), [debt]),
            answer_by=answer_by,
        )


HOTTEST = HottestCall("Agreements.begin", begin_agreements)
