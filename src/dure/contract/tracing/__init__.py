"""What a contract did, line by line: for authors and for those who ask why a call cost so much.

A `TracingMachine` runs the same programs with marks in them, against the same ledger behind a
recorder, and must come to the same results and the same gas. It is for tools that execute something
again; no node runs it.
"""

from dure.contract.tracing.machine import TracingMachine
from dure.contract.tracing.steps import (
    STEPS_MAX,
    BalanceRead,
    CallTrace,
    Cancelled,
    Emitted,
    LineCost,
    MoneyMoved,
    Place,
    RoleAsked,
    Scheduled,
    StateRead,
    StateWrite,
    Step,
    Visit,
)

__all__ = [
    "STEPS_MAX",
    "BalanceRead",
    "CallTrace",
    "Cancelled",
    "Emitted",
    "LineCost",
    "MoneyMoved",
    "Place",
    "RoleAsked",
    "Scheduled",
    "StateRead",
    "StateWrite",
    "Step",
    "TracingMachine",
    "Visit",
]
