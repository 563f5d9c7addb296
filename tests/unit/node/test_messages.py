"""What nodes say to each other stays within bounds."""

import pytest

from dure.node import messages


def test_gossip_is_split_by_number_and_by_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "GOSSIP_BYTES_MAX", 100)
    envelopes = [b"x"] * 300 + [bytes(60), bytes(60), bytes(200), b"y"]
    split = list(messages.split_gossip(envelopes))
    assert [e for message in split for e in message.envelopes] == envelopes
    assert all(len(message.envelopes) == 1 or size_of(message) <= 100 for message in split)
    assert list(messages.split_gossip([])) == []
    monkeypatch.undo()
    assert [len(m.envelopes) for m in messages.split_gossip([b"x"] * 600)] == [256, 256, 88]


def size_of(message: messages.Gossip) -> int:
    return sum(map(len, message.envelopes))
