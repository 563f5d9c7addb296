"""The count that anybody does again, from what the chain told: and who cheated, by name.

Rules
-----
1. The last ballot of a voter counts, if its proofs hold for this voter. One that does not hold
   counts for nobody, and takes the place of the earlier one all the same.
2. The key is the sum of the trustees' first commitments.
3. Parts whose proofs hold open the sum, those of the lowest places first, as many as the threshold.
4. What is found false stands beside the name of whoever said it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from dure.apps.ballot.offchain.ballots import Booth
from dure.apps.ballot.offchain.proofs import NOTHING, Ciphertext
from dure.apps.ballot.offchain.record import ElectionRecord, Sealed
from dure.apps.ballot.offchain.ristretto import Point
from dure.apps.ballot.offchain.trustees import (
    check_deal,
    check_join,
    compute_key,
    compute_public_share,
    is_true,
    join_parts,
    read_parts,
)
from dure.core.codec import encode
from dure.core.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Finding:
    """Something false, and who said it; `what` is a `KeyFinding` of the contract, or one of ours.

    Ours: `INVALID_BALLOT` of a voter, `MISSING_BALLOTS` of whoever handed out the events.
    """

    what: str
    who: bytes


@dataclass(frozen=True, slots=True)
class Audit:
    """What came of counting again."""

    counts: tuple[int, ...] | None
    """Cell by cell; None where too few parts open the sum."""
    counted: int
    refused: tuple[bytes, ...]
    """Digests of ballots that stand and whose proofs do not hold."""
    opened_by: tuple[bytes, ...]
    """The trustees whose parts were used."""
    missing: tuple[bytes, ...]
    """Trustees who gave no part."""
    findings: tuple[Finding, ...]
    agrees: bool
    """Whether nothing was declared yet, or exactly this was."""


@dataclass(frozen=True, slots=True)
class Sums:
    """The standing ballots whose proofs hold, added up cell by cell."""

    cells: tuple[Ciphertext, ...]
    counted: int
    refused: tuple[Sealed, ...]


def find_standing(ballots: Sequence[Sealed]) -> dict[bytes, Sealed]:
    """Return the last ballot of each voter."""
    return {each.voter: each for each in ballots}


def add_ballots(booth: Booth, ballots: Sequence[Sealed]) -> Sums:
    """Add up the ballots that stand, leaving out those whose proofs do not hold."""
    total = [NOTHING] * booth.cells
    counted, refused = 0, []
    for each in find_standing(ballots).values():
        cells = booth.read(each.voter, each.ballot)
        if cells is None:
            refused.append(each)
            continue
        counted += 1
        total = [known + own for known, own in zip(total, cells, strict=True)]
    return Sums(tuple(total), counted, tuple(refused))


def compute_transcript(record: ElectionRecord) -> bytes:
    """Return the digest of all ballots in their order, as the contract reckons it."""
    transcript = record.seed
    for each in record.ballots:
        digest = record.booth.compute_digest(each.voter, each.ballot)
        transcript = sha256(encode((transcript, each.voter, digest))).digest()
    return transcript


def enter_booth(record: ElectionRecord) -> Booth:
    """Return what ballots are made for, as a voter's device does before it seals one.

    Raise `ConfigurationError` where the key is not the one that the trustees made: an organiser who
    puts up a key of its own would read every ballot.
    """
    deals = record.list_deals()
    sound = all(check_deal(record.context, at, each) for at, each in enumerate(deals, start=1))
    if not sound or len(deals) != len(record.trustees) or record.key != compute_key(deals):
        raise ConfigurationError("the key of this election is not the one its trustees made")
    return record.booth


def audit(record: ElectionRecord, sums: Sums | None = None) -> Audit:
    """Count again; `sums` are the ballots added up, where that was done already."""
    findings = list(_check_trustees(record))
    deals = record.list_deals()
    if record.key and record.key != compute_key(deals):
        findings.append(Finding("WRONG_KEY", record.organiser))
    if record.transcript is not None and record.transcript != compute_transcript(record):
        findings.append(Finding("MISSING_BALLOTS", b""))
    sums = sums or add_ballots(record.booth, record.ballots)
    findings += [Finding("INVALID_BALLOT", each.voter) for each in sums.refused]
    parts, wrong = _read_all_parts(record, sums)
    findings += [Finding("WRONG_PART", each) for each in wrong]
    places = sorted(parts)[: record.threshold]
    counts = None
    if len(places) == record.threshold:
        counts = join_parts({each: parts[each] for each in places}, sums.cells, sums.counted)
    own = None if counts is None else (tuple(counts), sums.counted)
    is_declared = record.counts is not None
    agrees = not is_declared or own == (record.counts, record.counted)
    if is_declared and own is not None and not agrees:
        findings.append(Finding("WRONG_RESULT", record.organiser))
    return Audit(
        counts=None if counts is None else tuple(counts),
        counted=sums.counted,
        refused=tuple(each.digest for each in sums.refused),
        opened_by=tuple(record.trustees[each - 1] for each in places),
        missing=tuple(each for each in record.trustees if each not in record.parts),
        findings=tuple(findings),
        agrees=agrees,
    )


def _check_trustees(record: ElectionRecord) -> list[Finding]:
    found = []
    for place, trustee in enumerate(record.trustees, start=1):
        joined, deal = record.sealing_keys.get(trustee), record.deals.get(trustee)
        is_sound = joined is None or check_join(record.context, place, *joined)
        if not is_sound or (deal is not None and not check_deal(record.context, place, deal)):
            found.append(Finding("WRONG_SHARE", trustee))
    for each in record.accusations:
        accuser, dealer = record.trustees[each.place - 1], record.trustees[each.dealer - 1]
        keys = record.list_sealing_keys()
        if is_true(each, record.context, keys, record.deals[dealer]):
            found.append(Finding("WRONG_SHARE", dealer))
        else:
            found.append(Finding("FALSE_ACCUSATION", accuser))
    return found


def _read_all_parts(
    record: ElectionRecord, sums: Sums
) -> tuple[dict[int, list[Point]], list[bytes]]:
    """Return the parts that hold by place, and the trustees whose parts do not."""
    found: dict[int, list[Point]] = {}
    wrong = []
    for trustee, given in record.parts.items():
        place = record.find_place(trustee)
        public = compute_public_share(record.list_deals(), place)
        parts = read_parts(record.context, place, public, sums.cells, given)
        if parts is None:
            wrong.append(trustee)
        else:
            found[place] = parts
    return found, wrong


def split_counts(record: ElectionRecord, counts: Sequence[int]) -> list[list[list[int]]]:
    """Return counts by question, option and rank."""
    found, start = [], 0
    for layout in record.layouts:
        own = counts[start : start + layout.cells]
        found.append(
            [list(own[at : at + layout.ranks]) for at in range(0, layout.cells, layout.ranks)]
        )
        start += layout.cells
    return found


def compute_points(table: Sequence[Sequence[int]]) -> list[int]:
    """Return Borda's points of each option: the first of k ranks gives k, the last one 1."""
    return [sum(count * (len(row) - rank) for rank, count in enumerate(row)) for row in table]
