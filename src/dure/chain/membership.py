"""The members' registry: what the state says of organisations, their certificates, roles, devices.

Rules
-----
1. An organisation is admitted while a state key `o` names its account. All that is said here of one
   that is not admitted counts for nothing.
2. The ledger keeps an authority's certificate as bytes and never opens it: libraries differ in what
   they read of X.509, and nodes that differ in a rule would split. Who may connect is each node's
   own affair, and says nothing about what blocks are valid.
3. A role of the chain counts at every contract that asks for it by name. The members give it to an
   organisation's account; the organisation passes it on to accounts that it has enrolled, and to no
   others. What was passed on counts only as long as the organisation has the role itself, so taking
   it away, or expelling the organisation, ends all of it at once.
4. A certificate that was revoked is named by its serial number, and stays revoked for ever.
5. The name of an organisation that left stays its account's: the accounts that it enrolled say that
   name, and would otherwise become another's.

| prefix | key after it | value |
|---|---|---|
| `d` | address of a device's account | `Device` |
| `i` | organisation | `Membership` |
| `k` | holder, role | empty where the members gave it; else the account of the organisation |
| `n` | organisation that left | the account that it had: the address itself |
| `x` | account of the organisation, serial number | `Revocation` |
"""

from typing import Annotated, Final

from msgspec import Meta

from dure.chain import state
from dure.core.codec import Wire
from dure.core.types import Address, Height, PublicKey
from dure.core.validators import Name

AUTHORITY_BYTES_MAX: Final = 1024
"""A certificate with an Ed25519 key has about 400 bytes; every proof carries those of genesis."""
AUTHORITIES_MAX: Final = 4
"""The one in use, its successor, and room for those of two departments."""
ROLES_MAX: Final = 64
SERIAL_BYTES_MAX: Final = 20
"""RFC 5280, section 4.1.2.2."""

AuthorityCertificate = Annotated[bytes, Meta(min_length=1, max_length=AUTHORITY_BYTES_MAX)]
"""DER of a certificate, which nodes read and the ledger does not."""
Serial = Annotated[bytes, Meta(min_length=1, max_length=SERIAL_BYTES_MAX)]
"""Serial number of a certificate: big-endian, without leading zeros."""
Reason = Annotated[str, Meta(min_length=1, max_length=256)]
_Word = Annotated[str, Meta(min_length=1, max_length=64)]

_GIVEN_BY_MEMBERS: Final = b""


class Attribute(Wire, frozen=True):
    """What the members say of an organisation, such as `country` and `KR`."""

    name: _Word
    value: Annotated[str, Meta(max_length=256)]


class Membership(Wire, frozen=True):
    """An organisation beyond its account."""

    authorities: Annotated[tuple[AuthorityCertificate, ...], Meta(max_length=AUTHORITIES_MAX)]
    """Certificates of those that certify its nodes, in the organisation's order."""
    attributes: Annotated[tuple[Attribute, ...], Meta(max_length=32)]
    """Sorted by name, without repeats."""
    roles: Annotated[tuple[_Word, ...], Meta(max_length=ROLES_MAX)]
    """The roles of the chain that the members gave it, sorted."""


class Device(Wire, frozen=True):
    """A machine of an organisation, which signs with a key of its own."""

    organisation: Name
    name: _Word
    kind: _Word
    """What it is, in the organisation's words: `thermometer`, `crane`, `charger` …"""
    key: PublicKey
    since: Height


class Revocation(Wire, frozen=True):
    """That a certificate counts no more."""

    height: Height
    reason: Reason


NO_MEMBERSHIP: Final = Membership((), (), ())


def key_device(address: Address) -> bytes:
    return b"d" + address


def key_membership(organisation: str) -> bytes:
    return b"i" + organisation.encode()


def key_chain_role(holder: Address, role: str) -> bytes:
    return b"k" + holder + role.encode(errors="surrogatepass")


def key_former(organisation: str) -> bytes:
    return b"n" + organisation.encode()


def key_revocation(account: Address, serial: bytes) -> bytes:
    return b"x" + account + serial


def get_membership(view: state.View, organisation: str) -> Membership:
    """Return what is said of an organisation; nothing where it is not admitted."""
    if view.get(state.key_organisation(organisation)) is None:
        return NO_MEMBERSHIP
    return view.load(Membership, key_membership(organisation)) or NO_MEMBERSHIP


def find_own_account(view: state.View, holder: Address) -> Address | None:
    """Return the account of the admitted organisation that enrolled `holder`; None without one."""
    account = view.load(state.Account, state.key_account(holder))
    if account is None or account.organisation is None:
        return None
    found = view.get(state.key_organisation(account.organisation))
    return None if found is None else Address(found)


def is_own_account(view: state.View, account: Address) -> bool:
    """Say whether the account is that of an admitted organisation itself."""
    names = state.list_organisations(view)
    return any(view.get(state.key_organisation(name)) == account for name in names)


def has_chain_role(view: state.View, holder: Address, role: str) -> bool:
    """Say whether a role of the chain is `holder`'s, by rule 3."""
    giver = view.get(key_chain_role(holder, role))
    if giver is None:
        return False
    own = find_own_account(view, holder)
    if giver == _GIVEN_BY_MEMBERS:
        return own == holder
    return own == giver and view.get(key_chain_role(Address(giver), role)) == _GIVEN_BY_MEMBERS


def is_revoked(view: state.View, organisation: str, serial: bytes) -> bool:
    """Say whether a certificate of an admitted organisation was revoked."""
    account = view.get(state.key_organisation(organisation))
    return account is None or view.get(key_revocation(Address(account), serial)) is not None


def forget_organisation(view: state.View, organisation: Name) -> None:
    """Drop an admitted organisation that leaves, and what is said of it and by it.

    Its place in lists of names is the caller's to take away. Revoked certificates stay revoked.
    """
    account = view.get(state.key_organisation(organisation))
    assert account is not None, "only an admitted organisation leaves"
    for role in get_membership(view, organisation).roles:
        view.put(key_chain_role(Address(account), role), None)
    view.put(key_membership(organisation), None)
    view.put(state.key_organisation(organisation), None)
    view.put(key_former(organisation), account)
    support = view.load(tuple[state.Support, ...], state.SUPPORT) or ()
    left = tuple(each for each in support if each.organisation != organisation)
    if left != support:
        view.save(state.SUPPORT, left)
