"""A signed request is read only as it was signed."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.core.types import Address, ChainId, Instant, PublicKey
from dure.identity.envelopes.requests import (
    HEADER_CHARACTERS_MAX,
    RequestStatement,
    UnsignedRequest,
    compute_body_hash,
    draw_salt,
    read_request,
    sign_request,
)
from dure.identity.keys import SigningKey

KEY = SigningKey(b"1" * 32)


def build_statement(key: PublicKey = KEY.public) -> RequestStatement:
    return RequestStatement(
        version=1,
        chain_id=ChainId(b"c" * 32),
        keeper=Address(b"k" * 32),
        account=Address(b"a" * 32),
        key=key,
        method="GET",
        target="/v1/sealed/…?version=1",
        body=compute_body_hash(b""),
        time=Instant(1),
        salt=b"s" * 16,
    )


def test_what_was_signed_is_read() -> None:
    header = sign_request(KEY, build_statement())
    assert read_request(header).statement == build_statement()
    assert len(header) < HEADER_CHARACTERS_MAX
    assert draw_salt() != draw_salt()


@settings(deadline=None)
@given(st.data())
def test_a_changed_bit_is_refused(data: st.DataObject) -> None:
    signed = bytearray(bytes.fromhex(sign_request(KEY, build_statement())))
    signed[data.draw(st.integers(0, len(signed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(UnsignedRequest):
        read_request(signed.hex())


@pytest.mark.parametrize("header", ["", "zz", "00", "ff" * 3000, "90"])
def test_anything_else_is_refused(header: str) -> None:
    with pytest.raises(UnsignedRequest):
        read_request(header)


@dataclass(frozen=True)
class Nobody:
    """A key of small order, under which a signature of zeros verifies."""

    public: PublicKey = PublicKey(b"\x01" + bytes(31))  # noqa: RUF009 - a constant

    def sign(self, message: bytes) -> bytes:
        return self.public + bytes(32)


def test_a_key_under_which_everything_verifies_is_refused() -> None:
    header = sign_request(Nobody(), build_statement(Nobody.public))  # type: ignore[arg-type]  # signs as nobody can
    with pytest.raises(UnsignedRequest, match="does not verify"):
        read_request(header)
