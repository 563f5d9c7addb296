"""Known answers, computed by `scripts/sealed_vectors.py`, which shares no line with Dure."""

import io
from typing import Any

import pytest

from dure.core.types import Address, ChainId, Hash
from dure.identity.envelopes.files import (
    ContentDigest,
    DataKey,
    FileDigest,
    Place,
    open_pieces,
    seal_pieces,
)
from dure.identity.envelopes.sealing import ReadingKey, derive_reading_key
from dure.identity.keys import SigningKey
from dure.node.sealed.store import compute_store_name
from tests.unit.core.vectors import load_vectors

VECTORS: dict[str, Any] = load_vectors("sealed")
KEY = DataKey(bytes.fromhex(VECTORS["data_key"]), bytes.fromhex(VECTORS["salt"]))
PLACE = Place(
    ChainId(bytes.fromhex(VECTORS["place"]["chain_id"])),
    Address(bytes.fromhex(VECTORS["place"]["contract"])),
    Hash(bytes.fromhex(VECTORS["place"]["name"])),
    VECTORS["place"]["version"],
)


@pytest.mark.parametrize("known", VECTORS["files"], ids=lambda known: str(known["content_bytes"]))
def test_known_files(known: dict[str, Any]) -> None:
    content = bytes(number % 251 for number in range(known["content_bytes"]))
    salted, sealed = ContentDigest(KEY), FileDigest()
    parts = seal_pieces(KEY, PLACE, len(content), salted.pass_on([content]))
    file = b"".join(parts)
    sealed.add(file)
    assert len(file) == known["sealed_bytes"]
    assert (file[:152].hex(), file[-24:].hex()) == (known["begins"], known["ends"])
    assert sealed.finish().hex() == known["sealed"]
    assert salted.finish().hex() == known["salted"]
    assert b"".join(open_pieces(KEY, PLACE, io.BytesIO(file))) == content


def test_a_known_sealed_key() -> None:
    known = VECTORS["reader"]
    reading = derive_reading_key(SigningKey(bytes.fromhex(known["seed"])))
    assert reading.public.hex() == known["reading_key"]
    assert ReadingKey(bytes.fromhex(known["reading_secret"])).public == reading.public
    reader = Address(bytes.fromhex(known["address"]))
    assert reading.open(bytes.fromhex(known["sealed_key"]), PLACE, reader) == KEY


def test_a_known_name_on_the_disk() -> None:
    assert compute_store_name(PLACE) == VECTORS["place"]["store_name"]
