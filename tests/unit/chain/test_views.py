"""Views of the state: what is read through layers of writes, and what a fork leaves behind."""

from unittest.mock import Mock

from hypothesis import given
from hypothesis import strategies as st

from dure.chain import state
from dure.chain.execution.session import Moment, Session
from dure.core.types import Address, ChainId, Gas, Height, Instant

CONTRACT = Address(bytes(range(32)))
MOMENT = Moment(
    chain_id=ChainId(bytes(32)),
    height=Height(1),
    time=Instant(1),
    scheduled_gas_max=Gas(1),
    consult=Mock(),
    load_program=Mock(),
)

keys = st.sampled_from([b"", b"a", b"b", b"ab"])
layers = st.dictionaries(keys, st.none() | st.binary(max_size=2), max_size=4)
committed = st.dictionaries(keys, st.binary(max_size=2), max_size=4)


@given(committed, st.lists(layers, max_size=4), layers)
def test_the_newest_write_is_read(
    base: dict[bytes, bytes], below: list[state.Writes], top: state.Writes
) -> None:
    view = state.View(base, tuple(below))
    for key, value in top.items():
        view.put(key, value)

    known: state.Writes = dict(base)
    for layer in (*reversed(below), top):
        known.update(layer)
    assert {key: view.get(key) for key in (b"", b"a", b"b", b"ab")} == {
        key: known.get(key) for key in (b"", b"a", b"b", b"ab")
    }
    assert view.top == top


@given(committed, layers, layers, layers)
def test_a_session_reads_what_its_view_holds_of_the_contract(
    base: dict[bytes, bytes], older: state.Writes, newer: state.Writes, own: state.Writes
) -> None:
    def store(writes: state.Writes) -> state.Writes:
        return {state.key_storage(CONTRACT, key): value for key, value in writes.items()}

    stored = {state.key_storage(CONTRACT, key): value for key, value in base.items()}
    view = state.View(stored, (store(newer), store(older)))
    session = Session(view, MOMENT)
    for key, value in own.items():
        session.write(state.key_storage(CONTRACT, key), value)

    assert view.top == store(own)
    for key in (b"", b"a", b"b", b"ab"):
        place = state.key_storage(CONTRACT, key)
        assert session.read(place) == view.get(place)


@given(layers, layers)
def test_a_fork_changes_its_view_when_it_is_merged(
    before: state.Writes, written: state.Writes
) -> None:
    view = state.View({})
    view.top.update(before)
    fork = view.fork()
    for key, value in written.items():
        fork.put(key, value)

    assert view.top == before
    assert fork.fork().top == {}
    view.merge(fork)
    assert view.top == before | written


def test_each_view_begins_with_nothing_written() -> None:
    state.View({}).put(b"key", b"value")

    assert state.View({}).get(b"key") is None
