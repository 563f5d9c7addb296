"""How a command opens an authority's folder, and what it takes a moment to be."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from dure.cli.unlocking import ask_passphrase
from dure.core.errors import ConfigurationError
from dure.identity.authorities.authority import KEY_FILE, OpenAuthority, open_authority
from dure.identity.keys import is_sealed


def open_by_passphrase(folder: Path) -> OpenAuthority:
    """Return an authority that can sign, asking for the passphrase of a sealed key."""
    key = folder / KEY_FILE
    return open_authority(folder, ask_passphrase(key) if is_sealed(key) else None)


def read_now() -> datetime:
    """Return the wall clock's moment, to the second: certificates hold no more."""
    return datetime.now(UTC).replace(microsecond=0)


def parse_span(text: str) -> timedelta:
    """Return a length of time such as `30d`, `12h`, `15m` or `90s`; raise `ConfigurationError`."""
    units = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
    digits, unit = text[:-1], text[-1:]
    if unit not in units or not (digits.isascii() and digits.isdigit()) or len(digits) > 6:
        raise ConfigurationError(f"a length of time is written like 30d, 12h, 15m or 90s: {text!r}")
    return timedelta(**{units[unit]: int(digits)})
