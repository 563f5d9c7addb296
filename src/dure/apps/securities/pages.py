"""The page of a market: what was paid, trade by trade, the book, and who holds the security.

Prices stand in the market's events, the holders in the depository that the market names.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dure.application import ApplicationPage, DeployedContract, Reader, ToldEvent

TRADES_SHOWN: Final = 200
BOOK_SHOWN: Final = 5


async def show_market(reader: Reader) -> Mapping[str, object]:
    """Return what `pages/market.html` shows: the market that was asked for, else the newest."""
    contracts = await reader.list_contracts()
    markets = [each for each in contracts if each.name == "Market"]
    if not markets:
        return {"contract": None}
    listed = {each.address: await find_isin(reader, each) for each in markets}
    asked = reader.query.get("market", "")
    market = next((each for each in markets if each.address == asked), markets[-1])
    trades = await reader.list_events(market, names=("Settled",), limit=TRADES_SHOWN)
    placed = await reader.list_events(market, names=("OrderPlaced", "Traded", "OrderCancelled"))
    money = (await reader.find_money(market)).get("money")
    isin = listed[market.address]
    return {
        "contract": market,
        "markets": [(each.address, listed[each.address]) for each in markets],
        "money": money,
        "prices": build_prices(trades),
        "trades": len(trades),
        "turnover": sum(int(each.fields.get("paid", 0)) for each in trades),
        "book": build_book(reversed_in_time(placed)),
        "holders": await find_holders(reader, contracts, isin),
    }


def reversed_in_time(events: Sequence[ToldEvent]) -> Sequence[ToldEvent]:
    """Return events the oldest first."""
    return list(reversed(events))


def build_prices(trades: Sequence[ToldEvent]) -> list[tuple[int, int]]:
    """Return moment and price of a lot for each trade, the oldest first."""
    return [(each.time, int(each.fields["price"])) for each in reversed_in_time(trades)]


def build_book(events: Sequence[ToldEvent]) -> dict[str, list[tuple[int, int]]]:
    """Return price and lots of the best levels of both sides, from events the oldest first."""
    orders: dict[int, list[Any]] = {}
    for event in events:
        fields = event.fields
        if event.name == "OrderPlaced":
            orders[fields["order"]] = [fields["side"], int(fields["price"]), fields["lots"]]
        elif event.name == "OrderCancelled":
            orders.pop(fields["order"], None)
        else:
            for number in (fields["buy_order"], fields["sell_order"]):
                if number in orders:
                    orders[number][2] -= fields["lots"]
    levels: dict[str, dict[int, int]] = {"BUY": {}, "SELL": {}}
    for side, price, lots in orders.values():
        if lots > 0 and side in levels:
            levels[side][price] = levels[side].get(price, 0) + lots
    return {
        "buy": sorted(levels["BUY"].items(), reverse=True)[:BOOK_SHOWN],
        "sell": sorted(levels["SELL"].items())[:BOOK_SHOWN],
    }


async def find_isin(reader: Reader, market: DeployedContract) -> str:
    """Return which security a market lists."""
    return str(await reader.view(market, "listed"))


async def find_holders(
    reader: Reader, contracts: Sequence[DeployedContract], isin: str
) -> list[Mapping[str, Any]]:
    """Return the register of holders, the largest first, of the newest depository that has it."""
    for each in reversed([found for found in contracts if found.name == "Depository"]):
        registered = await reader.list_events(each, names=("SecurityRegistered",))
        if any(event.fields.get("isin") == isin for event in registered):
            holdings = await reader.view(each, "holdings", isin=isin)
            return sorted(holdings, key=lambda held: -int(held["units"]))
    return []


async def show_offering(reader: Reader) -> Mapping[str, object]:
    """Return what `pages/offering.html` shows: the newest offering, its bids and allotments."""
    contracts = [each for each in await reader.list_contracts() if each.name == "Offering"]
    opened = await reader.list_events(contracts[-1], names=("OfferOpened",)) if contracts else []
    if not opened:
        return {"contract": None}
    number = max(int(each.fields["offer"]) for each in opened)
    offer = await reader.view(contracts[-1], "offer", number=number)
    bids = await reader.view(contracts[-1], "bids_of", number=number)
    money = (await reader.find_money(contracts[-1])).get("money")
    return {
        "contract": contracts[-1],
        "number": number,
        "offer": offer,
        "bids": [each for each in bids if each["asked"]],
        "asked": sum(int(each["asked"]) for each in bids),
        "allotted": sum(int(each["allotted"]) for each in bids),
        "money": money,
    }


PAGES = (ApplicationPage("market", show_market), ApplicationPage("offering", show_offering))
