"""The page of orders: how far each payment is, and between whose money it goes.

Everything stands in the contract's events. Amounts are whole minor units of the money they are in.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from dure.application import ApplicationPage, DeployedContract, KnownMoney, Reader, ToldEvent

ORDERS_SHOWN: Final = 50
STEPS: Final = ("CREATED", "AGREED", "APPROVED", "SENT", "SETTLED")
_REACHED: Final = {
    "OrderCreated": "CREATED",
    "OrderAgreed": "AGREED",
    "OrderApproved": "APPROVED",
    "OrderSent": "SENT",
    "OrderSettled": "SETTLED",
}
_STOPPED: Final = {"OrderRejected": "refused", "OrderReturned": "returned"}


@dataclass(slots=True)
class Order:
    """What the contract told of one order; `reached` has the time of each step."""

    number: int
    created: Mapping[str, Any]
    reached: dict[str, int] = field(default_factory=dict)
    stopped: str = ""
    """`refused` or `returned`; empty where neither."""
    stopped_at: int = 0
    reason: str = ""

    @property
    def step(self) -> str:
        """The last step reached, or how it was stopped."""
        return self.stopped.upper() or next(each for each in STEPS[::-1] if each in self.reached)


async def show_orders(reader: Reader) -> Mapping[str, object]:
    """Return what `pages/orders.html` shows."""
    contract = await _find_payments(reader)
    if contract is None:
        return {"contract": None}
    events = list(reversed(await reader.list_events(contract)))
    orders = read_orders(events)
    chosen = _choose(orders, reader.query.get("order", ""))
    return {
        "contract": contract,
        "monies": read_monies(events),
        "counts": count_orders(orders.values()),
        "orders": list(orders.values())[: -ORDERS_SHOWN - 1 : -1],
        "order": chosen,
        "steps": () if chosen is None else build_steps(chosen),
        "last": max(orders, default=0),
    }


def read_orders(events: Iterable[ToldEvent]) -> dict[int, Order]:
    """Return the orders that events, the oldest first, tell of, by number."""
    orders: dict[int, Order] = {}
    for event in events:
        if event.name == "OrderCreated":
            orders[event.fields["order"]] = Order(event.fields["order"], event.fields)
        order = orders.get(event.fields.get("order", 0))
        if order is None:
            continue
        if event.name in _REACHED:
            order.reached[_REACHED[event.name]] = event.time
        elif event.name in _STOPPED:
            order.stopped = _STOPPED[event.name]
            order.stopped_at = event.time
            order.reason = event.fields["reason"]
    return orders


def read_monies(events: Iterable[ToldEvent]) -> dict[str, KnownMoney]:
    """Return every bank's money by its asset: currency with the bank's code, and decimals."""
    codes: dict[str, str] = {}
    monies: dict[str, KnownMoney] = {}
    for event in events:
        fields = event.fields
        if event.name == "BankAdmitted":
            codes[fields["bank"]] = fields["bic"]
        elif event.name == "MoneyFounded":
            code = f"{fields['currency']}.{codes[fields['bank']]}"
            monies[fields["money"]] = KnownMoney(code, fields["decimals"])
    return monies


def count_orders(orders: Iterable[Order]) -> dict[str, int]:
    """Return how many orders there are, are under way, arrived, and came back."""
    counts = dict.fromkeys(("all", "open", "settled", "stopped"), 0)
    for order in orders:
        state = "stopped" if order.stopped else "settled" if "SETTLED" in order.reached else "open"
        counts["all"] += 1
        counts[state] += 1
    return counts


def build_steps(order: Order) -> Sequence[Mapping[str, Any]]:
    """Return how far an order is; `label` and `note` are keys of the page's texts."""
    steps: list[dict[str, Any]] = []
    for step in STEPS:
        if step in order.reached:
            steps.append({"label": step, "state": "done", "time": order.reached[step]})
        elif not order.stopped:
            is_next = all(each["state"] == "done" for each in steps)
            state = "current" if is_next else "waiting"
            steps.append({"label": step, "state": state, "time": None})
    if order.stopped:
        end = {"label": order.stopped.upper(), "state": order.stopped, "time": order.stopped_at}
        steps.append(end | {"note": order.reason})
    return steps


async def _find_payments(reader: Reader) -> DeployedContract | None:
    found = [each for each in await reader.list_contracts() if each.name == "Payments"]
    return found[-1] if found else None


def _choose(orders: Mapping[int, Order], asked: str) -> Order | None:
    if asked.isascii() and asked.isdigit() and len(asked) < 12:
        return orders.get(int(asked))
    return orders[max(orders)] if orders else None


PAGES = (ApplicationPage("orders", show_orders),)
