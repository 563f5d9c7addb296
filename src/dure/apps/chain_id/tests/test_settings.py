"""The provider's files: what is unsafe is refused before anything is served."""

import json
from pathlib import Path
from typing import Any

import pytest

from dure.apps.chain_id.provider.settings import (
    generate_secrets,
    is_safe_url,
    load_secrets,
    load_settings,
    save_secrets,
)
from dure.apps.chain_id.provider.stores import ExpiringStore
from dure.core.address import encode_address
from dure.core.errors import ConfigurationError, DureError, Unavailable
from dure.core.types import Address

CLIENT: dict[str, Any] = {
    "client_id": "shop",
    "name": "Corner Shop",
    "redirect_uris": ["https://shop.example/back"],
    "scopes": ["openid"],
    "secret_sha256": None,
}
GOOD: dict[str, Any] = {
    "url": "https://id.bank.example",
    "institution": encode_address(Address(bytes(32))),
    "contract": encode_address(Address(bytes(32))),
    "chain_id": "00" * 32,
    "nodes": ["http://127.0.0.1:8700"],
    "clients": [CLIENT],
}


def write(folder: Path, value: object) -> Path:
    path = folder / "provider.json"
    path.write_text(json.dumps(value), "utf-8")
    return path


def test_good_settings_are_read(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, GOOD))
    assert settings.by_id["shop"].name == "Corner Shop"
    assert settings.host == "id.bank.example"


@pytest.mark.parametrize(
    "change",
    [
        {"url": "http://id.bank.example"},
        {"url": "https://id.bank.example/"},
        {"institution": "dure1x"},
        {"chain_id": "00"},
        {"nodes": []},
        {"more": 1},
        {"clients": [CLIENT, CLIENT]},
        {"clients": [CLIENT | {"scopes": ["adult"]}]},
        {"clients": [CLIENT | {"scopes": ["openid", "salary"]}]},
        {"clients": [CLIENT | {"redirect_uris": []}]},
        {"clients": [CLIENT | {"redirect_uris": ["http://shop.example/back"]}]},
        {"clients": [CLIENT | {"redirect_uris": ["https://shop.example/#back"]}]},
        {"clients": [CLIENT | {"client_id": "a b"}]},
        {"clients": [CLIENT | {"secret_sha256": "secret"}]},
    ],
)
def test_unsafe_settings_are_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(DureError):
        load_settings(write(tmp_path, GOOD | change))


def test_files_that_are_no_settings(tmp_path: Path) -> None:
    path = tmp_path / "provider.json"
    with pytest.raises(ConfigurationError):
        load_settings(path)
    for text in (b"", b"[" * 100_000, b"\xff", b"1"):
        path.write_bytes(text)
        with pytest.raises(ConfigurationError):
            load_settings(path)


@pytest.mark.parametrize(
    ("url", "is_safe"),
    [
        ("https://shop.example/back?x=1", True),
        ("http://127.0.0.1:1/back", True),
        ("http://localhost/", True),
        ("http://localhost.thief.example/", False),
        ("https://shop.example@thief.example/", False),
        ("https://shop.example\\@thief.example/", False),
        ("https:///back", False),
        ("https://shop.example/ back", False),
        ("javascript:alert(1)", False),
        ("https://shöp.example/", False),
    ],
)
def test_where_codes_may_be_sent(url: str, is_safe: bool) -> None:
    assert is_safe_url(url) == is_safe


def test_secrets_are_kept_and_shown_to_nobody(tmp_path: Path) -> None:
    path, made = tmp_path / "secrets.json", generate_secrets()
    save_secrets(path, made)
    found = load_secrets(path)
    assert found.subject_key == made.subject_key
    assert found.signing_key.thumbprint() == made.signing_key.thumbprint()
    assert made.subject_key.hex() not in repr(made)
    with pytest.raises(ConfigurationError, match="exists already"):
        save_secrets(path, made)
    path.chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        load_secrets(path)
    path.chmod(0o600)
    path.write_text('{"signing_key": "x", "subject_key": "' + "00" * 32 + '"}')
    with pytest.raises(ConfigurationError, match="damaged"):
        load_secrets(path)


def test_a_store_forgets_in_time_and_is_never_overfull() -> None:
    now = 0.0
    store = ExpiringStore[int](entries_max=2, lifetime_s=10, clock=lambda: now)
    store.put("a", 1)
    now = 5
    store.put("b", 2)
    with pytest.raises(Unavailable):
        store.put("c", 3)
    store.replace("a", 4)
    assert store.get("a") == 4
    now = 10
    assert store.get("a") is None
    assert store.take("b") == 2
    assert store.take("b") is None
    assert len(store) == 0
