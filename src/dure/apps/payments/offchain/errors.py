"""The error of everything that is read here and was written by others."""

from typing import Final

from dure.core.errors import InvalidEncoding

MESSAGE_BYTES_MAX: Final = 4 * 1024 * 1024


class UnreadableMessage(InvalidEncoding):
    """A message, code or number breaks the rules of its own standard; the text says which."""
