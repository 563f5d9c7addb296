"""Where a member can stand, and what moves it: the transition table, as data.

A cause is a rule of `rules` or an event of the interface. Rows that leave the phase as it is are
not listed: repeating, starting a timer and asking for a verdict move nobody. The simulator checks
every step of every run against this table, and the diagram of the documentation is drawn from it
by `draw_diagram`.
"""

from typing import Final

from dure.consensus.pbft.rules import Fired
from dure.consensus.pbft.state import Phase

_UNDECIDED: Final = tuple(phase for phase in Phase if phase is not Phase.FINALIZING)
_HERE: Final = tuple(phase for phase in _UNDECIDED if phase is not Phase.FETCHING)
_VOTING: Final = (Phase.JUDGING, Phase.REFUSING, Phase.PREPARING, Phase.COMMITTING)
_WAITING: Final = (Phase.IDLE, Phase.AWAITING_PROPOSAL, Phase.CHANGING_ROUND, Phase.BUILDING)


def _rows(cause: str, after: Phase, before: tuple[Phase, ...]) -> tuple[Fired, ...]:
    return tuple(Fired(phase, cause, after) for phase in before if phase is not after)


TABLE: Final[tuple[Fired, ...]] = (
    # Work comes and goes.
    *_rows("WorkChanged", Phase.AWAITING_PROPOSAL, (Phase.IDLE,)),
    *_rows("WorkChanged", Phase.IDLE, (Phase.AWAITING_PROPOSAL,)),
    # The proposer's turn.
    *_rows("propose", Phase.BUILDING, (Phase.AWAITING_PROPOSAL, Phase.CHANGING_ROUND)),
    *_rows("DraftSigned", Phase.JUDGING, (Phase.BUILDING,)),
    *_rows("CandidateBuilt", Phase.IDLE, (Phase.BUILDING,)),
    *_rows("CandidateBuilt", Phase.CHANGING_ROUND, (Phase.BUILDING,)),
    # A justified proposal of this round, or of a later one.
    *_rows("Received", Phase.JUDGING, (*_WAITING, *_VOTING)),
    *_rows("CandidateJudged", Phase.REFUSING, (Phase.JUDGING,)),
    # A block judged invalid before is proposed once more.
    *_rows("Received", Phase.REFUSING, (*_WAITING, *_VOTING)),
    *_rows("prepare", Phase.PREPARING, (Phase.JUDGING,)),
    *_rows("commit", Phase.COMMITTING, (Phase.PREPARING,)),
    # Nobody decides in time.
    *_rows("TimerFired", Phase.CHANGING_ROUND, (*_WAITING, *_VOTING)),
    *_rows("jump", Phase.CHANGING_ROUND, (*_WAITING, *_VOTING)),
    # The decision: by counting, or learned from others.
    *_rows("decide", Phase.FINALIZING, _UNDECIDED),
    *_rows("decide", Phase.FETCHING, _HERE),
    *_rows("Received", Phase.FINALIZING, _UNDECIDED),
    *_rows("BlockLearned", Phase.FINALIZING, _UNDECIDED),
    # The only way to the next height. What came early for it may start it at once.
    *(row for phase in _HERE for row in _rows("HeadChanged", phase, tuple(Phase))),
)
"""Every move that a member can make."""


def draw_diagram() -> str:
    """Return the table as a Graphviz DOT graph; causes between two phases share an arrow."""
    arrows: dict[tuple[Phase, Phase], list[str]] = {}
    for row in TABLE:
        if row.cause != "HeadChanged" or row.before is Phase.FINALIZING:
            arrows.setdefault((row.before, row.after), []).append(row.cause)
    lines = [
        f'  "{before}" -> "{after}" [label="{", ".join(causes)}"];'
        for (before, after), causes in sorted(arrows.items())
    ]
    return "\n".join(["digraph pbft {", "  rankdir=LR;", *lines, "}", ""])
