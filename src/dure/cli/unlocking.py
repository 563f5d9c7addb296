"""How a command opens a key file: with a passphrase, a token's PIN, or neither.

Neither is ever an argument, because other users of a machine see arguments. A person types it; a
service finds it in a file that only it can read, named by `DURE_PASSPHRASE_FILE`. The library that
speaks to tokens is named by `DURE_PKCS11_MODULE`.
"""

import os
from pathlib import Path
from typing import Final

import typer

from dure.core.errors import ConfigurationError
from dure.identity.files import read_private_file
from dure.identity.keys import (
    PASSPHRASE_LENGTH_MAX,
    Key,
    find_token,
    is_sealed,
    open_key,
    validate_passphrase,
)
from dure.identity.tokens import Pin

PASSPHRASE_FILE_VARIABLE: Final = "DURE_PASSPHRASE_FILE"  # noqa: S105 - a variable's name
LIBRARY_VARIABLE: Final = "DURE_PKCS11_MODULE"


def unlock(path: Path) -> Key:
    """Return what signs as the key of a file; raise `ConfigurationError`."""
    return open_key(path, _ask_secret(path) if is_sealed(path) else None, find_library())


def ask_passphrase(path: Path) -> str:
    """Return the passphrase of a sealed key file."""
    return _ask_secret(path).text


def ask_new_passphrase() -> str:
    """Return a passphrase that was typed twice; raise `WeakPassphrase`."""
    passphrase: str = typer.prompt("New passphrase", hide_input=True, confirmation_prompt=True)
    validate_passphrase(passphrase)
    return passphrase


def ask_pin(label: str) -> Pin:
    """Return the PIN of a token."""
    return _read_secret() or Pin(typer.prompt(f"PIN of {label}", hide_input=True), is_typed=True)


def find_library() -> Path | None:
    """Return the library that speaks to tokens, where one is named."""
    named = os.environ.get(LIBRARY_VARIABLE)
    return Path(named) if named else None


def _ask_secret(path: Path) -> Pin:
    place = find_token(path)
    if place is not None:
        return ask_pin(place.token)
    question = f"Passphrase of {path.name}"
    return _read_secret() or Pin(typer.prompt(question, hide_input=True), is_typed=True)


def _read_secret() -> Pin | None:
    """Return the first line of the file that the environment names, if it names one."""
    named = os.environ.get(PASSPHRASE_FILE_VARIABLE)
    if not named:
        return None
    # A character has at most four bytes.
    data = read_private_file(Path(named), bytes_max=4 * PASSPHRASE_LENGTH_MAX)
    try:
        lines = data.decode("utf-8").splitlines()
    except UnicodeDecodeError as problem:
        raise ConfigurationError(f"{named} is not text in UTF-8", file=named) from problem
    if not lines or not lines[0]:
        raise ConfigurationError(f"{named} is empty: its first line is the secret", file=named)
    return Pin(lines[0], is_typed=False)
