"""Reading certificates and requests that somebody else made: whatever is wrong becomes a refusal.

A member puts any bytes on the chain as its authority, and a caller shows any certificate. What the
library raises for such bytes is not one family of errors: `ValueError` for broken DER, but also
`x509.InvalidVersion`, `UnsupportedAlgorithm` for a key that it does not know, `OverflowError` and
`ValueError` for dates that are no dates, some of them only when a field is looked at. A node that
lets one of them through stops, and all others with it, as all see the same chain.

So every reading of foreign bytes by `cryptography` stands inside of `refusing`, whole: loading,
fields, extensions, names, dates and signatures.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from dure.core.errors import DureError


@contextmanager
def refusing(refusal: type[DureError], message: str) -> Iterator[None]:
    """Raise `refusal` with this message for whatever the library raises; our own errors stay."""
    try:
        yield
    except DureError:
        raise
    except Exception as problem:  # the library promises nothing narrower
        raise refusal(message) from problem
