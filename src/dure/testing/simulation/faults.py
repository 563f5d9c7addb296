"""What may go wrong between and inside the simulated nodes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Faults:
    """Chances and bounds; the default is a good network."""

    delay_ms_min: int = 1
    delay_ms_max: int = 5
    loss: float = 0.0
    """Chance that a frame is lost."""
    duplication: float = 0.0
    """Chance that a frame arrives twice."""
    clock_skew_ms_max: int = 0
    """Each node's clock differs by up to this much, either way."""
