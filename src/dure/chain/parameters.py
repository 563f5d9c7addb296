"""The chain's own rules in numbers, changed by its members only, hashed into every header.

Rules
-----
1. Every parameter has bounds that hold for all chains, so that no set of parameters can stop a
   chain for good, and no block or answer grows beyond what a node can send and read back.
2. The replay window never changes: what stands in it could otherwise be executed a second time.
"""

from typing import Annotated, Final

from msgspec import Meta

from dure.chain.transaction import TRANSACTION_BYTES_MAX
from dure.core import hashing
from dure.core.codec import Wire, encode
from dure.core.types import INT_MAX, Gas, Hash, Milliseconds, Unsigned

Positive = Annotated[int, Meta(ge=1, le=2**40)]

PROTOCOL_VERSION: Final = 1
BLOCK_BYTES_BOUNDS: Final = (64 * 1024, 8 * 1024 * 1024)
TRANSACTION_BYTES_MIN: Final = 16 * 1024
GAS_BOUNDS: Final = (10_000_000, 120_000_000)
"""Of the transactions' gas and of the scheduled calls' gas in one block, each."""
GAS_PER_OUTPUT_BYTE: Final = 8
"""Of what a call leaves in its receipt; no byte there costs less."""
STORED_BYTES_MAX: Final = 31 * 1024 * 1024
"""Of a block with its receipts: 32 MiB are ever decoded at once, certificate included. A node could
write a longer one, and never read it again.
"""
REPLAY_WINDOW_BOUNDS: Final = (1_000, 3_600_000)
QUOTA_PERIOD_BOUNDS: Final = (1_000, 31 * 86_400_000)
HEARTBEAT_BOUNDS: Final = (1_000, 31 * 86_400_000)


class Parameters(Wire, frozen=True):
    """Chain parameters. Every bound that all nodes must agree on stands here."""

    protocol_version: Unsigned
    block_bytes_max: Positive
    """Sum of the envelopes' bytes in a block."""
    block_gas_max: Gas
    """Sum of the gas limits in a block, scheduled calls left out."""
    scheduled_gas_max: Gas
    """Sum of the gas of the scheduled calls that run first in a block.

    Also the most that one of them may ask for.
    """
    transaction_bytes_max: Positive
    replay_window: Milliseconds
    """How far ahead of the block's time `valid_until` may lie. Fixed by the genesis document."""
    quota_gas: Gas
    """Gas that one organisation's accounts may use in one period."""
    quota_period: Milliseconds
    open_deployment: bool
    """Whether anybody may deploy contracts; unsafe on CPython where deployers are not trusted."""
    open_enrolment: bool
    """Whether accounts that no organisation has enrolled may send, each with its own quota."""
    open_reading: bool
    """Whether a node answers whoever asks; otherwise it reads out to callers that it knows only.

    What the members' nodes hold is the same either way: this binds their public listeners.
    """
    heartbeat: Milliseconds
    """Age of the head at which a block may be empty, and is made; 0 for never.

    No other block is empty. Who sees none for longer than that knows that the chain stands still.
    """


DEFAULT_PARAMETERS = Parameters(
    protocol_version=1,
    block_bytes_max=4 * 1024 * 1024,
    block_gas_max=Gas(100_000_000),
    scheduled_gas_max=Gas(20_000_000),
    transaction_bytes_max=256 * 1024,
    replay_window=Milliseconds(120_000),
    quota_gas=Gas(60_000_000_000),
    quota_period=Milliseconds(60_000),
    open_deployment=False,
    open_enrolment=False,
    open_reading=True,
    heartbeat=Milliseconds(0),
)


def compute_parameters_root(parameters: Parameters) -> Hash:
    """Return the hash that headers carry for these parameters."""
    return hashing.compute_hash(hashing.PARAMETERS, encode(parameters))


def validate_parameters(parameters: Parameters) -> None:
    """Raise `ValueError` with the first bound that the parameters break."""
    given = parameters
    if given.protocol_version != PROTOCOL_VERSION:
        raise ValueError("this program knows no other protocol version")
    _require_within("block_bytes_max", given.block_bytes_max, BLOCK_BYTES_BOUNDS)
    bounds = (TRANSACTION_BYTES_MIN, min(given.block_bytes_max, TRANSACTION_BYTES_MAX))
    _require_within("transaction_bytes_max", given.transaction_bytes_max, bounds)
    _require_within("block_gas_max", given.block_gas_max, GAS_BOUNDS)
    _require_within("scheduled_gas_max", given.scheduled_gas_max, GAS_BOUNDS)
    receipts = (given.block_gas_max + given.scheduled_gas_max) // GAS_PER_OUTPUT_BYTE
    if given.block_bytes_max + receipts > STORED_BYTES_MAX:
        raise ValueError("a block with its receipts could be too long to be read: less gas or size")
    _require_within("replay_window", given.replay_window, REPLAY_WINDOW_BOUNDS)
    _require_within("quota_period", given.quota_period, QUOTA_PERIOD_BOUNDS)
    if given.heartbeat != 0:
        _require_within("heartbeat", given.heartbeat, HEARTBEAT_BOUNDS)
    _require_within("quota_gas", given.quota_gas, (given.block_gas_max, INT_MAX // 2))


def _require_within(name: str, value: int, bounds: tuple[int, int]) -> None:
    least, most = bounds
    if not least <= value <= most:
        raise ValueError(f"{name} lies between {least} and {most}")
