"""The page of a day: prices, volumes, and who sold to whom, from the market's own events."""

from collections.abc import Mapping, Sequence
from typing import Final

from dure.application import ApplicationPage, Reader, ToldEvent

TRADES_SHOWN: Final = 500
QUARTER_MS: Final = 900_000
NAME_END: Final = 6


async def show_day(reader: Reader) -> Mapping[str, object]:
    """Return what `pages/day.html` shows: the newest market's latest trades."""
    contracts = await reader.list_contracts()
    markets = [each for each in contracts if each.name == "EnergyMarket"]
    if not markets:
        return {"contract": None}
    trades = await reader.list_events(markets[-1], names=("Traded",), limit=TRADES_SHOWN)
    slots = build_slots(trades)
    return {
        "contract": markets[-1],
        "money": (await reader.find_money(markets[-1])).get("money"),
        "trades": len(trades),
        "sold": sum(int(each.fields["sold"]) for each in trades),
        "bought": sum(int(each.fields["bought"]) for each in trades),
        "turnover": sum(int(each.fields["paid"]) for each in trades),
        "prices": [
            (at, paid * 1_000 // bought) for at, (_, bought, paid) in slots.items() if bought
        ],
        "volumes": [(at, sold, bought) for at, (sold, bought, _) in slots.items()],
        "flows": build_flows(trades),
    }


def build_slots(trades: Sequence[ToldEvent]) -> dict[int, tuple[int, int, int]]:
    """Return what was fed in, what arrived and what was paid, by the moment of a quarter-hour."""
    slots: dict[int, tuple[int, int, int]] = {}
    for each in trades:
        at = int(each.fields["slot"]) * QUARTER_MS
        sold, bought, paid = slots.get(at, (0, 0, 0))
        found = each.fields
        slots[at] = (
            sold + int(found["sold"]),
            bought + int(found["bought"]),
            paid + int(found["paid"]),
        )
    return dict(sorted(slots.items()))


def build_flows(trades: Sequence[ToldEvent]) -> list[tuple[str, str, int]]:
    """Return what arrived from whom at whom, each named by the end of the address."""
    flows: dict[tuple[str, str], int] = {}
    for each in trades:
        ends = (str(each.fields["seller"])[-NAME_END:], str(each.fields["buyer"])[-NAME_END:])
        flows[ends] = flows.get(ends, 0) + int(each.fields["bought"])
    return [(seller, buyer, energy) for (seller, buyer), energy in sorted(flows.items())]


PAGES = (ApplicationPage("day", show_day),)
