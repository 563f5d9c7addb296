"""Reading a loan agreement: standard clauses in English or Korean, taken out as data.

Rules
-----
1. A document is a text of headed clauses: `## 3. Interest`, then sentences of the standard form.
   The heading's number does not matter, its words do.
2. A sentence fits a template word by word, and its slots are read by their kind. What fits no
   template is a finding and never a guess: a person reads it.
3. Nothing of the text is believed beyond the slots; whether the terms make sense is `loans`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

DOCUMENT_MAX: Final = 64 * 1024
"""Characters of a document."""
SENTENCE_MAX: Final = 500
YEARS: Final = range(1900, 2200)
"""Years of the dates that are read; a payment may fall due sixty years later."""

Value = str | int | Decimal | date


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a person must look at."""

    rule: str
    clause: str
    message: str


@dataclass(frozen=True, slots=True)
class Clause:
    """A standard clause: what its heading says, and the sentences that it may hold."""

    name: str
    headings: tuple[str, ...]
    sentences: tuple[str, ...]
    is_repeated: bool = False
    """Whether its one kind of sentence may stand there several times."""
    is_needed: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: the values of all slots, and what was not understood."""

    values: Mapping[str, Value]
    covenants: tuple[Mapping[str, Value], ...]
    findings: tuple[Finding, ...]


CLAUSES: Final = (
    Clause("lender", ("lender", "대주"), ("{lender:name}",)),
    Clause("borrower", ("borrower", "차주"), ("{borrower:name}",)),
    Clause(
        "loan",
        ("loan", "대출"),
        (
            "The lender lends {currency:code} {principal:number} on {drawdown:date}.",
            "대주는 {drawdown:date}에 {currency:code} {principal:number} 금액을 빌려준다.",
        ),
    ),
    Clause(
        "interest",
        ("interest", "이자"),
        (
            "The borrower pays {rate:rate} per cent a year, for each day of a year of 365 days.",
            "차주는 1년을 365일로 보아 연 {rate:rate}퍼센트의 이자를 낸다.",
        ),
    ),
    Clause(
        "default interest",
        ("default interest", "연체 이자"),
        (
            "What is paid late bears {default_rate:rate} per cent a year.",
            "늦게 낸 돈에는 연 {default_rate:rate}퍼센트의 이자가 붙는다.",
        ),
    ),
    Clause(
        "repayment",
        ("repayment", "상환"),
        (
            (
                "The borrower repays in {instalments:number} equal instalments, the first on "
                "{first_payment:date}, then every {months:number} months."
            ),
            (
                "차주는 {first_payment:date}부터 {months:number}개월마다 {instalments:number}회로 "
                "똑같이 나누어 갚는다."
            ),
        ),
    ),
    Clause(
        "maturity",
        ("maturity", "만기"),
        (
            "Everything is repaid on {maturity:date} at the latest.",
            "늦어도 {maturity:date}까지 모두 갚는다.",
        ),
    ),
    Clause(
        "grace",
        ("grace", "유예"),
        (
            "A payment up to {grace_days:number} days late is no default.",
            "{grace_days:number}일까지 늦은 것은 채무 불이행으로 보지 않는다.",
        ),
    ),
    Clause(
        "covenants",
        ("covenants", "재무 약속"),
        (
            "The {ratio:words} is {side:side} {bound:rate}, tested every {period:number} months.",
            "{period:number}개월마다 살피는 {ratio:words}은 {bound:rate} {side:side}이다.",
        ),
        is_repeated=True,
        is_needed=False,
    ),
)

_KINDS: Final = {
    "name": r"[^\s#{}][^\n#{}]{0,98}",
    "code": r"[A-Z]{3}",
    "number": r"\d{1,3}(?:,\d{3}){1,5}|\d{1,15}",
    "rate": r"\d{1,3}(?:\.\d{1,4})?",
    "date": r"\d{4}-\d{2}-\d{2}",
    "words": r"[^\W\d_][^\W\d_ ]*(?: [^\W\d_]+){0,4}",
    "side": r"at most|at least|이하|이상",
}
_SIDES: Final = {"이하": "at most", "이상": "at least"}
_SLOT: Final = re.compile(r"\{(\w+):(\w+)\}")
_PREAMBLE: Final = re.compile(r"\s*(?:# [^\n]{1,200}\s*)?(?=## |\Z)")
"""A title and nothing else: a sentence there would bind the parties, and no template reads it."""
_HEADING: Final = re.compile(r"^## +(?:(?:제 ?)?\d+[.조]? *)?(.+?) *$", re.MULTILINE)


def read_document(text: str) -> Reading:
    """Return what a loan agreement says, and a finding for all that was not understood."""
    if len(text) > DOCUMENT_MAX:
        finding = Finding("too-long", "", f"a document has at most {DOCUMENT_MAX} characters")
        return Reading({}, (), (finding,))
    values: dict[str, Value] = {}
    covenants: list[Mapping[str, Value]] = []
    findings: list[Finding] = []
    seen: set[str] = set()
    if _PREAMBLE.match(text) is None:
        findings.append(Finding("unread-clause", "", "before the first clause stands a title only"))
    for heading, body in _split(text):
        clause = _find_clause(heading)
        if clause is None:
            findings.append(Finding("unknown-clause", heading, "no standard clause is headed so"))
        elif clause.name in seen:
            findings.append(Finding("repeated-clause", clause.name, "it stands there twice"))
        else:
            seen.add(clause.name)
            read = list(_read_clause(clause, body, findings))
            covenants += read if clause.is_repeated else []
            values |= read[0] if read and not clause.is_repeated else {}
    findings += [
        Finding("missing-clause", clause.name, "the document does not have it")
        for clause in CLAUSES
        if clause.is_needed and clause.name not in seen
    ]
    return Reading(values, tuple(covenants), tuple(findings))


def _split(text: str) -> Iterator[tuple[str, str]]:
    headings = list(_HEADING.finditer(text))
    starts = [each.start() for each in headings] + [len(text)]
    for heading, end in zip(headings, starts[1:], strict=True):
        yield heading[1], text[heading.end() : end]


def _find_clause(heading: str) -> Clause | None:
    return next((each for each in CLAUSES if heading.lower() in each.headings), None)


def _read_clause(
    clause: Clause, body: str, findings: list[Finding]
) -> Iterator[Mapping[str, Value]]:
    paragraphs = [" ".join(each.split()) for each in re.split(r"\n\s*\n|\n\s*[-*] ", body)]
    sentences = [each.removeprefix("- ") for each in paragraphs if each]
    if len(sentences) != 1 and not clause.is_repeated:
        findings.append(Finding("unread-clause", clause.name, "it holds one sentence"))
        return
    for sentence in sentences:
        read = None if len(sentence) > SENTENCE_MAX else _read_sentence(clause, sentence)
        if read is None:
            message = f"no standard sentence: {sentence[:80]}"
            findings.append(Finding("unread-clause", clause.name, message))
        else:
            yield read


def _read_sentence(clause: Clause, sentence: str) -> Mapping[str, Value] | None:
    for template in clause.sentences:
        found = _compile(template).fullmatch(sentence)
        if found is not None:
            kinds = dict(_SLOT.findall(template))
            try:
                return {
                    name: _convert(kinds[name], text) for name, text in found.groupdict().items()
                }
            except ValueError:
                # A date such as 2026-02-30 looks like one and is none.
                return None
    return None


def _compile(template: str) -> re.Pattern[str]:
    parts = _SLOT.split(template)
    pattern = re.escape(parts[0])
    for name, kind, literal in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        pattern += f"(?P<{name}>{_KINDS[kind]}){re.escape(literal)}"
    return re.compile(pattern, re.IGNORECASE if template.isascii() else 0)


def _convert(kind: str, text: str) -> Value:
    match kind:
        case "number":
            return int(text.replace(",", ""))
        case "rate":
            return Decimal(text)
        case "date":
            day = date.fromisoformat(text)
            if day.year not in YEARS:
                raise ValueError(text)
            return day
        case "side":
            return _SIDES.get(text, text.lower())
        case "words":
            return text.lower()
        case _:
            return text.strip()
