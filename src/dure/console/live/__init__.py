"""Pages that go on: what changed in them reaches all who look at them, over one WebSocket."""

from dure.console.live.hub import Hub, read_mark
from dure.console.live.pages import LivePages

__all__ = ["Hub", "LivePages", "read_mark"]
