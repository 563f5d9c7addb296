"""By what a node knows who asks: a token of its operator's, or a client certificate.

A token is worth whatever its caller may do to whoever holds it, so it goes over TLS, or nowhere
beyond this machine. It stands in no message and no `repr`.
"""

import os
import re
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from dure.core.errors import ConfigurationError

TOKEN_VARIABLE: Final = "DURE_TOKEN"  # noqa: S105 - a variable's name
THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})

_FORM: Final = re.compile(r"[!-~]{1,256}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client shows."""

    token: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = None
    """Whom to trust, and the client's own certificate where it has one; None for the usual."""

    def build_headers(self, urls: Iterable[str]) -> dict[str, str]:
        """Return the headers for every request to these addresses.

        Raise `ConfigurationError` where a token would leave this machine in clear.
        """
        if self.token is None:
            return {}
        for url in urls:
            parts = urlsplit(url)
            if parts.scheme not in {"https", "wss"} and parts.hostname not in THIS_MACHINE:
                message = f"a token would go to {url} in clear: use https"
                raise ConfigurationError(message, url=url)
        return {"authorization": f"Bearer {self.token}"}

    def build_socket_options(self, url: str) -> dict[str, Any]:
        """Return what opening a WebSocket at this address needs; raise `ConfigurationError`."""
        options: dict[str, Any] = {"additional_headers": self.build_headers([url])}
        if self.tls is not None:
            options["ssl"] = self.tls
        return options


def find_credentials(
    given: str | Credentials | None = None, environment: Mapping[str, str] | None = None
) -> Credentials:
    """Return what to show: what was given, or the token in the variable `DURE_TOKEN`.

    Raise `ConfigurationError` where it cannot be a token.
    """
    if isinstance(given, Credentials):
        return given
    variables = os.environ if environment is None else environment
    token = variables.get(TOKEN_VARIABLE) or None if given is None else given
    if token is not None and not _FORM.fullmatch(token):
        raise ConfigurationError("that is no token: it has other characters, or too many")
    return Credentials(token)
