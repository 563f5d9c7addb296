"""Bearer tokens: 256 random bits that are shown once and kept by nobody but their holder.

```
dure_3f9c2a10b47d55e1_kQ0pX…43 letters of base64url…
     caller's id      secret
```
The id is public: it names the caller in the node's file and in the log. Of the token the file holds
SHA-256 alone. With 256 random bits nothing is gained by a slow hash: nobody can try them all.
"""

import re
import secrets
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Final

from dure.core import hashing

ID_BYTES: Final = 8
SECRET_BYTES: Final = 32
TOKEN_LENGTH: Final = 5 + 2 * ID_BYTES + 1 + 43
"""Characters of every token."""

_FORM: Final = re.compile(r"dure_([0-9a-f]{16})_[0-9A-Za-z_-]{43}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Token:
    """A token at the one moment at which it exists as text."""

    caller_id: str
    text: str = field(repr=False)

    @property
    def digest(self) -> str:
        """What the node keeps, in hexadecimal."""
        return compute_digest(self.text)


def generate_token() -> Token:
    """Return a new token."""
    caller_id = secrets.token_hex(ID_BYTES)
    return Token(caller_id, f"dure_{caller_id}_{secrets.token_urlsafe(SECRET_BYTES)}")


def read_caller_id(text: str) -> str | None:
    """Return whose token this claims to be; None where it has not the form of a token.

    Only text of exactly a token's length is looked at, however much was sent.
    """
    if len(text) != TOKEN_LENGTH:
        return None
    found = _FORM.fullmatch(text)
    return None if found is None else found.group(1)


def compute_digest(text: str) -> str:
    """Return what is kept of a token, in hexadecimal."""
    return hashing.compute_hash(hashing.TOKEN, text.encode()).hex()


def is_digest_of(digest: str, text: str) -> bool:
    """Say whether a token is the one of this digest; how long it takes tells nothing of either."""
    return compare_digest(digest, compute_digest(text))
