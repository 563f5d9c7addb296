"""Which types the codec reads and writes; each type is looked at once, before its first use.

Rules
-----
1. Integers bounded within 64 bits, text, bytes, booleans, null, enumerations and literals; tuples,
   lists and `Wire` structs of these.
2. No maps and no sets (no order of their own), no floats (more than one form), nothing untyped.
3. Every field of a struct is required: a default would give one value two forms.
4. No type contains itself, and none is deeper than `DEPTH_MAX`: so no input can nest deeper than
   its type, and reading never runs out of stack.

A type that breaks a rule is our own fault, found the first time that the code runs: `TypeError`.
"""

from typing import Final

from msgspec import inspect

DEPTH_MAX: Final = 16

_PLAIN: Final = (
    inspect.BoolType,
    inspect.BytesType,
    inspect.EnumType,
    inspect.LiteralType,
    inspect.NoneType,
    inspect.StrType,
)


def validate_shape(type_: object) -> None:
    """Raise `TypeError` unless values of `type_` have one byte form each, of bounded depth."""
    _validate(inspect.type_info(type_), ())


def _validate(shape: inspect.Type, above: tuple[type, ...]) -> None:
    """Walk down from `shape`.

    `above` holds one entry for each container around it, the struct's class or `tuple`.
    """
    if len(above) > DEPTH_MAX:
        raise TypeError(f"{_describe(above)} is nested deeper than {DEPTH_MAX}")
    match shape:
        case inspect.StructType():
            _validate_struct(shape, above)
        case inspect.UnionType(types=types):
            _validate_all(types, above)
        case inspect.TupleType(item_types=types):
            _validate_all(types, (*above, tuple))
        case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
            _validate(item, (*above, tuple))
        case inspect.Metadata(type=inner):
            _validate(inner, above)
        case inspect.IntType(ge=int(), le=int()):
            pass  # msgspec takes no bounds outside 64 bits
        case _ if not isinstance(shape, _PLAIN):
            name = type(shape).__name__
            raise TypeError(f"{_describe(above)} holds {name} without bounds or without one form")
        case _:
            pass


def _validate_all(shapes: tuple[inspect.Type, ...], above: tuple[type, ...]) -> None:
    for shape in shapes:
        _validate(shape, above)


def _validate_struct(shape: inspect.StructType, above: tuple[type, ...]) -> None:
    if shape.cls in above:
        raise TypeError(f"{shape.cls.__name__} contains itself")
    if not (shape.array_like and shape.forbid_unknown_fields):
        raise TypeError(f"{shape.cls.__name__} is not a Wire struct")
    for field in shape.fields:
        if not field.required:
            raise TypeError(f"{shape.cls.__name__}.{field.name} has a default")
        _validate(field.type, (*above, shape.cls))


def _describe(above: tuple[type, ...]) -> str:
    return ".".join(container.__name__ for container in above) or "the type"
