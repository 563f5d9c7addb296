"""What is kept for pages and reports: stock and arrivals in one table, and what led to them."""

from typing import Final

from dure.application import ColumnType, Table, TableColumn, Told

_CONTRACT: Final = "Shipments"
_BOOKING: Final = TableColumn("booking", ColumnType.INTEGER)
_CONTAINER: Final = TableColumn("container", ColumnType.TEXT)

STOCK: Final = Table(
    "stock",
    _CONTRACT,
    key=("booking",),
    columns=(
        _BOOKING,
        _CONTAINER,
        TableColumn("stage", ColumnType.CHOICE),
        TableColumn("port", ColumnType.TEXT),
        TableColumn("expected", ColumnType.TIME),
        TableColumn("on_hold", ColumnType.BOOL),
        TableColumn("shipper", ColumnType.ADDRESS),
        TableColumn("carrier", ColumnType.ADDRESS),
        TableColumn("consignee", ColumnType.ADDRESS),
        TableColumn("freight", ColumnType.AMOUNT, "money"),
    ),
    tells=(
        Told("BookingRequested", sets={"stage": "REQUESTED"}),
        Told("BookingMoved"),
        Told("ContainerMoved"),
        Told("GoodsHeld"),
    ),
    title_en="Stock and arrivals",
    title_ko="재고와 도착 예정",
)

LEGS: Final = Table(
    "legs",
    _CONTRACT,
    key=("booking", "leg"),
    columns=(
        _BOOKING,
        TableColumn("leg", ColumnType.INTEGER),
        TableColumn("source", ColumnType.TEXT),
        TableColumn("target", ColumnType.TEXT),
        TableColumn("vessel", ColumnType.TEXT),
        TableColumn("departs", ColumnType.TIME),
        TableColumn("arrives", ColumnType.TIME),
    ),
    tells=(Told("LegPlanned"),),
    title_en="Legs",
    title_ko="구간",
)

MOVES: Final = Table(
    "moves",
    _CONTRACT,
    columns=(
        _BOOKING,
        _CONTAINER,
        TableColumn("port", ColumnType.TEXT),
        TableColumn("stage", ColumnType.CHOICE),
        TableColumn("epcis", ColumnType.BYTES),
    ),
    tells=(Told("ContainerMoved"),),
    title_en="Moves",
    title_ko="이동",
)

READINGS: Final = Table(
    "readings",
    _CONTRACT,
    columns=(
        TableColumn("thing", ColumnType.INTEGER),
        TableColumn("taken", ColumnType.TIME),
        TableColumn("temperature", ColumnType.INTEGER),
        TableColumn("door_open", ColumnType.BOOL),
        TableColumn("outside", ColumnType.BOOL),
    ),
    tells=(Told("ReadingSigned"),),
    title_en="Readings",
    title_ko="측정값",
)

ALERTS: Final = Table(
    "alerts",
    _CONTRACT,
    columns=(
        _BOOKING,
        _CONTAINER,
        TableColumn("outside_since", ColumnType.TIME),
        TableColumn("keeper", ColumnType.ADDRESS),
    ),
    tells=(Told("AlertRaised"),),
    title_en="Alerts",
    title_ko="경보",
)

CLAIMS: Final = Table(
    "claims",
    _CONTRACT,
    key=("number",),
    columns=(
        TableColumn("number", ColumnType.INTEGER),
        TableColumn("claimant", ColumnType.ADDRESS),
        TableColumn("claim", ColumnType.CHOICE),
        TableColumn("amount", ColumnType.AMOUNT, "money"),
    ),
    tells=(
        Told("ClaimOpened", sets={"claim": "OPEN"}),
        Told("ClaimOffered"),
        Told("ClaimClosed"),
    ),
    title_en="Claims",
    title_ko="손해 청구",
)

PURCHASES: Final = Table(
    "purchases",
    "PersonalImports",
    key=("order",),
    columns=(
        TableColumn("order", ColumnType.INTEGER),
        TableColumn("buyer", ColumnType.ADDRESS),
        TableColumn("seller", ColumnType.ADDRESS),
        TableColumn("state", ColumnType.CHOICE),
        TableColumn("price", ColumnType.AMOUNT, "money"),
        TableColumn("duty", ColumnType.AMOUNT, "money"),
    ),
    tells=(
        Told("OrderPlaced", sets={"state": "ORDERED"}),
        Told("OrderMoved"),
        Told("DutyPaid"),
    ),
    title_en="Purchases abroad",
    title_ko="해외 구매",
)

TABLES: Final = (STOCK, LEGS, MOVES, READINGS, ALERTS, CLAIMS, PURCHASES)
