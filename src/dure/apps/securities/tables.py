"""What is kept for pages and reports: securities, trades, flows, and what holders got."""

from typing import Final

from dure.application import ColumnType, Table, TableColumn, Told

_MONEY: Final = "money"
"""The contracts' field with the asset of their amounts."""

SECURITIES: Final = Table(
    "securities",
    "Depository",
    key=("isin",),
    columns=(
        TableColumn("isin", ColumnType.TEXT),
        TableColumn("name", ColumnType.TEXT),
        TableColumn("kind", ColumnType.CHOICE),
        TableColumn("issuer", ColumnType.ADDRESS),
        TableColumn("nominal", ColumnType.INTEGER),
        TableColumn("authorised", ColumnType.INTEGER),
        TableColumn("matures", ColumnType.TIME),
        TableColumn("standing", ColumnType.CHOICE),
    ),
    tells=(Told("SecurityRegistered", sets={"standing": "ACTIVE"}), Told("StandingChanged")),
    title_en="Securities",
    title_ko="등록된 증권",
)

MOVES: Final = Table(
    "moves",
    "Depository",
    columns=(
        TableColumn("isin", ColumnType.TEXT),
        TableColumn("source", ColumnType.ADDRESS),
        TableColumn("target", ColumnType.ADDRESS),
        TableColumn("units", ColumnType.INTEGER),
    ),
    tells=(Told("UnitsMoved"),),
    title_en="Units moved",
    title_ko="증권 이전",
)

SETTLEMENTS: Final = Table(
    "settlements",
    "Market",
    columns=(
        TableColumn("buyer", ColumnType.ADDRESS),
        TableColumn("seller", ColumnType.ADDRESS),
        TableColumn("units", ColumnType.INTEGER),
        TableColumn("price", ColumnType.AMOUNT, _MONEY),
        TableColumn("paid", ColumnType.AMOUNT, _MONEY),
    ),
    tells=(Told("Settled"),),
    title_en="Trades settled at the market",
    title_ko="시장에서 결제된 거래",
)

FLOWS: Final = Table(
    "flows",
    "PayingAgent",
    key=("isin", "flow"),
    columns=(
        TableColumn("isin", ColumnType.TEXT),
        TableColumn("flow", ColumnType.INTEGER),
        TableColumn("kind", ColumnType.CHOICE),
        TableColumn("record", ColumnType.TIME),
        TableColumn("at", ColumnType.TIME),
        TableColumn("amount", ColumnType.INTEGER),
        TableColumn("state", ColumnType.CHOICE),
        TableColumn("total", ColumnType.AMOUNT, _MONEY),
    ),
    tells=(
        Told("FlowAnnounced", sets={"state": "ANNOUNCED"}),
        Told("RecordSet"),
        Told("FlowChanged"),
    ),
    title_en="Coupons, redemptions, dividends and splits",
    title_ko="이자, 상환, 배당, 분할",
)

TRADES: Final = Table(
    "trades",
    "Counter",
    key=("deal",),
    columns=(
        TableColumn("deal", ColumnType.INTEGER),
        TableColumn("isin", ColumnType.TEXT),
        TableColumn("seller", ColumnType.ADDRESS),
        TableColumn("buyer", ColumnType.ADDRESS),
        TableColumn("units", ColumnType.INTEGER),
        TableColumn("price", ColumnType.AMOUNT, _MONEY),
        TableColumn("state", ColumnType.CHOICE),
    ),
    tells=(Told("TradeProposed", sets={"state": "PROPOSED"}), Told("TradeEnded")),
    title_en="Trades over the counter",
    title_ko="장외 거래",
)

OFFERS: Final = Table(
    "offers",
    "Offering",
    key=("offer",),
    columns=(
        TableColumn("offer", ColumnType.INTEGER),
        TableColumn("isin", ColumnType.TEXT),
        TableColumn("issuer", ColumnType.ADDRESS),
        TableColumn("units", ColumnType.INTEGER),
        TableColumn("price", ColumnType.AMOUNT, _MONEY),
        TableColumn("closes", ColumnType.TIME),
        TableColumn("state", ColumnType.CHOICE),
        TableColumn("asked", ColumnType.INTEGER),
        TableColumn("allotted", ColumnType.INTEGER),
    ),
    tells=(Told("OfferOpened", sets={"state": "OPEN"}), Told("OfferClosed")),
    title_en="Public offerings",
    title_ko="공모",
)

TABLES: Final = (SECURITIES, MOVES, SETTLEMENTS, FLOWS, TRADES, OFFERS)
