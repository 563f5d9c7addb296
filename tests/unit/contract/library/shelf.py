"""A contract that asks for a role of its own."""

from dure.contract.language import Var, call
from dure.contract.library.roles import Roles


class Shelf(Roles):
    """Librarians add books to it."""

    books: Var[int]

    @call
    def add(self) -> int:
        """Add a book; return how many there are."""
        self.require_role("librarian")
        self.books += 1
        return self.books
