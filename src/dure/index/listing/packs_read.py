"""Packs read in the order of the chain, from either end, a bounded number for each question.

What is looked for may stand in one pack of a million. So a question opens so many packs and no
more; its page is then short, perhaps empty, and says where the next one reads on.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Table,
    and_,
    case,
    func,
    or_,
    select,
)

from dure.core.types import INT_MAX
from dure.index import schema
from dure.index.listing.query import TOTAL_MAX, Compare, Query
from dure.index.packs import get_fingerprint, write_name
from dure.index.portable import contains_bytes
from dure.index.settling import find_settled

PACKS_READ_MAX: Final = 512
_AT_ONCE: Final = 8
"""Packs fetched from the database before it is known whether they are needed."""
_NO_HEIGHT: Final = -1


@dataclass(frozen=True, slots=True)
class PackTable:
    """A table of packs, the numbers of the first and the last item in each, and its kinds."""

    packs: Table
    first: str
    last: str
    kinds: Table
    name: str
    """The column of `kinds` beside the contract."""
    counted: str


TRANSACTIONS: Final = PackTable(
    schema.TRANSACTIONS, "first", "last", schema.CALL_KINDS, "method", "calls"
)
EVENTS: Final = PackTable(
    schema.EVENTS, "first_receipt", "last_receipt", schema.EVENT_KINDS, "name", "events"
)


@dataclass(frozen=True, slots=True)
class Heights:
    """A stretch of blocks, both ends included."""

    lowest: int = 0
    highest: int = INT_MAX

    def meet(self, other: "Heights") -> "Heights":
        """Return what both have in common."""
        return Heights(max(self.lowest, other.lowest), min(self.highest, other.highest))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which packs may have what is looked for."""

    heights: Heights
    descending: bool
    after: tuple[int, int] | None
    """Height and number of an item: only its own pack and those behind it."""
    contract: bytes | None = None
    name: str | None = None
    """Of a method or an event."""
    hint: ColumnElement[bool] | None = None


def find_heights(connection: Connection, query: Query) -> Heights:
    """Return the blocks in which all conditions on height and time hold."""
    found = Heights()
    for each in query.conditions:
        if each.column == "height":
            found = found.meet(_limit(each.compare, int(each.value)))
        elif each.column == "time":
            found = found.meet(_find_by_time(connection, each.compare, int(each.value)))
    return found


def open_packs(connection: Connection, table: PackTable, wanted: Wanted) -> Iterator[RowMapping]:
    """Yield packs with their blocks, each once, at most `PACKS_READ_MAX`."""
    yield from _read_packs(connection, table, wanted, PACKS_READ_MAX)


def open_naming_packs(connection: Connection, wanted: Wanted, value: bytes) -> Iterator[RowMapping]:
    """Yield packs with events that may name a value of 32 bytes.

    In settled blocks fingerprints say which they are; above, the packs themselves are searched.
    Both together are at most `PACKS_READ_MAX`: where the first are that many, none of the others
    may come before the rest of them.
    """
    left = PACKS_READ_MAX
    settled = find_settled(connection)
    above = Heights(lowest=settled + 1)
    below = Heights(highest=settled)
    in_pack = contains_bytes(schema.EVENTS.c.data, write_name(value))
    in_named = contains_bytes(schema.NAMED.c.fingerprints, get_fingerprint(value))
    parts = [(above, in_pack), (below, in_named)]
    for heights, hint in parts if wanted.descending else reversed(parts):
        narrowed = Wanted(
            wanted.heights.meet(heights),
            wanted.descending,
            wanted.after,
            wanted.contract,
            wanted.name,
            hint,
        )
        left -= yield from _read_packs(connection, EVENTS, narrowed, left)
        if not left:
            return


def _read_packs(
    connection: Connection, table: PackTable, wanted: Wanted, at_most: int
) -> Generator[RowMapping, None, int]:
    """Yield packs, each once; return how many they were."""
    read = 0
    with connection.execute(_select(table, wanted)) as result:
        rows = iter(result.yield_per(_AT_ONCE).mappings())
        once = (next(same) for _, same in groupby(rows, key=_get_place))
        for _, row in zip(range(at_most), once, strict=False):
            read += 1
            yield row
    return read


def count_kinds(
    connection: Connection, table: PackTable, heights: Heights, names: dict[str, Any]
) -> int | None:
    """Return how many calls, or events, of a contract and a name stand in a stretch of blocks.

    None where more than `TOTAL_MAX` kinds of packs would have to be added up.
    """
    columns = table.kinds.c
    asked = [columns[name] == value for name, value in names.items() if value is not None]
    kinds = select(columns.height, columns[table.counted].label("counted")).where(*asked)
    if asked:
        # No index of all kinds begins with the height: there every row read counts as one.
        kinds = kinds.where(_is_within(columns.height, heights))
    read = kinds.limit(TOTAL_MAX + 1).subquery()
    inside = case((_is_within(read.c.height, heights), read.c.counted), else_=0)
    rows, total = connection.execute(select(func.count(), func.sum(inside)).select_from(read)).one()
    return int(total or 0) if rows <= TOTAL_MAX else None


def _is_within(height: ColumnElement[int], heights: Heights) -> ColumnElement[bool]:
    return and_(height >= heights.lowest, height <= heights.highest)


def _select(table: PackTable, wanted: Wanted) -> Select[Any]:
    packs, kinds = table.packs.c, table.kinds.c
    pairs = ((kinds.contract, wanted.contract), (kinds[table.name], wanted.name))
    asked = [column == value for column, value in pairs if value is not None]
    blocks = schema.BLOCKS.c
    joined = table.packs.join(schema.BLOCKS, blocks.height == packs.height)
    places = packs
    if asked:
        same = and_(kinds.height == packs.height, kinds.pack == packs.pack)
        joined = joined.join(table.kinds, same)
        places = kinds
    if wanted.hint is not None and table is EVENTS:
        named = schema.NAMED.c
        same = and_(named.height == packs.height, named.pack == packs.pack)
        joined = joined.outerjoin(schema.NAMED, same)
    query = select(
        packs.height,
        packs.pack,
        packs.data,
        blocks.block_id,
        blocks.time,
        blocks.scheduled,
        blocks.finality,
    )
    query = query.select_from(joined).where(
        *asked,
        places.height >= wanted.heights.lowest,
        places.height <= wanted.heights.highest,
    )
    if wanted.hint is not None:
        query = query.where(wanted.hint)
    if wanted.after is not None:
        query = query.where(
            _reaches(table, wanted.after, places.height, descending=wanted.descending)
        )
    order = (places.height, places.pack)
    return query.order_by(*(each.desc() if wanted.descending else each for each in order))


def _reaches(
    table: PackTable, after: tuple[int, int], height: ColumnElement[Any], *, descending: bool
) -> ColumnElement[bool]:
    """Say that a pack has the item, or something behind it."""
    at, number = after
    if descending:
        inside = table.packs.c[table.first] <= number
        return and_(height <= at, or_(height < at, inside))
    inside = table.packs.c[table.last] >= number
    return and_(height >= at, or_(height > at, inside))


def _limit(compare: Compare, value: int) -> Heights:
    match compare:
        case Compare.FROM:
            return Heights(lowest=value)
        case Compare.TO:
            return Heights(highest=value)
        case _:
            return Heights(value, value)


def _find_by_time(connection: Connection, compare: Compare, time: int) -> Heights:
    """Return the blocks of those times: a block is always later than the one before."""
    columns = schema.BLOCKS.c
    lowest = select(func.min(columns.height)).where(columns.time >= time)
    highest = select(func.max(columns.height)).where(columns.time <= time)
    from_height = connection.execute(lowest).scalar()
    to_height = connection.execute(highest).scalar()
    since = Heights(lowest=INT_MAX if from_height is None else from_height)
    until = Heights(highest=_NO_HEIGHT if to_height is None else to_height)
    match compare:
        case Compare.FROM:
            return since
        case Compare.TO:
            return until
        case _:
            return since.meet(until)


def _get_place(row: RowMapping) -> tuple[int, int]:
    return (row["height"], row["pack"])
