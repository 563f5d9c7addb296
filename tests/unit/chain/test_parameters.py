"""The bounds of the chain's numbers."""

import pytest

from dure.chain.parameters import (
    DEFAULT_PARAMETERS,
    GAS_BOUNDS,
    QUOTA_PERIOD_BOUNDS,
    REPLAY_WINDOW_BOUNDS,
    TRANSACTION_BYTES_MIN,
    compute_parameters_root,
    validate_parameters,
)
from tests.unit.chain.ledger import change

BOUNDS = {
    "block_bytes_max": (256 * 1024, 8 * 1024 * 1024),
    "transaction_bytes_max": (TRANSACTION_BYTES_MIN, 1024 * 1024),
    "block_gas_max": GAS_BOUNDS,
    "scheduled_gas_max": GAS_BOUNDS,
    "replay_window": REPLAY_WINDOW_BOUNDS,
    "quota_period": QUOTA_PERIOD_BOUNDS,
    "quota_gas": (DEFAULT_PARAMETERS.block_gas_max, 2**62 - 1),
    "protocol_version": (1, 1),
}


@pytest.mark.parametrize("name", BOUNDS)
def test_each_number_has_a_least_and_a_most(name: str) -> None:
    for value in BOUNDS[name]:
        validate_parameters(change(DEFAULT_PARAMETERS, **{name: value}))
    for value in (BOUNDS[name][0] - 1, BOUNDS[name][1] + 1):
        with pytest.raises(ValueError, match=r"lies between|protocol version"):
            validate_parameters(change(DEFAULT_PARAMETERS, **{name: value}))


def test_every_number_is_in_the_hash() -> None:
    roots = {
        compute_parameters_root(
            change(DEFAULT_PARAMETERS, **{name: getattr(DEFAULT_PARAMETERS, name) + 1})
        )
        for name in BOUNDS
    }
    assert len(roots | {compute_parameters_root(DEFAULT_PARAMETERS)}) == len(BOUNDS) + 1


def test_no_block_with_its_receipts_is_too_long_to_be_read() -> None:
    most = {name: BOUNDS[name][1] for name in ("block_gas_max", "scheduled_gas_max")}
    validate_parameters(change(DEFAULT_PARAMETERS, **most, block_bytes_max=256 * 1024))
    with pytest.raises(ValueError, match="too long to be read"):
        validate_parameters(change(DEFAULT_PARAMETERS, **most, block_bytes_max=8 * 1024 * 1024))
