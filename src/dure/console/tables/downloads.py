"""A table as a file: `?table=<name>&format=csv` or `json` on the path of its page.

Rows come out as they are fetched, page by page, so that a long table takes no memory. After
`DOWNLOAD_ROWS_MAX` rows, or `FETCHES_MAX` pages that may have been nearly empty, the file ends with
a line that says so. CSV is RFC 4180 in UTF-8, with the
mark at its head by which spreadsheets know that; text that a spreadsheet would take for a formula
gets an apostrophe in front.
"""

import csv
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from itertools import count
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from dure.console.language import choose_language, get_text
from dure.console.rendering import HEADERS, show_number
from dure.console.settings import ROWS_USUAL
from dure.console.site import Page, Site
from dure.console.tables.address import TableWords
from dure.console.tables.kinds import Value, get_value
from dure.console.tables.model import InvalidTableQuery, Rows, Table

DOWNLOAD_ROWS_MAX: Final = 10_000
FETCHES_MAX: Final = 40
"""Where few rows of many are looked for, each fetch is work, and has nothing to show for it."""
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
BYTE_ORDER_MARK: Final = "\ufeff"
MEDIA_TYPES: Final = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
_ROWS_AT_ONCE: Final = DOWNLOAD_ROWS_MAX // FETCHES_MAX

Records = AsyncIterator[list[list[Value]]]
Notice = Callable[[int], str]
"""Says that a file has so many rows and no more."""


async def answer_download(site: Site, request: Request, page: Page) -> Response | None:
    """Return the file that the address asks for; None where it asks for the page itself.

    Raise `InvalidTableQuery`.
    """
    name = request.query_params.get("table")
    form = request.query_params.get("format")
    if name is None or form is None or not page.tables:
        return None
    write = _WRITERS.get(form)
    tables = page.tables if isinstance(page.tables, Sequence) else await page.tables(site, request)
    table = next((each for each in tables if each.name == name), None)
    if table is None or write is None:
        raise InvalidTableQuery("this page has no such table, or no such file of it")
    words = TableWords(table, request.query_params, ROWS_USUAL)
    query = replace(words.query, cursor=None, limit=_ROWS_AT_ONCE)
    # The first rows before the first byte: what cannot be fetched is an error page.
    first = await table.fetch(site, request, query)

    async def fetch_next(cursor: str) -> Rows:
        return await table.fetch(site, request, replace(query, cursor=cursor))

    records = _read_records(table, first, fetch_next)

    def notice(written: int) -> str:
        return get_text(choose_language(request), "table_bounded", count=show_number(written))

    headers = HEADERS | {"content-disposition": f'attachment; filename="{table.name}.{form}"'}
    return StreamingResponse(
        write(table, records, notice), headers=headers, media_type=MEDIA_TYPES[form]
    )


async def _read_records(
    table: Table, rows: Rows, fetch_next: Callable[[str], Awaitable[Rows]]
) -> Records:
    """Yield pages of records; an empty one at the end where rows were left out."""
    left = DOWNLOAD_ROWS_MAX
    for fetched in count(1):
        taken = rows.rows[:left]
        left -= len(taken)
        if taken:
            yield [[get_value(c.kind, row.get(c.name)) for c in table.columns] for row in taken]
        if len(taken) < len(rows.rows) or (
            rows.next is not None and (not left or fetched == FETCHES_MAX)
        ):
            yield []
            return
        if rows.next is None:
            return
        rows = await fetch_next(rows.next)


async def _write_csv(table: Table, pages: Records, notice: Notice) -> AsyncIterator[str]:
    written = 0
    yield BYTE_ORDER_MARK + _write_lines([[column.name for column in table.columns]])
    async for records in pages:
        neutral = [[neutralise(value) for value in record] for record in records]
        written += len(records)
        yield _write_lines(neutral or [[notice(written)]])


async def _write_json(table: Table, pages: Records, notice: Notice) -> AsyncIterator[str]:
    names = [column.name for column in table.columns]
    yield f'{{"table": {json.dumps(table.name)}, "rows": ['
    separator, said, written = "\n", None, 0
    async for records in pages:
        written += len(records)
        said = None if records else notice(written)
        for record in records:
            fields = dict(zip(names, record, strict=True))
            yield separator + json.dumps(fields, ensure_ascii=False)
            separator = ",\n"
    yield f'\n], "notice": {json.dumps(said, ensure_ascii=False)}}}\n'


def neutralise(value: Value) -> Value:
    """Return a value that no spreadsheet takes for a formula; numbers are what they are.

    Source: OWASP, CSV Injection.
    """
    if isinstance(value, str) and (value.lstrip(" ") or " ").startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def _write_lines(records: Sequence[Sequence[Value]]) -> str:
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\r\n").writerows(records)
    return lines.getvalue()


_WRITERS: Final = {"csv": _write_csv, "json": _write_json}
