"""The hottest call: customers order payments."""

from collections.abc import Iterator
from itertools import count

from dure.application import HottestCall
from dure.apps.payments.stories import digest_of, open_account, open_clearing
from dure.testing import DraftCall, World, draft_call

CUSTOMERS = 20


def order_payments(world: World) -> Iterator[DraftCall]:
    """Yield orders of one won each, from twenty customers of one bank to a shop at another."""
    clearing = open_clearing(world)
    payments = clearing.payments
    shop, *customers = world.people("shop", *(f"customer {n}" for n in range(CUSTOMERS)))
    open_account(payments, clearing.maru, clearing.won_maru, shop)
    for customer in customers:
        open_account(payments, clearing.narae, clearing.won_narae, customer, amount=1_000_000)
    for number in count():
        yield draft_call(
            payments,
            "order",
            by=customers[number % CUSTOMERS],
            money=clearing.won_narae,
            amount=1,
            payee=shop,
            target=clearing.won_maru,
            end_to_end=digest_of(f"reference {number}"),
        )


HOTTEST = HottestCall("Payments.order", order_payments)
