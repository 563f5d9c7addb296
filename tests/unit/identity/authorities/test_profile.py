"""What an authority's certificates say, and who is refused with one."""

import datetime as dt
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from dure.core.errors import ConfigurationError
from dure.core.types import PublicKey
from dure.identity.authorities.profile import (
    AUTHORITY_LIFETIME,
    CLOCK_TOLERANCE,
    LIFETIMES,
    Authority,
    CertificateRefused,
    Kind,
    Subject,
    build_authority_certificate,
    build_member_certificate,
    find_date_flaw,
    read_authority,
    read_certificate,
    validate_certificate,
)
from dure.identity.certificates import (
    build_client_context,
    build_server_context,
    encode_certificate,
    get_certificate_key,
    save_tls_files,
)
from dure.identity.keys import SigningKey
from tests.unit.identity.authorities.spoiled import KEY as SPOILED_KEY
from tests.unit.identity.authorities.spoiled import LATE, build_spoiled
from tests.unit.identity.test_certificates import shake_hands

NOW = dt.datetime(2026, 5, 4, 12, 0, tzinfo=dt.UTC)
BANK_KEY, PORT_KEY, NODE_KEY, OTHER_KEY = (SigningKey(bytes([n]) * 32) for n in range(1, 5))
BANK = read_authority(build_authority_certificate(BANK_KEY, "bank", NOW))
PORT = read_authority(build_authority_certificate(PORT_KEY, "port", NOW))
SPOILED = build_spoiled("bank")
SOUND = build_authority_certificate(SPOILED_KEY, "bank", LATE)
SOUND_HOLDER = build_member_certificate(
    SPOILED_KEY,
    read_authority(SOUND),
    Subject("bank", Kind.NODE, "bank-1"),
    NODE_KEY.public,
    now=LATE,
)


def issue(
    kind: Kind = Kind.NODE,
    *,
    signer: SigningKey = BANK_KEY,
    authority: Authority = BANK,
    key: PublicKey = NODE_KEY.public,
    now: dt.datetime = NOW,
) -> bytes:
    subject = Subject(authority.organisation, kind, "bank-1")
    return build_member_certificate(signer, authority, subject, key, now=now)


def test_an_authority_signs_certificates_and_nothing_else() -> None:
    found = x509.load_der_x509_certificate(BANK.der)
    assert found.version is x509.Version.v3
    basic = found.extensions.get_extension_for_class(x509.BasicConstraints)
    assert basic.critical
    assert (basic.value.ca, basic.value.path_length) == (True, 0)
    usage = found.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.key_cert_sign
    assert not usage.value.digital_signature
    names = found.extensions.get_extension_for_class(x509.NameConstraints)
    assert names.critical
    below = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "bank")])
    assert names.value.permitted_subtrees == [x509.DirectoryName(below)]
    assert BANK.not_after == NOW + AUTHORITY_LIFETIME
    assert 8 <= (found.serial_number.bit_length() + 7) // 8 <= 20


@pytest.mark.parametrize("kind", Kind)
def test_a_certificate_says_whose_it_is_and_what_it_is_for(kind: Kind) -> None:
    der = issue(kind)
    certificate = read_certificate(der)
    assert certificate.subject == Subject("bank", kind, "bank-1")
    assert certificate.key == NODE_KEY.public
    assert certificate.not_before == NOW - CLOCK_TOLERANCE
    assert certificate.not_after == NOW + LIFETIMES[kind]
    assert len(certificate.serial) == 16
    found = x509.load_der_x509_certificate(der)
    uses = set(found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    assert ExtendedKeyUsageOID.CLIENT_AUTH in uses
    assert (ExtendedKeyUsageOID.SERVER_AUTH in uses) == (kind in {Kind.NODE, Kind.SERVICE})
    validate_certificate(certificate, [PORT.der, BANK.der], organisation="bank")


def test_no_two_certificates_have_the_same_number() -> None:
    assert len({read_certificate(issue()).serial for _ in range(100)}) == 100


def test_a_certificate_of_another_authority_or_organisation_is_refused() -> None:
    certificate = read_certificate(issue())
    for authorities, organisation in (([PORT.der], "bank"), ([BANK.der], "port"), ([], "bank")):
        with pytest.raises(CertificateRefused):
            validate_certificate(certificate, authorities, organisation=organisation)
    # The names are right and the signature is somebody else's.
    forged = read_certificate(issue(signer=OTHER_KEY))
    with pytest.raises(CertificateRefused, match="no authority that the chain names"):
        validate_certificate(forged, [BANK.der], organisation="bank")
    for junk in (b"", b"junk", BANK.der[:-1], issue()):
        with pytest.raises(CertificateRefused):
            validate_certificate(certificate, [junk], organisation="bank")


def test_an_authority_of_one_organisation_cannot_speak_for_another() -> None:
    with pytest.raises(ConfigurationError, match="certifies for bank alone"):
        build_member_certificate(
            BANK_KEY, BANK, Subject("port", Kind.NODE, "port-1"), NODE_KEY.public, now=NOW
        )
    # Made by hand with the bank's key, and even named by the chain as an authority of the port.
    private = Ed25519PrivateKey.from_private_bytes(BANK_KEY.export_seed())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "port"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "node"),
            x509.NameAttribute(NameOID.COMMON_NAME, "port-1"),
        ]
    )
    forged = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(x509.load_der_x509_certificate(BANK.der).subject)
        .public_key(private.public_key())
        .serial_number(7)
        .not_valid_before(NOW)
        .not_valid_after(NOW + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(private, algorithm=None)
        .public_bytes(Encoding.DER)
    )
    with pytest.raises(CertificateRefused):
        validate_certificate(read_certificate(forged), [BANK.der], organisation="port")


def test_an_authority_certifies_no_authority() -> None:
    with pytest.raises(CertificateRefused, match="organisation, kind and name"):
        read_certificate(BANK.der)
    with pytest.raises(CertificateRefused, match="no authority's"):
        read_authority(issue())


def test_dates_count_with_the_tolerance_of_clocks() -> None:
    certificate = read_certificate(issue())
    moment, end = dt.timedelta(seconds=1), certificate.not_after
    assert find_date_flaw(certificate, NOW) is None
    assert find_date_flaw(certificate, end + CLOCK_TOLERANCE) is None
    ended = find_date_flaw(certificate, end + CLOCK_TOLERANCE + moment)
    assert ended == "the certificate has ended on 2026-06-03 12:00 UTC"
    begins = certificate.not_before - CLOCK_TOLERANCE
    assert find_date_flaw(certificate, begins) is None
    assert find_date_flaw(certificate, begins - moment) is not None
    assert find_date_flaw(certificate, end + dt.timedelta(days=1), dt.timedelta(days=2)) is None


def test_dates_may_be_the_first_and_the_last_that_there_are() -> None:
    first = dt.datetime(1, 1, 1, tzinfo=dt.UTC)
    last = dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.UTC)
    eternal = replace(read_certificate(issue()), not_before=first, not_after=last)
    assert find_date_flaw(eternal, NOW, dt.timedelta(days=7)) is None
    later = replace(eternal, not_before=last)
    assert "counts from 9999" in str(find_date_flaw(later, NOW))


@pytest.mark.parametrize("flaw", SPOILED)
def test_whatever_is_wrong_with_a_certificate_it_is_refused(flaw: str) -> None:
    der = SPOILED[flaw]
    for read in (read_certificate, read_authority):
        with pytest.raises(CertificateRefused):
            read(der)
    with pytest.raises(CertificateRefused, match="no authority that the chain names"):
        validate_certificate(read_certificate(issue()), [der], organisation="bank")


@pytest.mark.parametrize("good", [SOUND, SOUND_HOLDER], ids=["authority", "holder"])
def test_no_byte_makes_a_reader_raise_anything_else(good: bytes) -> None:
    for place, value in product(range(len(good)), (0, 1, 2, 9, 0x80, 0xFF)):
        read_all(change(good, [(place, value)], is_signed=True))


@given(
    st.sampled_from([SOUND, SOUND_HOLDER]),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=4),
    st.booleans(),
)
def test_no_bytes_make_a_reader_raise_anything_else(
    good: bytes, changes: list[tuple[int, int]], is_signed: bool
) -> None:
    read_all(change(good, changes, is_signed=is_signed))


def change(good: bytes, changes: Sequence[tuple[int, int]], *, is_signed: bool) -> bytes:
    """Return the certificate with other bytes in some places, signed again or not."""
    changed = bytearray(good)
    for place, value in changes:
        changed[place % len(good)] = value
    body = x509.load_der_x509_certificate(good).tbs_certificate_bytes
    start = good.index(body)
    if is_signed:
        changed[-64:] = SPOILED_KEY.sign(bytes(changed[start : start + len(body)]))
    return bytes(changed)


def read_all(der: bytes) -> None:
    """Read bytes in every way that there is; whatever is no refusal fails the test."""
    with suppress(CertificateRefused):
        read_authority(der)
    with suppress(CertificateRefused):
        validate_certificate(read_certificate(der), [SOUND], organisation="bank")
    with suppress(ConfigurationError):
        get_certificate_key(der)


def test_no_certificate_counts_longer_than_its_authority() -> None:
    late = BANK.not_after - dt.timedelta(days=1)
    assert read_certificate(issue(now=late)).not_after == BANK.not_after
    with pytest.raises(ConfigurationError, match="has ended"):
        issue(now=BANK.not_after)


@pytest.mark.parametrize("name", ["", "x" * 65, "two\nlines"])
def test_names_that_no_certificate_can_hold_are_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="characters"):
        build_authority_certificate(BANK_KEY, name, NOW)


def contexts(folder: Path, der: bytes) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return a client with the certificate, and a server that trusts the bank and one pinned."""
    pinned = save_tls_files(folder / "p.key", folder / "p.crt", OTHER_KEY, "port-1")
    save_tls_files(folder / "n.key", folder / "self.crt", NODE_KEY, "bank-1")
    (folder / "n.crt").write_text(encode_certificate(der))
    client = build_client_context(folder / "n.crt", folder / "n.key", [pinned])
    server = build_server_context(folder / "p.crt", folder / "p.key", [], [BANK.der])
    return client, server


def test_tls_takes_what_an_authority_certified_and_leaves_dates_to_us(tmp_path: Path) -> None:
    for number, now in enumerate((NOW, NOW - 20 * LIFETIMES[Kind.NODE])):
        folder = tmp_path / str(number)
        folder.mkdir()
        der = issue(now=now)
        _, seen = shake_hands(*contexts(folder, der))
        assert seen == der


def test_tls_takes_a_pinned_certificate_of_an_authority_that_is_not_known(tmp_path: Path) -> None:
    der, other = issue(), issue()
    client, _ = contexts(tmp_path, der)
    files = tmp_path / "p.crt", tmp_path / "p.key"
    _, seen = shake_hands(client, build_server_context(*files, [encode_certificate(der)]))
    assert seen == der
    with pytest.raises(ssl.SSLError):
        shake_hands(client, build_server_context(*files, [encode_certificate(other)]))


def test_tls_refuses_what_another_authority_certified(tmp_path: Path) -> None:
    der = issue(signer=PORT_KEY, authority=PORT)
    with pytest.raises(ssl.SSLError):
        shake_hands(*contexts(tmp_path, der))
