"""What a block's hash must stay below, and how much work that is.

A target is a whole number from 1 to `TARGET_MAX`. A header carries it as 32 *compact bits*, a
floating form of base 256: the highest byte is an exponent, the lower 23 bits a mantissa, the bit
between them a sign that is never set. Source: Bitcoin's `nBits`, with its rule that a mantissa
never sets its highest bit.
"""

from typing import Final

from dure.core.errors import InvalidBlock

HASH_BITS: Final = 256
TARGET_MAX: Final = 2**224 - 1
"""The easiest target that a difficulty rule gives: four zero bytes. Bitcoin's limit rounds it."""
BITCOIN_BITS_MAX: Final = 0x1D00FFFF
"""`TARGET_MAX` as compact bits."""

SIGN: Final = 0x00800000
MANTISSA: Final = 0x007FFFFF
EXPONENT_SHIFT: Final = 24


def expand_target(bits: int) -> int:
    """Return the target that compact bits stand for.

    Raises `InvalidBlock` unless they are the one form of a target from 1 to 2^256 - 1.
    """
    if not 0 <= bits < 2**32:
        raise InvalidBlock("compact bits have 32 bits", rule="target", bits=bits)
    exponent, mantissa = bits >> EXPONENT_SHIFT, bits & MANTISSA
    shift = 8 * (exponent - 3)
    target = mantissa << shift if shift >= 0 else mantissa >> -shift
    if bits & SIGN or not 0 < target < 1 << HASH_BITS or compact_target(target) != bits:
        message = f"{bits:#010x} is not the compact form of a target"
        raise InvalidBlock(message, rule="target", bits=bits)
    return target


def compact_target(target: int) -> int:
    """Return the compact bits of the largest target with such a form that is not above `target`."""
    size = (target.bit_length() + 7) // 8
    shift = 8 * (size - 3)
    mantissa = target >> shift if shift >= 0 else target << -shift
    if mantissa & SIGN:
        mantissa >>= 8
        size += 1
    return size << EXPONENT_SHIFT | mantissa


def compute_work(target: int) -> int:
    """Return how many hashes it takes on average to find one that is not above `target`."""
    return (1 << HASH_BITS) // (target + 1)
