"""What the API says of the log of administration."""

from dure.api.answers.shapes import Answer


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
