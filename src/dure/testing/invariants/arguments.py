"""Arguments for generated calls: fresh ones of the right type, and a good share of known ones.

Known are the values that earlier calls took and returned, and their neighbours: numbers of things
that exist, moments that something waits for.
"""

import decimal
from collections.abc import Callable, Sequence
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from dure.contract.interface import Interface, parse_type
from dure.contract.language import Amount, Duration, Time
from dure.contract.shapes import Sort, Type
from dure.core.types import INT_MAX, INT_MIN, Address, AssetId

KNOWN_MAX: Final = 30
"""Values of one type that are remembered, the newest."""
KNOWN_SHARE: Final = 4
"""Known values to one fresh one."""
ITEMS_MAX: Final = 4
OFFSETS_MS: Final = (-3_600_000, 0, 1, 60_000, 3_600_000, 86_400_000, 604_800_000, 40_000_000_000)
"""What a fresh moment is away from now."""
EDGES: Final = (0, 1, -1, 2, 100, 1_000, INT_MAX, INT_MIN)


class Arguments:
    """Draws arguments for one contract in one story."""

    def __init__(
        self, interface: Interface, addresses: Sequence[Address], assets: Sequence[AssetId]
    ) -> None:
        """Begin with nothing known but who and which money there is."""
        self._interface = interface
        self._known: dict[str, list[Any]] = {"Address": [*addresses], "Asset": [*assets]}
        self.now = Time(0)
        """Where the story's clock stands."""

    def list_known(self, type_name: str) -> Sequence[Any]:
        """Return the remembered values of a type."""
        return self._known.get(type_name, ())

    def remember(self, kind: Type, value: Any) -> None:
        """Keep a value that a call took or returned, and its parts."""
        match kind.sort:
            case Sort.NOTHING:
                return
            case Sort.LIST:
                for item in value:
                    self.remember(kind.item, item)
            case Sort.RECORD:
                for each in self._interface.records[kind.name].fields:
                    self.remember(self._parse(each.type), getattr(value, each.name))
            case _:
                known = self._known.setdefault(kind.name, [])
                if value not in known:
                    known.append(value)
                    del known[:-KNOWN_MAX]

    def choose(self, kind: Type) -> SearchStrategy[Any]:
        """Return the values to draw from for one argument."""
        match kind.sort:
            case Sort.LIST:
                return st.lists(self.choose(kind.item), max_size=ITEMS_MAX)
            case Sort.CHOICE:
                members = self._interface.choices[kind.name].members
                return st.sampled_from([each.name for each in members])
            case Sort.RECORD:
                fields = self._interface.records[kind.name].fields
                parts = {each.name: self.choose(self._parse(each.type)) for each in fields}
                return st.fixed_dictionaries(parts)
            case Sort.DECIMAL:
                return self._choose_decimal(kind.name)
            case _:
                return self._choose_scalar(kind.name)

    def _choose_scalar(self, name: str) -> SearchStrategy[Any]:
        fresh = _FRESH[name](self)
        known = self.list_known(name)
        return st.one_of(*[st.sampled_from(known)] * KNOWN_SHARE, fresh) if known else fresh

    def _choose_decimal(self, name: str) -> SearchStrategy[decimal.Decimal]:
        places = self._interface.decimals[name].places
        units = st.one_of(st.integers(-20, 200), st.sampled_from((0, INT_MAX, INT_MIN)))
        return units.map(lambda number: decimal.Decimal(number).scaleb(-places))

    def choose_int(self) -> SearchStrategy[int]:
        beside = [value + step for value in self.list_known("int") for step in (-1, 1)]
        near = [value for value in beside if INT_MIN <= value <= INT_MAX]
        return st.one_of(st.integers(-3, 20), st.sampled_from((*EDGES, *near)))

    def choose_amount(self) -> SearchStrategy[Amount[Any]]:
        units = [edge for edge in EDGES if edge >= 0]
        beside = [each.units + step for each in self.list_known("Amount") for step in (-1, 1)]
        units += [value for value in beside if 0 <= value <= INT_MAX]
        return st.one_of(st.integers(0, 5_000), st.sampled_from(units)).map(Amount)

    def choose_time(self) -> SearchStrategy[Time]:
        now = self.now.milliseconds
        return st.sampled_from(OFFSETS_MS).map(lambda offset: Time(max(0, now + offset)))

    def choose_duration(self) -> SearchStrategy[Duration]:
        return st.sampled_from(OFFSETS_MS).map(Duration)

    def _parse(self, text: str) -> Type:
        return parse_type(text, self._interface)


_FRESH: Final[dict[str, Callable[[Arguments], SearchStrategy[Any]]]] = {
    "int": Arguments.choose_int,
    "Amount": Arguments.choose_amount,
    "Time": Arguments.choose_time,
    "Duration": Arguments.choose_duration,
    "bool": lambda _: st.booleans(),
    "str": lambda _: st.one_of(st.text("ab é가", max_size=6), st.just("x" * 600)),
    "bytes": lambda _: st.binary(max_size=70),
    "Address": lambda _: st.binary(min_size=32, max_size=32),
    "Asset": lambda _: st.binary(min_size=32, max_size=32),
    "Hash": lambda _: st.binary(min_size=32, max_size=32),
}
