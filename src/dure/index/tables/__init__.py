"""The tables of applications: declared as data, kept by the follower, each row typed."""

from dure.index.tables.declaration import ApplicationTables, Table, TableColumn, Told
from dure.index.tables.defaults import build_default_tables

__all__ = ["ApplicationTables", "Table", "TableColumn", "Told", "build_default_tables"]
