"""The tables of an application, declared by it or made from its contracts, as the console's."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from starlette.requests import Request

from dure.api.answers.shapes import ContractSummary
from dure.api.routes.operation import read_address
from dure.application import Application
from dure.console.applications.money import show_money
from dure.console.applications.values import Translate, show_duration
from dure.console.applications.words import Vocabulary
from dure.console.facts.forms import Money, find_money
from dure.console.site import Site
from dure.console.tables import Cell, Column, Kind, Query, Rows, Table
from dure.console.tables.kinds import Value
from dure.contract.language.numbers import write_units
from dure.core.address import encode_address
from dure.core.types import Address
from dure.index import Column as IndexColumn
from dure.index import ColumnType, Compare, Condition, TableDescription, TableRow, build_condition
from dure.index import Query as IndexQuery
from dure.index.listing.query import Cell as IndexCell

KINDS: Final[Mapping[ColumnType, Kind]] = {
    ColumnType.TEXT: Kind.TEXT,
    ColumnType.INTEGER: Kind.NUMBER,
    ColumnType.AMOUNT: Kind.NUMBER,
    ColumnType.TIME: Kind.TIME,
    ColumnType.DURATION: Kind.TEXT,
    ColumnType.BYTES: Kind.HASH,
    ColumnType.ADDRESS: Kind.ADDRESS,
    ColumnType.ASSET: Kind.HASH,
    ColumnType.BOOL: Kind.PILL,
    ColumnType.CHOICE: Kind.PILL,
    ColumnType.DECIMAL: Kind.NUMBER,
    ColumnType.JSON: Kind.CODE,
}
OWN_KINDS: Final[Mapping[str, Kind]] = {
    "row_contract": Kind.CONTRACT,
    "row_height": Kind.HEIGHT,
    "row_source": Kind.TRANSACTION,
}
"""Columns that every table has for itself, where they lead somewhere."""
OWN_SHOWN: Final = frozenset({"row_event", "row_height", "row_time", "row_source"})
LEFT_OUT_AT_A_GLANCE: Final = frozenset({"row_time", "row_source"})
THREADS: Final = "threads"
"""The table of things that the index makes where an application declares none."""
FILTERED_BY: Final = (Compare.CONTAINS, Compare.IS, Compare.FROM)
"""What a text in a column's filter asks for: the first of these that the column knows."""


@dataclass(frozen=True, slots=True)
class TableMaker:
    """Makes the tables of one application in one language."""

    site: Site
    words: Vocabulary
    translate: Translate
    money: Mapping[str, Mapping[str, Money]]
    """By class of contract: the assets in its state."""
    has_several: bool
    """Whether the application has more than one contract on this chain."""

    def make(self, description: TableDescription) -> Table:
        """Return a table of the index as one of the console."""
        shown = [column for column in description.columns if self._is_shown(column)]

        async def fetch(site: Site, _request: Request, asked: Query) -> Rows:
            query = _build_query(description, asked)
            page = await site.ask_index(lambda index: index.lists.read(description, query))
            rows = [self._show_row(row, shown, description) for row in page.rows]
            return Rows(rows, page.next or None, None if page.has_more else page.total)

        return Table(
            description.name,
            tuple(self._make_column(column) for column in shown),
            fetch,
            words=self._name_table(description),
        )

    def _is_shown(self, column: IndexColumn) -> bool:
        if column.is_hidden:
            return False
        is_own = column.name.startswith("row_")
        return (
            not is_own
            or column.name in OWN_SHOWN
            or (column.name == "row_contract" and self.has_several)
        )

    def _name_table(self, description: TableDescription) -> str:
        is_korean = self.words.language == "ko"
        title = description.title_ko if is_korean else description.title_en
        if title:
            return title
        if description.key and description.name.endswith(THREADS):
            return self.translate("what_became", thing=self.words.head(description.key[0]))
        # The usual table of an event has its name in small letters.
        event = "".join(part.capitalize() for part in description.name.split("_"))
        return self.words.head(event)

    def _make_column(self, column: IndexColumn) -> Column:
        is_own = column.name.startswith("row_")
        return Column(
            column.name,
            "",
            OWN_KINDS.get(column.name, KINDS[column.type]),
            is_sortable=column.sorts,
            is_filterable=_choose_compare(column) is not None,
            words=self.translate(column.name) if is_own else self.words.head(column.name),
        )

    def _show_row(
        self, row: TableRow, shown: list[IndexColumn], description: TableDescription
    ) -> dict[str, Cell | Value]:
        money = self.money.get(description.contract, {})
        return {
            column.name: self._show_cell(column, row.cells.get(column.name), money)
            for column in shown
        }

    def _show_cell(
        self, column: IndexColumn, value: IndexCell, money: Mapping[str, Money]
    ) -> Cell | Value:
        if isinstance(value, bytes):
            is_address = column.type is ColumnType.ADDRESS and len(value) == 32
            return encode_address(Address(value)) if is_address else value.hex()
        if column.name == "row_event":
            return Cell(str(value), self.words.head(str(value)))
        write = _WRITERS.get(column.type)
        if value is None or write is None:
            return value
        return Cell(value, write(self, column, value, money.get(column.asset)))


def _write_amount(
    _maker: TableMaker, _column: IndexColumn, value: IndexCell, money: Money | None
) -> str:
    return (
        show_money(value) if money is None else f"{show_money(value, money.decimals)} {money.code}"
    )


def _write_duration(
    maker: TableMaker, _column: IndexColumn, value: IndexCell, _money: Money | None
) -> str:
    return show_duration(value, maker.translate) if isinstance(value, int) else str(value)


def _write_truth(
    maker: TableMaker, _column: IndexColumn, value: IndexCell, _money: Money | None
) -> str:
    return maker.translate("value_yes" if value else "value_no")


def _write_choice(
    maker: TableMaker, _column: IndexColumn, value: IndexCell, _money: Money | None
) -> str:
    return maker.words.choice("", str(value))


def _write_decimal(
    _maker: TableMaker, column: IndexColumn, value: IndexCell, _money: Money | None
) -> str:
    return write_units(value, column.places) if isinstance(value, int) else str(value)


_WRITERS: Final[
    Mapping[ColumnType, Callable[[TableMaker, IndexColumn, IndexCell, Money | None], str]]
] = {
    ColumnType.AMOUNT: _write_amount,
    ColumnType.DURATION: _write_duration,
    ColumnType.BOOL: _write_truth,
    ColumnType.CHOICE: _write_choice,
    ColumnType.DECIMAL: _write_decimal,
}


@dataclass(frozen=True, slots=True)
class ApplicationTables:
    """The tables of an application, as the console shows them."""

    things: tuple[Table, ...]
    """Those with a row for each thing, as far as it is known now."""
    logs: tuple[Table, ...]
    """Those in which each event is a row."""

    @property
    def at_a_glance(self) -> tuple[Table, ...]:
        """The tables of things without filters, and without most of what the index adds."""
        return tuple(
            replace(
                table,
                columns=tuple(
                    replace(column, is_filterable=False)
                    for column in table.columns
                    if column.name not in LEFT_OUT_AT_A_GLANCE
                ),
            )
            for table in self.things
        )


async def build_application_tables(
    site: Site, application: Application, words: Vocabulary, translate: Translate
) -> ApplicationTables:
    """Return the application's tables; none where the index keeps none for it."""
    described = await site.ask_index(lambda index: index.lists.describe_tables())
    own = [each for each in described if each.application == application.slug]
    contracts = await list_own_contracts(site, application)
    money: dict[str, Mapping[str, Money]] = {}
    for contract in contracts:
        if contract.name not in money:
            address = read_address(contract.address)
            view = site.gateway.executor.view()
            interface = site.contracts.get_interface(address)
            money[contract.name] = find_money(view, address, interface)
    maker = TableMaker(site, words, translate, money, has_several=len(contracts) > 1)
    return ApplicationTables(
        things=tuple(maker.make(each) for each in own if each.key),
        logs=tuple(maker.make(each) for each in own if not each.key),
    )


async def list_own_contracts(site: Site, application: Application) -> list[ContractSummary]:
    """Return the application's contracts on this chain, the oldest first."""
    names = {contract.__name__ for contract in application.contracts}
    return [each for each in await site.list_contracts() if each.name in names]


def _build_query(description: TableDescription, asked: Query) -> IndexQuery:
    conditions = [_build_condition(description, name, text) for name, text in asked.filters.items()]
    return IndexQuery(
        sort=asked.sort or "",
        descending=asked.descending if asked.sort else True,
        conditions=tuple(conditions),
        after=asked.cursor or "",
        limit=asked.limit,
    )


def _build_condition(description: TableDescription, name: str, text: str) -> Condition:
    compare = _choose_compare(description.find(name))
    assert compare is not None, "only such columns can be filtered"
    return build_condition(description, name, compare.value, text)


def _choose_compare(column: IndexColumn) -> Compare | None:
    return next((each for each in FILTERED_BY if each in column.compares), None)
