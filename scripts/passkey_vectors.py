"""Known answers for passkeys: assertions that count, assertions that do not, signatures, keys.

Written from WebAuthn level 3 and SEC 1 with the arithmetic of `scripts.weierstrass`.
"""

import base64
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from scripts import weierstrass as p256

SECRET = 7
CHALLENGE = bytes(range(32))
RP_ID = "bank.example"
ORIGINS = ["https://bank.example", "https://pay.bank.example"]
TEXT = base64.urlsafe_b64encode(CHALLENGE).rstrip(b"=").decode()
CLIENT_DATA = (
    f'{{"type":"webauthn.get","challenge":"{TEXT}","origin":"{ORIGINS[0]}","crossOrigin":false}}'
)
HINT = '"other_keys_can_be_added_here":"do not compare clientDataJSON against a template"'


def write_data(flags: int = 0x05, *, rp_id: str = RP_ID, counter: int = 1, more: str = "") -> bytes:
    """Return authenticator data of WebAuthn, section 6.1."""
    start = sha256(rp_id.encode()).digest() + bytes([flags]) + counter.to_bytes(4, "big")
    return start + bytes.fromhex(more)


def build_case(
    why: str, client_data: str = CLIENT_DATA, data: bytes | None = None, **other: Any
) -> dict[str, Any]:
    """Return one assertion; `signature`, `key` and `low` replace what an honest device gives."""
    data = write_data() if data is None else data
    digest = sha256(data + sha256(client_data.encode()).digest()).digest()
    signature = p256.join(*p256.sign(SECRET, digest, low=other.get("low", True)))
    return {
        "why": why,
        "challenge": CHALLENGE.hex(),
        "rp_id": RP_ID,
        "origins": ORIGINS,
        "key": other.get("key", p256.write_key(SECRET)).hex(),
        "authenticator_data": data.hex(),
        "client_data_json": client_data.encode().hex(),
        "signature": other.get("signature", signature).hex(),
    }


def build_passkeys() -> dict[str, Any]:
    """Return all known answers; docs/spec/passkeys.md names the rules."""
    return {
        "accepted": list(_list_accepted()),
        "refused": [
            *_list_wrong_client_data(),
            *_list_wrong_authenticator_data(),
            *_list_wrong_signatures(),
        ],
        "signatures": list(_list_signatures()),
        "keys": list(_list_keys()),
    }


def _list_accepted() -> Iterator[dict[str, Any]]:
    yield build_case("the ordinary form")
    yield build_case("the second origin", CLIENT_DATA.replace(ORIGINS[0], ORIGINS[1]))
    yield build_case("a member that Chromium adds", CLIENT_DATA[:-1] + "," + HINT + "}")
    yield build_case("whatever comes behind the comma", CLIENT_DATA[:-1] + ",")
    yield build_case("whatever comes behind the brace", CLIENT_DATA + "]]")
    yield build_case("a counter of zero", data=write_data(counter=0))
    yield build_case("the largest counter", data=write_data(counter=2**32 - 1))
    yield build_case("may be backed up", data=write_data(0x0D))
    yield build_case("is backed up", data=write_data(0x1D))
    yield build_case("bits that WebAuthn keeps for later", data=write_data(0x27))
    yield build_case("an empty map of extensions", data=write_data(0x85, more="a0"))
    yield build_case("client data of 1024 bytes", CLIENT_DATA[:-1] + "," + "x" * (1024 - 133))
    yield build_case("authenticator data of 256 bytes", data=write_data(0x85, more="00" * 219))


def _list_wrong_client_data() -> Iterator[dict[str, Any]]:
    def change(why: str, old: str, new: str) -> dict[str, Any]:
        if old not in CLIENT_DATA:
            raise ValueError(f"{old!r} does not stand in the client data")
        return build_case(why, CLIENT_DATA.replace(old, new))

    yield change("a registration", "webauthn.get", "webauthn.create")
    yield change("a payment confirmation", "webauthn.get", "payment.get")
    yield change("another challenge", TEXT, TEXT[:-1] + "9")
    yield change("a challenge cut short", TEXT, TEXT[:-1])
    yield change("a challenge with padding", TEXT, TEXT + "=")
    yield change("a challenge in hexadecimal", TEXT, CHALLENGE.hex())
    yield change("an origin that goes on", ORIGINS[0], ORIGINS[0] + ".evil")
    yield change("an origin cut short", ORIGINS[0], ORIGINS[0][:-1])
    yield change("another scheme", "https:", "http:")
    yield change("a port", ORIGINS[0], ORIGINS[0] + ":443")
    yield change("capitals in the origin", "bank.example", "Bank.example")
    yield change("inside of another page", "false", "true")
    yield change("inside of another page that it names", "false", 'true,"topOrigin":"https://x"')
    yield change("a space", ":false", ": false")
    yield change("a space before the brace", "false}", "false }")
    yield change("no brace", "false}", "false")
    yield change("a longer word", "false}", "falsehood}")
    yield change("no crossOrigin", ',"crossOrigin":false', "")
    yield change("an escape that JSON reads alike", "webauthn.get", "webauthn\\u002eget")
    yield build_case(
        "another order",
        f'{{"challenge":"{TEXT}","type":"webauthn.get","origin":"{ORIGINS[0]}",'
        '"crossOrigin":false}',
    )
    yield build_case("a byte order mark", "\ufeff" + CLIENT_DATA)
    yield build_case("the type twice", '{"type":"webauthn.create",' + CLIENT_DATA[1:])
    yield build_case("an empty object", "{}")
    yield build_case("nothing", "")
    yield build_case("client data of 1025 bytes", CLIENT_DATA[:-1] + "," + "x" * (1025 - 133))


def _list_wrong_authenticator_data() -> Iterator[dict[str, Any]]:
    for flags, why in (
        (0x00, "neither present nor verified"),
        (0x01, "present and not verified"),
        (0x04, "verified and not present"),
        (0x45, "a new key is announced"),
        (0x85, "extensions are announced and missing"),
        (0x15, "backed up and not eligible for it"),
    ):
        yield build_case(why, data=write_data(flags))
    yield build_case("a new key comes along", data=write_data(0x45, more="00" * 55))
    yield build_case("extensions that are not announced", data=write_data(more="a0"))
    yield build_case("36 bytes", data=write_data()[:-1])
    yield build_case("257 bytes", data=write_data(0x85, more="00" * 220))
    yield build_case("a subdomain's relying party", data=write_data(rp_id="pay.bank.example"))
    yield build_case("the origin as relying party", data=write_data(rp_id=ORIGINS[0]))


def _list_wrong_signatures() -> Iterator[dict[str, Any]]:
    yield build_case("the high s", low=False)
    yield build_case("another key", key=p256.write_key(SECRET + 1))
    yield build_case("the mirrored key", key=p256.write_key(p256.ORDER - SECRET))
    yield build_case("zeros", signature=bytes(64))
    ones = p256.sign(SECRET, CHALLENGE)
    yield build_case("over the challenge alone", signature=p256.join(*ones))
    digest = sha256(write_data() + CLIENT_DATA.encode()).digest()
    yield build_case("client data hashed once", signature=p256.join(*p256.sign(SECRET, digest)))


def _list_signatures() -> Iterator[dict[str, Any]]:
    digest, key = sha256(b"dure").digest(), p256.write_key(SECRET)
    r, s = p256.sign(SECRET, digest)
    half = p256.ORDER // 2
    cases = [
        (key, digest, p256.join(r, s), True, "low s"),
        (key, digest, p256.join(r, p256.ORDER - s), False, "high s"),
        (key, sha256(b"durf").digest(), p256.join(r, s), False, "another digest"),
        (key, digest, p256.join(0, s), False, "r = 0"),
        (key, digest, p256.join(r, 0), False, "s = 0"),
        (key, digest, p256.join(p256.ORDER, s), False, "r = n"),
        (key, digest, p256.join(2**256 - 1, s), False, "r = 2^256 - 1"),
        (key, digest, p256.join(s, r), False, "r and s exchanged"),
        (key, digest, p256.join(r, s)[:-1], False, "63 bytes"),
        (key, digest, p256.join(r, s) + b"\0", False, "65 bytes"),
        (key, digest[:-1], p256.join(r, s), False, "a digest of 31 bytes"),
        (b"\4" + key[1:], digest, p256.join(r, s), False, "a key that is not compressed"),
        (_find_key(r, half, digest), digest, p256.join(r, half), True, "s = (n - 1) / 2"),
        (_find_key(r, half + 1, digest), digest, p256.join(r, half + 1), False, "s = (n + 1) / 2"),
        (_find_key(r, 1, digest), digest, p256.join(r, 1), True, "s = 1"),
    ]
    for case_key, case_digest, signature, valid, why in cases:
        yield {
            "why": why,
            "key": case_key.hex(),
            "digest": case_digest.hex(),
            "signature": signature.hex(),
            "valid": valid,
        }


def _find_key(r: int, s: int, digest: bytes) -> bytes:
    """Return the key for which (r, s) signs the digest: (s·R - e·G) / r, R with an even y."""
    y = pow(r**3 + p256.A * r + p256.B, (p256.PRIME + 1) // 4, p256.PRIME)
    e, inverse = int.from_bytes(digest, "big"), pow(r, -1, p256.ORDER)
    point = (r, y if y % 2 == 0 else p256.PRIME - y)
    first = p256.multiply(s * inverse % p256.ORDER, point)
    second = p256.multiply(-e * inverse % p256.ORDER, p256.GENERATOR)
    return p256.write_point(p256.add(first, second))


def _list_keys() -> Iterator[dict[str, Any]]:
    good = p256.write_key(SECRET)
    off = next(x for x in range(1, 100) if not p256.is_on_curve(x))
    on = next(x for x in range(2**256 - p256.PRIME) if p256.is_on_curve(x))
    cases = [
        (good, True, "an ordinary key"),
        (bytes([good[0] ^ 1]) + good[1:], True, "the same x, the other y"),
        (bytes([2]) + on.to_bytes(32, "big"), True, "a small x"),
        (bytes([2]) + (on + p256.PRIME).to_bytes(32, "big"), False, "x not below the prime"),
        (bytes([2]) + off.to_bytes(32, "big"), False, "no point has this x"),
        (b"\4" + good[1:], False, "another form's first byte"),
        (b"\0" + bytes(32), False, "infinity, filled up"),
        (good[:-1], False, "32 bytes"),
        (good + b"\0", False, "34 bytes"),
    ]
    for key, usable, why in cases:
        yield {"why": why, "key": key.hex(), "usable": usable}
