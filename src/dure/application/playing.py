"""Plays one story of an installed application in a process of its own.

`python -m dure.application.playing SLUG STORY` writes the story's record to its output.

Rules
-----
1. Only what an installed application lists as its story is played; nothing else can be named.
2. The process bounds itself before it loads any application: seconds of computing, memory, and no
   file may be written; a node that shares the machine goes first.
3. Whatever goes wrong ends it with code 1 and one line for people on the error output.
"""

import os
import resource
import sys
from typing import Final

from dure.application.registry import find_application, find_story
from dure.core.errors import DureError
from dure.testing.recording import encode_record, record_story

NICENESS: Final = 15
COMPUTING_S_MAX: Final = 60
MEMORY_BYTES_MAX: Final = 3 * 1024**3
"""Of addresses: a Python with all libraries takes about 1 GiB of them before it does anything."""


def main(arguments: list[str]) -> int:
    """Write the record; return the exit code."""
    _bound()
    slug, name = arguments
    try:
        record = record_story(find_story(find_application(slug), name))
    except DureError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    sys.stdout.buffer.write(encode_record(record))
    return 0


def _bound() -> None:
    os.nice(NICENESS)
    for kind, bound in (
        (resource.RLIMIT_CPU, COMPUTING_S_MAX),
        (resource.RLIMIT_AS, MEMORY_BYTES_MAX),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (bound, bound))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
