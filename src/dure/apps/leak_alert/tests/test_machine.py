"""In whatever order things happen, the list, the cases and the figures agree with what happened."""

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dure.apps.leak_alert.contract import ClearReason, Standing, Totals
from dure.apps.leak_alert.tests.scene import Scene, case, digest, key, open_alert
from dure.contract.library.cases import CaseState
from dure.testing import Refused, World

DIGESTS = st.sets(st.integers(0, 5), min_size=1, max_size=3)
CASES = st.integers(0, 4)
WHO = st.sampled_from(["bank", "broker", "supervisor", "stranger"])


class Alerts(RuleBasedStateMachine):
    """Reports, clears, cases, dismissals and new keys at any time, by anybody."""

    @initialize()
    def begin(self) -> None:
        self.scene: Scene = open_alert(World())
        self.standing: dict[int, Standing] = {}
        self.counts: Counter[str] = Counter()
        self.owners: dict[int, str] = {}
        self.states: dict[int, CaseState] = {}
        self.told: set[int] = set()
        self.members = {"bank", "broker"}
        self.epoch = 1
        self.is_key_old = False

    def attempt(self, action: object, *, expect: bool) -> None:
        assert callable(action)
        try:
            action()
        except Refused:
            assert not expect
        else:
            assert expect

    @rule(who=WHO, numbers=DIGESTS)
    def report(self, who: str, numbers: set[int]) -> None:
        fresh = all(self.standing.get(each) is not Standing.REPORTED for each in numbers)
        expect = who == "supervisor" and fresh and not self.is_key_old
        self.attempt(
            lambda: self.scene.report(*numbers, epoch=self.epoch, by=getattr(self.scene, who)),
            expect=expect,
        )
        if expect:
            self.counts.update({"batches": 1, "reported": len(numbers)})
            self.standing |= dict.fromkeys(numbers, Standing.REPORTED)

    @rule(numbers=DIGESTS)
    def clear(self, numbers: set[int]) -> None:
        expect = all(self.standing.get(each) is Standing.REPORTED for each in numbers)
        digests = [digest(each) for each in numbers]
        self.attempt(
            lambda: self.scene.alert.clear(
                by=self.scene.supervisor, digests=digests, reason=ClearReason.NOTHING_LEAKED
            ),
            expect=expect,
        )
        if expect:
            self.counts["cleared"] += len(numbers)
            self.standing |= dict.fromkeys(numbers, Standing.CLEARED)

    @rule(who=WHO, number=CASES)
    def open_case(self, who: str, number: int) -> None:
        expect = who in self.members and number not in self.owners
        self.attempt(
            lambda: self.scene.open_cases(number, by=getattr(self.scene, who)), expect=expect
        )
        if expect:
            self.owners[number] = who
            self.states[number] = CaseState.FROZEN

    @rule(who=WHO, number=CASES)
    def tell(self, who: str, number: int) -> None:
        expect = self.owners.get(number) == who and number not in self.told
        self.attempt(lambda: self.scene.tell(number, by=getattr(self.scene, who)), expect=expect)
        if expect:
            self.told.add(number)

    @rule(who=WHO, number=CASES, state=st.sampled_from(CaseState))
    def close(self, who: str, number: int, state: CaseState) -> None:
        is_own = self.owners.get(number) == who and number in self.told
        is_open = self.states.get(number) is CaseState.FROZEN
        expect = is_own and is_open and state is not CaseState.FROZEN
        self.attempt(
            lambda: self.scene.alert.close_case(
                by=getattr(self.scene, who), case=case(number), state=state
            ),
            expect=expect,
        )
        if expect:
            self.states[number] = state

    @rule(who=st.sampled_from(["bank", "broker"]))
    def dismiss(self, who: str) -> None:
        expect = who in self.members
        self.attempt(
            lambda: self.scene.alert.dismiss(
                by=self.scene.supervisor, member=getattr(self.scene, who)
            ),
            expect=expect,
        )
        self.is_key_old = self.is_key_old or expect
        self.members.discard(who)

    @rule(who=st.sampled_from(["bank", "broker"]))
    def admit(self, who: str) -> None:
        self.attempt(
            lambda: self.scene.alert.admit(
                by=self.scene.supervisor, member=getattr(self.scene, who)
            ),
            expect=who not in self.members,
        )
        self.members.add(who)

    @rule()
    def begin_epoch(self) -> None:
        self.epoch += 1
        check = key(self.epoch).key_check
        assert self.scene.alert.begin_epoch(by=self.scene.supervisor, key_check=check) == self.epoch
        self.is_key_old = False

    @rule(days=st.integers(1, 6))
    def wait(self, days: int) -> None:
        self.scene.world.wait(days=days)

    @invariant()
    def the_list_is_what_was_reported(self) -> None:
        for number in range(6):
            expected = self.standing.get(number, Standing.UNKNOWN)
            assert self.scene.alert.standing(digest(number)) is expected
        counts = (self.counts["batches"], self.counts["reported"], self.counts["cleared"])
        assert self.scene.alert.totals() == Totals(*counts)

    @invariant()
    def cases_are_where_their_member_put_them(self) -> None:
        for number, owner in self.owners.items():
            found = self.scene.alert.case(case(number))
            assert found.member == getattr(self.scene, owner).address
            assert (found.state, found.told) == (self.states[number], number in self.told)

    @invariant()
    def the_figures_are_right(self) -> None:
        for who in ("bank", "broker"):
            work = self.scene.alert.work_of(getattr(self.scene, who))
            own = [number for number, owner in self.owners.items() if owner == who]
            assert work.opened == len(own)
            assert work.told == len(self.told & set(own))
            assert work.closed == sum(self.states[each] is not CaseState.FROZEN for each in own)
            assert work.undone == sum(self.states[each] is CaseState.UNDONE for each in own)


Alerts.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestAlerts = Alerts.TestCase
