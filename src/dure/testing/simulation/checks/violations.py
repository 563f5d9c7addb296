"""How a simulation fails."""


class SafetyViolation(AssertionError):
    """What must never happen, happened: a fork, a forged certificate, a contradiction, a loss."""


class Stalled(AssertionError):
    """The condition was not reached within the virtual time that it was given."""
