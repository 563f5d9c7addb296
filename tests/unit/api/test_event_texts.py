"""Texts of `/v1/events` are written once for all readers, and of long blocks nothing is kept."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

import pytest

from dure.api.answers.contracts import Contracts
from dure.api.answers.shapes import EventAnswer
from dure.api.sockets import event_texts
from dure.api.sockets.event_texts import BLOCKS_KEPT, EventTexts, Wanted
from dure.core.types import Address
from dure.node.gateway import Finality, Notice
from tests.unit.api.solo_chain import SoloChain

EVERYTHING = Wanted(has_events=True, contract=None, name=None)


@dataclass
class Describing:
    """Contracts that note which events they describe."""

    contracts: Contracts
    names: list[str] = field(default_factory=list)

    def describe_event(self, contract: Address, name: str, data: bytes) -> EventAnswer:
        self.names.append(name)
        return self.contracts.describe_event(contract, name, data)


@pytest.fixture(name="describing")
def _open() -> Describing:
    return Describing(Contracts(CHAIN))


def make_chain() -> SoloChain:
    chain = SoloChain()
    book = chain.deploy()
    calls = [book.call("write", text=text) for text in ("one", "two", "three")]
    chain.send(chain.sign(*calls))
    return chain


CHAIN = make_chain()
NOTICE = Notice(CHAIN.blocks[-1], Finality.FINAL, 1)


def open_texts(describing: Describing) -> EventTexts:
    return EventTexts(cast("Contracts", describing))


def test_readers_side_by_side_get_the_same_texts_each_written_once(describing: Describing) -> None:
    texts = open_texts(describing)
    first, second = (texts.read(NOTICE, EVERYTHING) for _ in range(2))
    begun = [next(first), next(first)]
    assert len(describing.names) == 1
    assert [next(second), next(second), next(second)][:2] == begun
    assert len(describing.names) == 2
    everything = begun + list(first)
    assert list(texts.read(NOTICE, EVERYTHING)) == everything
    assert len(describing.names) == 3
    kinds = [json.loads(text)["type"] for text in everything]
    assert kinds == ["block", "event", "event", "event"]


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Wanted(has_events=False, contract=None, name=None), 0),
        (Wanted(has_events=True, contract=None, name="Written"), 3),
        (Wanted(has_events=True, contract=None, name="Other"), 0),
        (Wanted(has_events=True, contract=Address(bytes(32)), name=None), 0),
    ],
)
def test_who_asks_for_less_gets_less(describing: Describing, wanted: Wanted, count: int) -> None:
    texts = open_texts(describing)
    assert len(list(texts.read(NOTICE, EVERYTHING))) == 4
    assert len(list(texts.read(NOTICE, wanted))) == 1 + count


def read_twice(describing: Describing, between: Callable[[EventTexts], None]) -> int:
    """Return how many events were described for two readers of the same block."""
    texts = open_texts(describing)
    assert len(list(texts.read(NOTICE, EVERYTHING))) == 4
    between(texts)
    assert len(list(texts.read(NOTICE, EVERYTHING))) == 4
    return describing.names.count("Written")


def test_of_a_long_block_nothing_is_kept(
    describing: Describing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_texts, "RECEIPT_BYTES_MAX", 10)
    assert read_twice(describing, lambda _: None) == 6


def test_only_the_newest_are_kept(describing: Describing) -> None:
    def read_others(texts: EventTexts) -> None:
        for number in range(BLOCKS_KEPT):
            other = Wanted(has_events=True, contract=None, name=str(number))
            assert len(list(texts.read(NOTICE, other))) == 1

    assert read_twice(describing, read_others) == 6
