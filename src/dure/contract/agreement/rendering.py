"""The page that both languages share: blocks, filled from their tables.

`lay_out` gives the blocks, for whoever shows them in another form; `render` writes them as
Markdown: numbered headings, a numbered clause for each method, lists for conditions and deeds.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise
from typing import Literal

from msgspec import Struct

from dure.contract.agreement.conduct import LOOPS
from dure.contract.agreement.model import (
    Act,
    Agreement,
    Clause,
    Condition,
    LanguageCode,
    Party,
    Phrase,
    Text,
)
from dure.contract.agreement.voice import Voice, capitalise


class Block(Struct, frozen=True):
    """A heading, a paragraph or an item of a list; plain text, which may hold `source` in it."""

    kind: Literal["heading", "paragraph", "item"]
    level: int
    """1 to 3 of a heading, from 0 on how deep an item lies, 0 of a paragraph."""
    text: str


def lay_out(agreement: Agreement, language: LanguageCode) -> tuple[Block, ...]:
    """Return the agreement's page as blocks; the first one is its title."""
    return tuple(_Page(agreement, Voice(agreement, language)).blocks())


def render(agreement: Agreement, language: LanguageCode) -> str:
    """Return the agreement as a Markdown page."""
    blocks = lay_out(agreement, language)
    lines = [_write(blocks[0])]
    for before, block in pairwise(blocks):
        if not before.kind == block.kind == "item":
            lines.append("")
        lines.append(_write(block))
    return "\n".join(lines) + "\n"


def _write(block: Block) -> str:
    marks = {"heading": "#" * block.level + " ", "item": "  " * block.level + "* "}
    return marks.get(block.kind, "") + block.text


class _Page:
    """Writes the sections in order."""

    def __init__(self, agreement: Agreement, voice: Voice) -> None:
        self._agreement = agreement
        self._voice = voice
        self._section = 0

    def blocks(self) -> Iterator[Block]:
        agreement, voice = self._agreement, self._voice
        name = capitalise(voice.name(agreement.name))
        yield Block("heading", 1, voice.fill("page.title", name=name))
        yield from self._text(agreement.text)
        yield from self._parties("page.parties", agreement.parties)
        yield from self._parties("page.assets", agreement.assets)
        if agreement.beginning is not None:
            yield self._heading("page.beginning")
            yield from self._clause(agreement.beginning)
        for duties in agreement.duties:
            is_all = duties.who.key == "anybody"
            key = "page.duties_of_all" if is_all else "page.duties"
            yield self._heading(key, who=voice.say(duties.who))
            yield from self._clauses(duties.clauses)
        yield from self._scheduled()
        yield from self._named("page.promises", agreement.promises)
        yield from self._named("page.transfer_rules", agreement.transfer_rules)
        yield from self._readings()
        yield from self._terms()
        yield from self._choices()
        yield from self._upgrade()
        yield self._heading("page.meaning")
        yield self._paragraph("line.meaning")

    def _heading(self, key: str, **parts: str) -> Block:
        self._section += 1
        return Block("heading", 2, f"{self._section}. " + self._voice.fill(key, **parts))

    def _paragraph(self, key: str, **parts: str) -> Block:
        return Block("paragraph", 0, self._voice.fill(key, **parts))

    def _item(self, key: str, **parts: str) -> Block:
        return Block("item", 0, self._voice.fill(key, **parts))

    def _text(self, text: Text) -> Iterator[Block]:
        for paragraph in filter(None, self._voice.pick(text).split("\n\n")):
            yield Block("paragraph", 0, paragraph)

    def _parties(self, key: str, parties: tuple[Party, ...]) -> Iterator[Block]:
        if parties:
            yield self._heading(key)
        for each in parties:
            ways = [self._voice.say(way) for way in each.how]
            how = "; ".join(ways) or self._voice.fill("nobody_yet")
            yield self._item("line.party", name=self._voice.say(each.name), how=how)

    def _named(self, key: str, clauses: tuple[Clause, ...]) -> Iterator[Block]:
        if clauses:
            yield self._heading(key)
            yield from self._clauses(clauses)

    def _clauses(self, clauses: tuple[Clause, ...]) -> Iterator[Block]:
        for number, clause in enumerate(clauses, start=1):
            yield self._clause_heading(number, clause)
            yield from self._clause(clause)

    def _clause_heading(self, number: int, clause: Clause) -> Block:
        name = capitalise(self._voice.translate(clause.name))
        return Block("heading", 3, f"{self._section}.{number} {name}")

    def _clause(self, clause: Clause) -> Iterator[Block]:
        voice = self._voice
        yield from self._text(clause.text)
        if clause.parameters:
            named = [
                voice.fill(
                    "line.parameter", name=voice.translate(each.name), type=voice.say(each.type)
                )
                for each in clause.parameters
            ]
            yield self._item("line.named", parameters=", ".join(named))
        if clause.cost is not None:
            yield self._item("line.cost", cost=voice.say(clause.cost))
        if clause.promise is not None:
            yield self._item("line.promise", words=voice.say(clause.promise))
        yield from self._conditions(clause.conditions)
        yield from self._acts(clause.acts)

    def _conditions(self, conditions: tuple[Condition, ...]) -> Iterator[Block]:
        if conditions:
            yield self._paragraph("line.only_if")
        for each in conditions:
            words = self._voice.say(each.words)
            reason = self._voice.translate(each.reason)
            if not each.when:
                yield self._item("line.condition", words=words, reason=reason)
                continue
            is_loop = each.when[0].key in LOOPS
            key = "line.condition_loop" if is_loop else "line.condition_when"
            when = self._voice.say(Phrase("and", {"items": each.when}))
            yield self._item(key, when=when, words=words, reason=reason)

    def _acts(self, acts: tuple[Act, ...]) -> Iterator[Block]:
        if acts:
            yield self._paragraph("line.then")
        yield from self._act_tree(acts, 0)

    def _act_tree(self, acts: Iterable[Act], depth: int) -> Iterator[Block]:
        """Write the acts; those that share their next condition stand below it."""
        for test, group in groupby(acts, key=lambda act: act.when[depth : depth + 1]):
            if test:
                yield Block("item", depth, self._say_head(test[0]))
                yield from self._act_tree(group, depth + 1)
                continue
            for act in group:
                said = self._voice.fill("line.act", act=self._voice.say(act.words))
                yield Block("item", depth, said)

    def _say_head(self, test: Phrase) -> str:
        said = self._voice.say(test)
        if test.key in LOOPS:
            return self._voice.fill("line.loop", loop=said)
        return self._voice.fill("line.when", when=said)

    def _scheduled(self) -> Iterator[Block]:
        if not self._agreement.scheduled:
            return
        yield self._heading("page.scheduled")
        for number, each in enumerate(self._agreement.scheduled, start=1):
            yield self._clause_heading(number, each.clause)
            yield from self._text(each.clause.text)
            moments = "; ".join(
                self._voice.say_at(at) if at.key == "now" else self._voice.say(at) for at in each.at
            )
            yield self._paragraph("line.at" if moments else "line.never_scheduled", at=moments)
            yield from self._conditions(each.clause.conditions)
            yield from self._acts(each.clause.acts)

    def _readings(self) -> Iterator[Block]:
        if self._agreement.readings:
            yield self._heading("page.readings")
        for each in self._agreement.readings:
            name = capitalise(self._voice.translate(each.name))
            text = self._voice.pick_answer(each.text)
            yield Block("item", 0, f"{name}: {text}" if text else name)

    def _terms(self) -> Iterator[Block]:
        if self._agreement.terms:
            yield self._heading("page.terms")
        for each in self._agreement.terms:
            name = capitalise(self._voice.name(each.name))
            yield self._item("line.term", name=name, value=self._voice.say(each.value))

    def _choices(self) -> Iterator[Block]:
        if self._agreement.choices:
            yield self._heading("page.choices")
        for number, each in enumerate(self._agreement.choices, start=1):
            name = capitalise(self._voice.name(each.name))
            yield Block("heading", 3, f"{self._section}.{number} {name}")
            yield from self._text(each.text)
            for member in each.members:
                yield self._item("line.member", text=self._voice.translate(member.text))

    def _upgrade(self) -> Iterator[Block]:
        yield self._heading("page.upgrade")
        yield self._paragraph("line.upgrade")
        if self._agreement.migration is not None:
            yield self._paragraph("line.migration")
            yield from self._clause(self._agreement.migration)
