"""The chain's own rules in numbers, changed by its members only, hashed into every header."""

from typing import Annotated

from msgspec import Meta

from dure.core import hashing
from dure.core.codec import Wire, encode
from dure.core.types import Gas, Hash, Milliseconds, Unsigned

Positive = Annotated[int, Meta(ge=1, le=2**40)]


class Parameters(Wire, frozen=True):
    """Chain parameters. Every bound that all nodes must agree on stands here."""

    protocol_version: Unsigned
    block_bytes_max: Positive
    """Sum of the envelopes' bytes in a block."""
    block_gas_max: Gas
    """Sum of the gas limits in a block, scheduled calls left out."""
    scheduled_gas_max: Gas
    """Sum of the gas of the scheduled calls that run first in a block; also the most that one may ask for."""
    transaction_bytes_max: Positive
    replay_window: Milliseconds
    """How far ahead of the block's time `valid_until` may lie."""
    quota_gas: Gas
    """Gas that one organisation's accounts may use in one period."""
    quota_period: Milliseconds
    open_deployment: bool
    """Whether anybody may deploy contracts; unsafe on CPython where deployers are not trusted."""
    open_enrolment: bool
    """Whether accounts that no organisation has enrolled may send; each then has a quota of its own."""


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
)


def compute_parameters_root(parameters: Parameters) -> Hash:
    """Return the hash that headers carry for these parameters."""
    return hashing.compute_hash(hashing.PARAMETERS, encode(parameters))
