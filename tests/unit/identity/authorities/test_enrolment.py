"""From a one-time token to a certificate, and from one certificate to the next."""

import datetime as dt
import stat
from pathlib import Path

import msgspec
import pytest

from dure.core.errors import ConfigurationError
from dure.identity.authorities.authority import (
    OpenAuthority,
    create_authority,
    find_serials,
    list_issued,
    load_authority,
    note_revoked,
    open_authority,
)
from dure.identity.authorities.enrolment import (
    TOKEN_LIFETIME_MAX,
    EnrolmentRefused,
    TokenRefused,
    build_renewal,
    build_request,
    compute_renewal_time,
    enrol,
    issue_token,
    renew,
)
from dure.identity.authorities.profile import (
    LIFETIMES,
    Certificate,
    CertificateRefused,
    Kind,
    Subject,
)
from dure.identity.keys import SigningKey

NOW = dt.datetime(2026, 5, 4, 12, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
NODE = Subject("bank", Kind.NODE, "bank-1")
KEY, NEXT, THIEF = (SigningKey(bytes([n]) * 32) for n in range(1, 4))


@pytest.fixture
def authority(tmp_path: Path) -> OpenAuthority:
    folder = tmp_path / "authority"
    create_authority(folder, "bank", NOW)
    return open_authority(folder)


def invite(authority: OpenAuthority, subject: Subject = NODE, **options: dt.timedelta) -> str:
    return issue_token(authority.folder, subject, now=NOW, lifetime=DAY, **options)


def join(authority: OpenAuthority, now: dt.datetime = NOW) -> Certificate:
    return enrol(authority, build_request(KEY, NODE, invite(authority)), now)


def test_an_authority_is_its_folder_which_only_its_owner_opens(tmp_path: Path) -> None:
    folder = tmp_path / "authority"
    made = create_authority(folder, "bank", NOW, passphrase="secret")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "authority.json").stat().st_mode) == 0o600
    assert load_authority(folder) == made
    assert open_authority(folder, "secret").authority == made
    with pytest.raises(ConfigurationError, match="sealed"):
        open_authority(folder)
    with pytest.raises(ConfigurationError, match="exists already"):
        create_authority(folder, "bank", NOW)


def test_a_token_makes_one_certificate(authority: OpenAuthority) -> None:
    token = invite(authority)
    certificate = enrol(authority, build_request(KEY, NODE, token), NOW)
    assert certificate.subject == NODE
    assert certificate.key == KEY.public
    assert certificate.not_after == NOW + LIFETIMES[Kind.NODE]
    assert list(list_issued(authority.folder)) == [(certificate, False)]
    for key in (KEY, THIEF):
        with pytest.raises(TokenRefused, match="was used"):
            enrol(authority, build_request(key, NODE, token), NOW)


def test_the_token_itself_is_nowhere_at_the_authority(authority: OpenAuthority) -> None:
    token = invite(authority)
    files = [path for path in authority.folder.rglob("*") if path.is_file()]
    assert len(files) == 3
    assert not any(token in path.name or token.encode() in path.read_bytes() for path in files)


def test_a_token_is_for_one_subject_and_a_bounded_time(authority: OpenAuthority) -> None:
    token = invite(authority)
    for subject in (
        Subject("bank", Kind.NODE, "bank-2"),
        Subject("bank", Kind.ADMINISTRATOR, "bank-1"),
    ):
        with pytest.raises(TokenRefused, match="is for the node bank-1"):
            enrol(authority, build_request(KEY, subject, token), NOW)
    with pytest.raises(TokenRefused, match="has ended"):
        enrol(authority, build_request(KEY, NODE, token), NOW + DAY + dt.timedelta(seconds=1))
    with pytest.raises(ConfigurationError, match="days at most"):
        issue_token(authority.folder, NODE, now=NOW, lifetime=TOKEN_LIFETIME_MAX + DAY)
    # None of this used it up.
    assert enrol(authority, build_request(KEY, NODE, token), NOW + DAY).subject == NODE


def test_a_token_may_be_for_a_shorter_certificate(authority: OpenAuthority) -> None:
    request = build_request(KEY, NODE, invite(authority, certified=dt.timedelta(minutes=10)))
    assert enrol(authority, request, NOW).not_after == NOW + dt.timedelta(minutes=10)


def test_who_has_no_token_or_does_not_hold_the_key_gets_nothing(authority: OpenAuthority) -> None:
    with pytest.raises(EnrolmentRefused, match="carries no token"):
        enrol(authority, build_request(KEY, NODE), NOW)
    with pytest.raises(TokenRefused, match="unknown"):
        enrol(authority, build_request(KEY, NODE, "guess"), NOW)
    with pytest.raises(TokenRefused, match="unknown"):
        enrol(authority, build_request(KEY, NODE, "../used/x"), NOW)
    token = invite(authority)
    lines = build_request(KEY, NODE, token).splitlines()
    changed = "B" if lines[-2][5] != "B" else "C"
    forged = "\n".join([*lines[:-2], lines[-2][:5] + changed + lines[-2][6:], lines[-1]])
    with pytest.raises(EnrolmentRefused, match="not signed by the key"):
        enrol(authority, forged, NOW)
    for junk in ("", "junk", "x" * 9000):
        with pytest.raises(EnrolmentRefused):
            enrol(authority, junk, NOW)


def test_the_holder_of_a_certificate_gets_the_next_one(authority: OpenAuthority) -> None:
    old = join(authority)
    due = compute_renewal_time(old)
    assert due == NOW + dt.timedelta(days=20)
    for key in (KEY, NEXT):
        new = renew(authority, build_renewal(KEY, old, key), due)
        assert (new.subject, new.key) == (old.subject, key.public)
        assert new.not_after == due + LIFETIMES[Kind.NODE]
        assert new.not_before < old.not_after
        assert new.serial != old.serial


def test_nobody_else_gets_it(authority: OpenAuthority) -> None:
    old = join(authority)
    with pytest.raises(EnrolmentRefused, match="did not sign"):
        renew(authority, build_renewal(THIEF, old, THIEF), NOW)
    renewal = build_renewal(KEY, old, KEY)
    other = build_request(THIEF, Subject("bank", Kind.NODE, "bank-2"))
    with pytest.raises(EnrolmentRefused, match="same subject"):
        renew(authority, msgspec.structs.replace(renewal, request=other), NOW)
    other = build_request(THIEF, NODE)
    with pytest.raises(EnrolmentRefused, match="did not sign"):
        renew(authority, msgspec.structs.replace(renewal, request=other), NOW)


def test_what_has_ended_or_was_revoked_is_not_renewed(authority: OpenAuthority) -> None:
    old = join(authority)
    renewal = build_renewal(KEY, old, KEY)
    with pytest.raises(CertificateRefused, match="has ended"):
        renew(authority, renewal, old.not_after + DAY)
    assert find_serials(authority.folder, "bank-1") == [old.serial]
    assert find_serials(authority.folder, old.serial.hex()) == [old.serial]
    note_revoked(authority.folder, old.serial)
    with pytest.raises(CertificateRefused, match="was revoked"):
        renew(authority, renewal, NOW)
    assert list(list_issued(authority.folder)) == [(old, True)]
    with pytest.raises(ConfigurationError, match="no certificate"):
        find_serials(authority.folder, "bank-1")


def test_an_authority_renews_only_what_it_issued(authority: OpenAuthority, tmp_path: Path) -> None:
    create_authority(tmp_path / "other", "bank", NOW)
    other = open_authority(tmp_path / "other")
    foreign = enrol(other, build_request(KEY, NODE, invite(other)), NOW)
    with pytest.raises(CertificateRefused):
        renew(authority, build_renewal(KEY, foreign, KEY), NOW)
