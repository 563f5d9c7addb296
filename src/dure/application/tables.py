"""The tables that a node keeps for applications: their own, or those of their interfaces."""

from collections.abc import Iterable

from dure.application.description import Application
from dure.contract.interface import build_interface
from dure.contract.source import read_source
from dure.index import ApplicationTables, Table
from dure.index.tables import build_default_tables


def list_tables(applications: Iterable[Application]) -> tuple[ApplicationTables, ...]:
    """Return what `dure.index.Index` takes; raise `ConfigurationError` where a table is wrong."""
    return tuple(
        ApplicationTables(
            application.slug,
            application.tables or _build_tables(application),
            application.title_en,
            application.title_ko,
        )
        for application in applications
    )


def _build_tables(application: Application) -> tuple[Table, ...]:
    interfaces = [build_interface(read_source(each)) for each in application.contracts]
    return build_default_tables(interfaces)
