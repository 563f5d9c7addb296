"""Keys and policies as operators type them."""

from collections.abc import Iterable, Iterator

from dure.chain.transaction import KeyPolicy, Policy, ThresholdPolicy
from dure.core.errors import ConfigurationError
from dure.core.types import PublicKey


def parse_policy(text: str) -> Policy:
    """Return the policy written as KEY or N:KEY,KEY,…; raise `ConfigurationError`."""
    threshold, mark, keys = text.partition(":")
    if not mark:
        return KeyPolicy(parse_key(text))
    if not threshold.isascii() or not threshold.isdigit():
        message = f"a policy is written as KEY or as N:KEY,KEY,… and not {text!r}"
        raise ConfigurationError(message)
    return ThresholdPolicy(int(threshold), tuple(sorted(map(parse_key, keys.split(",")))))


def parse_key(text: str) -> PublicKey:
    """Return a public key of 64 hexadecimal digits; raise `ConfigurationError`."""
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise ConfigurationError(f"a public key has 64 hexadecimal digits, not {text!r}")
    return PublicKey(key)


def split_all(given: Iterable[str] | None) -> Iterator[tuple[str, str]]:
    """Yield name and value of each NAME=VALUE; raise `ConfigurationError`."""
    for text in given or ():
        name, mark, value = text.partition("=")
        if not mark or not name:
            raise ConfigurationError(f"it is written as ORGANISATION=KEY, not {text!r}")
        yield name, value
