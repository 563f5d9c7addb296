"""Roles that a contract keeps by itself.

The members' roles, which `@only(role=…)` asks for, are granted outside of the contract. These are
granted inside of it, by its owner, and every change leaves an event of the contract.
"""

from dure.contract.language import Address, Event, Map, call, only, require, view
from dure.contract.library.ownership import Ownable


class RoleGranted(Event):
    """Somebody holds a role from now on."""

    role: str
    holder: Address


class RoleEnded(Event):
    """Somebody holds a role no longer."""

    role: str
    holder: Address


class Roles(Ownable):
    """The owner grants roles and takes them away; a holder may lay one down."""

    role_holders: Map[str, Map[Address, bool]]

    @call
    @only(party="owner")
    def grant_role(self, role: str, holder: Address) -> None:
        """Give somebody a role."""
        require(0 < len(role) <= 64, "a role's name has 1 to 64 characters")
        require(not self.holds_role(role, holder), "the role is held already")
        self.role_holders[role][holder] = True
        self.emit(RoleGranted(role, holder))

    @call
    @only(party="owner")
    def revoke_role(self, role: str, holder: Address) -> None:
        """Take a role away."""
        self.end_role(role, holder)

    @call
    def resign_role(self, role: str) -> None:
        """Lay a role of one's own down."""
        self.end_role(role, self.sender)

    @view
    def holds_role(self, role: str, holder: Address) -> bool:
        """Say whether somebody holds a role."""
        return holder in self.role_holders[role]

    # Shared parts

    def require_role(self, role: str) -> None:
        require(self.holds_role(role, self.sender), f"the caller is no {role}")

    def end_role(self, role: str, holder: Address) -> None:
        require(self.holds_role(role, holder), "the role is not held")
        self.role_holders[role].remove(holder)
        self.emit(RoleEnded(role, holder))
