"""Which role may do what, as one table.

| act | what it is |
|---|---|
| greet | what anybody may see of any node: whether it serves, and how it is asked |
| read | everything that the chain holds, and the node's own figures |
| submit | sending transactions |
| audit | reading the log of administration |

Where the chain's parameter `open_reading` is set, whoever asks may greet, read and submit: what a
transaction may do is decided by its signatures, on every node alike. Where it is not set, a caller
without a role may only greet.

No role reaches an act of administration over the network. Those are done on the admin socket, which
nobody but the node's own user on the node's own host can open, so a stolen token stops no node.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Act(StrEnum):
    """What a request is about to do."""

    GREET = "greet"
    READ = "read"
    SUBMIT = "submit"
    AUDIT = "audit"


class Role(StrEnum):
    """What a caller was admitted as."""

    READER = "reader"
    SUBMITTER = "submitter"
    AUDITOR = "auditor"
    OPERATOR = "operator"


PERMITTED: Final[Mapping[Role, frozenset[Act]]] = MappingProxyType(
    {
        Role.READER: frozenset({Act.GREET, Act.READ}),
        Role.SUBMITTER: frozenset({Act.GREET, Act.READ, Act.SUBMIT}),
        Role.AUDITOR: frozenset({Act.GREET, Act.READ, Act.AUDIT}),
        Role.OPERATOR: frozenset(Act),
    }
)

PERMITTED_TO_ALL: Final[Mapping[bool, frozenset[Act]]] = MappingProxyType(
    {
        True: frozenset({Act.GREET, Act.READ, Act.SUBMIT}),
        False: frozenset({Act.GREET}),
    }
)
"""By the chain's `open_reading`."""


def is_permitted(act: Act, role: Role | None, *, open_reading: bool) -> bool:
    """Say whether a caller of that role, or one without any, may do that."""
    own = frozenset[Act]() if role is None else PERMITTED[role]
    return act in own | PERMITTED_TO_ALL[open_reading]
