"""The SQL read model.

What lists, searches and reports need, built from final blocks and never the other way round.
"""

from dure.index.follower import follow
from dure.index.listing import (
    LIMIT_MAX,
    CallName,
    Cell,
    Column,
    ColumnType,
    Compare,
    Condition,
    InvalidQuery,
    ListedAccount,
    ListedCall,
    ListedContract,
    ListedTransaction,
    Page,
    Query,
    TableDescription,
    TableRow,
    build_condition,
    parse_where,
    write_where,
)
from dure.index.listing.lists import Lists
from dure.index.listing.search import Hit, HitKind, search
from dure.index.packs import EventPlace
from dure.index.queries import BlockRow, DeploymentRow, EventFilter, EventRow, ScheduledRow
from dure.index.store import Index
from dure.index.subscription import open_subscription
from dure.index.tables import ApplicationTables, Table, TableColumn, Told

__all__ = [
    "LIMIT_MAX",
    "ApplicationTables",
    "BlockRow",
    "CallName",
    "Cell",
    "Column",
    "ColumnType",
    "Compare",
    "Condition",
    "DeploymentRow",
    "EventFilter",
    "EventPlace",
    "EventRow",
    "Hit",
    "HitKind",
    "Index",
    "InvalidQuery",
    "ListedAccount",
    "ListedCall",
    "ListedContract",
    "ListedTransaction",
    "Lists",
    "Page",
    "Query",
    "ScheduledRow",
    "Table",
    "TableColumn",
    "TableDescription",
    "TableRow",
    "Told",
    "build_condition",
    "follow",
    "open_subscription",
    "parse_where",
    "search",
    "write_where",
]
