"""How the difficulty follows the hash rate: ASERT, each block's target from one anchor.

The target doubles when the chain is `half_life` behind its schedule and halves when it is as far
ahead: an exponential of the error alone, so nothing oscillates and no history is averaged. All
arithmetic is on whole numbers. Source: the specification aserti3-2d of Bitcoin Cash (2020), whose
published vectors `tests/vectors/asert.json` holds a part of.
"""

from dataclasses import dataclass
from typing import Final

from dure.consensus.pow.target import TARGET_MAX, compact_target, expand_target

RADIX_BITS: Final = 16
RADIX: Final = 1 << RADIX_BITS
CUBIC: Final = (195_766_423_245_049, 971_821_376, 5_127)
"""2^48 times the coefficients of a polynomial that is near 2^x - 1 between 0 and 1."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The anchor block, and how fast blocks are meant to come."""

    height: int
    """Of the anchor."""
    parent_time: int
    """Of the anchor's parent, in the same unit as the spacing."""
    bits: int
    """The anchor's target, compact."""
    spacing: int
    half_life: int
    target_max: int = TARGET_MAX

    def compute_bits(self, height: int, time: int) -> int:
        """Return the compact target of the block after the one with this height and time."""
        behind = (time - self.parent_time) - self.spacing * (height - self.height + 1)
        exponent = _divide(behind * RADIX, self.half_life)
        shift, part = exponent >> RADIX_BITS, exponent & (RADIX - 1)
        linear, square, cube = CUBIC
        factor = RADIX + ((linear * part + square * part**2 + cube * part**3 + 2**47) >> 48)
        target = expand_target(self.bits) * factor
        shift -= RADIX_BITS
        target = target << shift if shift >= 0 else target >> -shift
        return compact_target(min(max(target, 1), self.target_max))


def _divide(dividend: int, divisor: int) -> int:
    """Divide towards zero, as the specification's C does."""
    quotient = abs(dividend) // divisor
    return quotient if dividend >= 0 else -quotient
