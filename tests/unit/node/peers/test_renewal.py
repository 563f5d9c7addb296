"""A node looks after its own certificate: when, by whom, and what it does when it cannot."""

import asyncio
import datetime as dt
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from dure.identity.authorities.authority import (
    OpenAuthority,
    create_authority,
    note_revoked,
    open_authority,
    read_pem,
)
from dure.identity.authorities.holding import install_certificate, write_holder_key
from dure.identity.authorities.profile import Certificate, Kind, Subject, read_certificate
from dure.identity.certificates import save_tls_files
from dure.identity.keys import SigningKey
from dure.node.peers.renewal import LOOK_SECONDS_MAX, LOOK_SECONDS_MIN, Renewal

NOW = dt.datetime(2026, 5, 4, 12, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
KEY = SigningKey(bytes([7]) * 32)


class Holder:
    """A node's two files, its authority, and a clock moved by hand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = NOW
        self.changes = 0
        create_authority(folder / "authority", "bank", NOW)
        self.first = self.issue()
        self.renewal = self.build(folder / "authority")

    @property
    def authority(self) -> OpenAuthority:
        return open_authority(self.folder / "authority")

    @property
    def certificate(self) -> Certificate:
        return read_certificate(read_pem(self.folder / "tls.pem"))

    def issue(self) -> Certificate:
        """Certify the node by hand."""
        if not (self.folder / "tls.key").exists():
            write_holder_key(self.folder / "tls.key", KEY)
        subject = Subject("bank", Kind.NODE, "bank")
        made = self.authority.issue(subject, KEY.public, self.now)
        install_certificate(self.folder / "tls.pem", KEY, made)
        return made

    def build(self, authority: Path | None) -> Renewal:
        return Renewal(
            self.folder / "tls.pem",
            self.folder / "tls.key",
            authority,
            get_time=lambda: self.now,
            on_changed=self._note,
        )

    def look(self) -> float:
        return asyncio.run(self.renewal.look())

    def _note(self) -> None:
        self.changes += 1


@pytest.fixture
def holder(tmp_path: Path) -> Holder:
    return Holder(tmp_path)


def test_a_certificate_is_renewed_when_a_third_of_its_time_is_left(holder: Holder) -> None:
    assert holder.look() == LOOK_SECONDS_MAX
    holder.now = NOW + 20 * DAY - dt.timedelta(seconds=10)
    assert holder.look() == 10
    assert holder.certificate == holder.first
    holder.now += dt.timedelta(seconds=10)
    assert holder.look() == LOOK_SECONDS_MIN
    assert holder.certificate.not_after == NOW + 50 * DAY
    assert holder.certificate.key == KEY.public
    assert holder.changes == 1
    holder.look()
    assert holder.changes == 1


def test_a_certificate_that_a_command_put_there_is_taken_up(holder: Holder) -> None:
    holder.look()
    holder.issue()
    holder.look()
    assert holder.changes == 1


def test_without_an_authority_within_reach_the_node_only_says_so(
    holder: Holder,
) -> None:
    holder.renewal = holder.build(None)
    holder.now = NOW + 25 * DAY
    with capture_logs() as lines:
        assert holder.look() == LOOK_SECONDS_MAX
    assert [line["event"] for line in lines] == ["certificate_ends_soon"]
    assert holder.certificate == holder.first


def test_an_authority_that_refuses_or_is_gone_is_asked_again(
    holder: Holder,
) -> None:
    holder.now = NOW + 25 * DAY
    note_revoked(holder.folder / "authority", holder.first.serial)
    with capture_logs() as lines:
        assert holder.look() == LOOK_SECONDS_MAX
        holder.renewal = holder.build(holder.folder / "nowhere")
        assert holder.look() == LOOK_SECONDS_MAX
    assert [line["event"] for line in lines] == ["certificate_not_renewed"] * 2
    assert ["was revoked" in line["reason"] for line in lines] == [True, False]
    assert holder.certificate == holder.first
    assert holder.changes == 0


def test_a_sealed_authority_is_not_opened_by_a_node(tmp_path: Path) -> None:
    holder = Holder(tmp_path)
    create_authority(tmp_path / "sealed", "bank", NOW, passphrase="correct horse battery staple")
    holder.renewal = holder.build(tmp_path / "sealed")
    holder.now = NOW + 25 * DAY
    assert holder.look() == LOOK_SECONDS_MAX
    assert holder.certificate == holder.first


def test_a_pinned_certificate_is_left_alone(tmp_path: Path) -> None:
    holder = Holder(tmp_path)
    (tmp_path / "tls.pem").unlink()
    (tmp_path / "tls.key").unlink()
    save_tls_files(tmp_path / "tls.key", tmp_path / "tls.pem", KEY, "bank")
    before = (tmp_path / "tls.pem").read_bytes()
    assert holder.look() == LOOK_SECONDS_MAX
    assert (tmp_path / "tls.pem").read_bytes() == before
    assert holder.changes == 0
