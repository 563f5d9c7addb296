"""What SQL says differently in each database, said once."""

from typing import Any, Final

from sqlalchemy import Integer, LargeBinary, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ColumnElement
from sqlalchemy.sql.functions import FunctionElement

_INSTR: Final = "instr({}, {})"
_POSITION: Final = "position({1} in {0})"


class PlaceOf(FunctionElement[int]):
    """Where bytes begin inside of other bytes, from 1; 0 where they do not stand there."""

    type = Integer()
    inherit_cache = True
    name = "place_of"


def contains_bytes(column: ColumnElement[Any], wanted: bytes) -> ColumnElement[bool]:
    """Say that a column's bytes have `wanted` in them."""
    return PlaceOf(column, literal(wanted, LargeBinary())) > 0


@compiles(PlaceOf)
def _write_instr(element: PlaceOf, compiler: Any, **options: Any) -> str:
    """SQLite, Oracle and MySQL."""
    return _write(_INSTR, element, compiler, options)


@compiles(PlaceOf, "postgresql")
def _write_position(element: PlaceOf, compiler: Any, **options: Any) -> str:
    """Standard SQL, as PostgreSQL has it."""
    return _write(_POSITION, element, compiler, options)


def _write(form: str, element: PlaceOf, compiler: Any, options: dict[str, Any]) -> str:
    return form.format(*(compiler.process(each, **options) for each in element.clauses))
