"""The signer never contradicts itself, whatever is asked, and whenever it is killed."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.core.attestation import AttestationStatement, compute_attestation_message
from dure.core.certificate import SealStatement, compute_seal_message
from dure.core.errors import ConfigurationError, StorageError
from dure.core.signatures import verify
from dure.core.types import BlockId, ChainId, Height, Instant, PublicKey, Round, Signature
from dure.identity.keys import SigningKey
from dure.identity.tokens import TokenFailed
from dure.node.durable.signer import (
    SLOT_DISTANCE,
    FileSigner,
    create_guard,
    is_guard_lost,
    replace_guard,
)

KEY = SigningKey(b"k" * 32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create_guard(tmp_path / "guard", KEY.public)
    return tmp_path / "guard"


@pytest.fixture
def signer(path: Path) -> Iterator[FileSigner]:
    signer = FileSigner(path, KEY)
    yield signer
    signer.close()


def test_a_signature_is_valid(signer: FileSigner) -> None:
    signature = signer.sign(1, 0, 1, b"vote")
    assert signature is not None
    assert verify(signer.key, b"vote", signature)


def test_the_very_first_position_can_be_signed_once(signer: FileSigner) -> None:
    assert signer.sign(0, 0, 0, b"a") is not None
    assert signer.sign(0, 0, 0, b"b") is None


def test_the_same_message_gets_the_same_signature(signer: FileSigner, path: Path) -> None:
    first = signer.sign(3, 1, 2, b"vote")
    assert signer.sign(3, 1, 2, b"vote") == first
    signer.close()
    again = FileSigner(path, KEY)
    assert again.sign(3, 1, 2, b"vote") == first
    again.close()


def test_another_message_at_the_same_position_is_refused(signer: FileSigner) -> None:
    signer.sign(3, 1, 2, b"vote")
    assert signer.sign(3, 1, 2, b"other") is None


@pytest.mark.parametrize("behind", [(3, 1, 1), (3, 0, 9), (2, 9, 9)])
def test_a_position_behind_is_refused_also_after_a_restart(
    signer: FileSigner, path: Path, behind: tuple[int, int, int]
) -> None:
    signer.sign(*behind, b"vote")
    signer.sign(3, 1, 2, b"vote")
    assert signer.sign(*behind, b"vote") is None
    signer.close()
    again = FileSigner(path, KEY)
    assert again.sign(*behind, b"vote") is None
    assert again.sign(3, 1, 3, b"next") is not None
    again.close()


class FailingToken:
    """A key whose token was taken out."""

    public = KEY.public

    def sign(self, message: bytes) -> Signature:
        raise TokenFailed("taken out")


def test_after_a_token_failed_in_the_middle_only_the_same_vote_can_be_signed(
    signer: FileSigner, path: Path
) -> None:
    signer.close()
    broken = FileSigner(path, FailingToken())
    with pytest.raises(TokenFailed):
        broken.sign(3, 1, 2, b"vote")
    broken.close()
    again = FileSigner(path, KEY)
    assert again.sign(3, 1, 2, b"other") is None
    assert again.sign(3, 1, 2, b"vote") is not None
    again.close()


Request = tuple[int, int, int, bytes]
REQUESTS = st.tuples(
    st.integers(0, 2), st.integers(0, 2), st.integers(0, 2), st.sampled_from([b"a", b"b"])
)


@settings(deadline=None)
@given(st.lists(st.one_of(REQUESTS, st.none()), max_size=25))
def test_no_two_messages_ever_share_a_position(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Request | None]
) -> None:
    path = tmp_path_factory.mktemp("guard") / "guard"
    create_guard(path, KEY.public)
    signer = FileSigner(path, KEY)
    signed: dict[tuple[int, int, int], bytes] = {}
    for step in steps:
        if step is None:
            signer.close()
            signer = FileSigner(path, KEY)
        elif signer.sign(*step) is not None:
            place, message = step[:3], step[3]
            assert place >= max(signed, default=(0, 0, 0))
            assert signed.setdefault(place, message) == message
    signer.close()


def test_a_torn_slot_gives_back_the_position_before_it(signer: FileSigner, path: Path) -> None:
    for height in (1, 2, 3):
        signer.sign(height, 0, 0, b"%d" % height)
    signer.close()
    intact = path.read_bytes()
    newest = SLOT_DISTANCE * 2
    for length in range(68):
        torn = intact[: newest + length] + bytes(len(intact) - newest - length)
        path.write_bytes(torn)
        again = FileSigner(path, KEY)
        assert again.last.height == 2
        assert again.sign(2, 0, 0, b"other") is None
        assert again.sign(3, 0, 0, b"3") is not None
        again.close()


def test_the_position_is_durable_before_the_signature_is_made(
    signer: FileSigner, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    flush = os.fdatasync

    def record_flush(descriptor: int) -> None:
        flush(descriptor)
        order.append("flushed")

    def record_sign(_: SigningKey, message: bytes) -> bytes:
        order.append("signed")
        return bytes(64)

    monkeypatch.setattr(os, "fdatasync", record_flush)
    monkeypatch.setattr(SigningKey, "sign", record_sign)
    signer.sign(1, 0, 0, b"vote")
    assert order == ["flushed", "signed"]


def test_a_full_disk_stops_the_signer(signer: FileSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    signer.sign(1, 0, 0, b"vote")

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", fail)
        with pytest.raises(StorageError, match="No space left"):
            signer.sign(2, 0, 0, b"vote")
    with pytest.raises(StorageError, match="restart"):
        signer.sign(2, 0, 0, b"vote")


def test_a_missing_guard_is_no_fresh_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="does not start without it"):
        FileSigner(tmp_path / "absent", KEY)


def test_a_guard_is_never_made_over_another(path: Path) -> None:
    with pytest.raises(ConfigurationError, match="exists already"):
        create_guard(path, KEY.public)


def test_the_guard_of_another_key_is_refused(path: Path, tmp_path: Path) -> None:
    create_guard(tmp_path / "other", PublicKey(bytes(32)))
    with pytest.raises(ConfigurationError, match="another key"):
        FileSigner(tmp_path / "other", KEY)


def test_what_was_renounced_is_never_signed_not_even_after_a_restart(
    signer: FileSigner, path: Path
) -> None:
    signer.sign(5, 1, 2, b"vote")
    signer.renounce(7)
    signer.renounce(6)
    assert signer.sign(7, 2**40, 3, b"vote") is None
    signer.close()
    again = FileSigner(path, KEY)
    assert again.height == 7
    assert again.sign(7, 0, 0, b"vote") is None
    assert again.sign(8, 0, 0, b"vote") is not None
    again.close()


@pytest.mark.parametrize("damage", ["missing", "header", "slots", "cut"])
def test_a_lost_guard_is_replaced_by_a_blank_one_and_kept_aside(path: Path, damage: str) -> None:
    content = bytearray(path.read_bytes())
    for place in {"header": [9], "slots": [SLOT_DISTANCE + 1, 2 * SLOT_DISTANCE + 1]}.get(
        damage, []
    ):
        content[place] ^= 1
    path.write_bytes(content[: 10 if damage == "cut" else None])
    if damage == "missing":
        path.unlink()
    assert is_guard_lost(path, KEY.public)
    replace_guard(path, KEY.public)
    assert path.with_name("guard.lost-1").exists() is (damage != "missing")
    signer = FileSigner(path, KEY)
    assert signer.last.is_blank
    signer.close()


def test_a_guard_that_can_be_believed_is_not_lost(signer: FileSigner, path: Path) -> None:
    signer.sign(1, 0, 0, b"vote")
    assert not is_guard_lost(path, KEY.public)
    with pytest.raises(AssertionError):
        replace_guard(path, KEY.public)
    with pytest.raises(ConfigurationError, match="another key"):
        is_guard_lost(path, PublicKey(bytes(32)))


def test_two_signers_cannot_hold_one_guard(signer: FileSigner, path: Path) -> None:
    with pytest.raises(ConfigurationError, match="another process"):
        FileSigner(path, KEY)
    signer.close()
    FileSigner(path, KEY).close()


@pytest.mark.parametrize("places", [(0,), (SLOT_DISTANCE, SLOT_DISTANCE * 2)])
def test_a_damaged_guard_is_never_believed(path: Path, places: tuple[int, ...]) -> None:
    content = bytearray(path.read_bytes())
    for place in places:
        content[place + 5] ^= 1
    path.write_bytes(content)
    with pytest.raises(StorageError, match="must not vote"):
        FileSigner(path, KEY)


@pytest.mark.parametrize("length", [0, 10, SLOT_DISTANCE])
def test_a_cut_guard_is_never_believed(path: Path, length: int) -> None:
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(StorageError, match="damaged"):
        FileSigner(path, KEY)


def attest(signer: FileSigner) -> tuple[AttestationStatement, Signature]:
    statement = AttestationStatement(
        chain_id=ChainId(bytes(32)),
        validator=signer.key,
        height=Height(7),
        block_id=BlockId(bytes(32)),
        time=Instant(1),
    )
    return statement, signer.attest(statement)


def test_an_attestation_is_signed_and_the_guard_forgets_nothing_over_it(
    signer: FileSigner, path: Path
) -> None:
    signer.sign(3, 1, 2, b"vote")
    before = path.read_bytes()
    statement, signature = attest(signer)
    assert verify(signer.key, compute_attestation_message(statement), signature)
    assert path.read_bytes() == before
    assert signer.last.place == (3, 1, 2)
    assert signer.sign(3, 1, 2, b"other") is None


def test_an_attestation_is_no_seal_of_the_block_that_it_names(signer: FileSigner) -> None:
    statement, signature = attest(signer)
    for round_ in range(3):
        seal = SealStatement(
            statement.chain_id, statement.height, Round(round_), statement.block_id
        )
        assert not verify(signer.key, compute_seal_message(seal), signature)
