"""A draft in words, for those who have to decide whether they sign it, and as one JSON object."""

from datetime import UTC, datetime
from typing import Any

from dure.chain.genesis.document import get_names
from dure.chain.transaction import PasskeyPolicy, Policy, get_keys, get_threshold
from dure.cli.network.regenesis.draft_files import Draft, find_draft_flaws
from dure.cli.output import print_facts, print_json
from dure.core.validators import compute_quorum
from dure.proof.succession import Succession


def describe_draft(made: Draft, succession: Succession) -> dict[str, Any]:
    """Return the machine-readable answer."""
    before, flaws = made.before, find_draft_flaws(made)
    return {
        "chain_id": made.chain_id.hex(),
        "old_chain_id": before.chain_id.hex(),
        "old_chain_known_as": succession.known_as,
        "old_height": before.height,
        "old_block_id": before.block_id.hex(),
        "old_time": before.time,
        "old_sealed_by": list(succession.sealed_by),
        "state_root": before.state_root.hex(),
        "test": made.genesis.test,
        "organisations": list(get_names(made.genesis)),
        "missing": list(before.missing),
        "by_minority": before.by_minority,
        "validators": [
            {"organisation": each.organisation, "key": each.key.hex()}
            for each in made.genesis.validators.members
        ],
        "authority": before.authority and _describe_policy(before.authority),
        "signed_by": [name for name in get_names(made.genesis) if name not in flaws],
        "not_signed": flaws,
        "steps": list(succession.steps),
    }


def show_draft(made: Draft, succession: Succession, *, json: bool) -> None:
    facts = describe_draft(made, succession)
    if json:
        print_json(facts)
        return
    before, genesis = made.before, made.genesis
    moment = datetime.fromtimestamp(before.time / 1000, UTC)
    count, needed = len(genesis.validators), compute_quorum(len(genesis.validators))
    known = succession.known_as or "unknown to you: name it with --chain"
    print_facts(
        "A chain that goes on from another",
        [
            ("new chain id", made.chain_id.hex()),
            ("old chain id", f"{before.chain_id.hex()} ({known})"),
            ("old chain ended", f"height {before.height}, {moment:%Y-%m-%d %H:%M:%S} UTC"),
            ("with block", before.block_id.hex()),
            ("sealed by", ", ".join(succession.sealed_by)),
            ("take part", ", ".join(get_names(genesis))),
            ("MISSING", ", ".join(before.missing) or "nobody"),
            ("minority", "YES: no more than half remain" if before.by_minority else "no"),
            ("validators", f"{count}, of which {needed} decide"),
            ("authority", _write_authority(facts["authority"])),
            ("what changes", "validators, the authority's keys, the missing organisations' say"),
            ("what stays", "all else: money, accounts, contracts, roles, scheduled calls"),
            *((f"check {number}", step) for number, step in enumerate(succession.steps, 1)),
            ("signed by", ", ".join(facts["signed_by"]) or "nobody yet"),
            *(("NOT SIGNED", flaw) for flaw in facts["not_signed"].values()),
        ],
    )


def _write_authority(policy: dict[str, Any] | None) -> str:
    if policy is None:
        return "the governance contract: the organisations that take part vote"
    return f"{policy['threshold']} of {len(policy['keys'])} keys"


def _describe_policy(policy: Policy) -> dict[str, Any]:
    keys = [
        f"passkey {key.key.hex()} at {key.rp_id}" if isinstance(key, PasskeyPolicy) else key.hex()
        for key in get_keys(policy)
    ]
    return {"threshold": get_threshold(policy), "keys": keys}
