"""The draw: the examples that RFC 9381 prints, and every way to be wrong."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.consensus.pos import edwards, vrf

# RFC 9381, appendix B.3, examples 16 to 18 (the first is printed whole in the notes of the field).
SECRET = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PROOF = bytes.fromhex(
    "8657106690b5526245a92b003bb079ccd1a92130477671f6fc01ad16f26f723f26f8a57ccaed74ee1b190bed1f479d97"
    "27d2d0f9b005a6e456a35d4fb0daab1268a1b0db10836d9826a528ca76567805"
)
OUTPUT = bytes.fromhex(
    "90cf1df3b703cce59e2a35b925d411164068269d7b2d29f3301c03dd757876ff"
    "66b71dda49d2de59d03450451af026798e8f81cd2e333de5cdf4f3e140fdd8ae"
)
KEY = vrf.derive_draw_key(SECRET)


def test_the_printed_example_comes_out() -> None:
    assert KEY.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert vrf.prove_draw(SECRET, b"") == PROOF
    assert vrf.verify_draw(KEY, b"", PROOF) == OUTPUT
    assert vrf.compute_output(PROOF) == OUTPUT


@settings(max_examples=10)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=80))
def test_one_key_and_input_have_one_output(secret: bytes, alpha: bytes) -> None:
    proof, key = vrf.prove_draw(secret, alpha), vrf.derive_draw_key(secret)
    output = vrf.verify_draw(key, alpha, proof)
    assert output is not None
    assert len(output) == vrf.OUTPUT_BYTES
    assert vrf.verify_draw(key, alpha + b"\0", proof) is None


@settings(max_examples=30)
@given(st.integers(0, vrf.PROOF_BYTES * 8 - 1))
def test_no_changed_proof_shows_anything(bit: int) -> None:
    proof = bytearray(PROOF)
    proof[bit // 8] ^= 1 << bit % 8
    assert vrf.verify_draw(KEY, b"", bytes(proof)) is None


def test_a_response_has_one_form() -> None:
    response = int.from_bytes(PROOF[48:], "little") + edwards.ORDER
    assert vrf.verify_draw(KEY, b"", PROOF[:48] + response.to_bytes(32, "little")) is None
    assert vrf.verify_draw(KEY, b"", PROOF[:79]) is None
    assert vrf.verify_draw(KEY[:31], b"", PROOF) is None


@pytest.mark.parametrize(
    "weak",
    [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    ],
)
def test_a_key_of_small_order_draws_nothing(weak: str) -> None:
    key = bytes.fromhex(weak)
    assert edwards.decode_point(key) is not None
    assert vrf.verify_draw(key, b"", PROOF) is None


def test_points_have_one_form() -> None:
    negative_zero = (1 | 1 << 255).to_bytes(32, "little")
    assert edwards.decode_point(negative_zero) is None
    assert edwards.decode_point(edwards.FIELD.to_bytes(32, "little")) is None
    assert edwards.decode_point((2).to_bytes(32, "little")) is None
    assert edwards.is_neutral(edwards.multiply(edwards.ORDER, edwards.BASE))
    point = edwards.multiply(5, edwards.BASE)
    assert edwards.decode_point(edwards.encode_point(point)) is not None
    assert edwards.is_neutral(edwards.add(point, edwards.negate(point)))
