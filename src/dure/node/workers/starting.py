"""How a worker process begins and ends, whatever it is for.

It is started as `python -P -s -S -B -W ignore -c …` with an environment of its own: nothing of the
user's site, of the working folder or of the node's variables reaches it. (`-I` would also ignore
the fixed `PYTHONHASHSEED`.) It imports from the standard library and from the folders that hold
Dure and its dependencies, and inherits one end of a socket as its descriptor 0.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import ed25519_zebra
import msgspec

import dure

_LIBRARIES: Final = "LD_LIBRARY_PATH"
"""The one variable that is passed on: some Pythons do not start without it."""
_PATHS: Final = tuple(
    dict.fromkeys(
        str(Path(str(module.__file__)).resolve().parent.parent)
        for module in (dure, msgspec, ed25519_zebra)
    )
)


def start_process(bootstrap: str, descriptor: int) -> subprocess.Popen[bytes]:
    """Start a process that runs `bootstrap` with that descriptor as its 0; raise `OSError`.

    The last of its arguments is the number of this process.
    """
    variables = {"PYTHONHASHSEED": "0", "MALLOC_ARENA_MAX": "1"}
    if _LIBRARIES in os.environ:
        variables[_LIBRARIES] = os.environ[_LIBRARIES]
    return subprocess.Popen(
        _build_command(bootstrap),
        stdin=descriptor,
        stdout=subprocess.DEVNULL,
        env=variables,
        cwd="/",
        start_new_session=True,
    )


def _build_command(bootstrap: str) -> list[str]:
    begin = f"import sys; sys.path += sys.argv[1:-1]; {bootstrap}"
    return [
        *(sys.executable, "-P", "-s", "-S", "-B", "-W", "ignore", "-c", begin),
        *_PATHS,
        str(os.getpid()),
    ]


def describe_exit(status: int) -> str:
    """Return an exit status in words."""
    if status >= 0:
        return f"with exit status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    because = " for a system call that it may not make" if name == "SIGSYS" else ""
    return f"killed by {name}{because}"
