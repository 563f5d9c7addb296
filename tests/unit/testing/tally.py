"""A contract and what its members made of it later."""

from dure.contract.language import Contract, Event, Var, call, init, view


class Counted(Event):
    """It went on."""

    total: int


class Tally(Contract):
    """Counts by one."""

    total: Var[int]

    @init
    def begin(self, total: int) -> None:
        """Begin somewhere."""
        self.total = total

    @call
    def add(self) -> int:
        """Count on."""
        self.total += 1
        self.emit(Counted(self.total))
        return self.total


class TallyByTwo(Contract):
    """Counts by two."""

    total: Var[int]

    @call
    def add(self) -> int:
        """Count on."""
        self.total += 2
        self.emit(Counted(self.total))
        return self.total

    @view
    def count(self) -> int:
        """Return the count."""
        return self.total
