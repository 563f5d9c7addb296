"""A contract's agreement for its page: sections whose lists lie inside each other.

Everything here is plain text of the contract's author and is escaped where it is shown.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from dure.contract.agreement import Agreement, Block, LanguageCode, lay_out
from dure.contract.agreement.model import Clause


@dataclass(slots=True)
class Item:
    """An item of a list, and the list below it."""

    text: str
    items: list["Item"] = field(default_factory=list)


@dataclass(slots=True)
class Part:
    """Either a heading, or a paragraph, or a list: the other two are empty."""

    heading: str = ""
    paragraph: str = ""
    items: list[Item] = field(default_factory=list)


@dataclass(slots=True)
class Section:
    """What stands below a numbered heading; what precedes the first one has none."""

    heading: str
    parts: list[Part] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the page of a contract shows of its agreement, in one language."""

    name: str
    """How the contract is called."""
    sections: tuple[Section, ...]
    words: dict[str, str]
    """What the author calls names."""
    texts: dict[str, str]
    """What each method says, by its name."""


def read_agreement(agreement: Agreement, language: LanguageCode) -> Reading:
    """Return what the page shows."""
    _, *blocks = lay_out(agreement, language)
    texts = {each.name: each.text for each in _list_clauses(agreement)}
    name = agreement.words[language].get(agreement.name, agreement.name)
    return Reading(
        name=name[:1].upper() + name[1:],
        sections=tuple(_build_sections(blocks)),
        words=agreement.words[language],
        texts={name: text.ko for name, text in texts.items() if text.ko}
        if language == "ko"
        else {name: text.en for name, text in texts.items()},
    )


def _list_clauses(agreement: Agreement) -> Iterator[Clause]:
    for duties in agreement.duties:
        yield from duties.clauses
    yield from (each.clause for each in agreement.scheduled)
    yield from agreement.promises
    yield from agreement.transfer_rules
    yield from agreement.readings
    yield from filter(None, (agreement.beginning, agreement.migration))


def _build_sections(blocks: Sequence[Block]) -> Iterator[Section]:
    section = Section("")
    for block in blocks:
        if block.kind == "heading" and block.level == 2:
            yield section
            section = Section(block.text)
        elif block.kind == "heading":
            section.parts.append(Part(heading=block.text))
        elif block.kind == "paragraph":
            section.parts.append(Part(paragraph=block.text))
        else:
            _add_item(section, block)
    yield section


def _add_item(section: Section, block: Block) -> None:
    """Put an item at the end of the list of its level; its list begins with level 0."""
    if not section.parts or not section.parts[-1].items:
        section.parts.append(Part())
    items = section.parts[-1].items
    for _ in range(block.level):
        items = items[-1].items
    items.append(Item(block.text))
