"""Tables: every list of the console sorts, filters, pages and downloads by its page's address.

A page names its tables in its `Page`, reads each with `read_table` and shows it with the macro
`tables.table(view)`. A table's words in the address begin with its name, so that several stand on
one page: `?blocks.sort=height&blocks.order=desc&blocks.rows=50&blocks.is.proposer=…&blocks.after=…`
`?table=blocks&format=csv` on the same path is the same table as a file.
"""

from dure.console.tables.kinds import Cell, Kind
from dure.console.tables.memory import select_rows
from dure.console.tables.model import Column, InvalidTableQuery, Query, Row, Rows, Table
from dure.console.tables.view import View, read_table

__all__ = [
    "Cell",
    "Column",
    "InvalidTableQuery",
    "Kind",
    "Query",
    "Row",
    "Rows",
    "Table",
    "View",
    "read_table",
    "select_rows",
]
