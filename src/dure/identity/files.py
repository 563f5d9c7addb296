"""Files that hold secrets or trust: written whole, and read only while nobody else can."""

import os
import secrets
import stat
from pathlib import Path
from typing import Final

from dure.core.errors import ConfigurationError

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def write_new_file(path: Path, data: bytes, *, mode: int) -> None:
    """Write `path` all at once and durably; raise `ConfigurationError` where it exists.

    The content goes to a temporary file beside it first. Linking that under the final name, unlike
    renaming, fails where somebody else was faster.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _write_durably(temporary, data, mode)
        try:
            os.link(temporary, path)
        finally:
            temporary.unlink()
        sync_folder(path.parent)
    except FileExistsError as problem:
        message = f"{path} exists already and is not overwritten: move it away first"
        raise ConfigurationError(message, file=str(path)) from problem
    except OSError as problem:
        message = f"cannot write {path}: {problem.strerror}"
        raise ConfigurationError(message, file=str(path)) from problem


def replace_file(path: Path, data: bytes, *, mode: int) -> None:
    """Write `path` all at once and durably, in place of what stands there.

    Raise `ConfigurationError` where that cannot be done; then the old content is still there.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _write_durably(temporary, data, mode)
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as problem:
        temporary.unlink(missing_ok=True)
        message = f"cannot write {path}: {problem.strerror}"
        raise ConfigurationError(message, file=str(path)) from problem


def read_private_file(path: Path, *, bytes_max: int) -> bytes:
    """Return the content of a file that only its owner can read, or raise `ConfigurationError`."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            data = file.read(bytes_max + 1)
    except OSError as problem:
        message = f"cannot read {path}: {problem.strerror}"
        raise ConfigurationError(message, file=str(path)) from problem
    if mode & _OTHERS:
        message = f"{path} has mode {mode:04o}, so others can read the secret in it: chmod 600 it"
        raise ConfigurationError(message, file=str(path), mode=mode)
    if len(data) > bytes_max:
        message = f"{path} has more than the {bytes_max} bytes that such a file can have"
        raise ConfigurationError(message, file=str(path))
    return data


def move_aside(path: Path) -> None:
    """Rename a file that is no use any more to `….lost-N`, with the first N that is free.

    Nothing happens where it is not there. Raises `OSError`.
    """
    number = 1
    while (aside := path.with_name(f"{path.name}.lost-{number}")).exists():
        number += 1
    if path.exists():
        path.rename(aside)
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable; raise `OSError`."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_durably(path: Path, data: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
