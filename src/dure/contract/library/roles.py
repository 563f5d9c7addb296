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


"""ko:
Roles = 역할: 소유자가 역할을 주고 거두어들이며, 역할을 가진 사람은 스스로 내려놓을 수 있다.
role = 역할
holder = 역할을 가진 사람
role_holders = 역할을 가진 사람들
grant_role = 역할 주기: 어떤 사람에게 역할을 준다.
revoke_role = 역할 거두기: 역할을 거두어들인다.
resign_role = 역할 내려놓기: 자기 역할을 내려놓는다.
holds_role = 역할 보유 여부: 어떤 사람이 역할을 가졌는지.
RoleGranted = 역할 부여: 이때부터 역할을 가진다.
RoleEnded = 역할 종료: 더는 역할을 갖지 않는다.
a role's name has 1 to 64 characters = 역할의 이름은 1자에서 64자까지이다
the role is held already = 이미 가진 역할이다
the caller is no {role} = 신청한 사람에게 그 역할이 없다
the role is not held = 가지고 있지 않은 역할이다
"""
