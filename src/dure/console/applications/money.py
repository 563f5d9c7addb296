"""Money as people read it: whole minor units in, decimal text out, and never a float between.

`static/pieces/money.js` writes the same text.
"""

import re
from typing import Final

GROUP: Final = "\u202f"
"""A narrow space that does not break: it separates thousands in every language."""
MINUS: Final = "\u2212"
UNITS: Final = re.compile(r"-?[0-9]{1,80}", re.ASCII)


def show_money(units: object, decimals: int = 0, *, signed: bool = False) -> str:
    """Return an amount of minor units, an integer or its digits; anything else as it is.

    `signed` puts a plus before what is above zero, as in a list of movements.
    """
    text = str(units)
    if isinstance(units, bool) or not UNITS.fullmatch(text) or not 0 <= decimals <= 18:
        return text
    digits = text.removeprefix("-").lstrip("0").rjust(decimals + 1, "0")
    whole, rest = digits[: len(digits) - decimals], digits[len(digits) - decimals :]
    grouped = f"{int(whole):,}".replace(",", GROUP)
    is_zero = not digits.strip("0")
    sign = "" if is_zero else MINUS if text.startswith("-") else "+" if signed else ""
    return f"{sign}{grouped}.{rest}" if rest else f"{sign}{grouped}"
