"""Who asks, and whether they may: decided on every request, and on every WebSocket all the while.

A caller shows, in this order, one of
1. `Authorization: Bearer TOKEN` (RFC 6750 section 2.1), once;
2. a client certificate, where the listener takes them;
3. the cookie of the console's sign-in page, which holds a token.

Rules
-----
1. What is shown must be good. A token that is unknown, revoked or expired is refused even where
   nobody needs one: a program that believes itself known should learn that it is not.
2. The cookie is sent by the browser whoever made the page ask. It counts only where the browser
   says that this node's own page asks: `Sec-Fetch-Site` is `same-origin` or `none`, and whatever is
   no plain reading (another method, a WebSocket) carries the node's own `Origin`, which the gate in
   front has compared already.
3. What may be asked is counted for each address before anything is looked at, and for each caller.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.requests import HTTPConnection

from dure.api.access.known import Caller, KnownCallers
from dure.api.access.roles import Act, is_permitted
from dure.api.http.allowance import Allowance
from dure.core.errors import CallerUnknown, RoleMissing

COOKIE: Final = "dure_token"
COOKIE_BYTES_MAX: Final = 4_096
CERTIFICATE_SCOPE: Final = "dure.certificate"
"""Where the listener leaves a client's certificate in the scope, as DER bytes."""

READING_METHODS: Final = frozenset({"GET", "HEAD"})

CountRefusal = Callable[[str], None]


@dataclass(slots=True)
class Access:
    """The rule of one public listener."""

    is_reading_open: Callable[[], bool]
    """The chain's own parameter, at its head."""
    callers: KnownCallers
    addresses: Allowance
    """Requests of each client address."""

    def authorize(self, connection: HTTPConnection, act: Act) -> Caller | None:
        """Return who asks, None for somebody unknown who may do it all the same.

        Raise `TooManyRequests`, `CallerUnknown` where knowing the caller would help, `RoleMissing`.
        """
        self.addresses.take(get_client(connection))
        caller = self.identify(connection)
        if caller is not None:
            self.callers.charge(caller, 1)
        self._validate(caller, act)
        return caller

    def recheck(self, connection: HTTPConnection, act: Act) -> None:
        """Raise as `authorize` does where who opened a connection may not do that any more.

        Counts nothing.
        """
        self._validate(self.identify(connection), act)

    def charge(self, connection: HTTPConnection, count: int) -> None:
        """Count what a request carries beside itself; raise `TooManyRequests`."""
        caller = self.identify(connection)
        if caller is not None:
            self.callers.charge(caller, count)

    def identify(self, connection: HTTPConnection) -> Caller | None:
        """Return who asks, None where nothing was shown; raise `CallerUnknown`."""
        token = _read_header(connection)
        certificate = connection.scope.get(CERTIFICATE_SCOPE)
        if token is None and certificate is not None:
            caller = self.callers.find_by_certificate(certificate)
            if caller is None:
                raise CallerUnknown("the certificate is nobody's here")
            return caller
        if token is None:
            token = _read_cookie(connection)
        return None if token is None else self.identify_token(token)

    def identify_token(self, token: str) -> Caller:
        """Return whose token this is; raise `CallerUnknown`."""
        caller = self.callers.find_by_token(token)
        if caller is None:
            message = "the token is not known here: it was never given out, is revoked, or expired"
            raise CallerUnknown(message)
        return caller

    def _validate(self, caller: Caller | None, act: Act) -> None:
        role = None if caller is None else caller.role
        if is_permitted(act, role, open_reading=self.is_reading_open()):
            return
        if caller is None:
            message = f"to {act.value}, show this node a token that its operator gave you"
            raise CallerUnknown(message, act=act.value)
        message = f"a caller with the role {caller.role.value} may not {act.value} here"
        raise RoleMissing(message, act=act.value, role=caller.role.value)


def get_client(connection: HTTPConnection) -> str:
    """Return the client's address; all clients of a Unix socket are one."""
    return connection.client.host if connection.client else "local"


def _read_header(connection: HTTPConnection) -> str | None:
    """Return the bearer token; raise `CallerUnknown` for any other way to say who one is."""
    given = connection.headers.getlist("authorization")
    if not given:
        return None
    scheme, _, token = given[0].partition(" ")
    if len(given) > 1 or scheme.lower() != "bearer":
        raise CallerUnknown("show one token, as `Authorization: Bearer TOKEN`")
    return token


def _read_cookie(connection: HTTPConnection) -> str | None:
    """Return the token of the sign-in page, None where there is none or it does not count."""
    if not _is_own_page(connection):
        return None
    lines = connection.headers.getlist("cookie")
    if sum(map(len, lines)) > COOKIE_BYTES_MAX:
        return None
    pairs = [part.strip().partition("=") for line in lines for part in line.split(";")]
    tokens = [value for name, _, value in pairs if name == COOKIE]
    # Two of one name come from somewhere else than the sign-in page.
    return tokens[0] if len(tokens) == 1 and tokens[0] else None


def _is_own_page(connection: HTTPConnection) -> bool:
    sites = connection.headers.getlist("sec-fetch-site")
    if any(site not in {"same-origin", "none"} for site in sites):
        return False
    method = connection.scope.get("method", "")
    return method in READING_METHODS or "origin" in connection.headers
