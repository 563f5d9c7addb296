"""Writes tests/vectors/*.json: known answers for an implementation in any language.

Nothing here imports Dure: every answer is computed a second time, the slow and obvious way, from
the documents that `docs/spec/` names. So the tests compare two implementations, not one with
itself.

Usage: python -m scripts.make_vectors [--check]
"""

import json
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from scripts import edwards
from scripts.argument_vectors import build_arguments
from scripts.passkey_vectors import build_passkeys
from scripts.proof_vectors import build_certificates, build_state_tree
from scripts.sealed_vectors import build_sealed
from scripts.session_vectors import build_sessions

FOLDER = Path(__file__).parent.parent / "tests" / "vectors"


KEY, SIGNATURE = bytes(range(32)), bytes(range(64))
SEAL = b"\x92\xc4\x20" + KEY + b"\xc4\x40" + SIGNATURE
ACCEPTED: list[dict[str, Any]] = [
    {"type": "unsigned", "value": value, "bytes": data}
    for value, data in [
        (0, "00"),
        (127, "7f"),
        (128, "cc80"),
        (255, "ccff"),
        (256, "cd0100"),
        (65535, "cdffff"),
        (65536, "ce00010000"),
        (2**32 - 1, "ceffffffff"),
        (2**32, "cf0000000100000000"),
        (2**63 - 1, "cf7fffffffffffffff"),
    ]
]
ACCEPTED += [
    {"type": "text", "value": "", "bytes": "a0"},
    {"type": "text", "value": "두레", "bytes": "a6eb9190eba088"},
    {"type": "text", "value": "x" * 31, "bytes": "bf" + "78" * 31},
    {"type": "text", "value": "x" * 32, "bytes": "d920" + "78" * 32},
    {"type": "bytes", "value": "", "bytes": "c400"},
    {"type": "bytes", "value": "00ff", "bytes": "c40200ff"},
    {"type": "bytes", "value": "00" * 256, "bytes": "c50100" + "00" * 256},
    {"type": "unsigned_list", "value": list(range(15)), "bytes": "9f" + bytes(range(15)).hex()},
    {
        "type": "unsigned_list",
        "value": list(range(16)),
        "bytes": "dc0010" + bytes(range(16)).hex(),
    },
    {"type": "boolean", "value": True, "bytes": "c3"},
    {"type": "hash", "value": KEY.hex(), "bytes": "c420" + KEY.hex()},
    {"type": "seal", "value": [KEY.hex(), SIGNATURE.hex()], "bytes": SEAL.hex()},
]
REFUSED = [
    ("unsigned", "", "nothing at all"),
    ("unsigned", "cc00", "integer in long form"),
    ("unsigned", "cd007f", "integer in long form"),
    ("unsigned", "ce0000ffff", "integer in long form"),
    ("unsigned", "cf00000000ffffffff", "integer in long form"),
    ("unsigned", "d000", "signed form of a number that is not negative"),
    ("unsigned", "ff", "negative"),
    ("unsigned", "cf8000000000000000", "past 2^63-1"),
    ("unsigned", "cfffffffffffffffff", "past 2^63-1"),
    ("unsigned", "ca00000000", "a float"),
    ("unsigned", "cb3ff0000000000000", "a float"),
    ("unsigned", "c2", "a boolean"),
    ("unsigned", "c0", "null"),
    ("unsigned", "a130", "text"),
    ("unsigned", "0000", "a byte too many"),
    ("unsigned", "cd01", "cut short"),
    ("unsigned", "c1", "never used in MessagePack"),
    ("boolean", "01", "an integer"),
    ("text", "d90178", "text in long form"),
    ("text", "da000178", "text in long form"),
    ("text", "a1ff", "not UTF-8"),
    ("text", "a3eda080", "half of a surrogate pair"),
    ("text", "a2c080", "overlong UTF-8"),
    ("text", "c40178", "bytes"),
    ("bytes", "a178", "text"),
    ("bytes", "c5000178", "bytes in long form"),
    ("bytes", "c7010078", "an extension type"),
    ("bytes", "c4ff", "cut short"),
    ("unsigned_list", "dc000100", "list in long form"),
    ("unsigned_list", "dd0000000100", "list in long form"),
    ("unsigned_list", "ddffffffff", "a list that claims four thousand million elements"),
    ("unsigned_list", "91" * 40 + "00", "nested"),
    ("unsigned_list", "91" * 2000, "nested deeper than any stack"),
    ("hash", "c41f" + KEY[:31].hex(), "31 bytes"),
    ("hash", "c421" + KEY.hex() + "00", "33 bytes"),
    ("seal", "93" + SEAL[1:].hex() + "c0", "an element too many"),
    ("seal", "91c420" + KEY.hex(), "an element too few"),
    ("seal", "dc0002" + SEAL[1:].hex(), "list in long form"),
    ("seal", "82a3" + b"key".hex() + SEAL[1:35].hex(), "a map"),
    ("seal", SEAL.hex() + "00", "a byte too many"),
]


def build_codec() -> dict[str, Any]:
    """Values and their bytes, and bytes that are no value; docs/spec/encoding.md has the types."""
    return {
        "accepted": ACCEPTED,
        "refused": [{"type": t, "bytes": b, "why": w} for t, b, w in REFUSED],
    }


def build_hashing() -> list[dict[str, str]]:
    """SHA-256 over domain, zero byte, data."""
    kinds = ("genesis", "header", "transaction", "envelope", "policy", "contract", "source", "seal")
    return [
        {
            "domain": f"dure/v1/{kind}",
            "data": data.hex(),
            "hash": sha256(f"dure/v1/{kind}".encode() + b"\0" + data).hexdigest(),
        }
        for kind in kinds
        for data in (b"", b"abc")
    ]


def compute_tree_hash(leaves: list[bytes]) -> bytes:
    """Return MTH of RFC 6962, section 2.1, by its own recursive definition."""
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    halves = compute_tree_hash(leaves[:split]) + compute_tree_hash(leaves[split:])
    return sha256(b"\1" + halves).digest()


def compute_tree_path(leaves: list[bytes], index: int) -> list[bytes]:
    """Return PATH of RFC 6962, section 2.1.1."""
    if len(leaves) == 1:
        return []
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if index < split:
        return [*compute_tree_path(leaves[:split], index), compute_tree_hash(leaves[split:])]
    return [*compute_tree_path(leaves[split:], index - split), compute_tree_hash(leaves[:split])]


def build_merkle() -> list[dict[str, Any]]:
    """Roots of lists of 0 to 17 leaves, and every path of some of them."""
    cases: list[dict[str, Any]] = [{"leaves": [], "root": "00" * 32, "paths": []}]
    for size in range(1, 18):
        leaves = [bytes([number]) * number for number in range(size)]
        top = compute_tree_hash(leaves)
        cases.append(
            {
                "leaves": [leaf.hex() for leaf in leaves],
                "root": sha256(b"\2" + size.to_bytes(8, "big") + top).hexdigest(),
                "paths": [
                    [node.hex() for node in compute_tree_path(leaves, index)]
                    for index in (range(size) if size in {1, 2, 3, 7, 8} else [size - 1])
                ],
                "first_index": 0 if size in {1, 2, 3, 7, 8} else size - 1,
            }
        )
    return cases


def encode_bech32m(prefix: str, data: list[int], constant: int = 0x2BC830A3) -> str:
    """Return the text of BIP-350 for five-bit groups: polynomial division, one bit at a time."""
    groups = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix] + data
    remainder = 1
    for group in [*groups, 0, 0, 0, 0, 0, 0]:
        high = remainder >> 25
        remainder = ((remainder & 0x1FFFFFF) << 5) ^ group
        for bit, term in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            if high >> bit & 1:
                remainder ^= term
    remainder ^= constant
    checksum = [remainder >> 5 * (5 - i) & 31 for i in range(6)]
    return prefix + "1" + "".join("qpzry9x8gf2tvdw0s3jn54khce6mua7l"[g] for g in data + checksum)


def to_groups(data: bytes, padding: int = 0) -> list[int]:
    """Return the bits of `data` in groups of five, the last one filled up with `padding`."""
    bits = "".join(f"{byte:08b}" for byte in data)
    missing = -len(bits) % 5
    bits += f"{padding:0{missing}b}" if missing else ""
    return [int(bits[i : i + 5], 2) for i in range(0, len(bits), 5)]


def build_addresses() -> dict[str, Any]:
    """Addresses and their texts, and texts that are no address."""
    samples = [bytes(32), b"\xff" * 32, bytes(range(32)), sha256(b"dure").digest()]
    good = encode_bech32m("dure", to_groups(samples[2]))
    swapped = good[:10] + good[11] + good[10] + good[12:]
    refused = [
        ("", "empty"),
        ("dure", "no separator"),
        (good[:-1], "too short"),
        (good + "q", "too long"),
        (good.replace("dure1", "dura1"), "another prefix"),
        (good[0].upper() + good[1:], "small letters and capitals mixed"),
        (good[:20] + ("p" if good[20] == "q" else "q") + good[21:], "one character wrong"),
        (swapped, "two characters swapped"),
        (good[:20] + "b" + good[21:], "a character that is not in the alphabet"),
        (" " + good, "a space"),
        (good[:30] + "\u212a" + good[31:], "a letter that only looks like a k"),
        (encode_bech32m("dure", to_groups(samples[2]), constant=1), "Bech32 instead of Bech32m"),
        (encode_bech32m("dure", to_groups(samples[2], padding=1)), "padding that is not zero"),
        (encode_bech32m("dure", to_groups(bytes(31))), "31 bytes"),
        (encode_bech32m("dure", to_groups(bytes(33))), "33 bytes"),
        (encode_bech32m("bc", to_groups(bytes(32))), "another prefix"),
    ]
    return {
        "accepted": [
            {"address": a.hex(), "text": encode_bech32m("dure", to_groups(a))} for a in samples
        ],
        "capitals": [{"address": samples[2].hex(), "text": good.upper()}],
        "refused": [{"text": text, "why": why} for text, why in refused],
    }


def build_ed25519() -> dict[str, Any]:
    """Signatures that every node must judge alike: ordinary ones, and the edge of ZIP-215."""
    return {
        "verify": [
            {"key": k.hex(), "message": m.hex(), "signature": s.hex(), "valid": valid, "why": why}
            for k, m, s, valid, why in _list_signatures()
        ],
        "small_order_encodings": [point.hex() for point in edwards.SMALL_ORDER_ENCODINGS],
        "keys": [{"key": k.hex(), "usable": ok, "why": why} for k, ok, why in _list_keys()],
    }


def _list_signatures() -> Iterator[tuple[bytes, bytes, bytes, bool, str]]:
    message = b"dure"
    key, signature = edwards.sign(b"\7" * 32, message)
    yield key, message, signature, True, "RFC 8032"
    yield key, b"durf", signature, False, "another message"
    yield key, message, signature[:32] + bytes(32), False, "another s"
    s = int.from_bytes(signature[32:], "little")
    late = signature[:32] + (s + edwards.ORDER).to_bytes(32, "little")
    yield key, message, late, False, "s not below the group's order"
    yield key, message, signature[:63], False, "63 bytes"
    yield key, message, signature + b"\0", False, "65 bytes"
    yield key[:31], message, signature, False, "a key of 31 bytes"
    yield b"\2" + bytes(31), message, signature, False, "a key that is no point"
    yield key, message, b"\2" + bytes(31) + signature[32:], False, "R is no point"
    for index, point in enumerate(edwards.SMALL_ORDER_POINTS[1:], start=1):
        mixed_key, mixed = edwards.sign(b"\7" * 32, message, key_torsion=point)
        yield (
            mixed_key,
            message,
            mixed,
            True,
            f"key plus small-order point {index}: the factor 8 removes it",
        )
        plain_key, shifted = edwards.sign(b"\7" * 32, message, nonce_torsion=point)
        yield plain_key, message, shifted, True, f"R plus small-order point {index}"


def _list_keys() -> Iterator[tuple[bytes, bool, str]]:
    yield edwards.sign(b"\7" * 32, b"")[0], True, "an ordinary key"
    for encoding in edwards.SMALL_ORDER_ENCODINGS:
        yield encoding, False, "small order"
    for extra in range(19):
        y = edwards.PRIME + extra
        yield y.to_bytes(32, "little"), False, "y not below 2^255-19"
        yield (y | 1 << 255).to_bytes(32, "little"), False, "y not below 2^255-19"
    yield b"\2" + bytes(31), False, "no point has this y"
    yield bytes(31), False, "31 bytes"
    yield bytes(33), False, "33 bytes"


BUILDERS = {
    "codec": build_codec,
    "hashing": build_hashing,
    "merkle": build_merkle,
    "addresses": build_addresses,
    "ed25519": build_ed25519,
    "passkeys": build_passkeys,
    "sealed": build_sealed,
    "sessions": build_sessions,
    "arguments": build_arguments,
    "state_tree": build_state_tree,
    "certificates": build_certificates,
}


def render(name: str) -> str:
    """Return the text of one file of vectors."""
    return json.dumps(BUILDERS[name](), indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    """Write the files, or with --check say which differ."""
    stale = []
    for name in BUILDERS:
        path = FOLDER / f"{name}.json"
        if "--check" in sys.argv:
            stale += [name] if not path.exists() or path.read_text("utf-8") != render(name) else []
        else:
            path.write_text(render(name), "utf-8")
    print("stale: " + ", ".join(stale) if stale else "vectors are up to date")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
