"""Members' certificates on the public listener: real handshakes, and the chain's word on them."""

import asyncio
import datetime as dt
import ssl
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from dure.api.access.certificates import MemberCertificates, build_listener_context
from dure.api.access.known import KnownCallers
from dure.api.access.roles import Role
from dure.api.app import build_access
from dure.api.http.errors import TooManyRequests
from dure.chain import membership, state
from dure.core.codec import encode
from dure.core.errors import ConfigurationError
from dure.core.types import Address, Height
from dure.identity.authorities.profile import (
    Authority,
    Kind,
    Subject,
    build_authority_certificate,
    build_member_certificate,
    read_authority,
    read_certificate,
)
from dure.identity.certificates import encode_certificate, save_tls_files
from dure.identity.keys import SigningKey
from tests.unit.api.access.callers import Gate
from tests.unit.identity.authorities.spoiled import build_spoiled

NOW = dt.datetime.now(dt.UTC)
BANK_KEY, PORT_KEY, SERVICE_KEY = (SigningKey(bytes([n]) * 32) for n in (1, 2, 3))
BANK = read_authority(build_authority_certificate(BANK_KEY, "bank", NOW))
PORT = read_authority(build_authority_certificate(PORT_KEY, "port", NOW))
SPOILED = build_spoiled("bank")


@dataclass
class Chain:
    """A state of two organisations, and a clock."""

    items: dict[bytes, bytes] = field(default_factory=dict)
    now: dt.datetime = NOW

    def __post_init__(self) -> None:
        self.admit("bank", BANK.der)
        self.admit("port", PORT.der)
        self.members = self.build_members()

    def build_members(self) -> MemberCertificates:
        return MemberCertificates(
            get_view=lambda: state.View(self.items),
            get_own=lambda: "bank",
            wall_ms=lambda: int(self.now.timestamp() * 1000),
        )

    @property
    def names(self) -> tuple[str, ...]:
        known = self.items.get(state.ORGANISATIONS)
        return () if known is None else state.list_organisations(state.View(self.items))

    def admit(self, organisation: str, *authorities: bytes) -> None:
        self.items[state.key_organisation(organisation)] = account_of(organisation)
        self.items[state.ORGANISATIONS] = encode(tuple(sorted({*self.names, organisation})))
        member = membership.Membership(authorities, (), ())
        self.items[membership.key_membership(organisation)] = encode(member)


def account_of(organisation: str) -> Address:
    return Address(organisation.encode().ljust(32, b"."))


def issue(
    kind: Kind, signer: SigningKey = BANK_KEY, authority: Authority = BANK, now: dt.datetime = NOW
) -> bytes:
    subject = Subject(authority.organisation, kind, "reporting")
    return build_member_certificate(signer, authority, subject, SERVICE_KEY.public, now=now)


def get_role(chain: Chain, der: bytes) -> Role | None:
    caller = chain.members.read(der)
    return None if caller is None else caller.role


def test_the_kind_decides_the_role_at_home_and_others_read() -> None:
    chain = Chain()
    assert {kind: get_role(chain, issue(kind)) for kind in Kind} == {
        Kind.NODE: Role.READER,
        Kind.SERVICE: Role.SUBMITTER,
        Kind.DEVICE: Role.SUBMITTER,
        Kind.ADMINISTRATOR: Role.OPERATOR,
    }
    assert {get_role(chain, issue(kind, PORT_KEY, PORT)) for kind in Kind} == {Role.READER}


def test_a_certificate_is_nobodys_once_the_chain_says_so() -> None:
    der = issue(Kind.SERVICE)
    revoked, expelled, renewed, later = Chain(), Chain(), Chain(), Chain()
    serial = read_certificate(der).serial
    key = membership.key_revocation(account_of("bank"), serial)
    revoked.items[key] = encode(membership.Revocation(Height(1), "stolen"))
    del expelled.items[state.key_organisation("bank")]
    renewed.admit("bank", build_authority_certificate(SigningKey(b"9" * 32), "bank", NOW))
    later.now = NOW + dt.timedelta(days=31)
    assert get_role(Chain(), der) is Role.SUBMITTER
    for chain in (revoked, expelled, renewed, later):
        assert get_role(chain, der) is None


def test_an_authority_certifies_for_its_own_organisation_only() -> None:
    liar = read_authority(build_authority_certificate(PORT_KEY, "bank", NOW))
    assert get_role(Chain(), issue(Kind.ADMINISTRATOR, PORT_KEY, liar)) is None
    assert get_role(Chain(), b"no certificate") is None


def write_client(folder: Path, der: bytes) -> ssl.SSLContext:
    """Return the context of a client with a certificate, or without one where `der` is empty."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if der:
        private = Ed25519PrivateKey.from_private_bytes(SERVICE_KEY.export_seed())
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        (folder / "client.pem").write_text(pem + encode_certificate(der))
        context.load_cert_chain(folder / "client.pem")
    return context


def ask(gate: Gate, chain: Chain, folder: Path, der: bytes, path: str = "/v1/status") -> int:
    """Ask a listener with TLS, with a client certificate; return the status, 0 for no answer."""
    key, certificate = folder / "tls.key", folder / "tls.pem"
    if not key.exists():
        save_tls_files(key, certificate, SigningKey(b"t" * 32), "bank")
    desk = gate.desk
    known = KnownCallers(lambda: 0, lambda: 0.0, chain.members.read)
    desk.access = build_access(desk.chain, desk.settings, known)
    desk.tls = build_listener_context(certificate, key, chain.members)

    async def main() -> int:
        async with (
            desk.listen() as host,
            asyncio.timeout(60),
            httpx.AsyncClient(verify=write_client(folder, der)) as client,
        ):
            try:
                return (await client.get(f"https://{host}{path}")).status_code
            except httpx.TransportError:
                return 0

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("kind", "path", "status"),
    [
        (Kind.SERVICE, "/v1/status", 200),
        (Kind.SERVICE, "/v1/audit", 403),
        (Kind.ADMINISTRATOR, "/v1/audit", 200),
    ],
)
def test_a_member_is_known_by_its_certificate(
    closed: Gate, tmp_path: Path, kind: Kind, path: str, status: int
) -> None:
    assert ask(closed, Chain(), tmp_path, issue(kind), path) == status


def test_nobody_is_known_without_one(closed: Gate, tmp_path: Path) -> None:
    assert ask(closed, Chain(), tmp_path, b"") == 401


def test_a_strangers_certificate_does_not_pass_the_handshake(closed: Gate, tmp_path: Path) -> None:
    stranger = read_authority(build_authority_certificate(SigningKey(b"8" * 32), "bank", NOW))
    assert ask(closed, Chain(), tmp_path, issue(Kind.SERVICE, SigningKey(b"8" * 32), stranger)) == 0


def list_trusted(chain: Chain) -> list[bytes]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    chain.members.trust_authorities(context)
    return context.get_ca_certs(binary_form=True)


def test_only_its_own_authorities_are_trusted_for_an_organisation() -> None:
    chain = Chain()
    chain.admit("bank", PORT.der)
    assert list_trusted(chain) == [PORT.der]
    chain.admit("port")
    chain.members = chain.build_members()
    assert list_trusted(chain) == []
    # What one organisation named in vain, another may name with reason.
    chain.admit("port", PORT.der)
    assert list_trusted(chain) == [PORT.der]


@pytest.mark.parametrize("flaw", SPOILED)
def test_an_authority_that_nobody_can_read_keeps_no_other_out(flaw: str) -> None:
    chain = Chain()
    chain.admit("bank", SPOILED[flaw], BANK.der)
    assert set(list_trusted(chain)) == {BANK.der, PORT.der}
    assert get_role(chain, issue(Kind.SERVICE)) is Role.SUBMITTER
    assert chain.members.read(SPOILED[flaw]) is None


def test_an_organisation_that_is_admitted_later_counts_at_the_next_handshake() -> None:
    chain = Chain()
    assert set(list_trusted(chain)) == {BANK.der, PORT.der}
    city = build_authority_certificate(SERVICE_KEY, "city", NOW)
    chain.admit("city", city)
    assert list_trusted(chain) == [city]


def test_a_revoked_certificate_passes_the_handshake_and_is_nobodys(
    closed: Gate, tmp_path: Path
) -> None:
    chain, der = Chain(), issue(Kind.SERVICE)
    key = membership.key_revocation(account_of("bank"), read_certificate(der).serial)
    chain.items[key] = encode(membership.Revocation(Height(1), "stolen"))
    assert ask(closed, chain, tmp_path, der) == 401


def test_an_authority_admitted_later_counts_at_the_next_handshake(
    closed: Gate, tmp_path: Path
) -> None:
    chain, der = Chain(), issue(Kind.SERVICE)
    authorities = membership.get_membership(state.View(chain.items), "bank").authorities
    chain.admit("bank")
    assert ask(closed, chain, tmp_path, der) == 0
    chain.admit("bank", *authorities)
    assert ask(closed, chain, tmp_path, der) == 200


def test_a_key_that_others_can_read_is_the_operators_to_mend(tmp_path: Path) -> None:
    key, certificate = tmp_path / "tls.key", tmp_path / "tls.pem"
    save_tls_files(key, certificate, SigningKey(b"t" * 32), "bank")
    key.chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        build_listener_context(certificate, key, None)
    key.chmod(0o600)
    certificate.write_text("nothing")
    with pytest.raises(ConfigurationError, match="not a pair"):
        build_listener_context(certificate, key, None)


def test_each_certificate_of_an_organisation_has_a_rate_of_its_own() -> None:
    chain = Chain()
    known = KnownCallers(lambda: 0, lambda: 0.0, chain.members.read)
    first, second = (known.find_by_certificate(issue(Kind.SERVICE)) for _ in range(2))
    assert first is not None
    assert second is not None
    known.charge(first, int(first.rate.burst))
    with pytest.raises(TooManyRequests):
        known.charge(first, 1)
    known.charge(second, int(second.rate.burst))
