"""A validator that may have forgotten votes signs nothing until the chain is past all of them.

It follows the chain, serves and answers meanwhile.

Rules
-----
1. Mute is for the whole session, unless the operator said that votes were lost. Then it ends with
   the first block that satisfies rule 3, before the height after it begins.
2. What counts are reports of this session: the lowest head that a validator has reported since
   this node started. Frames of earlier connections do not survive, so no report is older than that.
   A validator that calls itself mute reports nothing: its disk may be the one that forgot.
3. Let h be our head, which follows on a head of this session, so that we know who decided it; and
   let q be a quorum of those. The validator speaks at heights above h as soon as **q of those who
   decided h, ourselves not counted, have reported heads of at most h-2**, and h is not below what
   the guard remembers.
4. Before it speaks, the guard forgoes everything up to h, and an empty journal is begun.

Why that is safe
----------------
Claim: no lost vote is for a height above h. Suppose one were. Whoever votes at a height above h has
block h, so q of those who decided h had sealed it before the loss. These and the reporters are two
quorums of one set, so they share f+1 members, of whom at most f are faulty; we are not among them,
because we are no reporter. So a correct validator sealed block h, its head being h-1, and
afterwards reported at most h-2, and is not mute. But a correct validator's head never goes back
unless its disk does, and then it is mute: a contradiction. No report has to be true for this; up to
f may be lies in either direction. And f counts the others alone: our own loss is not one of them.

Why it ends
-----------
The chain moves without us, so a quorum of others votes, and those that are correct report. Of all
reports the q lowest are taken: who claims an absurd height, or reports nothing, is not among them.
So the height that is named to the operator never rises, and where q others are correct it is at
most two above the highest head that one of them had when it first reported. With four validators
q is all three others: then one that lies or says nothing keeps us mute, as one that is down does.
That is the price of believing nobody; two faulty ones of four, the mute one and the liar, are more
than such a chain promises to bear.
"""

from collections.abc import Callable, Iterable
from typing import Protocol

import structlog

from dure.core.types import Height, PublicKey, Signature
from dure.core.validators import ValidatorSet, compute_quorum

log = structlog.get_logger()


class Guard(Protocol):
    """The real signer, as it is needed here."""

    @property
    def key(self) -> PublicKey: ...

    @property
    def height(self) -> int:
        """The greatest height that it has signed at."""
        ...

    def sign(self, height: int, round_: int, step: int, message: bytes) -> Signature | None: ...

    def renounce(self, height: int) -> None:
        """Never again sign anything at or below `height`."""
        ...


class Muteness:
    """`dure.node.ports.Signer` that is closed until the validator may speak again."""

    def __init__(
        self,
        guard: Guard,
        reason: str,
        *,
        votes_lost: bool,
        begin_journal_anew: Callable[[], None],
    ) -> None:
        """Begin mute, for this `reason` in words; `votes_lost` is the operator's word."""
        self.is_mute = True
        """Whether nothing is signed."""
        self._guard = guard
        self._reason = reason
        self._votes_lost = votes_lost
        self._begin_journal_anew = begin_journal_anew
        self._height = Height(0)
        self._deciders: ValidatorSet | None = None
        """Who decided our head; None until a block has followed in this session."""
        self._validators: ValidatorSet | None = None
        """Who decides the next block; None until the head is known."""
        self._reports: dict[PublicKey, Height] = {}
        """The lowest head that each peer has reported; as many as the peers file names."""
        self._mute_peers: set[PublicKey] = set()

    @property
    def key(self) -> PublicKey:
        """The validator's public key."""
        return self._guard.key

    def sign(self, height: int, round_: int, step: int, message: bytes) -> Signature | None:
        """Return what the guard says, nothing while mute."""
        return None if self.is_mute else self._guard.sign(height, round_, step, message)

    def on_status(self, peer: PublicKey, height: Height, *, is_mute: bool) -> None:
        """A peer reports its head."""
        if is_mute:
            self._mute_peers.add(peer)
            return
        self._mute_peers.discard(peer)
        if self.is_mute:
            self._note(peer, height)

    def on_head(self, height: Height, validators: ValidatorSet) -> None:
        """Our head, at the start and each later one; `validators` decide the block after it.

        Ends the silence where that is safe; raises `StorageError`.
        """
        self._deciders = self._validators if height == self._height + 1 else None
        self._height, self._validators = height, validators
        bound = self._compute_bound(self._deciders)
        if self.is_mute and self._votes_lost and bound is not None and height >= bound:
            self._guard.renounce(height)
            self._begin_journal_anew()
            self.is_mute = False
            log.warning("node_votes_again", above=height)

    def describe(self) -> str | None:
        """Say in one line why it is mute and what it waits for; None once it speaks."""
        if not self.is_mute:
            return None
        return f"mute: {self._reason}; {self._describe_end()}"

    def _note(self, peer: PublicKey, height: Height) -> None:
        known = self._reports.get(peer)
        if known is not None and known <= height:
            return
        before = self._compute_bound(self._validators)
        self._reports[peer] = height
        after = self._compute_bound(self._validators)
        if self._votes_lost and after != before:
            log.info("node_waits_to_vote", above=after)

    def _compute_bound(self, validators: ValidatorSet | None) -> int | None:
        """Return the lowest head with which this validator may speak; None while too few reported.

        `validators` decided that head.
        """
        if validators is None:
            return None
        reports = sorted(self._reports[key] for key in self._list_reporters(validators))
        needed = compute_quorum(len(validators))
        if len(reports) < needed:
            return None
        return max(reports[needed - 1] + 2, self._guard.height)

    def _list_reporters(self, validators: ValidatorSet) -> list[PublicKey]:
        return [
            key
            for key in validators.keys
            if key in self._reports and key not in self._mute_peers and key != self.key
        ]

    def _describe_end(self) -> str:
        validators = self._deciders or self._validators
        assert validators is not None, "the head is known before anybody asks"
        stuck = self._describe_deadlock(validators.keys)
        if stuck is not None:
            return stuck
        if not self._votes_lost:
            return "it votes again under a new key, or once it is started with --votes-lost"
        heard, others = len(self._list_reporters(validators)), len(validators) - 1
        reported = f"{heard} of {others} other validators have reported their heights"
        bound = self._compute_bound(validators)
        if bound is None:
            return f"{reported}, and {compute_quorum(len(validators))} are needed"
        return f"votes again above height {bound:,}; {reported}"

    def _describe_deadlock(self, keys: Iterable[PublicKey]) -> str | None:
        members = set(keys)
        mute = (self._mute_peers | {self.key}) & members
        if len(members) - len(mute) >= compute_quorum(len(members)):
            return None
        verb = "is" if len(mute) == 1 else "are"
        return (
            f"{len(mute)} of {len(members)} validators {verb} mute, so that no quorum can vote: "
            "`dure network regenesis` begins anew from the last final block"
        )
