"""What the API says of administration: to the operator, and to who reads the log of it."""

from dure.api.answers.shapes import Answer, StatusAnswer


class AuditItem(Answer, frozen=True):
    """An entry of the log of administration."""

    number: int
    time: int
    act: str
    by: str
    node: str
    height: int | None
    facts: dict[str, str]
    previous: str
    """Hash of the entry before."""
    hash: str


class AuditList(Answer, frozen=True):
    """Entries in the order in which they were written."""

    entries: list[AuditItem]
    end_number: int
    """Of the last entry that there is."""
    end_hash: str
    """An auditor notes both, to see later that nothing was cut off."""


class PeerAnswer(Answer, frozen=True):
    """Another member as this node sees it."""

    name: str
    key: str
    connected: bool
    height: int | None


class AdminStatusAnswer(Answer, frozen=True):
    """What only the operator sees."""

    status: StatusAnswer
    peers: list[PeerAnswer]


class DoneAnswer(Answer, frozen=True):
    """The act was accepted."""

    done: str
