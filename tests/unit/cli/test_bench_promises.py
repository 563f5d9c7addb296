"""What counts as a broken promise: final for a client, and yet not once at every node."""

from collections import Counter

from dure.cli.bench.running.promises import count_broken_promises
from dure.core.types import TransactionId

ONE, TWO, THREE = (TransactionId(bytes([number]) * 32) for number in (1, 2, 3))


def test_what_is_missing_at_one_node_is_lost() -> None:
    assert count_broken_promises([ONE, TWO], [Counter([ONE, TWO]), Counter([ONE])]) == (1, 0)


def test_what_stands_twice_at_one_node_is_doubled() -> None:
    assert count_broken_promises([ONE], [Counter([ONE, ONE]), Counter([ONE])]) == (0, 1)


def test_what_is_missing_at_two_nodes_is_lost_once() -> None:
    assert count_broken_promises([ONE], [Counter([TWO]), Counter()]) == (1, 0)


def test_what_nobody_was_promised_may_be_anywhere() -> None:
    stores = [Counter([ONE, TWO]), Counter([ONE, THREE, THREE])]
    assert count_broken_promises([ONE], stores) == (0, 0)
