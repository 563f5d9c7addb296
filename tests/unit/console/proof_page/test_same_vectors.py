"""The browser's modules and Dure give the same known answers, which neither of them made."""

from typing import Any

from scripts import edwards
from tests.unit.console.proof_page.node import Node
from tests.unit.core.vectors import load_vectors


def test_bytes_are_read_and_written_alike(node: Node) -> None:
    vectors = load_vectors("codec")
    accepted, refused = vectors["accepted"], vectors["refused"]
    for case, read in zip(accepted, node.ask("codec", accepted), strict=True):
        assert read is not None, case
        assert read["bytes"] == case["bytes"], case
        assert str(_flatten(read["form"])) == str(case["value"]), case
    for case, read in zip(refused, node.ask("codec", refused), strict=True):
        assert read is None, case


def _flatten(form: Any) -> Any:
    """Return a structure as the vectors have it: its values in their order."""
    return [form["validator"], form["signature"]] if isinstance(form, dict) else form


def test_hashes_have_the_same_domains(node: Node) -> None:
    cases = load_vectors("hashing")
    assert node.ask("hashing", cases) == [case["hash"] for case in cases]


def test_trees_over_lists_have_the_same_roots_and_paths(node: Node) -> None:
    cases = load_vectors("merkle")
    for case, found in zip(cases, node.ask("merkle", cases), strict=True):
        assert found["root"] == case["root"]
        assert set(found["paths"]) <= {case["root"]}
        assert set(found["bent"]) <= {None}


def test_addresses_are_read_alike(node: Node) -> None:
    vectors = load_vectors("addresses")
    good = [*vectors["accepted"], *vectors["capitals"]]
    assert node.ask("addresses", [each["text"] for each in good]) == [
        each["address"] for each in good
    ]
    assert set(node.ask("addresses", [each["text"] for each in vectors["refused"]])) == {None}


def test_signatures_are_judged_alike(node: Node) -> None:
    cases = load_vectors("ed25519")["verify"]
    assert node.ask("signatures", cases) == [case["valid"] for case in cases]


def test_all_196_pairs_of_small_order_points_are_valid_as_zip_215_says(node: Node) -> None:
    encodings = [point.hex() for point in edwards.SMALL_ORDER_ENCODINGS]
    pairs = [
        {"key": key, "message": b"Zcash".hex(), "signature": start + "00" * 32}
        for key in encodings
        for start in encodings
    ]
    assert node.ask("signatures", pairs) == [True] * 196


def test_keys_are_judged_alike(node: Node) -> None:
    cases = load_vectors("ed25519")["keys"]
    judged = node.ask("keys", [case["key"] for case in cases])
    assert [each["sound"] for each in judged] == [case["usable"] for case in cases]
    weak = [case["why"] in {"small order", "y not below 2^255-19"} for case in cases]
    right_length = [len(case["key"]) == 64 for case in cases]
    assert [each["weak"] for each, fits in zip(judged, right_length, strict=True) if fits] == [
        each for each, fits in zip(weak, right_length, strict=True) if fits
    ]


def test_passkeys_are_judged_alike(node: Node) -> None:
    vectors = load_vectors("passkeys")
    assert node.ask("assertions", [_write(case) for case in vectors["accepted"]]) == [True] * len(
        vectors["accepted"]
    )
    refused = node.ask("assertions", [_write(case) for case in vectors["refused"]])
    for case, judged in zip(vectors["refused"], refused, strict=True):
        assert judged is not True, case["why"]
    signatures = [each | {"message": each["digest"]} for each in vectors["signatures"]]
    assert node.ask("signatures", signatures) == [each["valid"] for each in signatures]
    keys = node.ask("keys", [each["key"] for each in vectors["keys"]])
    assert [each["passkey"] for each in keys] == [each["usable"] for each in vectors["keys"]]


def _write(case: dict[str, Any]) -> dict[str, Any]:
    policy = {name: case[name] for name in ("key", "rp_id", "origins")} | {"type": "passkey-1"}
    parts = {n: case[n] for n in ("authenticator_data", "client_data_json", "signature")}
    form = {"policy": policy, "signatures": [parts | {"type": "assertion-1"}]}
    return {"form": form, "challenge": case["challenge"]}


def test_the_state_is_read_alike(node: Node) -> None:
    trees = load_vectors("state_tree")
    asked = [{"root": tree["root"], "claim": claim} for tree in trees for claim in tree["claims"]]
    assert set(node.ask("state_tree", asked)) == {"holds"}
    other_value = [
        {"root": each["root"], "claim": each["claim"] | {"value": value}}
        for each in asked
        for value in (None, "00")
        if each["claim"]["value"] != value
    ]
    for answer in node.ask("state_tree", other_value):
        assert answer["broken"] == "state value"


def test_certificates_are_judged_alike(node: Node) -> None:
    says = {
        "seals_sorted": "seals_order",
        "seals_of_members": "seals_stranger",
        "quorum": "seals_quorum",
        "seal_signature": "seal_signature",
    }
    cases = load_vectors("certificates")
    for case, judged in zip(cases, node.ask("certificates", cases), strict=True):
        if case["rule"] is None:
            assert isinstance(judged, list), (case["why"], judged)
        else:
            assert judged["says"] == says[case["rule"]], case["why"]
