"""Every bound of the language in one place.

They are part of the language version: changing one changes the chain.
"""

from typing import Final

LANGUAGE_VERSION: Final = 1

SOURCE_BYTES_MAX: Final = 64 * 1024
"""Bytes of a contract's own file, and of each library module."""
LIBRARY_MODULES_MAX: Final = 16
"""Library modules that one contract may bring along."""
SYNTAX_DEPTH_MAX: Final = 64
"""Levels of the syntax tree.

Checking takes up to seven frames of Python's stack for each, and may begin inside of the deepest
nested call.
"""
SYNTAX_NODES_MAX: Final = 20_000
"""Nodes of the syntax tree."""

NAME_LENGTH_MAX: Final = 64
"""Characters of a name: the chain writes names of fields, events, methods and members as often as
they are used."""
FIELDS_MAX: Final = 64
"""Fields of a record or an event, parameters of a method."""
TYPE_PARTS_MAX: Final = 1_024
"""Parts of a type, counting those of the records in it, so that no walk over a type is long."""
TYPE_DEPTH_MAX: Final = 8
"""Records and lists inside each other: the codec reads values of a bounded depth only."""
CONTRACTS_MAX: Final = 16
"""Contract classes of one file: each is checked with all that it inherits."""
LOOP_DEPTH_MAX: Final = 8
"""Loops inside loops. CPython's own limit of nested blocks is 20."""
CALL_DEPTH_MAX: Final = 12
"""Methods of one contract that call each other in a row."""
NESTED_CALLS_MAX: Final = 16
"""Contracts that call each other in a row.

With `CALL_DEPTH_MAX` it keeps clear of CPython's recursion limit.
"""

LITERAL_BITS_MAX: Final = 255
"""Bits of a number in the source."""
WIDE_MAX: Final = 2**255 - 1
WIDE_MIN: Final = -(2**255)
"""Bounds of an intermediate result: a signed 256-bit integer."""

TEXT_MAX: Final = 64 * 1024
"""Characters of a `str`, bytes of a `bytes`."""
ITEMS_MAX: Final = 10_000
"""Items of a list."""
LIST_LIMIT_MAX: Final = 1_000_000
"""Most items that a stored list may have, whatever its own limit says."""
KEY_BYTES_MAX: Final = 1_024
"""Bytes of one encoded storage key."""
VALUE_BYTES_MAX: Final = 256 * 1024
"""Bytes of one stored value, of the arguments of a call, of a result, of an event."""
MEMORY_BYTES_MAX: Final = 16 * 1024 * 1024
"""Bytes that one top-level call may build, counted as they are built and never given back.

That bounds the peak from above, and needs no knowledge of when a Python gives memory back.
"""
WORKER_BYTES_MAX: Final = 8 * MEMORY_BYTES_MAX
"""Memory that a worker process has for one call, beside what it takes with nothing to do.

At least four times `MEMORY_BYTES_MAX`, so that the language's own bound always comes first.
"""
REASON_MAX: Final = 256
"""Characters of a refusal's reason; the rest is cut off."""
