"""The SQL read model.

What lists, searches and reports need, built from final blocks and never the other way round.
"""

from dure.index.follower import follow
from dure.index.packs import EventPlace, TransactionRow
from dure.index.queries import BlockRow, DeploymentRow, EventFilter, EventRow, ScheduledRow
from dure.index.store import Index
from dure.index.subscription import open_subscription

__all__ = [
    "BlockRow",
    "DeploymentRow",
    "EventFilter",
    "EventPlace",
    "EventRow",
    "Index",
    "ScheduledRow",
    "TransactionRow",
    "follow",
    "open_subscription",
]
