"""The file of a node's callers: who may ask more than nobody may, as which role, for how long.

```json
{"version": 1, "callers": [{"id": "3f9c2a10b47d55e1", "name": "reporting", "role": "reader",
  "token_digest": "…", "created": 1790000000000, "expires": null,
  "requests_per_second": 100.0, "requests_burst": 200.0}]}
```
`dure access token` writes it, whole and durably, and has the node read it again. Whom it does not
name the node does not know. It holds no secret, and is readable by its owner only all the same: who
may ask is nobody else's business.
"""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from dure.api.access.roles import Role
from dure.core.errors import ConfigurationError
from dure.core.types import INT_MAX
from dure.identity.files import read_private_file, replace_file

CALLERS_MAX: Final = 1_000
FILE_BYTES_MAX: Final = 1024 * 1024
RATE_DEFAULT: Final = 100.0
BURST_DEFAULT: Final = 200.0
RATE_BOUNDS: Final = (0.01, 1_000_000.0)
NAME: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}", re.ASCII)

Time = Annotated[int, Meta(ge=0, le=INT_MAX)]
Rate = Annotated[float, Meta(ge=RATE_BOUNDS[0], le=RATE_BOUNDS[1])]


class CallerRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One caller, as the file has it."""

    id: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$")]
    name: Annotated[str, Meta(pattern=rf"^{NAME.pattern}$")]
    role: Role
    token_digest: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
    created: Time
    """Milliseconds since 1970."""
    expires: Time | None
    """From then on the token is worth nothing; None for never."""
    requests_per_second: Rate
    requests_burst: Rate


class CallersFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    version: Literal[1]
    callers: Annotated[tuple[CallerRecord, ...], Meta(max_length=CALLERS_MAX)]


NO_CALLERS: Final = CallersFile(1, ())


def load_callers(path: Path) -> CallersFile:
    """Return the callers in `path`, none where there is no such file.

    Raise `ConfigurationError` where it is not private, not of this form, or names one twice.
    """
    if not path.exists():
        return NO_CALLERS
    data = read_private_file(path, bytes_max=FILE_BYTES_MAX)
    try:
        found = msgspec.json.decode(data, type=CallersFile)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        message = f"{path} is no file of callers: {problem}"
        raise ConfigurationError(message, file=str(path)) from problem
    for names in ([each.id for each in found.callers], [each.name for each in found.callers]):
        if len(set(names)) != len(names):
            raise ConfigurationError(f"{path} names a caller twice", file=str(path))
    return found


def save_callers(path: Path, callers: CallersFile) -> None:
    """Write the file whole, in place of the old one; raise `ConfigurationError`."""
    text = msgspec.json.format(msgspec.json.encode(callers), indent=2)
    replace_file(path, text + b"\n", mode=0o600)


@contextmanager
def locked_callers(path: Path) -> Iterator[None]:
    """Keep other commands from changing the file between reading and writing it."""
    lock = path.with_name(f".{path.name}.lock")
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as problem:
        message = f"cannot lock {path}: {problem.strerror}"
        raise ConfigurationError(message, file=str(path)) from problem
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def add_caller(file: CallersFile, record: CallerRecord) -> CallersFile:
    """Return the file with one caller more; raise `ConfigurationError`."""
    if any(each.name == record.name for each in file.callers):
        message = f"there is a caller {record.name!r} already: revoke it, or choose another name"
        raise ConfigurationError(message, name=record.name)
    if len(file.callers) >= CALLERS_MAX:
        raise ConfigurationError(f"a node knows at most {CALLERS_MAX} callers: revoke some")
    return CallersFile(1, (*file.callers, record))


def remove_caller(file: CallersFile, name: str) -> CallersFile:
    """Return the file without the caller of that name or id; raise `ConfigurationError`."""
    kept = tuple(each for each in file.callers if name not in {each.name, each.id})
    if len(kept) == len(file.callers):
        raise ConfigurationError(f"there is no caller {name!r}", name=name)
    return CallersFile(1, kept)


def describe_change(old: CallersFile, new: CallersFile) -> dict[str, str]:
    """Return who was added, removed and changed, as names in one text each."""
    before = {each.id: each for each in old.callers}
    after = {each.id: each for each in new.callers}
    groups = {
        "added": [f"{each.name} ({each.role})" for each in new.callers if each.id not in before],
        "removed": [f"{each.name} ({each.role})" for each in old.callers if each.id not in after],
        "changed": [
            f"{each.name} ({each.role})"
            for each in new.callers
            if each.id in before and before[each.id] != each
        ],
    }
    return {kind: ", ".join(names) for kind, names in groups.items() if names}
