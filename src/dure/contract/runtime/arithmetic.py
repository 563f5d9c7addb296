"""Guards around integer arithmetic.

An intermediate result is a signed 256-bit integer; what leaves an expression for storage, a record,
a list, an argument or a result is a signed 64-bit one, and a Time or an Amount is never negative.
The compiler leaves a guard out only where the operands' static widths prove that it cannot fire.
"""

from typing import NoReturn

from dure.contract.gas import ROUND
from dure.contract.language.numbers import Rounding
from dure.contract.language.numbers import divide as divide_rounded
from dure.contract.limits import WIDE_MAX, WIDE_MIN
from dure.contract.runtime.frame import Frame, refuse
from dure.core.types import INT_MAX, INT_MIN

_BITS = 255


def _overflow() -> NoReturn:
    refuse("overflow", "a number is too large")


def wide(value: int) -> int:
    """Return an intermediate result that a local variable may keep."""
    if WIDE_MIN <= value <= WIDE_MAX:
        return value
    _overflow()


def narrow(value: int) -> int:
    """Return a number that may be stored or passed."""
    if INT_MIN <= value <= INT_MAX:
        return value
    _overflow()


def moment(value: int) -> int:
    """Return a Time that may be stored or passed."""
    if not 0 <= value <= INT_MAX:
        refuse("overflow", "a time lies outside of the calendar")
    return value


def money(value: int) -> int:
    """Return an Amount that may be stored or passed."""
    if 0 <= value <= INT_MAX:
        return value
    if value < 0:
        refuse("overflow", "an amount is negative")
    _overflow()


def rounded(frame: Frame, a: int, b: int, divisor: int, rounding: Rounding) -> int:
    """Return `a * b / divisor` as an integer, rounded once; the product has at most 256 bits."""
    frame.meter.charge(ROUND)
    product = wide(a * b)
    if divisor == 0:
        refuse("division_by_zero", "a division by zero")
    return divide_rounded(product, divisor, rounding)


def multiply(a: int, b: int) -> int:
    """Return `a * b`; operands have little more than 256 bits, so a refused one is cheap too."""
    return wide(a * b)


def divide(a: int, b: int) -> int:
    """Return `a // b`, rounded down."""
    if b == 0:
        refuse("division_by_zero", "a division by zero")
    return a // b


def remainder(a: int, b: int) -> int:
    """Return `a % b`, which has the sign of `b`."""
    if b == 0:
        refuse("division_by_zero", "a division by zero")
    return a % b


def power(a: int, b: int) -> int:
    """Return `a ** b` for an exponent that is not negative."""
    if b < 0:
        refuse("overflow", "an exponent is negative")
    if -1 <= a <= 1:
        return 1 if b == 0 or a == 1 else a if a == 0 or b % 2 else 1
    if (abs(a).bit_length() - 1) * b > _BITS:
        _overflow()
    return wide(a**b)


def shift_left(a: int, b: int) -> int:
    """Return `a << b`."""
    if not 0 <= b <= _BITS:
        refuse("overflow", "a shift is negative or too far")
    return wide(a << b)


def shift_right(a: int, b: int) -> int:
    """Return `a >> b`."""
    if b < 0:
        refuse("overflow", "a shift is negative")
    return a >> min(b, 2 * _BITS)
