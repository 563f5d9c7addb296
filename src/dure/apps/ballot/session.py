"""An election of three questions with one trustee missing and one that cheats: planned and played.

What must come of it is reckoned beforehand on plain lists of marks, without any encryption.
"""

import random
from collections import Counter
from dataclasses import dataclass

from dure.apps.ballot.hall import (
    DEPOSIT,
    PROJECTS,
    RICH,
    YES_NO,
    Hall,
    announce,
    invite,
    open_box,
    rank_question,
)
from dure.apps.ballot.offchain.audit import compute_points, split_counts
from dure.apps.ballot.offchain.cambridge import CANDIDATES, count_ranks, draw_rankings
from dure.contract.library.joint_keys import KeyFinding
from dure.core.errors import ConfigurationError
from dure.testing import Person, Refused, World

VOTERS_MIN = 4
VOTERS_MAX = 60
RANKS = 3
TRUSTEES = 5
CHEATS = 2
"""Voters beside the honest ones: one puts in two marks, one copies another's ballot."""
CHEATING_TRUSTEE = 2
MISSING_TRUSTEE = 5

Marks = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an election."""

    turnout: int
    ballots: int
    counted: int
    refused: int
    single: tuple[int, ...]
    multiple: tuple[int, ...]
    ranks: tuple[int, ...]
    """How often each candidate stands at each rank."""
    points: tuple[int, ...]
    phase: str
    missing: tuple[str, ...]
    struck: tuple[str, ...]
    forfeited: int
    strangers_refused: int
    receipts_standing: int


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """Marks of each honest voter, first thoughts of some, and what must come of it."""

    marks: tuple[Marks, ...]
    first_thoughts: dict[int, Marks]
    expected: Outcome


def plan_session(voters: int, seed: int) -> SessionPlan:
    """Draw marks, ranked ones from ballots of Cambridge, and reckon what must come of them."""
    if not VOTERS_MIN <= voters <= VOTERS_MAX:
        raise ConfigurationError(f"choose {VOTERS_MIN} to {VOTERS_MAX} voters")
    draw = random.Random(seed)  # noqa: S311 - no secret
    marks = _draw_marks(voters, draw)
    changing = sorted(draw.sample(range(voters), max(1, voters // 6)))
    first = dict(zip(changing, _draw_marks(len(changing), draw), strict=True))
    single = Counter(own[0][0] for own in marks)
    multiple = Counter(option for own in marks for option in own[1])
    rankings = [own[2] for own in marks]
    points = Counter[int]()
    for ranking in rankings:
        for rank, candidate in enumerate(ranking):
            points[candidate] += RANKS - rank
    expected = Outcome(
        turnout=voters + CHEATS,
        ballots=voters + CHEATS + len(first),
        counted=voters,
        refused=CHEATS,
        single=tuple(single[each] for each in range(len(YES_NO.options))),
        multiple=tuple(multiple[each] for each in range(len(PROJECTS.options))),
        ranks=tuple(count_ranks(rankings, RANKS)),
        points=tuple(points[each] for each in range(len(CANDIDATES))),
        phase="FINAL",
        missing=(f"trustee {MISSING_TRUSTEE}",),
        struck=(f"trustee {CHEATING_TRUSTEE}",),
        forfeited=2 * DEPOSIT,
        strangers_refused=1,
        receipts_standing=voters,
    )
    return SessionPlan(marks, first, expected)


def _draw_marks(count: int, draw: random.Random) -> tuple[Marks, ...]:
    rankings = draw_rankings(count, RANKS, draw)
    options = range(len(PROJECTS.options))
    return tuple(
        (
            (draw.randrange(len(YES_NO.options)),),
            tuple(sorted(draw.sample(options, draw.randint(PROJECTS.least, PROJECTS.most)))),
            ranking,
        )
        for ranking in rankings
    )


def play_session(world: World, plan: SessionPlan) -> Outcome:
    """Play the election from the announcement to the settled deposits."""
    cast = invite(world, TRUSTEES)
    voters = world.people(*(f"voter {place + 1}" for place in range(len(plan.marks))))
    cheats = world.people("stuffer", "copyist")
    (stranger,) = world.people("stranger")
    questions = (YES_NO, PROJECTS, rank_question(CANDIDATES, RANKS))
    listed = (*voters, *cheats)
    hall = announce(world, open_box(world, cast), cast, questions, listed)
    hall.make_key()
    for place, marks in plan.first_thoughts.items():
        hall.vote(voters[place], *marks, word="first thoughts")
    receipts = [hall.vote(voter, *own) for voter, own in zip(voters, plan.marks, strict=True)]
    _stuff(hall, *cheats)
    refused = _count_refused(hall, stranger)
    _open(hall)
    standing = [hall.box.standing(hall.number, each).name for each in receipts]
    return _conclude(hall, refused, standing.count("STANDS"))


def _stuff(hall: Hall, stuffer: Person, copyist: Person) -> None:
    """Cast a ballot with a mark too many, and a copy of somebody else's."""
    cells = [[0] * each.cells for each in hall.booth.layouts]
    cells[0] = [1, 1]
    cells[2][0] = 1
    hall.put(stuffer, hall.booth.seal_cells(stuffer.address, cells, b"stuffed"))
    hall.put(copyist, hall.record().ballots[-2].ballot)


def _count_refused(hall: Hall, stranger: Person) -> int:
    """Have somebody who is not listed cast a ballot from another's place."""
    ballot = hall.booth.seal(stranger.address, ((0,), (), (0,)), b"stranger")
    try:
        hall.put(stranger, ballot, place=0)
    except Refused:
        return 1
    return 0


def _open(hall: Hall) -> None:
    """Open the sum with one false part and one missing, declare, and object to the false one."""
    sums = hall.close()
    for place in range(1, TRUSTEES + 1):
        if place != MISSING_TRUSTEE:
            hall.give_part(place, sums, error=int(place == CHEATING_TRUSTEE))
    counted = hall.count(sums)
    hall.declare(counted)
    for finding in counted.findings:
        for person in hall.cast.trustees:
            if person.address == finding.who:
                hall.object_to(person, KeyFinding[finding.what])


def _conclude(hall: Hall, strangers_refused: int, receipts_standing: int) -> Outcome:
    ended = hall.end()
    record = hall.record()
    counted = hall.count()
    single, multiple, ranked = split_counts(record, record.counts or ())
    names = {bytes(each.address): each.name for each in hall.cast.trustees}
    return Outcome(
        turnout=ended.turnout,
        ballots=ended.ballots,
        counted=counted.counted,
        refused=len(counted.refused),
        single=tuple(each[0] for each in single),
        multiple=tuple(each[0] for each in multiple),
        ranks=tuple(count for row in ranked for count in row),
        points=tuple(compute_points(ranked)),
        phase=ended.phase.name,
        missing=tuple(names[each] for each in record.missing),
        struck=tuple(names[each] for each in record.struck),
        forfeited=hall.cast.fund.won - RICH,
        strangers_refused=strangers_refused,
        receipts_standing=receipts_standing,
    )
