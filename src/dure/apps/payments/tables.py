"""What is kept for pages and reports: orders, quotes, accounts, card purchases."""

from typing import Final

from dure.application import ColumnType, Table, TableColumn, Told

_PAYMENTS: Final = "Payments"

ORDERS: Final = Table(
    "orders",
    _PAYMENTS,
    key=("order",),
    columns=(
        TableColumn("order", ColumnType.INTEGER),
        TableColumn("payer", ColumnType.ADDRESS),
        TableColumn("payee", ColumnType.ADDRESS),
        TableColumn("amount", ColumnType.AMOUNT, "money"),
        TableColumn("money", ColumnType.ASSET),
        TableColumn("target_amount", ColumnType.AMOUNT, "target"),
        TableColumn("target", ColumnType.ASSET),
        TableColumn("step", ColumnType.CHOICE),
        TableColumn("reason", ColumnType.CHOICE),
    ),
    tells=(
        Told("OrderCreated", sets={"step": "CREATED"}),
        Told("OrderAgreed", sets={"step": "AGREED"}),
        Told("OrderApproved", sets={"step": "APPROVED"}),
        Told("OrderSent", sets={"step": "SENT"}),
        Told("OrderSettled", sets={"step": "SETTLED"}),
        Told("OrderRejected", sets={"step": "REJECTED"}),
        Told("OrderReturned", sets={"step": "RETURNED"}),
    ),
    title_en="Orders",
    title_ko="지급 지시",
)

QUOTES: Final = Table(
    "quotes",
    _PAYMENTS,
    key=("quote",),
    columns=(
        TableColumn("quote", ColumnType.INTEGER),
        TableColumn("dealer", ColumnType.ADDRESS),
        TableColumn("takes", ColumnType.ASSET),
        TableColumn("gives", ColumnType.ASSET),
        TableColumn("most", ColumnType.AMOUNT, "gives"),
        TableColumn("until", ColumnType.TIME),
    ),
    tells=(Told("QuoteMade"),),
    title_en="Quotes",
    title_ko="호가",
)

ACCOUNTS: Final = Table(
    "accounts",
    _PAYMENTS,
    key=("money", "holder"),
    columns=(
        TableColumn("money", ColumnType.ASSET),
        TableColumn("holder", ColumnType.ADDRESS),
        TableColumn("payment_most", ColumnType.AMOUNT, "money"),
        TableColumn("day_most", ColumnType.AMOUNT, "money"),
        TableColumn("state", ColumnType.CHOICE),
    ),
    tells=(
        Told("AccountOpened", sets={"state": "OPEN"}),
        Told("LimitsChanged"),
        Told("AccountStateChanged"),
    ),
    title_en="Accounts",
    title_ko="계좌",
)

PURCHASES: Final = Table(
    "purchases",
    "CardPayments",
    key=("authorisation",),
    columns=(
        TableColumn("authorisation", ColumnType.INTEGER),
        TableColumn("holder", ColumnType.ADDRESS),
        TableColumn("shop", ColumnType.ADDRESS),
        TableColumn("authorised", ColumnType.AMOUNT, "money"),
        TableColumn("captured", ColumnType.AMOUNT, "money"),
        TableColumn("state", ColumnType.CHOICE),
    ),
    tells=(
        Told("PurchaseAuthorised", takes={"authorised": "amount"}, sets={"state": "OPEN"}),
        Told("PurchaseCaptured", takes={"captured": "amount"}, sets={"state": "CAPTURED"}),
        Told("PurchaseReversed", sets={"state": "REVERSED"}),
    ),
    title_en="Card purchases",
    title_ko="카드 구매",
)

TABLES: Final = (ORDERS, QUOTES, ACCOUNTS, PURCHASES)
