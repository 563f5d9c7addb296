"""What an application is, where applications are found, and how a new one begins.

An application is one folder with contracts, stories, texts and tests; adding one edits nothing
else. Those of this project lie in `dure.apps`; others announce themselves by the entry-point group
`dure.apps`, whose values name an `Application`.
"""

from dure.application.description import Application, HottestCall, Party, Story
from dure.application.pages import (
    ApplicationPage,
    DeployedContract,
    KnownMoney,
    Reader,
    ToldEvent,
    find_pages,
    get_pages_folder,
)
from dure.application.registry import find_application, find_applications, find_story
from dure.application.scaffold import write_application
from dure.application.tables import list_tables
from dure.application.texts import LANGUAGES, load_texts
from dure.index import ColumnType, Table, TableColumn, Told

__all__ = [
    "LANGUAGES",
    "Application",
    "ApplicationPage",
    "ColumnType",
    "DeployedContract",
    "HottestCall",
    "KnownMoney",
    "Party",
    "Reader",
    "Story",
    "Table",
    "TableColumn",
    "Told",
    "ToldEvent",
    "find_application",
    "find_applications",
    "find_pages",
    "find_story",
    "get_pages_folder",
    "list_tables",
    "load_texts",
    "write_application",
]
