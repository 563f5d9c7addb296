"""A story's record as its page shows it: scenes in words, with who held what after each.

People who come one after the other in one line of the story are one scene. All text is made here,
in the reader's language; the page's script only turns scenes and draws who dealt with whom.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from dure.console.applications.money import show_money
from dure.console.applications.things import Thing, list_things
from dure.console.applications.values import (
    ShownValue,
    Translate,
    ValueWriter,
    show_duration,
)
from dure.console.applications.words import Vocabulary, to_key
from dure.testing.recording import (
    Actor,
    Movement,
    RecordedCall,
    RecordedEvent,
    RecordedStep,
    StoryRecord,
)

LEDGER: Final = "ledger"
LEDGER_METHODS: Final = frozenset(
    {"deploy", "transfer", "grant", "revoke", "upgrade", "stop", "start"}
)
"""Calls of the ledger that have words of their own."""
_MISSING_ROLE: Final = re.compile("not an? (.{1,100})")
"""What the chain itself says to whoever lacks a role."""


@dataclass(frozen=True, slots=True)
class ShownEvent:
    """Something that a contract said."""

    title: str
    says: str
    fields: tuple[ShownValue, ...]


@dataclass(frozen=True, slots=True)
class ShownMove:
    """Money that moved; an empty name stands for nowhere."""

    source: str
    target: str
    source_name: str
    target_name: str
    amount: str
    code: str


@dataclass(frozen=True, slots=True)
class ShownHolding:
    """What somebody holds of one asset."""

    amount: str
    code: str
    change: str
    """Against the scene before, with its sign; empty where nothing changed."""


@dataclass(frozen=True, slots=True)
class ShownActor:
    """Somebody of the story, as in the record and as on the page."""

    key: str
    name: str
    kind: str
    address: str


@dataclass(frozen=True, slots=True)
class Scene:
    """One thing that happened."""

    number: int
    step: int
    """The record's step whose proof belongs to it."""
    kind: str
    who: str
    """Key of the actor; empty where the chain acts by itself."""
    target: str
    """Key of the contract that was called; empty where none was."""
    title: str
    says: str
    label: str
    """One or two words, for the drawing."""
    arguments: tuple[ShownValue, ...]
    pays: str
    result: str
    refusal: str
    refusal_code: str
    events: tuple[ShownEvent, ...]
    moves: tuple[ShownMove, ...]
    holdings: Mapping[str, tuple[ShownHolding, ...]]
    """By key of the actor, of everybody who has come so far."""
    things: tuple[Thing, ...]
    passed: str
    """How much time had passed since the scene before; empty where hardly any."""
    time: int
    height: int
    id: str
    gas: int
    line: int
    has_proof: bool


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that the page of a story needs."""

    actors: tuple[ShownActor, ...]
    scenes: tuple[Scene, ...]
    source: tuple[str, ...]
    """The story's lines."""


def build_stage(record: StoryRecord, words: Vocabulary, translate: Translate) -> Stage:
    """Return a record in one language."""
    shown = tuple(_show_actors(record, words, translate))
    names = {actor.key: actor.name for actor in shown}
    writer = ValueWriter(
        words=words,
        translate=translate,
        people={actor.address: actor.name for actor in shown},
        assets={asset.id: asset.code for asset in record.assets},
    )
    builder = _SceneBuilder(record, writer, names)
    return Stage(shown, tuple(builder.build()), tuple(record.source.rstrip("\n").split("\n")))


def _show_actors(
    record: StoryRecord, words: Vocabulary, translate: Translate
) -> Iterator[ShownActor]:
    for actor in record.actors:
        name = _name_actor(actor, words, translate)
        yield ShownActor(actor.name, name, actor.kind, actor.address)


def _name_actor(actor: Actor, words: Vocabulary, translate: Translate) -> str:
    if actor.kind == "office":
        return translate(f"office_{to_key(actor.name)}")
    if actor.kind == "contract":
        number = actor.name.removeprefix(actor.contract_class)
        return words.head(actor.contract_class) + number
    return words.person(actor.name)


@dataclass
class _SceneBuilder:
    record: StoryRecord
    writer: ValueWriter
    names: Mapping[str, str]
    _told: list[RecordedEvent] = field(default_factory=list)
    _held: dict[str, dict[str, str]] = field(default_factory=dict)
    _time: int | None = None

    def __post_init__(self) -> None:
        self._assets = {asset.id: asset for asset in self.record.assets}

    def build(self) -> Iterator[Scene]:
        """Yield the scenes in order."""
        groups = groupby(self.record.steps, _get_group)
        for number, (_, steps) in enumerate(groups, start=1):
            yield self._build_scene(number, list(steps))

    def _build_scene(self, number: int, steps: Sequence[RecordedStep]) -> Scene:
        last = steps[-1]
        call = last.calls[0] if last.calls else None
        for step in steps:
            self._told += step.events
        scene = Scene(
            number=number,
            step=last.number,
            kind=last.kind,
            who=last.who or "",
            target=self._find_target(last),
            title=self._write_title(steps),
            says=self._write_says(last),
            label=self._write_label(last),
            arguments=() if call is None else self._show_arguments(last, call),
            pays="" if call is None or call.pays is None else self._show_sum(call),
            result=self._show_result(call),
            refusal=self._show_refusal(last),
            refusal_code="" if last.refusal is None else last.refusal.code,
            events=tuple(self._show_event(each) for each in last.events),
            moves=tuple(self._show_move(each) for step in steps for each in step.moved),
            holdings=self._show_holdings(last),
            things=list_things(self._told, self.writer),
            passed=self._show_passed(last),
            time=last.until or last.time,
            height=last.height,
            id=last.id or "",
            gas=sum(step.gas for step in steps),
            line=last.line,
            has_proof=last.proof is not None,
        )
        self._held = last.holds
        self._time = last.until or last.time
        return scene

    # In words

    def _write_title(self, steps: Sequence[RecordedStep]) -> str:
        step, say = steps[-1], self.writer.translate
        who = self.names.get(step.who or "", step.who or "")
        match step.kind:
            case "arrival":
                people = ", ".join(self.names.get(each.who or "", "") for each in steps)
                return say("story_arrival", names=people)
            case "deployment":
                key = self._find_deployed(step)
                return say("story_deployment", who=who, contract=self.names.get(key, key))
            case "wait":
                passed = show_duration((step.until or step.time) - step.time, say)
                return say("story_wait", duration=passed)
            case "scheduled":
                return say("story_scheduled", act=self._write_label(step))
            case "decision":
                return say("story_decision", act=self._write_label(step))
            case "call":
                return say("story_call", who=who, act=self._write_label(step))

    def _find_target(self, step: RecordedStep) -> str:
        if step.kind == "deployment":
            return self._find_deployed(step)
        target = step.calls[0].target if step.calls else LEDGER
        return "" if target == LEDGER else target

    def _find_deployed(self, step: RecordedStep) -> str:
        """Return the key of the contract that came with a step; empty where it was refused."""
        found = [each for each in self.record.actors if each.kind == "contract"]
        return next((each.name for each in found if each.since == step.number), "")

    def _write_label(self, step: RecordedStep) -> str:
        if not step.calls:
            said = next((self.writer.words.head(event.name) for event in step.events), "")
            return said or self.writer.translate("story_something")
        call = step.calls[0]
        if call.target != LEDGER:
            return self.writer.words.head(call.method)
        if call.method in LEDGER_METHODS:
            return self.writer.translate(f"ledger_{call.method}")
        return call.method.replace("_", " ")

    def _write_says(self, step: RecordedStep) -> str:
        if step.kind in {"arrival", "wait"} or not step.calls:
            return ""
        if step.kind == "deployment":
            actor = next((a for a in self.record.actors if a.since == step.number), None)
            return "" if actor is None else self.writer.words.say(actor.contract_class)
        return self.writer.words.say(step.calls[0].method)

    def _show_arguments(self, step: RecordedStep, call: RecordedCall) -> tuple[ShownValue, ...]:
        if step.kind in {"arrival", "wait"}:
            return ()
        return tuple(self.writer.show(each.name, each.type, each.value) for each in call.arguments)

    def _show_sum(self, call: RecordedCall) -> str:
        assert call.pays is not None, "asked for where there is one"
        amount, code = self._show_amount(call.pays.asset, call.pays.amount)
        return f"{amount} {code}"

    def _show_result(self, call: RecordedCall | None) -> str:
        if call is None or call.result is None or call.target == LEDGER:
            return ""
        return self.writer.write("", call.result)

    def _show_refusal(self, step: RecordedStep) -> str:
        if step.refusal is None:
            return ""
        message = step.refusal.message
        role = _MISSING_ROLE.fullmatch(message)
        if role and message not in self.writer.words.names:
            return self.writer.translate("refused_role", role=self.writer.words.name(role[1]))
        return self.writer.words.head(message or step.refusal.code)

    def _show_event(self, event: RecordedEvent) -> ShownEvent:
        words = self.writer.words
        fields = tuple(self.writer.show(each.name, each.type, each.value) for each in event.fields)
        return ShownEvent(words.head(event.name), words.say(event.name), fields)

    def _show_move(self, moved: Movement) -> ShownMove:
        amount, code = self._show_amount(moved.asset, moved.amount)
        source, target = moved.source or "", moved.target or ""
        return ShownMove(
            source=source,
            target=target,
            source_name=self.names.get(source, source),
            target_name=self.names.get(target, target),
            amount=amount,
            code=code,
        )

    def _show_holdings(self, step: RecordedStep) -> dict[str, tuple[ShownHolding, ...]]:
        return {key: tuple(self._list_holdings(key, held)) for key, held in step.holds.items()}

    def _list_holdings(self, key: str, held: Mapping[str, str]) -> Iterator[ShownHolding]:
        before = self._held.get(key, {})
        for asset in self._assets:
            now, then = int(held.get(asset, "0")), int(before.get(asset, "0"))
            if now or then:
                amount, code = self._show_amount(asset, str(now))
                change = self._show_amount(asset, str(now - then), signed=True)[0]
                yield ShownHolding(amount, code, change if now != then else "")

    def _show_amount(self, asset: str, amount: str, *, signed: bool = False) -> tuple[str, str]:
        known = self._assets[asset]
        return show_money(amount, known.decimals, signed=signed), known.code

    def _show_passed(self, step: RecordedStep) -> str:
        # A step takes a millisecond; what is longer was waited for.
        if self._time is None or step.time - self._time < 1_000:
            return ""
        return show_duration(step.time - self._time, self.writer.translate)


def _get_group(step: RecordedStep) -> tuple[str, int]:
    """Return what arrivals of one line have in common, and what every other step has alone."""
    return ("arrival", step.line) if step.kind == "arrival" else (step.kind, -step.number)
