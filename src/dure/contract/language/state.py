"""The fields of a contract: what it keeps on the chain."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Generic, Self, TypeVar, overload

from dure.contract.language.absent import refuse_to_run

if TYPE_CHECKING:
    from dure.contract.language.classes import Contract

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")


class Var(Generic[T]):
    """One stored value.

    Never set, a number (`int`, `Amount` or `Decimal`) reads as 0, others as False, "" or b""; of
    any other type, reading it is the refusal `missing_value`.
    """

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: "Contract", owner: type) -> T: ...
    def __get__(self, instance: "Contract | None", owner: type) -> Self | T:
        refuse_to_run()

    def __set__(self, instance: "Contract", value: T) -> None:
        refuse_to_run()


class Map(Generic[K, V]):
    """Stored values by key; `Map[A, Map[B, C]]` has two keys.

    It cannot be walked through: keep a `List` of keys where you must.
    """

    def __getitem__(self, key: K) -> V:
        """Return the value; the refusal `missing_key` where there is none."""
        refuse_to_run()

    def __setitem__(self, key: K, value: V) -> None:
        refuse_to_run()

    def __contains__(self, key: K) -> bool:
        refuse_to_run()

    def get(self, key: K, default: V) -> V:
        """Return the value, or `default` where there is none."""
        refuse_to_run()

    def remove(self, key: K) -> None:
        """Forget the value; nothing happens where there is none."""
        refuse_to_run()


class List(Generic[T]):
    """Stored values in order: `bids: List[Bid] = List(limit=100)`.

    The limit is part of the agreement: appending past it is the refusal `list_full`. Each item
    stands under a key of its own, so reading and changing one costs the same however long the list
    is; walking through it pays for each item. A loop sees the length that the list had when it
    began.
    """

    def __init__(self, *, limit: int) -> None:
        """Say how many items there may ever be at once: a written number from 1 to 1,000,000."""
        self.limit = limit

    def __len__(self) -> int:  # noqa: PLE0303 - it answers on a chain only
        refuse_to_run()

    def __getitem__(self, index: int) -> T:
        """Return an item; a negative index counts from the end."""
        refuse_to_run()

    def __setitem__(self, index: int, value: T) -> None:
        refuse_to_run()

    def __iter__(self) -> Iterator[T]:
        refuse_to_run()

    def __contains__(self, value: T) -> bool:
        """Say whether an item equals `value`; reads the list from its beginning."""
        refuse_to_run()

    def append(self, value: T) -> None:
        """Add an item at the end."""
        refuse_to_run()

    def pop(self) -> T:
        """Take the last item off and return it."""
        refuse_to_run()
