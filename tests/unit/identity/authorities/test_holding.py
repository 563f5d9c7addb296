"""The holder's files: a key that only its owner reads, and a certificate of that key."""

import datetime as dt
import stat
from pathlib import Path

import pytest

from dure.core.errors import ConfigurationError
from dure.identity.authorities.authority import create_authority, open_authority, read_pem
from dure.identity.authorities.holding import (
    install_certificate,
    load_holder_key,
    write_holder_key,
)
from dure.identity.authorities.profile import Kind, Subject
from dure.identity.keys import SigningKey

NOW = dt.datetime(2026, 5, 4, 12, 0, tzinfo=dt.UTC)
KEY, OTHER = SigningKey(bytes([1]) * 32), SigningKey(bytes([2]) * 32)


def test_a_key_is_written_once_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "tls.key"
    write_holder_key(path, KEY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_holder_key(path).public == KEY.public
    with pytest.raises(ConfigurationError, match="exists already"):
        write_holder_key(path, OTHER)
    path.chmod(0o644)
    with pytest.raises(ConfigurationError, match="others can read"):
        load_holder_key(path)


@pytest.mark.parametrize("content", [b"", b"junk", b"-----BEGIN PRIVATE KEY-----\n"])
def test_what_is_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "tls.key"
    path.touch(mode=0o600)
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="no key in PEM"):
        load_holder_key(path)


def test_a_certificate_of_another_key_is_not_installed(tmp_path: Path) -> None:
    create_authority(tmp_path / "authority", "bank", NOW)
    authority = open_authority(tmp_path / "authority")
    made = authority.issue(Subject("bank", Kind.NODE, "bank"), KEY.public, NOW)
    path = tmp_path / "tls.pem"
    with pytest.raises(ConfigurationError, match="about another key"):
        install_certificate(path, OTHER, made)
    assert not path.exists()
    install_certificate(path, KEY, made)
    assert read_pem(path) == made.der


@pytest.mark.parametrize("content", [b"", b"junk", b"x" * 5000])
def test_what_is_no_certificate_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "tls.pem"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError):
        read_pem(path)
