"""Lists of everything in the index, asked in one way, and the search for anything by its name.

```python
lists = index.lists
page = await asyncio.to_thread(lists.list_transactions, Query(limit=20))
page.rows[0].transaction_id
more = await asyncio.to_thread(lists.list_transactions, Query(limit=20, after=page.next))

theirs = Query(conditions=(Condition("account", Compare.IS, address),))
status = build_condition(lists.describe("transactions"), "status", "is", "out_of_gas")
refused = Query(conditions=(status,))

paid = Query(sort="paid", conditions=(Condition("row_event", Compare.IS, "CoverPaid"),))
page = await asyncio.to_thread(lists.list_table, "flight-delay", "policies", paid)
page.rows[0].cells["paid"]

for table in lists.describe_tables():
    print(table.name, [(each.name, each.type, each.sorts, each.compares) for each in table.columns])

hits = await search(gateway, index, text)
```

All methods of `Lists` block, so a program on an event loop asks them in a thread; `search` is for
the event loop. Text from outside (a query string) becomes conditions by `build_condition`, one by
one, or by `parse_where`, several in one text; both refuse what does not fit (`InvalidQuery`, which
the API answers with status 400).
"""

from dure.index.listing.query import (
    LIMIT_MAX,
    Cell,
    Column,
    ColumnType,
    Compare,
    Condition,
    InvalidQuery,
    Page,
    Query,
    TableDescription,
    TableRow,
)
from dure.index.listing.reading import build_condition, parse_where, write_where
from dure.index.listing.rows import (
    CallName,
    ListedAccount,
    ListedCall,
    ListedContract,
    ListedTransaction,
)

__all__ = [
    "LIMIT_MAX",
    "CallName",
    "Cell",
    "Column",
    "ColumnType",
    "Compare",
    "Condition",
    "InvalidQuery",
    "ListedAccount",
    "ListedCall",
    "ListedContract",
    "ListedTransaction",
    "Page",
    "Query",
    "TableDescription",
    "TableRow",
    "build_condition",
    "parse_where",
    "write_where",
]
