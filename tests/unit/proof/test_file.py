"""The file's bytes: one form only, every value of it bound, and nothing beside what is bound."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from dure.chain.state_tree.tree import compute_path
from dure.core.address import decode_address, encode_address
from dure.core.codec import Wire
from dure.core.errors import InvalidEncoding, InvalidProof
from dure.core.types import Address, ChainId, Signed
from dure.proof import (
    ProofFile,
    decode_proof,
    encode_proof,
    parse_proof,
    render_proof,
    trust_chain,
    verify,
)
from dure.proof.claims import StateClaim
from dure.proof.file import PROOF_BYTES_MAX
from dure.proof.json_form import parse, render
from tests.unit.proof.chains import KEYS, Chain, seal
from tests.unit.proof.test_verification import PROOFS, prove_key, prove_transaction

VECTORS = Path(__file__).parents[2] / "vectors" / "proof"

Path_ = tuple[str | int, ...]


def leaves(form: Any, path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    """Yield every value of a JSON document that holds no others, with the way to it."""
    if isinstance(form, dict | list) and form:
        items = form.items() if isinstance(form, dict) else enumerate(form)
        for key, inner in items:
            yield from leaves(inner, (*path, key))
    else:
        yield path, form


def objects(form: Any, path: Path_ = ()) -> Iterator[Path_]:
    if isinstance(form, dict):
        yield path
    if isinstance(form, dict | list):
        items = form.items() if isinstance(form, dict) else enumerate(form)
        for key, inner in items:
            yield from objects(inner, (*path, key))


def find(form: Any, path: Path_) -> Any:
    for key in path:
        form = form[key]
    return form


def altered(value: Any) -> list[Any]:
    """Return other values of the same kind: each could stand there as well."""
    match value:
        case bool():
            return [not value]
        case int():
            return [value + 1, value - 1]
        case str() if value.startswith("dure1"):
            address = bytearray(decode_address(value))
            address[-1] ^= 1
            return [encode_address(Address(bytes(address)))]
        case str() if value and all(letter in "0123456789abcdef" for letter in value):
            last = "0" if value[-1] != "0" else "1"
            first = "0" if value[0] != "0" else "1"
            return [value[:-1] + last, first + value[1:], value.upper() if value.isalpha() else ""]
        case str():
            return [value + "x", value[:-1]] if value else ["x", "00"]
        case None:
            return ["00", 0]
        case []:
            return [["00"], None]
        case _:
            raise AssertionError(value)


def name_of(prove: Callable[[Chain], ProofFile]) -> str:
    return prove.__name__.removeprefix("prove_")


def is_broken(form: Any) -> str:
    """Return the check that broke."""
    with pytest.raises(InvalidProof) as caught:
        verify(decode_proof(rfc8785.dumps(form)))
    return str(caught.value.facts["check"])


@pytest.mark.parametrize("prove", PROOFS)
def test_every_value_in_the_file_is_bound(prove: Callable[[Chain], ProofFile]) -> None:
    form = json.loads(encode_proof(prove(Chain())))
    broken = set()
    for path, value in list(leaves(form)):
        parent = find(form, path[:-1])
        for other in altered(value):
            parent[path[-1]] = other
            broken.add(is_broken(form))
        parent[path[-1]] = value
    verify(decode_proof(rfc8785.dumps(form)))
    assert {"form", "certificate", "header"} <= broken


@pytest.mark.parametrize("prove", PROOFS)
def test_every_field_is_needed_and_no_other_is_taken(prove: Callable[[Chain], ProofFile]) -> None:
    form = json.loads(encode_proof(prove(Chain())))
    for path in list(objects(form)):
        target = find(form, path)
        target["note"] = "trust me"
        assert is_broken(form) == "form"
        del target["note"]
        for name in list(target):
            value = target.pop(name)
            assert is_broken(form) == "form"
            target[name] = value
    verify(decode_proof(rfc8785.dumps(form)))


@pytest.mark.parametrize("prove", PROOFS)
def test_no_item_of_a_list_can_be_dropped_or_doubled(prove: Callable[[Chain], ProofFile]) -> None:
    form = json.loads(encode_proof(prove(Chain())))
    lists = [path[:-1] for path, _ in leaves(form) if path and isinstance(path[-1], int)]
    for path in {path for path in lists if isinstance(find(form, path), list)}:
        target = find(form, path)
        original = list(target)
        target.pop()
        is_broken(form)
        target[:] = [*original, original[-1]]
        is_broken(form)
        target[:] = original
    verify(decode_proof(rfc8785.dumps(form)))


def test_the_two_changes_that_stay_true_are_what_the_specification_says() -> None:
    chain = Chain()
    final = chain.add(chain.transfers(5))
    proof = prove_key(chain, final, b"a" + bytes(32))
    assert isinstance(proof.claim, StateClaim)
    neighbour = msgspec.structs.replace(proof.claim, key=find_neighbour(b"a" + bytes(32)))
    verify(msgspec.structs.replace(proof, claim=neighbour))
    four = msgspec.structs.replace(proof, certificate=seal(proof.header, KEYS))
    assert len(verify(four).sealed_by) == 4
    assert len(verify(proof).sealed_by) == 3


def find_neighbour(key: bytes) -> bytes:
    """Return another key whose path begins like this one's, as far as a small tree reaches."""
    wanted = compute_path(key)[:2]
    candidates = (b"a" + number.to_bytes(32, "big") for number in range(1, 10_000_000))
    return next(each for each in candidates if compute_path(each)[:2] == wanted)


def test_only_the_canonical_bytes_are_taken() -> None:
    data = encode_proof(prove_transaction(Chain()))
    others = {
        "a space": data.replace(b":", b": ", 1),
        "a newline": data + b"\n",
        "another order": json.dumps(dict(reversed(json.loads(data).items()))).encode(),
        "a field twice": data.replace(b'"format":', b'"format":"dure-proof-1","format":', 1),
        "an escape": data.replace(b'"dure-proof-1"', b'"dure-proof-\\u0031"'),
    }
    for name, other in others.items():
        with pytest.raises(InvalidProof) as caught:
            decode_proof(other)
        assert caught.value.facts["check"] == "canonical form", name


@pytest.mark.parametrize(
    ("data", "check"),
    [
        (b" " * (PROOF_BYTES_MAX + 1), "size"),
        (b"", "json"),
        (b"\xff", "json"),
        (b"[" * 100_000, "json"),
        (b"{}", "form"),
        (b"[]", "form"),
        (b"null", "form"),
        (b"1.5", "form"),
        (b'"text"', "form"),
        (b'{"format":"dure-proof-2"}', "form"),
    ],
)
def test_what_is_no_proof_is_refused_by_name(data: bytes, check: str) -> None:
    with pytest.raises(InvalidProof) as caught:
        decode_proof(data)
    assert caught.value.facts["check"] == check


@given(st.binary(max_size=64))
def test_garbage_is_always_refused(data: bytes) -> None:
    with pytest.raises(InvalidProof):
        decode_proof(data)


def test_an_object_inside_an_answer_is_read_as_strictly() -> None:
    proof = prove_transaction(Chain())
    form = json.loads(json.dumps(render_proof(proof)))
    assert parse_proof(form) == proof
    form["header"]["state_root"] = form["header"]["state_root"].upper()
    with pytest.raises(InvalidProof) as caught:
        parse_proof(form)
    assert caught.value.facts["check"] == "canonical form"


class Sample(Wire, frozen=True):
    number: Signed
    pair: tuple[Signed, str]
    maybe: Address | None
    data: bytes | None


@given(
    number=st.integers(-(2**63), 2**63 - 1),
    text=st.text(st.characters(exclude_categories=["Cs"]), max_size=9),
    maybe=st.none() | st.binary(min_size=32, max_size=32),
    data=st.none() | st.binary(max_size=9),
)
def test_every_value_survives_its_json_form(
    number: int, text: str, maybe: bytes | None, data: bytes | None
) -> None:
    value = Sample(number, (7, text), None if maybe is None else Address(maybe), data)
    form = msgspec.json.decode(rfc8785.dumps(render(Sample, value)))
    assert parse(Sample, form) == value
    assert isinstance(form["number"], int if abs(number) < 2**53 else str)


@pytest.mark.parametrize(
    "form",
    [
        {"number": True},
        {"number": 1.0},
        {"number": "1e5"},
        {"number": "9" * 30},
        {"number": "9" * 20},
        {"number": 2**64},
        {"number": -(2**63) - 1},
        {"number": None},
        {"pair": [1]},
        {"pair": [1, "x", 2]},
        {"pair": "x"},
        {"maybe": "00" * 32},
        {"data": "0"},
        {"data": 5},
        {"data": []},
        {"data": {}},
    ],
)
def test_a_value_of_another_kind_is_refused(form: dict[str, Any]) -> None:
    good = {"number": 1, "pair": [1, "x"], "maybe": None, "data": None}
    parse(Sample, good)
    with pytest.raises(InvalidEncoding):
        parse(Sample, good | form)


@pytest.mark.parametrize("prove", PROOFS)
def test_the_known_files_still_hold(prove: Callable[[Chain], ProofFile]) -> None:
    data = (VECTORS / f"{name_of(prove)}.json").read_bytes()
    proof = decode_proof(data)
    expected = json.loads((VECTORS / "expected.json").read_bytes())[name_of(prove)]
    verdict = verify(proof, trust_chain(ChainId(bytes.fromhex(expected["chain_id"]))))
    assert (verdict.summary, verdict.statement) == ("proved", expected["statement"])
    assert encode_proof(proof) == data


@pytest.mark.parametrize("prove", PROOFS)
def test_the_known_forgeries_break_the_check_that_they_broke(
    prove: Callable[[Chain], ProofFile],
) -> None:
    form = json.loads((VECTORS / f"{name_of(prove)}.json").read_bytes())
    forgeries = json.loads((VECTORS / "expected.json").read_bytes())[name_of(prove)]["forgeries"]
    for forgery in forgeries:
        *way, last = forgery["path"]
        parent = find(form, tuple(way))
        original, parent[last] = parent[last], forgery["value"]
        assert is_broken(form) == forgery["check"], forgery["path"]
        parent[last] = original
