"""Known answers for what proofs rest on: the tree of the state, and certificates.

Computed from `docs/spec/state.md` (T1 to T4), `docs/spec/blocks.md` (B1 to B5) and
`docs/spec/validators.md` (V1), the slow and obvious way.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from scripts import edwards

BUCKET_MAX = 16
SIZES = (0, 1, 2, 16, 17, 60)
HEADER_FIELDS = (
    *("version", "chain_id", "height", "time", "previous", "transaction_root", "state_root"),
    *("receipt_root", "validators_root", "next_validators_root", "parameters_root", "proposer"),
    "engine",
)
SEEDS = [bytes([61 + number]) * 32 for number in range(5)]

Pack = int | str | bytes | Sequence["Pack"]


def hash_domain(name: str, data: bytes) -> bytes:
    """Return SHA-256 of domain, zero byte and data."""
    return sha256(b"dure/v1/" + name.encode() + b"\0" + data).digest()


def pack(value: Pack) -> bytes:
    """Return MessagePack in its shortest form, of what occurs here."""
    match value:
        case int():
            if value < 128:
                return bytes([value])
            size, mark = next((s, m) for s, m in SIZES_OF_INTEGERS if value < 256**s)
            return bytes([mark]) + value.to_bytes(size, "big")
        case str():
            text = value.encode()
            assert len(text) < 32
            return bytes([0xA0 | len(text)]) + text
        case bytes():
            assert len(value) < 256
            return bytes([0xC4, len(value)]) + value
        case _:
            assert len(value) < 16
            return bytes([0x90 | len(value)]) + b"".join(map(pack, value))


SIZES_OF_INTEGERS = ((1, 0xCC), (2, 0xCD), (4, 0xCE), (8, 0xCF))


# The tree of the state


def to_nibbles(path: bytes) -> list[int]:
    """Return the halves of the bytes, the high one first."""
    return [half for byte in path for half in (byte >> 4, byte & 15)]


def hash_tree(entries: dict[bytes, bytes], depth: int = 0) -> bytes:
    """Return the hash of the subtree of these entries, path to value digest."""
    if not entries:
        return bytes(32)
    if len(entries) <= BUCKET_MAX:
        return hash_domain("state-bucket", write_bucket(entries))
    return hash_domain("state-inner", write_inner(entries, depth))


def write_bucket(entries: dict[bytes, bytes]) -> bytes:
    """Return path and digest of each entry, sorted by path."""
    return b"".join(path + entries[path] for path in sorted(entries))


def write_inner(entries: dict[bytes, bytes], depth: int) -> bytes:
    """Return the hashes of the sixteen children."""
    return b"".join(hash_tree(choose(entries, depth, nibble), depth + 1) for nibble in range(16))


def choose(entries: dict[bytes, bytes], depth: int, nibble: int) -> dict[bytes, bytes]:
    """Return the entries below one child."""
    return {path: each for path, each in entries.items() if to_nibbles(path)[depth] == nibble}


def prove(entries: dict[bytes, bytes], path: bytes) -> tuple[list[bytes], bytes]:
    """Return the inner nodes from the root towards a path, and the bucket at their end."""
    levels: list[bytes] = []
    while len(entries) > BUCKET_MAX:
        levels.append(write_inner(entries, len(levels)))
        entries = choose(entries, len(levels) - 1, to_nibbles(path)[len(levels) - 1])
    return levels, write_bucket(entries)


def build_state_tree() -> list[dict[str, Any]]:
    """Trees of several sizes; of each, keys that are there and keys that are not."""
    return [_build_tree(size) for size in SIZES]


def _build_tree(size: int) -> dict[str, Any]:
    items = {f"key {number}".encode(): f"value {number}".encode() for number in range(size)}
    entries = {
        hash_domain("state-path", key): hash_domain("state-value", value)
        for key, value in items.items()
    }
    asked = [*list(items)[:3], *list(items)[-1:], b"", b"another", b"v" + bytes(32)]
    claims = []
    for key in dict.fromkeys(asked):
        levels, bucket = prove(entries, hash_domain("state-path", key))
        value = items.get(key)
        path = {"bucket": bucket.hex(), "levels": [level.hex() for level in levels]}
        claims.append(
            {"key": key.hex(), "path": path, "value": None if value is None else value.hex()}
        )
    return {
        "items": {key.hex(): value.hex() for key, value in items.items()},
        "root": hash_tree(entries).hex(),
        "claims": claims,
    }


# Certificates


def build_certificates() -> list[dict[str, Any]]:
    """A header, a set and seals; which rule they break, or null where the block is final."""
    return [*_list_certificates(4), *_list_certificates(1)]


def _list_certificates(count: int) -> list[dict[str, Any]]:
    members = sorted((edwards.sign(seed, b"")[0], seed) for seed in SEEDS[:count])
    header = _build_header([key for key, _ in members])
    needed = (count + (count - 1) // 3 + 2) // 2
    seals = [_seal(header, seed, 3) for _, seed in members]
    stranger = _seal(header, SEEDS[-1], 3)
    other_round = _seal(header, members[0][1], 2)
    forged = {**seals[0], "signature": seals[-1]["signature"]} if count > 1 else None
    strangers = sorted([*seals[: needed - 1], stranger], key=lambda seal: str(seal["validator"]))
    cases: list[tuple[str, list[dict[str, str]], str | None]] = [
        ("everybody", seals, None),
        ("a quorum", seals[-needed:], None),
        ("one fewer than a quorum", seals[: needed - 1], "quorum"),
        ("nobody", [], "quorum"),
        ("one twice", [*seals[:1], *seals], "seals_sorted"),
        ("somebody who is no member", strangers, "seals_of_members"),
        ("a seal of another round", [other_round, *seals[1:]], "seal_signature"),
    ]
    if forged is not None:
        cases.append(("another order", [*seals[1:], seals[0]], "seals_sorted"))
        cases.append(("somebody else's signature", [forged, *seals[1:]], "seal_signature"))
    validators = [
        {"key": key.hex(), "organisation": f"member {number}"}
        for number, (key, _) in enumerate(members)
    ]
    return [
        {
            "why": f"{count}: {why}",
            "header": header,
            "validators": {"members": validators},
            "certificate": {"round": 3, "seals": given},
            "rule": rule,
        }
        for why, given, rule in cases
    ]


def _build_header(keys: list[bytes]) -> dict[str, int | str]:
    members: Pack = [[[key, f"member {number}"] for number, key in enumerate(keys)]]
    root = hash_domain("validators", pack(members)).hex()
    roots = {name: sha256(name.encode()).hexdigest() for name in HEADER_FIELDS}
    return {
        **roots,
        "version": 1,
        "height": 70_000,
        "time": 1_700_000_000_123,
        "validators_root": root,
        "next_validators_root": root,
        "proposer": keys[0].hex(),
        "engine": "",
    }


def compute_block_id(header: dict[str, int | str]) -> bytes:
    """Return the hash of a header's fields in their order."""
    values = [header[name] for name in HEADER_FIELDS]
    fields: Pack = [each if isinstance(each, int) else bytes.fromhex(each) for each in values]
    return hash_domain("header", pack(fields))


def _seal(header: dict[str, int | str], seed: bytes, round_: int) -> dict[str, str]:
    chain_id, height = bytes.fromhex(str(header["chain_id"])), int(header["height"])
    statement = pack([chain_id, height, round_, compute_block_id(header)])
    key, signature = edwards.sign(seed, hash_domain("seal", statement))
    return {"validator": key.hex(), "signature": signature.hex()}
