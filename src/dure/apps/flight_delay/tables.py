"""What is kept for pages and reports: every policy, every flight, the terms, what was taken out."""

from typing import Final

from dure.application import ColumnType, Table, TableColumn, Told

_CONTRACT: Final = "FlightDelay"
_MONEY: Final = "money"
"""The contract's field with the asset of all its amounts."""

_FLIGHT: Final = (
    TableColumn("flight", ColumnType.TEXT),
    TableColumn("departs", ColumnType.TIME),
)

POLICIES: Final = Table(
    "policies",
    _CONTRACT,
    key=("policy",),
    columns=(
        TableColumn("policy", ColumnType.INTEGER),
        TableColumn("traveller", ColumnType.ADDRESS),
        *_FLIGHT,
        TableColumn("state", ColumnType.CHOICE),
        TableColumn("premium", ColumnType.AMOUNT, _MONEY),
        TableColumn("cover", ColumnType.AMOUNT, _MONEY),
        TableColumn("paid", ColumnType.AMOUNT, _MONEY),
        TableColumn("refunded", ColumnType.AMOUNT, _MONEY),
    ),
    tells=(
        Told("PolicySold", sets={"state": "OPEN"}),
        Told("CoverPaid", takes={"paid": "amount"}, sets={"state": "PAID"}),
        Told("PremiumRefunded", takes={"refunded": "amount"}, sets={"state": "REFUNDED"}),
        Told("PolicyEnded", sets={"state": "ENDED"}),
    ),
    title_en="Policies",
    title_ko="보험 계약",
)

FLIGHTS: Final = Table(
    "flights",
    _CONTRACT,
    key=("flight", "departs"),
    columns=(
        *_FLIGHT,
        TableColumn("outcome", ColumnType.CHOICE),
        TableColumn("late_minutes", ColumnType.INTEGER),
        TableColumn("premiums", ColumnType.AMOUNT, _MONEY),
        TableColumn("covers", ColumnType.AMOUNT, _MONEY),
    ),
    tells=(
        Told(
            "PolicySold",
            sets={"outcome": "AWAITED"},
            adds={"premiums": "premium", "covers": "cover"},
        ),
        Told("FlightReported"),
    ),
    title_en="Flights",
    title_ko="항공편",
)

TERMS: Final = Table(
    "terms",
    _CONTRACT,
    columns=(
        TableColumn("premium", ColumnType.AMOUNT, _MONEY),
        TableColumn("cover", ColumnType.AMOUNT, _MONEY),
    ),
    tells=(Told("TermsSet"),),
    title_en="Terms, as they were set",
    title_ko="보험 조건의 변경",
)

WITHDRAWALS: Final = Table(
    "withdrawals",
    _CONTRACT,
    columns=(TableColumn("amount", ColumnType.AMOUNT, _MONEY),),
    tells=(Told("ReserveWithdrawn"),),
    title_en="Reserve taken out",
    title_ko="인출한 준비금",
)

TABLES: Final = (POLICIES, FLIGHTS, TERMS, WITHDRAWALS)
