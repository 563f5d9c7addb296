"""What a follower remembers from one run to the next, and the file that holds it.

Rules
-----
1. The file names customers: it is written whole, and its owner alone can read it.
2. Who is in it is frozen, and is there with the case and every alarm that stands about them.
3. `place` is the last event that was carried out. Nothing up to it is carried out again.
"""

from pathlib import Path
from typing import Annotated, Final

import msgspec

from dure.core.errors import ConfigurationError
from dure.identity.files import read_private_file, replace_file

STATE_BYTES_MAX: Final = 64 * 1024 * 1024
"""Room for about a quarter of a million frozen customers."""

EventPlace = tuple[int, int, int, int]
"""Height, index, call and number of an event: they sort as the events happened."""
_Bytes32 = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]


class StandingAlarm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A digest that is reported, and the customers who are frozen for it."""

    digest: _Bytes32
    customers: tuple[str, ...]


class OpenCase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A frozen customer, and what their case is opened with."""

    customer: str
    digest: _Bytes32
    blinding: _Bytes32


class WatchState(
    msgspec.Struct, frozen=True, tag="dure-leak-alert-watch-1", forbid_unknown_fields=True
):
    """All that a follower has to remember."""

    place: EventPlace | None = None
    alarms: tuple[StandingAlarm, ...] = ()
    cases: tuple[OpenCase, ...] = ()


def save_state(path: Path, state: WatchState) -> None:
    """Write what a follower remembers; raise `ConfigurationError`, the old file then stands."""
    data = msgspec.json.encode(state)
    if len(data) > STATE_BYTES_MAX:
        raise ConfigurationError(f"a follower remembers at most {STATE_BYTES_MAX} bytes")
    replace_file(path, data, mode=0o600)


def load_state(path: Path) -> WatchState:
    """Return what `save_state` wrote, and nothing where there is no file yet.

    Raises `ConfigurationError` where the file is another, or others can read it.
    """
    if not path.exists():
        return WatchState()
    data = read_private_file(path, bytes_max=STATE_BYTES_MAX)
    try:
        found = msgspec.json.decode(data, type=WatchState)
    except msgspec.MsgspecError:
        # What was wrong is not quoted: it might name a customer.
        raise ConfigurationError(f"{path} is no state of a follower", file=str(path)) from None
    frozen = {name for alarm in found.alarms for name in alarm.customers}
    if frozen != {case.customer for case in found.cases}:
        message = f"{path} has alarms without cases, or the other way round"
        raise ConfigurationError(message, file=str(path))
    return found
