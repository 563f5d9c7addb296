"""Whether new code can read what older code of the same contract stored.

Rules
-----
1. A field stays, and keeps its type: a field that came back with another type later could not be
   read.
2. Records are compared by their fields, in order. A choice may gain members at the end. The limit
   of a list may grow. A decimal keeps its places, money the name of its currency.
3. A method that the ledger may know as a transfer rule stays one, or the asset could never move
   again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from dure.contract.interface import Interface, parse_type
from dure.contract.shapes import Sort, Type


def find_incompatibility(before: Interface, after: Interface) -> str | None:
    """Return the first reason why the state of `before` does not fit `after`, by field."""
    return next(_find_all(before, after), None)


def _find_all(before: Interface, after: Interface) -> Iterator[str]:
    comparison = _Comparison(before, after)
    for name, kind in before.state.items():
        if name not in after.state:
            yield f"the field {name} is gone"
        elif not comparison.fits(parse_type(kind, before), parse_type(after.state[name], after)):
            yield f"the field {name} has another type than before"
        elif before.limits.get(name, 0) > after.limits.get(name, 0):
            yield f"the list {name} may have fewer items than before"
    for name, method in before.methods.items():
        known = after.methods.get(name)
        if method.kind == "transfer_rule" and (known is None or known.kind != "transfer_rule"):
            yield f"the transfer rule {name} is gone"


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Compares types of two interfaces."""

    before: Interface
    after: Interface
    _records: dict[tuple[str, str], bool] = field(default_factory=dict)
    """Pairs that were compared: thousands of fields may hold the same large record."""

    def fits(self, old: Type, new: Type) -> bool:
        """Say whether values of the old type can be read as the new one."""
        if old.sort is not new.sort:
            return False
        match old.sort:
            case Sort.RECORD:
                return self._fits_record(old.name, new.name)
            case Sort.CHOICE:
                names = [each.name for each in self.before.choices[old.name].members]
                others = [each.name for each in self.after.choices[new.name].members]
                return others[: len(names)] == names
            case Sort.DECIMAL:
                # The same number of units would be another number.
                before, after = self.before.decimals[old.name], self.after.decimals[new.name]
                return before.places == after.places
            case Sort.LIST | Sort.STORED_LIST | Sort.MAP:
                return all(map(self.fits, old.items, new.items))
            case _:
                return old == new

    def _fits_record(self, old: str, new: str) -> bool:
        if (old, new) not in self._records:
            self._records[old, new] = self._compare_records(old, new)
        return self._records[old, new]

    def _compare_records(self, old: str, new: str) -> bool:
        fields, others = self.before.records[old].fields, self.after.records[new].fields
        same_names = [each.name for each in fields] == [each.name for each in others]
        return same_names and all(
            self.fits(parse_type(a.type, self.before), parse_type(b.type, self.after))
            for a, b in zip(fields, others, strict=True)
        )
