"""A contract's whole source as it stands on the chain.

The author's file, the class in it that is meant, and the text of every library module that the file
imports, directly or through others. So the code hash says exactly which code runs, whatever library
a node has installed, and everybody bound by a contract can read all of it.
"""

from typing import Annotated

from msgspec import Meta

from dure.contract.limits import LIBRARY_MODULES_MAX, SOURCE_BYTES_MAX
from dure.core.codec import Wire

SourceText = Annotated[str, Meta(max_length=SOURCE_BYTES_MAX)]


class LibraryModule(Wire, frozen=True):
    """One file of `dure.contract.library`."""

    name: Annotated[str, Meta(min_length=1, max_length=64)]
    """Without the package: `token`."""
    text: SourceText


class Source(Wire, frozen=True):
    """What a deployment carries, kept for everybody to read."""

    class_name: Annotated[str, Meta(min_length=1, max_length=64)]
    text: SourceText
    library: Annotated[tuple[LibraryModule, ...], Meta(max_length=LIBRARY_MODULES_MAX)]
    """By name, ascending; exactly those that are needed."""
