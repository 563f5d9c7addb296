"""Identities, digests, and what a member makes of an alert: the rules that hold off the chain."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from pathlib import Path
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.apps.leak_alert.contract import DIGESTS_MAX, ClearReason, LeakReported
from dure.apps.leak_alert.identities import (
    EpochKey,
    Identity,
    IdentityKind,
    draw_key,
    load_key,
    read_identity,
    read_key,
    save_key,
)
from dure.apps.leak_alert.offchain import (
    ClearSeen,
    Freeze,
    LeakSeen,
    Release,
    Watch,
    build_batches,
    compute_case,
    follow_alerts,
    read_event,
)
from dure.apps.leak_alert.state import WatchState, load_state, save_state
from dure.apps.leak_alert.tests.scene import Scene, key
from dure.core.errors import ConfigurationError
from dure.core.types import Address, Hash
from dure.sdk.answers import EventDetail, EventItem
from dure.testing import MemoryStage

PHONE = read_identity(IdentityKind.PHONE, "010-2345-6789")
NUMBER = read_identity(IdentityKind.RESIDENT_NUMBER, "900101-1234567")
NUMBERS = st.integers(0, 99_999_999).map(lambda number: f"010{number:08d}")


def watch(**customers: list[Identity]) -> Watch:
    return Watch(customers, [key(1)], case_secret=b"secret")


def leak(*identities: Identity, batch: int = 1) -> LeakSeen:
    return LeakSeen(batch, 1, tuple(key(1).compute_digest(each) for each in identities))


def clear(*identities: Identity) -> ClearSeen:
    return ClearSeen(leak(*identities).digests, ClearReason.WRONG_IDENTITY.name)


def test_r2_without_the_key_no_identity_is_found_by_trying() -> None:
    digest = key(1).compute_digest(PHONE)
    for text in (PHONE.text, "010-2345-6789", "01023456789"):
        assert digest != sha256(text.encode()).digest()
    others = [EpochKey(1, secrets.token_bytes(32)), key(2), EpochKey(2, key(1)._secret)]
    assert digest not in [other.compute_digest(PHONE) for other in others[:2]]
    # The same secret in another epoch has another key check, so it is seen to be used again.
    assert others[2].key_check != key(1).key_check


def test_r2_kinds_are_kept_apart_and_not_told() -> None:
    same_text = Identity(IdentityKind.ACCOUNT, PHONE.text)
    assert key(1).compute_digest(same_text) != key(1).compute_digest(PHONE)
    assert PHONE.text not in repr(PHONE)


def test_r2_a_key_shows_itself_nowhere_but_in_its_file(tmp_path: Path) -> None:
    drawn = draw_key(7)
    secret = drawn.export().decode()
    path = tmp_path / "key.json"
    save_key(path, drawn)
    assert path.stat().st_mode & 0o077 == 0
    assert load_key(path).key_check == drawn.key_check
    assert repr(drawn) == "EpochKey(epoch=7)"
    with pytest.raises(ConfigurationError) as wrong:
        read_key(secret.replace('"epoch":7', '"epoch":"seven"').encode())
    assert not any(part in str(wrong.value) for part in secret.split('"') if len(part) > 30)
    path.chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        load_key(path)


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b'{"type":"dure-leak-alert-key-1"}'])
def test_r2_what_is_no_key_is_refused(data: bytes) -> None:
    with pytest.raises(ConfigurationError, match="no key"):
        read_key(data)


@pytest.mark.parametrize(
    ("kind", "typed", "normal"),
    [
        (IdentityKind.PHONE, "010-2345-6789", "+821023456789"),
        (IdentityKind.PHONE, "+82 10 2345 6789", "+821023456789"),
        (IdentityKind.PHONE, "+82 (0)10-2345-6789", "+821023456789"),
        (IdentityKind.PHONE, "0082 10 2345 6789", "+821023456789"),
        (IdentityKind.PHONE, "+1 202 555 0147", "+12025550147"),
        (IdentityKind.RESIDENT_NUMBER, " 900101-1234567", "9001011234567"),
        (IdentityKind.RESIDENT_NUMBER, "9001011234567", "9001011234567"),
        (IdentityKind.ACCOUNT, "004:123-456-789012", "004:123456789012"),
        (IdentityKind.CERTIFICATE, "AB:" * 31 + "cd", "ab" * 31 + "cd"),
    ],
)
def test_r3_one_identity_has_one_form(kind: IdentityKind, typed: str, normal: str) -> None:
    assert read_identity(kind, typed).text == normal


@given(number=NUMBERS)
def test_r3_however_a_phone_number_is_typed_it_is_one(number: str) -> None:
    typed = [number, f"{number[:3]}-{number[3:7]}-{number[7:]}", f"+82 {number[1:]}"]
    assert len({read_identity(IdentityKind.PHONE, each) for each in typed}) == 1


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        (IdentityKind.PHONE, "call me"),
        (IdentityKind.PHONE, "010"),
        (IdentityKind.PHONE, "٠١٠٢٣٤٥٦٧٨٩"),
        (IdentityKind.RESIDENT_NUMBER, "901301-1234567"),
        (IdentityKind.RESIDENT_NUMBER, "900132-1234567"),
        (IdentityKind.RESIDENT_NUMBER, "900101-123456"),
        (IdentityKind.ACCOUNT, "12345678"),
        (IdentityKind.CERTIFICATE, "ab" * 31),
        (IdentityKind.PHONE, "0" * 201),
    ],
)
def test_r3_what_is_no_identity_is_refused_and_not_repeated(kind: IdentityKind, typed: str) -> None:
    with pytest.raises(ConfigurationError) as wrong:
        read_identity(kind, typed)
    assert typed not in str(wrong.value)


def test_r6_batches_are_filled_up_and_tell_no_order() -> None:
    identities = [read_identity(IdentityKind.PHONE, f"010{n:08d}") for n in range(DIGESTS_MAX + 5)]
    first, second = build_batches([*identities, *identities], key(1))
    assert (len(first), len(second)) == (DIGESTS_MAX, 64)
    assert {key(1).compute_digest(each) for each in identities} < {*first, *second}
    assert [first, second] == [sorted(first), sorted(second)]
    assert build_batches([], key(1)) == []


def test_r7_a_member_freezes_its_own_customers_and_nobody_else() -> None:
    seen = leak(PHONE)
    found = watch(kim=[PHONE, NUMBER], lee=[NUMBER]).take(seen)
    assert [(order.customer, type(order)) for order in found] == [("kim", Freeze)]
    assert watch(lee=[NUMBER]).take(seen) == []


def test_r7_the_same_alert_again_freezes_nobody_twice() -> None:
    own = watch(kim=[PHONE, NUMBER])
    assert len(own.take(leak(PHONE))) == 1
    assert own.take(leak(PHONE)) == []
    assert own.take(leak(NUMBER, batch=2)) == []
    assert own.list_frozen() == ["kim"]


def begin_anew(before: Watch, path: Path, **customers: list[Identity]) -> Watch:
    save_state(path, before.export())
    after = watch(**customers)
    after.restore(load_state(path))
    return after


def test_r7_whoever_begins_anew_freezes_nobody_twice(tmp_path: Path) -> None:
    own = watch(kim=[PHONE, NUMBER])
    own.take(leak(PHONE), place=(5, 0, 0, 0))
    anew = begin_anew(own, tmp_path / "state", kim=[PHONE, NUMBER])
    assert anew.list_frozen() == ["kim"]
    assert anew.get_opening("kim") == own.get_opening("kim")
    assert anew.take(leak(NUMBER, batch=2), place=(6, 0, 0, 0)) == []


def test_r7_what_was_carried_out_is_not_carried_out_again(tmp_path: Path) -> None:
    own = watch(kim=[PHONE])
    own.take(leak(PHONE), place=(5, 1, 0, 0))
    own.take(clear(PHONE), place=(5, 2, 0, 0))
    anew = begin_anew(own, tmp_path / "state", kim=[PHONE])
    for each in (own, anew):
        for place in ((5, 1, 0, 0), (5, 2, 0, 0)):
            assert each.take(leak(PHONE), place=place) == []
        assert len(each.take(leak(PHONE, batch=2), place=(5, 2, 0, 1))) == 1


def test_r7_what_a_follower_remembers_is_its_owners(tmp_path: Path) -> None:
    path = tmp_path / "state"
    assert load_state(path) == WatchState()
    begin_anew(watch(kim=[PHONE]), path)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        load_state(path)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b'{"type":"another"}',
        b'{"type":"dure-leak-alert-watch-1","place":[1]}',
        b'{"type":"dure-leak-alert-watch-1","more":1}',
        b'{"type":"dure-leak-alert-watch-1","alarms":[{"digest":"a2lt","customers":[]}]}',
    ],
)
def test_r7_what_no_follower_wrote_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "state"
    path.touch(0o600)
    path.write_bytes(data)
    with pytest.raises(ConfigurationError, match="no state of a follower"):
        load_state(path)


def test_r7_alarms_and_cases_belong_together(tmp_path: Path) -> None:
    own = watch(kim=[PHONE])
    own.take(leak(PHONE))
    save_state(tmp_path / "state", WatchState(alarms=own.export().alarms))
    with pytest.raises(ConfigurationError, match="alarms without cases"):
        load_state(tmp_path / "state")


def test_r7_a_follower_begins_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scene: Scene
) -> None:
    scene.report(1, 2)
    stage = scene.world._stage
    assert isinstance(stage, MemoryStage)
    data = next(each.data for each in stage.get_events() if each.name == "LeakReported").hex()
    detail = EventDetail("", "LeakReported", data, None)
    begun: list[int] = []

    async def tell(url: str, *, from_height: int, contract: Address) -> AsyncIterator[EventItem]:
        begun.append(from_height)
        for height in (7, 9):
            yield EventItem(height, 0, 0, 0, "", 0, "", "final", 0, detail)

    async def run() -> list[int]:
        alerts = follow_alerts(
            "", scene.alert.address, watch(), Mock(), state_file=tmp_path / "state", from_height=3
        )
        return [handled.height async for handled in alerts]

    monkeypatch.setattr("dure.apps.leak_alert.offchain.follow", tell)
    assert asyncio.run(run()) == [7, 9]
    assert asyncio.run(run()) == []
    assert begun == [3, 9]


def test_r7_two_customers_with_one_phone_are_both_frozen() -> None:
    assert len(watch(kim=[PHONE], lee=[PHONE]).take(leak(PHONE))) == 2


def test_r7_without_the_key_an_alert_is_not_passed_over_in_silence() -> None:
    with pytest.raises(ConfigurationError, match="the key of epoch 2 is not here"):
        watch(kim=[PHONE]).take(LeakSeen(1, 2, ()))


def test_r7_what_the_chain_says_is_what_a_member_reads(scene: Scene) -> None:
    scene.report(1, 2)
    stage = scene.world._stage
    assert isinstance(stage, MemoryStage)
    said = [read_event(event.name, event.data) for event in stage.get_events()]
    (reported,) = scene.world.events(LeakReported)
    assert [each for each in said if each] == [LeakSeen(1, 1, tuple(reported.digests))]


def test_r9_a_case_number_tells_nothing_and_cannot_be_denied() -> None:
    (north,) = Watch({"kim": [PHONE]}, [key(1)], case_secret=b"north").take(leak(PHONE))
    own = Watch({"kim": [PHONE]}, [key(1)], case_secret=b"south")
    (south,) = own.take(leak(PHONE))
    assert north.case != south.case
    opening = own.get_opening("kim")
    assert compute_case(opening.digest, opening.blinding) == south.case
    assert compute_case(key(1).compute_digest(NUMBER), opening.blinding) != south.case


def test_r9_a_customer_who_leaks_again_is_another_case() -> None:
    own = watch(kim=[PHONE])
    (first,) = own.take(leak(PHONE))
    own.take(clear(PHONE))
    (second,) = own.take(leak(PHONE, batch=2))
    assert first.case != second.case


def test_r12_accounts_are_free_when_the_last_alarm_is_called_off() -> None:
    own = watch(kim=[PHONE, NUMBER])
    (freeze,) = own.take(leak(PHONE, NUMBER))
    assert own.take(clear(PHONE)) == []
    assert own.take(clear(PHONE)) == []
    assert own.take(clear(NUMBER)) == [Release("kim", freeze.case, "WRONG_IDENTITY")]
    assert own.list_frozen() == []
    assert own.take(clear(NUMBER)) == []


def test_r12_whom_a_follower_froze_before_it_began_anew_is_freed(tmp_path: Path) -> None:
    own = watch(kim=[PHONE], lee=[PHONE])
    freeze, _ = own.take(leak(PHONE))
    # Lee is no customer any more, Park is a new one who was never frozen.
    anew = begin_anew(own, tmp_path / "state", kim=[PHONE], park=[PHONE])
    freed = anew.take(clear(PHONE))
    assert freed[0] == Release("kim", freeze.case, "WRONG_IDENTITY")
    assert [order.customer for order in freed] == ["kim", "lee"]
    assert anew.export() == WatchState()


@given(
    st.lists(
        st.tuples(st.booleans(), st.sets(st.integers(0, 3), min_size=1)), min_size=1, max_size=20
    )
)
def test_r12_whoever_is_frozen_has_an_alarm_and_the_other_way_round(
    history: list[tuple[bool, set[int]]],
) -> None:
    identities = [read_identity(IdentityKind.PHONE, f"0100000000{n}") for n in range(4)]
    own = watch(kim=identities[:2], lee=identities[1:3], park=identities[3:])
    standing: set[int] = set()
    frozen: set[str] = set()
    for batch, (is_leak, numbers) in enumerate(history, start=1):
        chosen = [identities[each] for each in sorted(numbers)]
        for order in own.take(leak(*chosen, batch=batch) if is_leak else clear(*chosen)):
            # Orders alternate: nobody is frozen twice or freed twice.
            assert (order.customer in frozen) is isinstance(order, Release)
            frozen ^= {order.customer}
        standing = standing | numbers if is_leak else standing - numbers
        assert own.list_frozen() == sorted(expected(standing)) == sorted(frozen)


def expected(standing: set[int]) -> Iterator[str]:
    held = {"kim": {0, 1}, "lee": {1, 2}, "park": {3}}
    return (name for name, numbers in held.items() if numbers & standing)


def test_other_events_are_about_no_alarm() -> None:
    assert read_event("BatchAcknowledged", b"") is None
    assert read_event("Transferred", b"\x90") is None


def test_a_digest_is_32_bytes() -> None:
    assert len(Hash(key(1).compute_digest(PHONE))) == 32
