"""Virtual wall time that may be wrong and may jump, and timers that go by true time."""

from collections.abc import Callable

from dure.core.types import Instant, Milliseconds
from dure.testing.simulation.ports.power import Power
from dure.testing.simulation.scheduler import Scheduler


class SimulatedClock:
    """One life's clock; its timers die with the life that set them."""

    def __init__(self, scheduler: Scheduler, power: Power, read_skew_ms: Callable[[], int]) -> None:
        self._scheduler = scheduler
        self._power = power
        self._read_skew_ms = read_skew_ms
        self._versions: dict[object, int] = {}
        self._started = 0
        self.on_timer: Callable[[object], None] | None = None

    def now(self) -> Instant:
        return Instant(max(0, self._scheduler.now_ms + self._read_skew_ms()))

    def call_later(self, after: Milliseconds, name: object) -> None:
        self._power.check()
        self._started += 1
        version = self._versions[name] = self._started

        def fire() -> None:
            if self.on_timer is not None and self._versions.get(name) == version:
                del self._versions[name]
                self.on_timer(name)

        self._scheduler.call_later(after, fire)
