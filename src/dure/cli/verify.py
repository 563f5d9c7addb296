"""`dure verify FILE`: check a proof offline, trusting no node."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from dure.chain.genesis.predecessor import Predecessor
from dure.cli.output import err, fail, out, print_facts, print_json
from dure.core.address import encode_address
from dure.core.errors import ConfigurationError, InvalidProof
from dure.core.types import ChainId
from dure.proof.events import ShownEvent
from dure.proof.file import PROOF_BYTES_MAX, decode_proof
from dure.proof.trust import (
    NO_TRUST,
    Trust,
    TrustEntry,
    decode_trust,
    encode_trust,
    trust_chain,
)
from dure.proof.verification import EXIT_BROKEN, Verdict, verify

EVENTS_SHOWN = 20
"""A person reads no more; `--json` lists all."""


def verify_file(
    file: Annotated[Path, typer.Argument(help="The proof file.")],
    *,
    chain: Annotated[
        str | None, typer.Option("--chain", help="Id of the chain that you mean, 64 hex digits.")
    ] = None,
    trust_as: Annotated[
        str | None,
        typer.Option("--trust-as", help="Remember the chain of --chain under this name."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check a proof file: what it shows, at which height and time, and who signed it.

    No network is used.

    Exit code 0: proved. 1: the proof is broken, and the check that broke is named. 3: the proof is
    consistent, but you do not know its chain: name it with --chain, or once with --chain ID
    --trust-as NAME.

    Example: dure verify payout.proof.json --chain 3f9a…
    """
    trust = _choose_trust(chain, trust_as)
    try:
        verdict = check_proof_file(file, trust)
    except InvalidProof as problem:
        _report_broken(file, problem, json=json)
        raise typer.Exit(EXIT_BROKEN) from None
    if json:
        print_json(describe(file, verdict))
    else:
        _print(verdict)
    raise typer.Exit(verdict.exit_code)


def check_proof_file(file: Path, trust: Trust) -> Verdict:
    """Return what the file proves to somebody with that trust; raise `InvalidProof`."""
    return verify(decode_proof(_read(file)), trust)


def describe(file: Path, verdict: Verdict) -> dict[str, Any]:
    """Return the machine-readable answer."""
    return {
        "file": str(file),
        "verdict": "proved" if verdict.is_proved else "unknown_chain",
        "statement": verdict.statement,
        "chain_id": verdict.chain_id.hex(),
        "chain_name": verdict.chain_name,
        "known_as": verdict.known_as,
        "test": verdict.test,
        "height": verdict.height,
        "block_id": verdict.block_id.hex(),
        "time": verdict.header_time,
        "ledger_time": verdict.ledger_time,
        "events": [
            {
                "contract": encode_address(event.contract),
                "name": event.name,
                "fields": event.fields,
                "data": event.data.hex(),
            }
            for event in verdict.events
        ],
        "sealed_by": list(verdict.sealed_by),
        "predecessor": _describe_predecessor(verdict.predecessor),
        "steps": list(verdict.steps),
    }


def _describe_predecessor(before: Predecessor | None) -> dict[str, Any] | None:
    if before is None:
        return None
    return {
        "chain_id": before.chain_id.hex(),
        "height": before.height,
        "block_id": before.block_id.hex(),
        "missing": list(before.missing),
        "by_minority": before.by_minority,
    }


def get_trust_path() -> Path:
    """Return where this person's trust file lies.

    `DURE_TRUST`, or the usual folder for settings.
    """
    named = os.environ.get("DURE_TRUST")
    if named:
        return Path(named)
    settings = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(settings) / "dure" / "trust.json"


def load_trust() -> Trust:
    """Return what this person trusts; nothing where there is no file."""
    path = get_trust_path()
    return decode_trust(path.read_bytes()) if path.exists() else NO_TRUST


def _choose_trust(chain: str | None, trust_as: str | None) -> Trust:
    if chain is None:
        if trust_as is not None:
            fail(ConfigurationError("--trust-as goes with --chain: it says which chain is meant"))
        return load_trust()
    chain_id = parse_chain(chain)
    if trust_as is None:
        return trust_chain(chain_id)
    trust = load_trust().add(TrustEntry(chain_id=chain_id, name=trust_as, checkpoint=None))
    path = get_trust_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode_trust(trust))
    return trust


def parse_chain(text: str) -> ChainId:
    """Return the chain id that a person typed; end the command where it is none."""
    try:
        chain_id = bytes.fromhex(text)
    except ValueError:
        chain_id = b""
    if len(chain_id) != 32:
        fail(ConfigurationError("a chain id has 64 hexadecimal digits"))
    return ChainId(chain_id)


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(PROOF_BYTES_MAX + 1)
    except OSError as problem:
        fail(ConfigurationError(f"{file} cannot be read: {problem.strerror}"))


def _report_broken(file: Path, problem: InvalidProof, *, json: bool) -> None:
    check = str(problem.facts.get("check", "form"))
    if json:
        facts = {"file": str(file), "verdict": "broken", "check": check, "reason": problem.message}
        print_json(facts)
    else:
        err.print(f"[red]BROKEN[/red]  check: {check}", highlight=False)
        err.print(f"        {problem.message}", highlight=False)


def _describe_event(event: ShownEvent) -> str:
    if not event.is_ledger:
        return f"{event.name}, by the contract {encode_address(event.contract)}"
    fields = ", ".join(f"{name} {value}" for name, value in (event.fields or {}).items())
    return f"{event.name}: {fields}"


def _print(verdict: Verdict) -> None:
    colour = "green" if verdict.is_proved else "yellow"
    out.print(
        f"[{colour}]{verdict.summary.upper()}[/{colour}]  {verdict.statement}", highlight=False
    )
    moment = datetime.fromtimestamp(verdict.header_time / 1000, UTC)
    known = f" (known to you as {verdict.known_as})" if verdict.known_as else ""
    print_facts(
        "",
        [
            ("chain", f"{verdict.chain_name}{known}" + ("  TEST CHAIN" if verdict.test else "")),
            ("chain id", verdict.chain_id.hex()),
            ("height", verdict.height),
            ("block", verdict.block_id.hex()),
            ("time", f"{moment:%Y-%m-%d %H:%M:%S} UTC"),
            ("ledger time", verdict.ledger_time),
            *(("it says", _describe_event(event)) for event in verdict.events[:EVENTS_SHOWN]),
            ("sealed by", ", ".join(verdict.sealed_by)),
            *((f"check {i}", step) for i, step in enumerate(verdict.steps, 1)),
        ],
    )
